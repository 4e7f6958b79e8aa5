"""The pictures of a video, one at a time, with the times at which they were taken."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core._optional import import_optional
from zeroskel.core.errors import SkeletonFormatError

LONGEST_SIDE = 1280  # of the pictures that are searched, in pixels; the networks look at 256 x 256 of them
_MOST_PIXELS = 2**26
_CUT_SHORT = 0.9  # of the frames that the file announces
_BROKEN = "found no pictures that can be decoded; the file is broken, cut short, or has sound only"


@dataclass(frozen=True)
class Picture:
    """One picture of a film.

    Attributes:
        seconds: Time from the start.
        image: Pillow image, upright as the file says, of at most LONGEST_SIDE.
        size: Width and height of the film's own pictures, in pixels.
        done: Number of frames up to this one, passed over or not.
        total: Number of frames that the file announces, or `done` where it is larger.
    """

    seconds: float
    image: Any
    size: tuple[int, int]
    done: int
    total: int


def pictures(file: Path, most_seconds: float, most_rate: float, longest_side: int = LONGEST_SIDE) -> Iterator[Picture]:
    """Yield the pictures of a video, at most `most_rate` a second.

    Args:
        file: The video.
        most_seconds: A longer video is refused.
        most_rate: Pictures per second; those of a faster camera are passed over.
        longest_side: Larger pictures are made smaller.

    Raises:
        SkeletonFormatError: The video is broken, cut short, too large or too long.
    """
    with _opened(file) as (container, stream):
        rate = float(stream.average_rate or 30)
        rate = rate if math.isfinite(rate) and 0 < rate <= 1000 else 30.0
        announced = stream.frames or round(float(container.duration or 0) / 1e6 * rate)
        if announced / rate > most_seconds:
            _refuse_length(file, announced / rate, most_seconds)
        if stream.width * stream.height > _MOST_PIXELS:
            _refuse(file, f"found pictures of {stream.width} x {stream.height} pixels; expected at most 8192 x 8192")
        read, yielded, before, first = 0, 0, -math.inf, None
        for frame in _decoded(container, stream):
            now = before = _time_of(frame, read, rate, before)
            first = now if first is None else first
            read += 1
            if now - first > most_seconds or read > most_seconds * 1000:
                _refuse_length(file, now - first, most_seconds)
            if now - first < (yielded - 0.25) / most_rate:
                continue
            yielded += 1
            image, size = _image(frame, longest_side)
            yield Picture(now - first, image, size, read, max(announced, read))
        if not read:
            _refuse(file, _BROKEN)
        if stream.frames and read < _CUT_SHORT * stream.frames - 2:
            _refuse(file, f"found {read} pictures where {stream.frames} are announced; the file is broken or cut short")


@contextmanager
def _opened(file: Path) -> Iterator[tuple[Any, Any]]:
    """Yield the container and its first stream of pictures; the decoder may open no other file and no address."""
    av = import_optional("av", "A video")
    try:
        container = av.open(str(file.resolve()), options={"protocol_whitelist": "file"})
    except (av.FFmpegError, ValueError) as error:
        raise SkeletonFormatError(f"{file}: {_BROKEN}") from error
    with container:
        if not container.streams.video:
            _refuse(file, _BROKEN)
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        yield container, stream


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    """Yield the frames up to the first that cannot be decoded; whether too many are missing is judged at the end."""
    av = import_optional("av", "A video")
    try:
        yield from container.decode(stream)
    except av.FFmpegError:
        return


def _time_of(frame: Any, index: int, rate: float, before: float) -> float:
    """Return the time of the file where it rises, because phones do not record evenly, else that of an even rate."""
    if frame.time is not None and math.isfinite(frame.time) and frame.time > before:
        return float(frame.time)
    return 0.0 if index == 0 else before + 1 / rate


def _image(frame: Any, longest_side: int) -> tuple[Any, tuple[int, int]]:
    """Return a Pillow image of at most this size, turned as the file says, and the size of the turned picture."""
    from PIL import Image

    factor = min(1.0, longest_side / max(frame.width, frame.height))
    smaller = max(1, round(frame.width * factor)), max(1, round(frame.height * factor))
    pixels = frame.to_ndarray(format="rgb24", width=smaller[0], height=smaller[1])
    quarter_turns = round(frame.rotation / 90) % 4
    size = (frame.height, frame.width) if quarter_turns % 2 else (frame.width, frame.height)
    return Image.fromarray(np.ascontiguousarray(np.rot90(pixels, quarter_turns))), size


def _refuse(file: Path, message: str) -> None:
    raise SkeletonFormatError(f"{file}: {message}")


def _refuse_length(file: Path, seconds: float, most: float) -> None:
    _refuse(file, f"found a video of {seconds:.0f} seconds or more; expected at most {most:g}. Cut it")

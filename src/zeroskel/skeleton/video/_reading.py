"""A video as a sequence of the people in it. Only containers of video reach the decoder."""

import logging
import math
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from zeroskel.core import InputError, SkeletonSequence
from zeroskel.core._progress import Progress, quiet
from zeroskel.core._reading import Reading
from zeroskel.core.errors import SkeletonFormatError
from zeroskel.skeleton.formats._parsing import existing_file, refuse
from zeroskel.skeleton.video._blazepose import LANDMARKS, Body
from zeroskel.skeleton.video._decoding import pictures
from zeroskel.skeleton.video._framing import camera_roll, missing_parts, parts_shown, turned_upright
from zeroskel.skeleton.video._landmarks import Landmarks, to_sequence
from zeroskel.skeleton.video._people import Track, people_in_film
from zeroskel.skeleton.video._tracking import Tracker

SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm")
_EXPECTED = f"expected a video ({', '.join(SUFFIXES)})"
_PHOTOGRAPHS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG": "PNG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
}
_SOUNDS = {b"ID3": "MP3", b"\xff\xfb": "MP3", b"\xff\xf3": "MP3", b"\xff\xf1": "AAC", b"fLaC": "FLAC", b"OggS": "Ogg"}
_ISO_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_ISO_PHOTOGRAPHS = (b"heic", b"heix", b"mif1", b"avif")
_ISO_SOUNDS = (b"M4A ", b"M4B ")


MOST_SECONDS = 600.0
MOST_PEOPLE = 4
_MOST_MOST_SECONDS = 7200.0
_EVERY = 0.5  # seconds between two reports of progress

log = logging.getLogger(__name__)
_Item = TypeVar("_Item")


def read_video(
    path: str | os.PathLike[str],
    *,
    people: int = MOST_PEOPLE,
    visibility: float = 0.1,
    field_of_view: float = 60.0,
    rate: float = 30.0,
    most_seconds: float = MOST_SECONDS,
    progress: Progress | None = None,
) -> SkeletonSequence:
    """Read the people of a video by the networks of MediaPipe Pose.

    Args:
        path: A video with a suffix of SUFFIXES, or another file of those kinds.
        people: The largest number of people, 1 to 4; the most prominent ones are kept, the most prominent first.
        visibility: Joints with a lower visibility by MediaPipe (0 to 1) become NaN; docs/video.md explains the default.
        field_of_view: The angle of the longer side of the picture in degrees; it sets the distance from the camera.
        rate: The largest number of frames per second that are analysed.
        most_seconds: The longest accepted duration.
        progress: Is called with the name of the step, the frames done, and all frames.

    Returns:
        A sequence of layout mediapipe-33 with joints (M, T, 33, 3) in metres: x to the camera's left, y up, z away from
        it, NaN where not seen and in frames without the person.

    Raises:
        MissingFileError: The file does not exist.
        InputError: An option is out of bounds, or a package of the extra `video` is not installed.
        SkeletonFormatError: The file is no video, broken, truncated or too long, or shows nobody.

    Example:
        >>> from zeroskel.skeleton.video import read_video
        >>> read_video("clip.mp4", rate=0.0)
        Traceback (most recent call last):
        zeroskel.core.errors.InputError: rate 0: expected a number from 1 to 240
    """
    for name, value, low, high in (
        ("visibility", visibility, 0.0, 1.0),
        ("field of view", field_of_view, 1.0, 170.0),
    ):
        _check(name, value, low, high)
    landmarks, notes = find_people(path, people=people, rate=rate, most_seconds=most_seconds, progress=progress)
    return people_sequence(landmarks, notes, visibility=visibility, field_of_view=field_of_view)


def find_people(
    path: str | os.PathLike[str],
    *,
    people: int = MOST_PEOPLE,
    rate: float = 30.0,
    most_seconds: float = MOST_SECONDS,
    progress: Progress | None = None,
) -> tuple[list[Landmarks], tuple[str, ...]]:
    """Return the landmarks of the people of a video, the most prominent first, and notes; arguments as read_video."""
    _check("people", people, 1, MOST_PEOPLE)
    _check("rate", rate, 1.0, 240.0)
    _check("longest video in seconds", most_seconds, 1.0, _MOST_MOST_SECONDS)
    file = existing_file(path)
    with file.open("rb") as opened:
        check_container(opened.read(12), file)
    bodies, seconds, size = _follow(file, people, rate, most_seconds, progress or quiet)
    tracks, notes = people_in_film([Track.of(body) for body in bodies.values()], seconds, people)
    landmarks = [_landmarks(track, seconds, size) for track in tracks]
    missing = [missing_parts(person) for person in landmarks]
    if not any(part is None for part in missing):
        seen = "nobody" if not missing else str(missing[0])
        seen += f" in {'any of ' if not missing else ''}{len(seconds)} frames"
        expected = "a person whose head and shoulders are in the picture, best whole and from the front"
        refuse(file, "", seen, expected, "Record another one")
    landmarks = [person for person, part in zip(landmarks, missing, strict=True) if part is None]
    if "legs" not in parts_shown(landmarks[0]):
        notes = (*notes, "the legs are not in the picture")
    if empty := int((~np.any([person.detected for person in landmarks], axis=0)).sum()):
        log.warning("%s: nobody was found in %d of %d frames", file, empty, len(seconds))
    return landmarks, notes


def people_sequence(
    landmarks: list[Landmarks], notes: tuple[str, ...] = (), *, visibility: float = 0.1, field_of_view: float = 60.0
) -> SkeletonSequence:
    """Return the sequence (M, T, 33, 3) of the landmarks of M people, with a reading that has the notes."""
    lean, note = camera_roll(landmarks)
    if lean:
        landmarks = [turned_upright(person, lean) for person in landmarks]
    notes = notes if note is None else (*notes, note)
    bodies = [to_sequence(person, visibility=visibility, field_of_view=field_of_view) for person in landmarks]
    first = bodies[0]
    reading = Reading("video", first.layout.name, LANDMARKS, "y", "m", first.fps, len(bodies), notes=notes)
    joints = np.concatenate([body.joints for body in bodies])
    return SkeletonSequence(joints, first.layout, first.fps, reading=reading)


def _check(name: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise InputError(f"{name} {value:g}: expected a number from {low:g} to {high:g}")


def _follow(
    file: Path, people: int, rate: float, most_seconds: float, progress: Progress
) -> tuple[dict[int, list[tuple[int, Body]]], np.ndarray, tuple[int, int]]:
    """Return the bodies of each track with the numbers of their frames, the times of the frames, and their size."""
    what = f"finding people in {file.name}"
    bodies: dict[int, list[tuple[int, Body]]] = {}
    seconds: list[float] = []
    size, reported = (0, 0), -math.inf
    with Tracker(people) as tracker:
        for picture in _ahead(pictures(file, most_seconds, rate)):
            size = picture.size
            for number, body in tracker(picture.image, picture.seconds).items():
                scaled = replace(body, image=body.image * (size[0] / picture.image.width))
                bodies.setdefault(number, []).append((len(seconds), scaled))
            seconds.append(picture.seconds)
            if time.monotonic() - reported > _EVERY:
                reported = time.monotonic()
                progress(what, picture.done, picture.total)
            last = picture
    progress(what, last.total, last.total)
    return bodies, np.array(seconds), size


def _ahead(items: Iterator[_Item]) -> Iterator[_Item]:
    """Yield the items, each computed in another thread while the one before is used."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item


def _landmarks(track: Track, seconds: np.ndarray, size: tuple[int, int]) -> Landmarks:
    """Return the landmarks of a track, NaN in frames without the person."""

    def over_time(values: np.ndarray) -> np.ndarray:
        result = np.full((len(seconds), *values.shape[1:]), np.nan, np.float32)
        result[track.frames] = values
        return result

    return Landmarks(seconds, over_time(track.image), over_time(track.world), over_time(track.visibility), size)


def check_container(head: bytes, file: Path) -> None:
    """Refuse what is no video.

    The decoder would take more than videos: a play list, for instance, that names other files.

    Args:
        head: the first 12 bytes or more.
        file: named in messages.

    Raises:
        SkeletonFormatError: the file is empty, a photograph, sound, or of an unknown kind.
    """
    if not head:
        raise SkeletonFormatError(f"{file}: found an empty file; {_EXPECTED}. Copy or record it again")
    kind, name = _kind(head)
    if kind == "photograph":
        raise SkeletonFormatError(f"{file}: found a photograph{name}; {_EXPECTED}: an action takes time")
    if kind == "sound":
        raise SkeletonFormatError(f"{file}: found sound{name} without pictures; {_EXPECTED}")
    if kind != "video":
        raise SkeletonFormatError(f"{file}: found bytes that start with {head[:8].hex(' ')}; {_EXPECTED}. Convert it")


def _kind(head: bytes) -> tuple[str | None, str]:
    """Return "photograph", "sound", "video" or None, and the name of the format where its first bytes tell it."""
    for kind, names in (("photograph", _PHOTOGRAPHS), ("sound", _SOUNDS)):
        for start, name in names.items():
            if head.startswith(start):
                return kind, f" ({name})"
    if head[4:8] in _ISO_BOXES:
        brand = head[8:12] if head[4:8] == b"ftyp" else b""
        return "photograph" if brand in _ISO_PHOTOGRAPHS else "sound" if brand in _ISO_SOUNDS else "video", ""
    if head[:4] == b"RIFF":
        return {b"AVI ": "video", b"WAVE": "sound", b"WEBP": "photograph"}.get(head[8:12]), ""
    return "video" if head[:4] == b"\x1aE\xdf\xa3" else None, ""  # EBML: Matroska and WebM

"""Makes videos of recordings of a person: of one picture that is moved, or of several people side by side.

`film` moves, enlarges, mirrors, turns or cuts one picture of a recording, or noise where there is none. `scene` pastes
strips of recordings into a grey picture: people who stand, cross, enter and leave.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
from PIL import Image


def film(
    out: Path,
    recording: Path | None = None,
    at: int = 0,
    *,
    frames: int = 12,
    fps: float = 25.0,
    aside: float = 0.0,
    larger: float = 1.0,
    mirrored: bool = False,
    turned: float = 0.0,
    rows: tuple[float, float] = (0.0, 1.0),
    columns: tuple[float, float] = (0.0, 1.0),
    moving: bool = False,
) -> Path:
    """Write a film of picture `at` of a recording, half as large; noise without a recording.

    Args:
        out: The video; its suffix selects the container.
        recording: Video of which a picture is taken.
        at: Number of the picture, or of the first one.
        frames: Number of frames.
        fps: Frames per second.
        aside: Pixels by which the last frame is moved to the right.
        larger: Size of the last frame over that of the first.
        mirrored: Exchange left and right.
        turned: Degrees by which the camera is rolled: the picture turns counterclockwise.
        rows: Share of the height that is kept, from the top.
        columns: Share of the width that is kept, from the left.
        moving: Show the following frames of the recording too, to and fro, instead of one picture.
    """
    stills = [noise()] if recording is None else list(half_size(recording, at, frames if moving else 1))
    pictures = []
    for index, progress in enumerate(np.linspace(0.0, 1.0, frames)):
        there_and_back = [*stills, *stills[-2:0:-1]]
        picture = there_and_back[index % len(there_and_back)]
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else picture
        width, height = picture.size
        factor = 1 + progress * (larger - 1)
        left, top = width / 2 * (1 - 1 / factor) - progress * aside / factor, height / 2 * (1 - 1 / factor)
        picture = picture.transform(picture.size, Image.Transform.AFFINE, (1 / factor, 0, left, 0, 1 / factor, top))
        if turned:
            picture = picture.rotate(turned, expand=True, fillcolor=(90, 90, 90), resample=Image.Resampling.BILINEAR)
        (top, bottom), (left, right) = (
            (round(share * picture.height) for share in rows),
            (round(share * picture.width) for share in columns),
        )
        pictures.append(picture.crop((left, top, right, bottom)))
    return write(out, pictures, fps)


@dataclass(frozen=True)
class Strip:
    """A person of a scene: columns of a recording, pasted where the path says.

    Attributes:
        recording: Video, whose pictures are taken to and fro.
        columns: First and last column of its pictures at half size.
        path: (second, left edge in pixels) in rising order, with straight motion between; before the first and after
            the last the person is not there.
    """

    recording: Path
    columns: tuple[int, int]
    path: tuple[tuple[float, float], ...]


def scene(
    out: Path, strips: Iterable[Strip], *, seconds: float, size: tuple[int, int] = (1280, 720), fps: float = 30.0
) -> Path:
    """Write a film of strips of recordings on a grey ground; later strips lie in front of earlier ones."""
    strips = list(strips)
    stills = [list(half_size(strip.recording, 0, 100))[::2] for strip in strips]

    def pictures() -> Iterator[Image.Image]:
        for index in range(round(seconds * fps)):
            picture = Image.new("RGB", size, (110, 112, 108))
            for strip, pieces in zip(strips, stills, strict=True):
                times, positions = np.array(strip.path).T
                if times[0] <= index / fps <= times[-1]:
                    there_and_back = [*pieces, *pieces[-2:0:-1]]
                    piece = there_and_back[index % len(there_and_back)]
                    piece = piece.crop((strip.columns[0], 0, strip.columns[1], piece.height))
                    piece = piece.resize((round(piece.width * size[1] / piece.height), size[1]))
                    picture.paste(piece, (round(np.interp(index / fps, times, positions)), 0))
            yield picture

    return write(out, pictures(), fps)


def half_size(recording: Path, first: int, count: int) -> Iterator[Image.Image]:
    """Yield pictures of a recording at half its size."""
    with av.open(str(recording)) as container:
        for frame in islice(container.decode(video=0), first, first + count):
            yield frame.to_image(width=frame.width // 2, height=frame.height // 2)


def noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8))


def write(out: Path, pictures: Iterable[Image.Image], fps: float) -> Path:
    codec = {".avi": "mjpeg"}.get(out.suffix, "mpeg4")
    with av.open(str(out), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(fps).limit_denominator(1001))
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.bit_rate = 8_000_000
        for index, picture in enumerate(pictures):
            if index == 0:
                stream.width, stream.height = picture.width // 2 * 2, picture.height // 2 * 2
            frame = av.VideoFrame.from_image(picture.crop((0, 0, stream.width, stream.height)))
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out

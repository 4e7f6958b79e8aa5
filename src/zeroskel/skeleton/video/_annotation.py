"""A copy of a film with the skeletons, actions and lanes of the people drawn on its pictures."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core import InputError, Segment, get_layout
from zeroskel.core._files import atomic_path, check_writable
from zeroskel.core._optional import import_optional
from zeroskel.core._progress import Progress, quiet
from zeroskel.skeleton.video._decoding import LONGEST_SIDE, pictures
from zeroskel.skeleton.video._landmarks import LAYOUT, Landmarks

SUFFIX = ".mp4"
_COLOURS = ("#1f9bff", "#ff8c1a", "#3ecf5a", "#e65bd8")  # one a person, readable on light and dark pictures
_INK, _SHADE, _BAND = "#ffffff", "#000000", "#3a3a3a"
_VISIBLE = 0.3  # visibility from which on a joint is drawn
_NEAREST = 0.1  # seconds: how far the nearest analysed frame may be
_LONGEST, _FASTEST = 36_000.0, 240.0  # seconds and frames per second of a film, which was read before
_TICKS = 90_000  # of a second, the clock of the file; film times may be uneven
_QUALITY = {"crf": "23", "preset": "veryfast"}
_EVERY = 15  # frames between two reports of progress


def check_save(path: Path, film: Path) -> None:
    """Refuse the name of an annotated film that cannot be written.

    Raises:
        InputError: The name does not end in .mp4 or is that of the film itself, or its folder cannot be written.
    """
    if path.suffix.lower() != SUFFIX or path.is_dir():
        raise InputError(f"--save {path}: expected the name of a video that ends in {SUFFIX}")
    if path.exists() and film.exists() and path.samefile(film):
        raise InputError(f"--save {path}: is the video itself. Choose another name")
    check_writable(path)


def save_annotated(
    film: Path,
    out: Path,
    people: Mapping[int, Sequence[Landmarks]],
    segments: Sequence[Segment],
    *,
    progress: Progress = quiet,
) -> None:
    """Write a copy of a film with the skeleton, the action and its probability, and the lane of each person.

    The film is H.264 in MP4, of at most 1280 pixels a side, without sound. The file appears whole or not at all.

    Args:
        film: The video.
        out: The copy; its name ends in .mp4.
        people: Landmarks of the bodies that are a person, in the pictures of the film, by the number of the person.
        segments: What the people do, and when.
        progress: Is called with the name of the step, the frames done, and all frames.

    Raises:
        SkeletonFormatError: The film is broken.
    """
    av = import_optional("av", "An annotated video")
    seconds = max((float(body.seconds[-1]) for bodies in people.values() for body in bodies), default=0.0)
    drawing = None
    with atomic_path(out) as temporary, av.open(str(temporary), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=30, options=_QUALITY)
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, _TICKS)
        stream.codec_context.time_base = stream.time_base
        for number, picture in enumerate(pictures(film, _LONGEST, _FASTEST)):
            if drawing is None:
                size = (picture.image.width // 2 * 2, picture.image.height // 2 * 2)
                stream.width, stream.height = size
                drawing = _Drawing(size, picture.size[0], people, segments, max(seconds, picture.seconds))
            frame = av.VideoFrame.from_image(drawing.on(picture.image.crop((0, 0, *size)), picture.seconds))
            frame.pts, frame.time_base = round(picture.seconds * _TICKS), stream.time_base
            container.mux(stream.encode(frame))
            if number % _EVERY == 0:
                progress(f"writing {out.name}", picture.done, picture.total)
        container.mux(stream.encode())
        progress(f"writing {out.name}", picture.total, picture.total)


class _Drawing:
    """Draws on the pictures of one film."""

    def __init__(
        self,
        size: tuple[int, int],
        film_width: int,
        people: Mapping[int, Sequence[Landmarks]],
        segments: Sequence[Segment],
        seconds: float,
    ) -> None:
        self.size, self.people, self.segments, self.seconds = size, people, segments, max(seconds, 1e-3)
        self.scale = size[0] / film_width
        self.unit = max(size) / LONGEST_SIDE  # 1 in the largest pictures
        layout = get_layout(LAYOUT)
        self.bones = np.array([layout.indices(pair) for pair in layout.bones])
        self.font = _font(max(11, round(22 * self.unit)))
        self.lane_height = max(10, round(26 * self.unit))
        self.lanes = self._lanes()

    def on(self, image: Any, now: float) -> Any:
        """Return the image with everything drawn on it; the image itself is changed."""
        from PIL import ImageDraw

        draw = ImageDraw.Draw(image)
        for number, body in ((number, body) for number, bodies in self.people.items() for body in bodies):
            frame = int(np.abs(body.seconds - now).argmin())
            if abs(body.seconds[frame] - now) <= _NEAREST and body.detected[frame]:
                self._skeleton(draw, body.image[frame] * self.scale, body.visibility[frame], _colour(number))
                self._label(draw, body.image[frame] * self.scale, number, now)
        top = self.size[1] - self.lanes.height
        image.paste(self.lanes, (0, top))
        cursor = self._column(now)
        draw.line([(cursor, top), (cursor, self.size[1])], fill=_INK, width=max(1, round(2 * self.unit)))
        return image

    def _skeleton(self, draw: Any, points: np.ndarray, visibility: np.ndarray, colour: str) -> None:
        width = max(2, round(5 * self.unit))
        for one, other in self.bones:
            if min(visibility[one], visibility[other]) >= _VISIBLE:
                draw.line([tuple(points[one]), tuple(points[other])], fill=colour, width=width)
        for point in points[visibility >= _VISIBLE]:
            draw.ellipse([*(point - width * 0.7), *(point + width * 0.7)], fill=_INK, outline=colour)

    def _label(self, draw: Any, points: np.ndarray, number: int, now: float) -> None:
        """Write the action above the head, inside the picture."""
        text = f"{number}"
        current = [one for one in self.segments if one.person == number and one.start <= now < one.end]
        if current:
            text += f"  {current[0].action} {current[0].probability:.0%}"
        left, top, right, bottom = draw.textbbox((0, 0), text, font=self.font)
        width, height, margin = right - left, bottom - top, round(5 * self.unit) + 1
        x = float(np.clip(points[:11, 0].mean() - width / 2, margin, max(margin, self.size[0] - width - margin)))
        lowest = self.size[1] - self.lanes.height - height - margin
        y = float(np.clip(points[:, 1].min() - height - 6 * margin, margin, max(margin, lowest)))
        draw.rectangle([x - margin, y - margin, x + width + margin, y + height + margin], fill=_colour(number))
        draw.text((x - left, y - top), text, fill=_SHADE, font=self.font)

    def _lanes(self) -> Any:
        """Return the picture of the lanes: one a person, with the segments as boxes that name their actions."""
        from PIL import Image, ImageDraw

        numbers = sorted(self.people)
        lanes = Image.new("RGB", (self.size[0], self.lane_height * len(numbers)), _SHADE)
        draw = ImageDraw.Draw(lanes)
        for row, number in enumerate(numbers):
            top, bottom = row * self.lane_height + 1, (row + 1) * self.lane_height - 2
            draw.rectangle([self._column(0.0), top, self._column(self.seconds), bottom], fill=_BAND)
            draw.text((4, top), str(number), fill=_colour(number), font=self.font)
            for segment in self.segments:
                if segment.person == number:
                    left, right = self._column(segment.start), self._column(min(segment.end, self.seconds))
                    draw.rectangle([left, top, max(right - 1, left), bottom], fill=_colour(number))
                    name = _fitting(draw, segment.action, right - left - 6, self.font)
                    draw.text((left + 3, top), name, fill=_SHADE, font=self.font)
        return lanes

    def _column(self, now: float) -> int:
        left = 2 * self.lane_height
        return left + round((self.size[0] - left - 4) * min(now / self.seconds, 1.0))


def _colour(number: int) -> str:
    return _COLOURS[number % len(_COLOURS)]


def _fitting(draw: Any, text: str, width: float, font: Any) -> str:
    """Return the text, or its beginning with an ellipsis, or nothing, as the width allows."""
    if draw.textlength(text, font=font) <= width:
        return text
    while text and draw.textlength(text + "…", font=font) > width:
        text = text[:-1]
    return text + "…" if text else ""


@lru_cache
def _font(size: int) -> Any:
    """Return the font of Matplotlib, which has Latin, Greek and Cyrillic letters."""
    from matplotlib import get_data_path
    from PIL import ImageFont

    return ImageFont.truetype(str(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), size)

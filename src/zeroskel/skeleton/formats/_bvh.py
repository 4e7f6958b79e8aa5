"""Biovision hierarchy files (.bvh): a skeleton with offsets, then the numbers of each frame.

Read here and not by a library: pybvh 0.9.0 refuses position channels on joints other than the root, which the
Bandai-Namco sets and Blender have. Rotations apply in the order of the channels; positions replace the offset. The
format defines neither the unit nor the axis that points up.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from zeroskel.skeleton.formats._bvh_hierarchy import EXPORT_AGAIN, Lines, read_hierarchy, refuse_bvh, with_points
from zeroskel.skeleton.formats._motion_capture import MovingJoint, MovingSkeleton, people_of_roots
from zeroskel.skeleton.formats._parsing import LayoutChoice, finite_numbers, number_table, refuse
from zeroskel.skeleton.inference._points import FilePoints

_WHOLE_RATE = 1e-4  # 0.0333333 seconds mean 30 frames a second
_MISCOUNT = 3  # frames that the announced number may differ from those in the file, or a fiftieth of them
_COMMENT = re.compile(r"(^|\s)(#|//).*")


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so has the word HIERARCHY before anything but comments."""
    return _text(head, cut=True).lstrip().upper().startswith("HIERARCHY")


def parse(content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None) -> FilePoints:
    """Parse a .bvh file.

    Args:
        content: The bytes of the file.
        file: Its path, which messages name.
        layout: Not used: points are found by name.
        fps: Not used: the file states its rate.

    Returns:
        Points (M, T, P, 3) with the names of the joints in the file's spelling; each root with a whole skeleton below
        it is a person.

    Raises:
        SkeletonFormatError: The file is cut short or altered; the message names the line.
    """
    lines = [(number, line) for number, line in enumerate(_text(content).split("\n"), 1) if line.strip()]
    joints, at = read_hierarchy(lines, file)
    frames, rate = _announced(lines, at, file)
    table, notes = _numbers(lines[at + 3 :], frames, sum(len(joint.channels) for joint in joints), file)
    skeleton = MovingSkeleton(tuple(_placed(joints, table)), 1.0)
    numbers = [number for number, _ in lines[at + 3 :]]
    positions = skeleton.pose(table, file, lambda frame: f"line {numbers[min(frame, len(numbers) - 1)]}", EXPORT_AGAIN)
    names = [joint.name for joint in joints]
    points, names, more = people_of_roots(positions[0], names, [joint.parent for joint in joints])
    return FilePoints(points, "BVH", tuple(names), fps=rate, notes=(*notes, *more))


def _text(content: bytes, cut: bool = False) -> str:
    """Return the text of a file without comments; names in other encodings than UTF-8 do not matter."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = content[: len(content) // 2 * 2].decode("utf-16", "replace")
    else:
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace" if cut else "backslashreplace")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return "\n".join(map(_without_comment, text.split("\n"))) if "#" in text or "//" in text else text


def _without_comment(line: str) -> str:
    return line if line.lstrip()[:5].upper() in ("ROOT ", "JOINT") else _COMMENT.sub("", line)


def _announced(lines: Lines, at: int, file: Path) -> tuple[int, float | None]:
    """Return the number of frames and the frame rate, from the two lines after MOTION; no rate for a time of 0."""
    last = lines[-1][0] + 1
    number, text = lines[at + 1] if at + 1 < len(lines) else (last, "")
    frames = re.fullmatch(r"\s*frames\s*:?\s*(\d{1,9})\s*", text, re.IGNORECASE | re.ASCII)
    if frames is None:
        refuse_bvh(file, number, repr(text.strip()[:60]), "Frames: and their number")
    number, text = lines[at + 2] if at + 2 < len(lines) else (last, "")
    time = re.fullmatch(r"\s*frame\s*time\s*:?\s*([\d.,eE+-]+)\s*s?\s*", text, re.IGNORECASE | re.ASCII)
    seconds = finite_numbers([time[1].replace(",", ".")]) if time else None
    if seconds is None or not (seconds[0] == 0 or 1e-6 < seconds[0] < 1e6):
        refuse_bvh(file, number, repr(text.strip()[:60]), "Frame Time: and the seconds of a frame")
    rate = 1 / seconds[0] if seconds[0] else None
    if rate is not None and abs(round(rate) - rate) < _WHOLE_RATE * rate:
        rate = float(round(rate))
    return int(frames[1]), rate


def _numbers(lines: Lines, frames: int, width: int, file: Path) -> tuple[np.ndarray, list[str]]:
    """Return (frames, width) numbers, a line each, and what to say of a count of frames that is wrong."""
    if width == 0:
        refuse(file, "", "no channels", "some", "Export the motion, not only the skeleton")
    notes = []
    lines = _unwrapped(lines, frames, width)
    if len(lines) > frames > 0 and len(lines[frames][1].split()) != width:
        notes.append(f"{len(lines) - frames} lines after the last frame were left out")
        lines = lines[:frames]
    if len(lines) != frames:
        if not lines or frames - len(lines) > max(_MISCOUNT, frames // 50):
            number = lines[-1][0] + 1 if lines else 1
            refuse_bvh(file, number, f"{frames} frames announced and {len(lines)} lines for them", "a line a frame")
        notes.append(f"{frames} frames are announced, {len(lines)} are there")
    expected, numbers = f"{width} numbers, one for each channel", [number for number, _ in lines]
    texts = [line for _, line in lines]
    if any("," in text for text in texts):
        texts = [with_points(text) for text in texts]
    table = number_table(texts, width, expected, file, line_number=numbers.__getitem__, remedy=EXPORT_AGAIN)
    return table, notes


def _unwrapped(lines: Lines, frames: int, width: int) -> Lines:
    """Return a line a frame, where the numbers of each frame fill several lines."""
    if not lines or len(lines[0][1].split()) >= width:
        return lines
    counts = [len(line.split()) for _, line in lines]
    if sum(counts) != frames * width:
        return lines
    starts = np.searchsorted(np.cumsum(counts), np.arange(frames) * width, "right")
    ends = [*starts[1:], len(lines)]
    return [
        (lines[start][0], " ".join(line for _, line in lines[start:end]))
        for start, end in zip(starts, ends, strict=True)
    ]


def _placed(joints: list[MovingJoint], table: np.ndarray) -> list[MovingJoint]:
    """Return the joints with an offset of 0 along the axes for which they have a position channel.

    Position channels that are 0 in all frames, on a joint with an offset below another one, do not move it: some
    programs write them so for joints that only turn.
    """
    placed, at = [], 0
    for joint in joints:
        columns = table[:, at : at + len(joint.channels)]
        at += len(joint.channels)
        moving = [channel[0] == "t" for channel in joint.channels]
        if joint.parent < 0 or columns[:, moving].any():
            fixed = np.array([f"t{axis}" not in joint.channels for axis in "xyz"])
            joint = replace(joint, offset=np.where(fixed, joint.offset, 0.0))
        placed.append(joint)
    return placed

"""PKU-MMD part 1 text files: Kinect v2, 25 joints, metres, y up, 30 frames a second; and their label files.

A line a frame of a long recording, 150 numbers: x y z of body 1's 25 joints, then of body 2's; zeros where there is no
body. The release's README gives no more: there are no tracking states, so a joint at the origin is one not observed. A
label file has a line an action: class (from 1), first frame, end frame, confidence.
"""

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from zeroskel.core._files import atomic_path
from zeroskel.core._layout import Layout, get_layout
from zeroskel.core.errors import InputError, SkeletonFormatError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._parsing import (
    LARGEST,
    arrange_joints,
    is_number,
    lines_of,
    number_table,
    refuse_line,
    text_of,
)

_FPS = 30.0
_BODIES = 2
_JOINTS = 25
_NUMBERS = _BODIES * _JOINTS * 3  # in a line
_LABEL_FIELDS = 4
_LONGEST_COUNT = 18  # digits of a class or frame

log = logging.getLogger(__name__)


class ActionLabel(NamedTuple):
    """An action in a long recording.

    Attributes:
        label: class id from 0 (files count from 1).
        start, stop: its frames, from 0, `stop` is not one of them. The release does not say how it counts; its frames
            are taken as indices from 0 with the end left out, and an end that equals the start as one frame.
        confidence: the release's judgement of how well the action was performed.
    """

    label: int
    start: int
    stop: int
    confidence: float


def looks_like(head: bytes) -> bool:
    """Return whether the first line of a file that starts so has 150 numbers."""
    line, end, _ = head.removeprefix(b"\xef\xbb\xbf").partition(b"\n")
    fields = line.decode("latin-1").split()
    return bool(end) and len(fields) == _NUMBERS and all(is_number(field) for field in fields)


def parse(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """Parse a PKU-MMD skeleton file.

    The arguments are those of zeroskel.skeleton.formats.parse.

    Returns:
        A sequence with joints (M, T, 25, 3) in metres of the bodies that are there, one or two; NaN for joints whose
        coordinates are all zero.

    Raises:
        SkeletonFormatError: a line has not 150 numbers, or there is no body in any; the message names the line.
    """
    lines = lines_of(content, file)
    expected = f"{_NUMBERS} numbers: x y z of {_JOINTS} joints of {_BODIES} bodies, zeros where there is no body"
    numbers = number_table(lines, _NUMBERS, expected, file)
    joints = numbers.astype(np.float32).reshape(len(numbers), _BODIES, _JOINTS, 3)
    unseen = (joints == 0).all(axis=-1)
    joints[unseen] = np.nan
    there = np.flatnonzero(~unseen.all(axis=(0, 2)))
    if not len(there):
        raise SkeletonFormatError(f"{file}: found zeros only in {len(joints)} frames; expected a body. Leave it out")
    native = get_layout("ntu-25")
    arranged, matched_layout = arrange_joints(
        joints.transpose(1, 0, 2, 3)[there], native.joints, native if layout is None else layout, file=file
    )
    return SkeletonSequence(arranged, matched_layout, _FPS if fps is None else fps)


def write(sequence: SkeletonSequence, path: str | os.PathLike[str]) -> None:
    """Write one or two bodies of layout ntu-25 as a PKU-MMD skeleton file.

    A joint with a NaN coordinate is written as zeros; one at the origin will read as not observed. The format has no
    frame rate: another than 30 is lost, and logged.

    Raises:
        InputError: another layout, two channels, more than two bodies, or no observed joint.
    """
    fits = sequence.layout.joints == get_layout("ntu-25").joints and sequence.channels == 3
    if not fits or sequence.bodies > _BODIES or not sequence.observed.any():
        raise InputError(
            f"{path}: found {sequence!r}; expected observed joints of layout ntu-25 with x, y and z, one or two bodies"
        )
    if sequence.fps != _FPS:
        log.warning("%s: a PKU-MMD file has no frame rate; it will read as 30 fps, not %g", path, sequence.fps)
    joints = np.zeros((sequence.frames, _BODIES, _JOINTS, 3), np.float32)
    joints[:, : sequence.bodies] = np.where(sequence.observed[..., None], sequence.joints, 0).transpose(1, 0, 2, 3)
    texts = joints.reshape(sequence.frames, _NUMBERS).astype("U32").tolist()  # the shortest text of each float32
    with atomic_path(Path(path)) as temporary:
        temporary.write_text("".join(" ".join(line) + "\n" for line in texts), encoding="ascii")


def parse_labels(content: bytes, file: Path) -> list[ActionLabel]:
    """Return the actions that a label file names, in its order.

    Args:
        content: lines `class,start,end,confidence`.
        file: named in messages.

    Raises:
        SkeletonFormatError: a line is not so, or its action ends before it starts; the message names the line.
    """
    lines = text_of(content, file).rstrip().split("\n")
    return [_action(line, number, file) for number, line in enumerate(lines, 1)]


def write_labels(labels: Iterable[ActionLabel], path: str | os.PathLike[str]) -> None:
    """Write a label file. Raises InputError for a negative class or an action without frames."""
    lines = []
    for action in labels:
        if action.label < 0 or not 0 <= action.start < action.stop:
            raise InputError(f"{path}: found {action}; expected a class from 0 and a start from 0 before the stop")
        lines.append(f"{action.label + 1},{action.start},{action.stop},{action.confidence:g}\n")
    with atomic_path(Path(path)) as temporary:
        temporary.write_text("".join(lines), encoding="ascii")


def _action(line: str, at: int, file: Path) -> ActionLabel:
    fields = [field.strip() for field in line.split(",")]
    counts = fields[:3]
    if len(fields) != _LABEL_FIELDS or not all(_is_count(field) for field in counts) or not is_number(fields[3]):
        refuse_line(file, at, repr(line[:60]), "class,start,end,confidence, the first three whole numbers")
    number, start, end = map(int, counts)
    confidence = float(fields[3])
    if number < 1 or end < start or not abs(confidence) <= LARGEST:
        refuse_line(file, at, repr(line[:60]), "a class from 1, an end not before the start and a finite confidence")
    return ActionLabel(number - 1, start, max(end, start + 1), confidence)


def _is_count(field: str) -> bool:
    return field.isascii() and field.isdigit() and len(field) <= _LONGEST_COUNT

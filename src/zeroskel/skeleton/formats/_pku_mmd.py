"""PKU-MMD part 1 text files: Kinect v2, 25 joints, metres, y up, 30 frames a second; and their label files.

A line a frame of a long recording, 150 numbers: x y z of body 1's 25 joints, then of body 2's; zeros where there is no
body. The release's README gives no more: there are no tracking states, so a joint at the origin is one not observed. A
label file has a line an action: class (from 1), first frame, end frame, confidence.
"""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from zeroskel.core._files import atomic_path
from zeroskel.core._layout import get_layout
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._ntu_writing import refuse_unwritable
from zeroskel.skeleton.formats._parsing import (
    LayoutChoice,
    finite_numbers,
    lines_of,
    named_sequence,
    number_table,
    refuse,
    refuse_line,
)

_FPS = 30.0
_BODIES = 2
_JOINTS = 25
_NUMBERS = _BODIES * _JOINTS * 3  # in a line
_LABEL_FIELDS = 4
_LONGEST_COUNT = 18  # digits of a class or frame


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
    return bool(end) and len(finite_numbers(line.decode("latin-1").split()) or ()) == _NUMBERS


def parse(content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None) -> SkeletonSequence:
    """Parse a PKU-MMD skeleton file; the arguments are those of zeroskel.skeleton.formats.parse.

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
        refuse(file, "", f"zeros only in {len(joints)} frames", "a body", "Leave it out")
    native = get_layout("ntu-25")
    bodies = joints.transpose(1, 0, 2, 3)[there]
    return named_sequence(bodies, native.joints, layout or native, _FPS if fps is None else fps, file)


def write(sequence: SkeletonSequence, path: str | os.PathLike[str]) -> None:
    """Write one or two bodies of layout ntu-25 as a PKU-MMD skeleton file.

    A joint with a NaN coordinate is written as zeros; one at the origin will read as not observed. The format has no
    frame rate: another than 30 is lost, and logged.

    Raises:
        InputError: another layout, two channels, more than two bodies, or no observed joint.
    """
    refuse_unwritable(sequence, path, most_bodies=_BODIES)
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
    return [_action(line, number, file) for number, line in enumerate(lines_of(content, file), 1)]


def _action(line: str, at: int, file: Path) -> ActionLabel:
    fields = [field.strip() for field in line.split(",")]
    counts, confidence = fields[:3], finite_numbers(fields[3:])
    are_counts = all(field.isascii() and field.isdigit() and len(field) <= _LONGEST_COUNT for field in counts)
    if len(fields) != _LABEL_FIELDS or not are_counts or confidence is None:
        refuse_line(file, at, repr(line[:60]), "class,start,end,confidence, the first three whole numbers")
    number, start, end = map(int, counts)
    if number < 1 or end < start:
        refuse_line(file, at, repr(line[:60]), "a class from 1 and an end not before the start")
    return ActionLabel(number - 1, start, max(end, start + 1), confidence[0])

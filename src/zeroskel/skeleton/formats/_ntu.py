"""NTU RGB+D `.skeleton` text files: Kinect v2, 25 joints, metres, y up, 30 frames a second.

The number of frames; per frame the number of bodies; per body a line with its tracking id and nine state fields, a line
with the number of joints, and a line a joint: x y z, depth x y, colour x y, orientation w x y z, tracking state (0 not
tracked, 1 inferred, 2 tracked).
"""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from zeroskel.core._layout import get_layout
from zeroskel.core.errors import SkeletonFormatError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._parsing import (
    LayoutChoice,
    lines_of,
    named_sequence,
    number_table,
    refuse,
    refuse_line,
    unobserved,
)
from zeroskel.skeleton.inference._people import bodies_of, joined_tracks
from zeroskel.skeleton.transforms import merge_bodies

_FPS = 30.0
_JOINTS = 25
_BODY_FIELDS = 10
_JOINT_FIELDS = 12
_READ_FIELDS = (0, 1, 2, 11)  # x, y, z, tracking state
_BODY_LINE = f"a tracking id and {_BODY_FIELDS - 1} numbers of the body's state"
_JOINT_LINE = f"{_JOINT_FIELDS} numbers: x y z, depth x y, colour x y, orientation w x y z, tracking state"
_POSITION_OF_NAN = re.compile(r"\s*nan\s+nan\s+nan(\s+\S+){8}\s+(nan|[012])\s*$", re.IGNORECASE)
_NOT_TRACKED = " ".join(["0"] * _JOINT_FIELDS)
_MOST_BODIES = 16  # in one frame; Kinect v2 tracks six


class _Block(NamedTuple):
    """One body in one frame; `first` is the index of its first joint line."""

    frame: int
    tracking_id: str
    first: int


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so has a whole number alone on each of its first two lines."""
    lines = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 2)[:2]
    return len(lines) == 2 and all(line.strip().isdigit() for line in lines)


def parse(content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None) -> SkeletonSequence:
    """Parse an NTU RGB+D `.skeleton` file; the arguments are those of zeroskel.skeleton.formats.parse.

    Returns:
        A sequence with joints (M, T, 25, 3) in metres: a body for each person, in order of first appearance. A person
        whose tracking id changes is one body (see `merge_bodies`). NaN where a body is not in a frame, and for joints
        not tracked or all zero.

    Raises:
        SkeletonFormatError: the file is cut short, altered, or holds no body; the message names the line.
    """
    return _one_body_a_person(parse_bodies(content, file, layout=layout, fps=fps))


def parse_bodies(
    content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None
) -> SkeletonSequence:
    """Parse a file as `parse` does, into a body for each tracking id."""
    lines = lines_of(content.replace(b",", b".") if b"," in content and b"." not in content else content, file)
    try:
        return _bodies(lines, layout, fps, file)
    except SkeletonFormatError:
        filled = [line for line in lines if line.strip()]
        if len(filled) in (0, len(lines)):
            raise
        try:
            return _bodies(filled, layout, fps, file)
        except SkeletonFormatError:
            pass
        raise  # the first message names the line of the file


def _bodies(lines: list[str], layout: LayoutChoice, fps: float | None, file: Path) -> SkeletonSequence:
    frames, blocks = _find_blocks(lines, file)
    order = {tracking_id: body for body, tracking_id in enumerate(dict.fromkeys(b.tracking_id for b in blocks))}
    joints = unobserved((len(order), frames, _JOINTS, 3), file)
    bodies = [order[block.tracking_id] for block in blocks]
    joints[bodies, [block.frame for block in blocks]] = _observed_joints(lines, blocks, file)
    if np.isnan(joints).all():
        refuse(file, "", f"no tracked joint in {frames} frames", "one body", "Leave it out")
    native = get_layout("ntu-25")
    return named_sequence(joints, native.joints, layout or native, _FPS if fps is None else fps, file)


def _one_body_a_person(sequence: SkeletonSequence) -> SkeletonSequence:
    """Return the bodies joined where one follows another, at the same place if there is a choice."""
    seen = np.asarray(sequence.observed.any(axis=-1))
    if (seen.sum(axis=0) == len(seen)).any():  # all bodies are there at once
        return sequence
    tracks = joined_tracks(sequence.joints, np.where(seen, np.arange(len(seen))[:, None], -1))
    followed = sequence.replace(bodies_of(sequence.joints, tracks, np.unique(tracks[tracks >= 0])))
    merged = merge_bodies(followed, followed.bodies)
    first = merged.observed.any(axis=-1).argmax(axis=1)
    return merged.replace(merged.joints[np.argsort(first, kind="stable")])


def _observed_joints(lines: list[str], blocks: list[_Block], file: Path) -> np.ndarray:
    """Return (B, 25, 3) float32 metres of B bodies in a frame, NaN where a joint is not tracked or all zero.

    Fields that are not read may hold anything: the release has NaN and Infinity where a joint is outside an image.
    """
    joint_lines = [
        _NOT_TRACKED if _POSITION_OF_NAN.match(line) else line
        for block in blocks
        for line in lines[block.first : block.first + _JOINTS]
    ]

    def line_number(row: int) -> int:
        return blocks[row // _JOINTS].first + row % _JOINTS + 1

    numbers = number_table(joint_lines, _JOINT_FIELDS, _JOINT_LINE, file, line_number=line_number, columns=_READ_FIELDS)
    state = numbers[:, -1]
    known = (state == 0) | (state == 1) | (state == 2)
    if not known.all():
        row = int(np.argmin(known))
        refuse_line(file, line_number(row), f"tracking state {state[row]:g}", "a tracking state of 0, 1 or 2")
    joints = numbers[:, :3].astype(np.float32)
    x, y, z = numbers[:, :3].T
    joints[(state == 0) | ((x == 0) & (y == 0) & (z == 0))] = np.nan
    return joints.reshape(-1, _JOINTS, 3)


def _find_blocks(lines: list[str], file: Path) -> tuple[int, list[_Block]]:
    """Return the number of frames and every body of every frame, from the lines that hold counts alone."""
    frames = _whole_number(lines, 0, "the number of frames", file)
    if not 0 < frames < len(lines):
        refuse_line(file, 1, f"{frames} frames announced and {len(lines) - 1} lines after it", "a line or more a frame")
    blocks: list[_Block] = []
    at = 1
    for frame in range(frames):
        if at >= len(lines):
            refuse_line(
                file, at + 1, f"the end of the file after {frame} frames", f"the {frames} frames that line 1 announces"
            )
        bodies = _whole_number(lines, at, "the number of bodies in a frame", file)
        if bodies > _MOST_BODIES:
            refuse_line(file, at + 1, f"{bodies} bodies in one frame", f"at most {_MOST_BODIES}")
        at += 1
        for _ in range(bodies):
            joints = _whole_number(lines, at + 1, "the number of joints", file)
            if joints != _JOINTS:
                refuse_line(file, at + 2, f"{joints} joints", f"{_JOINTS}")
            blocks.append(_Block(frame, lines[at].partition(" ")[0], at + 2))
            at += 2 + _JOINTS
    if at != len(lines):
        actual = "the end of the file" if at > len(lines) else f"more lines after the last of {frames} frames"
        refuse_line(file, min(at, len(lines)) + 1, actual, f"{at} lines")
    if not blocks:
        refuse(file, "", f"no body in {frames} frames", "one", "Leave the recording out")
    _check_states(lines, blocks, file)
    return frames, blocks


def _check_states(lines: list[str], blocks: list[_Block], file: Path) -> None:
    """Refuse state lines that are no ten numbers, and a tracking id that a frame has twice."""
    state_lines = [lines[block.first - 2] for block in blocks]
    number_table(
        state_lines, _BODY_FIELDS, _BODY_LINE, file, line_number=lambda row: blocks[row].first - 1, columns=(0, 9)
    )
    seen = set()
    for block in blocks:
        if not (block.tracking_id.isascii() and block.tracking_id.isdigit() and len(block.tracking_id) < 25):
            refuse_line(file, block.first - 1, repr(block.tracking_id[:60]), _BODY_LINE)
        if (block.frame, block.tracking_id) in seen:
            actual = f"tracking id {block.tracking_id} twice in frame {block.frame + 1}"
            refuse_line(file, block.first - 1, actual, "one body an id")
        seen.add((block.frame, block.tracking_id))


def _whole_number(lines: list[str], at: int, what: str, file: Path) -> int:
    token = lines[at].strip() if at < len(lines) else "the end of the file"
    if not (token.isascii() and token.isdigit() and len(token) < 19):
        refuse_line(file, at + 1, repr(token[:60]) if at < len(lines) else token, f"{what}, a whole number")
    return int(token)

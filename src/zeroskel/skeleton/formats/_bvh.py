"""Biovision hierarchy files (.bvh): a skeleton with offsets, then a line of numbers a frame.

Read here and not by a library: pybvh 0.9.0 refuses position channels on joints other than the root, which the
Bandai-Namco sets have. Rotations apply in the order of the channels; positions take the place of the offset.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from zeroskel.core._layout import Layout, get_layout, layout_of_joints
from zeroskel.core.errors import InputError, LayoutError, SkeletonFormatError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._parsing import (
    arrange_joints,
    euler_rotations,
    finite_numbers,
    number_table,
    posed_joints,
    refuse_line,
    text_of,
)
from zeroskel.skeleton.transforms import convert_layout

_LAYOUT = "mocap-21"
_LARGEST_IN_METRES = 10.0
_WHOLE_RATE = 1e-4  # 0.0333333 seconds mean 30 frames a second
_MOST_JOINTS = 1024
_CHANNELS = {f"{axis}{kind}".lower() for axis in "XYZ" for kind in ("position", "rotation")}
_EXPORT_AGAIN = "The file is cut short or altered: export it again"


@dataclass(frozen=True, eq=False)
class BvhJoint:
    """One joint.

    Attributes:
        name: as in the file.
        parent: index of the joint it hangs on; -1 for a root.
        offset: (3,) from its parent in the rest pose, in the file's unit.
        channels: its numbers in each frame, in order, such as "xposition" or "zrotation".
    """

    name: str
    parent: int
    offset: np.ndarray
    channels: tuple[str, ...]


@dataclass
class _Block:
    """A block whose closing brace has not come yet; `joint` is None for an end site."""

    name: str
    line: int
    parent: int
    joint: int | None = None
    opened: bool = False
    offset: np.ndarray | None = None
    channels: tuple[str, ...] | None = None


def read_hierarchy(lines: list[str], file: Path) -> tuple[list[BvhJoint], int]:
    """Return the joints, every one after its parent, and the index of the line that says MOTION.

    Several roots are taken, as some motion capture programs write a root for each person or prop; end sites are
    checked and left out.

    Raises:
        SkeletonFormatError: names the line at fault.
    """
    if not lines or lines[0].split() != ["HIERARCHY"]:
        _refuse(file, 0, repr(lines[0][:60]) if lines else "nothing", "HIERARCHY")
    joints: list[BvhJoint | None] = []
    open_blocks: list[_Block] = []
    for at in range(1, len(lines)):
        fields = lines[at].split()
        if not fields:
            continue
        word = fields[0].upper()
        if word == "MOTION" and not open_blocks:
            return [joint for joint in joints if joint is not None], at
        if word in ("ROOT", "JOINT", "END"):
            block = _begin(word, fields, open_blocks, at, file)
            if word != "END":
                block.joint = len(joints)
                joints.append(None)
                if len(joints) > _MOST_JOINTS:
                    _refuse(file, at, f"over {_MOST_JOINTS} joints", "a skeleton")
            open_blocks.append(block)
        elif not open_blocks:
            _refuse(file, at, repr(lines[at].strip()[:60]), "ROOT or MOTION")
        elif word == "{":
            if open_blocks[-1].opened:
                _refuse(file, at, "a second {", "OFFSET, CHANNELS or JOINT")
            open_blocks[-1].opened = True
        elif not open_blocks[-1].opened:
            _refuse(file, at, repr(lines[at].strip()[:60]), "{")
        elif word == "}":
            _complete(open_blocks.pop(), joints, at, file)
        else:
            _describe(open_blocks[-1], word, fields, at, file)
            _complete(open_blocks[-1], joints, None, file)
    _refuse(file, len(lines), "the end of the file", "the line MOTION" if not open_blocks else "}")


def _refuse(file: Path, at: int, actual: str, expected: str) -> NoReturn:
    """Raise SkeletonFormatError for line `at`, counted from 0."""
    refuse_line(file, at + 1, actual, expected, remedy=_EXPORT_AGAIN)


def _begin(word: str, fields: list[str], open_blocks: list[_Block], at: int, file: Path) -> _Block:
    outer = open_blocks[-1] if open_blocks else None
    fits = outer is None if word == "ROOT" else outer is not None and outer.joint is not None and outer.opened
    named = len(fields) >= 2 and (word != "END" or fields[1].upper() == "SITE")
    if not fits or not named:
        _refuse(file, at, repr(" ".join(fields)[:60]), "ROOT outside of braces; JOINT or End Site inside a joint's")
    if outer is not None and outer.channels is None:
        _refuse(file, at, f"{fields[0]} before CHANNELS of {outer.name}", "OFFSET and CHANNELS first")
    parent = -1 if outer is None or outer.joint is None else outer.joint
    return _Block(" ".join(fields[1:]), at, parent)


def _describe(block: _Block, word: str, fields: list[str], at: int, file: Path) -> None:
    if word == "OFFSET" and block.offset is None:
        block.offset = finite_numbers(fields[1:])
        if block.offset is None or len(block.offset) != 3:
            _refuse(file, at, repr(" ".join(fields)[:100]), "OFFSET x y z")
    elif word == "CHANNELS" and block.channels is None and block.joint is not None:
        named = tuple(field.lower() for field in fields[2:])
        if not set(named) <= _CHANNELS or len(set(named)) != len(named) or fields[1:2] != [str(len(named))]:
            _refuse(
                file,
                at,
                repr(" ".join(fields)[:100]),
                "CHANNELS, how many, and names such as Xposition, without duplicates",
            )
        block.channels = named
    else:
        _refuse(file, at, repr(" ".join(fields)[:60]), "OFFSET and CHANNELS once, JOINT, End Site or }")


def _complete(block: _Block, joints: list[BvhJoint | None], closed_at: int | None, file: Path) -> None:
    """Make the joint as soon as its offset and channels are known; at its closing brace they must be."""
    needed = block.offset is not None and (block.channels is not None or block.joint is None)
    if not needed:
        if closed_at is not None:
            _refuse(file, closed_at, f"}} of {block.name}", "its OFFSET and CHANNELS before")
        return
    if block.joint is not None and joints[block.joint] is None:
        assert block.offset is not None and block.channels is not None
        joints[block.joint] = BvhJoint(block.name, block.parent, block.offset, block.channels)


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so has the word HIERARCHY on its first line."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"HIERARCHY")


def parse(
    content: bytes,
    file: Path,
    *,
    layout: str | Layout | None = None,
    fps: float | None = None,
    metres_per_unit: float | None = None,
) -> SkeletonSequence:
    """Parse a .bvh file.

    Args:
        content: The bytes of the file.
        file: Its path, which messages name.
        layout: the layout wanted; None takes the known layout that has exactly the file's joints, else mocap-21, whose
            joints are found under the names of Bandai-Namco, CMU and Mixamo (with or without "mixamorig:").
        fps: frames a second; None takes the file's.
        metres_per_unit: the file's unit, which the format does not tell. None takes metres, or centimetres where the
            rest pose spans more than 10 in some direction.

    Returns:
        A sequence with joints (1, T, V, 3) in metres, y up as in the file.

    Raises:
        SkeletonFormatError: the file is cut short or altered; the message names the line.
        LayoutError: none of its joints is known.
        InputError: metres_per_unit is not positive.
    """
    if metres_per_unit is not None and not 0 < metres_per_unit < np.inf:
        raise InputError(
            f"{file}: metres_per_unit is {metres_per_unit}; expected a number above 0, 0.01 for centimetres"
        )
    lines = text_of(content, file).strip().split("\n")
    joints, at = read_hierarchy(lines, file)
    frames, rate = _announced(lines, at, file)
    width = sum(len(joint.channels) for joint in joints)
    table = _numbers(lines, at + 3, frames, width, file)
    scale = _unit(joints) if metres_per_unit is None else metres_per_unit

    def refuse_frame(frame: int) -> NoReturn:
        _refuse(file, at + 3 + frame, "joints beyond measure", "positions and angles of people")

    shape = (frames, len(joints))
    positions = posed_joints(shape, lambda block: _positions(joints, table[block]) * scale, file, refuse_frame)
    names = [joint.name.rpartition(":")[2].strip() for joint in joints]
    arranged, native = arrange_joints(positions, names, _own_layout(names), file=file)
    sequence = SkeletonSequence(arranged, native, rate if fps is None else fps)
    return sequence if layout is None else convert_layout(sequence, get_layout(layout))


def _own_layout(names: list[str]) -> Layout:
    try:
        return layout_of_joints(names)
    except LayoutError:
        return get_layout(_LAYOUT)


def _announced(lines: list[str], at: int, file: Path) -> tuple[int, float]:
    """Return the number of frames and the frame rate, from the two lines after MOTION."""
    fields = lines[at + 1].replace(":", " : ").split() if at + 1 < len(lines) else []
    if fields[:2] != ["Frames", ":"] or len(fields) != 3 or not (fields[2].isascii() and fields[2].isdigit()):
        _refuse(file, at + 1, repr(" ".join(fields)[:60]), "Frames: and their number")
    following = len(lines) - at - 3
    if len(fields[2]) > 9 or not 0 < int(fields[2]) <= following:
        _refuse(
            file, at + 1, f"{fields[2][:20]} frames announced and {max(following, 0)} lines for them", "a line a frame"
        )
    time = lines[at + 2].replace(":", " : ").split()
    seconds = finite_numbers(time[3:]) if time[:3] == ["Frame", "Time", ":"] else None
    if seconds is None or len(seconds) != 1 or not 1e-6 < seconds[0] < 1e6:
        _refuse(file, at + 2, repr(lines[at + 2][:60]), "Frame Time: and the seconds of a frame")
    rate = 1 / float(seconds[0])
    return int(fields[2]), float(round(rate)) if abs(round(rate) - rate) < _WHOLE_RATE * rate else rate


def _numbers(lines: list[str], first: int, frames: int, width: int, file: Path) -> np.ndarray:
    """Return (frames, width) numbers of the frames, a line each."""
    text = [line for line in lines[first:] if line.strip()]
    if len(text) != frames:
        _refuse(file, first + min(len(text), frames), f"{len(text)} lines of numbers", f"{frames}, one a frame")
    if width == 0:
        raise SkeletonFormatError(f"{file}: found no channels; expected some. Export the motion, not only the skeleton")
    at = [first + row for row, line in enumerate(lines[first:], 1) if line.strip()]
    return number_table(
        text, width, f"{width} numbers, one for each channel", file, line_number=at.__getitem__, remedy=_EXPORT_AGAIN
    )


def _unit(joints: list[BvhJoint]) -> float:
    """Return metres of one unit, from the largest extent of the rest pose."""
    locations = np.zeros((len(joints), 3))
    for index, joint in enumerate(joints):
        if joint.parent >= 0:
            locations[index] = locations[joint.parent] + joint.offset
    return 0.01 if np.ptp(locations, axis=0).max() > _LARGEST_IN_METRES else 1.0


def _positions(joints: list[BvhJoint], table: np.ndarray) -> np.ndarray:
    """Return (T, V, 3) positions: each joint lies at its offset from its parent, turned by all rotations above it."""
    positions = np.empty((len(table), len(joints), 3))
    rotations: list[np.ndarray] = []
    at = 0
    for index, joint in enumerate(joints):
        values = table[:, at : at + len(joint.channels)]
        at += len(joint.channels)
        offset = np.broadcast_to(joint.offset, (len(table), 3)).copy()
        turning = [position for position, channel in enumerate(joint.channels) if channel.endswith("rotation")]
        for position, channel in enumerate(joint.channels):
            if position not in turning:
                offset[:, "xyz".index(channel[0])] = values[:, position]
        axes = "".join(joint.channels[position][0].upper() for position in turning)
        rotation = euler_rotations(axes, np.radians(values[:, turning]))
        if joint.parent < 0:
            positions[:, index] = offset
        else:
            above = rotations[joint.parent]
            positions[:, index] = positions[:, joint.parent] + (above @ offset[..., None])[..., 0]
            rotation = above @ rotation
        rotations.append(rotation)
    return positions

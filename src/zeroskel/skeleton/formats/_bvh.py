"""Biovision hierarchy files (.bvh): a skeleton with offsets, then a line of numbers a frame.

Read here and not by a library: pybvh 0.9.0 refuses position channels on joints other than the root, which the
Bandai-Namco sets have. Rotations apply in the order of the channels; positions take the place of the offset.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import numpy as np

from zeroskel.core._layout import get_layout, layout_of_joints
from zeroskel.core.errors import InputError, LayoutError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._motion_capture import MovingJoint, MovingSkeleton
from zeroskel.skeleton.formats._parsing import (
    LayoutChoice,
    finite_numbers,
    named_sequence,
    number_table,
    refuse,
    refuse_line,
    text_of,
)
from zeroskel.skeleton.transforms import convert_layout

_LAYOUT = "mocap-21"
_LARGEST_IN_METRES = 10.0
_WHOLE_RATE = 1e-4  # 0.0333333 seconds mean 30 frames a second
_MOST_JOINTS = 1024
_CHANNELS = {
    f"{axis}{kind}": f"{letter}{axis}" for axis in "xyz" for kind, letter in (("position", "t"), ("rotation", "r"))
}
_EXPORT_AGAIN = "The file is cut short or altered: export it again"


@dataclass
class _Block:
    """A block of the hierarchy: a joint, or an end site, whose index is None."""

    name: str
    parent: int
    index: int | None = None
    opened: bool = False
    offset: list[float] | None = None
    channels: tuple[str, ...] | None = None


def read_hierarchy(lines: list[str], file: Path) -> tuple[list[MovingJoint], int]:
    """Return the joints, every one after its parent, and the index of the line that says MOTION.

    Several roots are taken, as some motion capture programs write a root for each person or prop; end sites are
    checked and left out.

    Raises:
        SkeletonFormatError: names the line at fault.
    """
    if not lines or lines[0].split() != ["HIERARCHY"]:
        _refuse(file, 0, repr(lines[0][:60]) if lines else "nothing", "HIERARCHY")
    blocks: list[_Block] = []
    open_blocks: list[_Block] = []
    for at in range(1, len(lines)):
        fields = lines[at].split()
        if not fields:
            continue
        word = fields[0].upper()
        if word == "MOTION" and not open_blocks:
            return [_joint(block) for block in blocks], at
        if word in ("ROOT", "JOINT", "END"):
            block = _begin(word, fields, open_blocks, at, file)
            open_blocks.append(block)
            if word != "END":
                block.index = len(blocks)
                blocks.append(block)
                if len(blocks) > _MOST_JOINTS:
                    _refuse(file, at, f"over {_MOST_JOINTS} joints", "a skeleton")
        elif not open_blocks:
            _refuse(file, at, repr(lines[at].strip()[:60]), "ROOT or MOTION")
        elif word == "{":
            if open_blocks[-1].opened:
                _refuse(file, at, "a second {", "OFFSET, CHANNELS or JOINT")
            open_blocks[-1].opened = True
        elif not open_blocks[-1].opened:
            _refuse(file, at, repr(lines[at].strip()[:60]), "{")
        elif word == "}":
            block = open_blocks.pop()
            if block.offset is None or (block.channels is None and block.index is not None):
                _refuse(file, at, f"}} of {block.name}", "its OFFSET and CHANNELS before")
        else:
            _describe(open_blocks[-1], word, fields, at, file)
    _refuse(file, len(lines), "the end of the file", "the line MOTION" if not open_blocks else "}")


def _refuse(file: Path, at: int, actual: str, expected: str) -> NoReturn:
    """Raise SkeletonFormatError for line `at`, counted from 0."""
    refuse_line(file, at + 1, actual, expected, _EXPORT_AGAIN)


def _begin(word: str, fields: list[str], open_blocks: list[_Block], at: int, file: Path) -> _Block:
    outer = open_blocks[-1] if open_blocks else None
    fits = outer is None if word == "ROOT" else outer is not None and outer.index is not None and outer.opened
    named = len(fields) >= 2 and (word != "END" or fields[1].upper() == "SITE")
    if not fits or not named:
        _refuse(file, at, repr(" ".join(fields)[:60]), "ROOT outside of braces; JOINT or End Site inside a joint's")
    if outer is not None and outer.channels is None:
        _refuse(file, at, f"{fields[0]} before CHANNELS of {outer.name}", "OFFSET and CHANNELS first")
    return _Block(" ".join(fields[1:]), -1 if outer is None or outer.index is None else outer.index)


def _describe(block: _Block, word: str, fields: list[str], at: int, file: Path) -> None:
    if word == "OFFSET" and block.offset is None:
        block.offset = finite_numbers(fields[1:])
        if block.offset is None or len(block.offset) != 3:
            _refuse(file, at, repr(" ".join(fields)[:100]), "OFFSET x y z")
    elif word == "CHANNELS" and block.channels is None and block.index is not None:
        named = [field.lower() for field in fields[2:]]
        if not set(named) <= set(_CHANNELS) or len(set(named)) != len(named) or fields[1:2] != [str(len(named))]:
            expected = "CHANNELS, how many, and names such as Xposition, without duplicates"
            _refuse(file, at, repr(" ".join(fields)[:100]), expected)
        block.channels = tuple(_CHANNELS[name] for name in named)
    else:
        _refuse(file, at, repr(" ".join(fields)[:60]), "OFFSET and CHANNELS once, JOINT, End Site or }")


def _joint(block: _Block) -> MovingJoint:
    """Return the joint of a block that was closed."""
    assert block.offset is not None and block.channels is not None
    order = "".join(channel[1].upper() for channel in block.channels if channel[0] == "r")
    return MovingJoint(block.name, block.parent, np.array(block.offset), block.channels, order)


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so has the word HIERARCHY on its first line."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"HIERARCHY")


def parse(
    content: bytes,
    file: Path,
    *,
    layout: LayoutChoice = None,
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
    table = _numbers(lines, at + 3, frames, sum(len(joint.channels) for joint in joints), file)
    metres = _unit(joints) if metres_per_unit is None else metres_per_unit
    skeleton = MovingSkeleton(tuple(_scaled(joint, metres) for joint in joints), metres)
    positions = skeleton.pose(table, file, lambda frame: f"line {at + 4 + frame}", _EXPORT_AGAIN)
    names = [joint.name.rpartition(":")[2].strip() for joint in joints]
    try:
        native = layout_of_joints(names)
    except LayoutError:
        native = get_layout(_LAYOUT)
    sequence = named_sequence(positions, names, native, rate if fps is None else fps, file)
    return sequence if layout is None else convert_layout(sequence, layout)


def _scaled(joint: MovingJoint, metres: float) -> MovingJoint:
    """Return the joint with its offset in metres, and 0 along the axes for which it has a position channel."""
    fixed = np.array([f"t{axis}" not in joint.channels for axis in "xyz"])
    return replace(joint, offset=np.where(fixed, joint.offset * metres, 0.0))


def _announced(lines: list[str], at: int, file: Path) -> tuple[int, float]:
    """Return the number of frames and the frame rate, from the two lines after MOTION."""
    fields = lines[at + 1].replace(":", " : ").split() if at + 1 < len(lines) else []
    if fields[:2] != ["Frames", ":"] or len(fields) != 3 or not (fields[2].isascii() and fields[2].isdigit()):
        _refuse(file, at + 1, repr(" ".join(fields)[:60]), "Frames: and their number")
    following = len(lines) - at - 3
    if len(fields[2]) > 9 or not 0 < int(fields[2]) <= following:
        actual = f"{fields[2][:20]} frames announced and {max(following, 0)} lines for them"
        _refuse(file, at + 1, actual, "a line a frame")
    time = lines[at + 2].replace(":", " : ").split()
    seconds = finite_numbers(time[3:]) if time[:3] == ["Frame", "Time", ":"] else None
    if seconds is None or len(seconds) != 1 or not 1e-6 < seconds[0] < 1e6:
        _refuse(file, at + 2, repr(lines[at + 2][:60]), "Frame Time: and the seconds of a frame")
    rate = 1 / seconds[0]
    return int(fields[2]), float(round(rate)) if abs(round(rate) - rate) < _WHOLE_RATE * rate else rate


def _numbers(lines: list[str], first: int, frames: int, width: int, file: Path) -> np.ndarray:
    """Return (frames, width) numbers of the frames, a line each."""
    numbered = {first + row: line for row, line in enumerate(lines[first:], 1) if line.strip()}
    count = len(numbered)
    if count != frames:
        _refuse(file, first + min(count, frames), f"{count} lines of numbers", f"{frames}, one a frame")
    if width == 0:
        refuse(file, "", "no channels", "some", "Export the motion, not only the skeleton")
    expected, number = f"{width} numbers, one for each channel", list(numbered).__getitem__
    return number_table(list(numbered.values()), width, expected, file, line_number=number, remedy=_EXPORT_AGAIN)


def _unit(joints: list[MovingJoint]) -> float:
    """Return metres of one unit, from the largest extent of the rest pose."""
    locations = np.zeros((len(joints), 3))
    for index, joint in enumerate(joints):
        if joint.parent >= 0:
            locations[index] = locations[joint.parent] + joint.offset
    return 0.01 if np.ptp(locations, axis=0).max() > _LARGEST_IN_METRES else 1.0

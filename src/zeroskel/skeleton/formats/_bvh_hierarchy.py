"""Hierarchy of a Biovision file (.bvh): the joints, their offsets from each other, and their channels."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from zeroskel.skeleton.formats._motion_capture import MovingJoint
from zeroskel.skeleton.formats._parsing import finite_numbers, refuse_line

EXPORT_AGAIN = "The file is cut short or altered: export it again"
_MOST_JOINTS = 1024
_LONGEST_NAME = 100
_LIMBS = re.compile("neck|forearm|low(er)?arm|elbow|leg|shin|calf|knee|foot|ankle", re.IGNORECASE)
_CHANNELS = {
    f"{axis}{kind}": f"{letter}{axis}"
    for axis in "xyz"
    for kind, letter in (("position", "t"), ("rotation", "r"), ("scale", "s"))
}

Lines = list[tuple[int, str]]  # number of a line in the file, from 1, and its text, which is not blank


@dataclass
class _Block:
    """A block of the hierarchy: a joint, or an end site, whose index is None."""

    name: str
    parent: int
    index: int | None
    opened: bool = False
    offset: list[float] | None = None
    channels: tuple[str, ...] | None = None

    def joint(self) -> MovingJoint:
        """Return the joint of a block that was closed."""
        assert self.offset is not None and self.channels is not None
        order = "".join(channel[1].upper() for channel in self.channels if channel[0] == "r")
        return MovingJoint(self.name, self.parent, np.array(self.offset), self.channels, order)


def read_hierarchy(lines: Lines, file: Path) -> tuple[list[MovingJoint], int]:
    """Return the joints, every one after its parent, and the index of the line that says MOTION.

    Several roots are read, as some motion capture programs write a root for each person or prop. The end site of a limb
    is a joint too, such as LeftFoot_end, as some skeletons have no joint of toes, hands or head; others are left out.

    Raises:
        SkeletonFormatError: names the line at fault.
    """
    if not lines or lines[0][1].split()[0].upper() != "HIERARCHY":
        refuse_bvh(file, lines[0][0] if lines else 1, repr(lines[0][1][:60]) if lines else "nothing", "HIERARCHY")
    joints: list[_Block] = []
    open_blocks: list[_Block] = []
    for at, number, fields in _statements(lines):
        word, outer = fields[0].upper(), open_blocks[-1] if open_blocks else None
        if word == "MOTION" and outer is None:
            return [block.joint() for block in joints], at
        if word in ("ROOT", "JOINT", "END"):
            block = _begin(fields, outer, len(joints), number, file)
            open_blocks.append(block)
            if block.index is not None:
                joints.append(block)
        elif outer is None:
            refuse_bvh(file, number, repr(" ".join(fields)[:60]), "ROOT or MOTION")
        elif word == "}" and outer.opened:
            if outer.offset is None or (outer.channels is None and outer.index is not None):
                refuse_bvh(file, number, f"}} of {outer.name}", "its OFFSET and CHANNELS before")
            if outer.index is None and _LIMBS.search(joints[outer.parent].name) and any(outer.offset):
                joints.append(_Block(f"{joints[outer.parent].name}_end", outer.parent, None, True, outer.offset, ()))
            open_blocks.pop()
        else:
            _describe(outer, word, fields, number, file)
    refuse_bvh(file, lines[-1][0] + 1, "the end of the file", "the line MOTION" if not open_blocks else "}")


def _statements(lines: Lines) -> Iterator[tuple[int, int, list[str]]]:
    """Yield index and number of the line, and fields, of each statement after the first line; a brace is one."""
    for at, (number, line) in enumerate(lines[1:], 1):
        for part in re.sub(r"([{}])", r"\n\1\n", line).split("\n"):
            if fields := part.split():
                yield at, number, fields


def refuse_bvh(file: Path, number: int, actual: str, expected: str) -> NoReturn:
    """Raise SkeletonFormatError for a line."""
    refuse_line(file, number, actual, expected, EXPORT_AGAIN)


def _begin(fields: list[str], outer: _Block | None, count: int, number: int, file: Path) -> _Block:
    word = fields[0].upper()
    fits = outer is None if word == "ROOT" else outer is not None and outer.index is not None and outer.opened
    if not fits or len(fields) < 2 or (word == "END" and fields[1].upper() != "SITE"):
        expected = "ROOT outside of braces; JOINT or End Site inside a joint's"
        refuse_bvh(file, number, repr(" ".join(fields)[:60]), expected)
    if outer is not None and outer.channels is None:
        refuse_bvh(file, number, f"{fields[0]} before CHANNELS of {outer.name}", "OFFSET and CHANNELS first")
    if count >= _MOST_JOINTS:
        refuse_bvh(file, number, f"over {_MOST_JOINTS} joints", "a skeleton")
    parent = -1 if outer is None or outer.index is None else outer.index
    return _Block(" ".join(fields[1:])[:_LONGEST_NAME], parent, None if word == "END" else count)


def _describe(block: _Block, word: str, fields: list[str], number: int, file: Path) -> None:
    """Read a line inside of a block: an opening brace, OFFSET or CHANNELS."""
    if not block.opened or word == "{":
        if block.opened or word != "{":
            expected = "OFFSET, CHANNELS or JOINT" if block.opened else "{"
            refuse_bvh(file, number, repr(" ".join(fields)[:60]), expected)
        block.opened = True
    elif word == "OFFSET" and block.offset is None:
        block.offset = finite_numbers(with_points(" ".join(fields[1:])).split())
        if block.offset is None or len(block.offset) != 3:
            refuse_bvh(file, number, repr(" ".join(fields)[:100]), "OFFSET x y z")
    elif word == "CHANNELS" and block.channels is None and (block.index is not None or fields[1:] == ["0"]):
        named = [field.lower() for field in fields[2:]]
        if not set(named) <= set(_CHANNELS) or len(set(named)) != len(named) or fields[1:2] != [str(len(named))]:
            expected = "CHANNELS, how many, and names such as Xposition, without duplicates"
            refuse_bvh(file, number, repr(" ".join(fields)[:100]), expected)
        block.channels = tuple(_CHANNELS[name] for name in named)
    else:
        refuse_bvh(file, number, repr(" ".join(fields)[:60]), "OFFSET and CHANNELS once, JOINT, End Site or }")


def with_points(text: str) -> str:
    """Return numbers with decimal points for decimal commas, and blanks for commas that separate numbers."""
    if "," not in text:
        return text
    text = re.sub(r",(?=\s|$)", " ", text)
    return text.replace(",", " " if "." in text else ".")

"""The skeleton of a BVH file: the lines from HIERARCHY to MOTION."""

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from zeroskel.core.errors import SkeletonFormatError
from zeroskel.skeleton.formats._named_joints import LARGEST

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
        refuse(file, 0, repr(lines[0][:60]) if lines else "nothing", "HIERARCHY")
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
                    refuse(file, at, f"over {_MOST_JOINTS} joints", "a skeleton")
            open_blocks.append(block)
        elif not open_blocks:
            refuse(file, at, repr(lines[at].strip()[:60]), "ROOT or MOTION")
        elif word == "{":
            if open_blocks[-1].opened:
                refuse(file, at, "a second {", "OFFSET, CHANNELS or JOINT")
            open_blocks[-1].opened = True
        elif not open_blocks[-1].opened:
            refuse(file, at, repr(lines[at].strip()[:60]), "{")
        elif word == "}":
            _complete(open_blocks.pop(), joints, at, file)
        else:
            _describe(open_blocks[-1], word, fields, at, file)
            _complete(open_blocks[-1], joints, None, file)
    refuse(file, len(lines), "the end of the file", "the line MOTION" if not open_blocks else "}")


def refuse(file: Path, at: int, actual: str, expected: str) -> NoReturn:
    """Raise SkeletonFormatError for line `at`, counted from 0."""
    raise SkeletonFormatError(f"{file}, line {at + 1}: found {actual}; expected {expected}. {_EXPORT_AGAIN}")


def numbers(fields: list[str]) -> np.ndarray | None:
    """Return the fields as finite numbers; None where they are not."""
    try:
        values = np.array([float(field) for field in fields])
    except ValueError:
        return None
    return values if (np.abs(values) <= LARGEST).all() and not any("_" in field for field in fields) else None


def _begin(word: str, fields: list[str], open_blocks: list[_Block], at: int, file: Path) -> _Block:
    outer = open_blocks[-1] if open_blocks else None
    fits = outer is None if word == "ROOT" else outer is not None and outer.joint is not None and outer.opened
    named = len(fields) >= 2 and (word != "END" or fields[1].upper() == "SITE")
    if not fits or not named:
        refuse(file, at, repr(" ".join(fields)[:60]), "ROOT outside of braces; JOINT or End Site inside a joint's")
    if outer is not None and outer.channels is None:
        refuse(file, at, f"{fields[0]} before CHANNELS of {outer.name}", "OFFSET and CHANNELS first")
    parent = -1 if outer is None or outer.joint is None else outer.joint
    return _Block(" ".join(fields[1:]), at, parent)


def _describe(block: _Block, word: str, fields: list[str], at: int, file: Path) -> None:
    if word == "OFFSET" and block.offset is None:
        block.offset = numbers(fields[1:])
        if block.offset is None or len(block.offset) != 3:
            refuse(file, at, repr(" ".join(fields)[:100]), "OFFSET x y z")
    elif word == "CHANNELS" and block.channels is None and block.joint is not None:
        named = tuple(field.lower() for field in fields[2:])
        if not set(named) <= _CHANNELS or len(set(named)) != len(named) or fields[1:2] != [str(len(named))]:
            refuse(
                file,
                at,
                repr(" ".join(fields)[:100]),
                "CHANNELS, how many, and names such as Xposition, without duplicates",
            )
        block.channels = named
    else:
        refuse(file, at, repr(" ".join(fields)[:60]), "OFFSET and CHANNELS once, JOINT, End Site or }")


def _complete(block: _Block, joints: list[BvhJoint | None], closed_at: int | None, file: Path) -> None:
    """Make the joint as soon as its offset and channels are known; at its closing brace they must be."""
    needed = block.offset is not None and (block.channels is not None or block.joint is None)
    if not needed:
        if closed_at is not None:
            refuse(file, closed_at, f"}} of {block.name}", "its OFFSET and CHANNELS before")
        return
    if block.joint is not None and joints[block.joint] is None:
        assert block.offset is not None and block.channels is not None
        joints[block.joint] = BvhJoint(block.name, block.parent, block.offset, block.channels)

"""Acclaim skeletons (.asf): the bones whose motion .amc files hold.

Sections start with a colon: `:units` (length, angle), `:root` (order of channels, axis, position, orientation),
`:bonedata` (blocks `begin … end` with name, direction, length, axis, dof) and `:hierarchy` (a line a parent).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from zeroskel.core.errors import SkeletonFormatError
from zeroskel.skeleton.formats._parsing import euler_rotations, finite_numbers

_INCH = 0.0254
_MOST_BONES = 512
_ROTATIONS = {"rx": "X", "ry": "Y", "rz": "Z"}
_ROOT_CHANNELS = {"tx", "ty", "tz", *_ROTATIONS}
_TAKE_AGAIN = "Take the skeleton from the release again"


@dataclass(frozen=True, eq=False)
class AcclaimBone:
    """One bone.

    Attributes:
        name: as in the file.
        parent: index of the bone it hangs on; -1 for the root.
        offset: (3,) metres from the end of its parent to its own end, in the rest pose.
        axis: (3, 3) rotation of the frame in which its angles turn.
        order: its rotations, the leftmost matrix first, e.g. "ZYX".
        channels: its numbers in the order of the .amc file, e.g. ("rx", "rz").
    """

    name: str
    parent: int
    offset: np.ndarray
    axis: np.ndarray
    order: str
    channels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class AcclaimSkeleton:
    """A skeleton: the root first, every bone after its parent.

    Attributes:
        bones: the root and the bones; a bone stands for the joint at its end.
        metres: of one unit of length.
        degrees: whether angles are in degrees.
    """

    bones: tuple[AcclaimBone, ...]
    metres: float
    degrees: bool


class _Line:
    """A line of fields that says where it stands when something in it is wrong."""

    def __init__(self, number: int, fields: list[str], file: Path) -> None:
        self.number, self.fields, self.file = number, fields, file

    def refuse(self, actual: str, expected: str) -> NoReturn:
        raise SkeletonFormatError(
            f"{self.file}, line {self.number}: found {actual[:120]}; expected {expected}. {_TAKE_AGAIN}"
        )

    def numbers(self, count: int, expected: str) -> np.ndarray:
        """Return the fields after the first as that many finite numbers."""
        values = finite_numbers(self.fields[1 : count + 1])
        if values is None or len(values) != count:
            self.refuse(repr(" ".join(self.fields)), expected)
        return values

    def axes(self, location: int) -> str:
        """Return the order of rotations in a field, with the one that turns first as the rightmost matrix."""
        order = self.fields[location].upper() if location < len(self.fields) else ""
        if sorted(order) != ["X", "Y", "Z"]:
            self.refuse(repr(" ".join(self.fields)), "an order of the axes such as XYZ")
        return order[::-1]

    def channels(self, known: set[str]) -> tuple[str, ...]:
        actual = tuple(field.lower() for field in self.fields[1:])
        if not set(actual) <= known or len(set(actual)) != len(actual):
            self.refuse(repr(" ".join(self.fields)), f"channels of {' '.join(sorted(known))}, without duplicates")
        return actual


def parse_asf(content: bytes, file: Path) -> AcclaimSkeleton:
    """Read an Acclaim skeleton.

    Args:
        content: of the .asf file.
        file: named in messages.

    Returns:
        The bones in the order of the hierarchy; lengths are 1/length inches in a unit, as is usual.

    Raises:
        SkeletonFormatError: not such a file, or its hierarchy is no tree of its bones; the message names the line.
    """
    sections = _sections(content, file)
    for needed in (":root", ":bonedata", ":hierarchy"):
        if needed not in sections:
            raise SkeletonFormatError(
                f"{file}: found {', '.join(sections)[:100] or 'no sections'}; expected an Acclaim skeleton with the "
                f"section {needed}. {_TAKE_AGAIN}"
            )
    metres, degrees = _units(sections.get(":units", []))
    blocks = {"root": _root(sections[":root"], metres, degrees)}
    for bone in _bones(sections[":bonedata"], metres, degrees, file):
        blocks[bone.name] = bone
    parents = _parents(sections[":hierarchy"], blocks)
    return AcclaimSkeleton(_in_order(blocks, parents, file), metres, degrees)


def _sections(content: bytes, file: Path) -> dict[str, list[_Line]]:
    """Return lines of each section; comments may hold any bytes, so the text is taken as Latin 1."""
    sections: dict[str, list[_Line]] = {}
    current: list[_Line] = []
    for number, text in enumerate(content.decode("latin-1").splitlines(), 1):
        fields = text.split("#", 1)[0].split()
        if fields and fields[0].startswith(":"):
            current = sections.setdefault(fields[0].lower(), [])
        elif fields:
            current.append(_Line(number, fields, file))
    return sections


def _units(lines: list[_Line]) -> tuple[float, bool]:
    metres, degrees = _INCH, True
    for line in lines:
        if line.fields[0] == "length":
            length = float(line.numbers(1, "a length above 0")[0])
            if not 1e-6 < length < 1e6:
                line.refuse(f"length {length:g}", "a length above 0")
            metres = 1 / length * _INCH
        elif line.fields[0] == "angle":
            if line.fields[1:] not in (["deg"], ["rad"]):
                line.refuse(repr(" ".join(line.fields)), "angle deg or angle rad")
            degrees = line.fields[1] == "deg"
    return metres, degrees


def _root(lines: list[_Line], metres: float, degrees: bool) -> AcclaimBone:
    channels: tuple[str, ...] = ("tx", "ty", "tz", "rx", "ry", "rz")
    order = "ZYX"
    position = orientation = np.zeros(3)
    for line in lines:
        if line.fields[0] == "order":
            channels = line.channels(_ROOT_CHANNELS)
        elif line.fields[0] == "axis":
            order = line.axes(1)
        elif line.fields[0] == "position":
            position = line.numbers(3, "position x y z") * metres
        elif line.fields[0] == "orientation":
            orientation = line.numbers(3, "orientation x y z")
    return AcclaimBone("root", -1, position, _axis(orientation, order, degrees), order, channels)


def _axis(angles: np.ndarray, order: str, degrees: bool) -> np.ndarray:
    radians = np.radians(angles) if degrees else angles
    return euler_rotations(order, radians[["XYZ".index(axis) for axis in order]])


def _bones(lines: list[_Line], metres: float, degrees: bool, file: Path) -> Iterator[AcclaimBone]:
    names = {"root"}
    block: dict[str, _Line] | None = None
    for line in lines:
        word = line.fields[0].lower()
        if word == "begin":
            if block is not None:
                line.refuse("begin inside a bone", "the end of the bone before")
            block = {}
        elif block is None:
            line.refuse(repr(" ".join(line.fields)), "begin, of a bone")
        elif word == "end":
            bone = _bone(block, line, metres, degrees)
            if bone.name in names or len(names) > _MOST_BONES:
                line.refuse(f"the bone {bone.name} again", f"at most {_MOST_BONES} bones, each name once")
            names.add(bone.name)
            yield bone
            block = None
        elif word in ("name", "direction", "length", "axis", "dof"):
            block[word] = line
    if block is not None:
        raise SkeletonFormatError(f"{file}: found no end of the last bone; expected a whole file. {_TAKE_AGAIN}")


def _bone(block: dict[str, _Line], end: _Line, metres: float, degrees: bool) -> AcclaimBone:
    missing = [word for word in ("name", "direction", "length", "axis") if word not in block]
    if missing:
        end.refuse(f"a bone without {', '.join(missing)}", "name, direction, length and axis of each bone")
    if len(block["name"].fields) != 2:
        block["name"].refuse(repr(" ".join(block["name"].fields)), "one name")
    length = block["length"].numbers(1, "a length")[0]
    offset = block["direction"].numbers(3, "direction x y z") * length * metres
    order = block["axis"].axes(4)
    axis = _axis(block["axis"].numbers(3, "axis x y z and their order"), order, degrees)
    channels = block["dof"].channels(set(_ROTATIONS)) if "dof" in block else ()
    return AcclaimBone(block["name"].fields[1], -1, offset, axis, order, channels)


def _parents(lines: list[_Line], blocks: dict[str, AcclaimBone]) -> dict[str, str]:
    """Return bone -> the bone it hangs on."""
    parents: dict[str, str] = {}
    for line in lines:
        if line.fields in (["begin"], ["end"]):
            continue
        unknown = [name for name in line.fields if name not in blocks]
        if unknown:
            line.refuse(f"the bone {unknown[0]}", "bones of the section :bonedata")
        for child in line.fields[1:]:
            if child in parents or child == "root":
                line.refuse(f"{child} below {line.fields[0]}", "each bone below one other, and the root below none")
            parents[child] = line.fields[0]
    return parents


def _in_order(blocks: dict[str, AcclaimBone], parents: dict[str, str], file: Path) -> tuple[AcclaimBone, ...]:
    """Return the root, then bones after their parents. Bones that do not hang on the root are refused."""
    children: dict[str, list[str]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    positions, waiting = {"root": 0}, ["root"]
    ordered = [blocks["root"]]
    while waiting:
        parent = waiting.pop()
        for child in children.get(parent, []):
            bone = blocks[child]
            positions[child] = len(ordered)
            ordered.append(AcclaimBone(bone.name, positions[parent], bone.offset, bone.axis, bone.order, bone.channels))
        waiting += reversed(children.get(parent, []))
    if len(ordered) != len(blocks):
        lost = [name for name in blocks if name not in positions]
        raise SkeletonFormatError(
            f"{file}: found {', '.join(lost)[:200]} in no line that leads to the root; expected a hierarchy "
            f"that is one tree of all bones. {_TAKE_AGAIN}"
        )
    return tuple(ordered)

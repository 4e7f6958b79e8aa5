"""Acclaim skeletons (.asf).

A skeleton has sections that start with a colon: `:units` (length, angle), `:root` (order of channels, axis, position,
orientation), `:bonedata` (blocks `begin … end` with name, direction, length, axis, dof) and `:hierarchy` (a line a
parent).
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import numpy as np

from zeroskel.skeleton.formats._motion_capture import MovingJoint, MovingSkeleton, euler_rotations
from zeroskel.skeleton.formats._parsing import finite_numbers, refuse, refuse_line

_INCH = 0.0254
_MOST_BONES = 512
_ROTATIONS = ("rx", "ry", "rz")
_ROOT_CHANNELS = ("tx", "ty", "tz", *_ROTATIONS)
_TAKE_AGAIN = "Take the skeleton from the release again"


class _Line:
    """A line of fields that says where it stands when something in it is wrong."""

    def __init__(self, number: int, fields: list[str], file: Path) -> None:
        self.number, self.fields, self.file = number, fields, file

    def refuse(self, expected: str, actual: str | None = None) -> NoReturn:
        """Raise SkeletonFormatError; `actual` is the line if it is not given."""
        refuse_line(self.file, self.number, (actual or repr(" ".join(self.fields)))[:120], expected, _TAKE_AGAIN)

    def numbers(self, count: int, expected: str) -> np.ndarray:
        """Return the fields after the first as that many finite numbers."""
        values = finite_numbers(self.fields[1 : count + 1])
        if values is None or len(values) != count:
            self.refuse(expected)
        return np.array(values)

    def axes(self, location: int) -> str:
        """Return the order of rotations in a field, with the one that turns first as the rightmost matrix."""
        order = self.fields[location].upper() if location < len(self.fields) else ""
        if sorted(order) != ["X", "Y", "Z"]:
            self.refuse("an order of the axes such as XYZ")
        return order[::-1]

    def channels(self, known: tuple[str, ...]) -> tuple[str, ...]:
        actual = tuple(field.lower() for field in self.fields[1:])
        if not set(actual) <= set(known) or len(set(actual)) != len(actual):
            self.refuse(f"channels of {' '.join(known)}, without duplicates")
        return actual


def parse_asf(content: bytes, file: Path) -> MovingSkeleton:
    """Read an Acclaim skeleton.

    Args:
        content: of the .asf file.
        file: named in messages.

    Returns:
        The bones in the order of the hierarchy, the root first; a bone stands for the joint at its end. Lengths are
        1/length inches in a unit, as is usual.

    Raises:
        SkeletonFormatError: not such a file, or its hierarchy is no tree of its bones; the message names the line.
    """
    sections = _sections(content, file)
    for needed in (":root", ":bonedata", ":hierarchy"):
        if needed not in sections:
            actual = ", ".join(sections)[:100] or "no sections"
            refuse(file, "", actual, f"an Acclaim skeleton with the section {needed}", _TAKE_AGAIN)
    metres, degrees = _units(sections.get(":units", []))
    root = _root(sections[":root"], metres, degrees)
    bones = {bone.name: bone for bone in (root, *_bones(sections[":bonedata"], metres, degrees, file))}
    ordered = _in_order(bones, _parents(sections[":hierarchy"], bones), file)
    return MovingSkeleton(ordered, metres, degrees, turns_offsets=True)


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
                line.refuse("a length above 0")
            metres = 1 / length * _INCH
        elif line.fields[0] == "angle":
            if line.fields[1:] not in (["deg"], ["rad"]):
                line.refuse("angle deg or angle rad")
            degrees = line.fields[1] == "deg"
    return metres, degrees


def _root(lines: list[_Line], metres: float, degrees: bool) -> MovingJoint:
    channels: tuple[str, ...] = _ROOT_CHANNELS
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
    return MovingJoint("root", -1, position, channels, order, _axis(orientation, order, degrees))


def _axis(angles: np.ndarray, order: str, degrees: bool) -> np.ndarray:
    radians = np.radians(angles) if degrees else angles
    return euler_rotations(order, radians[["XYZ".index(axis) for axis in order]])


def _bones(lines: list[_Line], metres: float, degrees: bool, file: Path) -> Iterator[MovingJoint]:
    names = {"root"}
    block: dict[str, _Line] | None = None
    for line in lines:
        word = line.fields[0].lower()
        if word == "begin":
            if block is not None:
                line.refuse("the end of the bone before", "begin inside a bone")
            block = {}
        elif block is None:
            line.refuse("begin, of a bone")
        elif word == "end":
            bone = _bone(block, line, metres, degrees)
            if bone.name in names or len(names) > _MOST_BONES:
                line.refuse(f"at most {_MOST_BONES} bones, each name once", f"the bone {bone.name} again")
            names.add(bone.name)
            yield bone
            block = None
        elif word in ("name", "direction", "length", "axis", "dof"):
            block[word] = line
    if block is not None:
        refuse(file, "", "no end of the last bone", "a whole file", _TAKE_AGAIN)


def _bone(block: dict[str, _Line], end: _Line, metres: float, degrees: bool) -> MovingJoint:
    missing = [word for word in ("name", "direction", "length", "axis") if word not in block]
    if missing:
        end.refuse("name, direction, length and axis of each bone", f"a bone without {', '.join(missing)}")
    if len(block["name"].fields) != 2:
        block["name"].refuse("one name")
    length = block["length"].numbers(1, "a length")[0]
    offset = block["direction"].numbers(3, "direction x y z") * length * metres
    order = block["axis"].axes(4)
    axis = _axis(block["axis"].numbers(3, "axis x y z and their order"), order, degrees)
    channels = block["dof"].channels(_ROTATIONS) if "dof" in block else ()
    return MovingJoint(block["name"].fields[1], -1, offset, channels, order, axis)


def _parents(lines: list[_Line], bones: dict[str, MovingJoint]) -> dict[str, str]:
    """Return bone -> the bone it hangs on."""
    parents: dict[str, str] = {}
    for line in lines:
        if line.fields in (["begin"], ["end"]):
            continue
        for name in line.fields:
            if name not in bones:
                line.refuse("bones of the section :bonedata", f"the bone {name}")
        for child in line.fields[1:]:
            if child in parents or child == "root":
                line.refuse("each bone below one other, and the root below none", f"{child} below {line.fields[0]}")
            parents[child] = line.fields[0]
    return parents


def _in_order(bones: dict[str, MovingJoint], parents: dict[str, str], file: Path) -> tuple[MovingJoint, ...]:
    """Return the root, then bones after their parents. Bones that do not hang on the root are refused."""
    positions = {"root": 0}
    ordered = [bones["root"]]
    for parent in ordered:  # grows below: the children of a bone follow all bones before them
        for child in (name for name, above in parents.items() if above == parent.name):
            positions[child] = len(ordered)
            ordered.append(replace(bones[child], parent=positions[parent.name]))
    if len(ordered) != len(bones):
        lost = ", ".join(name for name in bones if name not in positions)[:200]
        expected = "a hierarchy that is one tree of all bones"
        refuse(file, "", f"{lost} in no line that leads to the root", expected, _TAKE_AGAIN)
    return tuple(ordered)

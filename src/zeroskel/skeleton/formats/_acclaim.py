"""Acclaim motion capture: skeletons (.asf), and angles of their bones in each frame (.amc), usually 120 a second.

A skeleton has sections that start with a colon: `:units` (length, angle), `:root` (order of channels, axis, position,
orientation), `:bonedata` (blocks `begin … end` with name, direction, length, axis, dof) and `:hierarchy` (a line a
parent). A motion has header lines that start with `#` or `:`; then, a frame, a line with its number and a line a bone:
its name and its numbers in the order of the skeleton's channels. A joint is the end of its bone, and the root the first
joint.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import numpy as np

from zeroskel.core.errors import InputError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._motion_capture import MovingJoint, MovingSkeleton, euler_rotations
from zeroskel.skeleton.formats._parsing import (
    LayoutChoice,
    file_content,
    finite_numbers,
    named_sequence,
    refuse,
    refuse_line,
)

_FPS = 120.0
_INCH = 0.0254
_MOST_BONES = 512
_ROTATIONS = ("rx", "ry", "rz")
_ROOT_CHANNELS = ("tx", "ty", "tz", *_ROTATIONS)
_TAKE_AGAIN = "Take the skeleton from the release again"


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so has the header line that every .amc file has."""
    return any(line.strip().upper() == b":FULLY-SPECIFIED" for line in head.split(b"\n"))


def parse(
    content: bytes,
    file: Path,
    skeleton: MovingSkeleton | None = None,
    *,
    layout: LayoutChoice = None,
    fps: float | None = None,
) -> SkeletonSequence:
    """Parse an Acclaim .amc motion.

    Args:
        content: The bytes of the file.
        file: Its path, for messages and to find the skeleton.
        skeleton: The skeleton; None takes the .asf in the same folder whose name the motion's starts with (HDM_bd.asf
            for HDM_bd_squat_001_120.amc), or the only one there.
        layout: The layout of the result; None selects the one that has exactly these bones.
        fps: Frames per second; None is 120: the file does not have a rate.

    Returns:
        A sequence with joints (1, T, V, 3) in metres, y up.

    Raises:
        SkeletonFormatError: One of the files is broken, or they do not fit each other; the message names the line.
        InputError: No skeleton, or more than one, lies beside the file.
    """
    if skeleton is None:
        skeleton = parse_asf(*file_content(_skeleton_beside(file)))
    numbers, degrees = _motion(content, skeleton, file)
    posed = replace(skeleton, degrees=degrees).pose(numbers, file, lambda frame: f"frame {frame + 1}")
    return named_sequence(posed, [bone.name for bone in skeleton.joints], layout, _FPS if fps is None else fps, file)


def _skeleton_beside(file: Path) -> Path:
    skeletons = sorted(path for path in file.parent.iterdir() if path.suffix.lower() == ".asf")
    named = [path for path in skeletons if file.stem.lower().startswith(path.stem.lower())]
    fitting = [max(named, key=lambda path: len(path.stem))] if named else skeletons
    if len(fitting) != 1:
        raise InputError(
            f"{file}: found {len(fitting)} .asf skeletons beside it; expected one, or one whose name it starts with. "
            "Put the skeleton beside the motion, and no other one of a matching name"
        )
    return fitting[0]


def _motion(content: bytes, skeleton: MovingSkeleton, file: Path) -> tuple[np.ndarray, bool]:
    """Return (T, channels of all bones) numbers in the order of the skeleton, and whether angles are degrees."""
    degrees = skeleton.degrees
    bones = {bone.name: bone for bone in skeleton.joints if bone.channels}
    frames: list[dict[str, list[float]]] = []
    lines = content.decode("latin-1").split("\n")  # a comment may hold any bytes
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if not fields or (not frames and fields[0][0] in "#:"):
            if fields and not fields[1:] and fields[0].upper() in (":DEGREES", ":RADIANS"):
                degrees = fields[0].upper() == ":DEGREES"
            continue
        if len(fields) == 1 and fields[0].isascii() and fields[0].isdigit():
            _refuse_gaps(frames, bones, number, file)
            if fields[0].lstrip("0") != str(len(frames) + 1):
                refuse_line(file, number, fields[0][:20], f"the number {len(frames) + 1} of the next frame")
            frames.append({})
            continue
        if not frames:
            refuse_line(file, number, repr(line.strip()[:60]), "the number 1 of the first frame")
        bone = bones.get(fields[0])
        if bone is None or bone.name in frames[-1]:
            refuse_line(file, number, repr(fields[0][:60]), "a bone of the skeleton that moves, once a frame")
        values = finite_numbers(fields[1:])
        if values is None or len(values) != len(bone.channels):
            refuse_line(file, number, repr(line.strip()[:100]), f"{len(bone.channels)} numbers of {bone.name}")
        frames[-1][bone.name] = values
    if not frames:
        refuse(file, "", "no frame", "one or more")
    _refuse_gaps(frames, bones, len(lines) + 1, file)
    return np.array([[value for name in bones for value in frame[name]] for frame in frames]), degrees


def _refuse_gaps(frames: list[dict[str, list[float]]], bones: dict[str, MovingJoint], number: int, file: Path) -> None:
    if frames and len(frames[-1]) < len(bones):
        missing = [name for name in bones if name not in frames[-1]]
        refuse_line(file, number, f"the end of frame {len(frames)}", f"{', '.join(missing)[:100]} in it")


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

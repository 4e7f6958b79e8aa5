"""Acclaim motion (.amc): angles of the bones of a skeleton (.asf) in each frame, usually 120 a second.

A motion has header lines that start with `#` or `:`; then, a frame, a line with its number and a line a bone: its name
and its numbers in the order of the skeleton's channels. A joint is the end of its bone, and the root the first joint.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from zeroskel.core._layout import get_layout
from zeroskel.core.errors import InputError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._acclaim_skeleton import parse_asf
from zeroskel.skeleton.formats._motion_capture import MovingJoint, MovingSkeleton
from zeroskel.skeleton.formats._parsing import (
    LayoutChoice,
    file_content,
    finite_numbers,
    named_sequence,
    refuse,
    refuse_line,
)
from zeroskel.skeleton.inference._points import FilePoints

_FPS = 120.0
_LAYOUT = "hdm05-31"


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
) -> SkeletonSequence | FilePoints:
    """Parse an Acclaim .amc motion.

    Args:
        content: The bytes of the file.
        file: Its path, for messages and to find the skeleton.
        skeleton: The skeleton; None takes the .asf in the same folder whose name the motion's starts with (HDM_bd.asf
            for HDM_bd_squat_001_120.amc), or the only one there.
        layout: The layout of the result; hdm05-31 takes the bones of these names, however few.
        fps: Frames per second; None is 120: the file does not have a rate.

    Returns:
        A sequence with joints (1, T, V, 3) in metres, y up, or the same as points where the layout is another one.

    Raises:
        SkeletonFormatError: One of the files is broken, or they do not fit each other; the message names the line.
        InputError: No skeleton, or more than one, lies beside the file.
    """
    if skeleton is None:
        skeleton = parse_asf(*file_content(_skeleton_beside(file)))
    numbers, degrees = _motion(content, skeleton, file)
    posed = replace(skeleton, degrees=degrees).pose(numbers, file, lambda frame: f"frame {frame + 1}")
    names = [bone.name for bone in skeleton.joints]
    if layout is not None and get_layout(layout).name == _LAYOUT:
        return named_sequence(posed, names, layout, _FPS if fps is None else fps, file)
    return FilePoints(posed, "Acclaim motion", tuple(names), _LAYOUT, fps=_FPS, up="y", unit="m")


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

"""Acclaim motion capture (.amc): angles of the bones of a skeleton (.asf) in each frame, usually 120 a second.

Header lines start with `#` or `:`; then, a frame, a line with its number and a line a bone: its name and its numbers in
the order of the skeleton's channels. A joint is the end of its bone, and the root the first joint.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np

from zeroskel.core._layout import Layout
from zeroskel.core.errors import InputError, SkeletonFormatError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._acclaim_skeleton import AcclaimBone, AcclaimSkeleton, parse_asf
from zeroskel.skeleton.formats._parsing import (
    COPY_AGAIN,
    LARGEST,
    arrange_joints,
    euler_rotations,
    file_content,
    finite_numbers,
    posed_joints,
    refuse_line,
)

_FPS = 120.0


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so has the header line that every .amc file has."""
    return any(line.strip().upper() == b":FULLY-SPECIFIED" for line in head.split(b"\n"))


def parse(
    content: bytes,
    file: Path,
    skeleton: AcclaimSkeleton | None = None,
    *,
    layout: str | Layout | None = None,
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

    def refuse_frame(frame: int) -> NoReturn:
        raise SkeletonFormatError(
            f"{file}: joints of frame {frame + 1} lie beyond measure; expected metres. {COPY_AGAIN}"
        )

    shape = (len(numbers), len(skeleton.bones))
    joints = posed_joints(shape, lambda block: _positions(skeleton, numbers[block], degrees), file, refuse_frame)
    arranged, matched_layout = arrange_joints(joints, [bone.name for bone in skeleton.bones], layout, file=file)
    return SkeletonSequence(arranged, matched_layout, _FPS if fps is None else fps)


def _skeleton_beside(file: Path) -> Path:
    skeletons = sorted(path for path in file.parent.iterdir() if path.suffix.lower() == ".asf")
    named = [path for path in skeletons if file.stem.lower().startswith(path.stem.lower())]
    if len(named) > 1:
        named = [max(named, key=lambda path: len(path.stem))]
    fitting = named or skeletons
    if len(fitting) != 1:
        raise InputError(
            f"{file}: found {len(fitting)} .asf skeletons beside it; expected one, or one whose name it starts with. "
            "Put the skeleton beside the motion, and no other one of a matching name"
        )
    return fitting[0]


def _motion(content: bytes, skeleton: AcclaimSkeleton, file: Path) -> tuple[np.ndarray, bool]:
    """Return (T, channels of all bones) numbers in the order of the skeleton, and whether angles are degrees."""
    lines = content.decode("latin-1").split("\n")  # a comment may hold any bytes
    degrees, first = skeleton.degrees, 0
    for first, line in enumerate(lines):  # noqa: B007 - the first line of the motion is used below
        word = line.strip()
        if word.upper() in (":DEGREES", ":RADIANS"):
            degrees = word.upper() == ":DEGREES"
        if word and word[0] not in "#:":
            break
    moving = [bone for bone in skeleton.bones if bone.channels]
    numbers = _alike_frames(lines[first:], moving)
    return (_frame_by_frame(lines, first, moving, file) if numbers is None else numbers), degrees


def _alike_frames(lines: list[str], moving: Sequence[AcclaimBone]) -> np.ndarray | None:
    """Return the numbers where every frame lists the same bones in the same order; None where that is not so."""
    tokens = " ".join(lines).split()
    names = [line.split()[0] for line in lines[1 : len(moving) + 1] if line.strip()]
    bones = {bone.name: bone for bone in moving}
    if set(names) != set(bones) or len(names) != len(bones):
        return None
    width = 1 + sum(1 + len(bone.channels) for bone in moving)
    if not tokens or len(tokens) % width:
        return None
    table = np.array(tokens).reshape(-1, width)
    columns, at = {}, 1
    for name in names:
        if not (table[:, at] == name).all():
            return None
        columns[name] = range(at + 1, at + 1 + len(bones[name].channels))
        at += 1 + len(bones[name].channels)
    frames = len(table)
    if not (table[:, 0] == np.arange(1, frames + 1).astype(str)).all():
        return None
    chosen = table[:, [column for bone in moving for column in columns[bone.name]]]
    try:
        numbers = chosen.astype(np.float64)
    except ValueError:
        return None
    return numbers if (np.abs(numbers) <= LARGEST).all() and not (np.char.find(chosen, "_") >= 0).any() else None


def _frame_by_frame(lines: list[str], first: int, moving: Sequence[AcclaimBone], file: Path) -> np.ndarray:
    """Return the numbers of bones in any order, read line by line; the first wrong line is refused."""
    bones = {bone.name: bone for bone in moving}
    frames: list[dict[str, np.ndarray]] = []
    for at in range(first, len(lines)):
        fields = lines[at].split()
        if not fields:
            continue
        if len(fields) == 1 and fields[0].isascii() and fields[0].isdigit():
            _refuse_gaps(frames, bones, at, file)
            if fields[0].lstrip("0") != str(len(frames) + 1):
                refuse_line(file, at + 1, fields[0][:20], f"the number {len(frames) + 1} of the next frame")
            frames.append({})
            continue
        if not frames:
            refuse_line(file, at + 1, repr(lines[at].strip()[:60]), "the number 1 of the first frame")
        bone = bones.get(fields[0])
        if bone is None or bone.name in frames[-1]:
            refuse_line(file, at + 1, repr(fields[0][:60]), "a bone of the skeleton that moves, once a frame")
        values = finite_numbers(fields[1:])
        if values is None or len(values) != len(bone.channels):
            refuse_line(file, at + 1, repr(lines[at].strip()[:100]), f"{len(bone.channels)} numbers of {bone.name}")
        frames[-1][bone.name] = values
    if not frames:
        raise SkeletonFormatError(f"{file}: found no frame; expected one or more. {COPY_AGAIN}")
    _refuse_gaps(frames, bones, len(lines), file)
    return np.array([[value for bone in moving for value in frame[bone.name]] for frame in frames])


def _refuse_gaps(frames: list[dict[str, np.ndarray]], bones: dict[str, AcclaimBone], at: int, file: Path) -> None:
    if frames and len(frames[-1]) < len(bones):
        missing = [name for name in bones if name not in frames[-1]]
        refuse_line(file, at + 1, f"the end of frame {len(frames)}", f"{', '.join(missing)[:100]} in it")


def _positions(skeleton: AcclaimSkeleton, numbers: np.ndarray, degrees: bool) -> np.ndarray:
    """Return (T, V, 3) metres of the bones' ends: the parent's end plus the offset, turned by all rotations above."""
    positions = np.empty((len(numbers), len(skeleton.bones), 3))
    rotations: list[np.ndarray] = []
    at = 0
    for index, bone in enumerate(skeleton.bones):
        values = numbers[:, at : at + len(bone.channels)]
        at += len(bone.channels)
        rotation = _turned(bone, values, degrees)
        if bone.parent < 0:
            moved = np.zeros((len(numbers), 3))
            for position, channel in enumerate(bone.channels):
                if channel[0] == "t":
                    moved[:, "xyz".index(channel[1])] = values[:, position] * skeleton.metres
            positions[:, index] = bone.offset + moved
        else:
            rotation = rotations[bone.parent] @ rotation
            positions[:, index] = positions[:, bone.parent] + (rotation @ bone.offset[:, None])[..., 0]
        rotations.append(rotation)
    return positions


def _turned(bone: AcclaimBone, values: np.ndarray, degrees: bool) -> np.ndarray:
    """Return (T, 3, 3) or (3, 3) rotation of a bone against its parent: its angles turn in the frame of its axis."""
    turning = {channel[1].upper(): position for position, channel in enumerate(bone.channels) if channel[0] == "r"}
    if not turning:
        return np.eye(3)
    order = "".join(axis for axis in bone.order if axis in turning)
    angles = values[:, [turning[axis] for axis in order]]
    return bone.axis @ euler_rotations(order, np.radians(angles) if degrees else angles) @ bone.axis.T

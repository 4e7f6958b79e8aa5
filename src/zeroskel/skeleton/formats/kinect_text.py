"""Text files of numbers from four small Kinect v1 data sets: metres, y up, 30 frames a second.

MSR-Action3D, KARD and Florence 3D have a line a joint and no mark between frames, UTKinect has a line a frame:

- MSR-Action3D `aAA_sSS_eEE_skeleton3D.txt`: 20 lines a frame, `x y z confidence`, metres.
- UTKinect `joints_sSS_eEE.txt`: the frame number and 20 times `x y z`, metres.
- KARD `aAA_sSS_eEE_realworld.txt`: 15 lines a frame, `x y z`, millimetres, x to the sensor's right (OpenNI).
- Florence 3D Actions `aNN_sN_idN.txt`: 15 lines a frame, `x y z`, millimetres.

All become the frame of the Kinect SDK, in which x grows to the sensor's left: the left side of a person who faces the
sensor has the smaller x. The last two look alike, so the name of the data set has to tell which is meant.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zeroskel.core.errors import SkeletonFormatError
from zeroskel.core.layout import Layout
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._text_numbers import COPY_AGAIN, number_table, refuse_line
from zeroskel.skeleton.formats.named_joints import LARGEST, arrange_joints, file_content, text_of

_FPS = 30.0
_MOST_FRAME_NUMBER = 2**31


@dataclass(frozen=True)
class _Spec:
    """How the numbers of a file stand for joints.

    Attributes:
        line: what a line holds, for messages.
        numbers: how many numbers that is.
        first: index of the first coordinate among them.
        lines: lines a frame.
        layout: of the joints.
        joints: names in the order of the file.
        metres: one unit of x, y and z; negative where the axis points the other way.
    """

    line: str
    numbers: int
    first: int
    lines: int
    layout: str
    joints: str
    metres: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def looks_like(self, head: bytes) -> bool:
        """Whether the whole lines in the head of a file, a frame of them at most, hold the right count of numbers."""
        lines = head.decode("utf-8-sig", errors="replace").split("\n")[:-1][: self.lines]
        return bool(lines) and all(len(line.split()) == self.numbers and _are_numbers(line) for line in lines)


_MSR_ACTION3D = _Spec(
    line="x y z confidence",
    numbers=4,
    first=0,
    lines=20,
    layout="kinect-20",
    joints="shoulder_left shoulder_right shoulder_center spine hip_left hip_right hip_center elbow_left elbow_right "
    "wrist_left wrist_right hand_left hand_right knee_left knee_right ankle_left ankle_right foot_left foot_right head",
)
_UTKINECT = _Spec(
    line="the frame number and x y z of 20 joints",
    numbers=61,
    first=1,
    lines=1,
    layout="kinect-20",
    joints="hip_center spine shoulder_center head shoulder_left elbow_left wrist_left hand_left shoulder_right "
    "elbow_right wrist_right hand_right hip_left knee_left ankle_left foot_left hip_right knee_right ankle_right "
    "foot_right",
)
_KARD = _Spec(
    line="x y z",
    numbers=3,
    first=0,
    lines=15,
    layout="kinect-15",
    joints="head neck shoulder_right elbow_right hand_right shoulder_left elbow_left hand_left spine "
    "hip_right knee_right foot_right hip_left knee_left foot_left",
    metres=(-0.001, 0.001, 0.001),
)
_FLORENCE3D = _Spec(
    line="x y z",
    numbers=3,
    first=0,
    lines=15,
    layout="kinect-15",
    joints="head neck spine shoulder_left elbow_left hand_left shoulder_right elbow_right hand_right "
    "hip_left knee_left foot_left hip_right knee_right foot_right",
    metres=(0.001, 0.001, 0.001),
)


def looks_like_msr_action3d(head: bytes) -> bool:
    """Whether a file that starts so has four numbers a line."""
    return _MSR_ACTION3D.looks_like(head)


def looks_like_utkinect(head: bytes) -> bool:
    """Whether a file that starts so has 61 numbers a line."""
    return _UTKINECT.looks_like(head)


def read_msr_action3d(
    path: str | os.PathLike[str], *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """Read a skeleton file of MSR-Action3D in world coordinates (`skeleton3D`).

    Args:
        path: the file.
        layout: the layout wanted; None keeps kinect-20.
        fps: frames a second; None is 30.

    Returns:
        A sequence with joints (1, T, 20, 3) in metres; NaN where all three coordinates are 0. The confidence is not
        used: the sensor gives guessed joints a place too.

    Raises:
        SkeletonFormatError: the file is cut short or altered; the message names the line.
    """
    return parse_msr_action3d(*file_content(path), layout=layout, fps=fps)


def parse_msr_action3d(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """As read_msr_action3d, from the content of a file; `file` is named in messages."""
    return _sequence(_numbers(content, file, _MSR_ACTION3D)[0], file, _MSR_ACTION3D, layout, fps)


def read_utkinect(
    path: str | os.PathLike[str], *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """Read a `joints` file of UTKinect-Action3D; arguments, result and errors as of read_msr_action3d.

    The sensor skipped frames; the sequence has those of the file one after the other. Where a frame number comes
    twice, the first of the two lines is kept.
    """
    return parse_utkinect(*file_content(path), layout=layout, fps=fps)


def parse_utkinect(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """As read_utkinect, from the content of a file; `file` is named in messages."""
    return parse_utkinect_frames(content, file, layout=layout, fps=fps)[1]


def parse_utkinect_frames(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> tuple[np.ndarray, SkeletonSequence]:
    """As parse_utkinect, with the frame numbers (T,) int64 by which actions are cut: each once, in the file's order."""
    numbers, line_numbers = _numbers(content, file, _UTKINECT)
    frames = numbers[:, 0]
    wrong = (frames < 0) | (frames > _MOST_FRAME_NUMBER) | (frames != np.floor(frames))
    if wrong.any():
        row = int(np.argmax(wrong))
        refuse_line(file, line_numbers[row], f"frame number {frames[row]:g}", "a whole number from 0")
    kept = np.sort(np.unique(frames, return_index=True)[1])
    return frames[kept].astype(np.int64), _sequence(numbers[kept], file, _UTKINECT, layout, fps)


def read_kard(
    path: str | os.PathLike[str], *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """Read a `realworld` file of KARD; arguments, result and errors as of read_msr_action3d, with layout kinect-15."""
    return parse_kard(*file_content(path), layout=layout, fps=fps)


def parse_kard(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """As read_kard, from the content of a file; `file` is named in messages."""
    return _sequence(_numbers(content, file, _KARD)[0], file, _KARD, layout, fps)


def read_florence3d(
    path: str | os.PathLike[str], *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """Read a Florence 3D Actions file; arguments, result and errors as of read_msr_action3d, with layout kinect-15."""
    return parse_florence3d(*file_content(path), layout=layout, fps=fps)


def parse_florence3d(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """As read_florence3d, from the content of a file; `file` is named in messages."""
    return _sequence(_numbers(content, file, _FLORENCE3D)[0], file, _FLORENCE3D, layout, fps)


def _numbers(content: bytes, file: Path, spec: _Spec) -> tuple[np.ndarray, list[int]]:
    """Return (lines, numbers a line) float64 of whole frames, without blank lines, and the number of each line."""
    numbered = [(number, line) for number, line in enumerate(text_of(content, file).split("\n"), 1) if line.strip()]
    if not numbered:
        raise SkeletonFormatError(f"{file}: found no line; expected {spec.line} in each line. {COPY_AGAIN}")
    line_numbers = [number for number, _ in numbered]
    expected = f"{spec.numbers} finite numbers: {spec.line}"
    lines = [line for _, line in numbered]
    numbers = number_table(lines, spec.numbers, expected, file, line_number=line_numbers.__getitem__)
    if len(numbers) % spec.lines:
        refuse_line(
            file,
            line_numbers[-1] + 1,
            f"the end of the file after {len(numbers) % spec.lines} lines of frame {len(numbers) // spec.lines + 1}",
            f"{spec.lines} lines a frame",
        )
    return numbers, line_numbers


def _sequence(
    numbers: np.ndarray, file: Path, spec: _Spec, layout: str | Layout | None, fps: float | None
) -> SkeletonSequence:
    names = spec.joints.split()
    read = numbers[:, spec.first : spec.first + 3 * (len(names) // spec.lines)].reshape(-1, len(names), 3)
    unseen = (read == 0).all(axis=-1, keepdims=True)
    if unseen.all():
        raise SkeletonFormatError(
            f"{file}: found zeros only in {len(read)} frames; expected a tracked body. Leave the recording out"
        )
    joints = np.where(unseen, np.nan, read * spec.metres).astype(np.float32)
    arranged, found = arrange_joints(joints, names, layout or spec.layout, file=file)
    return SkeletonSequence(arranged, found, _FPS if fps is None else fps)


def _are_numbers(line: str) -> bool:
    """Whether all fields are finite numbers that float32 can hold."""
    try:
        return bool((np.abs(np.loadtxt([line], comments=None, ndmin=1)) <= LARGEST).all())
    except ValueError:
        return False

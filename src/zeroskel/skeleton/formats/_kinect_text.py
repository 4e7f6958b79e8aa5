"""Text files of numbers from four small Kinect v1 datasets: metres, y up, 30 frames per second.

MSR-Action3D, KARD and Florence 3D have one line per joint and no mark between frames, UTKinect has one line per frame:

- MSR-Action3D `aAA_sSS_eEE_skeleton3D.txt`: 20 lines per frame, `x y z confidence`, metres.
- UTKinect `joints_sSS_eEE.txt`: the frame number and 20 times `x y z`, metres.
- KARD `aAA_sSS_eEE_realworld.txt`: 15 lines per frame, `x y z`, millimetres, x to the sensor's right (OpenNI).
- Florence 3D Actions `aNN_sN_idN.txt`: 15 lines per frame, `x y z`, millimetres.

All are converted to the axes of the Kinect SDK, in which x grows to the sensor's left: the left side of a person who
faces the sensor has the smaller x. The last two look alike, so only the recipes of the two datasets parse them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zeroskel.core._files import resource_table
from zeroskel.core._layout import Layout
from zeroskel.core.errors import SkeletonFormatError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._parsing import COPY_AGAIN, LARGEST, arrange_joints, number_table, refuse_line, text_of

_FPS = 30.0
_LARGEST_FRAME_NUMBER = 2**31


@dataclass(frozen=True)
class KinectText:
    """Text format of one dataset.

    Attributes:
        line: The content of a line, for messages.
        width: The count of numbers in a line.
        first: The index of the first coordinate in a line.
        lines: The count of lines per frame.
        layout: The joint layout.
        joints: The names of the joints in the order of the file.
        metres: One unit of x, y and z; negative where the axis points the other way.
    """

    line: str
    width: int
    first: int
    lines: int
    layout: str
    joints: str
    metres: Sequence[float] = (1.0, 1.0, 1.0)

    def looks_like(self, head: bytes) -> bool:
        """Return whether the whole lines in the head of a file, one frame at most, hold the right count of numbers."""
        lines = head.decode("utf-8-sig", errors="replace").split("\n")[:-1][: self.lines]
        return bool(lines) and all(len(line.split()) == self.width and _are_numbers(line) for line in lines)

    def parse(
        self, content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
    ) -> SkeletonSequence:
        """Parse a file of the format.

        The arguments are those of zeroskel.skeleton.formats.parse.

        Returns:
            A sequence with joints (1, T, V, 3) in metres; NaN where all three coordinates are 0. A confidence is not
            used: the sensor gives positions to guessed joints too.

        Raises:
            SkeletonFormatError: The file is truncated or altered; the message names the line.
        """
        numbers, _ = self.numbers(content, file)
        return self.sequence(numbers, file, layout, fps)

    def numbers(self, content: bytes, file: Path) -> tuple[np.ndarray, list[int]]:
        """Return (lines, width) float64 of whole frames, without blank lines, and the number of each line."""
        text = text_of(content, file)
        numbered = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if not numbered:
            raise SkeletonFormatError(f"{file}: found no line; expected {self.line} in each line. {COPY_AGAIN}")
        line_numbers = [number for number, _ in numbered]
        lines = [line for _, line in numbered]
        expected = f"{self.width} finite numbers: {self.line}"
        numbers = number_table(lines, self.width, expected, file, line_number=line_numbers.__getitem__)
        frames, rest = divmod(len(numbers), self.lines)
        if rest:
            end = f"the end of the file after {rest} lines of frame {frames + 1}"
            refuse_line(file, line_numbers[-1] + 1, end, f"{self.lines} lines a frame")
        return numbers, line_numbers

    def sequence(
        self, numbers: np.ndarray, file: Path, layout: str | Layout | None, fps: float | None
    ) -> SkeletonSequence:
        """Return the sequence of the numbers of whole frames (lines, width)."""
        names = self.joints.split()
        read = numbers[:, self.first : self.first + 3 * (len(names) // self.lines)].reshape(-1, len(names), 3)
        unseen = (read == 0).all(axis=-1, keepdims=True)
        if unseen.all():
            raise SkeletonFormatError(
                f"{file}: found zeros only in {len(read)} frames; expected a tracked body. Leave the recording out"
            )
        joints = np.where(unseen, np.nan, read * self.metres).astype(np.float32)
        arranged, matched_layout = arrange_joints(joints, names, layout or self.layout, file=file)
        return SkeletonSequence(arranged, matched_layout, _FPS if fps is None else fps)


_FORMATS = {name: KinectText(**table) for name, table in resource_table("kinect_text.toml").items()}
MSR_ACTION3D = _FORMATS["msr-action3d"]
UTKINECT = _FORMATS["utkinect"]
KARD = _FORMATS["kard"]
FLORENCE3D = _FORMATS["florence3d"]


def parse_utkinect(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """Parse a `joints` file of UTKinect-Action3D; see KinectText.parse.

    The sensor skipped frames; the sequence has the frames of the file one after the other.
    """
    return parse_utkinect_frames(content, file, layout=layout, fps=fps)[1]


def parse_utkinect_frames(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> tuple[np.ndarray, SkeletonSequence]:
    """Return the frame numbers (T,) int64 by which actions are cut, in the order of the file, and the sequence.

    Where a frame number occurs twice, the first of the two lines counts.
    """
    numbers, line_numbers = UTKINECT.numbers(content, file)
    frames = numbers[:, 0]
    wrong = (frames < 0) | (frames > _LARGEST_FRAME_NUMBER) | (frames != np.floor(frames))
    if wrong.any():
        row = int(np.argmax(wrong))
        refuse_line(file, line_numbers[row], f"frame number {frames[row]:g}", "a whole number from 0")
    rows = np.sort(np.unique(frames, return_index=True)[1])
    return frames[rows].astype(np.int64), UTKINECT.sequence(numbers[rows], file, layout, fps)


def _are_numbers(line: str) -> bool:
    """Return whether all fields are finite numbers that float32 can hold."""
    try:
        return bool((np.abs(np.loadtxt([line], comments=None, ndmin=1)) <= LARGEST).all())
    except ValueError:
        return False

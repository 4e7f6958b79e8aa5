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
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._parsing import (
    LayoutChoice,
    finite_numbers,
    named_sequence,
    number_table,
    refuse,
    refuse_line,
    text_of,
)

_FPS = 30.0
_LARGEST_FRAME_NUMBER = 2**31


@dataclass(frozen=True)
class KinectText:
    """Text format of one dataset.

    Attributes:
        line: The content of a line, for messages.
        width: The count of numbers in a line.
        first: The index of the first coordinate in a line; 1 after a frame number.
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
        numbers = [finite_numbers(line.split()) for line in lines]
        return bool(lines) and all(row is not None and len(row) == self.width for row in numbers)

    def parse(
        self, content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None
    ) -> SkeletonSequence:
        """Parse a file of the format; the arguments are those of zeroskel.skeleton.formats.parse.

        Returns:
            A sequence with joints (1, T, V, 3) in metres; NaN where all three coordinates are 0. A confidence is not
            used: the sensor gives positions to guessed joints too.

        Raises:
            SkeletonFormatError: The file is truncated or altered; the message names the line.
        """
        return self.parse_frames(content, file, layout=layout, fps=fps)[1]

    def parse_frames(
        self, content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None
    ) -> tuple[np.ndarray, SkeletonSequence]:
        """Return the frame numbers (T,) int64, in the order of the file, and the sequence.

        Only UTKinect has frame numbers, by which actions are cut. Its sensor skipped frames; the sequence has the
        frames of the file one after the other. Where a frame number occurs twice, the first of the two lines counts.
        """
        lines = {number: line for number, line in enumerate(text_of(content, file).split("\n"), 1) if line.strip()}
        if not lines:
            refuse(file, "", "no line", f"{self.line} in each line")
        line_numbers = list(lines)
        expected = f"{self.width} finite numbers: {self.line}"
        numbers = number_table(list(lines.values()), self.width, expected, file, line_number=line_numbers.__getitem__)
        count, rest = divmod(len(numbers), self.lines)
        if rest:
            end = f"the end of the file after {rest} lines of frame {count + 1}"
            refuse_line(file, line_numbers[-1] + 1, end, f"{self.lines} lines a frame")
        frames = np.arange(count)
        if self.first:
            frames = numbers[:, 0]
            wrong = (frames < 0) | (frames > _LARGEST_FRAME_NUMBER) | (frames != np.floor(frames))
            if wrong.any():
                row = int(np.argmax(wrong))
                refuse_line(file, line_numbers[row], f"frame number {frames[row]:g}", "a whole number from 0")
            rows = np.sort(np.unique(frames, return_index=True)[1])
            frames, numbers = frames[rows].astype(np.int64), numbers[rows]
        names = self.joints.split()
        read = numbers[:, self.first : self.first + 3 * (len(names) // self.lines)].reshape(-1, len(names), 3)
        unseen = (read == 0).all(axis=-1, keepdims=True)
        if unseen.all():
            refuse(file, "", f"zeros only in {len(read)} frames", "a tracked body", "Leave the recording out")
        joints = np.where(unseen, np.nan, read * self.metres).astype(np.float32)
        return frames, named_sequence(joints, names, layout or self.layout, _FPS if fps is None else fps, file)


_FORMATS = {name: KinectText(**table) for name, table in resource_table("kinect_text.toml").items()}
MSR_ACTION3D = _FORMATS["msr-action3d"]
UTKINECT = _FORMATS["utkinect"]
KARD = _FORMATS["kard"]
FLORENCE3D = _FORMATS["florence3d"]

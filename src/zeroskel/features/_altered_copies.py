"""Altered copies of recordings: other views, other frame rates, noise, frames and joints that are not observed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zeroskel.core import Layout, SkeletonSequence
from zeroskel.skeleton import Sequences
from zeroskel.skeleton.transforms import mirror, rotate
from zeroskel.text._movement_reader import mirrored_text

YAW, PITCH = np.radians(45), np.radians(8)  # largest rotation of the camera
NOISE = 0.01  # standard deviation, metres
FRAME_RATES = (10.0, 15.0, 30.0)  # frames a second
TRIM = 0.1  # largest share of the frames that is cut at each end
LOSES_JOINTS, LOSES_FRAMES = 0.25, 0.25  # probabilities
LOST_TOGETHER = (("hand",), ("foot",), ("hand", "foot"), ("hand", "wrist"), ("head",))  # parts of joint names


@dataclass(frozen=True, eq=False)
class AlteredSequences:
    """Altered copies of N sequences, copy by copy; every second copy is also mirrored.

    Attributes:
        sequences: The N sequences.
        copies: Number of copies of each sequence.
        seed: Seed of all random draws.
    """

    sequences: Sequences
    copies: int
    seed: int = 0

    def __len__(self) -> int:
        return self.copies * len(self.sequences)

    def __getitem__(self, index: int) -> SkeletonSequence:
        """Return one copy. The numbers of the sequence and of the copy determine the random draws."""
        copy, number = divmod(index, len(self.sequences))
        sequence, rng = self.sequences[number], np.random.default_rng([self.seed, number, copy])
        return altered(sequence if copy % 2 else mirror(sequence), rng)

    def class_names(self, names: Sequence[str], copy: int) -> list[str]:
        """Return the K class names in one copy; a mirrored class has another name if it says left or right."""
        return list(names) if copy % 2 else [mirrored_text(name) for name in names]


def altered(sequence: SkeletonSequence, rng: np.random.Generator) -> SkeletonSequence:
    """Return a copy from another view, trimmed, at another frame rate, with noise and with missing joints or frames."""
    frames = sequence.frames
    first, last = int(rng.uniform(0, TRIM) * frames), frames - 1 - int(rng.uniform(0, TRIM) * frames)
    step = max(sequence.fps / rng.choice(FRAME_RATES), 1.0)
    remaining = np.rint(np.arange(first, max(first, last) + 0.5, step)).astype(int)
    sequence = sequence.replace(sequence.joints[:, np.minimum(remaining, frames - 1)], fps=sequence.fps / step)
    if sequence.channels == 3:
        sequence = rotate(sequence, yaw=rng.uniform(-YAW, YAW), pitch=rng.uniform(-PITCH, PITCH))
    joints = sequence.joints + rng.normal(0, NOISE, sequence.joints.shape).astype(np.float32)
    if rng.random() < LOSES_JOINTS:
        joints[:, :, _lost_joints(sequence.layout, rng)] = np.nan
    if rng.random() < LOSES_FRAMES and sequence.frames > 1:
        count = max(1, sequence.frames // 6)
        start = int(rng.integers(0, sequence.frames - count + 1))
        joints[:, start : start + count] = np.nan
    return sequence.replace(joints)


def _lost_joints(layout: Layout, rng: np.random.Generator) -> list[int]:
    """Return joints that another tracker lacks, or that are hidden together: hands, feet, the head, a limb."""
    limbs = [layout.indices(joints) for part, joints in layout.parts.items() if part.endswith(("arm", "leg"))]
    named = [
        [index for index, joint in enumerate(layout.joints) if any(word in joint for word in words)]
        for words in LOST_TOGETHER
    ]
    choices = [*named, *limbs]
    return choices[int(rng.integers(len(choices)))]

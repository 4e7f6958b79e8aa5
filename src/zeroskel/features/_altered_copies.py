"""Training copies of recordings as another camera, another body or a worse tracker would have seen them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zeroskel.core import Layout, SkeletonSequence
from zeroskel.skeleton.transforms import mirror, rotate

TURN, TILT = np.radians(45), np.radians(8)  # about the vertical, and of the camera
NOISE = 0.01  # metres, a joint and frame
RATES = (10.0, 15.0, 30.0)  # frames a second
TRIM = 0.1  # of the frames, at each end
LOSES_JOINTS, LOSES_FRAMES = 0.25, 0.25  # how often
LOST_TOGETHER = (("hand",), ("foot",), ("hand", "foot"), ("hand", "wrist"), ("head",))  # what a name contains
OPPOSITES = {
    "left": "right",
    "right": "left",
    "clockwise": "counterclockwise",
    "counterclockwise": "clockwise",
    "counter-clockwise": "clockwise",
}
_WORD = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class Augmentation:
    """Copies of each training sequence: every other one mirrored; all seen from another side, trimmed, at another frame
    rate, with noise, with frames or joints missing.

    Attributes:
        copies: of each sequence.
        seed: of every draw.
    """

    copies: int
    seed: int = 0

    def altered(self, sequence: SkeletonSequence, number: int, copy: int) -> SkeletonSequence:
        """One copy; `number` of the sequence and of the copy decide the draws."""
        rng = np.random.default_rng([self.seed, number, copy])
        return altered(mirror(sequence) if self.mirrors(copy) else sequence, rng)

    def mirrors(self, copy: int) -> bool:
        """Whether that copy of each sequence is mirrored."""
        return copy % 2 == 0

    def names(self, class_names: Sequence[str], copy: int) -> list[str]:
        """What the K classes are called in that copy: a mirrored one has another name if it says left or right."""
        return [mirrored_name(name) if self.mirrors(copy) else name for name in class_names]


def mirrored_name(name: str) -> str:
    """What an action is called in a mirror: left and right, clockwise and counterclockwise change places."""
    return _WORD.sub(lambda word: OPPOSITES.get(word[0], word[0]), name)


def altered(sequence: SkeletonSequence, rng: np.random.Generator) -> SkeletonSequence:
    """A copy seen from another side, trimmed, at another frame rate, with noise, with joints or frames missing."""
    frames = sequence.frames
    first, last = int(rng.uniform(0, TRIM) * frames), frames - 1 - int(rng.uniform(0, TRIM) * frames)
    step = max(sequence.fps / rng.choice(RATES), 1.0)
    kept = np.rint(np.arange(first, max(first, last) + 0.5, step)).astype(int)
    sequence = sequence.replace(sequence.joints[:, np.minimum(kept, frames - 1)], fps=sequence.fps / step)
    if sequence.channels == 3:
        sequence = rotate(sequence, yaw=rng.uniform(-TURN, TURN), pitch=rng.uniform(-TILT, TILT))
    joints = sequence.joints + rng.normal(0, NOISE, sequence.joints.shape).astype(np.float32)
    if rng.random() < LOSES_JOINTS:
        joints[:, :, _lost_joints(sequence.layout, rng)] = np.nan
    if rng.random() < LOSES_FRAMES and sequence.frames > 1:
        count = max(1, sequence.frames // 6)
        start = int(rng.integers(0, sequence.frames - count + 1))
        joints[:, start : start + count] = np.nan
    return sequence.replace(joints)


def _lost_joints(layout: Layout, rng: np.random.Generator) -> list[int]:
    """Joints that another tracker lacks, or that are hidden together: hands, feet, the head, a limb."""
    limbs = [layout.indices(joints) for part, joints in layout.parts.items() if part.endswith(("arm", "leg"))]
    named = [[i for i, joint in enumerate(layout.joints) if any(w in joint for w in words)] for words in LOST_TOGETHER]
    choices = [*named, *limbs]
    return choices[int(rng.integers(len(choices)))]

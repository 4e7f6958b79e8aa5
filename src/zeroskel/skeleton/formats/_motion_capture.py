"""Skeletons of motion capture files, whose joints are placed by offsets and angles (forward kinematics)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zeroskel.skeleton.formats._parsing import COPY_AGAIN, LARGEST, refuse, unobserved

_FRAMES_AT_ONCE = 4096  # the rotations of all frames would fill the memory
_LEAST_OF_A_PERSON = 12  # joints; a smaller tree is a prop or a part of a body


@dataclass(frozen=True, eq=False)
class MovingJoint:
    """Joint of a skeleton whose motion a file holds.

    Attributes:
        name: as in the file.
        parent: index of the joint it hangs on; -1 for a root.
        offset: (3,) from its parent in the rest pose.
        channels: its numbers in each frame, in order: positions such as "tx", which are added to the offset, and
            angles such as "rz".
        order: the axes of its rotations, the leftmost matrix first, such as "ZYX"; one without a channel is left out.
        axis: (3, 3) rotation of the frame in which its angles turn; None for the frame of its parent.
    """

    name: str
    parent: int
    offset: np.ndarray
    channels: tuple[str, ...]
    order: str
    axis: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class MovingSkeleton:
    """Skeleton of a motion capture file.

    Attributes:
        joints: every one after its parent.
        metres: of one unit of the position channels.
        degrees: whether angles are in degrees, not radians.
        turns_offsets: whether a joint turns its own offset, as the end of a bone does, or only those below it.
    """

    joints: tuple[MovingJoint, ...]
    metres: float
    degrees: bool = True
    turns_offsets: bool = False

    def pose(
        self, numbers: np.ndarray, file: Path, position: Callable[[int], str], remedy: str = COPY_AGAIN
    ) -> np.ndarray:
        """Return joints (1, T, V, 3) in metres.

        Args:
            numbers: (T, channels of all joints), in the order of the joints.
            file: The path, for messages.
            position: Gives the position in the file of a frame, from 0, for messages.
            remedy: What the user should do, for messages.

        Raises:
            SkeletonFormatError: There are more joints than one recording can have, or one is not finite in float32.
        """
        posed = unobserved((1, len(numbers), len(self.joints), 3), file)
        for start in range(0, len(numbers), _FRAMES_AT_ONCE):
            block = self._positions(numbers[start : start + _FRAMES_AT_ONCE])
            beyond = ~(np.abs(block) <= LARGEST).all(axis=(1, 2))
            if beyond.any():
                frame = start + int(np.argmax(beyond))
                refuse(file, position(frame), "joints beyond measure", "positions and angles of people", remedy)
            posed[0, start : start + len(block)] = block
        return posed

    def _positions(self, numbers: np.ndarray) -> np.ndarray:
        """Return (T, V, 3): each joint lies at its offset from its parent, turned by all rotations above it."""
        positions = np.empty((len(numbers), len(self.joints), 3))
        rotations: list[np.ndarray] = []
        at = 0
        for index, joint in enumerate(self.joints):
            values = numbers[:, at : at + len(joint.channels)]
            at += len(joint.channels)
            offset, rotation = self._offset(joint, values), self._rotation(joint, values)
            if joint.parent < 0:
                positions[:, index] = offset
            else:
                above = rotations[joint.parent]
                rotation = above @ rotation
                turn = rotation if self.turns_offsets else above
                positions[:, index] = positions[:, joint.parent] + (turn @ offset[..., None])[..., 0]
            rotations.append(rotation)
        return positions

    def _offset(self, joint: MovingJoint, values: np.ndarray) -> np.ndarray:
        moved = np.zeros((len(values), 3))
        for channel, column in zip(joint.channels, values.T, strict=True):
            if channel[0] == "t":
                moved[:, "xyz".index(channel[1])] = column * self.metres
        return joint.offset + moved

    def _rotation(self, joint: MovingJoint, values: np.ndarray) -> np.ndarray:
        turning = [axis for axis in joint.order if f"r{axis.lower()}" in joint.channels]
        if not turning:
            return np.eye(3)
        angles = values[:, [joint.channels.index(f"r{axis.lower()}") for axis in turning]]
        rotation = euler_rotations("".join(turning), np.radians(angles) if self.degrees else angles)
        return rotation if joint.axis is None else joint.axis @ rotation @ joint.axis.T


def euler_rotations(axes: str, angles: np.ndarray) -> np.ndarray:
    """Return the product of rotations about coordinate axes.

    Args:
        axes: one to three letters of "XYZ", one for each angle; the matrix of the first letter stands leftmost, so the
            last one turns a vector first.
        angles: (..., len(axes)) radians.

    Returns:
        (..., 3, 3) matrices that turn column vectors.
    """
    from scipy.spatial.transform import Rotation  # imported here: it takes a tenth of a second

    matrices = Rotation.from_euler(axes, angles.reshape(-1, len(axes))).as_matrix()
    return np.asarray(matrices.reshape(*angles.shape[:-1], 3, 3))


def people_of_roots(
    positions: np.ndarray, names: Sequence[str], parents: Sequence[int]
) -> tuple[np.ndarray, list[str], list[str]]:
    """Return the points of the people in a file whose joints hang on one or several roots.

    Args:
        positions: (T, V, 3) joints.
        names: V names in the file's spelling.
        parents: index of the joint that each one hangs on, before it; -1 for a root.

    Returns:
        (M, T, P, 3) points of people whose skeletons are alike, else all joints as one person's; P names; and what to
        say of joints that were left out.
    """
    roots: list[int] = []
    for index, parent in enumerate(parents):
        roots.append(index if parent < 0 else roots[parent])
    trees = [[index for index, root in enumerate(roots) if root == first] for first in dict.fromkeys(roots)]
    people = [tree for tree in trees if len(tree) >= _LEAST_OF_A_PERSON]
    if len(people) < 2:
        return positions[None], list(names), []
    first = [_bare(names[index]) for index in people[0]]
    alike = [tree for tree in people if [_bare(names[index]) for index in tree] == first]
    left_out = len(positions[0]) - len(alike) * len(first)
    notes = [f"{left_out} joints of other skeletons were left out"] if left_out else []
    return np.stack([positions[:, tree] for tree in alike]), [names[index] for index in people[0]], notes


def _bare(name: str) -> str:
    """Return a name without the prefix and the number that tell people apart, such as P2:Hips or Hips.001."""
    return re.sub(r"[._ ]?\d{1,3}$", "", name.rpartition(":")[2].lower())

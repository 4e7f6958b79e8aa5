"""Transforms of space: position, orientation and size of the bodies."""

import numpy as np

from zeroskel.core import InputError, SkeletonSequence
from zeroskel.skeleton.transforms import _arrays


def centre(sequence: SkeletonSequence) -> SkeletonSequence:
    """Move the pelvis of the first body in its first observed frame to the origin.

    All joints of all frames move alike, so paths and distances do not change. Where the pelvis was never observed, the
    mean of the first frame's observed joints becomes the origin.

    Args:
        sequence: recording with joints (M, T, V, C).

    Returns:
        The moved recording (M, T, V, C).

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import SkeletonSequence
        >>> from zeroskel.skeleton.transforms import centre
        >>> moved = centre(SkeletonSequence(np.full((1, 20, 3), 2.0), "kinect-20"))
        >>> float(moved.joints.max())
        0.0
    """
    return sequence.replace(_arrays.centre(sequence.joints[None], sequence.layout)[0])


def rotate(sequence: SkeletonSequence, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> SkeletonSequence:
    """Rotate about the origin: yaw about y (up), then pitch about x, then roll about z.

    Args:
        sequence: recording with joints (M, T, V, C).
        yaw: angle about y in radians.
        pitch: angle about x in radians.
        roll: angle about z in radians; the only one of a 2-D recording.

    Returns:
        The rotated recording (M, T, V, C).

    Raises:
        InputError: a 2-D recording has a yaw or pitch.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import SkeletonSequence
        >>> from zeroskel.skeleton.transforms import rotate
        >>> joints = np.tile([1.0, 0.0, 0.0], (1, 20, 1))
        >>> rotate(SkeletonSequence(joints, "kinect-20"), roll=np.pi / 2).joints[0, 0, 0].round(3).tolist()
        [0.0, 1.0, 0.0]
    """
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    if sequence.channels == 2:
        if yaw or pitch:
            raise InputError("a 2-D sequence can only roll: yaw and pitch must be 0")
        matrix = np.array([[cr, -sr], [sr, cr]])
    else:
        about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        matrix = about_z @ about_x @ about_y
    return sequence.replace(sequence.joints @ matrix.T.astype(np.float32))


def face_camera(sequence: SkeletonSequence) -> SkeletonSequence:
    """Turn everything about the vertical so that the first body faces the camera (-z) where it is first observed.

    The orientation of the body is that of its hips and shoulders. Its left side then lies at negative x, as in the
    coordinates of the Kinect.

    Args:
        sequence: recording with joints (M, T, V, C).

    Returns:
        The turned recording (M, T, V, C). A 2-D recording, or one without observed hips and shoulders, does not change.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import SkeletonSequence
        >>> from zeroskel.skeleton.transforms import face_camera
        >>> joints = np.zeros((9, 20, 3))
        >>> joints[:, 12, 0] = 0.25  # joint 12 is the left hip
        >>> float(face_camera(SkeletonSequence(joints, "kinect-20")).joints[0, 0, 12, 0])
        -0.25
    """
    if sequence.channels == 2:
        return sequence
    return sequence.replace(_arrays.face_camera(sequence.joints[None], sequence.layout)[0])


def scale_by_torso(sequence: SkeletonSequence) -> SkeletonSequence:
    """Divide all coordinates by the length of the torso, so that people of all sizes are comparable.

    Args:
        sequence: recording with joints (M, T, V, C) in any unit.

    Returns:
        The scaled recording (M, T, V, C), in torso lengths. The torso is the median distance from pelvis to chest over
        frames and bodies. Where no torso was observed, the recording does not change.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import SkeletonSequence
        >>> from zeroskel.skeleton.transforms import scale_by_torso
        >>> joints = np.zeros((9, 20, 3))
        >>> joints[:, 2, 1] = 0.5  # joint 2 is the chest, joint 0 the pelvis
        >>> float(scale_by_torso(SkeletonSequence(joints, "kinect-20")).joints.max())
        1.0
    """
    return sequence.replace(_arrays.scale_by_torso(sequence.joints[None], sequence.layout)[0])


def mirror(sequence: SkeletonSequence) -> SkeletonSequence:
    """Return the motion as seen in a mirror: x changes sign, left and right joints are exchanged.

    Args:
        sequence: recording with joints (M, T, V, C).

    Returns:
        The mirrored recording (M, T, V, C).

    Example:
        >>> from zeroskel.datasets.synthetic import generate_sequence
        >>> from zeroskel.skeleton.transforms import mirror
        >>> sequence = generate_sequence("wave the right hand", seed=0)
        >>> left, right = sequence.layout.indices(["hand_left", "hand_right"])
        >>> bool((mirror(sequence).joints[:, :, left, 1] == sequence.joints[:, :, right, 1]).all())
        True
    """
    joints = sequence.joints[:, :, sequence.layout.mirror_order].copy()
    joints[..., 0] *= -1
    return sequence.replace(joints)

"""Rotation matrices from the Euler angles of motion capture files."""

import numpy as np

FRAMES_AT_ONCE = 4096  # of forward kinematics: a rotation a joint and frame would fill the memory on long recordings


def euler_rotations(axes: str, angles: np.ndarray) -> np.ndarray:
    """Return the product of rotations about coordinate axes.

    Args:
        axes: letters of "XYZ", one for each angle; the matrix of the first letter stands leftmost, so the last one
            turns a vector first.
        angles: (..., len(axes)) radians.

    Returns:
        (..., 3, 3) matrices that turn column vectors.
    """
    product = np.broadcast_to(np.eye(3), (*angles.shape[:-1], 3, 3))
    for position, axis in enumerate(axes):
        turn = _about(axis, angles[..., position])
        product = turn if position == 0 else product @ turn
    return product


def _about(axis: str, angles: np.ndarray) -> np.ndarray:
    cosine, sine = np.cos(angles), np.sin(angles)
    fixed = "XYZ".index(axis)
    first, second = (fixed + 1) % 3, (fixed + 2) % 3
    matrices = np.zeros((*angles.shape, 3, 3))
    matrices[..., fixed, fixed] = 1.0
    matrices[..., first, first] = matrices[..., second, second] = cosine
    matrices[..., first, second] = -sine
    matrices[..., second, first] = sine
    return matrices

"""The joints as a steady and level camera would see them.

The functions are written once for NumPy arrays and torch tensors, and can be traced into a graph with a fixed number
of frames T.
"""

import numpy as np

from zeroskel.core import Layout
from zeroskel.encoders._measures import RolePoints
from zeroskel.encoders._series import Array, angle, array_namespace, constant, direction

_JITTER = 0.035  # standard deviation in seconds of the Gaussian that removes the jitter of a sensor
_STRAIGHT = float(np.radians(25))  # bends of hips and knees in a body that stands straight
_ENOUGH = 0.05  # share of the frames with a straight body from which the vertical is known half surely


def averaged_in_time(series: Array, seconds: Array, deviation: float) -> Array:
    """Return series (N, T, …), each frame the mean of its neighbours in time, weighted by a Gaussian.

    Args:
        series: (N, T, …).
        seconds: (N,) from one frame to the next.
        deviation: standard deviation of the Gaussian in seconds, so that the result is alike at any frame rate.
    """
    xp = array_namespace(series)
    n, frames = series.shape[0], series.shape[1]
    apart = np.arange(frames)[:, None] - np.arange(frames)
    scale = (seconds * seconds / (2 * deviation**2))[:, None, None]
    weights = xp.exp(-scale * constant(apart**2, series))
    means = weights @ xp.reshape(series, (n, frames, -1)) / xp.sum(weights, axis=2, keepdims=True)
    return xp.reshape(means, series.shape)


def steadied(joints: Array, seconds: Array) -> Array:
    """Return joints (N, T, V, 3) without the jitter of a sensor; seconds (N,) from one frame to the next."""
    return averaged_in_time(joints, seconds, _JITTER)


def levelled(joints: Array, layout: Layout) -> Array:
    """Return joints (N, T, V, 3) turned so that a body that stands straight stands upright.

    In frames where the trunk, both thighs and both shanks are parallel, the line from the ankles to the shoulders is
    taken for the vertical, unless it is nearer to the horizontal: then the body lies. Without such frames nothing is
    turned.
    """
    xp = array_namespace(joints)
    roles = RolePoints(joints, layout)
    pairs = ("shoulder", "hip", "knee", "ankle")
    if any(f"{pair}_{side}" not in roles for pair in pairs for side in ("left", "right")):
        return joints
    points = {pair: (roles[f"{pair}_left"], roles[f"{pair}_right"]) for pair in pairs}
    shoulder, pelvis, _, ankle = ((left + right) / 2 for left, right in points.values())
    axis = direction(shoulder - ankle)
    straight = (5 * axis[..., 1] - 3).clip(0.0, 1.0)  # 1 up to 37 degrees from the vertical, 0 from 53 degrees
    for hip, knee, ankle_of_side in zip(points["hip"], points["knee"], points["ankle"], strict=True):
        for bend in (np.pi - angle(hip + shoulder - pelvis, hip, knee), np.pi - angle(hip, knee, ankle_of_side)):
            straight = straight * xp.exp(-((bend / _STRAIGHT) ** 4))
    share = xp.mean(straight, axis=1)[:, None]
    surely = share / (share + _ENOUGH)
    upright = direction(xp.mean(axis * straight[..., None], axis=1)) * surely
    upright = direction(upright + (1 - surely) * constant(np.array([0, 1, 0]), joints))
    turned = xp.reshape(joints, (joints.shape[0], -1, 3)) @ xp.permute_dims(_rotation_to_vertical(upright), (0, 2, 1))
    return xp.reshape(turned, joints.shape)


def _rotation_to_vertical(upright: Array) -> Array:
    """Return the smallest rotations (N, 3, 3) that turn directions (N, 3) to (0, 1, 0)."""
    xp = array_namespace(upright)
    x, y, z = upright[:, 0], upright[:, 1], upright[:, 2]
    rows = [
        [1 - x * x / (1 + y), -x, -x * z / (1 + y)],
        [x, y, z],
        [-x * z / (1 + y), -z, 1 - z * z / (1 + y)],
    ]
    return xp.stack([xp.stack(row, axis=1) for row in rows], axis=1)

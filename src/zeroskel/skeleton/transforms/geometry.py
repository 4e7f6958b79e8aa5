"""Where the body stands, how it is turned, how large it is."""

import numpy as np

from zeroskel.core import InputError, SkeletonSequence


def _point(sequence: SkeletonSequence, joints: tuple[str, ...]) -> np.ndarray:
    """(M, T, C) mean of the named joints; NaN where one of them is."""
    return sequence.joints[:, :, sequence.layout.indices(joints)].mean(axis=2)


def _first_observed(points: np.ndarray) -> np.ndarray | None:
    """The first row of (T, C) without NaN, or None."""
    complete = np.flatnonzero(~np.isnan(points).any(axis=-1))
    return points[complete[0]] if len(complete) else None


def centre(sequence: SkeletonSequence) -> SkeletonSequence:
    """Move the pelvis of the first body in its first observed frame to the origin; paths and distances are kept.

    Where the pelvis was never observed, the mean of the first frame's observed joints serves.
    """
    origin = _first_observed(_point(sequence, sequence.layout.pelvis)[0])
    if origin is None:
        seen = np.flatnonzero(sequence.observed[0].any(axis=1))
        if not len(seen):
            return sequence
        origin = np.nanmean(sequence.joints[0, seen[0]], axis=0)
    return sequence.replace(sequence.joints - origin)


def rotate(sequence: SkeletonSequence, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> SkeletonSequence:
    """Turn about the origin: yaw about y (up), then pitch about x, then roll about z, in radians.

    A 2-D sequence can only roll; yaw and pitch then raise InputError.
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

    The body's direction is taken from its hips and shoulders; its left side then lies at negative x, as in the Kinect's
    frame. A 2-D sequence, or one whose hips and shoulders were never observed, is returned unchanged.
    """
    if sequence.channels == 2:
        return sequence
    layout = sequence.layout
    pairs = [(left, right) for left, right in layout.mirror if left in ("shoulder_left", "hip_left")]
    across = np.zeros((sequence.frames, 3))
    for left, right in pairs:
        across = across + sequence.joints[0, :, layout.index(left)] - sequence.joints[0, :, layout.index(right)]
    direction = _first_observed(across)
    if direction is None or not pairs or np.hypot(direction[0], direction[2]) < 1e-6:
        return sequence
    return rotate(sequence, yaw=np.pi + float(np.arctan2(direction[2], direction[0])))


def torso_length(sequence: SkeletonSequence) -> float:
    """Median distance from pelvis to chest over frames and bodies, in the sequence's unit; NaN if never observed."""
    lengths = np.linalg.norm(
        _point(sequence, sequence.layout.chest) - _point(sequence, sequence.layout.pelvis), axis=-1
    )
    lengths = lengths[np.isfinite(lengths)]
    return float(np.median(lengths)) if len(lengths) else float("nan")


def scale_by_torso(sequence: SkeletonSequence) -> SkeletonSequence:
    """Divide by the torso's length, so that people of all sizes are alike; unchanged where no torso was observed."""
    length = torso_length(sequence)
    if not np.isfinite(length) or length < 1e-6:
        return sequence
    return sequence.replace(sequence.joints / np.float32(length))


def mirror(sequence: SkeletonSequence) -> SkeletonSequence:
    """The motion seen in a mirror: x changes sign and left joints swap with right ones."""
    joints = sequence.joints[:, :, sequence.layout.mirror_order].copy()
    joints[..., 0] *= -1
    return sequence.replace(joints)

"""Preparation of joints as arrays, written once for NumPy arrays and torch tensors.

All functions take joints (N, M, T, V, C), NaN where a joint was not observed, and return the kind of array that they
receive. They can be traced into an ONNX graph with any N and T, so no step depends on the values of the joints.
"""

from typing import Any

import numpy as np
from array_api_compat import array_namespace

from zeroskel.core import Layout
from zeroskel.core._layout import joint_rules

SHORTEST = 1e-6  # a shorter distance has no direction and cannot be divided by
FAR = 1 << 40  # frames: farther than any gap that is filled

Array = Any  # numpy.ndarray or torch.Tensor


def observed_joints(joints: Array) -> Array:
    """Return where joints (…, V, C) have all their coordinates, as (…, V)."""
    xp = array_namespace(joints)
    return ~xp.any(xp.isnan(joints), axis=-1)


def body_weights(joints: Array) -> Array:
    """Weigh bodies by how much they move and how long they are observed.

    Args:
        joints: (N, M, T, V, C).

    Returns:
        (N, M): the variance of each joint coordinate over time, summed, times the share of observed frames.
    """
    xp = array_namespace(joints)
    observed = xp.astype(observed_joints(joints), joints.dtype)
    observed_frames = xp.max(observed, axis=3)  # N, M, T
    mask = observed[..., None]
    counts = xp.sum(mask, axis=2, keepdims=True)
    values = xp.where(mask > 0, joints, 0.0)
    means = xp.sum(values, axis=2, keepdims=True) / xp.maximum(counts, 1.0)
    deviations = (values - means) * mask
    variances = xp.sum(deviations * deviations, axis=2, keepdims=True) / xp.maximum(counts, 1.0)
    moves = xp.astype(xp.sum(observed_frames, axis=2) > 1, joints.dtype)
    spread = xp.sum(xp.where(counts > 1, variances, 0.0), axis=(2, 3, 4)) * moves
    return xp.mean(observed_frames, axis=2) * (spread + 1e-9)


def main_bodies(joints: Array, count: int) -> Array:
    """Return the `count` bodies (N, count, T, V, C) of the largest weight in descending order."""
    xp = array_namespace(joints)
    if joints.shape[1] <= 1:
        return joints
    return _take_rows(joints, xp.argsort(-body_weights(joints), axis=1, stable=True)[:, :count])


def fill_gaps(joints: Array, max_gap: int) -> Array:
    """Return the joints with gaps of at most `max_gap` frames filled; see `zeroskel.skeleton.transforms.fill_gaps`."""
    if max_gap == 0:
        return joints
    xp = array_namespace(joints)
    n, bodies, frames, number, channels = joints.shape
    series = xp.reshape(xp.permute_dims(joints, (0, 1, 3, 2, 4)), (n * bodies * number, frames, channels))
    observed = observed_joints(series)
    edge = xp.ones_like(observed[:, :1])  # a gap at an end is as long as if the frames outside were observed
    padded = xp.concat([edge, observed, edge], axis=1)
    padded_time = xp.arange(frames + 2) - 1
    before = _running_maximum(xp.where(padded, padded_time, -FAR), max_gap)[:, 1:-1]
    after = _running_maximum(xp.flip(xp.where(padded, -padded_time, -FAR), axis=1), max_gap)
    after = -xp.flip(after, axis=1)[:, 1:-1]
    has_before, has_after = before >= 0, after < frames
    short = ~observed & (after - before - 1 <= max_gap) & (has_before | has_after)
    time = padded_time[1:-1]
    first = xp.where(short, xp.where(has_before, before, after), time)
    second = xp.where(short, xp.where(has_after, after, before), time)
    # In float32, large coordinates such as pixels would be rounded several times.
    share = xp.astype(time - first, xp.float64) / xp.astype(xp.maximum(second - first, 1), xp.float64)
    share = xp.where(second > first, share, 0.0)[..., None]
    start, stop = (xp.astype(_take_rows(series, moment), xp.float64) for moment in (first, second))
    between = xp.astype(start + (stop - start) * share, joints.dtype)
    filled = xp.where(short[..., None], between, series)
    return xp.permute_dims(xp.reshape(filled, (n, bodies, number, frames, channels)), (0, 1, 3, 2, 4))


def fill_limbs(joints: Array, layout: Layout) -> Array:
    """Return the joints with those that were not observed in a frame placed by their neighbours along the limb."""
    if isinstance(joints, np.ndarray) and not np.isnan(joints).any():  # only arrays can be looked at
        return joints
    xp = array_namespace(joints)
    points = {name: joints[..., index, :] for index, name in enumerate(layout.joints)}
    for rule in joint_rules():
        if rule.joint in points and all(name in points for name in rule.weights):
            placed = sum(points[name] * weight for name, weight in rule.weights.items())
            points[rule.joint] = xp.where(xp.isnan(points[rule.joint]), placed, points[rule.joint])
    return xp.stack([*points.values()], axis=-2)


def seconds(frames: int, *, joints: Array, fps: float) -> Array:
    """Return the seconds (frames,) of evenly spaced moments from the first frame of joints (N, M, T, V, C) to the last.

    Args:
        frames: number of moments.
        joints: joints whose T frames the moments span.
        fps: frames of `joints` a second.
    """
    xp = array_namespace(joints)
    duration = xp.astype(xp.arange(joints.shape[2])[-1:], joints.dtype) / fps
    return duration * xp.asarray(np.linspace(0, 1, frames) if frames > 1 else np.zeros(1), dtype=joints.dtype)


def _running_maximum(values: Array, reach: int) -> Array:
    """Return for each frame the largest of values (S, T) among itself and at least `reach` earlier frames."""
    xp = array_namespace(values)
    for power in range(reach.bit_length()):  # each step doubles the reach
        earlier = xp.concat([*[values[:, :1]] * (1 << power), values], axis=1)[:, : values.shape[1]]
        values = xp.maximum(values, earlier)
    return values


def _take_rows(values: Array, indices: Array) -> Array:
    """Return the values (N, J, …) at indices (N, J) of values (N, K, …).

    `take_along_axis` of torch cannot be traced with a dynamic N.
    """
    xp = array_namespace(values)
    n, count = values.shape[0], values.shape[1]
    rows = xp.reshape(indices + count * xp.arange(n)[:, None], (n * indices.shape[1],))
    chosen = xp.take(xp.reshape(values, (n * count, *values.shape[2:])), rows, axis=0)
    return xp.reshape(chosen, (n, indices.shape[1], *values.shape[2:]))


def centre(joints: Array, layout: Layout) -> Array:
    """Return the joints with the first pelvis of the first body at the origin.

    Where the pelvis was never observed, the mean of the first frame's observed joints is the origin.
    """
    xp = array_namespace(joints)
    body = joints[:, 0]
    in_frame = xp.any(observed_joints(body), axis=2)
    first = xp.argmax(xp.astype(in_frame, xp.int64), axis=1, keepdims=True)
    first_frame = _take_rows(body, first)[:, 0]
    missing = xp.isnan(first_frame)
    count = xp.sum(xp.astype(~missing, joints.dtype), axis=1)
    middle = xp.sum(xp.where(missing, 0.0, first_frame), axis=1) / xp.maximum(count, 1.0)  # 0 if nothing was observed
    pelvis = _first_observed(_mean_point(body, layout, layout.pelvis))
    return joints - xp.where(xp.isnan(pelvis), middle, pelvis)[:, None, None, None]


def face_camera(joints: Array, layout: Layout) -> Array:
    """Return 3-D joints turned about the vertical so that the first body faces -z where it is first observed."""
    pairs = [pair for pair in layout.mirror if pair[0] in ("shoulder_left", "hip_left")]
    if not pairs:
        return joints
    xp = array_namespace(joints)
    body = joints[:, 0]
    left, right = (xp.astype(_named_joints(body, layout, names), xp.float64) for names in zip(*pairs, strict=True))
    across = _first_observed(xp.sum(left - right, axis=2))  # in float64, so that the rotation is rounded once
    x, z = across[:, 0], across[:, 2]
    distance = xp.sqrt(x * x + z * z)
    known = distance >= SHORTEST  # False for NaN
    divisor = xp.where(known, distance, 1.0)
    cosine = xp.where(known, -x / divisor, 1.0)
    sine = xp.where(known, -z / divisor, 0.0)
    zero, one = xp.zeros_like(cosine), xp.ones_like(cosine)
    rotation = xp.stack([cosine, zero, -sine, zero, one, zero, sine, zero, cosine], axis=1)
    return joints @ xp.reshape(xp.astype(rotation, joints.dtype), (-1, 1, 1, 3, 3))


def torso_lengths(joints: Array, layout: Layout) -> Array:
    """Return the median distance (N,) from pelvis to chest over frames and bodies; NaN if never observed."""
    xp = array_namespace(joints)
    torso = _mean_point(joints, layout, layout.chest) - _mean_point(joints, layout, layout.pelvis)
    lengths = xp.reshape(xp.sqrt(xp.sum(torso * torso, axis=-1)), (joints.shape[0], -1))
    missing = xp.isnan(lengths)
    count = xp.sum(xp.astype(~missing, xp.int64), axis=1, keepdims=True)
    ascending = xp.sort(xp.where(missing, xp.inf, lengths), axis=1, stable=False)
    lower = _take_rows(ascending, xp.maximum(count - 1, 0) // 2)
    upper = _take_rows(ascending, count // 2)
    return xp.where(count > 0, (lower + upper) / 2, xp.nan)[:, 0]


def scale_by_torso(joints: Array, layout: Layout) -> Array:
    """Return the joints divided by the torso's length; unchanged where no torso was observed."""
    xp = array_namespace(joints)
    lengths = torso_lengths(joints, layout)
    return joints / xp.where(lengths >= SHORTEST, lengths, 1.0)[:, None, None, None, None]


def resample(joints: Array, frames: int) -> Array:
    """Return joints (N, M, frames, V, C) at evenly spaced moments; see `zeroskel.skeleton.transforms.resample`."""
    xp = array_namespace(joints)
    last = xp.arange(joints.shape[2])[-1:]
    exact_last = xp.astype(last, xp.float64)
    moments = xp.arange(frames, dtype=xp.float64) * (exact_last / max(frames - 1, 1))
    if frames > 1:  # the last moment must not fall between two frames by rounding
        moments = xp.concat([moments[:-1], exact_last])
    before = xp.astype(xp.floor(moments), xp.int64)
    unchanged = xp.astype(last == frames - 1, xp.int64)  # as many frames as before: no neighbour replaces a NaN
    after = xp.minimum(before + 1 - unchanged, last)
    share = xp.astype(moments - xp.floor(moments), joints.dtype)[:, None, None]
    first, second = xp.take(joints, before, axis=2), xp.take(joints, after, axis=2)
    no_first, no_second = xp.isnan(first), xp.isnan(second)
    first, second = xp.where(no_first, second, first), xp.where(no_second, first, second)
    return first * (1 - share) + second * share


def _named_joints(joints: Array, layout: Layout, names: tuple[str, ...]) -> Array:
    """Return the named joints (…, J, C) of (…, V, C)."""
    xp = array_namespace(joints)
    return xp.take(joints, xp.asarray(np.asarray(layout.indices(names))), axis=joints.ndim - 2)


def _mean_point(joints: Array, layout: Layout, names: tuple[str, ...]) -> Array:
    """Return the mean (…, C) of the named joints of (…, V, C); NaN where one of them is not observed."""
    return array_namespace(joints).mean(_named_joints(joints, layout, names), axis=-2)


def _first_observed(points: Array) -> Array:
    """Return the first of points (N, T, C) without NaN as (N, C); all NaN where there is none."""
    xp = array_namespace(points)
    complete = ~xp.any(xp.isnan(points), axis=2)
    chosen = _take_rows(points, xp.argmax(xp.astype(complete, xp.int64), axis=1, keepdims=True))[:, 0]
    return xp.where(xp.any(complete, axis=1)[:, None], chosen, xp.nan)

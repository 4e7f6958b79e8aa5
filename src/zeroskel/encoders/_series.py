"""Measures of series over time and of vectors, written once for NumPy arrays and torch tensors.

All functions can be traced into an ONNX graph if the number of frames is fixed. Quantiles, means over windows and
Fourier transforms are products with constant matrices, which keeps the graph small.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import array_api_compat
import numpy as np

PLANES = ((0, 1), (1, 2), (0, 2))  # x-y, y-z, x-z
WINDOWS = ((0.0, 0.06), (0.94, 1.0), (0.44, 0.56))  # start, end and middle as shares of the recording
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
LAGS = np.arange(1, 40, 2) / 50  # of the autocorrelation, as shares of the recording
LEAST_STEP = 0.02  # torso lengths a frame: a slower movement has no direction that could reverse
TINY = 1e-6  # keeps divisors above 0

Array = Any  # numpy.ndarray or torch.Tensor; every function returns the kind that it receives

_NAMESPACES: dict[type, Any] = {}


def array_namespace(array: Array) -> Any:
    """Return the module of the functions for arrays of this kind, as `array_api_compat.array_namespace` does.

    That function takes as long as an operation on the series of one recording, so each kind is looked up once.
    """
    kind = type(array)
    if kind not in _NAMESPACES:
        _NAMESPACES[kind] = array_api_compat.array_namespace(array)
    return _NAMESPACES[kind]


def constant(values: np.ndarray, like: Array) -> Array:
    """Return a constant as an array of the kind and type of another."""
    return array_namespace(like).asarray(np.asarray(values, np.float32), dtype=like.dtype)  # a float64 costs two nodes


def select(values: Array, indices: Sequence[int] | np.ndarray, *, axis: int) -> Array:
    """Return the entries at constant indices of an axis."""
    xp = array_namespace(values)
    return xp.take(values, xp.asarray(np.asarray(indices, dtype=np.int64)), axis=axis)


def smooth(joints: Array) -> Array:
    """Return (N, T, V, C) joints with each inner frame the weighted mean (1, 2, 1) of itself and its neighbours."""
    if joints.shape[1] < 3:
        return joints
    inner = (joints[:, :-2] + 2 * joints[:, 1:-1] + joints[:, 2:]) / 4
    return array_namespace(joints).concat([joints[:, :1], inner, joints[:, -1:]], axis=1)


def length(vectors: Array) -> Array:
    """Return the lengths (…) of vectors (…, C)."""
    return array_namespace(vectors).sqrt(dot(vectors, vectors))


def dot(first: Array, second: Array) -> Array:
    """Return the scalar products (…) of vectors (…, C)."""
    xp = array_namespace(first)
    if isinstance(first, np.ndarray):
        if first.shape[-1] <= 3:  # NumPy takes six times as long for sums over so short an axis
            return sum(first[..., axis] * second[..., axis] for axis in range(first.shape[-1]))
        return xp.vecdot(first, second)  # in a graph it would be many products of matrices with one row
    return xp.sum(first * second, axis=-1)


def farthest(points: Array) -> Array:
    """Return the largest coordinate without its sign (N, …) over time of points (N, T, …, C)."""
    xp = array_namespace(points)
    return xp.max(xp.max(xp.abs(points), axis=1), axis=-1)  # in one step NumPy takes 20 times as long


def deviation(values: Array) -> Array:
    """Return the standard deviation over time (N, …) of (N, T, …)."""
    xp = array_namespace(values)
    centred = values - xp.mean(values, axis=1, keepdims=True)
    return xp.sqrt(xp.mean(centred * centred, axis=1))


def direction(vectors: Array) -> Array:
    """Return vectors (…, C) scaled to length 1; the vector 0 stays 0."""
    return vectors / (length(vectors)[..., None] + TINY)


def angle(first: Array, middle: Array, last: Array) -> Array:
    """Return the angles (…) in radians, 0 to pi, at `middle` between the rays to `first` and `last`, points (…, C)."""
    xp = array_namespace(middle)
    u, v = first - middle, last - middle
    cosine = dot(u, v) / (length(u) * length(v) + TINY)
    return xp.acos(xp.minimum(xp.maximum(cosine, -1.0), 1.0))


def sine_and_cosine_of_yaw(vectors: Array) -> tuple[Array, Array]:
    """Return sine and cosine (…) of the angle of vectors (…, 3) about the vertical; the angle is 0 along x."""
    xp = array_namespace(vectors)
    x, z = vectors[..., 0] + TINY, vectors[..., 2]
    distance = xp.maximum(xp.sqrt(x * x + z * z), 1e-12)
    return z / distance, x / distance


def quantiles(series: Array, shares: tuple[float, ...]) -> Array:
    """Return quantiles over time, interpolated linearly.

    Args:
        series: (N, T, K).
        shares: the quantiles, from 0 to 1.

    Returns:
        (N, len(shares), K).
    """
    interpolation = constant(_quantile_matrix(series.shape[1], shares), series)
    ascending = array_namespace(series).sort(series, axis=1, stable=False)  # which NumPy does five times as fast
    return interpolation @ ascending


@lru_cache(maxsize=8)
def _quantile_matrix(frames: int, shares: tuple[float, ...]) -> np.ndarray:
    """Return the matrix (len(shares), T) that computes quantiles of T values in ascending order."""
    matrix = np.zeros((len(shares), frames), np.float32)
    for row, share in zip(matrix, shares, strict=True):
        position = share * (frames - 1)
        below = int(position)
        row[below] += below + 1 - position
        row[min(below + 1, frames - 1)] += position - below
    return matrix


def statistics(series: Array) -> Array:
    """Return nine statistics over time of K series.

    Args:
        series: (N, T, K).

    Returns:
        (N, 9, K): quantiles 5, 25, 50, 75 and 95 %, standard deviation, and the means over the first 6 %, the last 6 %
        and the middle 12 % of the frames, at least one frame each.
    """
    means = constant(_window_matrix(series.shape[1]), series)
    rows = [quantiles(series, QUANTILES), deviation(series)[:, None], means @ series]
    return array_namespace(series).concat(rows, axis=1)


@lru_cache(maxsize=8)
def _window_matrix(frames: int) -> np.ndarray:
    """Return the matrix (3, T) that computes the means over start, end and middle of T frames."""
    matrix = np.zeros((len(WINDOWS), frames), np.float32)
    for row, (begin, end) in zip(matrix, WINDOWS, strict=True):
        first = min(round(begin * frames), frames - 1)
        last = max(round(end * frames), first + 1)
        row[first:last] = 1 / (last - first)
    return matrix


def autocorrelation(relative: Array) -> Array:
    """Return the autocorrelation (N, 20) of joints (N, T, V, C) at lags of 2 % to 78 % of the recording; 1 at lag 0."""
    xp = array_namespace(relative)
    n, frames = relative.shape[0], relative.shape[1]
    centred = xp.reshape(relative - xp.mean(relative, axis=1, keepdims=True), (n, frames, -1))
    sums = lagged_products(centred, np.rint([0, *LAGS * frames]))
    return sums[:, 1:] / (sums[:, :1] + TINY)


def lagged_products(series: Array, lags: Sequence[int] | np.ndarray) -> Array:
    """Return the sums of the products of each two frames of a series that are some frames apart.

    They are computed from the power spectrum of the series with zeros appended (Wiener-Khinchin theorem), which takes
    less memory than the products of all frames.

    Args:
        series: (N, T, K).
        lags: L distances from 0 to T.

    Returns:
        (N, L).
    """
    waves, inverse = _spectrum(series.shape[1], tuple(int(lag) for lag in lags))
    amplitudes = constant(waves, series) @ series
    return dot(amplitudes, amplitudes) @ constant(inverse, series)


@lru_cache(maxsize=32)
def _spectrum(frames: int, lags: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the matrix (2 F, T) of cosines and sines of F frequencies, and that of their squares to lags (2 F, L)."""
    period = frames + max(lags)  # with zeros appended: the end then does not overlap with the beginning
    cycles = np.arange(period // 2 + 1)[:, None]
    phases = 2 * np.pi * cycles * np.arange(frames) / period
    counts = np.where((cycles == 0) | (2 * cycles == period), 1, 2)  # negative frequencies have the same power
    inverse = counts * np.cos(2 * np.pi * cycles * np.array(lags) / period) / period
    waves = np.concatenate([np.cos(phases), np.sin(phases)])
    return waves.astype(np.float32), np.concatenate([inverse, inverse]).astype(np.float32)


def reversals(points: Array) -> Array:
    """Count how often points (N, T, C) turn back or set out along each axis, by a step above LEAST_STEP, as (N, C)."""
    xp = array_namespace(points)
    steps = points[:, 1:] - points[:, :-1]
    turned = xp.sign(steps[:, 1:]) != xp.sign(steps[:, :-1])
    return xp.sum(xp.astype(turned & (xp.abs(steps[:, 1:]) > LEAST_STEP), points.dtype), axis=1)


def enclosed_area(points: Array) -> Array:
    """Return twice the signed area that the path of points encloses in the planes x-y, y-z and x-z, and its size.

    The area is the sum of cross products of consecutive points about their mean (the shoelace formula without the
    closing edge).

    Args:
        points: (N, T, 3).

    Returns:
        (N, 6): three signed areas, then their absolute values.
    """
    xp = array_namespace(points)
    centred = points - xp.mean(points, axis=1, keepdims=True)
    a, b = (select(centred, axes, axis=2) for axes in zip(*PLANES, strict=True))
    areas = xp.sum(a[:, :-1] * b[:, 1:] - a[:, 1:] * b[:, :-1], axis=1)
    return xp.concat([areas, xp.abs(areas)], axis=1)


def at_moments(values: Array, moments: int) -> Array:
    """Return the frames (N, moments, …) of (N, T, …) nearest to moments evenly spaced from the first to the last."""
    return select(values, np.rint(np.linspace(0, values.shape[1] - 1, moments)), axis=1)


def low_frequencies(relative: Array, frequencies: int) -> Array:
    """Return the amplitudes of slow oscillations.

    Args:
        relative: (N, T, V, C) joints.
        frequencies: number of frequencies: 1, 2, … cycles a recording.

    Returns:
        (N, frequencies, V * C) magnitudes of the discrete Fourier transform over T; 0 where T frames are too few.
    """
    xp = array_namespace(relative)
    n, frames = relative.shape[0], relative.shape[1]
    centred = xp.reshape(relative - xp.mean(relative, axis=1, keepdims=True), (n, frames, -1))
    waves = constant(_waves(frames, frequencies), relative) @ centred
    cosines, sines = waves[:, :frequencies], waves[:, frequencies:]
    return xp.sqrt(cosines * cosines + sines * sines) / frames


@lru_cache(maxsize=8)
def _waves(frames: int, frequencies: int) -> np.ndarray:
    """Return the matrix (2 * frequencies, T) of cosines, then sines; 0 for frequencies above half the frames."""
    cycles = np.arange(1, frequencies + 1)[:, None]
    phases = 2 * np.pi * cycles * np.arange(frames) / frames
    return np.concatenate([wave(phases) * (cycles <= frames // 2) for wave in (np.cos, np.sin)]).astype(np.float32)

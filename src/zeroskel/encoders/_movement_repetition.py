"""Repetition: how steadily a path repeats itself, how often a second, and how large it is."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from array_api_compat import array_namespace

from zeroskel.encoders._movement_body import Body, average_matrix, clip, ramp
from zeroskel.encoders._series import TINY, Array, constant, lagged_products

# Parts of the recording that are searched, as shares of it, and how much a repetition within them counts: a movement
# that repeats during half of the time repeats nearly as much as one that repeats throughout.
_PARTS = (
    ((0.0, 1.0), 1.0),
    ((0.0, 0.6), 0.95),
    ((0.2, 0.8), 0.95),
    ((0.4, 1.0), 0.95),
    ((0.12, 0.52), 0.85),
    ((0.3, 0.7), 0.85),
    ((0.48, 0.88), 0.85),
)
_LONGEST = 0.55  # longest period, as a share of the part: nearly two periods must be seen
_SHORTEST = 3  # frames of the shortest period
_SLOWEST = 0.25  # hertz


class Path(NamedTuple):
    """Path that may repeat itself.

    Attributes:
        points: (N, T, K).
        fastest: highest rate in hertz.
        least: root mean square amplitude below which a repetition is noise, in the unit of the points.
    """

    points: Array
    fastest: float
    least: float


class Repetition(NamedTuple):
    """The strongest repetition of a path.

    Attributes:
        strength: (N,), 0 (none) to 1 (steady).
        rate: (N,) repetitions a second; 0 without repetition.
        amplitude: (N,) root mean square distance from the middle.
    """

    strength: Array
    rate: Array
    amplitude: Array


def repetitions(body: Body) -> dict[str, Repetition]:
    """Return the repetition of the "left hand", the "right hand", the "feet" to each other and the "body"."""
    xp = array_namespace(body.joints)
    frames, apart = body.joints.shape[1], body.feet_apart
    feet = xp.stack([apart[..., 1], 0.5 * apart[..., 2]], axis=-1)
    observed = xp.astype(xp.max(xp.abs(body.joints), axis=(1, 3), keepdims=True) > 0, body.joints.dtype)
    relative = xp.reshape((body.joints - body.pelvis[:, :, None]) * observed, (body.joints.shape[0], frames, -1))
    paths = {
        "left hand": Path(body.hands[:, :, 0], 5.0, 0.03),
        "right hand": Path(body.hands[:, :, 1], 5.0, 0.03),
        "feet": Path(feet, 3.2, 0.012),
        "body": Path(xp.concat([relative, body.pelvis[..., 1:2] * 3], axis=2), 5.0, 0.1),
    }
    return dict(zip(paths, strongest_repetitions([*paths.values()], body.seconds), strict=True))


def strongest_repetitions(paths: Sequence[Path], seconds: Array) -> list[Repetition]:
    """Return the strongest repetition of each path, over the whole recording and parts of it.

    A path repeats itself after a lag if its autocorrelation there is high again after it was negative.

    Args:
        paths: P paths (N, T, K) of any K.
        seconds: (N,) from one frame to the next.

    Returns:
        P repetitions.
    """
    points = _stacked([path.points for path in paths])
    fastest, least = (
        constant(np.array(column), points) for column in ([p.fastest for p in paths], [p.least for p in paths])
    )
    strongest = None
    for matrix, weight in _views(points.shape[2]):
        of_view = _repetition(constant(matrix, points) @ points, seconds, fastest, least, weight)
        strongest = of_view if strongest is None else _stronger(strongest, of_view)
    if strongest is None:  # too short to repeat anything
        zeros = array_namespace(points).zeros_like(points[:, :, 0, 0])
        strongest = Repetition(zeros, zeros, zeros)
    return [Repetition(*(column[:, index] for column in strongest)) for index in range(len(paths))]


def _stacked(series: Sequence[Array]) -> Array:
    """Return series (N, T, K) of several K as (N, P, T, K) with zeros appended, which change no product."""
    xp = array_namespace(*series)
    n, frames = series[0].shape[0], series[0].shape[1]
    widest = max(part.shape[2] for part in series)
    padded = [
        xp.concat([part, xp.zeros((n, frames, widest - part.shape[2]), dtype=part.dtype)], axis=2) for part in series
    ]
    return xp.stack(padded, axis=1)


def _stronger(one: Repetition, other: Repetition) -> Repetition:
    xp = array_namespace(one.strength)
    better = other.strength > one.strength
    return Repetition(*(xp.where(better, new, old) for old, new in zip(one, other, strict=True)))


def _repetition(path: Array, seconds: Array, fastest: Array, least: Array, weight: float) -> Repetition:
    """Return the repetition (N, P) of centred paths (N, P, T, K), its strength multiplied by `weight`."""
    xp = array_namespace(path)
    n, count, frames = path.shape[0], path.shape[1], path.shape[2]
    lags = np.arange(int(frames * _LONGEST))
    energy = xp.sum(path * path, axis=3)
    shared, before = (constant(matrix, path) for matrix in _lag_matrices(frames, len(lags)))
    products = lagged_products(xp.reshape(path, (n * count, frames, -1)))[:, : len(lags)]
    correlation = xp.reshape(products, (n, count, len(lags))) / (energy @ shared + TINY)
    was_negative = xp.astype(correlation < -0.1, path.dtype) @ before > 0
    rates = 1 / (constant(np.maximum(lags, 1), path) * seconds[:, None, None])
    possible = (rates >= _SLOWEST) & (rates <= fastest[:, None]) & (constant(lags, path) >= _SHORTEST)
    peaks = xp.where(was_negative & possible, correlation, 0.0)
    best = xp.argmax(peaks * constant(1 - 0.3 * lags / len(lags), path), axis=2, keepdims=True)
    chosen = xp.asarray(lags) == best
    peak = xp.sum(xp.where(chosen, peaks, 0.0), axis=2)
    amplitude = xp.sqrt(xp.mean(energy, axis=2))
    strength = ramp(peak, 0.25, 0.65) * clip((amplitude - least) / (2 * least))
    rate = xp.sum(xp.where(chosen, rates, 0.0), axis=2)
    return Repetition(weight * strength, xp.where(strength > 0.02, rate, 0.0), amplitude)


@lru_cache(maxsize=8)
def _views(frames: int) -> list[tuple[np.ndarray, float]]:
    """Return matrices (T', T) that cut parts of T frames and subtract their linear trends, and the weight of each.

    The whole recording is also searched after slow movements were subtracted.
    """
    views = []
    for (begin, end), weight in _PARTS:
        part = np.eye(frames)[int(begin * frames) : int(end * frames)]
        size = len(part)
        if int(size * _LONGEST) <= _SHORTEST:
            continue
        trends, _ = np.linalg.qr(np.stack([np.ones(size), np.linspace(-1, 1, size)], axis=1))
        steady = part - trends @ (trends.T @ part)
        views.append((steady, weight))
        if weight == 1:
            slow = average_matrix(size, size // 4) @ average_matrix(size, size // 2)
            views.append((steady - slow @ steady, weight))
    return views


@lru_cache(maxsize=32)
def _lag_matrices(frames: int, lags: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (T, L), energy that frames a lag apart share, plus a tenth of all; and (L, L), sums up to each lag."""
    frame, lag = np.arange(frames)[:, None], np.arange(lags)
    shared = 0.5 * ((frame >= lag).astype(float) + (frame < frames - lag)) + 0.1
    return shared, np.triu(np.ones((lags, lags)))

"""Repetition: how steadily a path repeats itself, how often a second, and how large it is."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from zeroskel.encoders._movement_action import Action
from zeroskel.encoders._movement_body import LEFT, RIGHT, Body, average_matrix, clip, ramp
from zeroskel.encoders._series import TINY, Array, array_namespace, constant, dot, farthest, lagged_products

# Parts of the recording that are searched, as shares of it, by their length; and how much a repetition within them
# counts: a movement that repeats during half of the time repeats nearly as much as one that repeats throughout.
_PARTS = (
    (((0.0, 1.0),), 1.0),
    (((0.0, 0.6), (0.2, 0.8), (0.4, 1.0)), 0.95),
    (((0.12, 0.52), (0.3, 0.7), (0.48, 0.88)), 0.85),
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
        seconds: (N,) from one frame to the next.
    """

    points: Array
    fastest: float
    least: float
    seconds: Array


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


def repetitions(body: Body, action: Action) -> dict[str, Repetition]:
    """Return the repetition of the "left hand", the "right hand", the "feet" to each other and the "body"."""
    xp = array_namespace(body.joints)
    frames, apart = body.joints.shape[1], body.feet_apart
    feet = xp.stack([apart[..., 1], 0.5 * apart[..., 2]], axis=-1)
    observed = xp.astype(farthest(body.joints) > 0, body.joints.dtype)[:, None, :, None]
    relative = xp.reshape((body.joints - body.pelvis[:, :, None]) * observed, (body.joints.shape[0], frames, -1))
    hands = [action.cut(body.hands[:, :, side], side) for side in (LEFT, RIGHT)]
    paths = {
        **{
            f"{side} hand": Path(path, 5.0, 0.03, body.seconds * share)
            for side, (path, share) in zip(("left", "right"), hands, strict=True)
        },
        "feet": Path(feet, 3.2, 0.012, body.seconds),
        "body": Path(xp.concat([relative, body.pelvis[..., 1:2] * 3], axis=2), 5.0, 0.1, body.seconds),
    }
    *narrow, wide = paths.values()  # together, all would be as wide as the body's
    return dict(zip(paths, strongest_repetitions(narrow) + strongest_repetitions([wide]), strict=True))


def strongest_repetitions(paths: Sequence[Path]) -> list[Repetition]:
    """Return the strongest repetition of each path, over the whole recording and parts of it.

    A path repeats itself after a lag if its autocorrelation there is high again after it was negative.

    Args:
        paths: P paths (N, T, K) of any K.

    Returns:
        P repetitions.
    """
    points = _stacked([path.points for path in paths])
    fastest, least = (
        constant(np.array(column), points) for column in ([p.fastest for p in paths], [p.least for p in paths])
    )
    seconds = array_namespace(points).stack([path.seconds for path in paths], axis=1)
    groups = [_repetition(points, seconds, fastest, least, views) for views in _views(points.shape[2])]
    if not groups:  # too short to repeat anything
        nothing = array_namespace(points).zeros_like(points[:, 0, 0, 0])
        return [Repetition(nothing, nothing, nothing)] * len(paths)
    xp = array_namespace(points)
    strength, rate, amplitude = (xp.concat(columns, axis=2) for columns in zip(*groups, strict=True))
    best = _chosen(xp.argmax(strength, axis=2, keepdims=True), strength)
    strongest = [xp.sum(values * best, axis=2) for values in (strength, rate, amplitude)]
    return [Repetition(*(values[:, index] for values in strongest)) for index in range(len(paths))]


def _stacked(series: Sequence[Array]) -> Array:
    """Return series (N, T, K) of several K as (N, P, T, K) with zeros appended, which change no product."""
    xp = array_namespace(series[0])
    n, frames = series[0].shape[0], series[0].shape[1]
    widest = max(part.shape[2] for part in series)
    padded = [
        xp.concat([part, xp.zeros((n, frames, widest - part.shape[2]), dtype=part.dtype)], axis=2) for part in series
    ]
    return xp.stack(padded, axis=1)


class _Views(NamedTuple):
    """Parts of a recording of nearly one length, with constants of their lags.

    Attributes:
        cut: (W, T', T) matrices that cut a part of T frames, at the end filled up with zeros, and subtract its trend.
        shared: (W, T', L) energy that frames a lag apart share, as a mean of both, plus a tenth of all.
        searched: (W, L) 1 for lags that are searched, else 0.
        preference: (W, L) factor that prefers short periods to their multiples.
        frames: (W,) frames of each part.
        weight: how much a repetition counts.
    """

    cut: np.ndarray
    shared: np.ndarray
    searched: np.ndarray
    preference: np.ndarray
    frames: np.ndarray
    weight: float


def _repetition(points: Array, seconds: Array, fastest: Array, least: Array, views: _Views) -> Repetition:
    """Return the repetition (N, P, W) of paths (N, P, T, K) within W parts of the recording."""
    xp = array_namespace(points)
    parts = constant(views.cut, points) @ points[:, :, None]
    n, count, width, frames = parts.shape[0], parts.shape[1], parts.shape[2], parts.shape[3]
    lags = np.arange(views.searched.shape[1])
    energy = dot(parts, parts)
    possible_products = (energy[:, :, :, None] @ constant(views.shared, points))[:, :, :, 0]
    products = lagged_products(xp.reshape(parts, (n * count * width, frames, -1)), lags)
    correlation = xp.reshape(products, (n, count, width, len(lags))) / (possible_products + TINY)
    up_to_lag = constant(np.triu(np.ones((len(lags), len(lags)))), points)
    was_negative = xp.astype(correlation < -0.1, points.dtype) @ up_to_lag > 0
    rates = 1 / (constant(np.maximum(lags, 1), points) * seconds[..., None])[:, :, None]
    in_bounds = (rates >= _SLOWEST) & (rates <= fastest[:, None, None])
    peaks = xp.where(was_negative & in_bounds, correlation, 0.0) * constant(views.searched, points)
    lag = xp.argmax(peaks * constant(views.preference, points), axis=3, keepdims=True)
    chosen = _chosen(lag, peaks)
    amplitude = xp.sqrt(xp.sum(energy, axis=3) / constant(views.frames, points))
    strong_enough = clip((amplitude - least[:, None]) / (2 * least[:, None]))
    strength = ramp(xp.sum(peaks * chosen, axis=3), 0.25, 0.65) * strong_enough
    rate = xp.where(strength > 0.02, xp.sum(rates * chosen, axis=3), 0.0)
    return Repetition(views.weight * strength, rate, amplitude)


def _chosen(index: Array, values: Array) -> Array:
    """Return 1 at the index (…, 1) on the last axis of values (…, K) and 0 elsewhere."""
    xp = array_namespace(values)
    return xp.astype(xp.asarray(np.arange(values.shape[-1])) == index, values.dtype)


@lru_cache(maxsize=8)
def _views(frames: int) -> list[_Views]:
    """Return the parts of a recording of T frames that are long enough to repeat something, in groups of one length.

    The whole recording is searched twice: as it is, and after slow movements were subtracted.
    """
    groups = []
    for bounds, weight in _PARTS:
        parts = [np.eye(frames)[int(begin * frames) : int(end * frames)] for begin, end in bounds]
        if max(int(len(part) * _LONGEST) for part in parts) <= _SHORTEST:
            continue
        cuts = [_without_trend(part) for part in parts]
        if weight == 1:
            size = len(cuts[0])
            slow = average_matrix(size, size // 4) @ average_matrix(size, size // 2)
            cuts.append(cuts[0] - slow @ cuts[0])
        sizes = np.array([len(cut) for cut in cuts])
        longest = int(sizes.max())
        frame, lag = np.arange(longest)[:, None], np.arange(int(longest * _LONGEST))
        lags = (sizes * _LONGEST).astype(int)[:, None]
        groups.append(
            _Views(
                cut=np.stack([np.pad(cut, ((0, longest - len(cut)), (0, 0))) for cut in cuts]),
                shared=np.stack([0.5 * ((frame >= lag) + 1.0 * (frame < size - lag)) + 0.1 for size in sizes]),
                searched=((lag >= _SHORTEST) & (lag < lags)).astype(float),
                preference=1 - 0.3 * lag / lags,
                frames=sizes,
                weight=weight,
            )
        )
    return groups


def _without_trend(part: np.ndarray) -> np.ndarray:
    """Return the matrix (T', T) that cuts a part as the given one does and subtracts its linear trend."""
    trend, _ = np.linalg.qr(np.stack([np.ones(len(part)), np.linspace(-1, 1, len(part))], axis=1))
    return np.asarray(part - trend @ (trend.T @ part))

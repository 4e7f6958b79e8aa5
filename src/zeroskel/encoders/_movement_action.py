"""Moments of a recording in which an arm does what it does, apart from how it gets there and back to rest.

Most recordings of an action begin and end with hanging arms. The hand of a wave rises, waves and sinks, and only the
middle part is the wave. The rise and the fall count for the action if nothing else happens in between, as when an arm
is raised.
"""

import numpy as np

from zeroskel.encoders._movement_body import (
    FRONT,
    LEFT,
    OUT,
    RIGHT,
    UP,
    Body,
    averaged,
    clip,
    ramp,
    steps,
    weighted_deviation,
    weighted_mean,
    wrapped,
)
from zeroskel.encoders._series import TINY, Array, array_namespace, constant, dot, length, select

_SHORTEST = 0.2  # share of the recording that is cut out at least
_SHARPEST = 6.0  # radians for each arm length that a round path may turn
_PLANES = ((OUT, UP), (FRONT, UP), (OUT, FRONT))
_AVERAGED = 0.06  # share of the recording over which distances are averaged


def highest_before(series: Array) -> Array:
    """Return the highest value (N, T, K) of series (N, T, K) up to each frame."""
    if isinstance(series, np.ndarray):
        return np.maximum.accumulate(series, axis=1)
    later = np.where(np.tri(series.shape[1]), 0, -np.inf)[..., None]  # a graph has no cumulative maximum
    return array_namespace(series).max(series[:, None] + constant(later, series), axis=2)


def highest_after(series: Array) -> Array:
    """Return the highest value (N, T, K) of series (N, T, K) from each frame on."""
    xp = array_namespace(series)
    return xp.flip(highest_before(xp.flip(series, axis=1)), axis=1)


def in_trunk(body: Body) -> Array:
    """Return the hands (N, T, S, 3) relative to the neck along the axes of the trunk, in arm lengths."""
    xp = array_namespace(body.trunk)
    up = body.trunk / (length(body.trunk)[..., None] + TINY)
    right = body.right - up * dot(body.right, up)[..., None]
    right = right / (length(right)[..., None] + TINY)
    x, y = right, up
    front = xp.stack(
        [
            y[..., 1] * x[..., 2] - y[..., 2] * x[..., 1],
            y[..., 2] * x[..., 0] - y[..., 0] * x[..., 2],
            y[..., 0] * x[..., 1] - y[..., 1] * x[..., 0],
        ],
        axis=-1,
    )
    hands = body.points["hand"] - body.neck[:, :, None]
    parts = [dot(hands, axis[:, :, None]) for axis in (right, up, front)]
    return xp.stack(parts, axis=-1) / body.arm[..., None, None]


def from_rest(body: Body) -> Array:
    """Return how far (N, T, S) each hand is from where it hangs, along the trunk or straight down, in arm lengths."""
    xp = array_namespace(body.joints)
    shoulder = body.points["shoulder"]
    hand = (body.points["hand"] - shoulder) / body.arm[..., None, None]
    down = constant(np.array([0, -1, 0]), hand)
    along = -body.trunk / (length(body.trunk)[..., None] + TINY)
    return xp.minimum(length(hand - down), length(hand - along[:, :, None]))


def turns_and_area(path: Array, weight: Array) -> tuple[Array, Array]:
    """Return by how many full turns a path turns in three planes and how much area it encloses, both (N, S, 3).

    The area is compared with that of circles of the same length (the isoperimetric quotient). A corner turns no further
    than an arc of the same length and a radius of a sixth of an arm, and a path that turns back does not turn at all.

    Args:
        path: (N, T, S, 3) in arm lengths.
        weight: (N, T, S) from 0 to 1; moments with weight 0 do not count.
    """
    xp = array_namespace(path)
    frames = path.shape[1]
    first, second = zip(*_PLANES, strict=True)
    weights = weight[..., None]
    centred = path - weighted_mean(path, weights + 1e-3)[:, None]
    perimeter = xp.sum(length(steps(path)) * weight[:, 1:], axis=1) + 0.25
    a, b = select(centred, first, axis=3), select(centred, second, axis=3)
    area = xp.abs(xp.sum((a[:, :-1] * b[:, 1:] - a[:, 1:] * b[:, :-1]) * weights[:, 1:], axis=1) / 2)
    flat = xp.reshape(steps(path), (path.shape[0], frames - 1, -1))
    moved = xp.reshape(averaged(flat, int(frames * _AVERAGED)), (path.shape[0], frames - 1, *path.shape[2:]))
    a, b = select(moved, first, axis=3), select(moved, second, axis=3)
    gone = xp.sqrt(a * a + b * b)
    most = (gone[:, 1:] + gone[:, :-1]) / 2 * _SHARPEST
    turned = wrapped(steps(xp.atan2(b, a)))
    turned = xp.maximum(xp.minimum(turned, most), -most) * (1 - ramp(xp.abs(turned), 2.0, 2.8))
    turns = xp.sum(turned * weights[:, 2:], axis=1) / (2 * np.pi)
    rounds = xp.abs(turns).clip(1.0)
    return turns, rounds * area * 4 * np.pi / (perimeter * perimeter)[..., None]


class Action:
    """The action of both arms.

    Attributes:
        away: how far (N, T, S) each hand is from hanging, in arm lengths.
        whole: (N, T, 1) 1, and near 0 while arms that were held come to rest at first, if they act from rest later.
        weight: (N, T, S) how much a moment belongs to the action of the arm, from 0 to 1.
        onward: the same without the return to rest of an arm that came from rest.
    """

    def __init__(self, body: Body) -> None:
        xp = array_namespace(body.joints)
        frames = body.joints.shape[1]
        window = round(frames * _AVERAGED)
        path = xp.reshape(averaged(xp.reshape(body.hands, (body.hands.shape[0], frames, -1)), window), body.hands.shape)
        seen = xp.stack([body.observed["left arm"], body.observed["right arm"]], axis=1)
        self.away = xp.where(seen[:, None], averaged(from_rest(body), window), 0.0)
        rests = 1 - ramp(self.away, 0.3, 0.5)
        rested = highest_before((rests[:, :, LEFT] * rests[:, :, RIGHT])[..., None])
        later = xp.max(rested * ramp(self.away, 0.5, 0.8), axis=(1, 2), keepdims=True)
        first = self.away * (1 - rested)
        rises = xp.max(weighted_mean(highest_after(first) - first, 1 - rested + 0 * first), axis=1)[:, None, None]
        self.whole = 1 - 0.95 * (1 - rested) * later * (1 - ramp(rises, 0.04, 0.12))
        away = self.away * self.whole
        farthest = xp.max(away, axis=1, keepdims=True)
        leaves = ramp(farthest, 0.45, 0.7)
        far = ramp(away / xp.maximum(farthest, 0.3 + 0 * farthest), 0.6, 0.8)
        before, after = highest_before(far), highest_after(far)
        inside = xp.minimum(before, after)
        came = xp.max(rests * (1 - before), axis=1)[:, None]
        turns, area = turns_and_area(body.hands, self.whole + 0 * self.away)
        circles = xp.max(ramp(xp.abs(turns), 0.7, 0.95) * ramp(area, 0.45, 0.7), axis=2)
        only_there = xp.maximum(1 - self._moves(path, inside * self.whole), circles)[:, None]
        only_there = only_there * (0.25 + 0.75 * ramp(self.away, 0.2, 0.4))
        there = inside + (1 - before) * only_there

        def weight(back: Array) -> Array:
            return self.whole * (leaves * clip(there + (1 - after) * back) + 1 - leaves)

        self.weight, self.onward = weight(only_there), weight(only_there * (1 - came))

    def cut(self, series: Array, side: int) -> tuple[Array, Array]:
        """Return the part of a series in which one arm acts, stretched to the length of the whole, and how long it is.

        Args:
            series: (N, T, K).
            side: position of the arm on the axis S.

        Returns:
            (N, T, K) from the first to the last moment of the action, interpolated; its share of the time (N,).
        """
        xp = array_namespace(series)
        frames = series.shape[1]
        acts = xp.astype(self.onward[..., side, None] > 0.5, series.dtype)
        first = xp.sum(1 - highest_before(acts), axis=1)
        last = frames - 1 - xp.sum(1 - highest_after(acts), axis=1)
        least = _SHORTEST * (frames - 1)
        first = xp.minimum(xp.minimum(first, (first + last - least) / 2).clip(0), first * 0 + frames - 1 - least)
        share = xp.maximum((last - first) / max(frames - 1, 1), first * 0 + _SHORTEST)
        moments = first + share * constant(np.arange(frames), series)
        near = 1 - xp.abs(moments[..., None] - constant(np.arange(frames), series))
        return clip(near) @ series, share[:, 0]

    def _moves(self, path: Array, inside: Array) -> Array:
        """Return how much (N, S) a hand moves while it is away, other than on the way there and back.

        On the way there and back, its place depends on how far it is from rest alone, and it comes and goes only once.
        """
        xp = array_namespace(path)
        weights, away = inside[..., None], self.away[..., None]
        centred = (path - weighted_mean(path, weights)[:, None], away - weighted_mean(away, weights)[:, None])
        slope = weighted_mean(centred[0] * centred[1], weights) / (weighted_mean(centred[1] ** 2, weights) + 1e-3)
        other = length(weighted_deviation(centred[0] - slope[:, None] * centred[1], weights))
        filled = xp.minimum(highest_before(self.away), highest_after(self.away))
        valleys = weighted_mean(filled - self.away, inside)
        return xp.maximum(ramp(other, 0.05, 0.1), ramp(valleys, 0.02, 0.04))

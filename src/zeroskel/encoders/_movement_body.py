"""The body in which movement is measured: its points, its directions, its lengths, and what of it was observed.

All functions are written once for NumPy arrays and torch tensors, and can be traced into a graph with a fixed number of
frames T. N is the number of recordings; S = 2 stands for the left and the right side, in this order.
"""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np

from zeroskel.core import Layout
from zeroskel.encoders._measures import RolePoints
from zeroskel.encoders._movement_camera import levelled, steadied
from zeroskel.encoders._series import (
    TINY,
    Array,
    array_namespace,
    constant,
    deviation,
    dot,
    farthest,
    length,
    quantiles,
)

PAIRS = ("shoulder", "elbow", "wrist", "hand", "hip", "knee", "ankle")
LEFT, RIGHT = 0, 1  # positions on the axis S
OUT, UP, FRONT = 0, 1, 2  # components of a vector in the body's own directions
LEAST_TORSO = 0.05  # bounds of lengths that divide, so that missing limbs give no infinite values


def clip(values: Array, low: float = 0.0, high: float = 1.0) -> Array:
    """Return values bounded by `low` and `high`."""
    return values.clip(low, high)  # one node of a graph; the array API has no clip with numbers for both kinds


def ramp(values: Array, start: float, end: float) -> Array:
    """Return 0 up to `start`, 1 from `end`, and the linear interpolation between them."""
    return clip((values - start) / (end - start))


def log_ramp(values: Array, start: float, end: float) -> Array:
    """Return 0 up to `start`, 1 from `end`, and the interpolation of the logarithm between them, for speeds."""
    return clip(array_namespace(values).log(values.clip(TINY) / start) / float(np.log(end / start)))


def quantile(series: Array, share: float) -> Array:
    """Return a quantile (N, …) over time of series (N, T, …), interpolated linearly."""
    xp = array_namespace(series)
    flat = xp.reshape(series, (*series.shape[:2], -1))
    return xp.reshape(quantiles(flat, (share,)), (series.shape[0], *series.shape[2:]))


def columns_at(share: Sequence[float], *series: Array) -> list[list[Array]]:
    """Return quantiles over time of K series (N, T), sorted together because that is faster.

    Args:
        share: the quantiles, from 0 to 1.
        series: K series (N, T).

    Returns:
        For each quantile, K values (N,).
    """
    rows = quantiles(array_namespace(series[0]).stack(series, axis=2), tuple(share))
    return [[rows[:, row, column] for column in range(len(series))] for row in range(len(share))]


def between(series: Array, low: float = 0.05, high: float = 0.95) -> Array:
    """Return the distance (N, …) of two quantiles over time of series (N, T, …): its range without outliers."""
    xp = array_namespace(series)
    both = quantiles(xp.reshape(series, (*series.shape[:2], -1)), (low, high))
    return xp.reshape(both[:, 1] - both[:, 0], (series.shape[0], *series.shape[2:]))


def total(series: Array) -> Array:
    """Return the sum (N, …) over time of series (N, T, …), as a product, which NumPy does six times as fast."""
    xp = array_namespace(series)
    n, frames, *rest = series.shape
    sums = constant(np.ones((1, frames)), series) @ xp.reshape(series, (n, frames, -1))
    return xp.reshape(sums, (n, *rest))


def mean(series: Array) -> Array:
    """Return the mean (N, …) over time of series (N, T, …)."""
    return total(series) / series.shape[1]


def weighted_mean(series: Array, weights: Array) -> Array:
    """Return the mean (N, …) over time of series (N, T, …) with weights that broadcast to their shape."""
    return total(series * weights) / (total(weights) + TINY)


def weighted_deviation(series: Array, weights: Array) -> Array:
    """Return the standard deviation (N, …) over time of series (N, T, …) with weights that broadcast to their shape."""
    centred = series - weighted_mean(series, weights)[:, None]
    return array_namespace(series).sqrt(weighted_mean(centred * centred, weights))


def steps(series: Array) -> Array:
    """Return the differences (N, T - 1, …) of consecutive frames."""
    return series[:, 1:] - series[:, :-1]


def degrees(radians: Array) -> Array:
    """Return angles in degrees."""
    return radians * (180 / np.pi)


def wrapped(angles: Array) -> Array:
    """Return angles in radians, turned by full turns to between -pi and pi."""
    return angles - 2 * np.pi * array_namespace(angles).floor((angles + np.pi) / (2 * np.pi))


def unwrapped(angles: Array) -> Array:
    """Return angles (N, T) in radians from the first one on, without jumps by full turns; 0 in the first frame."""
    xp = array_namespace(angles)
    turned = wrapped(steps(angles)) @ constant(np.triu(np.ones((angles.shape[1] - 1,) * 2)), angles)
    return xp.concat([xp.zeros_like(angles[:, :1]), turned], axis=1)


def averaged(series: Array, window: int) -> Array:
    """Return moving averages (N, T, K) over `window` frames of series (N, T, K); the ends repeat the end frames."""
    return constant(average_matrix(series.shape[1], window), series) @ series


@lru_cache(maxsize=64)
def average_matrix(frames: int, window: int) -> np.ndarray:
    """Return the matrix (T, T) that computes moving averages over `window` of T frames."""
    window = max(1, min(window, frames))
    matrix = np.zeros((frames, frames))
    for offset in range(window):
        np.add.at(matrix, (np.arange(frames), np.clip(np.arange(frames) + offset - window // 2, 0, frames - 1)), 1)
    return matrix / window


def bend(first: Array, second: Array) -> Array:
    """Return the angle (…) in degrees between the directions of two bones (…, 3); 0 where the limb is straight."""
    xp = array_namespace(first)
    cosine = dot(first, second) / (length(first) * length(second) + TINY)
    return degrees(xp.acos(clip(cosine, -1.0, 1.0)))


class Body:
    """One moving body, with what all quantities refer to.

    Directions are those of the body: its own right and front are horizontal, at right angles to shoulders and hips, and
    follow its turns slowly. Lengths are medians over time, in the unit of the joints (torso lengths).

    Args:
        joints: (N, T, V, 3) with T at least 2, y up, the left side at negative x of a body that faces -z; a joint that
            was not observed is 0 throughout.
        seconds: (N,) from one frame to the next.
        layout: layout of the V joints.

    Attributes:
        joints: (N, T, V, 3), smoothed, and levelled where the body stands upright at some time.
        seconds: (N,).
        pelvis: middle of the hips (N, T, 3); so are `chest`, `head` and `neck`, the middle of the shoulders.
        points: pair of joints, such as "hand", to its points (N, T, S, 3).
        torso: length (N, 1) from pelvis to neck.
        arm: length (N, 1) of an arm, the mean of both.
        leg: length (N, 1) of a leg, the mean of both.
        floor: height (N, 1) of the floor, from the lower ankle.
        right: the body's own right (N, T, 3).
        front: the body's own front (N, T, 3).
    """

    def __init__(self, joints: Array, seconds: Array, layout: Layout) -> None:
        xp = array_namespace(joints)
        self.joints, self.seconds = levelled(steadied(joints, seconds), layout), seconds
        self._roles = RolePoints(self.joints, layout)
        self.pelvis, self.chest, self.head = (self._point(role) for role in ("pelvis", "chest", "head"))
        self.points = {
            pair: xp.stack([self._point(f"{pair}_left"), self._point(f"{pair}_right")], axis=2) for pair in PAIRS
        }
        shoulders, hips = self.points["shoulder"], self.points["hip"]
        self.neck = (shoulders[:, :, LEFT] + shoulders[:, :, RIGHT]) / 2
        self.trunk = self.neck - self.pelvis
        self.torso = quantile(length(self.trunk), 0.5).clip(LEAST_TORSO)[:, None]
        self.arm = xp.maximum(self._limb("shoulder", "elbow", "wrist"), 0.5 * self.torso)
        self.leg = xp.maximum(self._limb("hip", "knee", "ankle"), 0.8 * self.torso)
        lower_ankle = xp.min(self.points["ankle"][..., UP], axis=2)
        from_ankles = quantile(lower_ankle, 0.15)[:, None] - 0.08 * self.leg
        from_pelvis = quantile(self.pelvis[..., UP], 0.5)[:, None] - 1.08 * self.leg
        self.floor = xp.where(self.observed["legs"][:, None], from_ankles, from_pelvis)
        across = shoulders[:, :, RIGHT] - shoulders[:, :, LEFT] + hips[:, :, RIGHT] - hips[:, :, LEFT]
        across = averaged(across * constant(np.array([1, 0, 1]), joints), round(joints.shape[1] * 0.15))
        self.right = across / (length(across)[..., None] + TINY)
        x, z = self.right[..., 0], self.right[..., 2]
        self.front = xp.stack([z, xp.zeros_like(x), -x], axis=-1)

    def components(self, vectors: Array) -> Array:
        """Return vectors (N, T, 3) or (N, T, S, 3) by their components to the body's own right, up and front."""
        xp = array_namespace(vectors)
        right, front = (axis if vectors.ndim == 3 else axis[:, :, None] for axis in (self.right, self.front))
        parts = [dot(vectors, right), vectors[..., 1], dot(vectors, front)]
        return xp.stack(parts, axis=-1)

    def outward(self, vectors: Array) -> Array:
        """Return components of vectors (N, T, S, 3), the first to the side of the limb instead of the right."""
        return self.components(vectors) * constant(np.array([[-1, 1, 1], [1, 1, 1]]), vectors)

    @cached_property
    def lift(self) -> Array:
        """Height (N, T) of the pelvis above the floor, 1 where it is when the body stands upright."""
        return (self.pelvis[..., UP] - self.floor) / (1.08 * self.leg + 0.12 * self.torso)

    @cached_property
    def hands(self) -> Array:
        """Hands (N, T, S, 3) relative to the neck in the body's own directions, in arm lengths."""
        return self.components(self.points["hand"] - self.neck[:, :, None]) / self.arm[..., None, None]

    @cached_property
    def feet_apart(self) -> Array:
        """Vector (N, T, 3) from the left to the right ankle in the body's own directions, in leg lengths."""
        ankles = self.points["ankle"]
        return self.components(ankles[:, :, RIGHT] - ankles[:, :, LEFT]) / self.leg[..., None]

    @cached_property
    def observed(self) -> dict[str, Array]:
        """Return whether "trunk", "hips", "head", "left arm", "right arm", "legs" and "depth" (N,) were observed."""
        xp = array_namespace(self.joints)
        points = self._roles.points
        observed = (farthest(points) > 0) & (farthest(points - self.pelvis[:, :, None]) > TINY)
        nothing = xp.zeros_like(observed[:, 0])
        seen = {
            role: observed[:, self._roles.row(role)] if role in self._roles else nothing
            for role in ("head", *(f"{pair}_{side}" for pair in PAIRS for side in ("left", "right")))
        }
        hips = seen["hip_left"] & seen["hip_right"]
        moving_pelvis = farthest(self.pelvis) > 0
        trunk = seen["shoulder_left"] & seen["shoulder_right"] & (hips | moving_pelvis)
        arms = {
            f"{side} arm": trunk & seen[f"elbow_{side}"] & seen[f"wrist_{side}"] & seen[f"hand_{side}"]
            for side in ("left", "right")
        }
        legs = trunk & hips
        for joint in ("knee", "ankle"):
            legs = legs & seen[f"{joint}_left"] & seen[f"{joint}_right"]
        return {
            "trunk": trunk,
            "hips": trunk & hips,
            "head": trunk & seen["head"],
            **arms,
            "legs": legs,
            "depth": farthest(self.joints[..., 2]) > 0,
        }

    def _point(self, role: str) -> Array:
        if role in self._roles:
            return self._roles[role]
        return array_namespace(self.joints).zeros_like(self.joints[:, :, 0])

    def _limb(self, *pairs: str) -> Array:
        """Return the length (N, 1) of a limb along its joints, the mean of both sides."""
        xp = array_namespace(self.joints)
        bones = [self.points[one] - self.points[other] for one, other in pairwise(pairs)]
        medians = sum(quantile(length(bone), 0.5) for bone in bones)
        return xp.mean(medians, axis=1, keepdims=True)


def lead_and_other(values: dict[str, Array], right_leads: Array) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return the values (N,) of the lead limb and of the other one, by name.

    Args:
        values: values (N, S) of both sides by name.
        right_leads: (N,) from 0 (the left one leads) over 0.5 (both act alike) to 1 (the right one leads).
    """
    stacked = array_namespace(right_leads).stack([*values.values()], axis=2)
    left, right, share = stacked[:, LEFT], stacked[:, RIGHT], right_leads[:, None]
    lead, other = share * right + (1 - share) * left, share * left + (1 - share) * right
    return (
        {name: lead[:, index] for index, name in enumerate(values)},
        {name: other[:, index] for index, name in enumerate(values)},
    )


def right_share(difference: Array) -> Array:
    """Return how clearly the right limb leads, 0 to 1, from how much more it acts, -1 to 1 or beyond (N,)."""
    return 1 / (1 + array_namespace(difference).exp(-clip(6 * difference, -40.0, 40.0)))


def spread(series: Array) -> Array:
    """Return how far points (N, T, 3) stray: the length (N,) of their standard deviations over time."""
    return length(deviation(series))

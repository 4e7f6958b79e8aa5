"""Paths of hands and feet that repeat themselves: how far they go, and whether they are round."""

from typing import NamedTuple

import numpy as np

_ROUND = 0.6  # enclosed area, as a share of the ellipse of the same extents, from which a path is round
_NARROW = 0.4  # ratio of the extents of an ellipse that is no circle any more
_DIRECTIONS = ("moving from side to side", "moving up and down", "moving forward and back")


class RepeatedPath(NamedTuple):
    """Repeated part of a path.

    Attributes:
        extent: (3,) how far it goes outward, up and to the front.
        is_round: whether it goes round.
    """

    extent: np.ndarray
    is_round: bool

    def wording(self) -> str:
        """Return the words for the path."""
        return "circling" if self.is_round else _DIRECTIONS[int(self.extent.argmax())]


def repeated_path(path: np.ndarray, rate: float, seconds: float) -> RepeatedPath:
    """Return the part of a path that repeats itself, without slower movements.

    The path is round if it encloses nearly the area of the ellipse of the same extents:

        |sum of (a db - b da)| / (cycles 4 pi sd(a) sd(b))

    with the coordinates a and b of the two largest extents, which is 1 for an ellipse and 0 for a line or an eight.

    Args:
        path: (T, 3) outward, up and to the front; NaN where it was not observed.
        rate: repetitions a second.
        seconds: from one frame to the next.
    """
    known = path[~np.isnan(path).any(axis=1)]
    period = max(2, round(1 / max(rate, 0.1) / seconds))
    if len(known) <= period:
        return RepeatedPath(np.zeros(3), False)
    kernel = np.ones(period) / period
    slow = np.stack([np.convolve(axis, kernel, mode="valid") for axis in known.T], axis=1)
    start = (len(known) - len(slow)) // 2
    quick = known[start : start + len(slow)] - slow
    deviations = quick.std(axis=0)
    second, first = np.argsort(deviations)[-2:]
    a, b = quick[:, first], quick[:, second]
    enclosed = abs(np.sum(a[:-1] * b[1:] - b[:-1] * a[1:]))
    cycles = len(quick) * seconds * rate
    ellipse = cycles * 4 * np.pi * deviations[first] * deviations[second]
    is_round = enclosed > _ROUND * ellipse and deviations[second] > _NARROW * deviations[first]
    return RepeatedPath(2 * np.sqrt(2) * deviations, bool(is_round))

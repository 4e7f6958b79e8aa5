"""Check of a recording before its motion is judged: sampling rate, joints, size and position of the bodies."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from zeroskel.core import InputError, SkeletonSequence

LEAST_RATE = 2.0  # frames per second; fewer do not show motion
LEAST_OBSERVED = 1 / 3  # share of the joints of a layout that must have been observed at some time
LARGEST_COORDINATE = 1e12  # sums of squares of larger ones exceed float32
_SIZES = (1e-4, 1e7)  # metres; no unit makes a person smaller or larger
_FARTHEST = 1e6  # sizes of the body from the origin; farther away, float32 rounds to more than 6 % of the size


def check_motion(sequence: SkeletonSequence, name: str) -> None:
    """Raise InputError if the motion of a sequence of that name cannot be judged."""
    (fault,) = motion_faults([sequence])
    if fault:
        raise InputError(f"{name} {fault}")


def check_coordinates(sequence: SkeletonSequence, name: str) -> None:
    """Raise InputError if a sequence of that name has coordinates with which nothing can be computed."""
    fault = _fault_of_coordinates(np.fmax.reduce(np.abs(sequence.joints), axis=None))
    if fault:
        raise InputError(f"{name} {fault}")


def is_judged(sequence: SkeletonSequence) -> bool:
    """Return whether the motion of a sequence can be judged, so that `check_motion` accepts it."""
    return motion_faults([sequence]) == [""]


def motion_faults(sequences: Sequence[SkeletonSequence]) -> list[str]:
    """Return why the motion of each sequence cannot be judged, "" where it can. Those of one shape are read at once."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for index, sequence in enumerate(sequences):
        groups.setdefault(sequence.joints.shape, []).append(index)
    faults = [""] * len(sequences)
    for rows in groups.values():
        extents = _extents(np.stack([sequences[row].joints for row in rows]))
        for row, extent in zip(rows, extents, strict=True):
            faults[row] = _fault(sequences[row], extent)
    return faults


class _Extent(NamedTuple):
    """Extent of the bodies of one recording.

    Attributes:
        largest: largest coordinate without its sign; NaN without an observed one.
        seen: number of joints that were observed at some time.
        size: median of the largest extent along an axis, over the frames in which it is not 0; infinite without one.
        distance: median over the same frames of the largest coordinate without its sign.
    """

    largest: float
    seen: int
    size: float
    distance: float


def _extents(joints: np.ndarray) -> Iterator[_Extent]:
    """Yield the extent of each of N recordings (N, M, T, V, C)."""
    count = len(joints)
    points = np.ascontiguousarray(np.moveaxis(joints, (3, 4), (0, 1)))  # V, C, N, M, T, which NumPy reduces faster
    unseen = np.logical_or.reduce(np.isnan(points), axis=1)
    seen = (~unseen).any(axis=(2, 3)).sum(axis=0)
    highest, lowest = np.fmax.reduce(points), np.fmin.reduce(points)
    sizes = (highest - lowest).max(axis=0).reshape(count, -1)
    distances = np.maximum(highest, -lowest).max(axis=0).reshape(count, -1)
    in_space = sizes > 0  # False for NaN
    largest = np.fmax.reduce(np.maximum(np.abs(highest), np.abs(lowest)), axis=(0, 2, 3))
    medians = (_medians(values, in_space).tolist() for values in (sizes, distances))
    return map(_Extent, largest.tolist(), seen.tolist(), *medians)


def _medians(values: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Return the median of the counted ones in each row of values (N, K), infinite where there are none."""
    ascending = np.sort(np.where(counted, values, np.inf), axis=1)
    count, rows = counted.sum(axis=1), np.arange(len(values))
    lower, upper = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, values.shape[1] - 1)
    return (ascending[rows, lower].astype(np.float64) + ascending[rows, upper]) / 2


def _fault(sequence: SkeletonSequence, extent: _Extent) -> str:
    """Return why the motion of a sequence cannot be judged, "" where it can."""
    joints = len(sequence.layout.joints)
    if sequence.fps < LEAST_RATE:
        return (
            f"has {sequence.fps:g} frames per second, which do not show motion; expected {LEAST_RATE:g} or more. Check "
            "its sampling rate (fps)."
        )
    if fault := _fault_of_coordinates(extent.largest):
        return fault
    if not extent.seen:
        return f"has no observed joint in {sequence.frames} frames. Check or omit its file."
    if extent.seen < LEAST_OBSERVED * joints:
        return (
            f"has {extent.seen} of {joints} joints of layout {sequence.layout.name}; expected a third or more. Check "
            "the names of the joints in its file, or its layout."
        )
    if extent.size == np.inf:
        return "has all its joints at one point in every frame. Check or omit its file."
    if not _SIZES[0] <= extent.size <= _SIZES[1]:
        return f"has bodies of a size of {extent.size:.2g}; expected metres. Check the unit of its joints."
    if extent.distance > _FARTHEST * extent.size:
        return (
            f"has bodies at a distance of {extent.distance:.2g} from the origin, with a size of {extent.size:.2g}, and "
            "their joints are rounded too much. Move the origin of its coordinates."
        )
    return ""


def _fault_of_coordinates(largest: float) -> str:
    """Return why a recording with that largest coordinate cannot be computed with, "" where it can."""
    if largest > LARGEST_COORDINATE:
        bound = f"{LARGEST_COORDINATE:.0e}"
        return f"has coordinates above {bound}; expected metres. Use NaN for joints that were not observed."
    return ""

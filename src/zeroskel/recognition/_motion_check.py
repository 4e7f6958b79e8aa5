"""Check of a recording before its motion is judged: sampling rate, joints, size and position of the bodies."""

import warnings

import numpy as np

from zeroskel.core import InputError, SkeletonSequence

LEAST_RATE = 2.0  # frames per second; fewer do not show motion
LEAST_OBSERVED = 1 / 3  # share of the joints of a layout that must have been observed at some time
LARGEST_COORDINATE = 1e12  # sums of squares of larger ones exceed float32
_SIZES = (1e-4, 1e7)  # metres; no unit makes a person smaller or larger
_FARTHEST = 1e6  # sizes of the body from the origin; farther away, float32 rounds to more than 6 % of the size


def check_motion(sequence: SkeletonSequence, name: str) -> None:
    """Raise InputError if the motion of a sequence of that name cannot be judged."""
    if sequence.fps < LEAST_RATE:
        raise InputError(
            f"{name} has {sequence.fps:g} frames per second, which do not show motion; expected {LEAST_RATE:g} or "
            "more. Check its sampling rate (fps)."
        )
    check_coordinates(sequence, name)
    observed = sequence.observed
    seen, joints = int(observed.any(axis=(0, 1)).sum()), observed.shape[2]
    if not seen:
        raise InputError(f"{name} has no observed joint in {sequence.frames} frames. Check or omit its file.")
    if seen < LEAST_OBSERVED * joints:
        raise InputError(
            f"{name} has {seen} of {joints} joints of layout {sequence.layout.name}; expected a third or "
            "more. Check the names of the joints in its file, or its layout."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # frames without any joint
        highest, lowest = np.nanmax(sequence.joints, axis=2), np.nanmin(sequence.joints, axis=2)
    sizes = (highest - lowest).max(axis=-1)
    in_space = sizes > 0  # False for NaN
    if not in_space.any():
        raise InputError(f"{name} has all its joints at one point in every frame. Check or omit its file.")
    size = float(np.median(sizes[in_space]))
    distance = float(np.median(np.maximum(highest, -lowest).max(axis=-1)[in_space]))
    if not _SIZES[0] <= size <= _SIZES[1]:
        raise InputError(f"{name} has bodies of a size of {size:.2g}; expected metres. Check the unit of its joints.")
    if distance > _FARTHEST * size:
        raise InputError(
            f"{name} has bodies at a distance of {distance:.2g} from the origin, with a size of {size:.2g}, and their "
            "joints are rounded too much. Move the origin of its coordinates."
        )


def check_coordinates(sequence: SkeletonSequence, name: str) -> None:
    """Raise InputError if a sequence of that name has coordinates with which nothing can be computed."""
    if (np.abs(sequence.joints) > LARGEST_COORDINATE).any():
        raise InputError(
            f"{name} has coordinates above {LARGEST_COORDINATE:.0e}; expected metres. Use NaN for joints that were not "
            "observed."
        )


def is_judged(sequence: SkeletonSequence) -> bool:
    """Return whether the motion of a sequence can be judged, so that `check_motion` accepts it."""
    try:
        check_motion(sequence, "")
    except InputError:
        return False
    return True

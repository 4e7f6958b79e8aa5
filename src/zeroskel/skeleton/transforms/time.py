"""Transforms of time: gaps, sampling and partial observation."""

import numpy as np

from zeroskel.core import InputError, SkeletonSequence
from zeroskel.skeleton.transforms import _arrays


def fill_gaps(sequence: SkeletonSequence, max_gap: int = 10) -> SkeletonSequence:
    """Fill runs of at most `max_gap` unobserved frames of a joint.

    Gaps between two observations are interpolated linearly. A gap before the first or after the last observation
    repeats the nearest one. Longer gaps stay NaN.

    Args:
        sequence: recording with joints (M, T, V, C).
        max_gap: longest gap that is filled, in frames.

    Returns:
        A recording of the same shape.

    Raises:
        InputError: `max_gap` is negative.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import SkeletonSequence
        >>> from zeroskel.skeleton.transforms import fill_gaps
        >>> joints = np.arange(5.0)[:, None, None] * np.ones((20, 3))
        >>> joints[2] = np.nan
        >>> filled = fill_gaps(SkeletonSequence(joints, "kinect-20"))
        >>> filled.joints[0, :, 0, 0].tolist()
        [0.0, 1.0, 2.0, 3.0, 4.0]
    """
    if max_gap < 0:
        raise InputError(f"max_gap is {max_gap}; expected 0 or more frames")
    if not np.isnan(sequence.joints).any():
        return sequence
    return sequence.replace(_arrays.fill_gaps(sequence.joints[None], max_gap)[0])


def resample(sequence: SkeletonSequence, frames: int) -> SkeletonSequence:
    """Interpolate linearly at evenly spaced moments from the first frame to the last.

    Where one of the two neighbours was not observed the other one is used; where neither was, the result is NaN.

    Args:
        sequence: recording with joints (M, T, V, C).
        frames: number of frames of the result.

    Returns:
        A recording (M, frames, V, C) of the same duration, so with another number of frames per second. The recording
        itself if it already has that many frames.

    Raises:
        InputError: `frames` is below 1.

    Example:
        >>> from zeroskel.datasets.synthetic import generate_sequence
        >>> from zeroskel.skeleton.transforms import resample
        >>> resample(generate_sequence("squat", seed=0), 50).frames
        50
    """
    if frames < 1:
        raise InputError(f"frames is {frames}; expected at least 1")
    if frames == sequence.frames:
        return sequence
    joints = _arrays.resample(sequence.joints[None], frames)[0]
    return sequence.replace(joints, fps=sequence.fps * frames / sequence.frames)


def observe_first(sequence: SkeletonSequence, share: float) -> SkeletonSequence:
    """Return the first part of a recording, as it is known while the action still happens.

    Args:
        sequence: recording with joints (M, T, V, C).
        share: share of the frames that is observed, above 0 and at most 1.

    Returns:
        A recording of share * T frames, rounded, at least one.

    Raises:
        InputError: `share` is outside its range.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import SkeletonSequence
        >>> from zeroskel.skeleton.transforms import observe_first
        >>> observe_first(SkeletonSequence(np.zeros((60, 20, 3)), "kinect-20"), 0.25).frames
        15
    """
    if not 0 < share <= 1:
        raise InputError(f"share is {share}; expected more than 0 and at most 1")
    return sequence.replace(sequence.joints[:, : max(1, round(share * sequence.frames))])

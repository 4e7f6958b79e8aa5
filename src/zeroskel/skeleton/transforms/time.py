"""Gaps, sampling and how much of a recording was seen."""

import numpy as np

from zeroskel.core import InputError, SkeletonSequence


def fill_gaps(sequence: SkeletonSequence, max_gap: int = 10) -> SkeletonSequence:
    """Fill runs of at most `max_gap` unobserved frames of a joint.

    Between two observations linearly; before the first and after the last with the nearest one. Longer runs stay NaN.
    """
    if max_gap < 0:
        raise InputError(f"max_gap is {max_gap}; expected 0 or more frames")
    missing = ~sequence.observed
    if not missing.any():
        return sequence
    joints = sequence.joints.copy()
    frames = np.arange(sequence.frames)
    for body, joint in zip(*np.nonzero(missing.any(axis=1) & ~missing.all(axis=1)), strict=True):
        gone = missing[body, :, joint]
        here = np.flatnonzero(~gone)
        starts = np.flatnonzero(gone & ~np.r_[False, gone[:-1]])
        ends = np.flatnonzero(gone & ~np.r_[gone[1:], False]) + 1
        short = [frames[a:b] for a, b in zip(starts, ends, strict=True) if b - a <= max_gap]
        if not short:
            continue
        at = np.concatenate(short)
        for channel in range(sequence.channels):
            joints[body, at, joint, channel] = np.interp(at, here, joints[body, here, joint, channel])
    return sequence.replace(joints)


def resample(sequence: SkeletonSequence, frames: int) -> SkeletonSequence:
    """Linear interpolation to `frames` evenly spaced moments from the first frame to the last; fps changes with it.

    Where one of the two neighbours was not observed the other one serves; where neither was, NaN.
    """
    if frames < 1:
        raise InputError(f"frames is {frames}; expected at least 1")
    if frames == sequence.frames:
        return sequence
    moments = np.linspace(0, sequence.frames - 1, frames)
    before = np.floor(moments).astype(int)
    after = np.minimum(before + 1, sequence.frames - 1)
    share = (moments - before).astype(np.float32)[:, None, None]
    first, second = sequence.joints[:, before], sequence.joints[:, after]
    if np.isnan(sequence.joints).any():
        first, second = np.where(np.isnan(first), second, first), np.where(np.isnan(second), first, second)
    return sequence.replace(first * (1 - share) + second * share, fps=sequence.fps * frames / sequence.frames)


def observe_first(sequence: SkeletonSequence, share: float) -> SkeletonSequence:
    """The first `share` (0 to 1] of the frames, at least one: what is known when the action is only partly over."""
    if not 0 < share <= 1:
        raise InputError(f"share is {share}; expected more than 0 and at most 1")
    return sequence.replace(sequence.joints[:, : max(1, round(share * sequence.frames))])

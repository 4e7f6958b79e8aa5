"""Which bodies of a recording are the actors."""

import numpy as np

from zeroskel.core import InputError, SkeletonSequence

# Thresholds of the preprocessing of NTU RGB+D that SGN (Zhang et al. 2020) and CTR-GCN (Chen et al. 2021) published.
NOISE_FRAMES = 11  # a body observed in at most so many frames is a ghost
NOISE_SPREAD = 0.8  # a person is wide at most so many times the height; a chair is wider
NOISE_SHARE = 0.69754  # a body too wide in so many of its frames is no person
NOISE_MOTION = (0.089925, 2.0)  # square metres


def choose_main_bodies(sequence: SkeletonSequence, count: int = 2) -> SkeletonSequence:
    """Keep the `count` bodies that are observed and move most, in falling order.

    A body's weight is its spread over time (variance of each joint coordinate, summed) times the share of the recording
    in which it was observed, so that neither a ghost of a few frames nor furniture taken for a person wins.

    Args:
        sequence: (M, T, V, C).
        count: how many bodies the result may have; fewer are kept when the recording has fewer.

    Returns:
        SkeletonSequence with min(M, count) bodies.
    """
    _check_count(count)
    if sequence.bodies <= 1:
        return sequence
    seen = sequence.observed
    weights = []
    for body, observed in zip(sequence.joints, seen, strict=True):
        frames = observed.any(axis=1)
        share = frames.mean()
        spread = 0.0
        if frames.sum() > 1:
            values = np.where(observed[..., None], body, np.nan)[frames]
            complete = observed[frames].sum(axis=0) > 1
            spread = float(np.nanvar(values[:, complete], axis=0).sum())
        weights.append(share * (spread + 1e-9))
    order = np.argsort(-np.asarray(weights), kind="stable")[:count]
    return sequence.replace(sequence.joints[order])


def main_actors(sequence: SkeletonSequence, count: int = 2) -> SkeletonSequence:
    """The actors of an NTU recording by the field's usual rules: denoise_bodies, then merge_bodies."""
    return merge_bodies(denoise_bodies(sequence), count)


def denoise_bodies(
    sequence: SkeletonSequence,
    *,
    frames: int = NOISE_FRAMES,
    spread: float = NOISE_SPREAD,
    share: float = NOISE_SHARE,
    motion: tuple[float, float] = NOISE_MOTION,
) -> SkeletonSequence:
    """Leave out bodies that are no actors: ghosts, furniture, and what hardly moves or jumps about.

    Three rules after each other; a recording of one body, or left with one, is not looked at further.

    1. Bodies observed in at most `frames` frames go. If that is all of them, the one observed longest stays.
    2. A frame is noisy when the joints spread more than `spread` times as far in x as in y. Bodies whose share of noisy
       frames is at least `share` go. If that is all of them, the one with the smallest share stays.
    3. Bodies whose motion is outside `motion` go, except the one with most.

    Motion is as in the preprocessing where the thresholds come from: the variance of x, y and z over all observed
    joints of all frames together, summed; or of the frames that are not noisy, if that is less. The published code has
    rule 3 but leaves it out in the end: `motion=(0, float("inf"))` does the same.

    Args:
        sequence: (M, T, V, C) with y up.
        frames, spread, share, motion: thresholds as above; motion in square units of the joints.

    Returns:
        The sequence with the bodies that stay, at least one, in their order.
    """
    if sequence.bodies == 1:
        return sequence
    joints = sequence.joints
    length = _frames_of(joints).sum(axis=1)
    joints = joints[_those_or_best(length > frames, length)]
    if len(joints) == 1:
        return sequence.replace(joints)
    noisy = _noisy_frames(joints, spread)
    share_of_noise = noisy.sum(axis=1) / np.maximum(_frames_of(joints).sum(axis=1), 1)
    joints = joints[_those_or_best(share_of_noise < share, -share_of_noise)]
    amount = _motion(joints, spread)
    lowest, highest = motion
    stays = (amount >= lowest) & (amount <= highest) | (np.arange(len(amount)) == np.argmax(amount))
    return sequence.replace(joints[stays])


def merge_bodies(sequence: SkeletonSequence, count: int = 2) -> SkeletonSequence:
    """Join bodies that are one person under changing tracking ids.

    In falling order of motion (see denoise_bodies) each body takes the first of `count` places in none of whose frames
    it is observed; a body that finds no place is left out.

    Args:
        sequence: (M, T, V, C).
        count: how many bodies the result may have.

    Returns:
        The sequence with as many bodies as places were taken; NaN where a place has no body. A recording of one body
        is returned as it is.
    """
    _check_count(count)
    if sequence.bodies == 1:
        return sequence
    there = _frames_of(sequence.joints)
    count = min(count, sequence.bodies)
    places = np.full((count, *sequence.joints.shape[1:]), np.nan, np.float32)
    taken = np.zeros((count, sequence.frames), bool)
    for body in np.argsort(-_motion(sequence.joints, NOISE_SPREAD), kind="stable"):
        free = np.flatnonzero(~(taken & there[body]).any(axis=1))
        if len(free):
            places[free[0], there[body]] = sequence.joints[body, there[body]]
            taken[free[0]] |= there[body]
    return sequence.replace(places[: max(1, np.count_nonzero(taken.any(axis=1)))])


def _check_count(count: int) -> None:
    if count < 1:
        raise InputError(f"count is {count}; expected at least one body")


def _those_or_best(stays: np.ndarray, merit: np.ndarray) -> np.ndarray:
    """Indices of the bodies that stay; of the best, the first of equals, if none does."""
    return np.flatnonzero(stays) if stays.any() else np.array([np.argmax(merit)])


def _observed(joints: np.ndarray) -> np.ndarray:
    return ~np.isnan(joints).any(axis=-1)


def _frames_of(joints: np.ndarray) -> np.ndarray:
    """(M, T) whether any joint of a body is observed in a frame."""
    return np.asarray(_observed(joints).any(axis=-1))


def _noisy_frames(joints: np.ndarray, spread: float) -> np.ndarray:
    """(M, T) whether the observed joints of a body are too wide for their height."""
    observed = _observed(joints)[..., None]
    highest = np.where(observed, joints[..., :2], -np.inf).max(axis=2)
    lowest = np.where(observed, joints[..., :2], np.inf).min(axis=2)
    extent = np.where(np.isfinite(highest), highest, 0) - np.where(np.isfinite(lowest), lowest, 0)
    return np.asarray(extent[..., 0] > spread * extent[..., 1])


def _motion(joints: np.ndarray, spread: float) -> np.ndarray:
    """(M,) variance of the coordinates over all joints and frames, or over the frames that are not noisy, if less."""
    observed = _observed(joints)
    clean = observed & ~_noisy_frames(joints, spread)[..., None]
    whole = _variance(joints, observed)
    return np.where(clean.any(axis=(1, 2)), np.minimum(whole, _variance(joints, clean)), whole)


def _variance(joints: np.ndarray, used: np.ndarray) -> np.ndarray:
    """(M,) sum over the channels of the variance of the joints used, in float64."""
    values = np.where(used[..., None], joints, 0).astype(np.float64)
    number = np.maximum(used.sum(axis=(1, 2)), 1)[:, None]
    apart = np.where(used[..., None], values - (values.sum(axis=(1, 2)) / number)[:, None, None], 0)
    return ((apart**2).sum(axis=(1, 2)) / number).sum(axis=-1)

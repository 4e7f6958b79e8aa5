"""Selection of the bodies of a recording that act."""

import numpy as np

from zeroskel.core import InputError, SkeletonSequence
from zeroskel.skeleton.transforms import _arrays

# Thresholds of the preprocessing of NTU RGB+D that SGN (Zhang et al. 2020) and CTR-GCN (Chen et al. 2021) published.
_NOISE_FRAMES = 11  # a body observed in at most so many frames is a ghost
_NOISE_SPREAD = 0.8  # a person is at most so many times as wide as high; a chair is wider
_NOISE_SHARE = 0.69754  # a body that is too wide in so large a share of its frames is not a person
_NOISE_MOTION = (0.089925, 2.0)  # square metres


def choose_main_bodies(sequence: SkeletonSequence, count: int = 2) -> SkeletonSequence:
    """Select the bodies that are observed and move most, in descending order.

    The weight of a body is its spread over time (variance of each joint coordinate, summed) times the share of the
    recording in which it was observed. Neither a ghost of a few frames nor furniture that was detected as a person has
    a large weight.

    Args:
        sequence: recording with joints (M, T, V, C).
        count: largest number of bodies of the result.

    Returns:
        A recording with min(M, count) bodies.

    Raises:
        InputError: `count` is below 1.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import SkeletonSequence
        >>> from zeroskel.skeleton.transforms import choose_main_bodies
        >>> joints = np.zeros((2, 9, 20, 3))
        >>> joints[1] += np.arange(9.0)[:, None, None]  # the second body moves
        >>> float(choose_main_bodies(SkeletonSequence(joints, "kinect-20"), count=1).joints.max())
        8.0
    """
    _check_count(count)
    return sequence.replace(_arrays.main_bodies(sequence.joints[None], count)[0])


def main_actors(sequence: SkeletonSequence, count: int = 2) -> SkeletonSequence:
    """Select the actors of an NTU RGB+D recording by the usual rules: `denoise_bodies`, then `merge_bodies`.

    Args:
        sequence: recording with joints (M, T, V, C), y up, in metres.
        count: largest number of bodies of the result.

    Returns:
        A recording with at most `count` bodies.

    Raises:
        InputError: `count` is below 1.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import SkeletonSequence
        >>> from zeroskel.skeleton.transforms import main_actors
        >>> main_actors(SkeletonSequence(np.zeros((1, 9, 25, 3)), "ntu-25")).bodies
        1
    """
    return merge_bodies(denoise_bodies(sequence), count)


def denoise_bodies(
    sequence: SkeletonSequence,
    *,
    frames: int = _NOISE_FRAMES,
    spread: float = _NOISE_SPREAD,
    share: float = _NOISE_SHARE,
    motion: tuple[float, float] = _NOISE_MOTION,
) -> SkeletonSequence:
    """Remove bodies that are not actors: ghosts, furniture, and bodies that hardly move or jump about.

    Three rules apply one after the other. A recording of one body, or with one body left, is not examined further.

    1. Bodies observed in at most `frames` frames are removed. If these are all bodies, the one observed longest stays.
    2. A frame is noisy when the joints spread more than `spread` times as far in x as in y. Bodies whose share of noisy
       frames is at least `share` are removed. If these are all bodies, the one with the smallest share stays.
    3. Bodies whose motion is outside `motion` are removed, except the one that moves most.

    Motion is defined as in the preprocessing from which the thresholds come: the variance of x, y and z over all
    observed joints of all frames together, summed; or that of the frames that are not noisy, if it is lower. The
    published code has rule 3 but does not apply it in the end: `motion=(0, float("inf"))` does the same.

    Args:
        sequence: recording with joints (M, T, V, C), y up.
        frames: threshold of rule 1 in frames.
        spread: threshold of a noisy frame.
        share: threshold of rule 2.
        motion: lowest and highest motion of rule 3, in square units of the joints.

    Returns:
        A recording of the remaining bodies, at least one, in their order.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import SkeletonSequence
        >>> from zeroskel.skeleton.transforms import denoise_bodies
        >>> joints = np.random.default_rng(0).normal(size=(2, 40, 25, 3))
        >>> joints[0, 5:] = np.nan  # a ghost of five frames
        >>> denoise_bodies(SkeletonSequence(joints, "ntu-25")).bodies
        1
    """
    if sequence.bodies == 1:
        return sequence
    joints = sequence.joints
    length = _observed_frames(joints).sum(axis=1)
    joints = joints[_passing_or_best(length > frames, length)]
    if len(joints) == 1:
        return sequence.replace(joints)
    noisy = _noisy_frames(joints, spread)
    share_of_noise = noisy.sum(axis=1) / np.maximum(_observed_frames(joints).sum(axis=1), 1)
    joints = joints[_passing_or_best(share_of_noise < share, -share_of_noise)]
    amount = _motion(joints, spread)
    lowest, highest = motion
    moves_most = np.arange(len(amount)) == np.argmax(amount)
    return sequence.replace(joints[(amount >= lowest) & (amount <= highest) | moves_most])


def merge_bodies(sequence: SkeletonSequence, count: int = 2) -> SkeletonSequence:
    """Join bodies that are one person under changing tracking ids.

    In descending order of motion (see `denoise_bodies`), each body is written to the first of `count` tracks in whose
    frames it is not observed. A body that fits no track is removed.

    Args:
        sequence: recording with joints (M, T, V, C).
        count: largest number of bodies of the result.

    Returns:
        A recording with one body for each track used, NaN where a track has no body. A recording of one body does not
        change.

    Raises:
        InputError: `count` is below 1.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import SkeletonSequence
        >>> from zeroskel.skeleton.transforms import merge_bodies
        >>> joints = np.zeros((2, 10, 25, 3))
        >>> joints[0, 5:] = np.nan  # the tracking id changes after five frames
        >>> joints[1, :5] = np.nan
        >>> merge_bodies(SkeletonSequence(joints, "ntu-25")).bodies
        1
    """
    _check_count(count)
    if sequence.bodies == 1:
        return sequence
    observed = _observed_frames(sequence.joints)
    count = min(count, sequence.bodies)
    tracks = np.full((count, *sequence.joints.shape[1:]), np.nan, np.float32)
    used = np.zeros((count, sequence.frames), bool)
    for body in np.argsort(-_motion(sequence.joints, _NOISE_SPREAD), kind="stable"):
        free = np.flatnonzero(~(used & observed[body]).any(axis=1))
        if len(free):
            tracks[free[0], observed[body]] = sequence.joints[body, observed[body]]
            used[free[0]] |= observed[body]
    return sequence.replace(tracks[: max(1, np.count_nonzero(used.any(axis=1)))])


def _check_count(count: int) -> None:
    if count < 1:
        raise InputError(f"count is {count}; expected at least one body")


def _passing_or_best(passing: np.ndarray, merit: np.ndarray) -> np.ndarray:
    """Return the indices of the bodies that pass a rule, or of the first with the highest merit if none does."""
    return np.flatnonzero(passing) if passing.any() else np.array([np.argmax(merit)])


def _observed_frames(joints: np.ndarray) -> np.ndarray:
    """Return whether any joint of a body is observed in a frame, as (M, T)."""
    return np.asarray(_arrays.observed_joints(joints).any(axis=-1))


def _noisy_frames(joints: np.ndarray, spread: float) -> np.ndarray:
    """Return whether the observed joints of a body are too wide for their height, as (M, T)."""
    observed = _arrays.observed_joints(joints)[..., None]
    highest = np.where(observed, joints[..., :2], -np.inf).max(axis=2)
    lowest = np.where(observed, joints[..., :2], np.inf).min(axis=2)
    extent = np.where(np.isfinite(highest), highest, 0) - np.where(np.isfinite(lowest), lowest, 0)
    return np.asarray(extent[..., 0] > spread * extent[..., 1])


def _motion(joints: np.ndarray, spread: float) -> np.ndarray:
    """Return the variance (M,) over all joints and frames, or over the frames that are not noisy if it is lower."""
    observed = _arrays.observed_joints(joints)
    clean = observed & ~_noisy_frames(joints, spread)[..., None]
    variance = _variance(joints, observed)
    return np.where(clean.any(axis=(1, 2)), np.minimum(variance, _variance(joints, clean)), variance)


def _variance(joints: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Return the variance (M,) of the joints used, summed over the channels, in float64."""
    values = np.where(used[..., None], joints, 0).astype(np.float64)
    number = np.maximum(used.sum(axis=(1, 2)), 1)[:, None]
    centred = np.where(used[..., None], values - (values.sum(axis=(1, 2)) / number)[:, None, None], 0)
    return ((centred**2).sum(axis=(1, 2)) / number).sum(axis=-1)

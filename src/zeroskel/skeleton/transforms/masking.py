"""SMIE's temporal mask: remove the frames that move most, then more at random."""

import numpy as np

from zeroskel.core import InputError


def motion_energy(batch: np.ndarray) -> np.ndarray:
    """Measure how much each frame moves.

    The energy is the squared forward difference plus the squared backward difference, averaged over C, V and M. The
    first frame has no backward difference and the last frame no forward difference.

    Args:
        batch: (N, C, T, V, M).

    Returns:
        (N, T) energies.

    Example:
        >>> import numpy as np
        >>> from zeroskel.skeleton.transforms import motion_energy
        >>> motion_energy(np.array([0.0, 1.0, 3.0, 3.0]).reshape(1, 1, 4, 1, 1)).tolist()
        [[1.0, 5.0, 4.0, 0.0]]
    """
    steps = np.diff(np.asarray(batch), axis=2) ** 2
    steps = steps.mean(axis=(1, 3, 4))
    energy = np.zeros((batch.shape[0], batch.shape[2]), steps.dtype)
    energy[:, :-1] += steps
    energy[:, 1:] += steps
    return energy


def low_motion_frames(batch: np.ndarray, keep: int = 35) -> np.ndarray:
    """Select the frames of least motion energy of each sequence (SMIE, section 3.3).

    Args:
        batch: (N, C, T, V, M).
        keep: number of frames to select, 1 to T; SMIE selects 35 of 50.

    Returns:
        (N, keep) frame indices in temporal order.

    Raises:
        InputError: `keep` is not between 1 and T.

    Example:
        >>> import numpy as np
        >>> from zeroskel.skeleton.transforms import low_motion_frames
        >>> batch = np.array([0.0, 1.0, 3.0, 3.0]).reshape(1, 1, 4, 1, 1)
        >>> low_motion_frames(batch, keep=2).tolist()
        [[0, 3]]
    """
    if not 1 <= keep <= batch.shape[2]:
        raise InputError(f"keep is {keep}; expected 1 to {batch.shape[2]}, the number of frames")
    return np.sort(np.argsort(motion_energy(batch), axis=1, kind="stable")[:, :keep], axis=1)


def temporal_mask(
    batch: np.ndarray,
    rng: np.random.Generator | None = None,
    *,
    keep: int = 35,
    frames: int = 20,
    positions: np.ndarray | None = None,
) -> np.ndarray:
    """Return SMIE's masked view: a random part, in temporal order, of the frames of least motion.

    Args:
        batch: (N, C, T, V, M).
        rng: generator that draws `frames` of the `keep` frames for each sequence. Rows are drawn in order, so the
            result does not depend on how a dataset is cut into batches.
        keep: number of frames after the most moving ones are removed (SMIE: 35 of 50).
        frames: number of frames of the result (SMIE: 20).
        positions: (frames,) sorted positions within the `keep` frames, the same for every sequence (as the published
            code draws them), instead of a random draw.

    Returns:
        (N, C, frames, V, M).

    Raises:
        InputError: `frames` is above `keep`, or neither `rng` nor `positions` is given.

    Example:
        >>> import numpy as np
        >>> from zeroskel.skeleton.transforms import temporal_mask
        >>> batch = np.zeros((2, 3, 50, 20, 1), np.float32)
        >>> temporal_mask(batch, np.random.default_rng(0)).shape
        (2, 3, 20, 20, 1)
    """
    candidates = low_motion_frames(batch, keep)
    if positions is None:
        if rng is None or not 1 <= frames <= keep:
            raise InputError(f"frames is {frames}; expected 1 to keep={keep}, with a generator or fixed positions")
        positions = np.sort(np.argsort(rng.random(candidates.shape), axis=1)[:, :frames], axis=1)
    else:
        positions = np.broadcast_to(np.asarray(positions), (len(candidates), len(positions)))
    chosen = np.take_along_axis(candidates, positions, axis=1)
    return np.take_along_axis(np.asarray(batch), chosen[:, None, :, None, None], axis=2)

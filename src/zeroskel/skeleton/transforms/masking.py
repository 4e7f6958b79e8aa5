"""SMIE's temporal mask: drop the frames that move most, then some more at random."""

import numpy as np

from zeroskel.core import InputError


def motion_energy(batch: np.ndarray) -> np.ndarray:
    """How much each frame moves: squared forward plus squared backward difference, averaged over C, V and M.

    Args:
        batch: (N, C, T, V, M).

    Returns:
        (N, T). The first frame has no backward, the last no forward difference.
    """
    steps = np.diff(np.asarray(batch), axis=2) ** 2
    steps = steps.mean(axis=(1, 3, 4))
    energy = np.zeros((batch.shape[0], batch.shape[2]), steps.dtype)
    energy[:, :-1] += steps
    energy[:, 1:] += steps
    return energy


def low_motion_frames(batch: np.ndarray, keep: int = 35) -> np.ndarray:
    """The `keep` frames of least motion energy of each sequence, in temporal order (SMIE, section 3.3).

    Args:
        batch: (N, C, T, V, M).
        keep: how many frames stay; SMIE keeps 35 of 50.

    Returns:
        (N, keep) sorted frame indices. Raises InputError when keep is not between 1 and T.
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
    """SMIE's masked view: the frames of least motion, of which a random part in temporal order remains.

    Args:
        batch: (N, C, T, V, M).
        rng: draws which `frames` of the `keep` remain, anew for each sequence. Rows are drawn in order, so that the
            result does not depend on how a data set is cut into batches.
        keep: frames left after the most moving ones are dropped (SMIE: 35 of 50).
        frames: frames left in the end (SMIE: 20).
        positions: (frames,) sorted positions within the kept ones, the same for every sequence (as the published
            code draws them), instead of a random draw.

    Returns:
        (N, C, frames, V, M). Raises InputError when fewer are kept than remain, or neither rng nor positions is given.
    """
    kept = low_motion_frames(batch, keep)
    if positions is None:
        if rng is None or not 1 <= frames <= keep:
            raise InputError(f"frames is {frames}; expected 1 to keep={keep}, with a generator or fixed positions")
        positions = np.sort(np.argsort(rng.random(kept.shape), axis=1)[:, :frames], axis=1)
    else:
        positions = np.broadcast_to(np.asarray(positions), (len(kept), len(positions)))
    chosen = np.take_along_axis(kept, positions, axis=1)
    return np.take_along_axis(np.asarray(batch), chosen[:, None, :, None, None], axis=2)

"""Recognition while a sequence is still being seen: when does the answer settle?"""

import numpy as np

from zeroskel.core import InputError


def settling_share(predictions_by_share: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """For each sample the first observed share from which on the answer stays what it is in the end.

    Times the number of frames, it is the frame at which the answer settles. Right or wrong does not matter: it says
    when waiting longer stops to change anything.

    Args:
        predictions_by_share: (S, N) class ids answered from each share of the frames.
        shares: (S,) rising, e.g. 0.1 to 1.

    Returns:
        (N,) each one of the shares.

    Raises:
        InputError: shapes differ, no share, or shares that do not rise.
    """
    answers, shares = np.asarray(predictions_by_share), np.asarray(shares, np.float64)
    if shares.ndim != 1 or not len(shares) or answers.ndim != 2 or len(answers) != len(shares):
        raise InputError(f"predictions {answers.shape} for shares {shares.shape}; expected (S, N) for (S,), S above 0")
    if not (np.isfinite(shares).all() and (np.diff(shares) > 0).all()):
        raise InputError(f"shares are {shares.tolist()}; expected rising numbers")
    as_in_the_end = np.logical_and.accumulate((answers == answers[-1])[::-1])
    return shares[len(shares) - as_in_the_end.sum(axis=0)]

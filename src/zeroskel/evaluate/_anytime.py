"""Recognition while a sequence is still being observed: when does the prediction settle?"""

import numpy as np

from zeroskel.core import InputError


def settling_share(predictions_by_share: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return for each sample the first observed share from which on the prediction stays the final one.

    Times the number of frames, it is the frame at which the prediction settles, whether it is right or wrong.

    Args:
        predictions_by_share: (S, N) class ids predicted from each share of the frames.
        shares: (S,) rising shares, e.g. 0.1 to 1.

    Returns:
        (N,) values of `shares`.

    Raises:
        InputError: Shapes differ, there is no share, or the shares do not rise.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import settling_share
        >>> settling_share(np.array([[0, 1], [2, 1], [2, 1]]), np.array([0.2, 0.5, 1.0])).tolist()
        [0.5, 0.2]
    """
    classes, shares = np.asarray(predictions_by_share), np.asarray(shares, np.float64)
    if shares.ndim != 1 or not len(shares) or classes.ndim != 2 or len(classes) != len(shares):
        raise InputError(f"predictions {classes.shape} for shares {shares.shape}; expected (S, N) for (S,), S above 0")
    if not (np.isfinite(shares).all() and (np.diff(shares) > 0).all()):
        raise InputError(f"shares are {shares.tolist()}; expected rising numbers")
    settled = np.logical_and.accumulate((classes == classes[-1])[::-1])
    return shares[len(shares) - settled.sum(axis=0)]

"""Hubs: candidates that are near to all motions, and the correction for them."""

import numpy as np

_SHARE = 0.02  # of the seen motions
_FEWEST = 5


def hub_advantage(seen_scores: np.ndarray) -> np.ndarray:
    """Return how near each candidate is to the seen motions that are nearest to it.

        h_k = mean of the largest 2 % (at least 5) of s(x, k) over seen motions x

    This is the term that "Cross-domain similarity local scaling" subtracts (Conneau et al., "Word translation without
    parallel data", ICLR 2018, arXiv 1710.04087), over motions of the training set instead of the test set, so that each
    test motion is scored without the others.

    Args:
        seen_scores: (N, K) scores of the candidates for motions of seen classes, by models that were trained without
            these classes.

    Returns:
        (K,) advantages; a share of them is subtracted from the scores of every motion.
    """
    count = nearest_count(len(seen_scores))
    return np.partition(seen_scores, len(seen_scores) - count, axis=0)[-count:].mean(axis=0)


def nearest_count(motions: int) -> int:
    """Return how many of this number of seen motions count as the nearest."""
    return min(motions, max(_FEWEST, round(_SHARE * motions)))

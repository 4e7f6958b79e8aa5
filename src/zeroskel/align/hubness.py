"""Hubs: candidates that are near to everything, and what takes their advantage away."""

import numpy as np

SHARE = 0.02  # of the seen motions
FEWEST = 5


def hub_advantage(seen_scores: np.ndarray) -> np.ndarray:
    """How near each candidate is to the seen motions that are nearest to it.

        h_k = mean of the largest 2 % (at least 5) of s(x, k) over seen motions x

    The term that "Cross-domain similarity local scaling" subtracts (Conneau et al., "Word translation without parallel
    data", ICLR 2018, arXiv 1710.04087), taken over motions of training instead of those of the test, so that one test
    motion is scored without the others.

    Args:
        seen_scores: (N, K) scores of the candidates for motions of seen classes, by models that did not know their
            classes.

    Returns:
        (K,), to be subtracted in part from every motion's scores.
    """
    count = nearest_count(len(seen_scores))
    nearest: np.ndarray = np.partition(seen_scores, len(seen_scores) - count, axis=0)[-count:].mean(axis=0)
    return nearest


def nearest_count(motions: int) -> int:
    """How many of so many seen motions count as the nearest."""
    return min(motions, max(FEWEST, round(SHARE * motions)))

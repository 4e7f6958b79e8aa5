"""Memory of the reader of words: a kernel regression on what similar texts say."""

from collections.abc import Mapping, Sequence

import numpy as np

from zeroskel.core._rows import unit_rows

_WIDTH = 2.0


class SimilarWordings:
    """Kernel ridge regression from the mean tokens of a text to the quantities, in NumPy.

        u = mean over tokens, standardised, its two halves of unit length
        v = sum over remembered texts l of k(u, u_l) a_l + b        k(u, w) = mean over halves of exp(g (u w - 1))

    g is 2. benchmarks/movement_reader.py fits it.

    Args:
        weights: name -> array: "mean" and "scale" (D,), "positions" (L, D) whole numbers of steps of u_l, "step" (1,),
            "coefficients" (L, Q), "bias" (Q,) and "share" (Q,), the weight of the memory beside the network.
    """

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self.weights = weights
        self.share = weights["share"].astype(np.float32)
        self._positions = weights["positions"] * weights["step"].astype(np.float32)
        self._coefficients = weights["coefficients"].astype(np.float32)

    def read(self, texts: Sequence[np.ndarray]) -> np.ndarray:
        """Return values (N, Q), not bounded, of N texts with tokens (T, D)."""
        weights = self.weights
        read = positions(texts, weights["mean"], weights["scale"])
        return kernel(read, self._positions) @ self._coefficients + weights["bias"].astype(np.float32)


def mean_tokens(texts: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean token (N, D) of each text's tokens (T, D)."""
    return np.stack([tokens.astype(np.float32).mean(axis=0) for tokens in texts])


def positions(texts: Sequence[np.ndarray], mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return u (N, D) of N texts with tokens (T, D)."""
    standardised = (mean_tokens(texts) - mean.astype(np.float32)) / scale.astype(np.float32)
    return np.concatenate([unit_rows(half) for half in np.split(standardised, 2, axis=1)], axis=1)


def kernel(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return k (N, L) of rows (N, D) and others (L, D)."""
    halves = zip(np.split(rows, 2, axis=1), np.split(others, 2, axis=1), strict=True)
    first, second = (np.exp(_WIDTH * (some @ other.T - 1)) for some, other in halves)
    return (first + second) / 2

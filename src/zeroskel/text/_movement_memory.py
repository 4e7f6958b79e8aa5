"""Memory of the reader of words: a kernel regression on what similar texts say."""

from collections.abc import Mapping

import numpy as np

from zeroskel.core._rows import unit_rows

_WIDTH = 2.0


class MovementMemory:
    """Kernel regression from the mean tokens of a text to the quantities, in NumPy.

        u = mean over tokens, standardised, its two halves of unit length
        [v, c] = sum over remembered texts l of k(u, u_l) a_l + b        k(u, w) = mean over halves of exp(g (u w - 1))

    g is 2. benchmarks/movement_reader.py fits it.

    Args:
        weights: name -> array: "mean" and "scale" (D,), "landmarks" (L, D), "coefficients" (L, 2 Q), "bias" (2 Q,) and
            "share" (Q,), the weight of the memory beside the network.
    """

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self.weights = {name: array.astype(np.float32) for name, array in weights.items()}
        self.share = self.weights["share"]

    def read(self, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return values (Q,), not bounded, and certainties (Q,) of a text with tokens (T, D)."""
        weights = self.weights
        place = places([tokens], weights["mean"], weights["scale"])
        values, certainties = np.split(
            (kernel(place, weights["landmarks"]) @ weights["coefficients"])[0] + weights["bias"], 2
        )
        return values, np.clip(certainties, 0, 1)


def mean_tokens(texts: list[np.ndarray]) -> np.ndarray:
    """Return the mean token (N, D) of each text's tokens (T, D)."""
    return np.stack([tokens.astype(np.float32).mean(axis=0) for tokens in texts])


def places(texts: list[np.ndarray], mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return u (N, D) of N texts with tokens (T, D)."""
    standardised = (mean_tokens(texts) - mean) / scale
    return np.concatenate([unit_rows(half) for half in np.split(standardised, 2, axis=1)], axis=1)


def kernel(rows: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Return k (N, L)."""
    halves = zip(np.split(rows, 2, axis=1), np.split(landmarks, 2, axis=1), strict=True)
    return sum(np.exp(_WIDTH * (some @ others.T - 1)) for some, others in halves) / 2

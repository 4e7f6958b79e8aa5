"""Arithmetic on the rows of a matrix."""

from typing import cast

import numpy as np


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Return rows scaled to Euclidean length one; a row of zeros stays zero.

    Args:
        rows: (..., D) array.

    Returns:
        Array of the same shape and type.
    """
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return the softmax over the last axis.

    `scipy.special.softmax` is the same, but importing it would slow down the start of `zeroskel predict`.

    Args:
        logits: (..., A) array; -inf gets probability 0.

    Returns:
        Array of the same shape whose rows sum to one.
    """
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return cast(np.ndarray, powers / powers.sum(axis=-1, keepdims=True))

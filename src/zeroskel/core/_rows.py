"""Arithmetic on the rows of a matrix."""

import numpy as np


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Return rows scaled to Euclidean length one; a row of zeros stays zero.

    Args:
        rows: (..., D) array.

    Returns:
        Array of the same shape and type.
    """
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)

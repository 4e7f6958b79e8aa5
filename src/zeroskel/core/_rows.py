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


def mean_and_scale(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the overall deviation of vectors.

    One number scales all coordinates, so that their proportions stay.

    Args:
        rows: (N, D) vectors.

    Returns:
        The mean (D,) and the deviation from it over all coordinates (1,).
    """
    mean = rows.mean(axis=0)
    return mean, (rows - mean).std(keepdims=True).reshape(1) + np.float32(1e-6)

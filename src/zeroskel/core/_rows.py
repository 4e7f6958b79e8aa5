"""Arithmetic on the rows of a matrix."""

import numpy as np


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Return (..., D) rows scaled to Euclidean length one; a row of zeros stays zero."""
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)


def mean_and_scale(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean (D,) of (N, D) vectors and the deviation from it over all coordinates (1,).

    One number scales all coordinates, so that their proportions stay.
    """
    mean = rows.mean(axis=0)
    return mean, (rows - mean).std(keepdims=True).reshape(1) + np.float32(1e-6)

"""Statistics that bring features and texts to one scale."""

import numpy as np


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

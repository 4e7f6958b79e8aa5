"""How features and texts are brought to one scale."""

import numpy as np


def mean_and_scale(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (D,) of rows (N, D), and the overall deviation from it (1,): one number, so that proportions are kept."""
    mean = rows.mean(axis=0)
    return mean, (rows - mean).std(keepdims=True).reshape(1) + np.float32(1e-6)


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Rows (N, D) of length one; a row of zeros stays one."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)

"""Validated matrices: features and texts that come in, and scores that go out."""

import numpy as np

from zeroskel.core import DivergedError, InputError


def finite_matrix(name: str, values: np.ndarray) -> np.ndarray:
    """Return the values as a float32 matrix; raise InputError for another shape or values that are not finite."""
    matrix = np.asarray(values, dtype=np.float32)
    if matrix.ndim != 2 or not matrix.size:
        raise InputError(f"{name} have shape {matrix.shape}; expected a matrix with at least one row and column")
    if not np.isfinite(matrix).all():
        row = int(np.flatnonzero(~np.isfinite(matrix).all(axis=1))[0])
        raise InputError(f"{name} are not finite in row {row}; expected numbers only")
    return matrix


def finite_scores(scores: np.ndarray, *, of: object) -> np.ndarray:
    """Return the scores of an aligner as float32; raise DivergedError if one of them is not finite."""
    scores = np.asarray(scores, dtype=np.float32)
    if not np.isfinite(scores).all():
        broken = int((~np.isfinite(scores)).sum())
        raise DivergedError(
            f"{of!r}: {broken} of {scores.size} scores are not finite; training diverged. Lower the learning rate"
        )
    return scores

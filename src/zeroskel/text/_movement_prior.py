"""Gaussian distribution of the quantities over actions, which fills in what a text leaves open."""

from importlib import resources
from pathlib import Path

import numpy as np

from zeroskel.core._files import atomic_path
from zeroskel.core._vocabulary import vocabulary
from zeroskel.text._movements import written_movements

_EXACTNESS = 0.12  # deviation of a value that is written as stated
_DOUBT = 0.12  # variance that certainty 1/2 adds
_STATED_SPREAD = 0.1  # least variance that a quantity is given where it is stated, however rare it is
_ITERATIONS, _SHRINKAGE, _LEAST_VARIANCE = 15, 0.03, 0.004
_AT_ONCE = 256  # movements whose covariances are held


def complete(values: np.ndarray, certainties: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what a text says of every quantity, given what is usual together.

        p(a | t) with a ~ N(m, B) and t = a + noise of variance 0.12^2 + 0.12 (1 - c) / c

    A rare quantity has a small variance in B, which would shrink a value that is stated towards 0: hands that circle
    would hardly circle. The mean of a stated quantity is therefore moved to where a variance of 0.1 puts it. What is
    inferred of other quantities stays the same.

    Args:
        values: (N, Q) t.
        certainties: (N, Q) c; a quantity with certainty 0 is not stated.

    Returns:
        Means (N, Q) and deviations (N, Q) of a.
    """
    words = vocabulary()
    means, covariances = _posterior(values, certainties, words.usual, words.covariance)
    spread, noise = np.diag(words.covariance), variance_of(np.maximum(certainties, 1e-9))
    wide = np.maximum(spread, _STATED_SPREAD)
    means = means + (wide / (wide + noise) - spread / (spread + noise)) * (certainties > 0) * (values - means)
    return means, np.sqrt(np.maximum(np.diagonal(covariances, axis1=1, axis2=2), 1e-6))


def variance_of(certainties: np.ndarray) -> np.ndarray:
    """Return the variance of the noise of statements with certainties above 0; see `complete`."""
    return _EXACTNESS**2 + _DOUBT * (1 - certainties) / certainties


def certainty_of(variances: np.ndarray) -> np.ndarray:
    """Return the certainties whose noise has these variances, the inverse of `variance_of`; 1 for smaller ones."""
    return _DOUBT / (_DOUBT + np.maximum(variances - _EXACTNESS**2, 0))


def fit_prior(values: np.ndarray, certainties: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit m and B of `complete` on written movements, by expectation maximisation.

    Args:
        values: (N, Q) values.
        certainties: (N, Q) certainties.

    Returns:
        m (Q,) and B (Q, Q).
    """
    stated = certainties > 0
    counts = np.maximum(stated.sum(axis=0), 1)
    mean = (values * stated).sum(axis=0) / counts
    covariance = np.diag(np.maximum((stated * (values - mean) ** 2).sum(axis=0) / counts, 0.01))
    starts = range(_AT_ONCE, len(values), _AT_ONCE)
    parts = list(zip(np.split(values, starts), np.split(certainties, starts), strict=True))
    for _ in range(_ITERATIONS):
        actions, doubt = [], np.zeros_like(covariance)
        for part in parts:
            some, covariances = _posterior(*part, mean, covariance)
            actions.append(some)
            doubt += covariances.sum(axis=0)
        centred = np.concatenate(actions)
        mean = centred.mean(axis=0)
        centred -= mean
        covariance = (centred.T @ centred + doubt) / len(values)
        variances = np.maximum(np.diag(covariance), _LEAST_VARIANCE)
        covariance = (1 - _SHRINKAGE) * covariance
        covariance[np.diag_indices(len(covariance))] = variances
    return mean, covariance


def _posterior(
    values: np.ndarray, certainties: np.ndarray, mean: np.ndarray, covariance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return means (N, Q) and covariances (N, Q, Q) of the actions behind N texts."""
    means = np.empty(values.shape)
    covariances = np.empty((*values.shape, values.shape[1]))
    for row, (value, certainty) in enumerate(zip(values, certainties, strict=True)):
        stated = np.flatnonzero(certainty)
        of_stated = covariance[np.ix_(stated, stated)] + np.diag(variance_of(certainty[stated]))
        gain = np.linalg.solve(of_stated, covariance[stated]).T
        means[row] = mean + gain @ (value[stated] - mean[stated])
        covariances[row] = covariance - gain @ covariance[stated]
    return means, covariances


def prior_of_written_movements() -> tuple[np.ndarray, np.ndarray]:
    """Return m (Q,) and B (Q, Q) of all movements that are written in the package."""
    movements = written_movements()
    certainties = np.stack([movement.certainties for movement in movements])
    return fit_prior(np.stack([movement.values for movement in movements]), certainties)


def write_prior() -> Path:
    """Replace the prior of this installation by that of its written movements, and return the path of its file."""
    mean, covariance = prior_of_written_movements()
    file = Path(str(resources.files("zeroskel.resources") / "movements" / "prior.npz"))
    with atomic_path(file) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, mean=mean.astype(np.float32), covariance=covariance.astype(np.float32))
    return file

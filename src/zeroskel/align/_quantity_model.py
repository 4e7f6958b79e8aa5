"""Gaussians of what a motion shows, given what a text says."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from array_api_compat import array_namespace

_USUAL_SLOPE = 0.6  # of a quantity that the training classes do not vary
_DOUBT = 0.02  # variance of a quantity over the training classes at which they count as much as the usual slope
_LEAST_NOISE = 0.004  # variance
_NOISE_SHARES = np.geomspace(0.02, 1, 40)  # of the mean squared error that may be noise; texts account for the rest

Array = Any  # numpy.ndarray or torch.Tensor


@dataclass(frozen=True, eq=False)
class QuantityModel:
    """Gaussian of each of Q estimated quantities given what a text says; `Evidence` states the equation.

    Args:
        slope: (Q,) d.
        offset: (Q,) c.
        noise: (Q,) w.
        usual: (Q,) c + d b.
        spread: (Q,) d^2 u + w.
    """

    slope: Array
    offset: Array
    noise: Array
    usual: Array
    spread: Array

    @classmethod
    def fitted(
        cls,
        values: np.ndarray,
        known: np.ndarray,
        labels: np.ndarray,
        means: np.ndarray,
        variances: np.ndarray,
        usual: tuple[np.ndarray, np.ndarray],
    ) -> "QuantityModel":
        """Fit the Gaussians on N motions: slope and offset by least squares, then the noise by maximum likelihood.

        Args:
            values: (N, Q) estimates.
            known: (N, Q) 1 where a quantity is known, 0 where not.
            labels: (N,) classes.
            means: (K, Q) means of what the texts of the K classes say.
            variances: (K, Q) its variances, which explain a part of the errors.
            usual: b and u, (Q,) each.
        """
        weights = known / np.bincount(labels, minlength=len(means))[labels, None]
        weights = weights / np.maximum(weights.sum(axis=0), 1e-9)
        stated = means[labels]
        mean_stated, mean_value = (weights * stated).sum(axis=0), (weights * values).sum(axis=0)
        covariance = (weights * (stated - mean_stated) * (values - mean_value)).sum(axis=0)
        variance = (weights * (stated - mean_stated) ** 2).sum(axis=0)
        slope = np.clip((covariance + _DOUBT * _USUAL_SLOPE) / (variance + _DOUBT), 0, 1.5)
        offset = mean_value - slope * mean_stated
        squares, of_text = (values - offset - slope * stated) ** 2, slope**2 * variances[labels]
        candidates = _NOISE_SHARES[:, None] * (weights * squares).sum(axis=0) + 1e-9
        losses = [(weights * (squares / (of_text + w) + np.log(of_text + w))).sum(axis=0) for w in candidates]
        noise = np.take_along_axis(candidates, np.argmin(losses, axis=0)[None], axis=0)[0] + _LEAST_NOISE
        arrays = (slope, offset, noise, offset + slope * usual[0], slope**2 * usual[1] + noise)
        return cls(*(array.astype(np.float32) for array in arrays))

    def log_ratios(self, values: Array, known: Array, means: Array, variances: Array, floor: float) -> Array:
        """Return the evidence (N, K, Q) of N motions for K texts; 0 where a quantity is not known.

        The model may hold NumPy arrays or tensors; the other arguments and the result are of the same kind.
        """
        xp = array_namespace(values)
        ratios = self.ratios(values[:, None], means, variances)
        return xp.log((1 - floor) * xp.exp(xp.minimum(ratios, 30.0)) + floor) * known[:, None]

    def ratios(self, values: Array, means: Array, variances: Array) -> Array:
        """Return log p(m | s) / p(m), (N, K, Q), of values (N, 1 or K, Q) for K texts."""
        xp = array_namespace(values)
        spread = self.slope**2 * variances + self.noise
        distance = (values - self.offset - self.slope * means) ** 2 / spread
        usual = (values - self.usual) ** 2 / self.spread
        return (usual - distance - xp.log(spread / self.spread)) / 2

    def sums(self, values: Array, means: Array, variances: Array) -> Array:
        """Return the sums (N, K) of `ratios` over the quantities of values (N, Q), as products of matrices."""
        xp = array_namespace(values)
        spread, centre = self.slope**2 * variances + self.noise, self.offset + self.slope * means
        squares, products = 1 / self.spread - 1 / spread, centre / spread - self.usual / self.spread
        constants = self.usual**2 / self.spread - centre**2 / spread - xp.log(spread / self.spread)
        return values**2 @ squares.T / 2 + values @ products.T + constants.sum(1) / 2

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Array]) -> "QuantityModel":
        """Return the model of these arrays."""
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})

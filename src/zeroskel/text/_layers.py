"""Layers of transformers in NumPy, which two small networks of this package share."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from scipy.special import erf


def linear(inputs: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Return (…, O) of inputs (…, I), a weight (O, I) and a bias (O,)."""
    return inputs @ weight.T + bias


def layer_norm(inputs: np.ndarray, weight: np.ndarray, bias: np.ndarray, floor: float) -> np.ndarray:
    """Return inputs (…, D) with mean 0 and variance 1, then scaled; `floor` is added to the variance."""
    centred = inputs - inputs.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + floor)
    return scaled * weight + bias


def attention(projections: Sequence[np.ndarray], heads: int) -> np.ndarray:
    """Return the attended values (T, D) of T tokens; each head attends with its own part of the D numbers.

    Args:
        projections: queries, keys and values, (T, D) each.
        heads: number of heads.
    """
    queries, keys, values = (array.reshape(len(array), heads, -1).transpose(1, 0, 2) for array in projections)
    weights = softmax(queries @ keys.transpose(0, 2, 1) / sqrt(queries.shape[-1]), axis=-1)
    return (weights @ values).transpose(1, 0, 2).reshape(projections[2].shape)


def gelu(inputs: np.ndarray) -> np.ndarray:
    """Return x times the standard normal distribution function of x."""
    return 0.5 * inputs * (1 + erf(inputs / sqrt(2)))


def softmax(inputs: np.ndarray, axis: int) -> np.ndarray:
    """Return weights that are proportional to the exponential function of the inputs and sum to one along the axis."""
    powers = np.exp(inputs - inputs.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)

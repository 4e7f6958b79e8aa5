"""The weights of a module as NumPy arrays, and names with a prefix."""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import torch
from torch import nn

Value = TypeVar("Value")


def with_prefix(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values with the prefix before each name."""
    return {prefix + name: value for name, value in values.items()}


def without_prefix(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values whose names begin with the prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}


def arrays_of(module: nn.Module) -> dict[str, np.ndarray]:
    """Return the parameters and buffers of a module, by name."""
    return {name: value.cpu().numpy() for name, value in module.state_dict().items()}


def load_arrays(module: nn.Module, arrays: Mapping[str, np.ndarray]) -> None:
    """Load what `arrays_of` returned into a module of the same shape, on the device of the module."""
    module.load_state_dict({name: torch.tensor(value) for name, value in arrays.items()})

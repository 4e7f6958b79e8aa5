"""Functions of arrays as PyTorch modules."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn


class StateModule(nn.Module):
    """Function of a batch and of learned arrays as a module whose buffers are these arrays.

    Args:
        function: called with the batch and the arrays by name, all as tensors.
        arrays: learned arrays by name.
    """

    def __init__(self, function: Callable[[Tensor, dict[str, Tensor]], Tensor], arrays: Mapping[str, np.ndarray]):
        super().__init__()
        self._function = function
        for name, values in arrays.items():
            self.register_buffer(name, torch.tensor(values))

    def forward(self, batch: Tensor) -> Tensor:
        """Return the function of the batch."""
        return self._function(batch, dict(self.named_buffers()))

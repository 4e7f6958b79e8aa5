"""Tensors and NumPy: weights as arrays, modules of arrays, names of devices, and the threads that torch uses."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


def arrays_of(module: nn.Module) -> dict[str, np.ndarray]:
    """Return the parameters and buffers of a module, by name."""
    return {name: value.cpu().numpy() for name, value in module.state_dict().items()}


def load_arrays(module: nn.Module, arrays: Mapping[str, np.ndarray]) -> None:
    """Load what `arrays_of` returned into a module of the same shape, on the device of the module."""
    module.load_state_dict({name: torch.tensor(value) for name, value in arrays.items()})


def zeros(layer: nn.Linear) -> nn.Linear:
    """Set all weights of the layer to 0 and return it."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def in_blocks(values: Callable[[Tensor, Tensor], Tensor], rows: Tensor, columns: Tensor, pairs: int) -> Tensor:
    """Return the values (N, K) of all pairs of N rows and K columns, of which about `pairs` are computed at once.

    Each block is written into the result. A list of small blocks would pin the freed memory between them.
    """
    result, width = rows.new_empty(len(rows), len(columns)), max(1, pairs)
    for column in range(0, len(columns), width):
        part = columns[column : column + width]
        height = max(1, pairs // len(part))
        for row in range(0, len(rows), height):
            block = rows[row : row + height]
            result[row : row + height, column : column + width] = values(block, part)
    return result


def moved_together(steps: Sequence[tuple[Tensor, ...]], device: torch.device) -> list[tuple[Tensor, ...]]:
    """Return the tensors of several training steps on a device; the first ones of all steps are one copy, and so on."""
    moved = []
    for column in zip(*steps, strict=True):
        values = torch.cat([value.reshape(-1) for value in column]).to(device)
        parts = values.split([value.numel() for value in column])
        moved.append([part.view(value.shape) for part, value in zip(parts, column, strict=True)])
    return list(zip(*moved, strict=True))


def expected_device(device: str) -> str | None:
    """Return a text of what is expected if torch cannot use the device, else None."""
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError):  # an unknown name; a device that this build or machine does not have
        return "a device that torch can use here, such as 'cpu', 'cuda' or 'cuda:1'"
    return None


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Let torch use one thread inside the context, and the previous number afterwards."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class ScoreModule(nn.Module):
    """Module that scores features (N, D) and texts (K, D_text) with a function.

    Args:
        scores: Called with the module, the features and the texts; returns the scores (N, K).
        arrays: Arrays that become float32 buffers of the module, by name.
        network: Network of the method; the module gets a copy of it on the CPU, in evaluation mode.
    """

    network: Any

    def __init__(
        self,
        scores: Callable[[Any, Tensor, Tensor], Tensor],
        arrays: Mapping[str, np.ndarray],
        network: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.scores = scores
        self.network = None if network is None else deepcopy(network).cpu().eval()
        for name, value in arrays.items():
            self.register_buffer(name, torch.tensor(value, dtype=torch.float32))

    def forward(self, features: Tensor, texts: Tensor) -> Tensor:
        """Return the scores (N, K)."""
        return self.scores(self, features, texts)


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

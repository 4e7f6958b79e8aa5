"""The torch module of a fitted method."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


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

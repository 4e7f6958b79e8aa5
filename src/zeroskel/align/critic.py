"""The critic T(v, l) of SMIE: how well a motion and a text belong together."""

import torch
from torch import Tensor, nn

BLOCK_VALUES = 4_000_000  # first-layer activations held at once while scoring: 16 MB


class Critic(nn.Module):
    """Three linear layers with ReLU between them on the concatenation [v, l].

    Args:
        width: D + D_text.
        hidden: widths of the two hidden layers (SMIE: 1024 and 512).
    """

    def __init__(self, width: int, hidden: tuple[int, int] = (1024, 512)) -> None:
        super().__init__()
        self.first = nn.Linear(width, hidden[0])
        self.second = nn.Linear(hidden[0], hidden[1])
        self.last = nn.Linear(hidden[1], 1)

    def forward(self, features: Tensor, texts: Tensor) -> Tensor:
        """(N, D) and (N, D_text) -> (N,) values T of the pairs."""
        return self._upper(self.first(torch.cat((features, texts), dim=1)))

    def grid(self, features: Tensor, texts: Tensor) -> Tensor:
        """(N, D) and (K, D_text) -> (N, K) values T of all pairs.

        The first layer is linear, so its motion and text parts are computed once each and added pair by pair, in blocks
        of bounded memory.
        """
        of_motion, of_text = self.first.weight.split((features.shape[1], texts.shape[1]), dim=1)
        motion, text = features @ of_motion.T, texts @ of_text.T + self.first.bias
        rows = max(1, BLOCK_VALUES // (len(text) * motion.shape[1]))
        blocks = [self._upper(block[:, None] + text) for block in motion.split(rows)]
        return torch.cat(blocks)

    def _upper(self, first: Tensor) -> Tensor:
        return self.last(torch.relu(self.second(torch.relu(first)))).squeeze(-1)

"""The critics T(v, l): how well a motion and a text belong together."""

import torch
from torch import Tensor, nn

BLOCK_VALUES = 4_000_000  # first-layer activations held at once while scoring: 16 MB
CRITICS = ("concatenation", "bilinear", "separable")


def new_critic(kind: str, feature_dim: int, text_dim: int, hidden: tuple[int, int]) -> "AnyCritic":
    """A critic with new weights.

    Args:
        kind: one of CRITICS.
        feature_dim, text_dim: D and D_text.
        hidden: widths of the hidden layers; "bilinear" has none.
    """
    if kind == "bilinear":
        return BilinearCritic(feature_dim, text_dim)
    if kind == "separable":
        return SeparableCritic(feature_dim, text_dim, hidden)
    return Critic(feature_dim + text_dim, hidden)


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


class BilinearCritic(nn.Module):
    """T(v, l) = (W v + b) . l + c, as in Contrastive Predictive Coding (van den Oord et al., arXiv 1807.03748, eq. 3).

    Args:
        feature_dim, text_dim: D and D_text.
    """

    def __init__(self, feature_dim: int, text_dim: int) -> None:
        super().__init__()
        self.map = nn.Linear(feature_dim, text_dim)
        self.offset = nn.Parameter(torch.zeros(()))

    def forward(self, features: Tensor, texts: Tensor) -> Tensor:
        """(N, D) and (N, D_text) -> (N,) values T of the pairs."""
        return (self.map(features) * texts).sum(dim=1) + self.offset

    def grid(self, features: Tensor, texts: Tensor) -> Tensor:
        """(N, D) and (K, D_text) -> (N, K) values T of all pairs: one product of matrices."""
        return self.map(features) @ texts.T + self.offset


class SeparableCritic(nn.Module):
    """T(v, l) = g(v) . h(l), two towers of two linear layers with a ReLU between them (Poole et al., ICML 2019,
    arXiv 1905.06922, section 2).

    Args:
        feature_dim, text_dim: D and D_text.
        hidden: width of the towers' hidden layers, and of the space they meet in.
    """

    def __init__(self, feature_dim: int, text_dim: int, hidden: tuple[int, int] = (1024, 512)) -> None:
        super().__init__()
        self.motion = nn.Sequential(nn.Linear(feature_dim, hidden[0]), nn.ReLU(), nn.Linear(*hidden))
        self.text = nn.Sequential(nn.Linear(text_dim, hidden[0]), nn.ReLU(), nn.Linear(*hidden))

    def forward(self, features: Tensor, texts: Tensor) -> Tensor:
        """(N, D) and (N, D_text) -> (N,) values T of the pairs."""
        return (self.motion(features) * self.text(texts)).sum(dim=1)

    def grid(self, features: Tensor, texts: Tensor) -> Tensor:
        """(N, D) and (K, D_text) -> (N, K) values T of all pairs: each tower runs once a row."""
        return self.motion(features) @ self.text(texts).T


AnyCritic = Critic | BilinearCritic | SeparableCritic

"""DeViSE: a linear map of motion into text space that ranks the own class's text above all others by a margin."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, relu

from zeroskel.align.trained_network import TrainedNetwork
from zeroskel.core import InputError

VIOLATIONS = ("all", "first")
SCORES = ("dot", "cosine")


class DeViSE(TrainedNetwork):
    """Doc."""

    method = "devise"

    def __init__(
        self,
        *,
        epochs: int = 50,
        learning_rate: float = 1e-3,
        batch_size: int = 128,
        margin: float = 0.1,
        score: str = "dot",
        violations: str = "all",
        penalty: float = 0.0,
        stop_epoch: int | None = None,
        device: str = "cpu",
    ) -> None:
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.margin = margin
        self.score = score
        self.violations = violations
        self.penalty = penalty
        self.stop_epoch = stop_epoch
        self.device = device

    def _network(self, feature_dim: int, text_dim: int) -> nn.Linear:
        network = nn.Linear(feature_dim, text_dim, bias=False)
        if self.score == 'dot':
            nn.init.zeros_(network.weight)
        return network

    def _terms(self, features: Tensor, labels: Tensor, texts: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        terms = rank_violations(self._scores(features, texts), labels, self.margin)
        ranking = (terms if self.violations == "all" else first_violation(terms, generator)).sum(dim=1).mean()
        (weight,) = self.network_.parameters()
        return {"loss": ranking + self.penalty * weight.square().sum(), "ranking": ranking}

    def _scores(self, features: Tensor, texts: Tensor) -> Tensor:
        mapped = self.network_(features)
        if self.score == "cosine":
            mapped = normalize(mapped, dim=-1)
        return mapped @ normalize(texts, dim=-1).T

    def _check_options(self) -> None:
        super()._check_options()
        for name, allowed in (("score", SCORES), ("violations", VIOLATIONS)):
            if getattr(self, name) not in allowed:
                raise InputError(f"{name} is {getattr(self, name)!r}; expected {' or '.join(map(repr, allowed))}")
        if self.margin <= 0 or self.penalty < 0:
            raise InputError(f"margin {self.margin}, penalty {self.penalty}; expected more than 0 and at least 0")


def rank_violations(scores: Tensor, labels: Tensor, margin: float) -> Tensor:
    """How far each wrong text comes too close to the own one.

        max(0, margin - scores[n, y_n] + scores[n, j]) for j != y_n, 0 for j = y_n

    Args:
        scores: (N, K).
        labels: (N,) columns of the own texts.

    Returns:
        (N, K).
    """
    own = scores.gather(1, labels[:, None])
    return relu(margin - own + scores).scatter(1, labels[:, None], 0.0)


def first_violation(terms: Tensor, generator: torch.Generator) -> Tensor:
    """`terms` with but one non-zero value a row, the first that comes in a random order of the texts; (N, K)."""
    order = torch.rand(terms.shape, generator=generator).to(terms.device)
    chosen = order.masked_fill(terms <= 0, 2.0).argmin(dim=1, keepdim=True)
    return torch.zeros_like(terms).scatter(1, chosen, terms.gather(1, chosen))

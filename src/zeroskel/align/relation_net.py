"""Relation network: a learnt comparison of motion and embedded text, 1 for pairs that belong together, else 0."""

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from zeroskel.align.trained_network import TrainedNetwork
from zeroskel.core import InputError

PAIRS = ("seen", "batch")
BLOCK_VALUES = 4_000_000  # hidden activations held at once while scoring: 16 MB


class RelationNetwork(TrainedNetwork):
    """Doc."""

    method = "relation-net"

    def __init__(
        self,
        *,
        epochs: int = 50,
        learning_rate: float = 1e-3,
        batch_size: int = 32,
        text_hidden: int = 1200,
        relation_hidden: int = 1200,
        pairs: str = "seen",
        text_penalty: float = 1e-5,
        stop_epoch: int | None = None,
        device: str = "cpu",
    ) -> None:
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.text_hidden = text_hidden
        self.relation_hidden = relation_hidden
        self.pairs = pairs
        self.text_penalty = text_penalty
        self.stop_epoch = stop_epoch
        self.device = device

    def _network(self, feature_dim: int, text_dim: int) -> "Relation":
        return Relation(feature_dim, text_dim, self.text_hidden, self.relation_hidden)

    def _terms(self, features: Tensor, labels: Tensor, texts: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        if self.pairs == "batch":
            present, labels = labels.unique(return_inverse=True)
            texts = texts[present]
        error = relation_loss(self.network_(features, texts), labels)
        penalty = sum(p.square().sum() for p in self.network_.text.parameters())
        return {"loss": error + self.text_penalty / 2 * penalty, "squared_error": error}

    def _scores(self, features: Tensor, texts: Tensor) -> Tensor:
        rows = max(1, BLOCK_VALUES // (len(texts) * self.relation_hidden))
        return torch.cat([self.network_(block, texts) for block in features.split(rows)])

    def _check_options(self) -> None:
        super()._check_options()
        if self.pairs not in PAIRS:
            raise InputError(f"pairs is {self.pairs!r}; expected {' or '.join(map(repr, PAIRS))}")
        if self.text_hidden < 1 or self.relation_hidden < 1 or self.text_penalty < 0:
            raise InputError(
                f"text_hidden {self.text_hidden}, relation_hidden {self.relation_hidden}, text_penalty "
                f"{self.text_penalty}; expected at least 1, at least 1 and at least 0"
            )


class Relation(nn.Module):
    """g([f(s), x]): f, two layers with ReLU, brings a text to the width of features; g, two layers, compares.

    Args:
        feature_dim: D.
        text_dim: D_text.
        text_hidden, relation_hidden: widths of the hidden layers of f and of g.
    """

    def __init__(self, feature_dim: int, text_dim: int, text_hidden: int, relation_hidden: int) -> None:
        super().__init__()
        self.text = nn.Sequential(
            nn.Linear(text_dim, text_hidden), nn.ReLU(), nn.Linear(text_hidden, feature_dim), nn.ReLU()
        )
        self.first = nn.Linear(2 * feature_dim, relation_hidden)
        self.last = nn.Linear(relation_hidden, 1)

    def forward(self, features: Tensor, texts: Tensor) -> Tensor:
        """(N, D) and (K, D_text) -> (N, K) logits of all pairs, whose sigmoid is the relation.

        g's first layer is linear, so its text and motion parts are computed once each and added pair by pair.
        """
        of_text, of_motion = self.first.weight.chunk(2, dim=1)
        text, motion = self.text(texts) @ of_text.T + self.first.bias, features @ of_motion.T
        logits: Tensor = self.last(torch.relu(motion[:, None] + text)).squeeze(-1)
        return logits


def relation_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean over all pairs of (sigmoid(logit) - [k = y_n])^2.

    Args:
        logits: (N, K).
        labels: (N,) columns of the own texts.
    """
    return (torch.sigmoid(logits) - one_hot(labels, logits.shape[1])).square().mean()

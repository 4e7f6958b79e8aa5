"""Relation network: a learnt comparison of motion and embedded text, 1 for pairs that belong together, else 0."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from zeroskel.align.trained_network import TrainedNetwork
from zeroskel.core import InputError

PAIRS = ("seen", "batch")
BLOCK_VALUES = 4_000_000  # hidden activations held at once while scoring: 16 MB


class RelationNetwork(TrainedNetwork):
    """Sung et al., "Learning to Compare: Relation Network for Few-Shot Learning", CVPR 2018 (arXiv 1711.06025), the
    zero-shot form.

        r(x, s) = sigmoid(g([f(s), x]))        loss = mean over pairs of (r(x_n, s_k) - [k = y_n])^2

    f: two linear layers, each with ReLU, from text to the width of features; g: two linear layers with ReLU between
    them. Score of a text: the logit g, whose order is that of r but which does not saturate.

    Args:
        epochs: length of the schedule (published: 200,000 batches).
        learning_rate: Adam's base rate (published: 1e-5, halved every 30,000 batches; on sets of a thousand sequences
            that moves nothing within minutes).
        batch_size: published: 32.
        text_hidden: width between f's layers (released code: 1200, or 1024 for AwA).
        relation_hidden: width between g's layers (released code: 1200, or 400 for AwA).
        pairs: "seen" compares a batch with all seen classes; "batch" with those that it holds (released code).
        balanced: own pairs and other pairs weigh half each. False is the published mean over all pairs: of 39 classes
            but one pair in 39 is to be 1, and in our trials the network then answered 0 to everything.
        text_penalty: on the squares of f's weights, as Adam's weight_decay (released code: 1e-5).
        unit_length: features of length one before they are standardised.
        stop_epoch: train only so many epochs of the schedule; None trains all.
        device: where to train.

    Released code takes ReLU features and attributes as they are; here both are centred and scaled by statistics of
    training, without which names, whose embeddings are much alike, give nearly one answer for all.

    Mean accuracy per class on ten validation classes each of pool-1 to pool-3, on which the defaults were chosen, three
    seeds: 0.39 (ridge 0.36, chance 0.10).
    """

    method = "relation-net"
    # With few epochs the rate decides between a network that answers 0 to all and one that overfits.
    choices: ClassVar = {"learning_rate": (1e-4, 3e-4, 1e-3)}
    network_: "Relation"

    def __init__(
        self,
        *,
        epochs: int = 12,
        learning_rate: float = 3e-4,
        batch_size: int = 32,
        text_hidden: int = 1200,
        relation_hidden: int = 1200,
        pairs: str = "seen",
        balanced: bool = True,
        text_penalty: float = 1e-5,
        unit_length: bool = True,
        stop_epoch: int | None = None,
        device: str = "cpu",
    ) -> None:
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.text_hidden = text_hidden
        self.relation_hidden = relation_hidden
        self.pairs = pairs
        self.balanced = balanced
        self.text_penalty = text_penalty
        self.unit_length = unit_length
        self.stop_epoch = stop_epoch
        self.device = device

    def _network(self, feature_dim: int, text_dim: int) -> "Relation":
        return Relation(feature_dim, text_dim, self.text_hidden, self.relation_hidden)

    def _terms(self, features: Tensor, labels: Tensor, texts: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        if self.pairs == "batch":
            present, labels = labels.unique(return_inverse=True)
            texts = texts[present]
        error = relation_loss(self.network_(features, texts), labels, balanced=self.balanced)
        squares = torch.stack([weight.square().sum() for weight in self.network_.text.parameters()]).sum()
        return {"loss": error + self.text_penalty / 2 * squares, "squared_error": error}

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


def relation_loss(logits: Tensor, labels: Tensor, *, balanced: bool = True) -> Tensor:
    """Mean of (sigmoid(logit) - [k = y_n])^2.

    Args:
        logits: (N, K).
        labels: (N,) columns of the own texts.
        balanced: the mean of own pairs and the mean of the others, halves each; else the mean over all pairs.
    """
    own = one_hot(labels, logits.shape[1])
    error = (torch.sigmoid(logits) - own).square()
    if not balanced or logits.shape[1] < 2:
        return error.mean()
    return (error * own).sum() / own.sum() / 2 + (error * (1 - own)).sum() / (1 - own).sum() / 2

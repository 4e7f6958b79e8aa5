"""Relation network: a learnt comparison of motion and embedded text, 1 for pairs that belong together, else 0."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from zeroskel.align.devise import _UnitLengthAligner
from zeroskel.align.neural_aligner import Batch
from zeroskel.core._options import option, with_options
from zeroskel.neural._tensors import in_blocks

_BLOCK_VALUES = 4_000_000  # hidden activations in memory at once while scoring: 16 MB


@with_options
class RelationNetwork(_UnitLengthAligner):
    """Learnt comparison of motion and text, the zero-shot form of relation networks.

        r(x, s) = sigmoid(g([f(s), x]))        loss = mean over pairs of (r(x_n, s_k) - [k = y_n])^2

    f: two linear layers, each with ReLU, from text to the width of features; g: two linear layers with ReLU between
    them. Score of a text: the logit g, which orders texts as r but does not saturate.

    Source: Sung et al., "Learning to Compare: Relation Network for Few-Shot Learning", CVPR 2018 (arXiv 1711.06025).
    The released code takes ReLU features and attributes unchanged. Here both are centred and scaled by statistics of
    the training set, without which names, whose embeddings are much alike, give nearly the same answer for all.

    Mean accuracy per class on ten validation classes each of pool-1 to pool-3, on which the defaults were chosen, three
    seeds: 0.39 (ridge 0.36, chance 0.10).

    Args:
        epochs: Length of the schedule (published: 200,000 batches).
        learning_rate: Base rate of Adam (published: 1e-5, halved every 30,000 batches; on datasets of a thousand
            sequences this changes nothing within minutes).
        batch_size: Sequences per step (published: 32).
        text_hidden: Width between the layers of f (released code: 1200, or 1024 for AwA).
        relation_hidden: Width between the layers of g (released code: 1200, or 400 for AwA).
        pairs: "seen" compares a batch with all seen classes; "batch" with the classes in it (released code).
        balanced: Give half of the weight to right pairs and half to wrong pairs. False is the published mean over all
            pairs: of 39 classes only one pair in 39 is right, and in our trials the network then answered 0 to all.
        text_penalty: Weight of the squares of the weights of f, as weight_decay of Adam (released code: 1e-5).
        unit_length: Scale features to length one before they are standardised.
        stop_epoch, device: See `NeuralAligner`.

    Example:
        >>> import numpy as np
        >>> from zeroskel.align import RelationNetwork
        >>> fitted = RelationNetwork(epochs=1, text_hidden=8).fit(np.eye(4), np.arange(4) % 2, np.eye(2))
        >>> sorted(fitted.history_.epochs[0])
        ['epoch', 'learning_rate', 'loss', 'squared_error']
    """

    method = "relation-net"
    # With few epochs the rate decides between a network that answers 0 to all and one that overfits.
    choices: ClassVar = {"learning_rate": (1e-4, 3e-4, 1e-3)}

    epochs: int = option(12, at_least=1)
    learning_rate: float = option(3e-4, above=0)
    batch_size: int = option(32, at_least=1)
    text_hidden: int = option(1200, at_least=1)
    relation_hidden: int = option(1200, at_least=1)
    pairs: str = option("seen", one_of=("seen", "batch"))
    balanced: bool = option(True)
    text_penalty: float = option(1e-5, at_least=0)

    def _network(self, feature_dim: int, text_dim: int) -> nn.Module:
        return _Relation(feature_dim, text_dim, self.text_hidden, self.relation_hidden)

    def _draw(self, labels: Tensor, classes: int, epoch: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        return labels.unique(return_inverse=True) if self.pairs == "batch" else ()

    def _loss(self, batch: Batch) -> dict[str, Tensor]:
        texts, labels = batch.texts, batch.labels
        if self.pairs == "batch":
            present, labels = batch.draws
            texts = texts[present]
        error = _relation_loss(self.network_(batch.features, texts), labels, balanced=self.balanced)
        squares = torch.stack([weight.square().sum() for weight in self.network_.text.parameters()]).sum()
        return {"loss": error + self.text_penalty / 2 * squares, "squared_error": error}

    def _scores(self, features: Tensor, texts: Tensor) -> Tensor:
        return in_blocks(self.network_, features, texts, _BLOCK_VALUES // self.relation_hidden)


class _Relation(nn.Module):
    """g([f(s), x]): f, two layers with ReLU, maps a text to the width of features; g, two layers, compares."""

    def __init__(self, feature_dim: int, text_dim: int, text_hidden: int, relation_hidden: int) -> None:
        super().__init__()
        self.text = nn.Sequential(
            nn.Linear(text_dim, text_hidden), nn.ReLU(), nn.Linear(text_hidden, feature_dim), nn.ReLU()
        )
        self.first = nn.Linear(2 * feature_dim, relation_hidden)
        self.last = nn.Linear(relation_hidden, 1)

    def forward(self, features: Tensor, texts: Tensor) -> Tensor:
        """Return the logits (N, K) of all pairs of features (N, D) and texts (K, D_text).

        The first layer of g is linear, so that its parts of texts and motions are computed once and added for each
        pair.
        """
        of_text, of_motion = self.first.weight.chunk(2, dim=1)
        text, motion = self.text(texts) @ of_text.T + self.first.bias, features @ of_motion.T
        return self.last(torch.relu(motion[:, None] + text)).squeeze(-1)


def _relation_loss(logits: Tensor, labels: Tensor, *, balanced: bool = True) -> Tensor:
    """Return the mean of (sigmoid(logit) - [k = y_n])^2 of logits (N, K) and labels (N,).

    Where balanced, it is half of the mean over right pairs plus half of the mean over wrong ones.
    """
    right = (labels[:, None] == torch.arange(logits.shape[1], device=labels.device)).long()
    error = (torch.sigmoid(logits) - right).square()
    if not balanced or logits.shape[1] < 2:
        return error.mean()
    return (error * right).sum() / right.sum() / 2 + (error * (1 - right)).sum() / (1 - right).sum() / 2

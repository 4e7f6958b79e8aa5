"""DeViSE: a linear map of motion into text space that ranks the text of the class above all others by a margin."""

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, relu

from zeroskel.align.neural_aligner import Batch, NeuralAligner
from zeroskel.core._options import option, with_options
from zeroskel.core._rows import unit_rows


@with_options
class _UnitLengthAligner(NeuralAligner):
    """NeuralAligner that can scale features to length one before it standardises them.

    Args:
        unit_length: Scale features to length one.
    """

    _feature_prefix = ""
    unit_length: bool = option(True)

    def _prepare(self, features: np.ndarray, class_embeddings: np.ndarray, generator: torch.Generator) -> None:
        super()._prepare(self._directions(features), class_embeddings, generator)

    def _feature_tensor(self, features: np.ndarray) -> Tensor:
        return super()._feature_tensor(self._directions(features))

    def _directions(self, features: np.ndarray) -> np.ndarray:
        return unit_rows(features) if self.unit_length else features


@with_options
class DeViSE(_UnitLengthAligner):
    """Linear map with a ranking loss.

        loss = sum over seen classes j other than y of max(0, margin - t_y M x + t_j M x) + penalty * |M|^2

    x: the feature; t: texts, less the mean of the seen ones and L2-normalised; M: a linear map without bias. Score of a
    text: t M x.

    Source: Frome et al., "DeViSE: A Deep Visual-Semantic Embedding Model", NeurIPS 2013, eq. 1. There is no released
    code. The paper trains M by Adagrad, then the image network with it; here the encoder stays frozen and Adam trains
    M. The mean of the texts is subtracted because all names share a large part, which cancels in the loss but not in
    the lengths of texts.

    Mean accuracy per class on ten validation classes each of pool-1 to pool-3, on which the defaults were chosen, three
    seeds: 0.39 (ridge 0.36, chance 0.10).

    Args:
        epochs: Length of the schedule.
        learning_rate: Base rate of Adam.
        batch_size: Sequences per step.
        margin: Margin of the ranking (published: 0.1).
        score: "dot" compares texts with M x (published); "cosine" with M x at length one, in training as well. For dot
            products M starts from zero, so that no random part of it remains in directions that no seen text spans; a
            cosine needs a random start.
        violations: "all" sums over every text within the margin; "first" takes the first one in a random order
            (published, to save time).
        penalty: Weight of the squares of M (published: none, training stops early instead). Without it 39 classes
            overfit M: 0.33 instead of 0.39 on the classes above.
        unit_length: Scale features to length one before they are standardised.
        stop_epoch, device: See `NeuralAligner`.

    Example:
        >>> from zeroskel.align import DeViSE
        >>> DeViSE(score="cosine")
        DeViSE(score='cosine')
    """

    method = "devise"
    # The map grows with the margin, so that the margin also sets the effect of the penalty.
    choices: ClassVar = {"margin": (0.03, 0.1, 0.3)}

    margin: float = option(0.1, above=0)
    score: str = option("dot", one_of=("dot", "cosine"))
    violations: str = option("all", one_of=("all", "first"))
    penalty: float = option(0.1, at_least=0)

    def _network(self, feature_dim: int, text_dim: int) -> nn.Module:
        network = nn.Linear(feature_dim, text_dim, bias=False)
        if self.score == "dot":
            nn.init.zeros_(network.weight)
        return network

    def _draw(self, labels: Tensor, classes: int, epoch: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        return () if self.violations == "all" else (torch.rand(len(labels), classes, generator=generator),)

    def _loss(self, batch: Batch) -> dict[str, Tensor]:
        terms = _rank_violations(self._scores(batch.features, batch.texts), batch.labels, self.margin)
        ranking = (terms if self.violations == "all" else _first_violation(terms, *batch.draws)).sum(dim=1).mean()
        return {"loss": ranking + self.penalty * self.network_.weight.square().sum(), "ranking": ranking}

    def _scores(self, features: Tensor, texts: Tensor) -> Tensor:
        mapped = self.network_(features)
        if self.score == "cosine":
            mapped = normalize(mapped, dim=-1)
        return mapped @ normalize(texts, dim=-1).T


def _rank_violations(scores: Tensor, labels: Tensor, margin: float) -> Tensor:
    """Return how far each wrong text is within the margin of the right one (N, K), given scores (N, K).

    It is max(0, margin - scores[n, y_n] + scores[n, j]) for j != y_n, and 0 for j = y_n.
    """
    right = scores.gather(1, labels[:, None])
    return relu(margin - right + scores).scatter(1, labels[:, None], 0.0)


def _first_violation(terms: Tensor, order: Tensor) -> Tensor:
    """Return `terms` (N, K) with only one non-zero value in each row, the first in an order (N, K) in [0, 1)."""
    chosen = order.masked_fill(terms <= 0, 2.0).argmin(dim=1, keepdim=True)
    return torch.zeros_like(terms).scatter(1, chosen, terms.gather(1, chosen))

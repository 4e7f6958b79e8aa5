"""DeViSE: a linear map of motion into text space that ranks the own class's text above all others by a margin."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, relu

from zeroskel.align.trained_network import TrainedNetwork
from zeroskel.core import InputError

VIOLATIONS = ("all", "first")
SCORES = ("dot", "cosine")


class DeViSE(TrainedNetwork):
    """Frome et al., "DeViSE: A Deep Visual-Semantic Embedding Model", NeurIPS 2013, eq. 1.

        loss = sum over seen classes j other than y of max(0, margin - t_y M x + t_j M x) + penalty * |M|^2

    x: the feature; t: texts, less the mean of seen ones and L2-normalised; M: a linear map without bias. Score of a
    text: t M x.

    There is no released code. The paper trains M by Adagrad, then the image network with it; here the encoder stays
    frozen and Adam trains M. The texts' mean is taken off because all names share a large part: it cancels in the
    loss, but not in the lengths of texts.

    Args:
        epochs: length of the schedule.
        learning_rate: Adam's base rate.
        batch_size: sequences a step.
        margin: published: 0.1.
        score: "dot" compares texts with M x as it is (published); "cosine" with M x of length one, in training too.
            By dot product M starts from zero, so that no random part of it stays in directions that no seen text
            spans; a cosine needs a random start.
        violations: "all" sums over every text that comes too close; "first" takes the first one in a random order
            (published, to save time).
        penalty: on the squares of M (published: none, training stops early instead). Without it 39 classes leave M
            overfitted: 0.33 instead of 0.39 on the classes below.
        unit_length: features of length one before they are standardised.
        stop_epoch: train only so many epochs of the schedule; None trains all.
        device: where to train.

    Mean accuracy per class on ten validation classes each of pool-1 to pool-3, on which the defaults were chosen, three
    seeds: 0.39 (ridge 0.36, chance 0.10).
    """

    method = "devise"
    # The map grows with the margin, so it sets what the penalty weighs as well.
    choices: ClassVar = {"margin": (0.03, 0.1, 0.3)}
    network_: nn.Linear

    def __init__(
        self,
        *,
        epochs: int = 30,
        learning_rate: float = 1e-3,
        batch_size: int = 128,
        margin: float = 0.1,
        score: str = "dot",
        violations: str = "all",
        penalty: float = 0.1,
        unit_length: bool = True,
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
        self.unit_length = unit_length
        self.stop_epoch = stop_epoch
        self.device = device

    def _network(self, feature_dim: int, text_dim: int) -> nn.Linear:
        network = nn.Linear(feature_dim, text_dim, bias=False)
        if self.score == "dot":
            nn.init.zeros_(network.weight)
        return network

    def _terms(self, features: Tensor, labels: Tensor, texts: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        terms = rank_violations(self._scores(features, texts), labels, self.margin)
        ranking = (terms if self.violations == "all" else first_violation(terms, generator)).sum(dim=1).mean()
        return {"loss": ranking + self.penalty * self.network_.weight.square().sum(), "ranking": ranking}

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

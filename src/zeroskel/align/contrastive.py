"""Contrastive: features and texts of one class attract each other in a batch, all pairs of it at once."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax, normalize

from zeroskel.align.joint_embedding import JointEmbedding, Projection, block_widths
from zeroskel.core import InputError

TEXT_PROJECTIONS = ("two-layer", "none")


def multi_positive_loss(features: Tensor, texts: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """The symmetric divergence of the batch's cosines from its classes.

        S = cos(v_i, t_j) / temperature        Y_ij = [y_i = y_j] / |{k: y_k = y_i}|
        loss = (KL(Y || softmax(S)) + KL(Y || softmax(S^T))) / 2, mean over rows

    Args:
        features: (N, D) of length one.
        texts: (N, D) of length one, the text of each.
        labels: (N,) class ids.
        temperature: divides the cosines.

    Returns:
        A scalar, at least 0; 0 where each row's softmax is uniform over its own class.
    """
    same = (labels[:, None] == labels[None, :]).to(features.dtype)
    positives = same.sum(dim=1)
    logits = features @ texts.T / temperature
    agreement = (same * (log_softmax(logits, dim=1) + log_softmax(logits.T, dim=1))).sum(dim=1) / positives
    return (-torch.log(positives) - agreement / 2).mean()


class BlockSpaces(nn.Module):
    """A space for each text of a class.

    Args:
        feature_dim: D.
        widths: of the texts.
        embed_dim: of each space; None for the space of the text itself, which then is not projected.
        hidden, dropout: of the projections.
    """

    def __init__(
        self, feature_dim: int, widths: list[int], embed_dim: int | None, *, hidden: int, dropout: float
    ) -> None:
        super().__init__()
        self.widths = widths
        self.features = nn.ModuleList(
            Projection(feature_dim, embed_dim or width, "two-layer", hidden=hidden, dropout=dropout) for width in widths
        )
        self.texts = nn.ModuleList(
            Projection(width, embed_dim, "two-layer", hidden=hidden, dropout=dropout) if embed_dim else nn.Identity()
            for width in widths
        )

    def embedded(self, features: Tensor, texts: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Features (N, width) and texts (K, width), of length one, in each space."""
        blocks = zip(self.features, self.texts, texts.split(self.widths, dim=1), strict=True)
        return [(v(features), normalize(t(block), dim=1)) for v, t, block in blocks]


class Contrastive(JointEmbedding):
    """Symmetric multi-positive alignment, the loss of ActionCLIP (Wang, Xing and Liu, arXiv 2109.08472).

        loss = (KL(Y || softmax(S)) + KL(Y || softmax(S^T))) / 2        S = cos(f(v), g(t)) / temperature

    with Y the same-class matrix of the batch, rows normalised, and f, g two-layer projections. With several text blocks
    each has projections of its own, and loss and score are means over blocks. Score of a text: cos(f(v), g(t)).

    Skeleton papers whose released code has this form: GAP (Xiang et al., "Generative Action Description Prompts for
    Skeleton-based Action Recognition", ICCV 2023, arXiv 2208.05318), PGFA (Zhou et al., "Zero-Shot Skeleton-Based
    Action Recognition With Prototype-Guided Feature Alignment", arXiv 2507.00566) and DVTA (Kuang et al., "Zero-Shot
    Skeleton-based Action Recognition with Dual Visual-Text Alignment", arXiv 2409.14336). Relatives that have not:
    PURLS has one positive a row (other sequences of the class count as negatives) and one projection a description;
    STAR takes the cross-entropy over all seen classes' texts.

    Unlike GAP and PGFA: Y is exact (there, a softmax of ten times the same-class matrix, which leaves 0.6 % of a row
    with other classes where one positive meets 127 negatives), the temperature is fixed (there, learnt), the text is
    projected too (there, not), Adam trains (there, SGD), and the encoder is frozen.

    Args:
        epochs: length of the schedule (published by PGFA: 50).
        learning_rate: Adam's base rate (published by PGFA: SGD, 0.05).
        batch_size: published by PGFA: 128.
        temperature: divides the cosines (published: learnt from 0.07; on validation classes of pool-1 to pool-3 0.1
            gave 36 % instead of 41).
        hidden: width between the two layers of a projection.
        embed_dim: width of the shared space; the text's own where the text is not projected.
        dropout: share of inputs and hidden values left out in training (published by PURLS: 0.5).
        text_projection: "two-layer", or "none" for cosines with the texts themselves, as GAP and PGFA do.
        warmup_epochs: linear from 0, then half a cosine down.
        text_blocks: widths of several texts in the class embedding; None for one.
        stop_epoch: train only so many epochs of the schedule; None trains all.
        device: where to train.

    Attributes:
        history_: epochs with loss, and each step's loss.
    """

    method = "contrastive"
    # It says how sharply seen classes are told apart, which unseen ones pay for.
    choices: ClassVar = {"temperature": (0.1, 0.3, 1.0)}
    _network: BlockSpaces

    def __init__(
        self,
        *,
        epochs: int = 25,
        learning_rate: float = 1e-3,
        batch_size: int = 128,
        temperature: float = 0.3,
        hidden: int = 256,
        embed_dim: int = 256,
        dropout: float = 0.5,
        text_projection: str = "two-layer",
        warmup_epochs: int = 5,
        text_blocks: tuple[int, ...] | None = None,
        stop_epoch: int | None = None,
        device: str = "cpu",
    ) -> None:
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.temperature = temperature
        self.hidden = hidden
        self.embed_dim = embed_dim
        self.dropout = dropout
        self.text_projection = text_projection
        self.warmup_epochs = warmup_epochs
        self.text_blocks = text_blocks
        self.stop_epoch = stop_epoch
        self.device = device

    def _new_network(self, feature_dim: int, text_dim: int) -> nn.Module:
        widths = block_widths(self.text_blocks, text_dim)
        embed_dim = self.embed_dim if self.text_projection == "two-layer" else None
        return BlockSpaces(feature_dim, widths, embed_dim, hidden=self.hidden, dropout=self.dropout)

    def _terms(self, features: Tensor, texts: Tensor, labels: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        losses = [
            multi_positive_loss(v, t[labels], labels, self.temperature)
            for v, t in self._network.embedded(features, texts)
        ]
        return {"loss": torch.stack(losses).mean()}

    def _similarity(self, features: Tensor, texts: Tensor) -> Tensor:
        return torch.stack([v @ t.T for v, t in self._network.embedded(features, texts)]).mean(dim=0)

    def _check_options(self) -> None:
        super()._check_options()
        if self.text_projection not in TEXT_PROJECTIONS:
            raise InputError(
                f"text_projection is {self.text_projection!r}; expected {' or '.join(map(repr, TEXT_PROJECTIONS))}"
            )
        if self.temperature <= 0:
            raise InputError(f"temperature is {self.temperature}; expected more than 0")

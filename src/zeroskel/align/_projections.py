"""Projections of features and texts into shared spaces."""

from collections.abc import Callable

from torch import Tensor, cat, nn, relu
from torch.nn.functional import glu, normalize

from zeroskel.align.neural_aligner import NeuralAligner
from zeroskel.core._options import option, with_options
from zeroskel.neural._training import warmup_cosine

_Project = Callable[[int, int], nn.Module]
PROJECTIONS = ("two-layer", "gated", "linear")


class Projection(nn.Module):
    """Projection of vectors (N, width) to vectors of length one (N, out).

    Args:
        kind: "two-layer", linear layers with ReLU between them; "gated", a linear layer times a sigmoid gate that a
            second one makes of its output (context gating); or "linear".
        hidden: Width between the two layers.
        dropout: Share of the input, and of the hidden values, that is left out in training.
    """

    def __init__(self, width: int, out: int, kind: str, *, hidden: int = 256, dropout: float = 0.0) -> None:
        super().__init__()
        self.first = nn.Linear(width, hidden if kind == "two-layer" else out)
        self.second = None if kind == "linear" else nn.Linear(self.first.out_features, out)
        self.gated = kind == "gated"
        self.dropout = nn.Dropout(dropout)

    def forward(self, values: Tensor) -> Tensor:
        """Project the values."""
        first = self.first(self.dropout(values))
        if self.second is None:
            return normalize(first, dim=-1)
        if self.gated:
            return normalize(glu(cat((first, self.second(first)), dim=-1), dim=-1), dim=-1)
        return normalize(self.second(self.dropout(relu(first))), dim=-1)


class BlockSpaces(nn.Module):
    """Projections `features` and `texts` of the feature and of each text of a class into one space for each text.

    Args:
        feature_dim, widths: Widths of the feature and of the texts.
        embed_dim: Width of each space; None uses the space of the text itself, which then is not projected.
        project: Returns a new projection between two widths.
    """

    def __init__(self, feature_dim: int, widths: tuple[int, ...], embed_dim: int | None, project: _Project) -> None:
        super().__init__()
        self.widths = widths
        self.features = nn.ModuleList(project(feature_dim, embed_dim or width) for width in widths)
        self.texts = nn.ModuleList(project(width, embed_dim) if embed_dim else nn.Identity() for width in widths)


@with_options
class ProjectionAligner(NeuralAligner):
    """NeuralAligner that projects features and texts into shared spaces.

    Args:
        batch_size: Sequences per step.
        hidden: Width between the two layers of a projection.
        embed_dim: Width of each shared space.
        dropout: Share of inputs and hidden values that is left out in training.
        warmup_epochs: Epochs in which the rate rises linearly from 0, before half a cosine.
        text_blocks: Widths of the texts that a class embedding concatenates; None for one text.
    """

    epochs: int = option(25, at_least=1)
    batch_size: int = option(128, at_least=2)
    hidden: int = option(256, at_least=1)
    embed_dim: int = option(256, at_least=1)
    dropout: float = option(0.5, at_least=0, below=1)
    warmup_epochs: int = option(5, at_least=0)
    text_blocks: tuple[int, ...] | None = option(None, at_least=1)

    def _schedule(self, epoch: int) -> float:
        return warmup_cosine(epoch + 1, self.epochs + 1, self.warmup_epochs + 1)

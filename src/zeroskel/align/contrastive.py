"""Contrastive: features and texts of one class attract each other, over all pairs of a batch at once."""

from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax, normalize

from zeroskel.align._projections import BlockSpaces, Projection, ProjectionAligner
from zeroskel.align.neural_aligner import Batch
from zeroskel.core._options import option, with_options
from zeroskel.neural._tensors import ScoreModule


def _multi_positive_loss(features: Tensor, texts: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """Return the symmetric divergence of the cosines of a batch from its classes.

        S = cos(v_i, t_j) / temperature        Y_ij = [y_i = y_j] / |{k: y_k = y_i}|
        loss = (KL(Y || softmax(S)) + KL(Y || softmax(S^T))) / 2, mean over rows

    Features and the text of each are (N, D) of length one, labels (N,). The loss is at least 0, and 0 if the softmax of
    each row is uniform over its class.
    """
    same = (labels[:, None] == labels[None, :]).to(features.dtype)
    positives = same.sum(dim=1)
    logits = features @ texts.T / temperature
    agreement = (same * (log_softmax(logits, dim=1) + log_softmax(logits.T, dim=1))).sum(dim=1) / positives
    return (-torch.log(positives) - agreement / 2).mean()


class _TextSpaces(BlockSpaces):
    """One shared space for each text of a class embedding."""

    def embedded(self, features: Tensor, texts: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Return features (N, D) and texts (K, D_text) in each space, as vectors of length one."""
        parts = texts.split(self.widths, dim=1)
        return [
            (of_features(features), normalize(of_text(part), dim=1))
            for of_features, of_text, part in zip(self.features, self.texts, parts, strict=True)
        ]

    def similarity(self, features: Tensor, texts: Tensor) -> Tensor:
        """Return the cosines (N, K), mean over the spaces."""
        return torch.stack([v @ t.T for v, t in self.embedded(features, texts)]).mean(dim=0)


@with_options
class Contrastive(ProjectionAligner):
    """Symmetric contrastive alignment in which all sequences of a class are positives (the loss of ActionCLIP).

        loss = (KL(Y || softmax(S)) + KL(Y || softmax(S^T))) / 2        S = cos(f(v), g(t)) / temperature

    Y is the same-class matrix of the batch with normalised rows; f and g are two-layer projections. With more than one
    text block each block has projections of its own, and loss and score are means over the blocks. Score of a text:
    cos(f(v), g(t)).

    Source: Wang, Xing and Liu, "ActionCLIP", arXiv 2109.08472. The released code of these papers on skeletons has the
    same form: GAP (Xiang et al., "Generative Action Description Prompts for Skeleton-based Action Recognition", ICCV
    2023, arXiv 2208.05318), PGFA (Zhou et al., "Zero-Shot Skeleton-Based Action Recognition With Prototype-Guided
    Feature Alignment", arXiv 2507.00566) and DVTA (Kuang et al., "Zero-Shot Skeleton-based Action Recognition with Dual
    Visual-Text Alignment", arXiv 2409.14336). Two relatives differ: PURLS has one positive per row (other sequences of
    the class count as negatives) and one projection per description; STAR takes the cross-entropy over the texts of all
    seen classes.

    Differences from GAP and PGFA: Y is exact (there, a softmax of ten times the same-class matrix, which leaves 0.6 %
    of a row with other classes if one positive meets 127 negatives), the temperature is fixed (there, learnt), the text
    is projected as well (there, not), Adam trains (there, SGD), and the encoder is frozen.

    Args:
        epochs: Length of the schedule (published by PGFA: 50).
        learning_rate: Base rate of Adam (published by PGFA: SGD, 0.05).
        batch_size: Sequences per step (published by PGFA: 128).
        temperature: Divides the cosines (published: learnt from 0.07; on validation classes of pool-1 to pool-3 0.1
            gave 36 % instead of 41 %).
        hidden: Width between the two layers of a projection.
        embed_dim: Width of the shared space, if the text is projected.
        dropout: Share of inputs and hidden values that is left out in training (published by PURLS: 0.5).
        text_projection: "two-layer", or "none" for cosines with the texts themselves, as in GAP and PGFA.
        warmup_epochs: Epochs in which the rate rises linearly from 0, before half a cosine.
        text_blocks: Widths of the texts that a class embedding concatenates; None for one text.
        stop_epoch, device: See `NeuralAligner`.

    Example:
        >>> import numpy as np
        >>> from zeroskel.align import Contrastive
        >>> fitted = Contrastive(epochs=2).fit(np.eye(4), np.arange(4) % 2, np.eye(2))
        >>> bool((abs(fitted.score_classes(np.eye(4), np.eye(2))) <= 1).all())  # cosines
        True
    """

    method = "contrastive"
    # It decides how sharply seen classes are separated, at the cost of unseen ones.
    choices: ClassVar = {"temperature": (0.1, 0.3, 1.0)}

    temperature: float = option(0.3, above=0)
    text_projection: str = option("two-layer", one_of=("two-layer", "none"))

    def _network(self, feature_dim: int, text_dim: int) -> nn.Module:
        embed_dim = self.embed_dim if self.text_projection == "two-layer" else None
        project = partial(Projection, kind="two-layer", hidden=self.hidden, dropout=self.dropout)
        return _TextSpaces(feature_dim, self.text_blocks or (text_dim,), embed_dim, project)

    def _loss(self, batch: Batch) -> dict[str, Tensor]:
        losses = [
            _multi_positive_loss(v, t[batch.labels], batch.labels, self.temperature)
            for v, t in self.network_.embedded(batch.features, batch.texts)
        ]
        return {"loss": torch.stack(losses).mean()}

    def _scores(self, features: Tensor, texts: Tensor) -> Tensor:
        return self.network_.similarity(features, texts)

    def to_torch(self) -> nn.Module:
        """Return the fitted method as a torch module: see `Aligner.to_torch`."""

        def scores(fitted: Any, features: Tensor, texts: Tensor) -> Tensor:
            features = (features - fitted.feature_mean) / fitted.feature_scale
            return fitted.network.similarity(features, (texts - fitted.text_mean) / fitted.text_scale)

        return ScoreModule(scores, self._arrays, self.network_)

"""Kite: kernel regression onto numbers of the movement, and networks trained on its sentences."""

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from zeroskel.align.base import Aligner, _OneStepAligner
from zeroskel.align.contrastive import Contrastive
from zeroskel.align.kernel_ridge import KernelRidge
from zeroskel.core._options import option, option_of, refuse, with_options
from zeroskel.core._saved import with_prefix, without_prefix

if TYPE_CHECKING:
    from torch import Tensor, nn

_KERNEL = "kernel."  # prefix of the arrays of the regression in saved files


@with_options
class Kite(_OneStepAligner):
    """Sum of `KernelRidge` on the first text of a class and `Contrastive` on the others (ours, 2026).

        score(x, s) = a r(x, s_1) / d_r + mean over networks n of n(x, s_2 …) / d_n

    r: `KernelRidge`, which learns from few classes what their texts say in numbers (prompt "aspects"). n:
    `Contrastive`, whose loss is, for each motion, an InfoNCE bound on the mutual information of motion and text (van
    den Oord et al., "Representation learning with contrastive predictive coding", 2018, arXiv 1807.03748) with every
    sequence of the class as a positive, so that none is a false negative. The networks differ in their draws of weights
    and batches. d: the deviation of the scores of wrong seen classes over the candidates of a seen motion, mean over
    motions, so that a counts in the same unit for all. A class with one text gives it to both parts. A class whose
    first or other texts are all 0 does not train the part that needs them.

    Args:
        kernel_weight: a; 0 leaves out the regression.
        networks: Number of networks; 0 leaves them out.
        penalty, bandwidth, hubness, landmarks: Options of `KernelRidge`.
        epochs, learning_rate, batch_size, temperature, dropout, device: Options of `Contrastive`.
        text_blocks: Widths of the texts that a class embedding concatenates; None for one text.

    Example:
        >>> from zeroskel.align import Kite
        >>> Kite(networks=1, text_blocks=(51, 384))
        Kite(networks=1, text_blocks=(51, 384))
    """

    method = "kite"
    # This is the only constant of the regression that depends on the noise of features.
    choices: ClassVar = {"penalty": (0.3, 1.0)}

    kernel_weight: float = option(2.0, at_least=0)
    networks: int = option(3, at_least=0)
    penalty: float = option_of(KernelRidge, "penalty")
    bandwidth: float = option_of(KernelRidge, "bandwidth")
    hubness: float = option_of(KernelRidge, "hubness")
    landmarks: int = option_of(KernelRidge, "landmarks")
    epochs: int = option_of(Contrastive, "epochs")
    learning_rate: float = option_of(Contrastive, "learning_rate")
    batch_size: int = option_of(Contrastive, "batch_size")
    temperature: float = option_of(Contrastive, "temperature")
    dropout: float = option_of(Contrastive, "dropout")
    text_blocks: tuple[int, ...] | None = option(None, at_least=1)
    device: str = option_of(Contrastive, "device")

    def __attrs_post_init__(self) -> None:
        """Check that a part remains."""
        if not (self.kernel_weight or self.networks):
            refuse(self, "networks", self.networks, "at least 1, or a kernel_weight more than 0")

    def _learn(self, features: np.ndarray, labels: np.ndarray, class_embeddings: np.ndarray, seed: int) -> None:
        self._parts = self._new_parts(class_embeddings.shape[1])
        deviations = []
        for number, (name, part) in enumerate(self._parts.items()):
            texts = class_embeddings[:, self._columns(name, class_embeddings.shape[1])]
            described = np.flatnonzero(texts.any(axis=1))
            rows = np.isin(labels, described)
            part_features, part_labels = features[rows], np.searchsorted(described, labels[rows])
            texts = texts[described]
            part.fit(part_features, part_labels, texts, seed=seed * max(1, self.networks) + number)
            deviations.append(_deviation_of_wrong(part.score_classes(part_features, texts), part_labels))
        self._deviations = np.array(deviations, dtype=np.float32)

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        total = np.zeros((len(features), len(class_embeddings)), dtype=np.float32)
        for (name, part), deviation in zip(self._parts.items(), self._deviations, strict=True):
            texts = class_embeddings[:, self._columns(name, class_embeddings.shape[1])]
            total += self._part_weight(name) / deviation * part.score_classes(features, texts)
        return total

    def _part_weight(self, name: str) -> float:
        return self.kernel_weight if name == _KERNEL else 1 / self.networks

    def _columns(self, name: str, text_dim: int) -> slice:
        """Return the columns of a class embedding that a part uses."""
        if self.text_blocks is None or len(self.text_blocks) == 1:
            return slice(0, text_dim)
        first = self.text_blocks[0]
        return slice(0, first) if name == _KERNEL else slice(first, text_dim)

    def _new_parts(self, text_dim: int) -> dict[str, Aligner]:
        """Return the regression, unless it has no weight, and the networks, by the prefix of their saved arrays."""
        parts: dict[str, Aligner] = {}
        if self.kernel_weight:
            parts[_KERNEL] = KernelRidge(
                penalty=self.penalty, bandwidth=self.bandwidth, hubness=self.hubness, landmarks=self.landmarks
            )
        for number in range(self.networks):
            parts[f"network{number}."] = Contrastive(
                epochs=self.epochs,
                learning_rate=self.learning_rate,
                batch_size=self.batch_size,
                temperature=self.temperature,
                dropout=self.dropout,
                text_blocks=(self.text_blocks or ())[1:] or None,
                device=self.device,
            )
        return parts

    def _state(self) -> dict[str, np.ndarray]:
        state = {"deviations": self._deviations}
        for name, part in self._parts.items():
            state |= with_prefix(name, part._state())
        return state

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        assert self.text_dim_ is not None
        self._deviations = state["deviations"]
        self._parts = self._new_parts(self.text_dim_)
        for name, part in self._parts.items():
            columns = self._columns(name, self.text_dim_)
            part.feature_dim_, part.text_dim_ = self.feature_dim_, columns.stop - columns.start
            part._set_state(without_prefix(name, state))

    def to_torch(self) -> "nn.Module":
        """Return the fitted method as a torch module: see `Aligner.to_torch`."""
        import torch

        from zeroskel.neural._tensors import ScoreModule

        assert self.text_dim_ is not None
        columns = [self._columns(name, self.text_dim_) for name in self._parts]
        weights = [float(self._part_weight(n) / d) for n, d in zip(self._parts, self._deviations, strict=True)]

        def scores(fitted: Any, features: "Tensor", texts: "Tensor") -> "Tensor":
            parts = zip(weights, fitted.network, columns, strict=True)
            return torch.stack([weight * part(features, texts[:, block]) for weight, part, block in parts]).sum(dim=0)

        return ScoreModule(scores, {}, torch.nn.ModuleList(part.to_torch() for part in self._parts.values()))


def _deviation_of_wrong(scores: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean over rows of the deviation of the scores (N, K) of wrong classes; 1 if there are none."""
    wrong = np.ma.masked_array(scores, mask=labels[:, None] == np.arange(scores.shape[1]))
    deviation = float(wrong.std(axis=1).mean())
    return deviation if deviation > 1e-6 else 1.0

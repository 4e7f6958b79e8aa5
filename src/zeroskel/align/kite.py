"""Kite: kernel regression onto numbers of the movement, and networks trained on information with its sentences."""

from typing import ClassVar

import numpy as np

from zeroskel.align.base import Aligner, EpochEnd
from zeroskel.align.contrastive import Contrastive
from zeroskel.align.joint_embedding import block_widths
from zeroskel.align.kernel_ridge import KernelRidge
from zeroskel.core import InputError

PART = "kernel."


class Kite(Aligner):
    """Ours, 2026: KernelRidge on the first text of a class, Contrastive networks on the others, their scores added.

        score(x, s) = a r(x, s_1) / d_r + mean over networks n of n(x, s_2 …) / d_n

    r: `KernelRidge`, which learns from few classes what their texts say in numbers (prompt "aspects"). n:
    `Contrastive`, whose loss is, for each motion, an InfoNCE bound on the mutual information of motion and text (van
    den Oord et al., "Representation learning with contrastive predictive coding", 2018, arXiv 1807.03748) with every
    sequence of the class as a positive, so that none is a false negative; one network for each of several draws of
    weights and batches. d: the deviation of the scores of wrong seen classes over a seen motion's candidates, mean over
    motions, so that a counts in the same unit for all. A class of one text gives it to both; a class whose first or
    other texts are all 0 has none, and the part that needs them is trained without it.

    Args:
        kernel_weight: a; 0 leaves the networks alone.
        networks: how many; 0 leaves the regression alone.
        penalty, bandwidth, hubness, landmarks: of KernelRidge.
        epochs, learning_rate, batch_size, temperature, dropout: of Contrastive.
        text_blocks: widths of several texts in the class embedding; None for one.
        device: where the networks are trained.
    """

    method = "kite"
    # The regression's only constant that the noise of features decides.
    choices: ClassVar = {"penalty": (0.3, 1.0)}

    def __init__(
        self,
        *,
        kernel_weight: float = 2.0,
        networks: int = 3,
        penalty: float = 1.0,
        bandwidth: float = 0.3,
        hubness: float = 0.5,
        landmarks: int = 2048,
        epochs: int = 25,
        learning_rate: float = 1e-3,
        batch_size: int = 128,
        temperature: float = 0.3,
        dropout: float = 0.5,
        text_blocks: tuple[int, ...] | None = None,
        device: str = "cpu",
    ) -> None:
        self.kernel_weight = kernel_weight
        self.networks = networks
        self.penalty = penalty
        self.bandwidth = bandwidth
        self.hubness = hubness
        self.landmarks = landmarks
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.temperature = temperature
        self.dropout = dropout
        self.text_blocks = text_blocks
        self.device = device

    def _fit(
        self,
        features: np.ndarray,
        labels: np.ndarray,
        class_embeddings: np.ndarray,
        masked_features: np.ndarray | None,
        seed: int,
        on_epoch: EpochEnd,
    ) -> None:
        if self.kernel_weight < 0 or self.networks < 0 or not (self.kernel_weight or self.networks):
            raise InputError(
                f"kernel_weight {self.kernel_weight}, networks {self.networks}; expected at least 0, one of them more"
            )
        own = self._texts(class_embeddings)
        self._parts = self._new_parts(class_embeddings.shape[1])
        deviations = []
        for place, (name, part) in enumerate(self._parts.items()):
            texts = own[name == PART]
            told = np.flatnonzero(texts.any(axis=1))
            rows = np.isin(labels, told)
            chosen, of_chosen, texts = features[rows], np.searchsorted(told, labels[rows]), texts[told]
            part.fit(chosen, of_chosen, texts, seed=seed * max(1, self.networks) + place)
            deviations.append(_deviation_of_wrong(part.score_classes(chosen, texts), of_chosen))
        self._deviations = np.array(deviations, dtype=np.float32)

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        own = self._texts(class_embeddings)
        total = np.zeros((len(features), len(class_embeddings)), dtype=np.float32)
        for (name, part), deviation in zip(self._parts.items(), self._deviations, strict=True):
            weight = self.kernel_weight if name == PART else 1 / self.networks
            total += weight / deviation * part.score_classes(features, own[name == PART])
        return total

    def _texts(self, class_embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Texts (K, width) of the networks and of the regression."""
        first = block_widths(self.text_blocks, class_embeddings.shape[1])[0]
        if first == class_embeddings.shape[1]:
            return class_embeddings, class_embeddings
        return class_embeddings[:, first:], class_embeddings[:, :first]

    def _new_parts(self, text_dim: int) -> dict[str, Aligner]:
        """The regression, unless it has no weight, and the networks, by the prefix of what they keep."""
        widths = block_widths(self.text_blocks, text_dim)[1:]
        parts: dict[str, Aligner] = {}
        if self.kernel_weight:
            parts[PART] = KernelRidge(
                penalty=self.penalty, bandwidth=self.bandwidth, hubness=self.hubness, landmarks=self.landmarks
            )
        for number in range(self.networks):
            parts[f"network{number}."] = Contrastive(
                epochs=self.epochs,
                learning_rate=self.learning_rate,
                batch_size=self.batch_size,
                temperature=self.temperature,
                dropout=self.dropout,
                text_blocks=tuple(widths) or None,
                device=self.device,
            )
        return parts

    def _state(self) -> dict[str, np.ndarray]:
        parts = {prefix + name: value for prefix, part in self._parts.items() for name, value in part._state().items()}
        return {"deviations": self._deviations, **parts}

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        assert self.text_dim_ is not None
        self._deviations = state["deviations"]
        self._parts = self._new_parts(self.text_dim_)
        widths = [block.shape[1] for block in self._texts(np.zeros((1, self.text_dim_), np.float32))]
        for prefix, part in self._parts.items():
            part.feature_dim_, part.text_dim_ = self.feature_dim_, widths[prefix == PART]
            part._set_state({n.removeprefix(prefix): v for n, v in state.items() if n.startswith(prefix)})


def _deviation_of_wrong(scores: np.ndarray, labels: np.ndarray) -> float:
    """Mean over rows of the deviation of scores (N, K) of other classes than the row's; 1 where there is none."""
    wrong = np.ma.masked_array(scores, mask=labels[:, None] == np.arange(scores.shape[1]))
    deviation = float(wrong.std(axis=1).mean())
    return deviation if deviation > 1e-6 else 1.0

"""Prototypes: test-time adaptation of any fitted aligner to the whole unlabelled test set; transductive."""

import numpy as np

from zeroskel.align.base import Aligner
from zeroskel.align.scaling import unit_rows
from zeroskel.core import InputError


class Prototypes:
    """A fitted aligner whose candidates are re-centred on the test motions that it is surest of.

        p_ik = softmax_k(z_ik / temperature)        H_i = -sum_k p_ik log p_ik
        prototype_k = mean of the features predicted as k and among the `share` of least H
        score_ik = (1 - weight) z_ik + weight c_ik

    z: the aligner's scores, c: cosines of features and prototypes, each less its row's mean and in units of its overall
    deviation; features are centred by the mean of the test set. A candidate without a confident motion keeps z.

    Transductive: a score depends on the other test motions. Figures belong in a column of their own, never beside those
    of methods that see one test motion at a time. Nothing is drawn and labels are not used. The aligner's own
    candidates are left as they are.

    The idea is that of PGFA (Zhou et al., "Zero-Shot Skeleton-Based Action Recognition With Prototype-Guided Feature
    Alignment", arXiv 2507.00566), whose prototypes are means of the 90 % surest of each class's motions in the space of
    texts and replace the texts altogether (weight 1). Here they stand in the space of features, so that any aligner
    serves.

    Args:
        aligner: fitted.
        share: of the test motions that are trusted, the surest first (published: 0.9).
        weight: of the prototypes in the score (published: 1, about as good at this share).
        temperature: of the softmax that the entropy is taken of.
        of_each_class: True trusts this share of the motions predicted as each class, as published; False of all.
        rounds: how often prototypes are made, later ones from the scores before (published: 1).

    Raises:
        InputError: options out of range.
    """

    def __init__(
        self,
        aligner: Aligner,
        *,
        share: float = 0.9,
        weight: float = 0.5,
        temperature: float = 1.0,
        of_each_class: bool = True,
        rounds: int = 1,
    ) -> None:
        if not 0 < share <= 1 or not 0 <= weight <= 1 or temperature <= 0 or rounds < 1:
            raise InputError(
                f"share {share}, weight {weight}, temperature {temperature}, rounds {rounds}; expected above 0 to 1, "
                "0 to 1, more than 0 and at least 1"
            )
        self.aligner = aligner
        self.share = share
        self.weight = weight
        self.temperature = temperature
        self.of_each_class = of_each_class
        self.rounds = rounds

    def score_classes(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        """How well each motion of the test set fits each candidate text; higher is better.

        Args:
            features: (N, D) of the whole test set.
            class_embeddings: (K, D_text) of the candidates, in any order.

        Returns:
            (N, K) float32.

        Raises:
            NotFittedError, InputError: as the aligner's `score_classes`.
        """
        own = standardised(self.aligner.score_classes(features, class_embeddings))
        centred = np.asarray(features, dtype=np.float64)
        centred = unit_rows(centred - centred.mean(axis=0))
        scores = own
        for _ in range(self.rounds):
            similarity = self._similarity(centred, scores)
            scores = (1 - self.weight) * own + self.weight * np.where(np.isnan(similarity), own, similarity)
        return scores.astype(np.float32)

    def _similarity(self, features: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """(N, K) standardised cosines with the prototypes; NaN for candidates that have none."""
        predicted, uncertainty = scores.argmax(axis=1), entropy(scores / self.temperature)
        trusted = confident(uncertainty, predicted if self.of_each_class else np.zeros_like(predicted), self.share)
        known = np.unique(predicted[trusted])
        prototypes = np.stack([features[trusted & (predicted == k)].mean(axis=0) for k in known])
        similarity = np.full(scores.shape, np.nan)
        similarity[:, known] = standardised(features @ unit_rows(prototypes).T)
        return similarity


def standardised(scores: np.ndarray) -> np.ndarray:
    """(N, K) scores less their row's mean, in units of their overall deviation; zeros where all are equal."""
    centred = scores - scores.mean(axis=1, keepdims=True, dtype=np.float64)
    return centred / max(float(centred.std()), 1e-12)


def entropy(logits: np.ndarray) -> np.ndarray:
    """(N,) entropies, in nats, of the softmax of each row."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(np.exp(logs) * logs).sum(axis=1)


def confident(uncertainty: np.ndarray, groups: np.ndarray, share: float) -> np.ndarray:
    """(N,) whether each is in the least uncertain share of its group, rounded up; among equals the earlier one."""
    trusted = np.zeros(len(uncertainty), dtype=bool)
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        order = np.argsort(uncertainty[members], kind="stable")
        trusted[members[order[: int(np.ceil(share * len(members)))]]] = True
    return trusted

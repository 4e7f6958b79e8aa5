"""Prototypes: transductive adaptation of any fitted aligner to the whole unlabelled test set."""

import attrs
import numpy as np

from zeroskel.align.base import Aligner
from zeroskel.core._options import option
from zeroskel.core._rows import unit_rows


@attrs.define(eq=False, slots=False)
class Prototypes:
    """Fitted aligner whose candidates are re-centred on the test motions with the most certain predictions.

        p_ik = softmax_k(z_ik / temperature)        H_i = -sum_k p_ik log p_ik
        prototype_k = mean of the features that are predicted as k and among the `share` of smallest H
        score_ik = (1 - weight) z_ik + weight c_ik

    z: the scores of the aligner; c: cosines of features and prototypes; each less the mean of its row and in units of
    its overall deviation. Features are centred by the mean of the test set. A candidate without a certain motion keeps
    z.

    The method is transductive: a score depends on the other test motions. Its figures belong in a separate column,
    never next to those of methods that see one test motion at a time. Nothing is random and labels are not used. The
    candidates of the aligner itself are not modified.

    Source: the idea is that of PGFA (Zhou et al., "Zero-Shot Skeleton-Based Action Recognition With Prototype-Guided
    Feature Alignment", arXiv 2507.00566), whose prototypes are means of the 90 % most certain motions of each class in
    the space of texts and replace the texts (weight 1). Here they are in the space of features, so that any aligner can
    be used.

    Args:
        aligner: A fitted aligner.
        share: Share of the test motions that is trusted, the most certain first (published: 0.9).
        weight: Weight of the prototypes in the score (published: 1, about as good at this share).
        temperature: Temperature of the softmax in the entropy.
        of_each_class: True trusts this share of the motions predicted as each class, as published; False of all.
        rounds: How often prototypes are computed, each time from the last scores (published: 1).

    Raises:
        InputError: Options are out of range.

    Example:
        >>> import numpy as np
        >>> from zeroskel.align import Prototypes, Ridge
        >>> ridge = Ridge().fit(np.eye(4), np.arange(4) % 2, np.eye(2))
        >>> Prototypes(ridge, weight=1.0).score_classes(np.eye(4), np.eye(2)).shape
        (4, 2)
    """

    aligner: Aligner
    share: float = option(0.9, above=0, at_most=1)
    weight: float = option(0.5, at_least=0, at_most=1)
    temperature: float = option(1.0, above=0)
    of_each_class: bool = option(True)
    rounds: int = option(1, at_least=1)

    def score_classes(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        """Score how well each motion of the test set fits each candidate text.

        Args:
            features: (N, D) features of the whole test set.
            class_embeddings: (K, D_text) texts of the candidates, in any order.

        Returns:
            (N, K) float32 scores; higher is better.

        Raises:
            ZeroskelError: As `Aligner.score_classes`.
        """
        original = _standardised(self.aligner.score_classes(features, class_embeddings))
        centred = np.asarray(features, dtype=np.float64)
        centred = unit_rows(centred - centred.mean(axis=0))
        scores = original
        for _ in range(self.rounds):
            similarity = self._similarity(centred, scores)
            similarity = np.where(np.isnan(similarity), original, similarity)
            scores = (1 - self.weight) * original + self.weight * similarity
        return scores.astype(np.float32)

    def _similarity(self, features: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Return the standardised cosines (N, K) with the prototypes; NaN for candidates without a prototype."""
        predicted, uncertainty = scores.argmax(axis=1), _entropy(scores / self.temperature)
        groups = predicted if self.of_each_class else np.zeros_like(predicted)
        trusted = _most_certain(uncertainty, groups, self.share)
        present = np.unique(predicted[trusted])
        prototypes = np.stack([features[trusted & (predicted == k)].mean(axis=0) for k in present])
        similarity = np.full(scores.shape, np.nan)
        similarity[:, present] = _standardised(features @ unit_rows(prototypes).T)
        return similarity


def _standardised(scores: np.ndarray) -> np.ndarray:
    """Return scores (N, K) less the mean of their row, in units of their overall deviation; zeros if all are equal."""
    centred = scores - scores.mean(axis=1, keepdims=True, dtype=np.float64)
    return centred / max(float(centred.std()), 1e-12)


def _entropy(logits: np.ndarray) -> np.ndarray:
    """Return the entropies (N,), in nats, of the softmax of each row."""
    from scipy.special import entr, softmax

    return entr(softmax(logits, axis=1)).sum(axis=1)


def _most_certain(uncertainty: np.ndarray, groups: np.ndarray, share: float) -> np.ndarray:
    """Return whether each (N,) is in the least uncertain share of its group, rounded up; the earlier of equals."""
    from pandas import Series

    of_group = Series(uncertainty).groupby(groups)
    return (of_group.rank(method="first") <= np.ceil(share * of_group.transform("size"))).to_numpy()

"""Kernel ridge regression from features to texts, with a correction for hubs."""

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from zeroskel.align._kernel_regression import KernelRegression, predict_tensor
from zeroskel.align.base import _OneStepAligner
from zeroskel.core._options import option, with_options
from zeroskel.core._rows import unit_rows

if TYPE_CHECKING:
    from torch import Tensor, nn

_NEAREST_SHARE = 0.02  # of the seen motions, which count as the nearest of a candidate
_FEWEST_NEAREST = 5


@with_options
class KernelRidge(_OneStepAligner):
    """Regression of the text on the motion with a Gaussian kernel; the score is a cosine less a share of hubness.

        t(x) = m + k(x)^T (K + p W^-1)^-1 (T - m)        k(x, z) = exp(-g |x - z|^2 / median |x - z|^2)
        score(x, s) = cos(t(x) - c, s - c) - b h_s

    T: the text of each training sequence; W: weights that fall with the root of the size of its class, mean 1; m: the
    weighted mean of T; c: the mean of the seen texts; h: the hub advantage of a text, from predictions
    for the landmarks by regressions that were fitted without an eighth of the classes, theirs among them.

    Sources: Saunders, Gammerman and Vovk, "Ridge regression learning algorithm in dual variables", ICML 1998. With more
    sequences than landmarks, the kernel is that of Williams and Seeger, "Using the Nyström method to speed up kernel
    machines", NeurIPS 2000, on means of clusters in each class (Zhang, Tsang and Kwok, "Improved Nyström low-rank
    approximation and error analysis", ICML 2008), so that no landmark is a recording. Shigeto et al., "Ridge
    regression, hubness, and zero-shot learning", ECML 2015, arXiv 1507.00825, show that a regression from motions to
    texts makes hubs of some texts.

    Args:
        penalty: p for a thousand sequences.
        bandwidth: g.
        hubness: b; 0 applies no correction.
        landmarks: Largest number of training sequences, or means of them, that define the kernel.

    Example:
        >>> import numpy as np
        >>> from zeroskel.align import KernelRidge
        >>> features, texts = np.eye(6), np.eye(3)
        >>> fitted = KernelRidge(hubness=0).fit(features, np.arange(6) % 3, texts)
        >>> fitted.score_classes(features, texts).argmax(axis=1).tolist()
        [0, 1, 2, 0, 1, 2]
    """

    method = "kernel-ridge"
    # The noise of the features decides both.
    choices: ClassVar = {"penalty": (0.3, 1.0, 3.0), "bandwidth": (0.1, 0.3, 1.0)}

    penalty: float = option(1.0, above=0)
    bandwidth: float = option(0.3, above=0)
    hubness: float = option(0.5, at_least=0)
    landmarks: int = option(2048, at_least=2)

    def _learn(self, features: np.ndarray, labels: np.ndarray, class_embeddings: np.ndarray, seed: int) -> None:
        self._text_mean = class_embeddings.mean(axis=0)
        targets = (class_embeddings - self._text_mean).astype(np.float64)
        self._regression, blind, _ = KernelRegression.fitted(
            features, labels, targets, penalty=self.penalty, bandwidth=self.bandwidth, most=self.landmarks
        )
        self._blind = unit_rows(blind)

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        predicted = unit_rows(self._regression.predict(features))
        texts = unit_rows(class_embeddings - self._text_mean)
        return predicted @ texts.T - self.hubness * _hub_advantage(self._blind @ texts.T)

    def _state(self) -> dict[str, np.ndarray]:
        return {**self._regression.arrays(), "text_mean": self._text_mean, "blind": self._blind}

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        self._regression = KernelRegression.of_arrays(state)
        self._text_mean, self._blind = state["text_mean"], state["blind"]

    def to_torch(self) -> "nn.Module":
        """Return the fitted method as a torch module: see `Aligner.to_torch`."""
        from torch.nn.functional import normalize

        from zeroskel.neural._tensors import ScoreModule

        hubness, nearest = self.hubness, _nearest_count(len(self._blind))

        def scores(fitted: Any, features: "Tensor", texts: "Tensor") -> "Tensor":
            predicted = normalize(predict_tensor(fitted, features), dim=1)
            texts = normalize(texts - fitted.text_mean, dim=1)
            advantage = (fitted.blind @ texts.T).topk(nearest, dim=0).values.mean(dim=0)
            return predicted @ texts.T - hubness * advantage

        return ScoreModule(scores, self._state())


def _hub_advantage(seen_scores: np.ndarray) -> np.ndarray:
    """Return how near each candidate is to the seen motions that are nearest to it: large for a hub, near to all.

        h_k = mean of the largest 2 % (at least 5) of s(x, k) over seen motions x

    This is the term that "Cross-domain similarity local scaling" subtracts (Conneau et al., "Word translation without
    parallel data", ICLR 2018, arXiv 1710.04087), over motions of the training set instead of the test set, so that each
    test motion is scored without the others.

    Args:
        seen_scores: (N, K) scores of the candidates for motions of seen classes, by models that were trained without
            these classes.

    Returns:
        (K,) advantages; a share of them is subtracted from the scores of every motion.
    """
    count = _nearest_count(len(seen_scores))
    return np.partition(seen_scores, len(seen_scores) - count, axis=0)[-count:].mean(axis=0)


def _nearest_count(motions: int) -> int:
    """Return how many of this number of seen motions count as the nearest."""
    return min(motions, max(_FEWEST_NEAREST, round(_NEAREST_SHARE * motions)))

"""ConSE: a motion's text is the convex combination of seen classes' texts that a classifier of seen classes makes."""

from typing import ClassVar

import numpy as np

from zeroskel.align.base import Aligner, EpochEnd
from zeroskel.align.scaling import mean_and_scale, unit_rows
from zeroskel.core import InputError


class ConSE(Aligner):
    """Norouzi et al., "Zero-shot learning by convex combination of semantic embeddings", ICLR 2014, eq. 3.

        f(x) = sum over the `top` most probable seen classes of p(k | x) s_k / sum of p        score = cos(f(x), s)

    p is a logistic regression on features centred and scaled by their overall deviation in training.

    Args:
        top: how many seen classes are combined (published: 10).
        strength: inverse of the classifier's L2 penalty.
    """

    method = "conse"
    # How sure the classifier is and how many texts it mixes make the same mixture sharper or softer.
    choices: ClassVar = {"top": (3, 10, 30), "strength": (0.001, 0.01, 0.1)}

    def __init__(self, *, top: int = 10, strength: float = 0.01) -> None:
        self.top = top
        self.strength = strength

    def _fit(
        self,
        features: np.ndarray,
        labels: np.ndarray,
        class_embeddings: np.ndarray,
        masked_features: np.ndarray | None,
        seed: int,
        on_epoch: EpochEnd,
    ) -> None:
        from sklearn.linear_model import LogisticRegression

        if self.top < 1 or self.strength <= 0:
            raise InputError(f"top {self.top}, strength {self.strength}; expected at least 1 and more than 0")
        self._mean, self._scale = mean_and_scale(features)
        classifier = LogisticRegression(C=self.strength, max_iter=1000)
        classifier.fit((features - self._mean) / self._scale, labels)
        weight, bias = classifier.coef_, classifier.intercept_
        if len(weight) == 1:  # two classes: one row says both
            weight, bias = np.vstack((-weight, weight)) / 2, np.concatenate((-bias, bias)) / 2
        self._weight, self._bias = weight.astype(np.float32), bias.astype(np.float32)
        self._texts = class_embeddings

    def seen_probabilities(self, features: np.ndarray) -> np.ndarray:
        """(N, K) probabilities of the seen classes, in the order of their ids."""
        logits = (features - self._mean) / self._scale @ self._weight.T + self._bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        probabilities = self.seen_probabilities(features)
        top = min(self.top, probabilities.shape[1])
        least = np.sort(probabilities, axis=1)[:, -top, None]
        kept = np.where(probabilities >= least, probabilities, 0)
        combined = kept / kept.sum(axis=1, keepdims=True) @ self._texts
        return unit_rows(combined) @ unit_rows(class_embeddings).T

    def _state(self) -> dict[str, np.ndarray]:
        return {
            "mean": self._mean,
            "scale": self._scale,
            "weight": self._weight,
            "bias": self._bias,
            "texts": self._texts,
        }

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        self._mean, self._scale = state["mean"], state["scale"]
        self._weight, self._bias, self._texts = state["weight"], state["bias"], state["texts"]

"""ConSE: the text of a motion is a convex combination of seen texts, by the probabilities of a classifier."""

from typing import ClassVar

import numpy as np

from zeroskel.align.base import _OneStepAligner
from zeroskel.core._options import option, with_options
from zeroskel.core._rows import mean_and_scale, unit_rows


@with_options
class ConSE(_OneStepAligner):
    """Cosine of a text with the mean of the most probable seen texts.

        f(x) = sum over the `top` most probable seen classes of p(k | x) s_k / sum of p        score = cos(f(x), s)

    p is a logistic regression on features that are centred and scaled by their overall deviation in training.

    Source: Norouzi et al., "Zero-shot learning by convex combination of semantic embeddings", ICLR 2014, eq. 3.

    Args:
        top: Number of seen classes that are combined (published: 10).
        strength: Inverse of the L2 penalty of the classifier.

    Example:
        >>> import numpy as np
        >>> from zeroskel.align import ConSE
        >>> fitted = ConSE(top=1).fit(np.eye(4), np.arange(4) % 2, np.eye(2))
        >>> fitted.seen_probabilities(np.eye(4)).argmax(axis=1).tolist()
        [0, 1, 0, 1]
    """

    method = "conse"
    # A more certain classifier and fewer texts both make the mixture sharper.
    choices: ClassVar = {"top": (3, 10, 30), "strength": (0.001, 0.01, 0.1)}
    _learnt = ("mean", "scale", "weight", "bias", "texts")

    top: int = option(10, at_least=1)
    strength: float = option(0.01, above=0)

    def _learn(self, features: np.ndarray, labels: np.ndarray, class_embeddings: np.ndarray, seed: int) -> None:
        from sklearn.linear_model import LogisticRegression

        self._mean, self._scale = mean_and_scale(features)
        classifier = LogisticRegression(C=self.strength, max_iter=1000)
        classifier.fit(self._standardised(features), labels)
        weight, bias = classifier.coef_, classifier.intercept_
        if len(weight) == 1:  # scikit-learn has one row for two classes
            weight, bias = np.vstack((-weight, weight)) / 2, np.concatenate((-bias, bias)) / 2
        self._weight, self._bias = weight.astype(np.float32), bias.astype(np.float32)
        self._texts = class_embeddings

    def seen_probabilities(self, features: np.ndarray) -> np.ndarray:
        """Return the probabilities (N, K) of the seen classes for features (N, D), in the order of the class ids."""
        from scipy.special import softmax

        return softmax(self._standardised(features) @ self._weight.T + self._bias, axis=1)

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        probabilities = self.seen_probabilities(features)
        top = min(self.top, probabilities.shape[1])
        smallest = np.sort(probabilities, axis=1)[:, -top, None]
        weights = np.where(probabilities >= smallest, probabilities, 0)
        combined = weights / weights.sum(axis=1, keepdims=True) @ self._texts
        return unit_rows(combined) @ unit_rows(class_embeddings).T

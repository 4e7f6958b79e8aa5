"""Ridge regression from features to texts, in ESZSL's closed form."""

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from zeroskel.align.base import _OneStepAligner
from zeroskel.core._options import option, with_options
from zeroskel.core._rows import mean_and_scale

if TYPE_CHECKING:
    from torch import Tensor, nn


@with_options
class Ridge(_OneStepAligner):
    """Bilinear score in closed form (ESZSL).

        W = (X^T X / N + g I)^-1 X^T Y S / N (S^T S + h I)^-1        score(x, s) = x W s

    X: features, centred and scaled by their overall deviation (N, D); Y: +1 for the class of each sequence, -1 for the
    other classes (N, K); S: texts of the seen classes, centred (K, D_text).

    Source: Romera-Paredes and Torr, "An embarrassingly simple approach to zero-shot learning", ICML 2015, eq. 7.

    Args:
        feature_penalty: g, on features of unit overall variance.
        text_penalty: h, on L2-normalised texts. Both defaults were chosen on validation classes of pool-1 to pool-3.

    Example:
        >>> import numpy as np
        >>> from zeroskel.align import Ridge
        >>> x = np.array([[-1.0], [1.0]])
        >>> Ridge(text_penalty=2.0).fit(x, np.array([0, 1]), x).score_classes(x, x).round(3).tolist()
        [[0.125, -0.125], [-0.125, 0.125]]
    """

    method = "ridge"
    # These are the only constants. The best values grow with the noise of features and the likeness of texts.
    choices: ClassVar = {"feature_penalty": (1.0, 3.0, 10.0), "text_penalty": (1.0, 3.0, 10.0)}
    _learnt = ("mean", "scale", "text_mean", "weight")

    feature_penalty: float = option(3.0, above=0)
    text_penalty: float = option(3.0, above=0)

    def _learn(self, features: np.ndarray, labels: np.ndarray, class_embeddings: np.ndarray, seed: int) -> None:
        self._mean, self._scale = mean_and_scale(features)
        self._text_mean = class_embeddings.mean(axis=0)
        x = self._standardised(features).astype(np.float64)
        s = (class_embeddings - self._text_mean).astype(np.float64)
        y = np.where(labels[:, None] == np.arange(len(s)), 1.0, -1.0)
        left = x.T @ x / len(x) + self.feature_penalty * np.eye(x.shape[1])
        right = s.T @ s + self.text_penalty * np.eye(s.shape[1])
        inner = np.linalg.solve(left, x.T @ y @ s / len(x))
        self._weight = np.linalg.solve(right, inner.T).T.astype(np.float32)

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        return self._standardised(features) @ self._weight @ (class_embeddings - self._text_mean).T

    def to_torch(self) -> "nn.Module":
        """Return the fitted method as a torch module: see `Aligner.to_torch`."""
        from zeroskel.neural._tensors import ScoreModule

        def scores(fitted: Any, features: "Tensor", texts: "Tensor") -> "Tensor":
            return (features - fitted.mean) / fitted.scale @ fitted.weight @ (texts - fitted.text_mean).T

        return ScoreModule(scores, self._state())

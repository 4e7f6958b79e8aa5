"""Ridge regression from features to texts, in ESZSL's closed form."""

from typing import ClassVar

import numpy as np

from zeroskel.align.base import Aligner, EpochEnd
from zeroskel.align.scaling import mean_and_scale
from zeroskel.core import InputError


class Ridge(Aligner):
    """Romera-Paredes and Torr, "An embarrassingly simple approach to zero-shot learning" (ESZSL), ICML 2015, eq. 7.

        W = (X^T X / N + g I)^-1 X^T Y S / N (S^T S + h I)^-1        score(x, s) = x W s

    X: features, centred and scaled by their overall deviation (N, D); Y: +1 for the class of each, -1 for the others
    (N, K); S: texts of the seen classes, less their mean (K, D_text).

    Args:
        feature_penalty: g, on features of unit overall variance.
        text_penalty: h, on L2-normalised texts. Both fixed on validation classes of pool-1 to pool-3.
    """

    method = "ridge"
    # The only two constants; what is right grows with the noise of features and the likeness of texts.
    choices: ClassVar = {"feature_penalty": (1.0, 3.0, 10.0), "text_penalty": (1.0, 3.0, 10.0)}

    def __init__(self, *, feature_penalty: float = 3.0, text_penalty: float = 3.0) -> None:
        self.feature_penalty = feature_penalty
        self.text_penalty = text_penalty

    def _fit(
        self,
        features: np.ndarray,
        labels: np.ndarray,
        class_embeddings: np.ndarray,
        masked_features: np.ndarray | None,
        seed: int,
        on_epoch: EpochEnd,
    ) -> None:
        if self.feature_penalty <= 0 or self.text_penalty <= 0:
            raise InputError(f"penalties {self.feature_penalty} and {self.text_penalty}; expected more than 0")
        self._mean, self._scale = mean_and_scale(features)
        self._text_mean = class_embeddings.mean(axis=0)
        x = ((features - self._mean) / self._scale).astype(np.float64)
        s = (class_embeddings - self._text_mean).astype(np.float64)
        y = np.where(labels[:, None] == np.arange(len(s)), 1.0, -1.0)
        left = x.T @ x / len(x) + self.feature_penalty * np.eye(x.shape[1])
        right = s.T @ s + self.text_penalty * np.eye(s.shape[1])
        inner = np.linalg.solve(left, x.T @ y @ s / len(x))
        self._weight = np.linalg.solve(right, inner.T).T.astype(np.float32)

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        return (features - self._mean) / self._scale @ self._weight @ (class_embeddings - self._text_mean).T

    def _state(self) -> dict[str, np.ndarray]:
        return {"mean": self._mean, "scale": self._scale, "text_mean": self._text_mean, "weight": self._weight}

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        self._mean, self._scale = state["mean"], state["scale"]
        self._text_mean, self._weight = state["text_mean"], state["weight"]

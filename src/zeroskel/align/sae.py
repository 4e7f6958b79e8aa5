"""SAE: a linear auto-encoder of motion whose code is the text, in closed form."""

import numpy as np

from zeroskel.align.base import Aligner, OnEpoch
from zeroskel.core import InputError

DIRECTIONS = ("feature-to-text", "text-to-feature")


class SAE(Aligner):
    """Doc."""

    method = "sae"

    def __init__(
        self, *, strength: float = 0.2, direction: str = "text-to-feature", reduction_penalty: float | None = None
    ) -> None:
        self.strength = strength
        self.direction = direction
        self.reduction_penalty = reduction_penalty

    def _fit(
        self,
        features: np.ndarray,
        labels: np.ndarray,
        class_embeddings: np.ndarray,
        masked_features: np.ndarray | None,
        seed: int,
        on_epoch: OnEpoch | None,
    ) -> None:
        if self.direction not in DIRECTIONS:
            raise InputError(f"direction is {self.direction!r}; expected {' or '.join(map(repr, DIRECTIONS))}")
        if self.strength <= 0 or (self.reduction_penalty is not None and self.reduction_penalty <= 0):
            raise InputError(
                f"strength {self.strength}, reduction_penalty {self.reduction_penalty}; expected more than 0"
            )
        self._mean = features.mean(axis=0)
        self._scale = (features - self._mean).std(keepdims=True).reshape(1) + np.float32(1e-6)
        self._text_mean = class_embeddings.mean(axis=0)
        self._reduction = np.eye(features.shape[1], dtype=np.float32)
        if self.reduction_penalty is not None:
            x = self._normalise(features).astype(np.float64)
            y = (labels[:, None] == np.arange(len(class_embeddings))).astype(np.float64)
            left = x.T @ x / len(x) + self.reduction_penalty * np.eye(x.shape[1])
            self._reduction = np.linalg.solve(left, x.T @ y / len(x)).astype(np.float32)
        x = self._normalise(features).astype(np.float64)
        x /= x.std()
        s = (class_embeddings - self._text_mean).astype(np.float64)[labels]
        a, b = s.T @ s / len(s), self.strength * x.T @ x / len(x)
        self._weight = sylvester(a, b, (1 + self.strength) * s.T @ x / len(x)).astype(np.float32)

    def _normalise(self, features: np.ndarray) -> np.ndarray:
        return (features - self._mean) / self._scale @ self._reduction

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        motions, texts = self._normalise(features), class_embeddings - self._text_mean
        if self.direction == "feature-to-text":
            return _unit(motions @ self._weight.T) @ _unit(texts).T
        return _unit(motions) @ _unit(texts @ self._weight).T

    def _state(self) -> dict[str, np.ndarray]:
        return {
            "mean": self._mean,
            "scale": self._scale,
            "text_mean": self._text_mean,
            "reduction": self._reduction,
            "weight": self._weight,
        }

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        self._mean, self._scale, self._text_mean = state["mean"], state["scale"], state["text_mean"]
        self._reduction, self._weight = state["reduction"], state["weight"]


def sylvester(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """W with A W + W B = C for symmetric A and B that have no negative eigenvalue.

        A = P diag(p) P^T, B = Q diag(q) Q^T:  W = P (P^T C Q / (p_i + q_j)) Q^T

    Where p_i + q_j vanishes the equation leaves W open; the least W is taken.

    Args:
        a: (m, m).
        b: (n, n).
        c: (m, n).

    Returns:
        (m, n).
    """
    (p, of_a), (q, of_b) = np.linalg.eigh(a), np.linalg.eigh(b)
    sums = p[:, None] + q
    open_ = sums <= 1e-10 * sums.max()
    inner = np.where(open_, 0.0, of_a.T @ c @ of_b / np.where(open_, 1.0, sums))
    return of_a @ inner @ of_b.T


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)

"""SAE: a linear auto-encoder of motion whose code is the text, in closed form."""

from typing import ClassVar

import numpy as np

from zeroskel.align.base import Aligner, EpochEnd
from zeroskel.align.scaling import mean_and_scale, unit_rows
from zeroskel.core import InputError

DIRECTIONS = ("feature-to-text", "text-to-feature")


class SAE(Aligner):
    """Kodirov, Xiang and Gong, "Semantic Autoencoder for Zero-Shot Learning", CVPR 2017 (arXiv 1704.08345), eq. 4 to 8.

        min over W of |X - W^T S|^2 + strength * |W X - S|^2,  solved by
        A W + W B = C with A = S S^T, B = strength * X X^T, C = (1 + strength) S X^T

    X: (D, N) features, centred and scaled by their overall deviation; S: (D_text, N) the text of each, less the mean
    of the seen ones. All three products are divided by N, which leaves W unchanged.

    Args:
        strength: weight of encoding against decoding, published as lambda and set for each data set (0.2 to 500,000,
            on features and texts of other lengths). Little of it was best on validation classes of pool-1 to pool-3.
        direction: "text-to-feature" decodes a text and compares in feature space, cos(x, W^T s); "feature-to-text"
            encodes the feature and compares with texts, cos(W x, s). The paper reports both; the first was better on
            the same classes (0.40 against 0.39).

    Released code standardises each candidate's column of scores over all test sequences in one demo. That uses the
    whole unlabelled test set, so it is left out. So is another demo's reduction of features to class scores by ridge
    regression, which lost on the same classes.

    Mean accuracy per class on ten validation classes each of pool-1 to pool-3, on which the defaults were chosen: 0.40
    (ridge 0.36, chance 0.10).
    """

    method = "sae"
    # Encoding against decoding; the paper sets it for each data set.
    choices: ClassVar = {"strength": (0.0003, 0.001, 0.003, 0.03, 0.3)}

    def __init__(self, *, strength: float = 0.003, direction: str = "text-to-feature") -> None:
        self.strength = strength
        self.direction = direction

    def _fit(
        self,
        features: np.ndarray,
        labels: np.ndarray,
        class_embeddings: np.ndarray,
        masked_features: np.ndarray | None,
        seed: int,
        on_epoch: EpochEnd,
    ) -> None:
        if self.direction not in DIRECTIONS:
            raise InputError(f"direction is {self.direction!r}; expected {' or '.join(map(repr, DIRECTIONS))}")
        if self.strength <= 0:
            raise InputError(f"strength is {self.strength}; expected more than 0")
        self._mean, self._scale = mean_and_scale(features)
        self._text_mean = class_embeddings.mean(axis=0)
        x = self._normalise(features).astype(np.float64)
        s = (class_embeddings - self._text_mean).astype(np.float64)[labels]
        a, b = s.T @ s / len(s), self.strength * x.T @ x / len(x)
        self._weight = sylvester(a, b, (1 + self.strength) * s.T @ x / len(x)).astype(np.float32)

    def _normalise(self, features: np.ndarray) -> np.ndarray:
        return (features - self._mean) / self._scale

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        motions, texts = self._normalise(features), class_embeddings - self._text_mean
        if self.direction == "feature-to-text":
            return unit_rows(motions @ self._weight.T) @ unit_rows(texts).T
        return unit_rows(motions) @ unit_rows(texts @ self._weight).T

    def _state(self) -> dict[str, np.ndarray]:
        return {
            "mean": self._mean,
            "scale": self._scale,
            "text_mean": self._text_mean,
            "weight": self._weight,
        }

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        self._mean, self._scale = state["mean"], state["scale"]
        self._text_mean, self._weight = state["text_mean"], state["weight"]


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

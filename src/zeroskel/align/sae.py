"""SAE: a linear auto-encoder of motion whose code is the text, in closed form."""

from typing import ClassVar

import numpy as np

from zeroskel.align.base import _OneStepAligner
from zeroskel.core._options import option, with_options
from zeroskel.core._rows import mean_and_scale, unit_rows


@with_options
class SAE(_OneStepAligner):
    """Semantic auto-encoder: a linear map that encodes motions as texts and decodes texts to motions.

        min over W of |X - W^T S|^2 + strength * |W X - S|^2,  solved by
        A W + W B = C with A = S S^T, B = strength * X X^T, C = (1 + strength) S X^T

    X: (D, N) features, centred and scaled by their overall deviation; S: (D_text, N) the text of each sequence, less
    the mean of the seen texts. All three products are divided by N, which does not change W.

    Source: Kodirov, Xiang and Gong, "Semantic Autoencoder for Zero-Shot Learning", CVPR 2017 (arXiv 1704.08345),
    eq. 4 to 8.

    Differences from the released code: one demo standardises the scores of each candidate over all test sequences,
    which uses the unlabelled test set; another one first reduces features to class scores by ridge regression, which
    was worse on validation classes. Both are left out.

    Mean accuracy per class on ten validation classes each of pool-1 to pool-3, on which the defaults were chosen: 0.40
    (ridge 0.36, chance 0.10).

    Args:
        strength: Weight of encoding against decoding. Published as lambda and set for each dataset (0.2 to 500,000, on
            features and texts of other lengths). Small values were best on validation classes of pool-1 to pool-3.
        direction: "text-to-feature" decodes a text and compares in feature space, cos(x, W^T s); "feature-to-text"
            encodes the feature and compares with texts, cos(W x, s). The paper reports both. The first was better on
            the same classes (0.40 instead of 0.39).

    Example:
        >>> from zeroskel.align import SAE
        >>> SAE(direction="feature-to-text")
        SAE(direction='feature-to-text')
    """

    method = "sae"
    # The paper sets the balance of encoding and decoding for each dataset.
    choices: ClassVar = {"strength": (0.0003, 0.001, 0.003, 0.03, 0.3)}
    _learnt = ("mean", "scale", "text_mean", "weight")

    strength: float = option(0.003, above=0)
    direction: str = option("text-to-feature", one_of=("feature-to-text", "text-to-feature"))

    def _learn(self, features: np.ndarray, labels: np.ndarray, class_embeddings: np.ndarray, seed: int) -> None:
        self._mean, self._scale = mean_and_scale(features)
        self._text_mean = class_embeddings.mean(axis=0)
        x = self._standardised(features).astype(np.float64)
        s = (class_embeddings - self._text_mean).astype(np.float64)[labels]
        a, b = s.T @ s / len(s), self.strength * x.T @ x / len(x)
        self._weight = _sylvester(a, b, (1 + self.strength) * s.T @ x / len(x)).astype(np.float32)

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        motions, texts = self._standardised(features), class_embeddings - self._text_mean
        if self.direction == "feature-to-text":
            return unit_rows(motions @ self._weight.T) @ unit_rows(texts).T
        return unit_rows(motions) @ unit_rows(texts @ self._weight).T


def _sylvester(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Return W (m, n) with A W + W B = C for symmetric A (m, m) and B (n, n) without negative eigenvalues.

        A = P diag(p) P^T, B = Q diag(q) Q^T:  W = P (P^T C Q / (p_i + q_j)) Q^T

    Where p_i + q_j vanishes the equation leaves W open, and the smallest W is returned.
    `scipy.linalg.solve_sylvester` refuses such matrices.
    """
    (p, of_a), (q, of_b) = np.linalg.eigh(a), np.linalg.eigh(b)
    sums = p[:, None] + q
    is_open = sums <= 1e-10 * sums.max()
    inner = np.where(is_open, 0.0, of_a.T @ c @ of_b / np.where(is_open, 1.0, sums))
    return of_a @ inner @ of_b.T

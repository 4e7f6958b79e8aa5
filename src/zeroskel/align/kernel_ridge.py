"""Kernel ridge regression from features to texts, with a correction for hubs."""

import warnings
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from zeroskel.align.base import _OneStepAligner
from zeroskel.core._options import option, with_options
from zeroskel.core._rows import mean_and_scale, unit_rows

if TYPE_CHECKING:
    from torch import Tensor, nn

_FOLDS = 8  # groups of seen classes, each predicted by a regression that was fitted without it
_PER_SEQUENCES = 1000  # number of sequences that the penalty refers to
_SMALLEST_EIGENVALUE = 1e-10  # as a share of the largest
_ROWS_AT_ONCE = 2048  # sequences that are mapped at a time
_ROWS_FOR_MEDIAN = 500  # sequences whose distances set the width of the kernel
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
    _learnt = ("mean", "scale", "text_mean", "landmarks", "width", "weight", "bias", "blind")

    penalty: float = option(1.0, above=0)
    bandwidth: float = option(0.3, above=0)
    hubness: float = option(0.5, at_least=0)
    landmarks: int = option(2048, at_least=2)

    def _learn(self, features: np.ndarray, labels: np.ndarray, class_embeddings: np.ndarray, seed: int) -> None:
        self._mean, self._scale = mean_and_scale(features)
        self._text_mean = class_embeddings.mean(axis=0)
        x = self._standardised(features)
        self._landmarks, landmark_labels = _choose_landmarks(x, labels, self.landmarks)
        sample = self._landmarks[:: max(1, len(landmark_labels) // _ROWS_FOR_MEDIAN)]
        median = float(np.median(_squared_distances(sample, self._landmarks)))
        self._width = np.array([self.bandwidth / max(median, 1e-9)], dtype=np.float32)
        values, vectors = np.linalg.eigh(self._kernel(self._landmarks))
        usable = values > _SMALLEST_EIGENVALUE * values[-1]
        basis = vectors[:, usable] / np.sqrt(values[usable])  # products of kernel @ basis are the kernel

        targets = (class_embeddings - self._text_mean).astype(np.float64)
        weights = 1 / np.sqrt(np.bincount(labels)[labels])
        weights /= weights.mean()
        groups = np.random.default_rng(0).permutation(len(targets)) % min(_FOLDS, len(targets))  # of each class
        sums = [_Sums(basis.shape[1], targets.shape[1]) for _ in range(groups.max() + 1)]
        for start in range(0, len(x), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            mapped = self._kernel(x[part]) @ basis
            for group, group_sums in enumerate(sums):
                members = groups[labels[part]] == group
                group_sums.add(mapped[members], targets[labels[part][members]], weights[part][members])
        total = sum(sums, _Sums(basis.shape[1], targets.shape[1]))
        weight, bias = total.regression(self.penalty)
        self._weight, self._bias = (basis @ weight).astype(np.float32), bias.astype(np.float32)
        mapped_landmarks = self._kernel(self._landmarks) @ basis
        blind = np.empty((len(landmark_labels), targets.shape[1]), dtype=np.float32)
        for group, group_sums in enumerate(sums):
            members = groups[landmark_labels] == group
            weight, bias = (total - group_sums).regression(self.penalty)
            blind[members] = mapped_landmarks[members] @ weight + bias
        self._blind = unit_rows(blind)

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        predicted = unit_rows(self._kernel(self._standardised(features)) @ self._weight + self._bias)
        texts = unit_rows(class_embeddings - self._text_mean)
        return predicted @ texts.T - self.hubness * _hub_advantage(self._blind @ texts.T)

    def _kernel(self, rows: np.ndarray) -> np.ndarray:
        return np.exp(-self._width * _squared_distances(rows, self._landmarks))

    def to_torch(self) -> "nn.Module":
        """Return the fitted method as a torch module: see `Aligner.to_torch`."""
        import torch
        from torch.nn.functional import normalize

        from zeroskel.neural._tensors import ScoreModule

        hubness, nearest = self.hubness, _nearest_count(len(self._blind))

        def scores(fitted: Any, features: "Tensor", texts: "Tensor") -> "Tensor":
            x = (features - fitted.mean) / fitted.scale
            squares = x.square().sum(dim=1, keepdim=True) + fitted.landmarks.square().sum(dim=1)
            kernel = torch.exp(-fitted.width * (squares - 2 * x @ fitted.landmarks.T).clamp(min=0))
            predicted = normalize(kernel @ fitted.weight + fitted.bias, dim=1)
            texts = normalize(texts - fitted.text_mean, dim=1)
            advantage = (fitted.blind @ texts.T).topk(nearest, dim=0).values.mean(dim=0)
            return predicted @ texts.T - hubness * advantage

        return ScoreModule(scores, self._state())


class _Sums:
    """Sums over sequences that determine a weighted ridge regression; two of them can be added and subtracted."""

    def __init__(self, width: int, text_dim: int) -> None:
        self.parts = [np.zeros((width, width)), np.zeros((width, text_dim)), np.zeros(width), np.zeros(text_dim)]
        self.weight = 0.0
        self.count = 0

    def add(self, mapped: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> None:
        """Add sequences (n, L), their texts (n, D_text) and weights (n,)."""
        weighted = mapped * weights[:, None]
        terms = (weighted.T @ mapped, weighted.T @ targets, weighted.sum(axis=0), weights @ targets)
        for part, term in zip(self.parts, terms, strict=True):
            part += term
        self.weight += float(weights.sum())
        self.count += len(mapped)

    def regression(self, penalty: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the weight (L, D_text) and the bias (D_text,), float64."""
        gram, crossed, mapped, targets = self.parts
        bias = targets / self.weight
        gram = gram + penalty * self.count / _PER_SEQUENCES * np.eye(len(gram))
        return np.linalg.solve(gram, crossed - np.outer(mapped, bias)), bias

    def __add__(self, other: "_Sums") -> "_Sums":
        return self._combined(other, 1)

    def __sub__(self, other: "_Sums") -> "_Sums":
        return self._combined(other, -1)

    def _combined(self, other: "_Sums", sign: int) -> "_Sums":
        result = _Sums(0, 0)
        result.parts = [mine + sign * theirs for mine, theirs in zip(self.parts, other.parts, strict=True)]
        result.weight, result.count = self.weight + sign * other.weight, self.count + sign * other.count
        return result


def _squared_distances(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the squared distances (N, M) of rows (N, D) and others (M, D)."""
    squares = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)
    return np.maximum(squares - 2 * rows @ others.T, 0)


def _choose_landmarks(rows: np.ndarray, labels: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return landmarks and their classes: all rows, or means of clusters in each class.

    Classes get equal numbers, and classes with fewer rows than that get one landmark per row. With more classes than
    `most`, the first classes get one landmark each.

    Args:
        rows: (N, D).
        labels: (N,) class of each row.
        most: Largest number of landmarks.

    Returns:
        Landmarks (L, D) and their classes (L,).
    """
    if len(labels) <= most:
        return rows, labels
    counts = np.bincount(labels)
    ascending = np.sort(counts[counts > 0])
    room, quota = most, 0
    for rank, count in enumerate(ascending):
        quota = room // (len(ascending) - rank)
        if count > quota:
            break
        room -= count
    classes = np.flatnonzero(counts)[:most]
    landmarks = [_cluster_means(rows[labels == label], max(1, quota)) for label in classes]
    return np.concatenate(landmarks), np.repeat(classes, [len(of_class) for of_class in landmarks])


def _cluster_means(rows: np.ndarray, most: int) -> np.ndarray:
    """Return the means of at most `most` clusters of rows (n, D), or the rows themselves if there are no more."""
    if len(rows) <= most:
        return rows
    from sklearn.cluster import KMeans  # its import takes a second and scoring does not need it
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():  # equal rows make fewer clusters
        warnings.simplefilter("ignore", ConvergenceWarning)
        clusters = KMeans(most, n_init=1, max_iter=20, random_state=0).fit(rows)
    return clusters.cluster_centers_.astype(rows.dtype)


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

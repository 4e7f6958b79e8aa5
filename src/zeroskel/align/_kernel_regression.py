"""Weighted regression with a Gaussian kernel, and predictions for classes that it did not see."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from zeroskel.core._rows import mean_and_scale

if TYPE_CHECKING:
    from torch import Tensor

_FOLDS = 8  # groups of seen classes, each predicted by a regression that was fitted without it
_PER_SEQUENCES = 1000  # number of sequences that the penalty refers to
_SMALLEST_EIGENVALUE = 1e-10  # as a share of the largest
_ROWS_AT_ONCE = 2048  # sequences that are mapped at a time
_ROWS_FOR_MEDIAN = 500  # sequences whose distances set the width of the kernel


@dataclass(frozen=True, eq=False)
class KernelRegression:
    """Weighted kernel ridge regression from features to vectors; `KernelRidge` states the equation.

    Args:
        mean: (D,) mean of the training features.
        scale: (1,) deviation of the training features.
        landmarks: (L, D) standardised features that define the kernel.
        width: (1,) g / median |x - z|^2.
        weight: (L, E) weights of the kernel's columns.
        bias: (E,) bias.
    """

    mean: np.ndarray
    scale: np.ndarray
    landmarks: np.ndarray
    width: np.ndarray
    weight: np.ndarray
    bias: np.ndarray

    @classmethod
    def fitted(
        cls,
        features: np.ndarray,
        labels: np.ndarray,
        class_targets: np.ndarray,
        *,
        penalty: float,
        bandwidth: float,
        most: int,
    ) -> tuple["KernelRegression", np.ndarray, np.ndarray]:
        """Fit a regression, and others that do not see an eighth of the classes.

        Args:
            features: (N, D).
            labels: (N,) class of each feature, 0 to K - 1, each used.
            class_targets: (K, E) float64 vector of each class.
            penalty: p for a thousand sequences.
            bandwidth: g.
            most: largest number L of landmarks.

        Returns:
            The regression; predictions (L, E) for the landmarks by regressions that did not see their classes; the
            classes (L,) of the landmarks.
        """
        mean, scale = mean_and_scale(features)
        x = (features - mean) / scale
        landmarks, landmark_labels = _choose_landmarks(x, labels, most)
        sample = landmarks[:: max(1, len(landmark_labels) // _ROWS_FOR_MEDIAN)]
        median = float(np.median(_squared_distances(sample, landmarks)))
        width = np.array([bandwidth / max(median, 1e-9)], dtype=np.float32)
        values, vectors = np.linalg.eigh(_kernel(landmarks, landmarks, width))
        usable = values > _SMALLEST_EIGENVALUE * values[-1]
        basis = vectors[:, usable] / np.sqrt(values[usable])  # products of kernel @ basis are the kernel

        weights = 1 / np.sqrt(np.bincount(labels)[labels])
        weights /= weights.mean()
        groups = np.random.default_rng(0).permutation(len(class_targets)) % min(_FOLDS, len(class_targets))
        sums = [_Sums(basis.shape[1], class_targets.shape[1]) for _ in range(groups.max() + 1)]
        for start in range(0, len(x), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            mapped = _kernel(x[part], landmarks, width) @ basis
            for group, group_sums in enumerate(sums):
                members = groups[labels[part]] == group
                group_sums.add(mapped[members], class_targets[labels[part][members]], weights[part][members])
        total = sum(sums, _Sums(basis.shape[1], class_targets.shape[1]))
        weight, bias = total.regression(penalty)
        mapped_landmarks = _kernel(landmarks, landmarks, width) @ basis
        blind = np.empty((len(landmark_labels), class_targets.shape[1]), dtype=np.float32)
        for group, group_sums in enumerate(sums):
            members = groups[landmark_labels] == group
            group_weight, group_bias = (total - group_sums).regression(penalty)
            blind[members] = mapped_landmarks[members] @ group_weight + group_bias
        final = cls(mean, scale, landmarks, width, (basis @ weight).astype(np.float32), bias.astype(np.float32))
        return final, blind, landmark_labels

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return the vectors (N, E) of features (N, D)."""
        x = (features - self.mean) / self.scale
        return np.exp(-self.width * _squared_distances(x, self.landmarks, self._squares)) @ self.weight + self.bias

    @cached_property
    def _squares(self) -> np.ndarray:
        return _squares(self.landmarks)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "KernelRegression":
        """Return the regression of these arrays; others are ignored."""
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})


def predict_tensor(fitted: Any, features: "Tensor") -> "Tensor":
    """Return `KernelRegression.predict` of a tensor, with the arrays of the regression as attributes of a module."""
    x = (features - fitted.mean) / fitted.scale
    squares = x.square().sum(dim=1, keepdim=True) + fitted.landmarks.square().sum(dim=1)
    kernel = (-fitted.width * (squares - 2 * x @ fitted.landmarks.T).clamp(min=0)).exp()
    return kernel @ fitted.weight + fitted.bias


def _kernel(rows: np.ndarray, landmarks: np.ndarray, width: np.ndarray) -> np.ndarray:
    return np.exp(-width * _squared_distances(rows, landmarks))


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


def _squared_distances(rows: np.ndarray, others: np.ndarray, squares: np.ndarray | None = None) -> np.ndarray:
    """Return the squared distances (N, M) of rows (N, D) and others (M, D), whose squared lengths (M,) may be given."""
    squares = _squares(others) if squares is None else squares
    return np.maximum(_squares(rows)[:, None] + squares - 2 * rows @ others.T, 0)


def _squares(rows: np.ndarray) -> np.ndarray:
    """Return the squared lengths (N,) of rows (N, D)."""
    return (rows**2).sum(axis=1)


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

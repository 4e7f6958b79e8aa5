"""Kernel ridge regression from features to texts, the hubs' advantage taken away."""

import warnings
from typing import ClassVar

import numpy as np

from zeroskel.align.base import Aligner, EpochEnd
from zeroskel.align.hubness import hub_advantage
from zeroskel.align.scaling import mean_and_scale, unit_rows
from zeroskel.core import InputError

FOLDS = 8  # groups of seen classes, each predicted by a regression that does not know it
PER_SEQUENCES = 1000  # that the penalty is given for
LEAST_EIGENVALUE = 1e-10  # of the largest
AT_ONCE = 2048  # sequences that are mapped at a time
MEDIAN_OF = 500  # sequences whose distances set the kernel's width


class KernelRidge(Aligner):
    """Regression of the text on the motion with a Gaussian kernel; score: cosine, less a share of a text's hubness.

        t(x) = m + k(x)^T (K + p W^-1)^-1 (T - m)        k(x, z) = exp(-g |x - z|^2 / median |x - z|^2)
        score(x, s) = cos(t(x) - c, s - c) - b h_s

    T: the text of each training sequence; W: weights that fall with the root of the size of its class, mean 1; m: the
    weighted mean of T, c: the mean of the seen classes' texts; h: `hub_advantage`, from predictions for the landmarks
    by regressions that know nothing of an eighth of the classes, theirs among them.

    The regression is that of Saunders, Gammerman and Vovk, "Ridge regression learning algorithm in dual variables",
    ICML 1998; where there are more sequences than landmarks, its kernel is that of Williams and Seeger, "Using the
    Nyström method to speed up kernel machines", NeurIPS 2000, on means of clusters in each class (Zhang, Tsang and
    Kwok, "Improved Nyström low-rank approximation and error analysis", ICML 2008): no landmark is one recording.
    That a regression from motions to texts makes hubs of some texts is said by Shigeto et al., "Ridge regression,
    hubness, and zero-shot learning", ECML 2015, arXiv 1507.00825.

    Args:
        penalty: p for a thousand sequences.
        bandwidth: g.
        hubness: b; 0 leaves hubs their advantage.
        landmarks: the most training sequences, or means of several, that the kernel is set up on.
    """

    method = "kernel-ridge"
    # What noise the features have decides both.
    choices: ClassVar = {"penalty": (0.3, 1.0, 3.0), "bandwidth": (0.1, 0.3, 1.0)}

    def __init__(
        self, *, penalty: float = 1.0, bandwidth: float = 0.3, hubness: float = 0.5, landmarks: int = 2048
    ) -> None:
        self.penalty = penalty
        self.bandwidth = bandwidth
        self.hubness = hubness
        self.landmarks = landmarks

    def _fit(
        self,
        features: np.ndarray,
        labels: np.ndarray,
        class_embeddings: np.ndarray,
        masked_features: np.ndarray | None,
        seed: int,
        on_epoch: EpochEnd,
    ) -> None:
        if self.penalty <= 0 or self.bandwidth <= 0 or self.hubness < 0 or self.landmarks < 2:
            raise InputError(
                f"penalty {self.penalty}, bandwidth {self.bandwidth}, hubness {self.hubness}, landmarks "
                f"{self.landmarks}; expected more than 0, more than 0, at least 0 and at least 2"
            )
        self._mean, self._scale = mean_and_scale(features)
        self._text_mean = class_embeddings.mean(axis=0)
        x = self._normalised(features)
        self._landmarks, of_landmarks = _landmarks(x, labels, self.landmarks)
        distances = _squared_distances(self._landmarks[:: max(1, len(of_landmarks) // MEDIAN_OF)], self._landmarks)
        self._width = np.array([self.bandwidth / max(float(np.median(distances)), 1e-9)], dtype=np.float32)
        values, vectors = np.linalg.eigh(self._kernel(self._landmarks))
        kept = values > LEAST_EIGENVALUE * values[-1]
        basis = vectors[:, kept] / np.sqrt(values[kept])  # kernel @ basis: coordinates whose products are the kernel

        targets = (class_embeddings - self._text_mean).astype(np.float64)
        weights = 1 / np.sqrt(np.bincount(labels)[labels])
        weights /= weights.mean()
        groups = np.random.default_rng(0).permutation(len(targets)) % min(FOLDS, len(targets))  # of each class
        sums = [_Sums(basis.shape[1], targets.shape[1]) for _ in range(groups.max() + 1)]
        for start in range(0, len(x), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            mapped = self._kernel(x[part]) @ basis
            for group, own in enumerate(sums):
                held = groups[labels[part]] == group
                own.add(mapped[held], targets[labels[part][held]], weights[part][held])
        total = sum(sums, _Sums(basis.shape[1], targets.shape[1]))
        weight, bias = total.regression(self.penalty)
        self._weight, self._bias = (basis @ weight).astype(np.float32), bias.astype(np.float32)
        on_landmarks = self._kernel(self._landmarks) @ basis
        blind = np.empty((len(of_landmarks), targets.shape[1]), dtype=np.float32)
        for group, own in enumerate(sums):
            held = groups[of_landmarks] == group
            weight, bias = (total - own).regression(self.penalty)
            blind[held] = on_landmarks[held] @ weight + bias
        self._blind = unit_rows(blind)

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        predicted = unit_rows(self._kernel(self._normalised(features)) @ self._weight + self._bias)
        texts = unit_rows(class_embeddings - self._text_mean)
        scores: np.ndarray = predicted @ texts.T - self.hubness * hub_advantage(self._blind @ texts.T)
        return scores

    def _normalised(self, features: np.ndarray) -> np.ndarray:
        scaled: np.ndarray = (features - self._mean) / self._scale
        return scaled

    def _kernel(self, rows: np.ndarray) -> np.ndarray:
        kernel: np.ndarray = np.exp(-self._width * _squared_distances(rows, self._landmarks))
        return kernel

    def _state(self) -> dict[str, np.ndarray]:
        names = ("mean", "scale", "text_mean", "landmarks", "width", "weight", "bias", "blind")
        return {name: getattr(self, f"_{name}") for name in names}

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        for name, value in state.items():
            setattr(self, f"_{name}", value)


class _Sums:
    """What a weighted ridge regression needs to know of its sequences; sums of it can be added and taken away."""

    def __init__(self, width: int, text_dim: int) -> None:
        self.parts = [np.zeros((width, width)), np.zeros((width, text_dim)), np.zeros(width), np.zeros(text_dim)]
        self.weight = 0.0
        self.count = 0

    def add(self, mapped: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> None:
        """Sequences (n, L), their texts (n, D_text) and weights (n,)."""
        weighted = mapped * weights[:, None]
        new = (weighted.T @ mapped, weighted.T @ targets, weighted.sum(axis=0), weights @ targets)
        for own, more in zip(self.parts, new, strict=True):
            own += more
        self.weight += float(weights.sum())
        self.count += len(mapped)

    def regression(self, penalty: float) -> tuple[np.ndarray, np.ndarray]:
        """Weight (L, D_text) and bias (D_text,), float64."""
        gram, crossed, mapped, targets = self.parts
        bias = targets / self.weight
        gram = gram + penalty * self.count / PER_SEQUENCES * np.eye(len(gram))
        solved = np.linalg.solve(gram, crossed - np.outer(mapped, bias))
        return solved, bias

    def __add__(self, other: "_Sums") -> "_Sums":
        return self._with(other, 1)

    def __sub__(self, other: "_Sums") -> "_Sums":
        return self._with(other, -1)

    def _with(self, other: "_Sums", sign: int) -> "_Sums":
        result = _Sums(0, 0)
        result.parts = [own + sign * more for own, more in zip(self.parts, other.parts, strict=True)]
        result.weight, result.count = self.weight + sign * other.weight, self.count + sign * other.count
        return result


def _squared_distances(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N, M) squared distances."""
    squares = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)
    distances: np.ndarray = np.maximum(squares - 2 * rows @ others.T, 0)
    return distances


def _landmarks(rows: np.ndarray, labels: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """At most so many landmarks (L, D) and their classes (L,): all rows (N, D), or means of clusters in each class.

    Every class has as many as there is room for, small ones one for each row. Where there are more classes than room,
    the first have one each.
    """
    if len(labels) <= most:
        return rows, labels
    counts = np.bincount(labels)
    order = np.sort(counts[counts > 0])
    room, quota = most, 0
    for place, count in enumerate(order):  # small classes give all they have
        quota = room // (len(order) - place)
        if count > quota:
            break
        room -= count
    classes = np.flatnonzero(counts)[:most]
    found = [_cluster_means(rows[labels == label], max(1, quota)) for label in classes]
    return np.concatenate(found), np.repeat(classes, [len(own) for own in found])


def _cluster_means(rows: np.ndarray, most: int) -> np.ndarray:
    """Means (at most so many, D) of clusters of rows (n, D); the rows themselves where there is room for them."""
    if len(rows) <= most:
        return rows
    from sklearn.cluster import KMeans  # takes a second, and is not needed to score
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():  # equal rows make fewer clusters
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = KMeans(most, n_init=1, max_iter=20, random_state=0).fit(rows)
    centres: np.ndarray = found.cluster_centers_.astype(rows.dtype)
    return centres

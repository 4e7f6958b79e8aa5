"""ZSL and GZSL: which candidates are offered, and what is counted. Only here are score columns mapped to class ids."""

from dataclasses import dataclass

import numpy as np

from zeroskel.core import InputError
from zeroskel.evaluate.metrics import (
    accuracy,
    confusion_matrix,
    harmonic_mean,
    majority_accuracy,
    per_class_accuracy,
)


@dataclass(frozen=True, eq=False)
class ZSLResult:
    """Unseen sequences, unseen candidates.

    Attributes:
        accuracy: by sample.
        per_class_accuracy: mean over classes; the fairer one where classes differ in size.
        chance: 1 / candidates.
        majority: accuracy by sample of naming the most frequent class.
        confusion: (U, U) counts in the order of the candidates.
    """

    accuracy: float
    per_class_accuracy: float
    chance: float
    majority: float
    confusion: np.ndarray


@dataclass(frozen=True)
class GZSLResult:
    """Seen and unseen sequences, all candidates: per-class accuracies of each part and their harmonic mean."""

    seen: float
    unseen: float
    harmonic_mean: float


def predictions(scores: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """(N,) class ids of the best of (N, K) scores whose columns are the candidates' ids."""
    if scores.ndim != 2 or scores.shape[1] != len(candidates):
        raise InputError(f"scores {scores.shape} for {len(candidates)} candidates; expected a column for each")
    return np.asarray(candidates)[scores.argmax(axis=1)]


def evaluate_zsl(scores: np.ndarray, labels: np.ndarray, candidates: np.ndarray) -> ZSLResult:
    """Zero-shot recognition.

    Args:
        scores: (N, U) of unseen sequences for the unseen classes.
        labels: (N,) true class ids.
        candidates: (U,) class ids of the columns.

    Raises:
        InputError: a label is not among the candidates, or shapes differ.
    """
    strangers = sorted(set(np.asarray(labels).tolist()) - set(np.asarray(candidates).tolist()))
    if strangers:
        raise InputError(f"labels {strangers} are not among the candidates {np.asarray(candidates).tolist()}")
    predicted = predictions(scores, candidates)
    return ZSLResult(
        accuracy(predicted, labels),
        per_class_accuracy(predicted, labels),
        1 / len(candidates),
        majority_accuracy(labels),
        confusion_matrix(predicted, labels, candidates),
    )


def evaluate_gzsl(scores: np.ndarray, labels: np.ndarray, unseen: np.ndarray) -> GZSLResult:
    """Generalised zero-shot recognition, by class and without calibration.

    Args:
        scores: (N, K) of seen and unseen sequences for all K classes, columns in the order of the ids.
        labels: (N,) true class ids.
        unseen: ids of the unseen classes.

    Raises:
        InputError: no seen or no unseen sequence, or shapes differ.
    """
    if scores.shape[:1] != labels.shape:
        raise InputError(f"scores {scores.shape} for labels {labels.shape}; expected a row for each")
    predicted = predictions(scores, np.arange(scores.shape[1]))
    new = np.isin(labels, unseen)
    seen_accuracy = per_class_accuracy(predicted[~new], labels[~new])
    unseen_accuracy = per_class_accuracy(predicted[new], labels[new])
    return GZSLResult(seen_accuracy, unseen_accuracy, harmonic_mean(seen_accuracy, unseen_accuracy))

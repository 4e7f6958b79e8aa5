"""Numbers under a named protocol. They count samples or classes, never batches."""

import numpy as np

from zeroskel.core import InputError


def accuracy(predicted: np.ndarray, labels: np.ndarray) -> float:
    """Share of the samples that are right. Raises InputError without samples or with other lengths."""
    _check(predicted, labels)
    return float((predicted == labels).mean())


def per_class_accuracy(predicted: np.ndarray, labels: np.ndarray) -> float:
    """Mean over the classes that have samples of each one's share of right samples."""
    _check(predicted, labels)
    return float(np.mean([(predicted[labels == c] == c).mean() for c in np.unique(labels)]))


def _check(predicted: np.ndarray, labels: np.ndarray) -> None:
    if predicted.shape != labels.shape or not len(labels):
        raise InputError(f"predictions {predicted.shape}, labels {labels.shape}; expected one for each, at least one")


def harmonic_mean(seen: float, unseen: float) -> float:
    """2 s u / (s + u), the figure of generalised zero-shot recognition; 0 where both are 0."""
    return 2 * seen * unseen / (seen + unseen) if seen + unseen > 0 else 0.0


def confusion_matrix(predicted: np.ndarray, labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """(U, U) counts: rows are true classes, columns predicted ones, in the order of `classes`."""
    place = {int(c): i for i, c in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), np.int64)
    for truth, guess in zip(labels, predicted, strict=True):
        counts[place[int(truth)], place[int(guess)]] += 1
    return counts


def majority_accuracy(labels: np.ndarray) -> float:
    """Accuracy by sample of always naming the most frequent class of the test set."""
    return float(np.unique(labels, return_counts=True)[1].max() / len(labels))


def recalls(confusion: np.ndarray) -> np.ndarray:
    """(U,) share of each true class's samples that are right, from (U, U) counts; NaN for a class without samples."""
    totals = confusion.sum(axis=1)
    return np.where(totals > 0, np.diag(confusion) / np.maximum(totals, 1), np.nan)

"""Metrics of predictions. They count samples or classes, never batches."""

import numpy as np

from zeroskel.core import InputError

AVERAGES = ("class", "sample")


def accuracy(predicted: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of correct samples.

    Args:
        predicted: (N,) class ids.
        labels: (N,) true class ids.

    Returns:
        A share from 0 to 1.

    Raises:
        InputError: There are no samples, or the lengths differ.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import accuracy
        >>> accuracy(np.array([0, 1, 1, 1]), np.array([0, 0, 0, 1]))
        0.5
    """
    _check(predicted, labels)
    return float((predicted == labels).mean())


def per_class_accuracy(predicted: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean over classes of the share of correct samples.

    Args:
        predicted: (N,) predicted class ids.
        labels: (N,) true class ids. Classes without samples do not count.

    Returns:
        A share from 0 to 1, in which small classes weigh as much as large ones.

    Raises:
        InputError: See `accuracy`.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import per_class_accuracy
        >>> round(per_class_accuracy(np.array([0, 1, 1, 1]), np.array([0, 0, 0, 1])), 3)
        0.667
    """
    _check(predicted, labels)
    return float(np.mean([(predicted[labels == c] == c).mean() for c in np.unique(labels)]))


def harmonic_mean(seen: float, unseen: float) -> float:
    """Return 2 s u / (s + u), the main number of generalised zero-shot recognition.

    Args:
        seen: accuracy s on seen classes.
        unseen: accuracy u on unseen classes.

    Returns:
        The harmonic mean; 0 where both accuracies are 0.

    Example:
        >>> from zeroskel.evaluate import harmonic_mean
        >>> round(harmonic_mean(0.6, 0.3), 3)
        0.4
    """
    return 2 * seen * unseen / (seen + unseen) if seen + unseen > 0 else 0.0


def confusion_matrix(predicted: np.ndarray, labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Count how often each class is predicted for each true class.

    Args:
        predicted: (N,) class ids, all in `classes`.
        labels: (N,) true class ids, all in `classes`.
        classes: (U,) class ids in the order of the result.

    Returns:
        (U, U) counts; rows are true classes, columns predicted ones.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import confusion_matrix
        >>> confusion_matrix(np.array([5, 5, 9]), np.array([5, 9, 9]), np.array([5, 9])).tolist()
        [[1, 0], [1, 1]]
    """
    column = {int(c): i for i, c in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), np.int64)
    for truth, guess in zip(labels, predicted, strict=True):
        counts[column[int(truth)], column[int(guess)]] += 1
    return counts


def majority_accuracy(labels: np.ndarray) -> float:
    """Return the accuracy by sample of always predicting the most frequent class.

    Args:
        labels: (N,) true class ids of the test set.

    Returns:
        A share from 0 to 1.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import majority_accuracy
        >>> majority_accuracy(np.array([0, 0, 0, 1]))
        0.75
    """
    return float(np.unique(labels, return_counts=True)[1].max() / len(labels))


def recalls(confusion: np.ndarray) -> np.ndarray:
    """Return the (U,) share of correct samples of each true class of (U, U) counts; NaN for one without samples."""
    totals = confusion.sum(axis=1)
    return np.where(totals > 0, np.diag(confusion) / np.maximum(totals, 1), np.nan)


def sample_weights(labels: np.ndarray, average: str) -> np.ndarray:
    """Return (N,) weights that sum to 1, equal for each sample or for each class.

    Args:
        labels: (N,) true class ids.
        average: "sample" or "class".

    Raises:
        InputError: The average is unknown.
    """
    if average not in AVERAGES:
        raise InputError(f"average is {average!r}; expected one of {', '.join(AVERAGES)}")
    if average == "sample":
        return np.full(len(labels), 1 / len(labels))
    _, index, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return 1 / (len(counts) * counts[index])


def _check(predicted: np.ndarray, labels: np.ndarray) -> None:
    if predicted.shape != labels.shape or not len(labels):
        raise InputError(f"predictions {predicted.shape}, labels {labels.shape}; expected one for each, at least one")

"""Metrics of predictions, and the protocols ZSL and GZSL. Only here are score columns mapped to class ids."""

from dataclasses import dataclass

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
    return np.equal.outer(classes, labels).astype(np.int64) @ np.equal.outer(predicted, classes)


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
    """Return the (N,) weights of samples that sum to 1, equal for each "sample" or for each "class"."""
    if average not in AVERAGES:
        raise InputError(f"average is {average!r}; expected one of {', '.join(AVERAGES)}")
    if average == "sample":
        return np.full(len(labels), 1 / len(labels))
    _, index, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return 1 / (len(counts) * counts[index])


@dataclass(frozen=True, eq=False)
class ZSLResult:
    """Accuracies of unseen sequences among unseen candidates.

    Attributes:
        accuracy: accuracy by sample.
        per_class_accuracy: mean over classes; fairer where classes differ in size.
        chance: accuracy of a uniform guess, 1 / U.
        majority: accuracy by sample of always predicting the most frequent class.
        confusion: (U, U) counts in the order of the candidates; rows are true classes.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import evaluate_zsl
        >>> result = evaluate_zsl(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([3, 7]), np.array([3, 7]))
        >>> (result.accuracy, result.chance)
        (1.0, 0.5)
    """

    accuracy: float
    per_class_accuracy: float
    chance: float
    majority: float
    confusion: np.ndarray


@dataclass(frozen=True)
class GZSLResult:
    """Accuracies of seen and unseen sequences among all candidates.

    Attributes:
        seen: accuracy on sequences of seen classes.
        unseen: accuracy on sequences of unseen classes.
        harmonic_mean: harmonic mean of the two.

    Example:
        >>> from zeroskel.evaluate import GZSLResult, harmonic_mean
        >>> GZSLResult(seen=0.6, unseen=0.3, harmonic_mean=harmonic_mean(0.6, 0.3)).unseen
        0.3
    """

    seen: float
    unseen: float
    harmonic_mean: float


def predictions(scores: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Return the class with the highest score of each sample.

    Args:
        scores: (N, K), higher is better.
        candidates: (K,) class ids of the columns.

    Returns:
        (N,) class ids.

    Raises:
        InputError: The number of columns is not the number of candidates.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import predictions
        >>> predictions(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([3, 7])).tolist()
        [7, 3]
    """
    if scores.ndim != 2 or scores.shape[1] != len(candidates):
        raise InputError(f"scores {scores.shape} for {len(candidates)} candidates; expected a column for each")
    return np.asarray(candidates)[scores.argmax(axis=1)]


def evaluate_zsl(scores: np.ndarray, labels: np.ndarray, candidates: np.ndarray) -> ZSLResult:
    """Evaluate zero-shot recognition: unseen sequences, unseen candidates.

    Args:
        scores: (N, U) of unseen sequences for the unseen classes.
        labels: (N,) true class ids.
        candidates: (U,) class ids of the columns.

    Returns:
        Accuracies, what a guess gets, and the confusion matrix.

    Raises:
        InputError: A label is not among the candidates, or shapes differ.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import evaluate_zsl
        >>> scores = np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8]])
        >>> evaluate_zsl(scores, np.array([3, 7, 7]), np.array([3, 7])).per_class_accuracy
        0.75
    """
    strangers = sorted(set(np.asarray(labels).tolist()) - set(np.asarray(candidates).tolist()))
    if strangers:
        raise InputError(f"labels {strangers} are not among the candidates {np.asarray(candidates).tolist()}")
    predicted = predictions(scores, candidates)
    return ZSLResult(
        accuracy=accuracy(predicted, labels),
        per_class_accuracy=per_class_accuracy(predicted, labels),
        chance=1 / len(candidates),
        majority=majority_accuracy(labels),
        confusion=confusion_matrix(predicted, labels, candidates),
    )


def evaluate_gzsl(scores: np.ndarray, labels: np.ndarray, unseen: np.ndarray) -> GZSLResult:
    """Evaluate generalised zero-shot recognition by class and without calibration.

    Args:
        scores: (N, K) of seen and unseen sequences for all K classes, columns in the order of the ids.
        labels: (N,) true class ids.
        unseen: ids of the unseen classes.

    Returns:
        Accuracies by class on seen and on unseen classes, and their harmonic mean.

    Raises:
        InputError: There is no seen or no unseen sequence, or shapes differ.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import GZSLResult, evaluate_gzsl
        >>> scores = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.5, 0.0, 0.4]])
        >>> evaluate_gzsl(scores, np.array([0, 1, 2]), unseen=np.array([2]))
        GZSLResult(seen=1.0, unseen=0.0, harmonic_mean=0.0)
    """
    return gzsl_result(predictions(scores, np.arange(scores.shape[1])), labels, unseen)


def gzsl_result(predicted: np.ndarray, labels: np.ndarray, unseen: np.ndarray, *, average: str = "class") -> GZSLResult:
    """Return the GZSL accuracies of (N,) predicted class ids, such as those of a gate, as `evaluate_gzsl` does."""
    predicted, labels = np.asarray(predicted), np.asarray(labels)
    if predicted.shape != labels.shape or labels.ndim != 1:
        raise InputError(f"predictions {predicted.shape}, labels {labels.shape}; expected one for each")
    new = np.isin(labels, unseen)
    if new.all() or not new.any():
        raise InputError(f"{int(new.sum())} of {len(new)} samples are of unseen classes; expected some of each kind")
    right = predicted == labels
    seen_accuracy = float(sample_weights(labels[~new], average) @ right[~new])
    unseen_accuracy = float(sample_weights(labels[new], average) @ right[new])
    return GZSLResult(seen_accuracy, unseen_accuracy, harmonic_mean(seen_accuracy, unseen_accuracy))


def settling_share(predictions_by_share: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return for each sample the first observed share from which on the prediction stays the final one.

    Times the number of frames, it is the frame at which the prediction settles, whether it is right or wrong.

    Args:
        predictions_by_share: (S, N) class ids predicted from each share of the frames.
        shares: (S,) rising shares, e.g. 0.1 to 1.

    Returns:
        (N,) values of `shares`.

    Raises:
        InputError: Shapes differ, there is no share, or the shares do not rise.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import settling_share
        >>> settling_share(np.array([[0, 1], [2, 1], [2, 1]]), np.array([0.2, 0.5, 1.0])).tolist()
        [0.5, 0.2]
    """
    classes, shares = np.asarray(predictions_by_share), np.asarray(shares, np.float64)
    if shares.ndim != 1 or not len(shares) or classes.ndim != 2 or len(classes) != len(shares):
        raise InputError(f"predictions {classes.shape} for shares {shares.shape}; expected (S, N) for (S,), S above 0")
    if not (np.isfinite(shares).all() and (np.diff(shares) > 0).all()):
        raise InputError(f"shares are {shares.tolist()}; expected rising numbers")
    settled = np.logical_and.accumulate((classes == classes[-1])[::-1])
    return shares[len(shares) - settled.sum(axis=0)]


def _check(predicted: np.ndarray, labels: np.ndarray) -> None:
    if predicted.shape != labels.shape or not len(labels):
        raise InputError(f"predictions {predicted.shape}, labels {labels.shape}; expected one for each, at least one")

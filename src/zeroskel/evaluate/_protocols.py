"""ZSL and GZSL: which classes are candidates, and what is counted. Only here are score columns mapped to class ids."""

from dataclasses import dataclass

import numpy as np

from zeroskel.core import InputError
from zeroskel.evaluate._metrics import (
    accuracy,
    confusion_matrix,
    harmonic_mean,
    majority_accuracy,
    per_class_accuracy,
    sample_weights,
)


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
    if scores.shape[:1] != labels.shape:
        raise InputError(f"scores {scores.shape} for labels {labels.shape}; expected a row for each")
    return gzsl_result(predictions(scores, np.arange(scores.shape[1])), labels, unseen)


def gzsl_result(predicted: np.ndarray, labels: np.ndarray, unseen: np.ndarray, *, average: str = "class") -> GZSLResult:
    """Return the GZSL accuracies of predictions, such as those of a gate.

    Args:
        predicted: (N,) class ids.
        labels: (N,) true class ids; some samples of each kind.
        unseen: ids of the unseen classes.
        average: "class" for the mean over classes, or "sample".

    Raises:
        InputError: Shapes differ, or there are no samples of one kind.
    """
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

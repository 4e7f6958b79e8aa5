"""Generalised recognition with the preference for seen classes taken out, by constants from validation classes."""

from dataclasses import dataclass

import numpy as np

from zeroskel.core import InputError
from zeroskel.evaluate.gate import SeenUnseenGate
from zeroskel.evaluate.metrics import harmonic_mean
from zeroskel.evaluate.protocols import GZSLResult
from zeroskel.evaluate.stacking import best_gamma, sample_weights, seen_unseen_curve


@dataclass(frozen=True, eq=False)
class GZSLConstants:
    """What was chosen on validation classes, to be used on the test as it is.

    Attributes:
        gamma: handicap of seen classes for `calibrated_stacking`, in the unit of the scores.
        gate: fitted.
    """

    gamma: float
    gate: SeenUnseenGate


def choose_constants(
    scores: np.ndarray,
    labels: np.ndarray,
    candidates: np.ndarray,
    withheld: np.ndarray,
    *,
    average: str = "class",
    seed: int = 0,
) -> GZSLConstants:
    """Play generalised recognition with withheld seen classes in the part of unseen ones, and keep the best constants.

    Args:
        scores: (N, K) by a method that was trained without the withheld classes, of samples that it was not trained
            on: held-out ones of the trained classes, and ones of the withheld classes. Never of test classes.
        labels: (N,) true class ids, at least two samples of each kind.
        candidates: (K,) class ids of the columns: trained and withheld classes.
        withheld: ids of the withheld ones.
        average: which accuracies the harmonic mean is of, by "class" or by "sample".
        seed: of the gate's folds.

    Raises:
        InputError: samples, classes and scores do not fit.
    """
    curve = seen_unseen_curve(scores, labels, candidates, withheld, average=average)
    gate = SeenUnseenGate(average=average, seed=seed).fit(scores, labels, candidates, withheld)
    return GZSLConstants(best_gamma(curve), gate)


def gzsl_result(predicted: np.ndarray, labels: np.ndarray, unseen: np.ndarray, *, average: str = "class") -> GZSLResult:
    """Accuracies of given answers, such as a gate's.

    Args:
        predicted: (N,) class ids.
        labels: (N,) true class ids; some samples of each kind.
        unseen: ids of the unseen classes.
        average: accuracy over each "class", then their mean, or over each "sample".

    Raises:
        InputError: shapes differ, or there are no samples of one kind.
    """
    predicted, labels = np.asarray(predicted), np.asarray(labels)
    if predicted.shape != labels.shape or labels.ndim != 1:
        raise InputError(f"predictions {predicted.shape}, labels {labels.shape}; expected one for each")
    new = np.isin(labels, unseen)
    if new.all() or not new.any():
        raise InputError(f"{int(new.sum())} of {len(new)} samples are of unseen classes; expected some of each kind")
    seen_accuracy, unseen_accuracy = (
        float(sample_weights(labels[kind], average) @ (predicted == labels)[kind]) for kind in (~new, new)
    )
    return GZSLResult(seen_accuracy, unseen_accuracy, harmonic_mean(seen_accuracy, unseen_accuracy))

"""Constants of generalised recognition that remove the preference for seen classes, from validation classes."""

from dataclasses import dataclass

import numpy as np

from zeroskel.evaluate._gate import SeenUnseenGate
from zeroskel.evaluate._stacking import best_gamma, seen_unseen_curve


@dataclass(frozen=True, eq=False)
class GZSLConstants:
    """Constants that were chosen on validation classes and are applied to the test unchanged.

    Attributes:
        gamma: handicap of seen classes for `calibrated_stacking`, in the unit of the scores.
        gate: the fitted gate.
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
    """Choose the constants with the greatest harmonic mean, with withheld seen classes in the role of unseen ones.

    Args:
        scores: (N, K) by a method that was trained without the withheld classes, of samples that it was not trained
            on: held-out ones of the trained classes, and ones of the withheld classes. Never of test classes.
        labels: (N,) true class ids, at least two samples of each kind.
        candidates: (K,) class ids of the columns: trained and withheld classes.
        withheld: ids of the withheld ones.
        average: which accuracies the harmonic mean is of, by "class" or by "sample".
        seed: seed of the folds of the gate.

    Raises:
        InputError: Samples, classes and scores do not fit.
    """
    curve = seen_unseen_curve(scores, labels, candidates, withheld, average=average)
    gate = SeenUnseenGate(average=average, seed=seed).fit(scores, labels, candidates, withheld)
    return GZSLConstants(best_gamma(curve), gate)

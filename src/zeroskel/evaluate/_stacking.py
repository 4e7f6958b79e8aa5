"""Calibrated stacking: a handicap of the seen classes, and the seen-unseen curve over all handicaps."""

from dataclasses import dataclass

import numpy as np

from zeroskel.core import InputError
from zeroskel.evaluate._metrics import GZSLResult, harmonic_mean, sample_weights


@dataclass(frozen=True, eq=False)
class Sides:
    """Scores of N samples, separated into seen and unseen classes.

    Attributes:
        seen_scores, unseen_scores: (N, S) and (N, U) float64.
        seen_classes, unseen_classes: (S,) and (U,) ids of their columns.
    """

    seen_scores: np.ndarray
    unseen_scores: np.ndarray
    seen_classes: np.ndarray
    unseen_classes: np.ndarray

    @property
    def seen_predictions(self) -> np.ndarray:
        """(N,) id of the best seen class of each sample."""
        return self.seen_classes[self.seen_scores.argmax(axis=1)]

    @property
    def unseen_predictions(self) -> np.ndarray:
        """(N,) id of the best unseen class of each sample."""
        return self.unseen_classes[self.unseen_scores.argmax(axis=1)]

    @property
    def margins(self) -> np.ndarray:
        """(N,) best seen less best unseen score: the handicap at which the prediction turns from seen to unseen."""
        return self.seen_scores.max(axis=1) - self.unseen_scores.max(axis=1)


def sides(scores: np.ndarray, candidates: np.ndarray, unseen: np.ndarray) -> Sides:
    """Separate the columns of seen and of unseen classes, both of which are needed.

    Raises:
        InputError: Shapes differ, a score is not finite, a class is repeated, or one kind of candidates is missing.
    """
    scores, candidates, unseen = np.asarray(scores, np.float64), np.asarray(candidates), np.asarray(unseen)
    if candidates.ndim != 1 or scores.ndim != 2 or scores.shape[1] != len(candidates):
        raise InputError(f"scores {scores.shape} for candidates {candidates.shape}; expected a column for each")
    if len(np.unique(candidates)) != len(candidates):
        raise InputError(f"candidates {candidates.tolist()}; expected no duplicates")
    if strangers := sorted(set(unseen.tolist()) - set(candidates.tolist())):
        raise InputError(f"unseen classes {strangers} are not among the candidates {candidates.tolist()}")
    if not np.isfinite(scores).all():
        raise InputError(f"{int((~np.isfinite(scores)).sum())} of {scores.size} scores are not finite numbers")
    new = np.isin(candidates, unseen)
    if new.all() or not new.any():
        raise InputError(f"{int(new.sum())} of {len(new)} candidates are unseen; expected some of each kind")
    return Sides(scores[:, ~new], scores[:, new], candidates[~new], candidates[new])


def calibrated_stacking(scores: np.ndarray, seen_columns: np.ndarray, gamma: float) -> np.ndarray:
    """Lower the scores of the seen classes, which a method that was trained on them alone prefers.

        score'(x, c) = score(x, c) - gamma [c is seen]

    Chao et al., "An empirical study and analysis of generalized zero-shot learning for object recognition in the wild",
    ECCV 2016, eq. 3.

    Args:
        scores: (N, K).
        seen_columns: (K,) mask, or numbers, of the seen classes' columns; some, but not all.
        gamma: handicap in the unit of the scores; infinity leaves only unseen classes, minus infinity only seen ones.

    Returns:
        (N, K) float64, a new array; with an infinite gamma the columns of one kind are minus infinity.

    Raises:
        InputError: gamma is NaN, or a column does not exist.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import calibrated_stacking
        >>> calibrated_stacking(np.array([[0.9, 0.6]]), np.array([True, False]), gamma=0.5).tolist()
        [[0.4, 0.6]]
    """
    result = np.array(scores, np.float64)
    if result.ndim != 2:
        raise InputError(f"scores {result.shape}; expected (N, K)")
    seen = np.zeros(result.shape[1], bool)
    try:
        seen[seen_columns] = True
    except IndexError as error:
        raise InputError(f"seen columns do not fit scores {result.shape}: {error}") from error
    if seen.all() or not seen.any():
        raise InputError(f"{int(seen.sum())} of {len(seen)} columns are seen classes; expected some, but not all")
    if np.isnan(gamma):
        raise InputError("gamma is NaN; expected a number")
    if np.isinf(gamma):
        result[:, seen if gamma > 0 else ~seen] = -np.inf
    else:
        result[:, seen] -= gamma
    return result


@dataclass(frozen=True, eq=False)
class SeenUnseenCurve:
    """Accuracy on seen and on unseen samples for every handicap gamma of the seen classes.

    Both change only where gamma passes the margin of a sample that is right on one side of it. P points are therefore
    the whole curve: point i holds for thresholds[i - 1] < gamma <= thresholds[i], where a tie goes to the seen class.

    Attributes:
        thresholds: (P - 1,) rising.
        seen: (P,) accuracy on samples of seen classes, falling to 0.
        unseen: (P,) accuracy on samples of unseen classes, rising from 0.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import GZSLResult, SeenUnseenCurve
        >>> curve = SeenUnseenCurve(np.array([0.2]), seen=np.array([1.0, 0.0]), unseen=np.array([0.0, 1.0]))
        >>> curve.at(0.1)
        GZSLResult(seen=1.0, unseen=0.0, harmonic_mean=0.0)
    """

    thresholds: np.ndarray
    seen: np.ndarray
    unseen: np.ndarray

    @property
    def gammas(self) -> np.ndarray:
        """(P,) a gamma of each point: the middle of its interval, and minus and plus infinity at the ends."""
        if not len(self.thresholds):
            return np.zeros(1)
        middles = self.thresholds[:-1] + np.diff(self.thresholds) / 2
        return np.concatenate(([-np.inf], middles, [np.inf]))

    @property
    def harmonic_means(self) -> np.ndarray:
        """(P,) harmonic mean of the two accuracies."""
        return np.array([harmonic_mean(s, u) for s, u in zip(self.seen.tolist(), self.unseen.tolist(), strict=True)])

    def at(self, gamma: float) -> GZSLResult:
        """Return the accuracies under one gamma.

        Args:
            gamma: handicap of the seen classes.

        Raises:
            InputError: gamma is NaN.
        """
        if np.isnan(gamma):
            raise InputError("gamma is NaN; expected a number")
        point = int(np.searchsorted(self.thresholds, gamma, side="left"))
        seen, unseen = float(self.seen[point]), float(self.unseen[point])
        return GZSLResult(seen, unseen, harmonic_mean(seen, unseen))


def seen_unseen_curve(
    scores: np.ndarray, labels: np.ndarray, candidates: np.ndarray, unseen: np.ndarray, *, average: str = "class"
) -> SeenUnseenCurve:
    """Return the exact curve of calibrated stacking as gamma goes from minus to plus infinity.

    Args:
        scores: (N, K) of seen and unseen samples for all candidates.
        labels: (N,) true class ids; some samples of each kind.
        candidates: (K,) class ids of the columns.
        unseen: ids of the unseen ones among them.
        average: "class" for the mean over classes, or "sample".

    Returns:
        Accuracies on seen and on unseen samples for every gamma.

    Raises:
        InputError: Shapes differ, a label is no candidate, or there are no samples or candidates of one kind.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import seen_unseen_curve
        >>> scores = np.array([[0.9, 0.1], [0.7, 0.6]])
        >>> curve = seen_unseen_curve(scores, np.array([0, 1]), np.array([0, 1]), unseen=np.array([1]))
        >>> curve.seen.tolist(), curve.unseen.tolist()
        ([1.0, 1.0, 0.0], [0.0, 1.0, 1.0])
    """
    separated = sides(scores, candidates, unseen)
    return curve_over(separated.margins, separated, labels, average=average)


def curve_over(margins: np.ndarray, separated: Sides, labels: np.ndarray, *, average: str = "class") -> SeenUnseenCurve:
    """Return the curve of a rule that predicts the best seen class where gamma <= margin, else the best unseen one.

    The (N,) margins say how much each sample resembles those of seen classes.
    """
    labels = np.asarray(labels)
    new = unseen_samples(labels, separated)
    weights = np.empty(len(labels))
    for kind in (new, ~new):
        weights[kind] = sample_weights(labels[kind], average)
    won = np.where(new & (separated.unseen_predictions == labels), weights, 0)  # once gamma has passed the margin
    lost = np.where(~new & (separated.seen_predictions == labels), weights, 0)
    matters = won + lost > 0
    thresholds, index = np.unique(margins[matters], return_inverse=True)
    seen = np.bincount(index, lost[matters], len(thresholds))[::-1].cumsum()[::-1]
    unseen = np.bincount(index, won[matters], len(thresholds)).cumsum()
    return SeenUnseenCurve(
        thresholds, np.minimum(np.append(seen, 0), 1), np.minimum(np.insert(unseen, 0, 0), 1)
    )  # sums of weights may exceed 1 by rounding


def unseen_samples(labels: np.ndarray, separated: Sides) -> np.ndarray:
    """Return the (N,) mask of samples of unseen classes. Raises InputError where labels do not fit or lack a kind."""
    if labels.shape != separated.seen_scores.shape[:1]:
        raise InputError(
            f"labels {labels.shape} for {len(separated.seen_scores)} rows of scores; expected one for each"
        )
    new = np.isin(labels, separated.unseen_classes)
    if strangers := sorted(set(labels[~new].tolist()) - set(separated.seen_classes.tolist())):
        raise InputError(f"labels {strangers} are not among the candidates")
    if new.all() or not new.any():
        raise InputError(f"{int(new.sum())} of {len(new)} samples are of unseen classes; expected some of each kind")
    return new


def area_under_curve(curve: SeenUnseenCurve) -> float:
    """Return the area under seen accuracy as a function of unseen accuracy.

    Chao et al. 2016, sec. 3.3 (AUSUC). Trapezoids are exact: the curve is a staircase except where samples of both
    kinds share a margin.

    Args:
        curve: what `seen_unseen_curve` returned.

    Returns:
        A share from 0 to 1; 1 where every sample is right on its side.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import SeenUnseenCurve, area_under_curve
        >>> area_under_curve(SeenUnseenCurve(np.array([0.2]), np.array([1.0, 0.0]), np.array([0.0, 1.0])))
        0.5
    """
    return float(np.trapezoid(curve.seen, curve.unseen))


def best_gamma(curve: SeenUnseenCurve) -> float:
    """Return the handicap with the greatest harmonic mean.

    Args:
        curve: what `seen_unseen_curve` returned.

    Returns:
        The middle of the widest interval with the greatest harmonic mean; 0 where none is above 0.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import SeenUnseenCurve, best_gamma
        >>> curve = SeenUnseenCurve(np.array([0.2, 0.6]), np.array([1.0, 1.0, 0.0]), np.array([0.0, 1.0, 1.0]))
        >>> best_gamma(curve)
        0.4
    """
    means = curve.harmonic_means
    if means.max() == 0:
        return 0.0
    best = np.flatnonzero(means >= means.max() - 1e-12)  # never an end, where one accuracy is 0
    widest = best[np.argmax(np.diff(curve.thresholds)[best - 1])]
    return float(curve.gammas[widest])

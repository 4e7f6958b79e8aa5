"""Calibrated stacking: how much seen classes are handicapped, and the seen-unseen curve over all handicaps."""

from dataclasses import dataclass

import numpy as np

from zeroskel.core import InputError
from zeroskel.evaluate.metrics import harmonic_mean
from zeroskel.evaluate.protocols import GZSLResult

AVERAGES = ("class", "sample")


@dataclass(frozen=True, eq=False)
class Sides:
    """Scores of N samples, seen and unseen classes apart.

    Attributes:
        seen_scores, unseen_scores: (N, S) and (N, U) float64.
        seen_classes, unseen_classes: (S,) and (U,) ids of their columns.
    """

    seen_scores: np.ndarray
    unseen_scores: np.ndarray
    seen_classes: np.ndarray
    unseen_classes: np.ndarray

    @property
    def seen_answers(self) -> np.ndarray:
        """(N,) id of each sample's best seen class."""
        return self.seen_classes[self.seen_scores.argmax(axis=1)]

    @property
    def unseen_answers(self) -> np.ndarray:
        """(N,) id of each sample's best unseen class."""
        return self.unseen_classes[self.unseen_scores.argmax(axis=1)]

    @property
    def margins(self) -> np.ndarray:
        """(N,) best seen score minus best unseen score: the handicap that turns the answer from seen to unseen."""
        return self.seen_scores.max(axis=1) - self.unseen_scores.max(axis=1)


def sides(scores: np.ndarray, candidates: np.ndarray, unseen: np.ndarray) -> Sides:
    """Part the columns.

    Args:
        scores: (N, K), finite.
        candidates: (K,) class ids of the columns, none twice.
        unseen: ids of the unseen ones among them; both kinds are needed.

    Raises:
        InputError: shapes differ, a score is not finite, or one kind of candidates is missing.
    """
    scores, candidates, unseen = np.asarray(scores, np.float64), np.asarray(candidates), np.asarray(unseen)
    if candidates.ndim != 1 or scores.ndim != 2 or scores.shape[1] != len(candidates):
        raise InputError(f"scores {scores.shape} for candidates {candidates.shape}; expected a column for each")
    if len(np.unique(candidates)) != len(candidates):
        raise InputError(f"candidates {candidates.tolist()}; expected none twice")
    if strangers := sorted(set(unseen.tolist()) - set(candidates.tolist())):
        raise InputError(f"unseen classes {strangers} are not among the candidates {candidates.tolist()}")
    if not np.isfinite(scores).all():
        raise InputError(f"{int((~np.isfinite(scores)).sum())} of {scores.size} scores are not finite numbers")
    new = np.isin(candidates, unseen)
    if new.all() or not new.any():
        raise InputError(f"{int(new.sum())} of {len(new)} candidates are unseen; expected some of each kind")
    return Sides(scores[:, ~new], scores[:, new], candidates[~new], candidates[new])


def calibrated_stacking(scores: np.ndarray, seen_columns: np.ndarray, gamma: float) -> np.ndarray:
    """Handicap the seen classes, which a method trained on them alone prefers.

        score'(x, c) = score(x, c) - gamma [c is seen]

    Chao et al., "An empirical study and analysis of generalized zero-shot learning for object recognition in the wild",
    ECCV 2016, eq. 3.

    Args:
        scores: (N, K).
        seen_columns: (K,) mask, or numbers, of the seen classes' columns; some, but not all.
        gamma: in the unit of the scores; infinity leaves only unseen classes, minus infinity only seen ones.

    Returns:
        (N, K) float64, a new array; columns without a chance are minus infinity.

    Raises:
        InputError: gamma is NaN, or a column is not there.
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

    Both change only where gamma passes the margin of a sample that is right on one side of it, so that P points are
    the whole curve: point i holds for thresholds[i - 1] < gamma <= thresholds[i], where a tie goes to the seen class.

    Attributes:
        thresholds: (P - 1,) rising.
        seen: (P,) accuracy on samples of seen classes, falling to 0.
        unseen: (P,) accuracy on samples of unseen classes, rising from 0.
    """

    thresholds: np.ndarray
    seen: np.ndarray
    unseen: np.ndarray

    @property
    def gammas(self) -> np.ndarray:
        """(P,) one gamma of each point: the middle, and minus and plus infinity at the ends."""
        if not len(self.thresholds):
            return np.zeros(1)
        middles = self.thresholds[:-1] + np.diff(self.thresholds) / 2
        return np.concatenate(([-np.inf], middles, [np.inf]))

    @property
    def harmonic_means(self) -> np.ndarray:
        """(P,) harmonic mean of the two accuracies."""
        return np.array([harmonic_mean(s, u) for s, u in zip(self.seen.tolist(), self.unseen.tolist(), strict=True)])

    def at(self, gamma: float) -> GZSLResult:
        """The accuracies under one gamma. Raises InputError for NaN."""
        if np.isnan(gamma):
            raise InputError("gamma is NaN; expected a number")
        point = int(np.searchsorted(self.thresholds, gamma, side="left"))
        seen, unseen = float(self.seen[point]), float(self.unseen[point])
        return GZSLResult(seen, unseen, harmonic_mean(seen, unseen))


def seen_unseen_curve(
    scores: np.ndarray, labels: np.ndarray, candidates: np.ndarray, unseen: np.ndarray, *, average: str = "class"
) -> SeenUnseenCurve:
    """The exact curve that calibrated stacking draws as gamma goes from minus to plus infinity.

    Args:
        scores: (N, K) of seen and unseen samples for all candidates.
        labels: (N,) true class ids; some samples of each kind.
        candidates: (K,) class ids of the columns.
        unseen: ids of the unseen ones among them.
        average: accuracy over each "class", then their mean, or over each "sample".

    Raises:
        InputError: shapes differ, a label is no candidate, or there are no samples or candidates of one kind.
    """
    parted = sides(scores, candidates, unseen)
    return curve_over(parted.margins, parted, labels, average=average)


def curve_over(margins: np.ndarray, parted: Sides, labels: np.ndarray, *, average: str = "class") -> SeenUnseenCurve:
    """The curve of any rule that answers with the best seen class where gamma <= margin, else with the best unseen one.

    Args:
        margins: (N,) how much each sample looks like one of a seen class.
        parted: scores of the same samples.
        labels: (N,) true class ids.
        average: "class" or "sample".

    Raises:
        InputError: as `seen_unseen_curve`.
    """
    labels = np.asarray(labels)
    new = unseen_samples(labels, parted)
    weights = np.empty(len(labels))
    for kind in (new, ~new):
        weights[kind] = sample_weights(labels[kind], average)
    won = np.where(new & (parted.unseen_answers == labels), weights, 0)  # once gamma has passed the margin
    lost = np.where(~new & (parted.seen_answers == labels), weights, 0)
    matters = won + lost > 0
    thresholds, place = np.unique(margins[matters], return_inverse=True)
    seen = np.bincount(place, lost[matters], len(thresholds))[::-1].cumsum()[::-1]
    unseen = np.bincount(place, won[matters], len(thresholds)).cumsum()
    return SeenUnseenCurve(
        thresholds, np.minimum(np.append(seen, 0), 1), np.minimum(np.insert(unseen, 0, 0), 1)
    )  # sums of weights may exceed 1 by rounding


def unseen_samples(labels: np.ndarray, parted: Sides) -> np.ndarray:
    """(N,) mask of the samples of unseen classes. Raises InputError where labels do not fit or one kind is missing."""
    if labels.shape != parted.seen_scores.shape[:1]:
        raise InputError(f"labels {labels.shape} for {len(parted.seen_scores)} rows of scores; expected one for each")
    new = np.isin(labels, parted.unseen_classes)
    if strangers := sorted(set(labels[~new].tolist()) - set(parted.seen_classes.tolist())):
        raise InputError(f"labels {strangers} are not among the candidates")
    if new.all() or not new.any():
        raise InputError(f"{int(new.sum())} of {len(new)} samples are of unseen classes; expected some of each kind")
    return new


def sample_weights(labels: np.ndarray, average: str) -> np.ndarray:
    """(N,) weights that sum to 1, the same for each sample or for each class. Raises InputError for another average."""
    if average not in AVERAGES:
        raise InputError(f"average is {average!r}; expected one of {', '.join(AVERAGES)}")
    if average == "sample":
        return np.full(len(labels), 1 / len(labels))
    _, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return 1 / (len(counts) * counts[place])


def area_under_curve(curve: SeenUnseenCurve) -> float:
    """Area under seen accuracy as a function of unseen accuracy: 1 where no sample's kind is ever in doubt.

    Chao et al. 2016, sec. 3.3 (AUSUC). By trapezoids, which are the curve itself: it is a staircase but where samples
    of both kinds share a margin.
    """
    return float(np.sum(np.diff(curve.unseen) * (curve.seen[1:] + curve.seen[:-1]) / 2))


def best_gamma(curve: SeenUnseenCurve) -> float:
    """The handicap with the greatest harmonic mean: the middle of the widest such interval; 0 where none is above 0."""
    means = curve.harmonic_means
    if means.max() == 0:
        return 0.0
    best = np.flatnonzero(means >= means.max() - 1e-12)  # never an end, where one accuracy is 0
    widest = best[np.argmax(np.diff(curve.thresholds)[best - 1])]
    return float(curve.gammas[widest])

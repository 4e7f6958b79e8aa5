"""Seen-unseen gate, a classifier that decides between the best seen and the best unseen class; choice of constants."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from zeroskel.core import InputError, NotFittedError
from zeroskel.core._options import option, with_options
from zeroskel.evaluate._metrics import AVERAGES
from zeroskel.evaluate._stacking import Sides, best_gamma, curve_over, seen_unseen_curve, sides, unseen_samples

FOLDS = 5


@with_options
class SeenUnseenGate:
    """Gate by logistic regression on the sorted, temperature-scaled probabilities of seen and of unseen classes.

        p_side = softmax(scores_side / (T deviation_side))        z = w . [top k of p_seen, top k of p_unseen] + b
        prediction = best seen class where z >= threshold, else best unseen class

    Gupta et al., "Syntactically guided generative embeddings for zero-shot skeleton action recognition", ICIP 2021,
    sec. 2.3, after Atzmon and Chechik, "Adaptive confidence smoothing for generalized zero-shot learning", CVPR 2019.
    Each side has a softmax of its own, so seen and unseen columns may come from different classifiers, as they do
    there. Sorted probabilities belong to no class, so the gate also serves other classes than it was fitted on. Unlike
    there, scores are divided by their deviation, so that one grid of temperatures fits all methods; and temperature
    and threshold maximise the harmonic mean of cross-validated predictions, not the accuracy of the gate.

    Args:
        temperatures: values to try; of equally good ones the first is chosen.
        top: k; None selects the number of unseen classes that it is fitted on, as published. Absent ones are 0.
        strength: inverse of the L2 penalty (published: 1).
        average: which accuracies the harmonic mean is of, by "class" or by "sample".
        seed: seed of the folds.

    Attributes:
        temperature_, threshold_, top_: the choice of `fit`.
        deviations_: mean standard deviation of a sample's seen and of its unseen scores.
        harmonic_mean_: harmonic mean of the cross-validated predictions with this choice.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import SeenUnseenGate
        >>> rng = np.random.default_rng(0)
        >>> labels = np.repeat([0, 1, 2, 3], 10)
        >>> scores = np.eye(4)[labels] + rng.normal(0, 0.1, (40, 4)) + [0.5, 0.5, 0, 0]
        >>> gate = SeenUnseenGate().fit(scores, labels, np.arange(4), unseen=np.array([2, 3]))
        >>> predicted = gate.apply(scores, np.arange(4), unseen=np.array([2, 3]))
        >>> float((predicted == labels).mean()) > 0.9
        True
    """

    temperatures: tuple[float, ...] = option(
        (1.0, 0.5, 2.0, 0.2, 5.0, 0.1), above=0, check=lambda values: None if values else "at least one number above 0"
    )
    top: int | None = option(None, at_least=1)
    strength: float = option(1.0, above=0)
    average: str = option("class", one_of=AVERAGES)
    seed: int = option(0, at_least=0)

    def fit(self, scores: np.ndarray, labels: np.ndarray, candidates: np.ndarray, unseen: np.ndarray) -> Self:
        """Fit the gate on samples whose kind is known.

        Args:
            scores: (N, K) of held-out samples of the trained classes and of samples of withheld classes, which stand
                for the unseen ones; at least two of each kind.
            labels: (N,) true class ids.
            candidates: (K,) class ids of the columns.
            unseen: ids of the withheld ones among them.

        Returns:
            The gate itself.

        Raises:
            InputError: Samples, classes and scores do not fit.
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import StratifiedKFold, cross_val_predict

        separated, labels = sides(scores, candidates, unseen), np.asarray(labels)
        known = ~unseen_samples(labels, separated)
        fewest = int(min(known.sum(), (~known).sum()))
        if fewest < 2:
            raise InputError("one sample of seen or of unseen classes; the gate needs at least two of each kind")
        self.top_ = self.top or len(separated.unseen_classes)
        self.deviations_ = _deviation(separated.seen_scores), _deviation(separated.unseen_scores)
        folds = StratifiedKFold(min(FOLDS, fewest), shuffle=True, random_state=self.seed)
        classifier = LogisticRegression(C=self.strength, max_iter=5000)
        self.harmonic_mean_ = -1.0
        for temperature in self.temperatures:
            features = self._features(separated, temperature)
            held_out = cross_val_predict(classifier, features, known, cv=folds, method="decision_function")
            curve = curve_over(held_out, separated, labels, average=self.average)
            threshold = best_gamma(curve)
            mean = curve.at(threshold).harmonic_mean
            if mean > self.harmonic_mean_ + 1e-12:
                self.temperature_, self.threshold_, self.harmonic_mean_ = temperature, threshold, mean
        classifier.fit(self._features(separated, self.temperature_), known)
        self._weight, self._bias = classifier.coef_[0], float(classifier.intercept_[0])
        return self

    def log_odds(self, scores: np.ndarray, candidates: np.ndarray, unseen: np.ndarray) -> np.ndarray:
        """Return the (N,) log-odds z that each sample is of a seen class; arguments and errors are those of `apply`."""
        if not hasattr(self, "_weight"):
            raise NotFittedError("the gate is not fitted; call fit first")
        return self._features(sides(scores, candidates, unseen), self.temperature_) @ self._weight + self._bias

    def apply(self, scores: np.ndarray, candidates: np.ndarray, unseen: np.ndarray) -> np.ndarray:
        """Predict the classes of samples.

        Args:
            scores: (N, K) for all candidates, by the same method as those of `fit`.
            candidates: (K,) class ids of the columns, which may differ from those of `fit`, also in number.
            unseen: ids of the unseen ones among them.

        Returns:
            (N,) class ids.

        Raises:
            NotFittedError: The gate is not fitted.
            InputError: Shapes differ, a score is not finite, or one kind of candidates is missing.
        """
        separated = sides(scores, candidates, unseen)
        resembles_seen = self.log_odds(scores, candidates, unseen) >= self.threshold_
        return np.where(resembles_seen, separated.seen_predictions, separated.unseen_predictions)

    def _features(self, separated: Sides, temperature: float) -> np.ndarray:
        """Return the (N, 2 top) probabilities, greatest first on each side."""
        from scipy.special import softmax

        result = np.zeros((len(separated.seen_scores), 2, self.top_))
        for side, scores in enumerate((separated.seen_scores, separated.unseen_scores)):
            probabilities = softmax(scores / (temperature * self.deviations_[side]), axis=1)
            greatest = -np.sort(-probabilities, axis=1)[:, : self.top_]
            result[:, side, : greatest.shape[1]] = greatest
        return result.reshape(len(result), -1)


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

    The scores are those of a method that was trained without the withheld classes, of samples that it was not trained
    on: held-out ones of the trained classes, and ones of the withheld classes. Never of test classes. The other
    arguments are those of `SeenUnseenGate` and its `fit`.
    """
    curve = seen_unseen_curve(scores, labels, candidates, withheld, average=average)
    gate = SeenUnseenGate(average=average, seed=seed).fit(scores, labels, candidates, withheld)
    return GZSLConstants(best_gamma(curve), gate)


def _deviation(scores: np.ndarray) -> float:
    """Return the mean over samples of the deviation among their scores; 1 where it is 0, as with a single class."""
    return float(scores.std(axis=1).mean()) or 1.0

"""The gate: a small classifier says whether a sample is of a seen or of an unseen class; that side's best answers."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from scipy.special import softmax

from zeroskel.core import InputError, NotFittedError
from zeroskel.evaluate.stacking import Sides, best_gamma, curve_over, sides, unseen_samples

FOLDS = 5


class SeenUnseenGate:
    """Logistic regression on the sorted, temperature-scaled probabilities of seen and of unseen classes.

        p_side = softmax(scores_side / (T deviation_side))        z = w . [top k of p_seen, top k of p_unseen] + b
        answer = best seen class where z >= threshold, else best unseen class

    Gupta et al., "Syntactically guided generative embeddings for zero-shot skeleton action recognition", ICIP 2021,
    sec. 2.3, after Atzmon and Chechik, "Adaptive confidence smoothing for generalized zero-shot learning", CVPR 2019.
    Each side has its own softmax, so the columns of seen classes may come from another classifier than those of unseen
    ones, as they do there. Sorted probabilities belong to no class, so that the gate serves other classes than it was
    fitted on. Here scores are divided by their own deviation, so that one grid of temperatures fits all methods, and
    temperature and threshold maximise the harmonic mean of answers from cross-validation, not the gate's own accuracy.

    Args:
        temperatures: tried in this order; the first of the best is taken.
        top: k; None: the number of unseen classes that it is fitted on, as published. Missing probabilities are 0.
        strength: inverse of the L2 penalty (published: 1).
        average: which accuracies the harmonic mean is of, by "class" or by "sample".
        seed: of the folds.

    Attributes:
        temperature_, threshold_, top_: what `fit` chose.
        deviations_: mean standard deviation of a sample's seen and of its unseen scores.
        harmonic_mean_: that of the answers from cross-validation under what was chosen.
    """

    def __init__(
        self,
        *,
        temperatures: Sequence[float] = (1.0, 0.5, 2.0, 0.2, 5.0, 0.1),
        top: int | None = None,
        strength: float = 1.0,
        average: str = "class",
        seed: int = 0,
    ) -> None:
        self.temperatures = temperatures
        self.top = top
        self.strength = strength
        self.average = average
        self.seed = seed

    def fit(self, scores: np.ndarray, labels: np.ndarray, candidates: np.ndarray, unseen: np.ndarray) -> Self:
        """Learn from samples whose kind is known; nothing else is looked at.

        Args:
            scores: (N, K) of held-out samples of the trained classes and of samples of withheld classes, which stand
                for the unseen ones; at least two of each kind.
            labels: (N,) true class ids.
            candidates: (K,) class ids of the columns.
            unseen: ids of the withheld ones among them.

        Raises:
            InputError: an option is out of range, or samples, classes and scores do not fit.
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import StratifiedKFold, cross_val_predict

        self._check()
        parted, labels = sides(scores, candidates, unseen), np.asarray(labels)
        known = ~unseen_samples(labels, parted)
        fewest = int(min(known.sum(), (~known).sum()))
        if fewest < 2:
            raise InputError("one sample of seen or of unseen classes; the gate needs at least two of each kind")
        self.top_ = self.top or len(parted.unseen_classes)
        self.deviations_ = _deviation(parted.seen_scores), _deviation(parted.unseen_scores)
        folds = StratifiedKFold(min(FOLDS, fewest), shuffle=True, random_state=self.seed)
        classifier = LogisticRegression(C=self.strength, max_iter=5000)
        self.harmonic_mean_ = -1.0
        for temperature in self.temperatures:
            features = self._features(parted, temperature)
            held_out = cross_val_predict(classifier, features, known, cv=folds, method="decision_function")
            curve = curve_over(held_out, parted, labels, average=self.average)
            threshold = best_gamma(curve)
            found = curve.at(threshold).harmonic_mean
            if found > self.harmonic_mean_ + 1e-12:
                self.temperature_, self.threshold_, self.harmonic_mean_ = temperature, threshold, found
        classifier.fit(self._features(parted, self.temperature_), known)
        self._weight, self._bias = classifier.coef_[0], float(classifier.intercept_[0])
        return self

    def log_odds(self, scores: np.ndarray, candidates: np.ndarray, unseen: np.ndarray) -> np.ndarray:
        """(N,) log-odds z that each sample is of a seen class; arguments and errors as `apply`."""
        return self._log_odds(sides(scores, candidates, unseen))

    def apply(self, scores: np.ndarray, candidates: np.ndarray, unseen: np.ndarray) -> np.ndarray:
        """The answers.

        Args:
            scores: (N, K) for all candidates, made as those of `fit` were.
            candidates: (K,) class ids of the columns; other classes, and another number, than in `fit` are welcome.
            unseen: ids of the unseen ones among them.

        Returns:
            (N,) class ids.

        Raises:
            NotFittedError: before `fit`.
            InputError: shapes differ, a score is not finite, or one kind of candidates is missing.
        """
        parted = sides(scores, candidates, unseen)
        return np.where(self._log_odds(parted) >= self.threshold_, parted.seen_answers, parted.unseen_answers)

    def _check(self) -> None:
        temperatures = np.asarray(self.temperatures, np.float64)
        if not temperatures.size or not ((temperatures > 0) & np.isfinite(temperatures)).all():
            raise InputError(f"temperatures are {self.temperatures}; expected numbers above 0")
        if (self.top is not None and self.top < 1) or self.strength <= 0:
            raise InputError(f"top {self.top}, strength {self.strength}; expected at least 1 and more than 0")

    def _log_odds(self, parted: Sides) -> np.ndarray:
        if not hasattr(self, "_weight"):
            raise NotFittedError("the gate answers only after fit")
        return self._features(parted, self.temperature_) @ self._weight + self._bias

    def _features(self, parted: Sides, temperature: float) -> np.ndarray:
        """(N, 2 top) probabilities, greatest first on each side."""
        result = np.zeros((len(parted.seen_scores), 2, self.top_))
        for side, scores in enumerate((parted.seen_scores, parted.unseen_scores)):
            probabilities = softmax(scores / (temperature * self.deviations_[side]), axis=-1)
            greatest = -np.sort(-probabilities, axis=1)[:, : self.top_]
            result[:, side, : greatest.shape[1]] = greatest
        return result.reshape(len(result), -1)


def _deviation(scores: np.ndarray) -> float:
    """Mean over samples of the deviation among their scores; 1 where there is none, as with a single class."""
    return float(scores.std(axis=1).mean()) or 1.0

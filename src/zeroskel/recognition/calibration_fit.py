"""Fitting a calibration on classes and recordings that a method never saw."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from zeroskel.core import InputError
from zeroskel.recognition.calibration import Calibration, example_facts, list_facts, log_sum

SMALLEST_LIST, LARGEST_LIST = 2, 20  # actions on a list that is drawn
LISTS = 8  # drawn for each withheld recording
SHOTS = (1, 2, 3, 5)  # examples of a class
TEMPERATURES = np.geomspace(0.02, 50, 160)  # of the scores' own deviation
SHARES = np.linspace(0, 1.5, 31)  # of the evidence


@dataclass(frozen=True, eq=False)
class Withheld:
    """Recordings of K classes, scored by a model that saw neither the classes nor, where it can be, the data set.

    Attributes:
        scores: (n, K) of the K classes.
        labels: (n,) which of the K classes it is.
        features: (n, D), less the mean of what the model was trained on.
        subjects: (n,) who moves.
    """

    scores: np.ndarray
    labels: np.ndarray
    features: np.ndarray
    subjects: np.ndarray


def fit_calibration(parts: Sequence[Withheld], centre: np.ndarray, seed: int = 0) -> Calibration:
    """Fit on lists of 2 to 20 withheld classes, each class with the same weight.

    The temperature and the share of the evidence have the least negative log-likelihood; the presence is a logistic
    regression on the same lists with the right class and without it, the evidence one on pairs of a motion and the
    examples of its own class or another.

    Args:
        parts: each scored by one model, among the classes withheld from it.
        centre: (D,) mean of the final model's training features.
        seed: of the lists and examples that are drawn.

    Raises:
        InputError: no part has two classes.
    """
    parts = [part for part in parts if part.scores.shape[1] >= SMALLEST_LIST and len(part.scores)]
    if not parts:
        raise InputError("nothing to calibrate on: no two classes could be withheld together; train on more classes")
    rng = np.random.default_rng(seed)
    lists = [_draw_lists(part, rng) for part in parts]
    deviation = float(np.mean([part.scores.std(axis=1).mean() for part in parts])) or 1.0
    temperature = min(TEMPERATURES * deviation, key=lambda t: sum(_loss(one, one.scores / t) for one in lists))
    shots = [shot for part in parts for shot in _draw_examples(part, rng)]
    evidence = _evidence_weights(shots)
    mixed = [shot.lists(evidence, rng) for shot in shots]
    share = min(SHARES, key=lambda b: sum(_loss(one, one.scores / temperature + b * e) for one, e in mixed))
    return Calibration(
        temperature=float(temperature),
        presence=_presence_weights(lists, temperature),
        evidence=evidence,
        evidence_share=float(share),
        centre=tuple(map(float, centre)),
        recordings=sum(len(part.scores) for part in parts),
        classes=sum(part.scores.shape[1] for part in parts),
    )


@dataclass(frozen=True, eq=False)
class _Lists:
    """Lists of classes for recordings: scores (m, K), -inf off the list, the right class (m,) and its weight (m,)."""

    scores: np.ndarray
    labels: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class _Shots:
    """Recordings of some people and examples of K classes by others.

    Attributes:
        facts: (r, K, 6) `example_facts` of each recording and class; NaN for a class without examples.
        scores: (r, K); labels: (r,).
    """

    facts: np.ndarray
    scores: np.ndarray
    labels: np.ndarray

    def lists(self, evidence: Sequence[float], rng: np.random.Generator) -> tuple[_Lists, np.ndarray]:
        """All K classes for each recording, and the evidence (r, K) of those that have examples, a part of them."""
        found = np.nan_to_num(self.facts @ np.array(evidence))
        found[:, rng.random(found.shape[1]) < 0.3] = 0  # some actions of a list have words only
        return _Lists(self.scores, self.labels, _class_weights(self.labels)), found


def _draw_lists(part: Withheld, rng: np.random.Generator) -> _Lists:
    rows = np.repeat(np.arange(len(part.labels)), LISTS)
    classes = part.scores.shape[1]
    sizes = rng.integers(SMALLEST_LIST, min(classes, LARGEST_LIST) + 1, len(rows))
    order = rng.random((len(rows), classes))
    order[np.arange(len(rows)), part.labels[rows]] = -1  # the right one is on every list
    on = order.argsort(axis=1).argsort(axis=1) < sizes[:, None]
    return _Lists(np.where(on, part.scores[rows], -np.inf), part.labels[rows], _class_weights(part.labels)[rows])


def _class_weights(labels: np.ndarray) -> np.ndarray:
    """(n,) weights that give each class the same sum, mean 1."""
    weights: np.ndarray = 1 / np.bincount(labels)[labels]
    return weights / weights.mean()


def _loss(lists: _Lists, logits: np.ndarray) -> float:
    """Weighted sum of the negative logarithms of the right classes' probabilities."""
    right = logits[np.arange(len(logits)), lists.labels]
    return float(lists.weights @ (log_sum(logits) - right))


def _presence_weights(lists: Sequence[_Lists], temperature: float) -> tuple[float, ...]:
    facts, present, weights = [], [], []
    for one in lists:
        without = one.scores.copy()
        without[np.arange(len(without)), one.labels] = -np.inf
        for scores, there in ((one.scores, True), (without, False)):
            some = np.isfinite(scores).any(axis=1)
            facts.append(list_facts(scores[some] / temperature))
            present.append(np.full(int(some.sum()), there))
            weights.append(one.weights[some])
    return _logistic(np.concatenate(facts), np.concatenate(present), np.concatenate(weights))


def _draw_examples(part: Withheld, rng: np.random.Generator) -> list[_Shots]:
    """Examples of every class, of each number of SHOTS, by half of the people; the others' recordings are asked."""
    people = np.unique(part.subjects)
    result = []
    for shots in SHOTS:
        givers = rng.permutation(people)[: len(people) // 2]
        given = np.isin(part.subjects, givers) if len(people) > 1 else rng.random(len(part.labels)) < 0.5
        rows = np.flatnonzero(~given)
        facts = np.full((len(rows), part.scores.shape[1], 6), np.nan)
        for label in range(part.scores.shape[1]):
            pool = np.flatnonzero(given & (part.labels == label))
            if len(pool):
                chosen = rng.choice(pool, min(shots, len(pool)), replace=False)
                facts[:, label] = example_facts(part.features[rows], part.features[chosen])
        if len(rows):
            result.append(_Shots(facts, part.scores[rows], part.labels[rows]))
    return result


def _evidence_weights(shots: Sequence[_Shots]) -> tuple[float, ...]:
    facts, same = [], []
    for shot in shots:
        told = np.isfinite(shot.facts[..., 0])
        facts.append(shot.facts[told])
        same.append((shot.labels[:, None] == np.arange(shot.facts.shape[1]))[told])
    answers = np.concatenate(same) if same else np.zeros(0, dtype=bool)
    if answers.all() or not answers.any():
        return (0.0,) * 6  # nothing to learn from
    return _logistic(np.concatenate(facts), answers, np.ones(len(answers)))


def _logistic(facts: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> tuple[float, ...]:
    """Weights of a logistic regression in which both answers have the same total weight."""
    weights = weights / np.where(answers, weights[answers].sum(), weights[~answers].sum()) * len(answers) / 2
    model = LogisticRegression(C=10.0, fit_intercept=False, max_iter=2000)
    return tuple(map(float, model.fit(facts, answers, sample_weight=weights).coef_[0]))

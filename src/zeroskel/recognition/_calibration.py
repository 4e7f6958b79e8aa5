"""Calibration: probabilities from scores, fitted on classes and recordings that a model did not see."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logsumexp, softmax

from zeroskel.core import InputError
from zeroskel.core._rows import unit_rows

MIN_LIST, MAX_LIST = 2, 20  # actions of a random list
LISTS = 8  # random lists for each withheld recording
SHOTS = (1, 2, 3, 5)  # examples of a class
TEMPERATURES = np.geomspace(0.02, 50, 160)  # multiples of the scores' standard deviation
EVIDENCE_SHARES = np.linspace(0, 1.5, 31)
WORDS_ONLY = 0.3  # share of the actions of a list that have no examples


@dataclass(frozen=True)
class Calibration:
    """Parameters that turn scores into probabilities.

        p(a | one of the list) = softmax_a(z)        z_a = s_a / t + b e_a
        p(one of the list)     = sigmoid(w . [1, max z, log mean exp z, log A, log mean exp y])     y_b = s_b / t
        e_a                    = v . [1, nearest, mean, log n, log n nearest, log n mean]

    t is the temperature (Guo et al., "On calibration of modern neural networks", ICML 2017). y are the scores of a
    background of texts that stand for what else may happen; a bundle without one leaves the last input out. e_a is the
    evidence of n
    examples of action a, in nats: the logarithm of a likelihood ratio, of the cosines between the motion and the
    examples (with the nearest one, and with their mean) for a motion of the same class against another class. It is 0
    for an action without examples. `Taught` adds what an example lacks. `fit_calibration` fits all parameters.

    Args:
        temperature: t.
        presence: w, five weights; four without a background.
        evidence: v, six weights.
        evidence_share: b.
        centre: (D,) mean of the training features, which is subtracted before cosines are taken.
        recordings: number of recordings that the calibration was fitted on.
        classes: number of classes that the calibration was fitted on.
    """

    temperature: float
    presence: tuple[float, ...]
    evidence: tuple[float, ...]
    evidence_share: float
    centre: tuple[float, ...]
    recordings: int
    classes: int

    def logits(self, scores: np.ndarray, evidence: np.ndarray | None = None) -> np.ndarray:
        """Return z (N, A) for scores (N, A) and the evidence (N, A) of examples."""
        scaled = scores / self.temperature
        return scaled if evidence is None else scaled + self.evidence_share * evidence

    def presences(self, logits: np.ndarray, background: np.ndarray | None = None) -> np.ndarray:
        """Return the probabilities (N,) that one of the actions happens, for z (N, A) and scores (N, B) of the rest."""
        scaled = None if background is None else background / self.temperature
        return expit(presence_inputs(logits, scaled) @ np.array(self.presence))

    def evidence_of(
        self, features: np.ndarray, examples: Mapping[int, np.ndarray], actions: int
    ) -> tuple[np.ndarray, dict[int, np.ndarray]]:
        """Return the evidence (N, A) for features (N, D), and for each action with examples its cosines (N, n).

        Args:
            features: (N, D) features of the motions.
            examples: index of an action -> (n, D) features of its examples.
            actions: A.
        """
        evidence, cosines, centre = np.zeros((len(features), actions)), {}, np.array(self.centre)
        for action, rows in examples.items():
            inputs, cosines[action] = evidence_inputs(features - centre, rows - centre)
            evidence[:, action] = inputs @ np.array(self.evidence)
        return evidence, cosines

    def to_config(self) -> dict[str, Any]:
        """Return the parameters as values that `json.dumps` accepts."""
        return asdict(self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Calibration":
        """Return the calibration of `to_config`. Raise KeyError, TypeError or ValueError for other values."""
        return cls(
            temperature=float(config["temperature"]),
            presence=tuple(map(float, config["presence"])),
            evidence=tuple(map(float, config["evidence"])),
            evidence_share=float(config["evidence_share"]),
            centre=tuple(map(float, config["centre"])),
            recordings=int(config["recordings"]),
            classes=int(config["classes"]),
        )


def presence_inputs(logits: np.ndarray, background: np.ndarray | None = None) -> np.ndarray:
    """Return (N, 5) rows [1, max z, log mean exp z, log A, log mean exp y], without the last if y is None.

    Args:
        logits: z (N, A), -inf for actions that are not on the list.
        background: y (N, B).
    """
    count = np.log(np.isfinite(logits).sum(axis=1))
    inputs = [np.ones(len(logits)), logits.max(axis=1), logsumexp(logits, axis=1) - count, count]
    if background is not None:
        inputs.append(logsumexp(background, axis=1) - np.log(background.shape[1]))
    return np.stack(inputs, axis=1)


def evidence_inputs(features: np.ndarray, examples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (N, 6) rows [1, nearest, mean, log n, log n nearest, log n mean], and the cosines (N, n) with examples.

    Args:
        features: (N, D) centred features of the motions.
        examples: (n, D) centred features of one action's examples.
    """
    rows, example_rows = unit_rows(features), unit_rows(examples)
    cosines = rows @ example_rows.T
    nearest = cosines.max(axis=1)
    mean = rows @ unit_rows(example_rows.mean(axis=0))
    count = np.full(len(rows), np.log(len(example_rows)))
    return np.stack([np.ones(len(rows)), nearest, mean, count, count * nearest, count * mean], axis=1), cosines


@dataclass(frozen=True, eq=False)
class Withheld:
    """Recordings of K classes, scored by a model that saw either not their dataset or not these classes.

    Args:
        scores: (n, K) scores of the K classes.
        labels: (n,) class of each recording, 0 to K - 1.
        features: (n, D) features minus the mean of the model's training features.
        subjects: (n,) person of each recording.
        background: (n, B) scores of the texts of the background; None without one.
    """

    scores: np.ndarray
    labels: np.ndarray
    features: np.ndarray
    subjects: np.ndarray
    background: np.ndarray | None = None


def fit_calibration(parts: Sequence[Withheld], centre: np.ndarray, seed: int = 0) -> Calibration:
    """Fit a calibration on random lists of 2 to 20 withheld classes, where each class has the same weight.

    The temperature and the share of the evidence minimise the Brier score, which a few confident errors do not
    dominate. The presence is a logistic regression on the same lists with and without the right class. The evidence is
    a logistic regression on pairs of a motion and the examples of a class, with the same or another class.

    Args:
        parts: withheld recordings, each part scored by one model; all with a background or none.
        centre: (D,) mean of the final model's training features.
        seed: seed of the random lists and examples.

    Returns:
        The fitted calibration.

    Raises:
        InputError: if no part has two classes.
    """
    parts = [part for part in parts if part.scores.shape[1] >= MIN_LIST and len(part.scores)]
    if not parts:
        raise InputError("No two classes could be withheld together to calibrate on. Train on more classes.")
    rng = np.random.default_rng(seed)
    lists = [_random_lists(part, rng) for part in parts]
    deviation = float(np.mean([part.scores.std(axis=1).mean() for part in parts])) or 1.0
    temperature = min(TEMPERATURES * deviation, key=lambda t: sum(each.loss(each.scores / t) for each in lists))
    shots = [shot for part in parts for shot in _random_examples(part, rng)]
    evidence = _evidence_weights(shots)
    values = [np.nan_to_num(inputs @ np.array(evidence)) for inputs, _ in shots]
    for each in values:
        each[:, rng.random(each.shape[1]) < WORDS_ONLY] = 0

    def loss_of_share(share: float) -> float:
        return sum(
            listed.loss(listed.scores / temperature + share * each)
            for (_, listed), each in zip(shots, values, strict=True)
        )

    return Calibration(
        temperature=float(temperature),
        presence=_presence_weights(lists, temperature),
        evidence=evidence,
        evidence_share=float(min(EVIDENCE_SHARES, key=loss_of_share)),
        centre=tuple(map(float, centre)),
        recordings=sum(len(part.scores) for part in parts),
        classes=sum(part.scores.shape[1] for part in parts),
    )


@dataclass(frozen=True, eq=False)
class _Lists:
    """Lists of classes for m recordings.

    Args:
        scores: (m, K) scores, -inf for classes that are not on the list.
        labels: (m,) the right class.
        weights: (m,) weight of each list.
        background: (m, B) scores of the background; None without one.
    """

    scores: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    background: np.ndarray | None = None

    def loss(self, logits: np.ndarray) -> float:
        """Return the weighted sum of the Brier scores, each up to the constant 1."""
        shares = softmax(logits, axis=1)
        return float(self.weights @ ((shares**2).sum(axis=1) - 2 * shares[np.arange(len(shares)), self.labels]))


def _random_lists(part: Withheld, rng: np.random.Generator) -> _Lists:
    rows = np.repeat(np.arange(len(part.labels)), LISTS)
    classes = part.scores.shape[1]
    sizes = rng.integers(MIN_LIST, min(classes, MAX_LIST) + 1, len(rows))
    order = rng.random((len(rows), classes))
    order[np.arange(len(rows)), part.labels[rows]] = -1  # the right class is on every list
    listed = order.argsort(axis=1).argsort(axis=1) < sizes[:, None]
    scores = np.where(listed, part.scores[rows], -np.inf)
    background = None if part.background is None else part.background[rows]
    return _Lists(scores, part.labels[rows], _class_weights(part.labels)[rows], background)


def _random_examples(part: Withheld, rng: np.random.Generator) -> list[tuple[np.ndarray, _Lists]]:
    """Return the recordings of half of the people, with examples by the other half, for each number in SHOTS.

    The examples are `evidence_inputs` (r, K, 6) of each recording and class; NaN for a class without examples. The
    recordings are lists of all K classes.
    """
    people, classes = np.unique(part.subjects), part.scores.shape[1]
    result = []
    for count in SHOTS:
        chosen_people = rng.permutation(people)[: len(people) // 2]
        examples = np.isin(part.subjects, chosen_people) if len(people) > 1 else rng.random(len(part.labels)) < 0.5
        rows = np.flatnonzero(~examples)
        inputs = np.full((len(rows), classes, 6), np.nan)
        for label in range(classes):
            available = np.flatnonzero(examples & (part.labels == label))
            if len(available):
                chosen = rng.choice(available, min(count, len(available)), replace=False)
                inputs[:, label], _ = evidence_inputs(part.features[rows], part.features[chosen])
        if len(rows):
            labels = part.labels[rows]
            result.append((inputs, _Lists(part.scores[rows], labels, _class_weights(labels))))
    return result


def _class_weights(labels: np.ndarray) -> np.ndarray:
    """Return (n,) weights whose sum is 1 for each class."""
    return 1 / np.bincount(labels)[labels]


def _presence_weights(lists: Sequence[_Lists], temperature: float) -> tuple[float, ...]:
    inputs, present, weights = [], [], []
    for each in lists:
        without = each.scores.copy()
        without[np.arange(len(without)), each.labels] = -np.inf
        for scores, is_present in ((each.scores, True), (without, False)):
            rows = np.isfinite(scores).any(axis=1)
            background = None if each.background is None else each.background[rows] / temperature
            inputs.append(presence_inputs(scores[rows] / temperature, background))
            present.append(np.full(int(rows.sum()), is_present))
            weights.append(each.weights[rows])
    return _logistic_weights(np.concatenate(inputs), np.concatenate(present), np.concatenate(weights))


def _evidence_weights(shots: Sequence[tuple[np.ndarray, _Lists]]) -> tuple[float, ...]:
    inputs, same_class = [], []
    for rows, listed in shots:
        known = np.isfinite(rows[..., 0])
        inputs.append(rows[known])
        same_class.append((listed.labels[:, None] == np.arange(rows.shape[1]))[known])
    answers = np.concatenate(same_class) if same_class else np.zeros(0, dtype=bool)
    if answers.all() or not answers.any():
        return (0.0,) * 6  # there is nothing to fit
    return _logistic_weights(np.concatenate(inputs), answers, np.ones(len(answers)))


def _logistic_weights(inputs: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> tuple[float, ...]:
    """Return the weights of a logistic regression in which both answers have the same total weight."""
    from sklearn.linear_model import LogisticRegression  # takes a second to import; predictions do not need it

    weights = weights / np.where(answers, weights[answers].sum(), weights[~answers].sum()) * len(answers) / 2
    model = LogisticRegression(C=10.0, fit_intercept=False, max_iter=2000)
    return tuple(map(float, model.fit(inputs, answers, sample_weight=weights).coef_[0]))

"""Constants from validation classes help on test classes, and see nothing else."""

import numpy as np
import pytest

from zeroskel.core import InputError
from zeroskel.evaluate import accuracy, evaluate_gzsl, predictions
from zeroskel.evaluate._gate import choose_constants
from zeroskel.evaluate._metrics import gzsl_result
from zeroskel.evaluate._stacking import calibrated_stacking

CLASSES, DIMENSIONS = 12, 8
WITHHELD, UNSEEN = np.array([6, 7, 8]), np.array([9, 10, 11])


def draw(seed: int, candidates: np.ndarray, favoured: np.ndarray, each: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """(N, K) inner products with prototypes, those of the favoured classes lifted, and labels."""
    prototypes = np.random.default_rng(0).normal(size=(CLASSES, DIMENSIONS))
    labels = np.repeat(candidates, each)
    noise = np.random.default_rng(seed).normal(size=(len(labels), DIMENSIONS))
    scores = (prototypes[labels] + 0.5 * noise) @ prototypes[candidates].T
    return scores + 8 * np.isin(candidates, favoured), labels


def test_constants_of_validation_classes_help_on_test_classes() -> None:
    trained = np.arange(6)
    known = np.concatenate((trained, WITHHELD))
    constants = choose_constants(*draw(1, known, trained), known, WITHHELD)
    everything = np.arange(CLASSES)
    scores, labels = draw(2, everything, known)
    plain = evaluate_gzsl(scores, labels, UNSEEN)
    stacked = evaluate_gzsl(calibrated_stacking(scores, known, constants.gamma), labels, UNSEEN)
    gated = gzsl_result(constants.gate.apply(scores, everything, UNSEEN), labels, UNSEEN)
    assert constants.gamma > 0
    assert stacked.harmonic_mean > plain.harmonic_mean + 0.1
    assert gated.harmonic_mean > plain.harmonic_mean


def test_a_method_without_a_preference_gets_hardly_a_handicap() -> None:
    known = np.arange(9)
    scores, labels = draw(1, known, known[:0])
    preferring = choose_constants(scores + 8 * ~np.isin(known, WITHHELD), labels, known, WITHHELD)
    constants = choose_constants(scores, labels, known, WITHHELD)
    assert preferring.gamma == pytest.approx(constants.gamma + 8)


def test_the_average_reaches_both_constants() -> None:
    known = np.arange(9)
    scores, labels = draw(1, known, known[:6])
    before = np.concatenate((np.flatnonzero(labels != 0), np.flatnonzero(labels == 0)[:2]))
    assert choose_constants(scores[before], labels[before], known, WITHHELD, average="sample").gate.average == "sample"
    with pytest.raises(InputError, match="expected"):
        choose_constants(scores, labels, known, WITHHELD, average="batch")


def test_given_answers_count_as_their_scores_do() -> None:
    scores, labels = draw(3, np.arange(CLASSES), np.arange(9))
    before = np.random.default_rng(0).permutation(len(labels))[:100]
    scores, labels = scores[before], labels[before]
    guesses, new = predictions(scores, np.arange(CLASSES)), np.isin(labels, UNSEEN)
    expected = evaluate_gzsl(scores, labels, UNSEEN)
    by_class, by_sample = gzsl_result(guesses, labels, UNSEEN), gzsl_result(guesses, labels, UNSEEN, average="sample")
    assert (by_class.seen, by_class.unseen) == pytest.approx((expected.seen, expected.unseen))
    assert by_class.harmonic_mean == pytest.approx(expected.harmonic_mean)
    assert by_sample.seen == pytest.approx(accuracy(guesses[~new], labels[~new]))
    assert by_sample.unseen == pytest.approx(accuracy(guesses[new], labels[new]))


@pytest.mark.parametrize(
    ("predicted", "labels", "message"),
    [
        ([0, 9, 1], [0, 9], "expected one for each"),
        ([0, 1], [0, 1], "0 of 2 samples"),
        ([9, 10], [9, 10], "2 of 2 samples"),
        ([], [], "0 of 0 samples"),
    ],
)
def test_answers_need_labels_of_both_kinds(predicted: list[int], labels: list[int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        gzsl_result(np.array(predicted), np.array(labels), UNSEEN)

"""ZSL and GZSL on scores made by hand."""

import numpy as np
import pytest

from zeroskel.core import InputError
from zeroskel.evaluate import evaluate_gzsl, evaluate_zsl, predictions

CANDIDATES = np.array([8, 2])
SCORES = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [-5.0, -1.0]])
LABELS = np.array([8, 8, 2, 2])


def test_columns_become_class_ids() -> None:
    assert predictions(SCORES, CANDIDATES).tolist() == [8, 2, 2, 2]


@pytest.mark.parametrize("scores", [SCORES[:, :1], SCORES[0], np.zeros((4, 3))])
def test_every_candidate_has_a_column(scores: np.ndarray) -> None:
    with pytest.raises(InputError, match="expected a column for each"):
        predictions(scores, CANDIDATES)


def test_zero_shot_recognition_by_hand() -> None:
    result = evaluate_zsl(np.r_[SCORES, [[0.0, 1.0]]], np.r_[LABELS, 2], CANDIDATES)
    assert result.accuracy == pytest.approx(4 / 5)
    assert result.per_class_accuracy == pytest.approx((1 / 2 + 1) / 2)
    assert (result.chance, result.majority) == (0.5, pytest.approx(3 / 5))
    assert result.confusion.tolist() == [[1, 1], [0, 3]]


def test_the_order_of_the_candidates_does_not_matter() -> None:
    one = evaluate_zsl(SCORES, LABELS, CANDIDATES)
    other = evaluate_zsl(SCORES[:, ::-1], LABELS, CANDIDATES[::-1])
    assert (one.accuracy, one.per_class_accuracy) == (other.accuracy, other.per_class_accuracy)
    np.testing.assert_array_equal(other.confusion, one.confusion[::-1, ::-1])


def test_any_rising_function_of_the_scores_gives_the_same_result() -> None:
    assert (
        evaluate_zsl(np.exp(SCORES), LABELS, CANDIDATES).accuracy == evaluate_zsl(SCORES, LABELS, CANDIDATES).accuracy
    )


def test_an_unseen_label_that_is_no_candidate_is_told() -> None:
    with pytest.raises(InputError, match=r"labels \[5\] are not among the candidates \[8, 2\]"):
        evaluate_zsl(SCORES, np.array([8, 8, 2, 5]), CANDIDATES)


def test_labels_and_scores_agree_in_length() -> None:
    with pytest.raises(InputError):
        evaluate_zsl(SCORES, LABELS[:3], CANDIDATES)
    with pytest.raises(InputError):
        evaluate_gzsl(np.zeros((4, 3)), np.array([0, 1, 2]), np.array([2]))


def test_generalised_recognition_by_hand() -> None:
    labels = np.array([0, 0, 0, 0, 1, 2, 2, 3])
    guesses = [0, 0, 0, 1, 3, 2, 0, 3]
    result = evaluate_gzsl(np.eye(4)[guesses], labels, np.array([2, 3]))
    assert result.seen == pytest.approx((3 / 4 + 0) / 2)
    assert result.unseen == pytest.approx((1 / 2 + 1) / 2)
    assert result.harmonic_mean == pytest.approx(2 * 0.375 * 0.75 / (0.375 + 0.75))


def test_answering_seen_classes_only_has_a_harmonic_mean_of_zero() -> None:
    labels = np.array([0, 1, 2])
    result = evaluate_gzsl(np.eye(3)[[0, 1, 0]], labels, np.array([2]))
    assert (result.seen, result.unseen, result.harmonic_mean) == (1, 0, 0)


@pytest.mark.parametrize("unseen", [[0, 1], [2]])
def test_generalised_recognition_needs_seen_and_unseen_samples(unseen: list[int]) -> None:
    with pytest.raises(InputError, match="expected some of each kind"):
        evaluate_gzsl(np.zeros((2, 3)), np.array([0, 1]), np.array(unseen))

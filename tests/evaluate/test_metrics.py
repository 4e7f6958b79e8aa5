"""Metrics on numbers small enough to check by hand."""

import numpy as np
import pytest

from zeroskel.core import InputError
from zeroskel.evaluate import accuracy, confusion_matrix, harmonic_mean, majority_accuracy, per_class_accuracy
from zeroskel.evaluate._metrics import recalls

LABELS = np.array([3, 3, 3, 3, 7, 7, 9])
GUESSES = np.array([3, 3, 3, 7, 7, 9, 3])


def test_accuracy_counts_samples() -> None:
    assert accuracy(GUESSES, LABELS) == pytest.approx(4 / 7)


def test_per_class_accuracy_counts_classes() -> None:
    assert per_class_accuracy(GUESSES, LABELS) == pytest.approx((3 / 4 + 1 / 2 + 0) / 3)


def test_both_agree_where_classes_are_of_one_size() -> None:
    labels = np.repeat([0, 1, 2], 4)
    guesses = np.random.default_rng(0).integers(0, 3, 12)
    assert per_class_accuracy(guesses, labels) == pytest.approx(accuracy(guesses, labels))


def test_repeating_the_samples_of_a_class_leaves_per_class_accuracy() -> None:
    rows = np.r_[np.arange(7), 0, 1, 2, 3]
    assert per_class_accuracy(GUESSES[rows], LABELS[rows]) == pytest.approx(per_class_accuracy(GUESSES, LABELS))


@pytest.mark.parametrize("metric", [accuracy, per_class_accuracy])
def test_right_is_one_and_wrong_is_zero(metric) -> None:
    assert metric(LABELS, LABELS) == 1
    assert metric(LABELS + 1, LABELS) == 0


@pytest.mark.parametrize("metric", [accuracy, per_class_accuracy])
@pytest.mark.parametrize("guesses", [LABELS[:3], LABELS[:, None], LABELS[:0]])
def test_guesses_and_labels_agree_in_shape(metric, guesses: np.ndarray) -> None:
    with pytest.raises(InputError, match="expected one for each"):
        metric(guesses, LABELS)


@pytest.mark.parametrize("metric", [accuracy, per_class_accuracy])
def test_no_samples_have_no_accuracy(metric) -> None:
    with pytest.raises(InputError, match="at least one"):
        metric(LABELS[:0], LABELS[:0])


@pytest.mark.parametrize(
    ("seen", "unseen", "mean"), [(0.5, 0.5, 0.5), (0.6, 0.3, 0.4), (1, 0, 0), (0, 0, 0), (1, 1, 1)]
)
def test_harmonic_mean(seen: float, unseen: float, mean: float) -> None:
    assert harmonic_mean(seen, unseen) == pytest.approx(mean)
    assert harmonic_mean(unseen, seen) == pytest.approx(mean)


def test_the_harmonic_mean_lies_between_the_smaller_and_the_arithmetic_mean() -> None:
    for seen, unseen in np.random.default_rng(0).random((50, 2)):
        assert min(seen, unseen) <= harmonic_mean(seen, unseen) <= (seen + unseen) / 2 + 1e-12


def test_confusion_rows_are_true_classes() -> None:
    counts = confusion_matrix(GUESSES, LABELS, np.array([9, 3, 7]))
    assert counts.tolist() == [[0, 1, 0], [0, 3, 1], [1, 0, 1]]


def test_the_diagonal_of_the_confusion_is_the_accuracy() -> None:
    counts = confusion_matrix(GUESSES, LABELS, np.array([3, 7, 9]))
    assert counts.trace() / counts.sum() == pytest.approx(accuracy(GUESSES, LABELS))
    assert (np.diag(counts) / counts.sum(axis=1)).mean() == pytest.approx(per_class_accuracy(GUESSES, LABELS))


def test_majority_is_what_one_answer_reaches() -> None:
    assert majority_accuracy(LABELS) == pytest.approx(4 / 7)
    assert majority_accuracy(LABELS) == accuracy(np.full_like(LABELS, 3), LABELS)


def test_recalls_are_shares_of_the_true_classes():
    np.testing.assert_array_equal(recalls(np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]])), [0.75, 1.0, np.nan])

"""Calibrated stacking and the seen-unseen curve, against small cases and against trying every handicap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zeroskel.core import InputError
from zeroskel.evaluate import accuracy, evaluate_gzsl, predictions
from zeroskel.evaluate._stacking import (
    SeenUnseenCurve,
    area_under_curve,
    best_gamma,
    calibrated_stacking,
    seen_unseen_curve,
)

CANDIDATES = np.arange(4)
UNSEEN = np.array([2, 3])
SEEN_COLUMNS = np.array([True, True, False, False])


def scores_of(margins: list[float], labels: list[int]) -> np.ndarray:
    """Scores whose best seen and best unseen class are right where that side is the label's, with the given margins."""
    scores = np.full((len(labels), 4), -100.0)
    for row, (margin, label) in enumerate(zip(margins, labels, strict=True)):
        scores[row, label if label < 2 else 0] = margin
        scores[row, label if label >= 2 else 2] = 0
    return scores


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole scores of a few samples, their labels, and which of four to six classes are unseen."""
    classes = draw(st.integers(4, 6))
    unseen = np.array(sorted(draw(st.sets(st.integers(0, classes - 1), min_size=1, max_size=classes - 1))))
    seen = np.setdiff1d(np.arange(classes), unseen)
    others = draw(st.lists(st.integers(0, classes - 1), max_size=12))
    labels = np.array([draw(st.sampled_from(seen.tolist())), draw(st.sampled_from(unseen.tolist())), *others])
    row = st.lists(st.integers(-4, 4), min_size=classes, max_size=classes)
    return np.array([draw(row) for _ in labels], float), labels, unseen


def test_gamma_is_taken_from_seen_classes_only() -> None:
    scores = np.array([[3.0, 1.0, 2.0, 0.0]])
    assert calibrated_stacking(scores, SEEN_COLUMNS, 1.5).tolist() == [[1.5, -0.5, 2.0, 0.0]]
    assert scores.tolist() == [[3.0, 1.0, 2.0, 0.0]]


def test_numbers_of_columns_serve_as_a_mask() -> None:
    scores = np.random.default_rng(0).normal(size=(5, 4))
    np.testing.assert_array_equal(
        calibrated_stacking(scores, np.array([0, 1]), 0.3), calibrated_stacking(scores, SEEN_COLUMNS, 0.3)
    )


def test_a_gamma_of_zero_changes_no_answer() -> None:
    scores = np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32)
    stacked = calibrated_stacking(scores, SEEN_COLUMNS, 0)
    np.testing.assert_array_equal(stacked.argmax(axis=1), scores.argmax(axis=1))


def test_an_infinite_gamma_leaves_one_side_with_its_own_best() -> None:
    scores = np.random.default_rng(0).normal(size=(100, 4))
    np.testing.assert_array_equal(
        calibrated_stacking(scores, SEEN_COLUMNS, np.inf).argmax(axis=1), 2 + scores[:, 2:].argmax(axis=1)
    )
    np.testing.assert_array_equal(
        calibrated_stacking(scores, SEEN_COLUMNS, -np.inf).argmax(axis=1), scores[:, :2].argmax(axis=1)
    )


@pytest.mark.parametrize(
    ("columns", "gamma", "message"),
    [
        (SEEN_COLUMNS, np.nan, "gamma is NaN"),
        (np.ones(4, bool), 0, "4 of 4 columns"),
        (np.zeros(4, bool), 0, "0 of 4 columns"),
        (np.array([0, 4]), 0, "do not fit"),
        (np.ones(3, bool), 0, "do not fit"),
    ],
)
def test_stacking_refuses_what_it_cannot_use(columns: np.ndarray, gamma: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        calibrated_stacking(np.zeros((2, 4)), columns, gamma)
    with pytest.raises(InputError, match=r"expected \(N, K\)"):
        calibrated_stacking(np.zeros(4), SEEN_COLUMNS, 0)


def test_a_curve_by_hand() -> None:
    labels = [0, 0, 1, 2, 3]
    curve = seen_unseen_curve(scores_of([1, 3, 5, 2, 4], labels), np.array(labels), CANDIDATES, UNSEEN)
    assert curve.thresholds.tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(curve.seen, [1, 0.75, 0.75, 0.5, 0.5, 0])
    np.testing.assert_allclose(curve.unseen, [0, 0, 0.5, 0.5, 1, 1])
    assert area_under_curve(curve) == pytest.approx(0.75 * 0.5 + 0.5 * 0.5)
    assert best_gamma(curve) == 4.5
    assert curve.at(4.5).harmonic_mean == pytest.approx(2 / 3)


def test_by_sample_a_large_class_counts_for_more() -> None:
    labels = [0, 0, 1, 2, 3]
    scores = scores_of([1, 3, 5, 2, 4], labels)
    curve = seen_unseen_curve(scores, np.array(labels), CANDIDATES, UNSEEN, average="sample")
    np.testing.assert_allclose(curve.seen, [1, 2 / 3, 2 / 3, 1 / 3, 1 / 3, 0])
    assert area_under_curve(curve) == pytest.approx(2 / 3 * 0.5 + 1 / 3 * 0.5)


def test_samples_that_are_wrong_on_their_own_side_are_no_points() -> None:
    scores = scores_of([1, 2], [0, 2])
    curve = seen_unseen_curve(scores, np.array([1, 2]), CANDIDATES, UNSEEN)
    assert curve.thresholds.tolist() == [2]
    assert (curve.seen.tolist(), curve.unseen.tolist()) == ([0, 0], [0, 1])
    assert (area_under_curve(curve), best_gamma(curve)) == (0, 0)


def test_nobody_right_is_one_point() -> None:
    curve = seen_unseen_curve(scores_of([1, 2], [0, 2]), np.array([1, 3]), CANDIDATES, UNSEEN)
    assert (curve.seen.tolist(), curve.unseen.tolist(), curve.gammas.tolist()) == ([0], [0], [0])
    assert (area_under_curve(curve), best_gamma(curve)) == (0, 0)


def test_kinds_that_can_be_told_apart_have_an_area_of_one() -> None:
    labels = [0, 1, 2, 3]
    curve = seen_unseen_curve(scores_of([9, 7, 3, 1], labels), np.array(labels), CANDIDATES, UNSEEN)
    assert area_under_curve(curve) == 1
    assert best_gamma(curve) == 5
    assert curve.at(5).harmonic_mean == 1


def test_kinds_that_share_a_margin_have_half_of_it() -> None:
    labels = [0, 2]
    curve = seen_unseen_curve(scores_of([1, 1], labels), np.array(labels), CANDIDATES, UNSEEN)
    assert area_under_curve(curve) == 0.5


def test_the_widest_of_equally_good_intervals_is_taken_in_its_middle() -> None:
    curve = SeenUnseenCurve(np.array([0, 1, 5, 6.0]), np.array([1, 0.5, 0.5, 0.4, 0]), np.array([0, 0.4, 0.4, 0.5, 1]))
    assert best_gamma(curve) == 3


@settings(deadline=None)
@given(cases())
def test_the_curve_is_what_trying_every_gamma_gives(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    scores, labels, unseen = case
    candidates = np.arange(scores.shape[1])
    seen_columns, new = ~np.isin(candidates, unseen), np.isin(labels, unseen)
    for average in ("class", "sample"):
        curve = seen_unseen_curve(scores, labels, candidates, unseen, average=average)
        tried: list[tuple[float, float]] = []
        for gamma in [-np.inf, *np.arange(-9.5, 9), np.inf]:  # margins are whole numbers from -8 to 8
            stacked = calibrated_stacking(scores, seen_columns, gamma)
            if average == "class":
                result = evaluate_gzsl(stacked, labels, unseen)
                point = result.seen, result.unseen
            else:
                guesses = predictions(stacked, candidates)
                point = accuracy(guesses[~new], labels[~new]), accuracy(guesses[new], labels[new])
            at = curve.at(gamma)
            assert (at.seen, at.unseen) == pytest.approx(point)
            if not tried or tried[-1] != pytest.approx(point):
                tried.append(point)
        np.testing.assert_allclose(np.stack((curve.seen, curve.unseen), axis=1), tried, atol=1e-12)
        best = best_gamma(curve)
        means = [2 * s * u / (s + u) if s + u else 0 for s, u in tried]
        assert curve.at(best).harmonic_mean == pytest.approx(max(means))


@settings(deadline=None)
@given(cases())
def test_seen_falls_and_unseen_rises_within_zero_and_one(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    scores, labels, unseen = case
    curve = seen_unseen_curve(scores, labels, np.arange(scores.shape[1]), unseen)
    assert (np.diff(curve.thresholds) > 0).all() and (np.diff(curve.gammas) > 0).all()
    assert (np.diff(curve.seen) <= 0).all() and (np.diff(curve.unseen) >= 0).all()
    assert curve.seen[0] <= 1 and curve.unseen[-1] <= 1
    assert (curve.seen[-1], curve.unseen[0]) == (0, 0)
    assert 0 <= area_under_curve(curve) <= curve.seen[0] * curve.unseen[-1] + 1e-12


@settings(deadline=None)
@given(cases(), st.integers(-5, 5))
def test_a_handicap_given_beforehand_moves_the_curve_and_keeps_its_area(
    case: tuple[np.ndarray, np.ndarray, np.ndarray], gamma: int
) -> None:
    scores, labels, unseen = case
    candidates = np.arange(scores.shape[1])
    one = seen_unseen_curve(scores, labels, candidates, unseen)
    moved = calibrated_stacking(scores, ~np.isin(candidates, unseen), gamma)
    other = seen_unseen_curve(moved, labels, candidates, unseen)
    np.testing.assert_array_equal(other.thresholds, one.thresholds - gamma)
    assert area_under_curve(other) == area_under_curve(one)


@settings(deadline=None)
@given(cases())
def test_the_order_of_columns_matters_only_to_ties_within_a_side(
    case: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    scores, labels, unseen = case
    scores = scores + np.random.default_rng(0).random(scores.shape) / 100  # no ties
    order = np.random.default_rng(1).permutation(scores.shape[1])
    one = seen_unseen_curve(scores, labels, np.arange(scores.shape[1]), unseen)
    other = seen_unseen_curve(scores[:, order], labels, order, unseen)
    np.testing.assert_array_equal(one.thresholds, other.thresholds)
    np.testing.assert_array_equal(one.seen, other.seen)


SCORES, LABELS = np.zeros((3, 4)), np.array([0, 1, 2])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"scores": SCORES[:, :3]}, "expected a column for each"),
        ({"scores": np.full((3, 4), np.nan)}, "12 of 12 scores are not finite"),
        ({"labels": LABELS[:2]}, "expected one for each"),
        ({"labels": np.array([0, 1, 7])}, r"labels \[7\] are not among the candidates"),
        ({"labels": np.array([0, 1, 1])}, "0 of 3 samples"),
        ({"labels": np.array([2, 3, 2])}, "3 of 3 samples"),
        ({"candidates": np.array([0, 1, 2, 2])}, "no duplicates"),
        ({"unseen": np.array([5])}, r"unseen classes \[5\]"),
        ({"unseen": CANDIDATES}, "4 of 4 candidates"),
        ({"unseen": CANDIDATES[:0]}, "0 of 4 candidates"),
        ({"average": "batch"}, "expected one of class, sample"),
    ],
)
def test_a_curve_needs_scores_labels_and_classes_that_fit(changed: dict, message: str) -> None:
    given = {"scores": SCORES, "labels": LABELS, "candidates": CANDIDATES, "unseen": UNSEEN, "average": "class"}
    changed = {**given, **changed}
    with pytest.raises(InputError, match=message):
        seen_unseen_curve(
            changed["scores"],
            changed["labels"],
            changed["candidates"],
            changed["unseen"],
            average=changed["average"],
        )


def test_no_curve_has_a_place_for_nan() -> None:
    curve = seen_unseen_curve(SCORES, LABELS, CANDIDATES, UNSEEN)
    with pytest.raises(InputError, match="NaN"):
        curve.at(np.nan)

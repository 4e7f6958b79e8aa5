"""Intervals that cover, tests whose p is known, many tests at once."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zeroskel.core import InputError
from zeroskel.evaluate._statistics import bootstrap_interval, holm, least_p, paired_test

SPLITS, SEEDS = 15, 3


def interval(values: np.ndarray, **options) -> tuple[float, float]:
    """An interval that is there."""
    intervals = bootstrap_interval(values, **options)
    assert intervals is not None
    return intervals


def test_intervals_hold_the_true_mean_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    for level, lowest, highest in ((0.95, 0.9, 0.98), (0.8, 0.75, 0.85)):
        intervals = (interval(rng.normal(3, 2, 60), level=level, resamples=500, seed=i) for i in range(600))
        assert lowest < np.mean([low <= 3 <= high for low, high in intervals]) < highest


def test_where_splits_differ_only_groups_cover() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(SPLITS), SEEDS)
    with_groups, without = [], []
    for repeat in range(400):
        values = rng.normal(size=SPLITS)[groups] + 0.3 * rng.normal(size=len(groups))
        for covered, by in ((with_groups, groups), (without, None)):
            low, high = interval(values, groups=by, resamples=400, seed=repeat)
            covered.append(low <= 0 <= high)
    assert 0.88 < np.mean(with_groups) < 0.98
    assert np.mean(without) < 0.8


def test_the_interval_is_that_of_the_standard_error() -> None:
    values = np.random.default_rng(0).normal(size=200)
    low, high = interval(values)
    error = values.std() / np.sqrt(len(values))
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.1 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.1 * error)


def test_every_value_a_group_of_its_own_is_no_grouping() -> None:
    values = np.random.default_rng(0).normal(size=30)
    assert interval(values, groups=np.arange(30)) == pytest.approx(interval(values), abs=0.02)


def test_one_group_is_no_grouping() -> None:
    values = np.random.default_rng(0).normal(size=30)
    assert interval(values, groups=np.zeros(30)) == interval(values)


def test_groups_may_have_names_and_other_sizes() -> None:
    low, high = interval(np.array([0.0, 0.2, 0.1, 1.0]), groups=np.array(["a", "a", "a", "b"]))
    assert 0 < low < 0.1  # both draws fall on a in a quarter of the resamples
    assert high == 1


def test_a_higher_level_is_wider_and_the_mean_lies_within() -> None:
    values = np.random.default_rng(0).random(9)
    narrow, wide = interval(values, level=0.5), interval(values, level=0.99)
    assert wide[0] < narrow[0] < values.mean() < narrow[1] < wide[1]


def test_an_interval_stays_within_the_values() -> None:
    values = np.array([0.9, 1.0, 1.0])
    low, high = interval(values)
    assert (low, high) == pytest.approx((0.9, 1.0))


def test_same_seed_same_interval() -> None:
    values = np.random.default_rng(0).random(9)
    assert interval(values, seed=1) == interval(values, seed=1) != interval(values, seed=2)


def test_one_value_has_no_interval() -> None:
    assert bootstrap_interval(np.array([0.7])) is None
    assert bootstrap_interval(np.array([0.7]), groups=np.array(["a"])) is None


@pytest.mark.parametrize("groups", [None, np.array([0, 0, 1])])
def test_equal_values_have_an_interval_of_no_width(groups: np.ndarray | None) -> None:
    assert bootstrap_interval(np.full(3, 0.1), groups=groups) == (0.1, 0.1)


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ([], {}),
        ([[0.1, 0.2]], {}),
        ([0.1, np.nan], {}),
        ([0.1, np.inf], {}),
        ([0.1, 0.2], {"level": 1.0}),
        ([0.1, 0.2], {"level": np.nan}),
        ([0.1, 0.2], {"resamples": 0}),
        ([0.1, 0.2], {"groups": np.array([0])}),
    ],
)
def test_no_interval_of_what_is_no_sample(values: list[float], options: dict) -> None:
    with pytest.raises(InputError, match="expected"):
        bootstrap_interval(np.array(values), **options)


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([1], 1),
        ([1, 2], 1 / 2),
        ([1, 2, 3], 1 / 4),
        ([1, 2, -3], 1),  # a sum of 0 is reached by every pattern
        ([3, 2, -1], 1 / 2),  # the patterns, up to sign, have sums of 6, 4, 2 and 0
        ([1] * 10, 2 / 2**10),
        ([1] * 9 + [-1], 22 / 2**10),  # the sign test: at most one of ten against the others, on either side
        ([0, 0, 0], 1),
        ([1, 2, 3, 0], 1 / 4),
    ],
)
def test_known_small_p(differences: list[float], p: float) -> None:
    reference = np.linspace(0.2, 0.6, len(differences))
    assert paired_test(reference + np.array(differences), reference) == pytest.approx(p)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=8))
def test_p_is_the_share_of_all_sign_patterns(differences: list[int]) -> None:
    sums = np.array([abs(np.dot(signs, differences)) for signs in product((-1, 1), repeat=len(differences))])
    expected = np.mean(sums >= abs(sum(differences)))
    tenths = np.array(differences) / 10  # where equal sums differ by rounding
    assert paired_test(tenths, np.zeros(len(tenths))) == pytest.approx(expected)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=8))
def test_the_test_has_two_sides(values: list[float]) -> None:
    one, other = np.array(values), np.linspace(-1, 1, len(values))
    assert paired_test(one, other) == paired_test(other, one)


def test_drawn_patterns_come_close_to_all_of_them() -> None:
    differences = np.random.default_rng(0).normal(0.3, 1, 17)
    signs = 1 - 2 * ((np.arange(2**17)[:, None] >> np.arange(17)) & 1)
    exact = np.mean(np.abs(signs @ differences) >= abs(differences.sum()) - 1e-9)
    assert paired_test(differences, np.zeros(17)) == pytest.approx(exact, abs=0.01)
    assert paired_test(differences, np.zeros(17), seed=1) == paired_test(differences, np.zeros(17), seed=1)


def test_a_drawn_p_is_never_zero() -> None:
    assert 0 < paired_test(np.ones(60), np.zeros(60)) < 1e-4


def test_alarms_are_false_no_more_often_than_the_level() -> None:
    rng = np.random.default_rng(0)
    p_values = [paired_test(rng.normal(size=9), np.zeros(9)) for _ in range(1000)]
    assert np.mean(np.array(p_values) <= 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1000)


def test_the_seeds_of_one_split_do_not_count_as_evidence_of_their_own() -> None:
    values, groups = np.tile([1.0, 2.0, 3.0], 4), np.tile([0, 1, 2], 4)
    assert paired_test(values, np.zeros(12), groups=groups) == 1 / 4
    assert paired_test(values, np.zeros(12)) == 2 / 2**12


@pytest.mark.parametrize(
    ("values", "reference", "groups"),
    [
        ([], [], None),
        ([1.0], [1.0, 2.0], None),
        ([np.nan], [1.0], None),
        ([1.0], [np.nan], None),
        ([1.0, 2.0], [1.0, 2.0], [0]),
    ],
)
def test_pairs_are_whole(values: list[float], reference: list[float], groups: list[int] | None) -> None:
    with pytest.raises(InputError, match="expected"):
        paired_test(np.array(values), np.array(reference), groups=None if groups is None else np.array(groups))


def test_holm_by_hand() -> None:
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm(np.array([0.5, 0.6])), [1, 1])
    assert holm(np.array([0.03])).tolist() == [0.03]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_no_correction_and_bonferroni_and_keeps_the_order(p_values: list[float]) -> None:
    given = np.array(p_values)
    adjusted = holm(given)
    assert (given <= adjusted).all()
    assert (adjusted <= np.minimum(given * len(given), 1)).all()
    assert (np.diff(adjusted[np.argsort(given, kind="stable")]) >= 0).all()


@pytest.mark.parametrize("p_values", [[], [0.1, np.nan], [-0.1], [1.1], [[0.1]]])
def test_holm_needs_probabilities(p_values: list) -> None:
    with pytest.raises(InputError, match="expected"):
        holm(np.array(p_values))


@pytest.mark.parametrize("pairs", [1, 2, 5, 9, 16, 20])
def test_the_least_p_is_that_of_differences_of_one_sign(pairs: int) -> None:
    differences = np.linspace(1, 2, pairs)
    p = paired_test(differences, np.zeros(pairs))
    assert p >= least_p(pairs)
    if pairs <= 16:
        assert p == least_p(pairs)
    assert least_p(0) == 1

"""Predictions settle at the first share of the frames from which on they stay."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from zeroskel.core import InputError
from zeroskel.evaluate._metrics import settling_share

SHARES = np.array([0.25, 0.5, 0.75, 1.0])


@pytest.mark.parametrize(
    ("answers", "share"),
    [
        ([7, 7, 7, 7], 0.25),
        ([3, 7, 7, 7], 0.5),
        ([7, 3, 7, 7], 0.75),  # right at first does not count where it was given up
        ([7, 7, 7, 3], 1.0),
        ([3, 3, 7, 3], 1.0),
    ],
)
def test_an_answer_settles_where_it_last_changed(answers: list[int], share: float) -> None:
    assert settling_share(np.array(answers)[:, None], SHARES).tolist() == [share]


@given(arrays(np.int64, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.integers(0, 2)))
def test_from_the_settling_share_on_and_no_earlier(answers: np.ndarray) -> None:
    shares = np.arange(1, len(answers) + 1) / len(answers)
    for column, share in zip(answers.T, settling_share(answers, shares), strict=True):
        start = shares.tolist().index(share)
        assert (column[start:] == column[-1]).all()
        assert start == 0 or column[start - 1] != column[-1]


def test_no_samples_settle_nowhere() -> None:
    assert settling_share(np.zeros((4, 0), int), SHARES).shape == (0,)


@pytest.mark.parametrize(
    ("answers", "shares"),
    [
        (np.zeros((3, 2), int), SHARES),
        (np.zeros(4, int), SHARES),
        (np.zeros((0, 2), int), SHARES[:0]),
        (np.zeros((4, 2), int), SHARES[::-1]),
        (np.zeros((2, 2), int), np.array([0.5, 0.5])),
        (np.zeros((2, 2), int), np.array([0.5, np.nan])),
    ],
)
def test_shares_rise_and_each_has_its_answers(answers: np.ndarray, shares: np.ndarray) -> None:
    with pytest.raises(InputError, match="expected"):
        settling_share(answers, shares)

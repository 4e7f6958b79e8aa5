"""Rows scaled to length one, and rows of probabilities."""

import numpy as np

from zeroskel.core._rows import softmax, unit_rows


def test_rows_have_length_one_and_zeros_stay_zero() -> None:
    rows = unit_rows(np.float32([[3, 4], [0, 0], [0, -2]]))
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, 0], [0, -1]], rtol=1e-6)
    assert rows.dtype == np.float32


def test_softmax_gives_rows_of_probabilities_for_logits_of_any_size() -> None:
    logits = np.array([[0.0, np.log(3)], [1000.0, 1000.0], [-np.inf, -1000.0]])
    np.testing.assert_allclose(softmax(logits), [[0.25, 0.75], [0.5, 0.5], [0, 1]])
    np.testing.assert_array_equal(softmax(logits[0]), softmax(logits)[0])

"""Rows scaled to length one, and rows of probabilities."""

import numpy as np

from zeroskel.core._rows import mean_and_scale, unit_rows


def test_rows_have_length_one_and_zeros_stay_zero() -> None:
    rows = unit_rows(np.float32([[3, 4], [0, 0], [0, -2]]))
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, 0], [0, -1]], rtol=1e-6)
    assert rows.dtype == np.float32


def test_one_deviation_serves_all_coordinates():
    mean, scale = mean_and_scale(np.array([[0.0, 10.0], [2.0, 16.0]]))
    np.testing.assert_array_equal(mean, [1, 13])
    np.testing.assert_allclose(scale, [np.sqrt((1 + 1 + 9 + 9) / 4)], rtol=1e-5)

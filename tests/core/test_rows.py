"""Rows scaled to length one, and rows of probabilities."""

import numpy as np

from zeroskel.core._rows import unit_rows


def test_rows_have_length_one_and_zeros_stay_zero() -> None:
    rows = unit_rows(np.float32([[3, 4], [0, 0], [0, -2]]))
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, 0], [0, -1]], rtol=1e-6)
    assert rows.dtype == np.float32

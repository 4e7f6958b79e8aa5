import numpy as np

from zeroskel.align._scaling import mean_and_scale


def test_one_deviation_serves_all_coordinates():
    mean, scale = mean_and_scale(np.array([[0.0, 10.0], [2.0, 16.0]]))
    np.testing.assert_array_equal(mean, [1, 13])
    np.testing.assert_allclose(scale, [np.sqrt((1 + 1 + 9 + 9) / 4)], rtol=1e-5)

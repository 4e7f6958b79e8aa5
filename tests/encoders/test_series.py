"""Statistics of series over time equal those that NumPy computes in other ways."""

import numpy as np
import pytest

from zeroskel.encoders import _series as measures


@pytest.mark.parametrize("frames", (50, 31, 2, 1))
def test_quantiles_and_means_equal_those_of_numpy(swaying, frames):
    series = swaying(3, frames, 4, 3).reshape(3, frames, 12)
    computed = measures.statistics(series)
    quantiles = np.quantile(series, (0.05, 0.25, 0.5, 0.75, 0.95), axis=1).transpose(1, 0, 2)
    np.testing.assert_allclose(computed[:, :5], quantiles, atol=1e-6)
    np.testing.assert_allclose(computed[:, 5], series.std(axis=1), atol=1e-6)
    np.testing.assert_allclose(computed[:, 6], series[:, : max(1, round(0.06 * frames))].mean(axis=1), atol=1e-6)


@pytest.mark.parametrize("frames", (50, 31, 2))
def test_the_autocorrelation_equals_its_fourier_transform(swaying, frames):
    joints = swaying(3, frames, 4, 3)
    centred = (joints - joints.mean(axis=1, keepdims=True)).reshape(3, frames, 12).astype(float)
    waves = np.fft.rfft(centred, n=2 * frames, axis=1)
    sums = np.fft.irfft((np.abs(waves) ** 2).sum(axis=2), n=2 * frames, axis=1)
    expected = sums[:, np.rint(measures.LAGS * frames).astype(int)] / (sums[:, :1] + measures.TINY)
    np.testing.assert_allclose(measures.autocorrelation(joints), expected, atol=1e-5)


@pytest.mark.parametrize(("frames", "lags"), ((7, (0, 2, 3, 7)), (8, (0, 1, 5)), (1, (0,))))
def test_lagged_products_are_sums_over_pairs_of_frames(swaying, frames, lags):
    series = swaying(2, frames, 4, 3).reshape(2, frames, 12)
    expected = [(series[:, : frames - lag] * series[:, lag:]).sum(axis=(1, 2)) for lag in lags]
    np.testing.assert_allclose(measures.lagged_products(series, lags), np.stack(expected, axis=1), atol=1e-4)


@pytest.mark.parametrize("cycles", (6, 40))  # 25 fit in 50 frames
def test_low_frequencies_equal_those_of_a_fourier_transform(swaying, cycles):
    joints = swaying(3, 50, 4, 3)
    waves = np.abs(np.fft.rfft(joints - joints.mean(axis=1, keepdims=True), axis=1))[:, 1 : cycles + 1] / 50
    computed = measures.low_frequencies(joints, cycles).reshape(3, cycles, 4, 3)
    np.testing.assert_allclose(computed[:, : waves.shape[1]], waves, atol=1e-5)
    np.testing.assert_array_equal(computed[:, waves.shape[1] :], 0)

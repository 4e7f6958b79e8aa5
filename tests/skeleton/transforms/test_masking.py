"""SMIE's temporal mask selects the frames of the published code, in order and by motion alone."""

import numpy as np
import pytest

from zeroskel.core import InputError
from zeroskel.skeleton.transforms import low_motion_frames, motion_energy, temporal_mask


@pytest.fixture
def batch() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(5, 3, 50, 20, 1)).cumsum(axis=2).astype(np.float32)


def test_the_frames_kept_are_those_of_the_published_code(reference) -> None:
    recorded = reference("temporal_mask")
    np.testing.assert_array_equal(low_motion_frames(recorded["input"]), recorded["kept_low_motion_frames"])


def test_the_masked_view_is_that_of_the_published_code(reference) -> None:
    recorded = reference("temporal_mask")
    masked = temporal_mask(recorded["input"], positions=recorded["random_positions"])
    np.testing.assert_array_equal(masked, recorded["output"])


def test_energy_is_the_mean_square_of_both_differences() -> None:
    path = np.array([0.0, 1.0, 3.0, 3.0]).reshape(1, 1, 4, 1, 1)
    np.testing.assert_allclose(motion_energy(path), [[1, 5, 4, 0]])
    np.testing.assert_allclose(motion_energy(np.tile(path, (2, 3, 1, 20, 2))), [[1, 5, 4, 0]] * 2)


def test_a_jump_is_dropped_first() -> None:
    batch = np.zeros((1, 3, 50, 20, 1))
    batch[:, :, 30] = 5
    selected = low_motion_frames(batch, keep=47)
    assert sorted(set(range(50)) - set(selected[0].tolist())) == [29, 30, 31]


def test_energy_does_not_depend_on_place_and_the_frames_not_on_size(batch: np.ndarray) -> None:
    np.testing.assert_allclose(motion_energy(batch.astype(float) + 3), motion_energy(batch.astype(float)), rtol=1e-9)
    np.testing.assert_array_equal(low_motion_frames(batch * 4), low_motion_frames(batch))


@pytest.mark.parametrize("keep", [1, 35, 50])
def test_kept_frames_are_distinct_and_in_temporal_order(batch: np.ndarray, keep: int) -> None:
    selected = low_motion_frames(batch, keep)
    assert selected.shape == (5, keep)
    assert (np.diff(selected, axis=1) > 0).all()


def test_no_dropped_frame_moves_less_than_a_kept_one(batch: np.ndarray) -> None:
    energy = motion_energy(batch)
    for row, selected in zip(energy, low_motion_frames(batch), strict=True):
        assert row[selected].max() <= np.delete(row, selected).min()


def test_masked_frames_are_frames_of_the_sequence_in_order(batch: np.ndarray) -> None:
    batch[:, 0, :, 0, 0] = np.arange(50) * 1e-3  # tells the frames apart
    masked = temporal_mask(batch, np.random.default_rng(1))
    assert masked.shape == (5, 3, 20, 20, 1)
    frames = np.rint(masked[:, 0, :, 0, 0] * 1e3).astype(int)
    assert (np.diff(frames, axis=1) > 0).all()
    for i, chosen in enumerate(frames):
        np.testing.assert_array_equal(masked[i], batch[i][:, chosen])
        assert set(chosen) <= set(low_motion_frames(batch)[i])


def test_the_draw_follows_the_seed_and_not_the_cut_into_batches(batch: np.ndarray) -> None:
    whole = temporal_mask(batch, np.random.default_rng(2))
    rng = np.random.default_rng(2)
    parts = np.concatenate([temporal_mask(batch[:2], rng), temporal_mask(batch[2:], rng)])
    np.testing.assert_array_equal(parts, whole)
    assert not np.array_equal(temporal_mask(batch, np.random.default_rng(3)), whole)


@pytest.mark.parametrize("keep", [0, 51])
def test_more_frames_than_there_are_cannot_be_kept(batch: np.ndarray, keep: int) -> None:
    with pytest.raises(InputError, match=f"keep is {keep}"):
        low_motion_frames(batch, keep)


@pytest.mark.parametrize("frames", [0, 36])
def test_more_frames_than_are_kept_cannot_remain(batch: np.ndarray, frames: int) -> None:
    with pytest.raises(InputError, match=f"frames is {frames}"):
        temporal_mask(batch, np.random.default_rng(0), frames=frames)


def test_a_mask_without_generator_or_positions_is_an_error(batch: np.ndarray) -> None:
    with pytest.raises(InputError, match="generator or fixed positions"):
        temporal_mask(batch)

"""Gaps are filled up to their limit, and resampling keeps duration, ends and straight lines."""

import numpy as np
import pytest

from zeroskel.core import InputError, SkeletonSequence
from zeroskel.skeleton.transforms import fill_gaps, observe_first, resample


def line(frames: int, *gone: int) -> SkeletonSequence:
    """Every joint moves by (1, 2, 3) a frame; the first joint is not observed in the frames `gone`."""
    joints = np.arange(frames)[:, None, None] * np.array([1.0, 2.0, 3.0]) * np.ones((1, 20, 1))
    joints[list(gone), 0] = np.nan
    return SkeletonSequence(joints, "kinect-20", fps=30)


def test_a_short_gap_is_filled_linearly() -> None:
    np.testing.assert_allclose(fill_gaps(line(9, 3, 4, 5), max_gap=3).joints, line(9).joints, atol=1e-6)


def test_a_long_gap_stays_beside_a_short_one() -> None:
    filled = fill_gaps(line(12, 2, 5, 6, 7, 8), max_gap=3)
    assert np.flatnonzero(~filled.observed[0, :, 0]).tolist() == [5, 6, 7, 8]
    np.testing.assert_allclose(filled.joints[0, 2, 0], [2, 4, 6])


def test_the_ends_take_the_nearest_observation() -> None:
    filled = fill_gaps(line(8, 0, 1, 7), max_gap=2).joints[0, :, 0, 0]
    np.testing.assert_allclose(filled, [2, 2, 2, 3, 4, 5, 6, 6])


def test_a_missing_coordinate_is_a_missing_joint() -> None:
    sequence = line(5)
    joints = sequence.joints.copy()
    joints[0, 2, 7, 1] = np.nan
    np.testing.assert_allclose(fill_gaps(SkeletonSequence(joints, "kinect-20")).joints, sequence.joints, atol=1e-6)


def test_what_was_observed_is_never_changed(sequence_maker) -> None:
    sequence = sequence_maker(frames=30, bodies=2)
    joints = sequence.joints.copy()
    joints[np.random.default_rng(0).random(joints.shape[:3]) < 0.4] = np.nan
    holed = SkeletonSequence(joints, "kinect-20")
    filled = fill_gaps(holed, max_gap=2)
    np.testing.assert_array_equal(filled.joints[holed.observed], joints[holed.observed])
    assert filled.observed.sum() > holed.observed.sum()


def test_a_joint_never_observed_stays_so_and_max_gap_0_fills_nothing() -> None:
    never = line(4, 0, 1, 2, 3)
    np.testing.assert_array_equal(fill_gaps(never).joints, never.joints)
    one = line(4, 1)
    np.testing.assert_array_equal(fill_gaps(one, max_gap=0).joints, one.joints)
    with pytest.raises(InputError, match="max_gap is -1"):
        fill_gaps(one, max_gap=-1)


@pytest.mark.parametrize("frames", [2, 7, 50])
def test_resampling_keeps_the_end_points_and_straight_lines(frames: int) -> None:
    sampled = resample(line(10), frames)
    assert sampled.frames == frames
    np.testing.assert_allclose(sampled.joints[0, :, 4, 0], np.linspace(0, 9, frames), atol=1e-5)


def test_resampling_to_the_same_length_is_the_identity(sequence_maker) -> None:
    sequence = sequence_maker(frames=12)
    assert resample(sequence, 12) is sequence


def test_resampling_keeps_the_duration(sequence_maker) -> None:
    sequence = sequence_maker(frames=12)
    sampled = resample(sequence, 50)
    assert sampled.frames / sampled.fps == pytest.approx(sequence.frames / sequence.fps)


def test_up_and_down_again_is_a_round_trip(sequence_maker) -> None:
    sequence = sequence_maker(frames=11)
    np.testing.assert_allclose(resample(resample(sequence, 41), 11).joints, sequence.joints, atol=1e-5)


def test_one_frame_is_the_first_and_one_frame_can_be_repeated(sequence_maker) -> None:
    sequence = sequence_maker(frames=5)
    np.testing.assert_array_equal(resample(sequence, 1).joints, sequence.joints[:, :1])
    still = SkeletonSequence(sequence.joints[:, :1], "kinect-20")
    np.testing.assert_array_equal(resample(still, 4).joints, np.repeat(still.joints, 4, axis=1))


def test_an_observed_neighbour_serves_for_both_and_without_one_it_is_nan() -> None:
    # 6 frames to 11: every second moment lies half-way between two frames
    sampled = resample(line(6, 2, 3), 11).joints[0, :, 0, 0]
    np.testing.assert_allclose(sampled[[0, 1, 2, 3]], [0, 0.5, 1, 1], atol=1e-6)
    assert np.isnan(sampled[[4, 5]]).all()
    np.testing.assert_allclose(sampled[[7, 8, 9, 10]], [4, 4, 4.5, 5], atol=1e-6)


@pytest.mark.parametrize("frames", [0, -3])
def test_resampling_to_no_frames_is_an_error(frames: int) -> None:
    with pytest.raises(InputError, match=f"frames is {frames}"):
        resample(line(3), frames)


@pytest.mark.parametrize(("share", "left"), [(0.001, 1), (0.2, 2), (0.5, 5), (1.0, 10)])
def test_the_first_share_is_observed(share: float, left: int) -> None:
    np.testing.assert_array_equal(observe_first(line(10), share).joints, line(10).joints[:, :left])


@pytest.mark.parametrize("share", [0.0, -0.1, 1.01, float("nan")])
def test_a_share_lies_between_0_and_1(share: float) -> None:
    with pytest.raises(InputError, match="share is"):
        observe_first(line(10), share)

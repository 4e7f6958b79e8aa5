"""A recording has a shape, a layout and a sampling rate, and refuses wrong ones."""

import numpy as np
import pytest

from zeroskel.core import InputError, LayoutError, SkeletonSequence, ZeroskelError, get_layout


def test_three_axes_are_one_body() -> None:
    joints = np.random.default_rng(0).normal(size=(7, 20, 3))
    sequence = SkeletonSequence(joints, "kinect-20")
    assert (sequence.bodies, sequence.frames, sequence.channels, sequence.fps) == (1, 7, 3, 30.0)
    assert sequence.joints.dtype == np.float32
    np.testing.assert_array_equal(sequence.joints[0], joints.astype(np.float32))


def test_the_layout_may_be_its_name() -> None:
    joints = np.zeros((1, 2, 13, 2))
    assert SkeletonSequence(joints, "penn-13").layout is SkeletonSequence(joints, get_layout("penn-13")).layout


def test_a_joint_is_observed_when_all_its_coordinates_are() -> None:
    joints = np.zeros((2, 3, 20, 3))
    joints[1, 2, 4, 0] = np.nan
    observed = SkeletonSequence(joints, "kinect-20").observed
    assert observed.shape == (2, 3, 20)
    assert np.argwhere(~observed).tolist() == [[1, 2, 4]]


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((20, 3), r"shape \(20, 3\); expected \(bodies, frames, joints, channels\)"),
        ((1, 1, 5, 20, 3), r"shape \(1, 1, 5, 20, 3\)"),
        ((1, 5, 20, 4), "2 or 3 channels"),
        ((1, 5, 20, 1), "2 or 3 channels"),
        ((0, 5, 20, 3), "at least one body and one frame"),
        ((1, 0, 20, 3), "at least one body and one frame"),
    ],
)
def test_other_shapes_are_refused(shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        SkeletonSequence(np.zeros(shape), "kinect-20")


def test_joints_that_are_not_of_the_layout_are_refused() -> None:
    with pytest.raises(LayoutError, match=r"\(1, 5, 25, 3\), so 25 joints; layout kinect-20 has 20"):
        SkeletonSequence(np.zeros((5, 25, 3)), "kinect-20")
    with pytest.raises(LayoutError, match="unknown layout"):
        SkeletonSequence(np.zeros((5, 25, 3)), "kinect-25")


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_values_are_refused(value: float) -> None:
    joints = np.zeros((5, 20, 3))
    joints[3, 2, 1] = value
    with pytest.raises(InputError, match="infinite"):
        SkeletonSequence(joints, "kinect-20")


@pytest.mark.parametrize("fps", [0.0, -30.0, np.nan, np.inf])
def test_a_sampling_rate_that_is_not_positive_is_refused(fps: float) -> None:
    with pytest.raises(InputError, match="fps"):
        SkeletonSequence(np.zeros((5, 20, 3)), "kinect-20", fps)


def test_errors_are_value_errors_too() -> None:
    with pytest.raises(ValueError, match="shape") as caught:
        SkeletonSequence(np.zeros(3), "kinect-20")
    assert isinstance(caught.value, ZeroskelError)


def test_replace_changes_only_the_given_attributes() -> None:
    sequence = SkeletonSequence(np.zeros((5, 20, 3)), "kinect-20", 25.0)
    other = sequence.replace(np.ones((2, 3, 20, 3)))
    assert (other.layout, other.fps, other.bodies) == (sequence.layout, 25.0, 2)
    assert not sequence.joints.any()
    third = sequence.replace(np.ones((3, 25, 3)), layout=get_layout("ntu-25"), fps=10.0)
    assert (third.layout.name, third.fps) == ("ntu-25", 10.0)


def test_a_sequence_cannot_be_reassigned() -> None:
    sequence = SkeletonSequence(np.zeros((5, 20, 3)), "kinect-20")
    with pytest.raises(AttributeError):
        sequence.fps = 10.0  # type: ignore[misc]


def test_repr_has_the_share_of_missing_joints() -> None:
    joints = np.zeros((4, 20, 3))
    joints[0] = np.nan
    assert (
        repr(SkeletonSequence(joints, "kinect-20"))
        == "SkeletonSequence(1 bodies, 4 frames, kinect-20, 30 fps, 25.0% missing)"
    )

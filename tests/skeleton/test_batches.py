"""Prepared recordings have one shape, and the same numbers for every position, direction and size of a body."""

import numpy as np
import pytest

from zeroskel.core import InputError, SkeletonSequence, get_layout
from zeroskel.skeleton.batches import Preprocessing, SequenceBatches, make_batch
from zeroskel.skeleton.transforms import rotate

KINECT = Preprocessing("kinect-20")


@pytest.mark.parametrize("layout", ["kinect-20", "ntu-25", "coco-17"])
@pytest.mark.parametrize(("frames", "bodies"), [(1, 1), (12, 2), (80, 3)])
def test_every_sequence_gets_one_shape(sequence_maker, layout: str, frames: int, bodies: int) -> None:
    preprocessing = Preprocessing("ntu-25", frames=30, bodies=2)
    prepared = preprocessing(sequence_maker(layout, frames=frames, bodies=bodies))
    assert prepared.shape == preprocessing.shape == (3, 30, 25, 2)
    assert prepared.dtype == np.float32
    assert np.isfinite(prepared).all()


def test_missing_bodies_and_joints_are_zero(sequence_maker) -> None:
    sequence = sequence_maker()
    joints = sequence.joints.copy()
    joints[:, :, sequence.layout.index("hand_left")] = np.nan
    prepared = Preprocessing("kinect-20", bodies=2)(SkeletonSequence(joints, "kinect-20"))
    assert not prepared[:, :, sequence.layout.index("hand_left")].any()
    assert not prepared[..., 1].any()
    assert prepared[:, :, sequence.layout.index("hand_right"), 0].any()


def test_nothing_observed_is_all_zero() -> None:
    assert not KINECT(SkeletonSequence(np.full((9, 20, 3), np.nan), "kinect-20")).any()


@pytest.mark.parametrize("bodies", [1, 2])
def test_position_direction_and_size_do_not_matter(sequence_maker, bodies: int) -> None:
    preprocessing = Preprocessing("ntu-25", bodies=bodies)
    sequence = sequence_maker("ntu-25", frames=30, bodies=bodies)
    moved = sequence.replace(rotate(sequence, yaw=2.0).joints * 1.4 + np.array([0.5, -1, 3], np.float32))
    np.testing.assert_allclose(preprocessing(moved), preprocessing(sequence), atol=5e-5)


def test_turning_and_scaling_can_be_switched_off(sequence_maker) -> None:
    sequence = sequence_maker(frames=50)
    prepared = Preprocessing("kinect-20", turn=False, scale=False)(sequence)
    origin = sequence.joints[0, 0, sequence.layout.indices(sequence.layout.pelvis)].mean(axis=0)
    np.testing.assert_allclose(prepared[..., 0].transpose(1, 2, 0), sequence.joints[0] - origin, atol=1e-6)


def test_the_pelvis_starts_at_zero_and_the_torso_is_one(sequence_maker) -> None:
    prepared = KINECT(sequence_maker(frames=50))[..., 0]
    layout = get_layout("kinect-20")
    pelvis, chest = (prepared[:, :, layout.indices(joints)].mean(axis=2) for joints in (layout.pelvis, layout.chest))
    np.testing.assert_allclose(pelvis[:, 0], 0, atol=1e-6)
    assert np.median(np.linalg.norm(chest - pelvis, axis=0)) == pytest.approx(1, abs=1e-5)


def test_an_image_has_no_depth(sequence_maker) -> None:
    prepared = Preprocessing("penn-13")(sequence_maker("penn-13", channels=2))
    assert prepared.shape[0] == 3
    assert not prepared[2].any()
    assert prepared[:2].any()
    flat = Preprocessing("penn-13", channels=2)(sequence_maker("penn-13", channels=2))
    np.testing.assert_array_equal(flat, prepared[:2])


def test_the_numbers_of_a_sequence_do_not_depend_on_its_batch(sequence_maker) -> None:
    sequences = [sequence_maker(frames=10 + i, seed=i) for i in range(4)]
    batch = make_batch(sequences, KINECT)
    assert batch.shape == (4, 3, 50, 20, 1)
    for row, sequence in zip(batch, sequences, strict=True):
        np.testing.assert_array_equal(row, KINECT(sequence))


@pytest.mark.parametrize("rows", [slice(1, 4), np.array([3, 0, 3]), np.arange(5) % 2 == 0, slice(None)])
def test_rows_of_a_lazy_array_are_rows_of_the_batch(sequence_maker, rows: np.ndarray | slice) -> None:
    sequences = [sequence_maker(frames=10 + i, seed=i) for i in range(5)]
    lazy = SequenceBatches(sequences, KINECT)
    whole = make_batch(sequences, KINECT)
    assert (len(lazy), lazy.shape) == (5, whole.shape)
    np.testing.assert_array_equal(lazy[rows], whole[rows])


def test_a_configuration_is_a_round_trip() -> None:
    preprocessing = Preprocessing("ntu-25", frames=20, bodies=2, turn=False)
    assert Preprocessing(**preprocessing.to_config()) == preprocessing


@pytest.mark.parametrize("wrong", [{"frames": 0}, {"bodies": 0}, {"max_gap": -1}, {"layout": "none"}])
def test_wrong_options_are_refused(sequence_maker, wrong: dict) -> None:
    with pytest.raises(InputError):
        Preprocessing(**{"layout": "kinect-20", **wrong})(sequence_maker(bodies=2))


def test_the_clock_is_a_channel_of_seconds(sequence_maker) -> None:
    sequence = SkeletonSequence(sequence_maker(frames=46).joints, "kinect-20", fps=15.0)
    prepare = Preprocessing("kinect-20", frames=50, bodies=2, clock=True)
    prepared = prepare(sequence)
    assert prepared.shape == prepare.shape == (4, 50, 20, 2)
    np.testing.assert_array_equal(prepared[:3], Preprocessing("kinect-20", frames=50, bodies=2)(sequence))
    np.testing.assert_allclose(prepared[3] - np.linspace(0, 3, 50)[:, None, None], 0, atol=1e-6)
    assert not Preprocessing("kinect-20", frames=1, clock=True)(sequence)[3].any()
    twice = prepare.prepare(sequence.joints[None])  # 30 frames a second unless told otherwise
    np.testing.assert_allclose(twice[0, 3], prepared[3] / 2, atol=1e-6)


def test_with_a_clock_joints_are_placed_by_their_neighbours(sequence_maker) -> None:
    layout = get_layout("kinect-20")
    whole = sequence_maker(frames=50)
    prepare = Preprocessing("kinect-20", clock=True)
    joints = dict(zip(layout.joints, prepare(whole)[:3, ..., 0].transpose(2, 1, 0), strict=True))
    expected = {
        "wrist_left": 0.85 * joints["hand_left"] + 0.15 * joints["elbow_left"],
        "ankle_right": joints["foot_right"],
        "foot_left": joints["ankle_left"],
    }
    hidden = whole.joints.copy()
    hidden[:, :, layout.indices(expected)] = np.nan
    filled = prepare(SkeletonSequence(hidden, "kinect-20"))
    for joint, position in expected.items():
        np.testing.assert_allclose(filled[:3, :, layout.index(joint), 0].T, position, atol=1e-5)
    assert not Preprocessing("kinect-20")(SkeletonSequence(hidden, "kinect-20"))[:, :, layout.index("wrist_left")].any()


def test_with_a_clock_another_layout_has_all_joints_of_the_limbs(sequence_maker) -> None:
    prepared = Preprocessing("kinect-20", clock=True)(sequence_maker("kinect-15"))
    assert np.abs(prepared[:3, 1:, 1:, 0]).max(axis=(0, 1)).min() > 0  # all but the pelvis, which is the origin


def test_nothing_observed_stays_zero_with_a_clock() -> None:
    prepared = Preprocessing("kinect-20", clock=True)(SkeletonSequence(np.full((9, 20, 3), np.nan), "kinect-20"))
    assert not prepared[:3].any()

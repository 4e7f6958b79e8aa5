"""Preparation of tensors equals preparation of arrays: gaps, bodies, centre, turn, scale, time."""

import numpy as np
import pytest
import torch

from zeroskel.core import SkeletonSequence
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton import Preprocessing
from zeroskel.skeleton.transforms import _arrays, face_camera, rotate


def same(sequence, **options):
    """Assert that both kinds of arrays agree on a sequence."""
    preprocessing = Preprocessing(sequence.layout.name, **options)
    joints = sequence.joints
    absent = preprocessing.bodies - len(joints)
    if absent > 0:
        joints = np.concatenate([joints, np.full((absent, *joints.shape[1:]), np.nan, np.float32)])
    computed = preprocessing.prepare(torch.from_numpy(joints)[None]).numpy()[0]
    np.testing.assert_allclose(computed, preprocessing(sequence), atol=1e-5)


def gappy(sequence, share, seed=0):
    """The sequence with that share of its joints unobserved, in runs of up to 20 frames."""
    rng = np.random.default_rng(seed)
    joints = sequence.joints.copy()
    while np.isnan(joints).mean() < share:
        body, joint, start = (rng.integers(size) for size in (len(joints), joints.shape[2], joints.shape[1]))
        joints[body, start : start + rng.integers(1, 21), joint] = np.nan
    return sequence.replace(joints)


@pytest.mark.parametrize("frames", (2, 3, 40, 49, 50, 51, 117, 300))
@pytest.mark.parametrize("layout", ("kinect-20", "ntu-25", "coco-17", "mediapipe-33"))
def test_any_length_of_any_layout(sequence_maker, layout, frames):
    same(sequence_maker(layout, frames))


def test_a_single_frame(sequence_maker):
    same(sequence_maker("kinect-20", 1))


def test_it_can_leave_size_and_direction(sequence_maker):
    same(sequence_maker(), turn=False)
    same(sequence_maker(), scale=False)
    same(sequence_maker("penn-13", channels=2), channels=2)


@pytest.mark.parametrize("seed", range(8))
def test_gaps_short_and_long(seed):
    same(gappy(generate_sequence("squat", seed), 0.05 * (seed + 1), seed))
    same(gappy(generate_sequence("squat", seed), 0.3, seed), max_gap=0)
    same(gappy(generate_sequence("squat", seed, frames=50), 0.3, seed), max_gap=1)


@pytest.mark.parametrize("max_gap", (1, 2, 3, 10, 16))
def test_gaps_are_filled_up_to_their_limit_also_at_the_ends(sequence_maker, max_gap):
    joints = sequence_maker(frames=60).joints.copy()
    for joint, length in enumerate((1, 2, 3, 9, 10, 11, 16, 17, 60)):
        for start in (0, 25, 60 - length):
            joints[:, start : start + length, joint] = np.nan
    expected = joints.copy()
    for joint in np.flatnonzero([length <= max_gap for length in (1, 2, 3, 9, 10, 11, 16, 17)]):
        frames = np.flatnonzero(~np.isnan(joints[0, :, joint, 0]))
        for channel in range(3):
            expected[0, :, joint, channel] = np.interp(np.arange(60), frames, joints[0, frames, joint, channel])
    for kind in (np.asarray, torch.from_numpy):
        computed = np.asarray(_arrays.fill_gaps(kind(joints)[None], max_gap))[0]
        np.testing.assert_allclose(computed, expected, atol=1e-6)


def test_a_filled_gap_is_rounded_once(sequence_maker):
    joints = sequence_maker(frames=60).joints * np.float32(300)  # as large as pixels
    joints[:, 20:29] = np.nan
    frames = np.flatnonzero(~np.isnan(joints[0, :, 0, 0]))
    filled = _arrays.fill_gaps(joints[None], 10)[0]
    for joint, channel in np.ndindex(joints.shape[2:]):
        expected = np.interp(np.arange(60), frames, joints[0, frames, joint, channel]).astype(np.float32)
        np.testing.assert_array_equal(filled[0, :, joint, channel], expected)


@pytest.mark.parametrize("seed", range(4))
def test_the_turn_to_the_camera_is_rounded_once(seed):
    sequence = rotate(generate_sequence("wave the right hand", seed), yaw=0.3 + seed)
    first = sequence.joints[0, 0].astype(np.float64)
    left, right = (
        sequence.layout.indices([f"{limb}_{side}" for limb in ("shoulder", "hip")]) for side in ("left", "right")
    )
    across = (first[left] - first[right]).sum(axis=0)
    expected = rotate(sequence, yaw=np.pi + np.arctan2(across[2], across[0]))
    np.testing.assert_array_equal(face_camera(sequence).joints, expected.joints)


def test_bodies_are_ordered_by_their_movement(sequence_maker):
    still, moving = sequence_maker(seed=1), sequence_maker(seed=2)
    lively = moving.joints + np.random.default_rng(0).normal(size=moving.joints.shape)
    for pair in ((still.joints, lively), (lively, still.joints)):
        both = SkeletonSequence(np.concatenate(pair), "kinect-20")
        same(both, bodies=2)
        same(gappy(both, 0.2), bodies=2)
    same(still, bodies=2)
    passing = both.replace(both.joints.copy())
    passing.joints[0, 3:] = np.nan  # the lively one is seen in a quarter of the frames
    same(passing, bodies=2)


def test_a_pelvis_torso_or_shoulder_that_was_never_seen(sequence_maker):
    sequence = sequence_maker()
    for unseen in (["hip_center"], ["shoulder_center"], ["shoulder_left"], ["hip_center", "hip_left", "shoulder_left"]):
        joints = sequence.joints.copy()
        joints[:, :, sequence.layout.indices(unseen)] = np.nan
        same(sequence.replace(joints))
    joints = sequence.joints.copy()
    joints[:, :5, sequence.layout.index("hip_center")] = np.nan
    same(sequence.replace(joints), max_gap=2)


@pytest.mark.parametrize("count", (1, 2, 3))
def test_the_most_active_of_three_bodies_are_selected(sequence_maker, count):
    sequence = gappy(sequence_maker(bodies=3), 0.2)
    computed = _arrays.main_bodies(torch.from_numpy(sequence.joints)[None], count).numpy()
    np.testing.assert_array_equal(computed, _arrays.main_bodies(sequence.joints[None], count))
    same(sequence, bodies=3)


@pytest.mark.parametrize("layout", ("kinect-20", "ntu-25", "coco-17"))
def test_the_clock_and_the_joints_placed_by_their_neighbours(sequence_maker, layout):
    same(sequence_maker(layout), clock=True)
    same(sequence_maker(layout, 1), clock=True)
    sequence = sequence_maker(layout)
    joints = sequence.joints.copy()
    joints[:, :, sequence.layout.indices(["wrist_left", "ankle_right", "hip_left"])] = np.nan
    same(sequence.replace(joints), clock=True)
    same(gappy(sequence, 0.3), clock=True)

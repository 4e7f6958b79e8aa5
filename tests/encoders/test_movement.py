"""The measured quantities of synthetic motion are those that its name states."""

import numpy as np
import pytest
import torch

from zeroskel.core import SkeletonSequence, available_layouts, get_layout
from zeroskel.core._vocabulary import vocabulary
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.encoders._movement import movement_quantities
from zeroskel.skeleton import Preprocessing
from zeroskel.skeleton.transforms import mirror

NO_FORMULA = {"fine_hands", "draws", "lets_go", "with_partner"}


def measured(sequence, layout="kinect-20", frames=72):
    """Return the known quantities of a sequence by name."""
    prepared = Preprocessing(layout, frames=frames, clock=True)(sequence)
    joints, seconds = prepared[None, :3, ..., 0].transpose(0, 2, 3, 1), prepared[3, -1:, 0, 0] / max(frames - 1, 1)
    values, known = movement_quantities(joints, seconds, get_layout(layout))
    return {name: float(values[0, i]) for i, name in enumerate(vocabulary().names) if known[0, i]}


@pytest.mark.parametrize(
    ("action", "high", "low"),
    [
        ("wave the right hand", "arm_side hand_highest held_stands", "walks sinks leg_moves"),
        ("raise the right arm sideways", "arm_side hand_outward", "trunk_bends sinks leg_moves"),
        ("raise both arms forward", "arms_alike hand_forward", "walks sinks trunk_leans"),
        ("kick forward with the right leg", "leg_side leg_forward foot_lift", "sinks leg_outward travels"),
        ("squat", "knee_bent sinks legs_alike other_knee_bent", "walks foot_lift turns"),
        ("walk in place", "walks step_rate held_stands", "travels sinks"),
        ("bow forward", "trunk_bends", "walks foot_lift turns"),
        ("sit down", "start_stands end_sits", "start_sits walks turns"),
    ],
)
def test_the_named_movement_shows(action, high, low):
    quantities = measured(generate_sequence(action, seed=3))
    assert {name: quantities[name] for name in high.split() if quantities[name] < 0.4} == {}
    assert {name: quantities[name] for name in low.split() if quantities[name] > 0.4} == {}


@pytest.mark.parametrize(
    "action", ["wave the right hand", "kick sideways with the left leg", "turn around to the right"]
)
def test_a_mirror_flips_what_has_a_side_and_nothing_else(action):
    sequence = generate_sequence(action, seed=1)
    quantities, mirrored = measured(sequence), measured(mirror(sequence))
    for name in quantities:
        sign = -1 if vocabulary().mirrored[vocabulary().index(name)] else 1
        assert mirrored[name] == pytest.approx(sign * quantities[name], abs=0.01), name


def test_nothing_is_known_of_nobody_and_all_but_fingers_of_a_whole_body():
    nobody = SkeletonSequence(np.full((1, 30, 20, 3), np.nan), "kinect-20")
    assert measured(nobody) == {}
    assert set(vocabulary().names) - set(measured(generate_sequence("squat", seed=0))) == NO_FORMULA


@pytest.mark.parametrize("layout", available_layouts())
@pytest.mark.parametrize("frames", (72, 5, 2, 1))
def test_tensors_and_arrays_have_equal_quantities(swaying, layout, frames):
    layout = get_layout(layout)
    joints = swaying(6, frames, len(layout.joints), 3)
    joints[0], joints[1] = joints[0, :1], 0  # a still, and nobody
    seconds = np.linspace(0.01, 0.1, 6, dtype=np.float32)
    values, known = movement_quantities(joints, seconds, layout)
    computed, flags = (part.numpy() for part in movement_quantities(*map(torch.from_numpy, (joints, seconds)), layout))
    np.testing.assert_array_equal(flags, known)
    np.testing.assert_allclose(computed, values, atol=1e-3)
    assert np.isfinite(values).all()
    assert not known[1].any()

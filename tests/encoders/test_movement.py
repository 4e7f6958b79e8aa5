"""The measured quantities of synthetic motion are those that its name states."""

import numpy as np
import pytest
import torch

from zeroskel import encoders
from zeroskel.core import SkeletonSequence, available_layouts, get_layout
from zeroskel.core._vocabulary import vocabulary
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.encoders._movement import movement_quantities
from zeroskel.skeleton import Preprocessing, make_batch
from zeroskel.skeleton.transforms import mirror, rotate

NO_FORMULA = {"fine_hands", "draws", "lets_go", "with_partner", "head_turns"}


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


def waving(rate, fps=30.0, seconds=4.0):
    """Return a standing person whose raised right hand moves sideways `rate` times a second."""
    person = generate_sequence("wave the right hand", seed=1).joints[:, :1].repeat(int(seconds * fps) + 1, axis=1)
    layout = get_layout("ntu-25")
    time = np.arange(person.shape[1]) / fps
    shoulder = person[0, 0, layout.index("shoulder_right")].copy()
    for joint, height, width in (("elbow", 0.05, 0.02), ("wrist", 0.3, 0.18), ("hand", 0.38, 0.22)):
        sway = width * np.sin(2 * np.pi * rate * time)
        offsets = np.stack([sway, np.full_like(time, height), np.full_like(time, -0.1)], axis=1)
        person[0, :, layout.index(f"{joint}_right")] = shoulder + offsets
    return SkeletonSequence(person, layout, fps=fps)


@pytest.mark.parametrize("rate", [0.75, 1.0, 1.5, 2.5])
@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
def test_the_rate_is_in_hertz_for_every_frame_rate(rate, fps):
    quantities = measured(waving(rate, fps), frames=96)
    assert quantities["hand_repeats"] > 0.9
    assert 4 * quantities["rate"] == pytest.approx(rate, rel=0.06)


@pytest.mark.parametrize("action", ["wave the right hand", "walk in place", "squat", "kick forward with the left leg"])
def test_frame_rate_and_direction_change_little(action):
    sequence = generate_sequence(action, seed=1)
    quantities = measured(sequence)
    sparse = measured(SkeletonSequence(sequence.joints[:, ::2], sequence.layout, fps=sequence.fps / 2))
    turned = measured(rotate(sequence, yaw=2.0))
    for name, value in quantities.items():
        assert sparse[name] == pytest.approx(value, abs=0.1), name
        assert turned[name] == pytest.approx(value, abs=1e-3), name


@pytest.mark.parametrize(("side", "direction"), [("right", 1), ("left", -1)])
def test_a_circle_repeats_and_has_a_direction(side, direction):
    quantities = measured(generate_sequence(f"circle the {side} arm", seed=1))
    assert quantities["arm_side"] == pytest.approx(direction, abs=0.2)
    assert quantities["hand_circle"] == pytest.approx(direction, abs=0.2)
    assert quantities["hand_repeats"] > 0.8


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_turn_has_a_side(side):
    quantities = measured(generate_sequence(f"turn around to the {side}", seed=1))
    assert quantities["turn_side"] * (1 if side == "right" else -1) > 0.8
    assert quantities["turns"] > 0.4


def test_without_an_arm_the_other_one_leads_and_both_together_are_unknown():
    sequence = generate_sequence("wave the right hand", seed=1)
    hidden = sequence.joints.copy()
    hidden[:, :, sequence.layout.indices(sequence.layout.parts["left_arm"][1:])] = np.nan
    quantities, partly = measured(sequence), measured(sequence.replace(hidden))
    assert partly["hand_highest"] == pytest.approx(quantities["hand_highest"], abs=0.02)
    assert not {"arm_side", "arms_alike", "other_arm_moves", "hands_together"} & set(partly)


def test_without_legs_posture_and_steps_are_unknown():
    sequence = generate_sequence("wave the right hand", seed=1)
    hidden = sequence.joints.copy()
    parts = sequence.layout.parts
    legs = [joint for joint in (*parts["left_leg"], *parts["right_leg"]) if not joint.startswith("hip")]
    hidden[:, :, sequence.layout.indices(legs)] = np.nan
    partly = measured(sequence.replace(hidden))
    assert not {"walks", "held_stands", "knee_bent", "sinks", "hand_at_floor"} & set(partly)
    assert partly["arm_side"] > 0.8
    assert partly["hand_highest"] > 0.7


def test_an_image_has_no_depth():
    sequence = generate_sequence("raise the right arm sideways", seed=1)
    flat = sequence.joints.copy()
    flat[..., 2] = 0
    quantities = measured(sequence.replace(flat))
    assert not {"hand_forward", "trunk_bends", "turns"} & set(quantities)
    assert quantities["hand_outward"] > 0.4


def test_features_are_values_flags_and_components_with_and_without_a_clock():
    sequences = [generate_sequence(action, seed) for action in ("squat", "jump") for seed in range(3)]
    timed = make_batch(sequences, Preprocessing("ntu-25", clock=True))
    encoder = encoders.create("movement", "ntu-25", embed_dim=4).fit(timed, [0, 0, 0, 1, 1, 1])
    biomechanics = encoders.create("biomechanics", "ntu-25", embed_dim=4).fit(timed[:, :3], [0, 0, 0, 1, 1, 1])
    features, untimed = encoder.encode(timed), encoder.encode(timed[:, :3])
    np.testing.assert_allclose(features[:, 192:], biomechanics.encode(timed[:, :3]), atol=1e-5)
    assert set(np.unique(features[:, 96:192])) == {0, 1}
    np.testing.assert_array_equal(untimed[:, 96:], features[:, 96:])
    slow = timed.copy()
    slow[:, 3] = (np.arange(50) / 30)[:, None, None]
    np.testing.assert_allclose(untimed, encoder.encode(slow), atol=1e-4)

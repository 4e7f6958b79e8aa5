"""Gait, trunk, posture and speed are measured rightly at any frame rate, under tilted cameras and with sensor noise."""

import numpy as np
import pytest

from zeroskel.core import SkeletonSequence, get_layout
from zeroskel.core._vocabulary import vocabulary
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.encoders._movement import movement_quantities
from zeroskel.skeleton import Preprocessing
from zeroskel.skeleton.transforms import rotate

LAYOUT = get_layout("ntu-25")
BODY = tuple(name for group in ("legs", "trunk", "posture") for name in vocabulary().groups[group])


def measured(sequence, frames=96):
    """Return the known quantities of a sequence by name."""
    prepared = Preprocessing("kinect-20", frames=frames, clock=True)(sequence)
    joints, seconds = prepared[None, :3, ..., 0].transpose(0, 2, 3, 1), prepared[3, -1:, 0, 0] / (frames - 1)
    values, known = movement_quantities(joints, seconds, get_layout("kinect-20"))
    return {name: float(values[0, i]) for i, name in enumerate(vocabulary().names) if known[0, i]}


def standing(frames):
    """Return the joints (1, T, 25, 3) of a person who stands."""
    return generate_sequence("wave the right hand", seed=1).joints[:, :1].repeat(frames, axis=1).copy()


def stepping(rate, lift=0.15, stride=0.0, pace=0.0, fps=30.0, seconds=4.0):
    """Return a person who takes `rate` steps a second.

    Args:
        rate: steps of both feet a second.
        lift: height of a step in metres.
        stride: way of a foot to the front and back in metres.
        pace: speed of the body in metres a second.
        fps: frames a second.
        seconds: duration.
    """
    time = np.arange(int(seconds * fps) + 1) / fps
    joints = standing(len(time))
    for sign, side in ((1, "right"), (-1, "left")):
        swing = sign * np.sin(np.pi * rate * time)
        ahead = -sign * np.cos(np.pi * rate * time) * stride / 2
        up = lift * np.maximum(swing, 0)
        for joint, share in (("knee", 0.5), ("ankle", 1.0), ("foot", 1.0)):
            index = LAYOUT.index(f"{joint}_{side}")
            joints[0, :, index, 1] += share * up
            joints[0, :, index, 2] -= share * ahead + (0.5 * up if joint == "knee" else 0)
    joints[..., 2] -= pace * time[:, None]
    return SkeletonSequence(joints, LAYOUT, fps=fps)


@pytest.mark.parametrize("rate", [1.2, 1.8, 2.8])
@pytest.mark.parametrize("fps", [10.0, 15.0, 30.0, 60.0, 120.0])
def test_steps_a_second_are_those_of_both_feet_at_any_frame_rate(rate, fps):
    quantities = measured(stepping(rate, fps=fps))
    assert quantities["walks"] > 0.8
    assert 4 * quantities["step_rate"] == pytest.approx(rate, rel=0.06)


@pytest.mark.parametrize("fps", [10.0, 30.0, 120.0])
def test_running_is_faster_than_walking_at_any_frame_rate(fps):
    walks, runs = measured(stepping(1.8, 0.1, 0.6, 1.3, fps)), measured(stepping(2.8, 0.3, 0.9, 3.0, fps))
    for name in ("step_rate", "leg_speed", "leg_moves", "foot_lift", "speed"):
        assert runs[name] > walks[name] + 0.08, name


def test_steps_in_place_on_a_treadmill_and_across_the_room_differ_in_travel():
    in_place, treadmill, across = stepping(1.8), stepping(1.8, 0.1, 0.6), stepping(1.8, 0.1, 0.6, 1.2)
    for sequence in (in_place, treadmill, across):
        quantities = measured(sequence)
        assert min(quantities[name] for name in ("walks", "legs_in_turn", "steps", "held_stands")) > 0.8
        assert max(quantities[name] for name in ("rises", "sinks", "trunk_twists", "trunk_bends", "turns")) < 0.1
        assert (quantities["travels"] > 0.9) == (sequence is across)
    assert measured(across)["travel_back"] > 0.9


@pytest.mark.parametrize("action", ["squat", "kick forward with the left leg", "sit down", "bow forward", "jump"])
def test_only_a_change_of_stance_is_a_step(action):
    assert measured(generate_sequence(action, seed=2))["steps"] < 0.3
    assert measured(generate_sequence("lunge forward with the left leg", seed=2))["steps"] > 0.6


@pytest.mark.parametrize("turn", [{"pitch": 0.5}, {"pitch": -0.5}, {"roll": 0.5}, {"yaw": 0.5, "pitch": 0.4}])
@pytest.mark.parametrize(
    "action", ["wave the right hand", "walk in place", "squat", "bow forward", "lean the body to the left", "sit down"]
)
def test_a_tilted_camera_changes_little(action, turn):
    sequence = generate_sequence(action, seed=1)
    level, tilted = measured(sequence), measured(rotate(sequence, **turn))
    names = [name for name in BODY if name != "leg_side"]  # tells little where both legs do nearly the same
    assert {name: (level[name], tilted[name]) for name in names if abs(level[name] - tilted[name]) > 0.25} == {}
    assert abs(level["leg_side"] - tilted["leg_side"]) < 0.4


@pytest.mark.parametrize("action", ["wave the right hand", "walk in place", "squat", "bow forward"])
def test_noise_of_a_sensor_changes_little(action):
    sequence = generate_sequence(action, seed=1)
    noise = np.random.default_rng(0).normal(0, 0.012, sequence.joints.shape)
    clean, noisy = measured(sequence), measured(sequence.replace(sequence.joints + noise))
    names = (*BODY, "rises", "sinks", "travels", "turns", "speed")
    assert {name: (clean[name], noisy[name]) for name in names if abs(clean[name] - noisy[name]) > 0.15} == {}


def test_a_body_that_lies_is_not_set_upright():
    lying = measured(rotate(stepping(1.0, 0.0), pitch=1.5))
    assert lying["held_lies"] > 0.9


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_turn_with_steps_is_no_twist(side):
    assert measured(generate_sequence("twist the body", seed=1))["trunk_twists"] > 0.5
    time = np.arange(91) / 30
    turning = stepping(1.8, seconds=3.0).joints.copy()
    angle = (time if side == "right" else -time)[:, None] * 0.9
    x, z = turning[0, ..., 0].copy(), turning[0, ..., 2].copy()
    turning[0, ..., 0] = np.cos(angle) * x - np.sin(angle) * z
    turning[0, ..., 2] = np.sin(angle) * x + np.cos(angle) * z
    quantities = measured(SkeletonSequence(turning, LAYOUT, fps=30.0))
    assert quantities["trunk_twists"] < 0.2
    assert quantities["turns"] > 0.3
    assert quantities["turn_side"] * (1 if side == "right" else -1) > 0.8


@pytest.mark.parametrize("begin", [0.0, 0.2])
def test_a_jump_is_seen_once_and_again_and_again(begin):
    for action in ("jump", "jump twice"):
        joints = generate_sequence(action, seed=1).joints
        part = joints[:, int(begin * joints.shape[1]) :]
        assert measured(SkeletonSequence(part, LAYOUT, fps=30.0))["rises"] > 0.5
    for action in ("squat", "touch the toes with both hands", "walk in place", "kick forward with the right leg"):
        assert measured(generate_sequence(action, seed=1))["rises"] < 0.2


def test_a_pose_is_still_and_its_speed_none():
    quantities = measured(SkeletonSequence(standing(60), LAYOUT, fps=30.0))
    assert quantities["still"] == pytest.approx(1)
    assert quantities["speed"] == 0
    running = measured(stepping(2.8, 0.3, 0.9, 3.0))
    assert running["still"] < 0.1
    assert running["speed"] > 0.5

"""The stroke of a hand is measured apart from the way there and back, in whole recordings and in windows of them."""

import numpy as np
import pytest

from zeroskel.core import SkeletonSequence, get_layout
from zeroskel.core._vocabulary import vocabulary
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.encoders._movement import movement_quantities
from zeroskel.skeleton import Preprocessing
from zeroskel.skeleton.transforms import mirror, rotate

HANGS = np.array([0.05, -0.62, -0.08])  # of the right hand from its shoulder in metres: right, up, back
FRONT = np.array([-0.05, 0.05, -0.5])


def circle(turns=1.0, radius=0.28, sense=1):
    """Return a path that begins at the top and turns clockwise as the person sees it (sense 1)."""

    def path(share):
        angle = 2 * np.pi * turns * share * sense
        return FRONT + radius * np.stack([np.sin(angle), np.cos(angle), 0 * angle], axis=1)

    return path


def straight(start, end):
    """Return a path along a line, slower at its ends."""

    def path(share):
        smooth = 0.5 - 0.5 * np.cos(np.pi * share)
        return np.asarray(start) + smooth[:, None] * (np.asarray(end) - np.asarray(start))

    return path


def swaying(direction, times):
    """Return a path to and fro."""
    return lambda share: FRONT + np.sin(2 * np.pi * times * share)[:, None] * np.asarray(direction)


RIGHT_TO_LEFT = straight([0.45, 0.05, -0.4], [-0.45, 0.05, -0.4])
PUSH = straight([0.0, -0.15, -0.2], [0.0, 0.0, -0.62])
HELD = straight([0.1, 0.6, -0.1], [0.1, 0.6, -0.1])
WAVE = swaying([0.18, 0.0, 0.0], 3)
KNOCK = swaying([0.0, 0.0, 0.12], 3)


def moved(path, seconds=1.5, fps=30.0, *, before=0.5, after=0.5, way=0.5, jitter=0.0):
    """Return a standing person whose right hand hangs, comes to a path, follows it, and goes back to hanging."""
    layout = get_layout("ntu-25")
    person = generate_sequence("wave the right hand", seed=1).joints[:, :1]
    time = np.arange(round((before + seconds + after + 2 * way) * fps) + 1) / fps
    share = np.clip((time - before - way) / seconds, 0, 1)
    at = 0.5 - 0.5 * np.cos(np.pi * np.clip((time - before) / way, 0, 1))
    at = at - (0.5 - 0.5 * np.cos(np.pi * np.clip((time - before - way - seconds) / way, 0, 1)))
    hand = HANGS + at[:, None] * (path(share) - HANGS)
    joints = person.repeat(len(time), axis=1)
    shoulder = joints[0, :, layout.index("shoulder_right")].copy()
    for joint, part in (("elbow", 0.45), ("wrist", 0.9), ("hand", 1.0), ("hand_tip", 1.0), ("thumb", 1.0)):
        joints[0, :, layout.index(f"{joint}_right")] = shoulder + part * hand + [0, -0.1 * (joint == "elbow"), 0]
    joints = joints + jitter * np.random.default_rng(0).standard_normal(joints.shape)
    return SkeletonSequence(joints, layout, fps=fps)


def measured(sequence, frames=96):
    """Return the known quantities of a sequence by name."""
    prepared = Preprocessing("kinect-20", frames=frames, clock=True)(sequence)
    joints, seconds = prepared[None, :3, ..., 0].transpose(0, 2, 3, 1), prepared[3, -1:, 0, 0] / (frames - 1)
    values, known = movement_quantities(joints, seconds, get_layout("kinect-20"))
    return {name: float(values[0, i]) for i, name in enumerate(vocabulary().names) if known[0, i]}


TRUTHS = {
    "circle": (circle(), {"hand_curved": (0.6, 1), "hand_circle": (0.6, 1), "hand_to_side": (-0.5, 0.5)}),
    "counter-clockwise": (circle(sense=-1), {"hand_curved": (0.6, 1), "hand_circle": (-1, -0.6)}),
    "swipe": (RIGHT_TO_LEFT, {"hand_curved": (0, 0.3), "hand_to_side": (-1, -0.7), "hand_repeats": (0, 0.2)}),
    "push": (PUSH, {"hand_to_front": (0.5, 1), "hand_curved": (0, 0.2), "hand_repeats": (0, 0.2)}),
    "hold up": (HELD, {"hand_to_top": (0.7, 1), "hand_held": (0.4, 1), "hand_vertical": (0.7, 1)}),
    "wave": (WAVE, {"hand_repeats": (0.7, 1), "hand_lateral": (0.3, 1), "hand_vertical": (0, 0.4)}),
    "knock": (KNOCK, {"hand_repeats": (0.6, 1), "hand_depth": (0.2, 1), "hand_vertical": (0, 0.5)}),
}
VIEWS = {
    "as it is": lambda path: moved(path),
    "at 8 frames a second": lambda path: moved(path, fps=8.0),
    "at 120 frames a second": lambda path: moved(path, fps=120.0),
    "seen from 30 degrees": lambda path: rotate(moved(path), yaw=np.radians(30)),
    "with jitter": lambda path: moved(path, jitter=0.012),
    "with long rests": lambda path: moved(path, before=1.2, after=1.0),
    "without the return": lambda path: moved(path, after=0.0, way=0.4),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("action", TRUTHS)
def test_a_stroke_is_measured_apart_from_the_way_there_and_back(action, view):
    path, truths = TRUTHS[action]
    quantities = measured(VIEWS[view](path))
    wrong = {name: quantities[name] for name, (low, high) in truths.items() if not low <= quantities[name] <= high}
    assert wrong == {}


@pytest.mark.parametrize("action", TRUTHS)
def test_the_mirrored_stroke_has_mirrored_values(action):
    sequence = moved(TRUTHS[action][0])
    quantities, mirrored = measured(sequence), measured(mirror(sequence))
    for name in quantities:
        sign = -1 if vocabulary().mirrored[vocabulary().index(name)] else 1
        assert mirrored[name] == pytest.approx(sign * quantities[name], abs=0.01), name


@pytest.mark.parametrize("action", ["wave", "knock", "hold up"])
def test_a_window_in_the_middle_of_an_action_shows_what_the_whole_shows(action):
    path, truths = TRUTHS[action]
    sequence = moved(path, before=1.0, after=1.0, seconds=2.0)
    part = sequence.replace(sequence.joints[:, 48:102])  # from after the way there to before the way back
    quantities = measured(part)
    truths = {name: truth for name, truth in truths.items() if name not in ("hand_to_top", "hand_vertical")}
    wrong = {name: quantities[name] for name, (low, high) in truths.items() if not low <= quantities[name] <= high}
    assert wrong == {}


def test_what_was_left_of_an_earlier_action_does_not_count_for_the_one_that_follows():
    first = moved(straight([0.65, 0.0, 0.0], [0.65, 0.0, 0.0])).joints[:, 40:]
    second = moved(straight([0.0, 0.0, -0.65], [0.0, 0.0, -0.65]))
    alone, after = measured(second), measured(second.replace(np.concatenate([first, second.joints], axis=1)))
    for name in ("hand_outward", "hand_forward", "hand_to_front", "arms_spread", "hand_highest"):
        assert after[name] == pytest.approx(alone[name], abs=0.2), name


def test_arms_circle_through_the_hanging_position():
    def path(share):
        return 0.62 * np.stack([0 * share, -np.cos(2 * np.pi * share), np.sin(2 * np.pi * share)], axis=1)

    quantities = measured(moved(path, seconds=1.2, before=0.1, after=0.1, way=0.1))
    assert quantities["hand_curved"] > 0.6
    assert abs(quantities["hand_to_front"]) < 0.4


def test_an_arm_that_lies_along_a_bent_trunk_does_not_act():
    sequence = moved(straight([0.0, -0.6, -0.2], [0.0, -0.6, -0.2]), before=0.2, after=0.2)
    layout, joints = sequence.layout, sequence.joints.copy()
    frames = joints.shape[1]
    bend = 1.3 * np.sin(np.pi * np.linspace(0, 1, frames))
    pelvis = joints[:, :, layout.index("hip_center")][:, :, None]
    names = [name for name in layout.joints if not any(part in name for part in ("hip", "knee", "ankle", "foot"))]
    for name in names:
        if "right" in name and "shoulder" not in name:
            continue  # hangs down from its shoulder and reaches out
        x, y, z = np.moveaxis(joints[:, :, layout.index(name)] - pelvis[:, :, 0], -1, 0)
        turned = [x, y * np.cos(bend) + z * np.sin(bend), z * np.cos(bend) - y * np.sin(bend)]
        joints[:, :, layout.index(name)] = pelvis[:, :, 0] + np.stack(turned, axis=-1)
    moved_by = joints[:, :, layout.index("shoulder_right")] - sequence.joints[:, :, layout.index("shoulder_right")]
    for name in names:
        if "right" in name and "shoulder" not in name:
            joints[:, :, layout.index(name)] += moved_by
    assert measured(sequence.replace(joints))["arm_side"] > 0.3


def clapped(times, seconds=0.4):
    """Return a standing person whose hands are held apart before the chest and meet a few times in two seconds."""
    layout = get_layout("ntu-25")
    apart = moved(straight([0.3, -0.1, -0.4], [0.3, -0.1, -0.4]), seconds=2.0, before=0, after=0, way=0.4)
    joints, time = apart.joints.copy(), np.arange(apart.frames) / apart.fps
    meets = sum(np.clip(1.5 - 2 * np.abs(time - 0.4 - 2 * (i + 0.5) / times) / seconds, 0, 1) for i in range(times))
    for joint in ("elbow", "wrist", "hand", "hand_tip", "thumb"):
        right, left = (layout.index(f"{joint}_{side}") for side in ("right", "left"))
        if joint != "elbow":
            middle = joints[0, :, layout.index("shoulder_center"), 0]
            joints[0, :, right, 0] += meets * (middle + 0.02 - joints[0, :, right, 0])
        joints[0, :, left] = joints[0, :, right]
        joints[0, :, left, 0] = 2 * joints[0, :, layout.index("shoulder_center"), 0] - joints[0, :, right, 0]
    return apart.replace(joints)


def test_hands_that_meet_for_a_moment_are_together():
    once, never = measured(clapped(1)), measured(clapped(1, seconds=0.001))
    assert once["hands_together"] > 0.8 and never["hands_together"] < 0.1
    assert measured(moved(WAVE))["hands_together"] < 0.1

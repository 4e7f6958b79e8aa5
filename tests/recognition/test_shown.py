"""The words for synthetic motion say what it does: which limb, how high, how long, how often, and where to."""

import re

import numpy as np
import pytest

from zeroskel import ZeroShotRecognizer
from zeroskel.core import SkeletonSequence, get_layout
from zeroskel.datasets.synthetic import canonical_motion, generate_sequence
from zeroskel.recognition._reasons import measured_quantities
from zeroskel.recognition._shown import shown
from zeroskel.skeleton.transforms import mirror
from zeroskel.text._movement_reader import mirrored_text

LAYOUT = get_layout("ntu-25")


@pytest.fixture(scope="module")
def describe():
    """describe(sequence) returns the phrases of the default bundle."""
    recognizer = ZeroShotRecognizer.load("default")

    def phrases(sequence):
        return shown(recognizer, sequence, measured_quantities(recognizer, recognizer.encode([sequence])))

    return phrases


def standing(frames):
    """Return (T, 25, 3) of a person who stands still, looks to +z and has the right side at negative x."""
    return canonical_motion("squat", 20)[:1].repeat(frames, axis=0)


def with_right_hand(joints, offsets):
    """Return joints (T, 25, 3) with the right hand at offsets (T, 3) from the shoulder, the arm in between."""
    moved, shoulder = joints.copy(), joints[:, LAYOUT.index("shoulder_right")]
    for joint, share in (("elbow", 0.5), ("wrist", 0.9), ("hand", 1.0), ("hand_tip", 1.1), ("thumb", 1.0)):
        moved[:, LAYOUT.index(f"{joint}_right")] = shoulder + share * offsets
    return moved


def waving(rate, *, height=0.45, fps=30.0, seconds=4.0):
    """Return a standing person whose right hand, raised `height` above the shoulder, goes from side to side."""
    frames = int(seconds * fps) + 1
    sway = 0.2 * np.sin(2 * np.pi * rate * np.arange(frames) / fps) - 0.25
    offsets = np.stack([sway, np.full(frames, height), np.full(frames, 0.1)], axis=1)
    return SkeletonSequence(with_right_hand(standing(frames), offsets), LAYOUT, fps=fps)


def numbers(text):
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]


def one_with(words, phrases):
    """Return the only phrase that contains some words."""
    (phrase,) = [phrase for phrase in phrases if words in phrase]
    return phrase


@pytest.mark.parametrize("rate", [0.75, 1.0, 2.0, 2.5])
@pytest.mark.parametrize("fps", [20.0, 30.0, 60.0])
def test_a_wave_is_said_with_its_side_path_and_rate(describe, rate, fps):
    phrases = describe(waving(rate, fps=fps))
    repeated = one_with("times a second", phrases)
    assert repeated.startswith("right hand moving from side to side")
    assert numbers(repeated) == [pytest.approx(rate, abs=0.11)]
    assert "right hand above the head throughout" in phrases
    assert phrases[-1] == "standing"
    assert not any("left" in phrase for phrase in phrases)


@pytest.mark.parametrize(
    ("height", "level"),
    [(0.5, "above the head"), (0.2, "at the height of the head"), (0.0, "at the height of the shoulder")],
)
def test_the_height_of_a_hand_has_a_name(describe, height, level):
    assert level in one_with("throughout", describe(waving(1.0, height=height)))


@pytest.mark.parametrize("seconds", [0.6, 1.2, 2.5])
@pytest.mark.parametrize("fps", [15.0, 30.0])
def test_the_duration_of_a_raised_hand_is_measured(describe, seconds, fps):
    time = np.arange(int(4 * fps) + 1) / fps
    is_up = ((time > 1) & (time < 1 + seconds))[:, None]
    offsets = np.where(is_up, [-0.1, 0.5, 0.1], [-0.1, -0.55, 0.05])
    sequence = SkeletonSequence(with_right_hand(standing(len(time)), offsets), LAYOUT, fps=fps)
    assert numbers(one_with("right hand above the head for", describe(sequence))) == [pytest.approx(seconds, abs=0.11)]


def test_a_hand_that_is_not_seen_is_not_timed(describe):
    sequence = waving(1.0, seconds=4.0)
    joints = sequence.joints.copy()
    arm = [LAYOUT.index(f"{joint}_right") for joint in ("elbow", "wrist", "hand", "hand_tip", "thumb")]
    joints[:, 60:, arm] = np.nan
    seconds = numbers(one_with("right hand above the head", describe(sequence.replace(joints))))
    assert seconds == [pytest.approx(2.0, abs=0.2)]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("squat", "standing, then sitting or squatting for"),
        ("sit down", "standing, then sitting"),
        ("stand up", "sitting, then standing"),
        ("lunge forward with the left leg", "standing, then lunging for"),
        ("kick sideways with the right leg", "right foot at the height of the knee, to the side, for"),
        ("raise the left knee", "left foot at the height of the knee, to the front, for"),
        ("kick backward with the left leg", "left foot at the height of the knee, to the back, for"),
        ("turn around to the left", "half a turn to the left"),
        ("bow forward", "trunk bent forward by up to"),
        ("lean the body to the right", "trunk leaning to the right by up to"),
        ("raise both arms sideways", "both arms stretched sideways at the height of the"),
        ("raise the left arm forward", "left arm stretched forward at the height of the"),
        ("circle the right arm", "right hand circling"),
        ("put both hands on the hips", "both hands on the hips for"),
        ("touch the head with the left hand", "left hand at the head for"),
        ("touch the toes with both hands", "both hands near the floor for"),
        ("cross the arms", "forearms crossed for"),
        ("swing the right leg", "right foot moving forward and back"),
        ("walk in place", "stepping in place"),
    ],
)
def test_the_named_movement_is_said(describe, action, expected):
    phrases = describe(generate_sequence(action, seed=3))
    assert any(phrase.startswith(expected) for phrase in phrases), phrases
    assert len(phrases) <= 6


def test_repetitions_are_counted(describe):
    assert one_with("squatting", describe(generate_sequence("squat twice", seed=3))).startswith(
        "sitting or squatting 2 times"
    )
    assert "2 times" in one_with("off the floor", describe(generate_sequence("jump twice", seed=3)))


@pytest.mark.parametrize(("metres", "direction"), [(1.3, "forward"), (-1.3, "backward")])
@pytest.mark.parametrize("unit", ["metres", "pixels"])
def test_a_walk_is_said_with_its_way_and_steps(describe, metres, direction, unit):
    joints = canonical_motion("walk in place", 90)  # three steps of each foot in nine tenths of three seconds
    joints[..., 2] += np.linspace(0, metres, 90)[:, None]
    scale = 1.0 if unit == "metres" else 300.0
    walk = one_with("steps a second", describe(SkeletonSequence(joints * scale, LAYOUT, fps=30.0)))
    assert f" {direction}, " in walk
    way, steps = numbers(walk)
    leg = 0.49 * 1.7
    assert way == pytest.approx(abs(metres) if unit == "metres" else abs(metres) / leg, rel=0.06)
    assert ("leg lengths" in walk) == (unit == "pixels")
    assert steps == pytest.approx(6 / 0.9 / 3, rel=0.1)


@pytest.mark.parametrize(
    "action",
    [
        "wave the right hand",
        "kick sideways with the left leg",
        "turn around to the right",
        "lean the body to the left",
        "walk in place and wave the left hand",
        "lunge forward with the right leg",
    ],
)
def test_a_mirror_exchanges_left_and_right_and_nothing_else(describe, action):
    sequence = generate_sequence(action, seed=1)
    assert sorted(describe(mirror(sequence))) == sorted(mirrored_text(phrase) for phrase in describe(sequence))


def test_what_is_not_observed_is_not_said(describe):
    sequence = generate_sequence("walk in place and wave the right hand", seed=1)
    legs = [joint for side in ("left_leg", "right_leg") for joint in LAYOUT.parts[side] if not joint.startswith("hip")]
    hidden = sequence.joints.copy()
    hidden[:, :, LAYOUT.indices(legs)] = np.nan
    without_legs = describe(sequence.replace(hidden))
    assert any("right hand" in phrase for phrase in without_legs)
    assert not re.search("stand|sit|step|foot|feet|knee|hips|floor", " ".join(without_legs))
    hidden = sequence.joints.copy()
    hidden[:, :, LAYOUT.indices(LAYOUT.parts["right_arm"][1:])] = np.nan
    without_arm = describe(sequence.replace(hidden))
    assert any("step" in phrase for phrase in without_arm)
    assert not re.search("right|both hands|hands", " ".join(without_arm))


def test_an_image_says_nothing_of_depth(describe):
    for action in ("raise both arms forward", "bow forward", "turn around to the left", "raise the left knee"):
        sequence = generate_sequence(action, seed=3)
        flat = sequence.joints.copy()
        flat[..., 2] = 0
        assert not re.search("forward|front|back|turn", " ".join(describe(sequence.replace(flat))))


def test_a_still_picture_has_a_posture_and_no_durations(describe):
    sequence = generate_sequence("sit down", seed=3)
    phrases = describe(sequence.replace(sequence.joints[:, -1:]))
    assert "sitting" in phrases
    assert not any(numbers(phrase) for phrase in phrases)


def test_a_longer_recording_has_longer_durations(describe):
    slow = waving(0.5, seconds=30.0)
    joints = slow.joints.copy()
    joints[0, 300:] = standing(1)
    phrases = describe(slow.replace(joints))
    assert numbers(one_with("right hand above the head", phrases)) == [pytest.approx(10.0, abs=0.15)]

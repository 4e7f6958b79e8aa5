"""Synthetic motion: a rigid body that does what its action's name says, reproducible from a seed."""

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from zeroskel.core import InputError, get_layout
from zeroskel.datasets.synthetic import (
    DEMO_UNSEEN,
    NOTICE,
    action_names,
    canonical_motion,
    generate_dataset,
    generate_sequence,
    iterate,
)
from zeroskel.datasets.synthetic._body import pose_body
from zeroskel.datasets.synthetic._grammar import MEAN_BODY, get_action
from zeroskel.datasets.synthetic._moves import CHANNEL, CHANNELS, channel_values
from zeroskel.datasets.synthetic._person import Camera, draw_person, perform

LAYOUT = get_layout("ntu-25")
RIGID = [
    *[bone for bone in LAYOUT.bones if "hand_tip" not in bone[0] and "thumb" not in bone[0]],
    *[(f"{tip}_{side}", f"hand_{side}") for tip in ("hand_tip", "thumb") for side in ("left", "right")],
]
SIDED = [name for name in action_names() if "right" in name and name.replace("right", "left") in action_names()]
SYMMETRIC = ["squat", "jump", "jumping jacks", "bow forward", "clap the hands", "nod the head", "wave both hands"]


def of(joints: np.ndarray, name: str) -> np.ndarray:
    return joints[..., LAYOUT.index(name), :]


def bone_lengths(joints: np.ndarray) -> np.ndarray:
    """(T, bones)."""
    return np.stack([np.linalg.norm(of(joints, a) - of(joints, b), axis=-1) for a, b in RIGID], axis=-1)


def mirrored(joints: np.ndarray) -> np.ndarray:
    return joints[..., LAYOUT.mirror_order, :] * [-1.0, 1.0, 1.0]


def angle(joints: np.ndarray, first: str, middle: str, last: str) -> np.ndarray:
    """Degrees between the two bones that meet in the middle joint."""
    a, b = of(joints, first) - of(joints, middle), of(joints, last) - of(joints, middle)
    cosine = (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return np.rad2deg(np.arccos(np.clip(cosine, -1.0, 1.0)))


# The grammar


def test_names_are_many_unique_plain_english() -> None:
    names = action_names()
    assert len(names) >= 48
    assert len(set(names)) == len(names)
    assert all(name == name.lower().strip() and name.replace(" ", "").isalpha() for name in names)
    assert names == action_names()


def test_every_word_of_an_unseen_demo_action_occurs_in_several_seen_ones() -> None:
    seen = [name for name in action_names() if name not in DEMO_UNSEEN]
    words = Counter(word.rstrip("s") for name in seen for word in set(name.split()))
    assert 10 <= len(DEMO_UNSEEN) <= 12
    assert set(DEMO_UNSEEN) <= set(action_names())
    assert all(words[word.rstrip("s")] >= 2 for name in DEMO_UNSEEN for word in name.split())


def test_unknown_action_is_answered_with_near_names() -> None:
    with pytest.raises(InputError, match="wave the right hand"):
        generate_sequence("wave the right hnd", 0)


def test_a_channel_that_the_body_lacks_is_named() -> None:
    with pytest.raises(InputError, match=r"right_arm\.fly"):
        channel_values({"right_arm": {"fly": 1}})


def test_notice_says_synthetic_and_not_evidence() -> None:
    assert "ynthetic" in NOTICE and "not evidence" in NOTICE


# The body


@pytest.mark.parametrize("action", action_names())
def test_bones_are_rigid_and_the_feet_never_sink_into_the_floor(action: str) -> None:
    joints = canonical_motion(action, 60)
    assert joints.shape == (60, 25, 3)
    assert np.isfinite(joints).all()
    lengths = bone_lengths(joints)
    np.testing.assert_allclose(lengths, np.broadcast_to(lengths[0], lengths.shape), atol=1e-9)
    assert joints[..., 1].min() > -0.02


@pytest.mark.parametrize("action", action_names())
def test_speed_is_human_and_no_knee_or_elbow_folds_up(action: str) -> None:
    joints = canonical_motion(action, round(30 * get_action(action).seconds))
    speed = np.linalg.norm(np.diff(joints, axis=0), axis=-1) * 30
    assert 0.1 < speed.max() < 12  # metres a second
    for side in ("left", "right"):
        assert angle(joints, f"shoulder_{side}", f"elbow_{side}", f"wrist_{side}").min() > 25
        assert angle(joints, f"hip_{side}", f"knee_{side}", f"ankle_{side}").min() > 25


@pytest.mark.parametrize("action", ["squat", "walk in place", "lunge forward with the right leg", "sit down", "jump"])
def test_knees_bend_forward(action: str) -> None:
    joints = canonical_motion(action, 60)
    for side in ("left", "right"):
        hip, knee, ankle = (of(joints, f"{name}_{side}") for name in ("hip", "knee", "ankle"))
        assert ((knee - (hip + ankle) / 2)[:, 2] > 0).all()


@pytest.mark.parametrize("action", ["squat", "bow forward", "sit down", "twist the body", "wave both hands"])
def test_feet_stay_on_the_floor_where_they_stood(action: str) -> None:
    ankles = canonical_motion(action, 60)[:, LAYOUT.indices(["ankle_left", "ankle_right"])]
    np.testing.assert_allclose(ankles, np.broadcast_to(ankles[0], ankles.shape), atol=1e-9)


@pytest.mark.parametrize("name", SIDED)
def test_left_is_the_mirror_image_of_right(name: str) -> None:
    left = name.replace("right", "left")
    np.testing.assert_allclose(canonical_motion(left, 40), mirrored(canonical_motion(name, 40)), atol=1e-12)


@pytest.mark.parametrize("action", SYMMETRIC)
def test_symmetric_actions_are_their_own_mirror_image(action: str) -> None:
    joints = canonical_motion(action, 40)
    np.testing.assert_allclose(joints, mirrored(joints), atol=1e-12)


def test_both_hands_do_what_each_hand_does() -> None:
    both, right = canonical_motion("raise both arms forward", 40), canonical_motion("raise the right arm forward", 40)
    arm = LAYOUT.indices(LAYOUT.parts["right_arm"])
    np.testing.assert_allclose(both[:, arm], right[:, arm], atol=1e-12)


def test_two_actions_at_a_time_move_like_each() -> None:
    joints = canonical_motion("walk in place and wave the right hand", 60)
    legs = LAYOUT.indices([*LAYOUT.parts["left_leg"], *LAYOUT.parts["right_leg"]])
    np.testing.assert_allclose(joints[:, legs], canonical_motion("walk in place", 60)[:, legs], atol=1e-12)
    arm = of(joints, "hand_right") - of(joints, "shoulder_right")
    alone = canonical_motion("wave the right hand", 60)
    np.testing.assert_allclose(arm, of(alone, "hand_right") - of(alone, "shoulder_right"), atol=1e-12)


def test_twice_is_the_same_motion_two_times() -> None:
    twice, once = canonical_motion("squat twice", 121), canonical_motion("squat", 61)
    np.testing.assert_allclose(twice[:60], once[:60], atol=1e-9)
    np.testing.assert_allclose(twice[60:], once, atol=1e-9)


def test_motion_is_what_the_name_says() -> None:
    def highest(action: str, joint: str) -> float:
        return float(of(canonical_motion(action, 60), joint)[:, 1].max())

    head = highest("nod the head", "head")
    assert highest("raise the left arm overhead", "hand_left") > head + 0.3
    assert highest("raise the left arm overhead", "hand_right") < head - 0.5
    assert highest("kick forward with the right leg", "foot_right") > 0.4
    assert highest("jump", "ankle_left") > 0.2
    assert of(canonical_motion("sit down", 60), "hip_center")[-1, 1] < 0.6
    assert of(canonical_motion("turn around to the left", 60), "shoulder_left")[-1, 0] < 0
    toes = canonical_motion("touch the toes with both hands", 61)[30]
    assert np.linalg.norm(of(toes, "hand_tip_left") - of(toes, "foot_left")) < 0.2
    palms = canonical_motion("clap the hands", 200)
    assert np.linalg.norm(of(palms, "hand_left") - of(palms, "hand_right"), axis=-1).min() < 0.08
    scalp = canonical_motion("touch the head with the right hand", 61)[30]
    assert np.linalg.norm(of(scalp, "hand_right") - of(scalp, "head")) < 0.15


def test_angles_bend_the_named_joint() -> None:
    channels = np.zeros((1, len(CHANNELS)))
    channels[0, CHANNEL["left_arm.elbow"]] = 70
    joints = pose_body(MEAN_BODY, channels)
    assert angle(joints, "shoulder_left", "elbow_left", "wrist_left")[0] == pytest.approx(110)
    assert angle(joints, "shoulder_right", "elbow_right", "wrist_right")[0] == pytest.approx(180, abs=1e-3)
    assert of(joints, "wrist_left")[0, 2] > of(joints, "elbow_left")[0, 2]


def test_people_are_rigid_too_and_differ_in_size() -> None:
    people = [draw_person(np.random.default_rng(seed)) for seed in range(40)]
    statures = np.array([person.body.stature for person in people])
    assert statures.min() >= 1.2 and statures.max() <= 1.95 and np.ptp(statures) > 0.3
    for person in people[:5]:
        lengths = bone_lengths(perform(person, get_action("jumping jacks"), 50, np.random.default_rng(1)))
        np.testing.assert_allclose(lengths, np.broadcast_to(lengths[0], lengths.shape), atol=1e-9)


def test_a_left_handed_person_leads_with_the_left() -> None:
    phase, walk = np.linspace(0, 1, 50), get_action("walk in place")
    right, left = walk.values(phase), walk.values(phase, left_handed=True)
    np.testing.assert_allclose(left[:, CHANNEL["left_leg.lift"]], right[:, CHANNEL["right_leg.lift"]])
    wave = get_action("wave the right hand")
    np.testing.assert_array_equal(wave.values(phase), wave.values(phase, left_handed=True))


# The sensor


def test_camera_keeps_lengths_and_puts_the_floor_below_it() -> None:
    joints = canonical_motion("wave the right hand", 30)
    camera = Camera(yaw=0.5, pitch=0.0, height=1.1, distance=3.0, aside=0.2)
    seen = camera.view(joints)
    np.testing.assert_allclose(bone_lengths(seen), bone_lengths(joints), atol=1e-9)
    np.testing.assert_allclose(of(seen, "foot_left")[:, 1], -1.1, atol=0.03)


def test_the_camera_sees_the_person_from_the_front() -> None:
    for seed in range(10):
        seen = generate_sequence("nod the head", seed).joints[0]
        assert np.nanmean(of(seen, "shoulder_left") - of(seen, "shoulder_right"), axis=0)[0] < 0
        assert np.nanmean(of(seen, "foot_left") - of(seen, "ankle_left"), axis=0)[2] < 0
        assert 1.8 < np.nanmean(of(seen, "hip_center")[:, 2]) < 4.2
        assert -1.5 < np.nanmean(of(seen, "foot_right")[:, 1]) < -0.5


def test_joints_are_lost_rarely_and_never_infinite() -> None:
    sequences = [generate_sequence(name, seed) for seed, name in enumerate(action_names())]
    missing = np.array([1 - sequence.observed.mean() for sequence in sequences])
    assert 0 < missing.mean() < 0.01
    assert missing.max() < 0.05
    assert not any(np.isinf(sequence.joints).any() for sequence in sequences)


# Recordings


def test_a_sequence_is_one_body_of_ntu_25_at_30_frames_a_second() -> None:
    sequence = generate_sequence("squat", 3)
    assert (sequence.bodies, sequence.channels, sequence.layout.name, sequence.fps) == (1, 3, "ntu-25", 30.0)
    assert sequence.joints.dtype == np.float32
    assert 40 <= sequence.frames <= 120
    assert generate_sequence("squat", 3, frames=17).frames == 17


def test_equal_seeds_give_equal_sequences_and_others_differ() -> None:
    first, again = generate_sequence("jump", 5).joints, generate_sequence("jump", 5).joints
    np.testing.assert_array_equal(first, again)
    fixed = [
        generate_sequence(name, seed, frames=50).joints for name, seed in (("jump", 5), ("jump", 6), ("bow forward", 5))
    ]
    assert not np.allclose(fixed[0], fixed[1], equal_nan=True)
    assert not np.allclose(fixed[0], fixed[2], equal_nan=True)


def test_a_sequence_is_the_same_in_another_process() -> None:
    code = (
        "import numpy as np; from zeroskel.datasets.synthetic import generate_sequence;"
        "print(float(np.nansum(generate_sequence('jump', 5).joints.astype(float))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) == float(np.nansum(generate_sequence("jump", 5).joints.astype(float)))


@pytest.mark.parametrize(("seed", "frames"), [(-1, None), (0, 1), (0, 0)])
def test_impossible_seed_or_length_is_refused(seed: int, frames: int | None) -> None:
    with pytest.raises(InputError):
        generate_sequence("squat", seed, frames=frames)


def test_a_dataset_holds_every_action_of_every_subject() -> None:
    actions = ["squat", "jump", "sit down"]
    sequences, labels, subjects, names = generate_dataset(actions, subjects=4, repetitions=2, seed=1)
    assert names == actions
    assert len(sequences) == 24
    assert labels.dtype == subjects.dtype == np.int64
    assert Counter(zip(labels.tolist(), subjects.tolist(), strict=True)) == Counter(
        {(label, subject): 2 for label in range(3) for subject in (1, 2, 3, 4)}
    )
    one = next(iterate(actions, subjects=4, repetitions=2, seed=1))[0]
    np.testing.assert_array_equal(one.joints, sequences[0].joints)


def test_a_recording_does_not_depend_on_which_others_are_made() -> None:
    alone = generate_dataset(["jump"], subjects=1, repetitions=1, seed=2)[0][0]
    among = generate_dataset(["squat", "jump"], subjects=3, repetitions=2, seed=2)[0][6]
    np.testing.assert_array_equal(alone.joints, among.joints)


def test_a_subject_keeps_their_bones_across_actions_and_repetitions() -> None:
    sequences, _, subjects, _ = generate_dataset(["squat", "nod the head"], subjects=3, repetitions=2)
    lengths = np.array([np.nanmedian(bone_lengths(s.joints[0].astype(float)), axis=0).sum() for s in sequences])
    within = max(np.ptp(lengths[subjects == subject]) for subject in (1, 2, 3))
    between = np.ptp([lengths[subjects == subject].mean() for subject in (1, 2, 3)])
    assert within < 0.05 < between


@pytest.mark.parametrize(
    "options", [{"actions": []}, {"actions": ["jump", "jump"]}, {"actions": ["fly"]}, {"subjects": 0}, {"seed": -1}]
)
def test_impossible_datasets_are_refused(options: dict) -> None:
    with pytest.raises(InputError):
        generate_dataset(**options)


def test_actions_are_told_apart_across_people() -> None:
    sequences, labels, subjects, names = generate_dataset(subjects=6, repetitions=1, seed=4)
    features = np.stack([pose_features(sequence.joints[0].astype(float)) for sequence in sequences])
    train = subjects <= 4
    centroids = np.stack([features[train & (labels == label)].mean(axis=0) for label in range(len(names))])
    distance = np.linalg.norm(features[~train][:, None] - centroids, axis=-1)
    assert (distance.argmin(axis=1) == labels[~train]).mean() > 0.6


def pose_features(joints: np.ndarray) -> np.ndarray:
    """Spread, mean and ends of each joint about the hips, turned to face the camera and scaled by the trunk."""
    centred = joints - np.nanmedian(of(joints, "hip_center"), axis=0)
    across = np.nanmedian(of(joints, "shoulder_left") - of(joints, "shoulder_right"), axis=0)
    yaw = np.arctan2(across[2], -across[0])
    turn = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    level = centred @ turn.T / np.nanmedian(bone_lengths(joints)[:, 0])
    parts = [np.nanmean(level, axis=0), np.nanstd(level, axis=0), np.nanmin(level, axis=0), np.nanmax(level, axis=0)]
    return np.concatenate(parts).ravel()

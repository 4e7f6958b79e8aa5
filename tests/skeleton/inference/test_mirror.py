"""Facts of people in a mirror: left-handed axes turn the side to which toes, faces and knees point."""

from pathlib import Path

import numpy as np
import pytest

import zeroskel
from zeroskel.core import get_layout
from zeroskel.datasets.synthetic import action_names, generate_sequence
from zeroskel.skeleton.formats import read, write
from zeroskel.skeleton.inference._mirror import NOTE, STATED_NOTE, unmirrored

MIRROR = np.array([-1, 1, 1], np.float32)


@pytest.mark.parametrize("action", action_names())
def test_every_synthetic_action_in_a_mirror_is_seen_and_no_other(action: str) -> None:
    sequence = generate_sequence(action, seed=3)
    joints, note = unmirrored(sequence.joints * MIRROR, sequence.layout)
    assert note == (NOTE,)
    np.testing.assert_array_equal(joints, sequence.joints)
    assert unmirrored(sequence.joints, sequence.layout)[1] == ()


def test_a_caller_says_whether_a_mirror_shows_the_people(tmp_path: Path) -> None:
    wave = generate_sequence("wave both hands", seed=3)
    write(wave, tmp_path / "wave.json")
    read_as_stated = {mirror: read(tmp_path / "wave.json", mirror=mirror) for mirror in (None, False, True)}
    for mirror in (None, False):
        np.testing.assert_allclose(read_as_stated[mirror].joints, wave.joints, atol=1e-4)
    np.testing.assert_allclose(read_as_stated[True].joints, wave.joints * MIRROR, atol=1e-4)
    assert str(read_as_stated[True].reading).endswith(STATED_NOTE)


def test_left_handed_axes_of_a_file_are_said_and_mirrored(tmp_path: Path) -> None:
    """Unity's x points right, y up and z forward."""
    sequence = generate_sequence("kick forward with the right leg", seed=1)
    names = ("hip_center", "shoulder_left", "shoulder_right", "elbow_left", "elbow_right", "wrist_left", "wrist_right")
    names += ("hip_left", "hip_right", "knee_left", "knee_right", "ankle_left", "ankle_right", "foot_left")
    names += ("foot_right", "head", "shoulder_center")
    columns = (sequence.joints[0] * MIRROR)[:, sequence.layout.indices(names)]
    header = ",".join(f"{name}.{axis}" for name in names for axis in "xyz")
    rows = "\n".join(",".join(map(str, row)) for row in columns.reshape(len(columns), -1))
    (tmp_path / "unity.csv").write_text(f"{header}\n{rows}\n")
    read = zeroskel.read(tmp_path / "unity.csv")
    assert str(read.reading).endswith(NOTE)
    for name in names:
        truth = sequence.joints[0][:, sequence.layout.index(name)]
        np.testing.assert_allclose(read.joints[0][:, read.layout.index(name)], truth, atol=1e-5)


def test_faces_decide_where_there_are_no_toes() -> None:
    """The trunk of a squat leans to the front, knees bend to it and noses stand out."""
    squat = generate_sequence("squat", seed=2)
    layout = get_layout("coco-17")
    joints = np.full((1, squat.frames, 17, 3), np.nan, np.float32)
    for index, name in enumerate(layout.joints):
        if name in squat.layout.joints:
            joints[:, :, index] = squat.joints[:, :, squat.layout.index(name)]
    left = squat.joints[0][:, squat.layout.index("shoulder_left")] - squat.joints[0][:, squat.layout.index("hip_left")]
    side = squat.joints[0][:, squat.layout.index("hip_left")] - squat.joints[0][:, squat.layout.index("hip_right")]
    front = np.cross(side, left)
    front /= np.linalg.norm(front, axis=-1, keepdims=True)
    head = squat.joints[0][:, squat.layout.index("head")]
    joints[0, :, layout.index("nose")] = head + 0.1 * front
    joints[0, :, layout.index("ear_left")] = joints[0, :, layout.index("ear_right")] = head
    assert unmirrored(joints, layout)[1] == ()
    assert unmirrored(joints * MIRROR, layout)[1] == (NOTE,)


def test_random_joints_and_pictures_are_left_alone() -> None:
    layout = get_layout("ntu-25")
    for seed in range(50):
        joints = np.random.default_rng(seed).normal(size=(1, 2 + seed, 25, 3)).astype(np.float32)
        assert unmirrored(joints, layout)[1] == ()
    sequence = generate_sequence("squat", seed=1)
    assert unmirrored((sequence.joints * MIRROR)[..., :2], layout)[1] == ()

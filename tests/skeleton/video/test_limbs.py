import numpy as np
import pytest

from zeroskel.core import get_layout
from zeroskel.skeleton.video._limbs import correct_depth

JOINTS = get_layout("mediapipe-33")
RATE = 25.0
UPPER_ARM, FOREARM = 0.28, 0.25
RIGHT_ARM = [JOINTS.index(f"{name}_right") for name in ("elbow", "wrist")]


def person(upper, fore, frames=100):
    """Joints (T, 33, 3) of somebody who faces the camera, four metres away; the right arm acts after a second.

    Args:
        upper: (T, 3) or (3,) direction of the right upper arm: x to the right in the picture, y down, z away.
        fore: the same of its forearm.
        frames: number of frames.
    """
    joints = np.zeros((frames, 33, 3))
    body = {"shoulder": (0.18, -0.5), "hip": (0.1, 0.0), "knee": (0.1, 0.42), "ankle": (0.1, 0.82)}
    for name, (aside, down) in {**body, "heel": (0.1, 0.86), "foot": (0.1, 0.86)}.items():
        for side, sign in (("left", 1), ("right", -1)):
            joints[:, JOINTS.index(f"{name}_{side}")] = sign * aside, down, 0.0
    acts = np.clip((np.arange(frames)[:, None] - 25) / 10, 0, 1)
    for side, moves in (("left", 0 * acts), ("right", acts)):
        at = joints[:, JOINTS.index(f"shoulder_{side}")]
        for name, length, way in (("elbow", UPPER_ARM, upper), ("wrist", FOREARM, fore)):
            direction = moves * way + (1 - moves) * [0.01, 1.0, 0.0]
            at = at + length * direction / np.linalg.norm(direction, axis=1, keepdims=True)
            joints[:, JOINTS.index(f"{name}_{side}")] = at
        for name in ("pinky", "index", "thumb"):
            joints[:, JOINTS.index(f"{name}_{side}")] = at
    return joints + np.array([0.0, 0.0, 4.0])


def estimated(truth, depth):
    """Joints whose depth, seen from the hips, is depth(truth); each stays on its line of sight."""
    away = 4.0 + depth(truth[..., 2] - 4.0)
    return truth * (away / truth[..., 2])[..., None]


def errors(joints, truth):
    """Root mean square error of the depth of elbow and wrist while the arm acts."""
    return np.sqrt(((joints - truth)[40:, RIGHT_ARM, 2] ** 2).mean(axis=0))


def beckoning(frames=100):
    """Directions (T, 3) of upper arm and forearm of a hand that comes and goes along the line of sight at 1 Hz."""
    bent = np.pi / 4 * (1 - np.cos(2 * np.pi * np.arange(frames) / RATE))
    upper = np.stack([0 * bent, np.sin(0.2 + 0.7 * bent), -np.cos(0.2 + 0.7 * bent)], axis=1)
    fore = np.stack([0 * bent, -np.sin(0.3 + bent), -np.cos(0.3 + bent)], axis=1)
    return upper, fore


def test_an_arm_estimated_too_short_reaches_as_far_as_its_bones():
    truth = person((0.0, 0.1, -1.0), (0.0, 0.0, -1.0))
    half = estimated(truth, lambda depth: 0.5 * depth)
    assert (errors(correct_depth(half, RATE), truth) < 0.4 * errors(half, truth)).all()


def test_a_hand_that_beckons_comes_and_goes():
    truth = person(*beckoning())
    flat = truth.copy()
    flat[35:, RIGHT_ARM] *= (np.array([3.88, 3.7]) / truth[35:, RIGHT_ARM, 2])[..., None]
    corrected = correct_depth(flat, RATE)
    wrist = RIGHT_ARM[1]
    assert np.ptp(flat[50:90, wrist, 2]) < 0.01
    assert np.ptp(corrected[50:90, wrist, 2]) > 0.5 * np.ptp(truth[50:90, wrist, 2])
    assert np.corrcoef(corrected[50:90, wrist, 2], truth[50:90, wrist, 2])[0, 1] > 0.9


def test_a_short_forearm_of_a_hanging_arm_points_forward():
    """The estimate leaves the direction in doubt, but an elbow that hangs does not bend backward."""
    truth = person((-0.1, 1.0, 0.0), (-0.5, 0.5, -0.7))
    behind = estimated(truth, lambda depth: np.where(depth < -0.02, 0.02, depth))
    assert correct_depth(behind, RATE)[60, RIGHT_ARM[1], 2] < 4.0


@pytest.mark.parametrize("unseen", ["shoulder_right", "elbow_right", "wrist_right"])
def test_joints_stay_on_their_lines_of_sight_and_none_is_lost(unseen):
    truth = person(*beckoning())
    joints = estimated(truth, lambda depth: 0.6 * depth)
    joints[30:60, JOINTS.index(unseen)] = np.nan
    joints[70:75] = np.nan
    corrected = correct_depth(joints, RATE)
    np.testing.assert_array_equal(np.isnan(corrected), np.isnan(joints))
    np.testing.assert_allclose(corrected[..., :2] / corrected[..., 2:], joints[..., :2] / joints[..., 2:], atol=1e-9)


def test_what_is_right_stays():
    truth = person((-1.0, 0.0, 0.0), (-1.0, 0.0, 0.0))
    np.testing.assert_allclose(correct_depth(truth, RATE), truth, atol=0.06)

"""The noise of a sensor is no motion: a still person rests, and a moving one does not."""

import numpy as np
import pytest

from zeroskel.core import SkeletonSequence
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition._motion import motion_of
from zeroskel.recognition._windows import rest_probabilities


def with_noise(joints: np.ndarray, fps: float = 30) -> SkeletonSequence:
    noise = np.random.default_rng(0).normal(scale=0.02, size=joints.shape)
    return SkeletonSequence(joints + noise, "ntu-25", fps)


def test_a_still_person_before_a_noisy_sensor_rests() -> None:
    pose = generate_sequence("squat", seed=900).joints[0, 0]
    still = with_noise(np.repeat(pose[None], 120, axis=0))
    assert (rest_probabilities(motion_of(still, "ntu-25")) > 0.9).all()


@pytest.mark.parametrize("action", ["squat", "clap the hands", "walk in place"])
@pytest.mark.parametrize("step", [1, 3])  # 30 and 10 frames a second
def test_noise_hides_no_motion(action: str, step: int) -> None:
    joints = generate_sequence(action, seed=900).joints[0]
    moving = with_noise(np.concatenate([joints, joints])[::step], 30 / step)
    clean = SkeletonSequence(np.concatenate([joints, joints])[::step], "ntu-25", 30 / step)
    speeds = [motion_of(each, "ntu-25").log_speed(np.zeros(1), np.array([2.0]))[0] for each in (moving, clean)]
    assert speeds[0] > speeds[1] - 0.05

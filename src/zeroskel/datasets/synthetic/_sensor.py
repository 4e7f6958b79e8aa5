"""Sensor: what a depth camera makes of joints: its point of view, jitter and joints it loses for a moment."""

from dataclasses import dataclass

import numpy as np

from zeroskel.core import get_layout
from zeroskel.datasets.synthetic._body import LAYOUT

_JITTER = 0.004  # metres, standard deviation at the trunk
_EXTREMITIES = {"wrist": 1.5, "hand": 2.0, "hand_tip": 3.0, "thumb": 3.0, "ankle": 1.8, "foot": 2.5, "elbow": 1.3}
_LOSS = 0.3  # probability that a recording loses joints at all
_ABOUT_FACE = np.array([-1.0, 1.0, -1.0])  # the person looks at the camera: their forward is its backward


@dataclass(frozen=True)
class Camera:
    """Position and direction of the camera: metres and radians.

    Attributes:
        yaw: from which side it sees the person; 0 is the front.
        pitch: how far it looks down.
        height: above the floor.
        distance: to the person.
        aside: how far the person is from the middle of the view.
    """

    yaw: float
    pitch: float
    height: float
    distance: float
    aside: float

    def view(self, joints: np.ndarray) -> np.ndarray:
        """Return joints (T, V, 3) of the person's frame in the camera's: x to its left, y up, z away from it."""
        cosine, sine = np.cos(self.yaw), np.sin(self.yaw)
        turn = np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]])
        seen = joints @ turn.T * _ABOUT_FACE + [self.aside, -self.height, self.distance]
        cosine, sine = np.cos(self.pitch), np.sin(self.pitch)
        tilt = np.array([[1.0, 0.0, 0.0], [0.0, cosine, sine], [0.0, -sine, cosine]])
        return seen @ tilt.T


def draw_camera(rng: np.random.Generator) -> Camera:
    """Return a camera 0.8 to 1.2 m high, 2 to 4 m away, within 35 degrees of the front, nearly level."""
    return Camera(
        yaw=np.deg2rad(rng.uniform(-35, 35)),
        pitch=np.deg2rad(rng.uniform(-3, 3)),
        height=rng.uniform(0.8, 1.2),
        distance=rng.uniform(2.2, 3.8),
        aside=rng.uniform(-0.4, 0.4),
    )


def sense(joints: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return joints (T, V, 3) with jitter in metres, larger at the extremities, and now and then a joint lost (NaN)."""
    sensed = joints + rng.normal(size=joints.shape) * _joint_jitter()[:, None]
    if rng.random() < _LOSS:
        for _ in range(rng.integers(1, 3)):
            start, length = rng.integers(len(joints)), rng.integers(2, 7)
            sensed[start : start + length, rng.integers(joints.shape[1])] = np.nan
    return sensed


def _joint_jitter() -> np.ndarray:
    names = (joint.removesuffix("_left").removesuffix("_right") for joint in get_layout(LAYOUT).joints)
    return np.array([_JITTER * _EXTREMITIES.get(name, 1.0) for name in names])

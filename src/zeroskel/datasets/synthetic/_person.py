"""Person who performs actions in a style of their own, and the depth camera that senses them with jitter and losses."""

from dataclasses import dataclass

import numpy as np

from zeroskel.core import get_layout
from zeroskel.datasets.synthetic._body import LAYOUT, Body, pose_body
from zeroskel.datasets.synthetic._grammar import BODY_FRACTIONS, LEAST, MOST, POSTURE, REST, SWAY, Action
from zeroskel.datasets.synthetic._moves import CHANNEL, CHANNELS

_JITTER = 0.004  # metres, standard deviation at the trunk
_EXTREMITIES = {"wrist": 1.5, "hand": 2.0, "hand_tip": 3.0, "thumb": 3.0, "ankle": 1.8, "foot": 2.5, "elbow": 1.3}
_LOSS = 0.3  # probability that a recording loses joints at all
_ABOUT_FACE = np.array([-1.0, 1.0, -1.0])  # the person looks at the camera: their forward is its backward
FPS = 30.0
_LEFT_HANDED = 0.15
_CONTACT_AMPLITUDE = 0.15  # share of a person's amplitude that is left where a hand has to meet something


@dataclass(frozen=True, eq=False)
class Person:
    """One person.

    Attributes:
        body: segment lengths.
        left_handed: which side leads where an action's name gives none.
        amplitude: factor of every departure from rest, 0.75 to 1.25.
        tempo: factor of speed.
        posture: (D,) channels added in standing.
        sway: size of idle movement.
        follow: how much the trunk follows the arms.
    """

    body: Body
    left_handed: bool
    amplitude: float
    tempo: float
    posture: np.ndarray
    sway: float
    follow: float


def draw_person(rng: np.random.Generator) -> Person:
    """Return a person of 1.2 to 1.95 m with proportions and style of their own."""
    fractions = {name: value * rng.normal(1.0, 0.04) for name, value in BODY_FRACTIONS.items()}
    stature = float(np.clip(rng.normal(1.66, 0.17), 1.2, 1.95))
    return Person(
        body=Body(stature, fractions),
        left_handed=bool(rng.random() < _LEFT_HANDED),
        amplitude=rng.uniform(0.8, 1.2),
        tempo=rng.uniform(0.85, 1.2),
        posture=POSTURE * np.clip(rng.normal(size=len(CHANNELS)), -2, 2),
        sway=rng.uniform(0.5, 1.5),
        follow=rng.uniform(0.0, 1.0),
    )


def perform(person: Person, action: Action, frames: int, rng: np.random.Generator) -> np.ndarray:
    """Return joint positions (T, 25, 3), metres in the person's frame, of one take of an action.

    A take has its own delay, pauses, speed profile, number of beats and, slightly, amplitude.
    """
    values = action.values(_phase(frames, rng), left_handed=person.left_handed, cycle_scale=rng.uniform(0.85, 1.2))
    values = _styled(values, person, action.contact, rng)
    values += _sway(person, frames, rng)
    return pose_body(person.body, np.clip(values, LEAST, MOST))


def _phase(frames: int, rng: np.random.Generator) -> np.ndarray:
    """Return (T,) from 0 to 1: still at first and at last, faster here and slower there between."""
    delay, pause = rng.uniform(0.0, 0.12, size=2)
    way = np.clip((np.linspace(0.0, 1.0, frames) - delay) / (1 - delay - pause), 0.0, 1.0)
    hurry = rng.uniform(-0.07, 0.07)
    return way + hurry * np.sin(np.pi * way) ** 2


def _styled(values: np.ndarray, person: Person, contact: bool, rng: np.random.Generator) -> np.ndarray:
    amplitude = np.clip(person.amplitude * rng.uniform(0.94, 1.06), 0.75, 1.25)
    if contact:
        amplitude = 1 + _CONTACT_AMPLITUDE * (amplitude - 1)
    departure = amplitude * (values - REST)
    for trunk, arm, share in (("torso.turn", "forward", 0.08), ("torso.lean", "side", 0.05)):
        difference = departure[:, CHANNEL[f"right_arm.{arm}"]] - departure[:, CHANNEL[f"left_arm.{arm}"]]
        departure[:, CHANNEL[trunk]] -= person.follow * difference * share
    return REST + departure + person.posture


def _sway(person: Person, frames: int, rng: np.random.Generator) -> np.ndarray:
    """Return (T, D) idle movement: for each channel a slow wave of its own."""
    hertz, start = rng.uniform([[0.15], [0.0]], [[0.6], [2 * np.pi]], size=(2, len(CHANNELS)))
    seconds = np.arange(frames)[:, None] / FPS
    return person.sway * SWAY * np.sqrt(2) * np.sin(2 * np.pi * hertz * seconds + start)


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

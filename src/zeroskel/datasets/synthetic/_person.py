"""Person: the proportions, handedness and style that somebody keeps across actions."""

from dataclasses import dataclass

import numpy as np

from zeroskel.datasets.synthetic._body import Body, pose_body
from zeroskel.datasets.synthetic._channels import CHANNEL, CHANNELS
from zeroskel.datasets.synthetic._grammar import Action, body_fractions, channel_limits, channel_table

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
    fractions = {name: value * rng.normal(1.0, 0.04) for name, value in body_fractions().items()}
    stature = float(np.clip(rng.normal(1.66, 0.17), 1.2, 1.95))
    return Person(
        body=Body.of_stature(stature, fractions),
        left_handed=bool(rng.random() < _LEFT_HANDED),
        amplitude=rng.uniform(0.8, 1.2),
        tempo=rng.uniform(0.85, 1.2),
        posture=channel_table("posture") * np.clip(rng.normal(size=len(CHANNELS)), -2, 2),
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
    return pose_body(person.body, np.clip(values, *channel_limits()))


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
    rest = channel_table("rest")
    departure = amplitude * (values - rest)
    departure[:, CHANNEL["torso.turn"]] += person.follow * _arm_difference(departure, "forward") * -0.08
    departure[:, CHANNEL["torso.lean"]] += person.follow * _arm_difference(departure, "side") * -0.05
    return rest + departure + person.posture


def _arm_difference(departure: np.ndarray, movement: str) -> np.ndarray:
    return departure[:, CHANNEL[f"right_arm.{movement}"]] - departure[:, CHANNEL[f"left_arm.{movement}"]]


def _sway(person: Person, frames: int, rng: np.random.Generator) -> np.ndarray:
    """Return (T, D) idle movement: for each channel a slow wave of its own."""
    hertz, start = rng.uniform([[0.15], [0.0]], [[0.6], [2 * np.pi]], size=(2, len(CHANNELS)))
    seconds = np.arange(frames)[:, None] / FPS
    return person.sway * channel_table("sway") * np.sqrt(2) * np.sin(2 * np.pi * hertz * seconds + start)

"""Moves: poses on smooth curves and waves added to them, as channels ("part.movement") that pose the body over time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from zeroskel.core import InputError

_POSE_TIMES = {"at", "until"}
_BEAT_FIELDS = {"wave", "cycles", "from", "until"}
_RAMP = 0.15  # share of a beat's duration over which it fades in and out
ARM_CHANNELS = ("forward", "side", "twist", "elbow", "wrist")
LEG_CHANNELS = ("ahead", "aside", "lift")
_PARTS = {
    "right_arm": ARM_CHANNELS,
    "left_arm": ARM_CHANNELS,
    "right_leg": LEG_CHANNELS,
    "left_leg": LEG_CHANNELS,
    "torso": ("bend", "lean", "turn"),
    "head": ("nod", "tilt", "turn"),
    "pelvis": ("ahead", "aside", "rise", "spin"),
}
_SIDEWAYS = ("torso.lean", "torso.turn", "head.tilt", "head.turn", "pelvis.aside", "pelvis.spin")

CHANNELS: tuple[str, ...] = tuple(f"{part}.{name}" for part, names in _PARTS.items() for name in names)
CHANNEL: dict[str, int] = {name: i for i, name in enumerate(CHANNELS)}


def _other_side(name: str) -> str:
    if name.startswith("right_"):
        return name.replace("right_", "left_", 1)
    return name.replace("left_", "right_", 1)


_MIRROR_ORDER = np.array([CHANNEL[_other_side(name)] for name in CHANNELS])
_MIRROR_SIGN = np.array([-1.0 if name in _SIDEWAYS else 1.0 for name in CHANNELS])
_PART_OF = np.array([list(_PARTS).index(name.split(".")[0]) for name in CHANNELS])
_IS_RIGHT = np.array([name.startswith("right_") for name in CHANNELS])
_IS_LEFT = np.array([name.startswith("left_") for name in CHANNELS])


def channel_values(table: Mapping[str, Any], base: np.ndarray | float = 0.0) -> np.ndarray:
    """Return (D,) values of a table {part: {movement: number}}; what it does not name is taken from `base`.

    Raises InputError for a part or movement that the body does not have.
    """
    values = np.broadcast_to(np.asarray(base, dtype=float), (len(CHANNELS),)).copy()
    for part, movements in table.items():
        for movement, number in movements.items():
            name = f"{part}.{movement}"
            if name not in CHANNEL:
                raise InputError(f"the synthetic body has no channel {name!r}; it has {', '.join(CHANNELS)}")
            values[CHANNEL[name]] = number
    return values


def mirror_channels(values: np.ndarray) -> np.ndarray:
    """Return the mirror image of channels (..., D): left and right swapped, what goes sideways reversed."""
    return values[..., _MIRROR_ORDER] * _MIRROR_SIGN


def on_both_sides(values: np.ndarray) -> np.ndarray:
    """Return channels (..., D) of a right-sided motion done by both sides at a time."""
    mirrored = mirror_channels(values)
    return np.where(_IS_RIGHT, values, np.where(_IS_LEFT, mirrored, (values + mirrored) / 2))


def overlay(values: np.ndarray, other: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Return channels (T, D) of `other` for body parts that it moves away from `rest` (D,), else of `values`."""
    moved = np.unique(_PART_OF[(np.abs(other - rest) > 1e-9).any(axis=0)])
    return np.where(np.isin(_PART_OF, moved), other, values)


@dataclass(frozen=True, eq=False)
class Beat:
    """Cycles of a wave between two moments, scaled per channel.

    Attributes:
        wave: "sine", "cosine", "bump", "up" or "down".
        cycles: how many.
        start, stop: moments, as fractions of the action.
        amplitude: (D,) of each channel.
    """

    wave: str
    cycles: float
    start: float
    stop: float
    amplitude: np.ndarray

    def values(self, phase: np.ndarray, cycle_scale: float = 1.0) -> np.ndarray:
        """Return (T, D) channels to add at moments `phase` (T,) in 0 to 1."""
        inside = np.clip((phase - self.start) / (self.stop - self.start), 0.0, 1.0)
        envelope = smooth_step(np.minimum(inside, 1.0 - inside) / _RAMP)
        wave = _WAVES[self.wave](2 * np.pi * self.cycles * cycle_scale * inside)
        return (envelope * wave)[:, None] * self.amplitude


@dataclass(frozen=True, eq=False)
class Move:
    """Motion of a body, for the right side.

    Attributes:
        times: (P,) rising moments in 0 to 1, from 0 to 1.
        poses: (P, D) channels at these moments.
        beats: waves added.
        seconds: usual duration.
        contact: True where a hand has to meet something, so that amplitude must not scale the move.
    """

    times: np.ndarray
    poses: np.ndarray
    beats: tuple[Beat, ...]
    seconds: float
    contact: bool

    def values(self, phase: np.ndarray, cycle_scale: float = 1.0) -> np.ndarray:
        """Return (T, D) channels at moments `phase` (T,) in 0 to 1, with the beats' cycles scaled."""
        segment = np.clip(np.searchsorted(self.times, phase, side="right") - 1, 0, len(self.times) - 2)
        start, stop = self.times[segment], self.times[segment + 1]
        way = smooth_step((phase - start) / np.maximum(stop - start, 1e-9))[:, None]
        values = self.poses[segment] * (1 - way) + self.poses[segment + 1] * way
        return sum((beat.values(phase, cycle_scale) for beat in self.beats), start=values)


def smooth_step(way: np.ndarray) -> np.ndarray:
    """Return the minimum-jerk course from 0 to 1: 10 w^3 - 15 w^4 + 6 w^5 (Flash and Hogan, J. Neuroscience 1985)."""
    w = np.clip(way, 0.0, 1.0)
    return w**3 * (10 - 15 * w + 6 * w**2)


_WAVES: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "sine": np.sin,
    "cosine": np.cos,
    "bump": lambda angle: (1 - np.cos(angle)) / 2,
    "up": lambda angle: np.maximum(np.sin(angle), 0.0),
    "down": lambda angle: np.maximum(-np.sin(angle), 0.0),
}


def parse_move(table: Mapping[str, Any], rest: np.ndarray) -> Move:
    """Return the move of a table of the grammar file; `rest` (D,) is where channels are that a pose does not name."""
    times, poses = [], []
    for pose in table.get("poses", []):
        values = channel_values({part: pose[part] for part in pose.keys() - _POSE_TIMES}, rest)
        times += [pose["at"], pose["until"]]
        poses += [values, values]
    if not times or times[0] > 0:
        times, poses = [0.0, *times], [rest, *poses]
    if times[-1] < 1:
        times, poses = [*times, 1.0], [*poses, rest]
    beats = []
    for beat in table.get("beats", []):
        amplitude = channel_values({part: beat[part] for part in beat.keys() - _BEAT_FIELDS})
        beats.append(Beat(beat["wave"], beat["cycles"], beat["from"], beat["until"], amplitude))
    return Move(np.array(times), np.array(poses), tuple(beats), table["seconds"], table.get("contact", False))

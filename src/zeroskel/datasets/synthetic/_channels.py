"""Channels: the numbers that pose the synthetic body, each named "part.movement"."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from zeroskel.core import InputError

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

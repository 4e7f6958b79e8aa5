"""Grammar: action names, each a move done by a side once or twice, read from resources/synthetic_actions.toml."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from zeroskel.core import InputError
from zeroskel.core._files import resource_table
from zeroskel.datasets.synthetic._body import Body, pose_body
from zeroskel.datasets.synthetic._moves import Move, channel_values, mirror_channels, on_both_sides, overlay, parse_move

_TABLE: Mapping[str, Any] = resource_table("synthetic_actions.toml")
DEMO_UNSEEN: tuple[str, ...] = tuple(_TABLE["demo_unseen"])
REST, POSTURE, SWAY = (channel_values(_TABLE[name]) for name in ("rest", "posture", "sway"))  # (D,) of each channel
LEAST = channel_values(_TABLE["least"], -np.inf)
MOST = channel_values(_TABLE["most"], np.inf)
BODY_FRACTIONS: Mapping[str, float] = {name: value for name, value in _TABLE["body"].items() if name != "source"}
MEAN_BODY = Body(1.7, BODY_FRACTIONS)
_SIDES = ("right", "left", "both", "name", "twice")


@dataclass(frozen=True)
class Action:
    """A move with the side that does it and how often.

    Attributes:
        move: what is done.
        side: "right", "left", "both", or "leading" for the side that the person prefers.
        repetitions: how many times.
        meanwhile: an action done at the same time; it decides about the body parts that it moves.
    """

    move: Move
    side: str
    repetitions: int
    meanwhile: "Action | None" = None

    @property
    def seconds(self) -> float:
        """Usual duration."""
        native = self.move.seconds * (1 + 0.7 * (self.repetitions - 1))
        return native if self.meanwhile is None else max(native, self.meanwhile.seconds)

    @property
    def contact(self) -> bool:
        """True where a hand has to meet something."""
        return self.move.contact or (self.meanwhile is not None and self.meanwhile.contact)

    def values(self, phase: np.ndarray, *, left_handed: bool = False, cycle_scale: float = 1.0) -> np.ndarray:
        """Return (T, D) channels at moments `phase` (T,) in 0 to 1."""
        turns = phase * self.repetitions
        values = self.move.values(turns - np.minimum(np.floor(turns), self.repetitions - 1), cycle_scale)
        if self.side == "both":
            values = on_both_sides(values)
        elif self.side == "left" or (self.side == "leading" and left_handed):
            values = mirror_channels(values)
        if self.meanwhile is None:
            return values
        other = self.meanwhile.values(phase, left_handed=left_handed, cycle_scale=cycle_scale)
        return overlay(values, other, REST)


@cache
def _actions() -> Mapping[str, Action]:
    actions = {}
    for table in _TABLE["moves"].values():
        move = parse_move(table, REST)
        for key in _SIDES:
            if key in table:
                side = "leading" if key in ("name", "twice") else key
                actions[table[key]] = Action(move, side, 2 if key == "twice" else 1)
    for name in _TABLE["together"]:
        first, second = (actions[part] for part in name.split(" and "))
        leads = second.side if first.side == "leading" and second.side != "both" else first.side
        actions[name] = replace(first, side=leads, meanwhile=second)
    return actions


def action_names() -> list[str]:
    """Return the names of all synthetic actions, in a fixed order.

    Returns:
        84 names, which `generate_sequence` accepts.

    Example:
        >>> from zeroskel.datasets.synthetic import action_names
        >>> len(action_names()), "squat" in action_names()
        (84, True)
    """
    return list(_actions())


def get_action(name: str) -> Action:
    """Return the action of that name. Raises InputError, with the nearest names, for one that is not in the grammar."""
    actions = _actions()
    if name not in actions:
        near = difflib.get_close_matches(name, actions, n=3, cutoff=0.3) or list(actions)[:3]
        raise InputError(
            f"no synthetic action {name!r}; near it are {', '.join(map(repr, near))}: "
            f"action_names() lists all {len(actions)}"
        )
    return actions[name]


def canonical_motion(action: str, frames: int) -> np.ndarray:
    """Return an action as the mean right-handed body performs it, without style, camera or noise.

    Args:
        action: One of `action_names()`.
        frames: T.

    Returns:
        Joint positions (T, 25, 3) in metres, layout "ntu-25".

    Raises:
        InputError: The action is unknown.

    Example:
        >>> from zeroskel.datasets.synthetic import canonical_motion
        >>> canonical_motion("squat", 50).shape
        (50, 25, 3)
    """
    if frames < 2:
        raise InputError(f"frames is {frames}; an action needs at least 2")
    values = get_action(action).values(np.linspace(0.0, 1.0, frames))
    return pose_body(MEAN_BODY, np.clip(values, LEAST, MOST))

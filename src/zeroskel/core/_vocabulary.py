"""The movement vocabulary: quantities that texts state and that motion is measured in."""

import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

import numpy as np

_SIGNED = "signed: "  # first word of the meaning of a quantity from -1 to 1
_FLOOR = 0.1  # added to the deviations that scale, so that a rare quantity does not outweigh the others
_OF_EVENTS = {  # rates and directions -> what has to take place, so that they are more than the absence of it once more
    **{name: name for name in ("hand_rate", "rate", "step_rate")},  # 0 where nothing repeats
    "hand_circle": "hand_curved",
    "lean_side": "trunk_leans",
    "travel_back": "travels",
    "turn_side": "turns",
}
_MIRRORED = ("arm_side", "hand_to_side", "hand_circle", "leg_side", "lean_side", "turn_side")


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Names and meanings of Q quantities, in the order of every vector of values.

    Args:
        groups: group ("arms", "legs", "trunk", "head", "posture", "whole") -> name of a quantity -> its meaning.
        usual: (Q,) mean over the actions that are written in the package.
        covariance: (Q, Q) over these actions.
    """

    groups: dict[str, dict[str, str]]
    usual: np.ndarray
    covariance: np.ndarray

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the names of the Q quantities."""
        return tuple(name for group in self.groups.values() for name in group)

    @cached_property
    def meanings(self) -> dict[str, str]:
        """Return the name of each quantity -> its meaning."""
        return {name: meaning for group in self.groups.values() for name, meaning in group.items()}

    @cached_property
    def signed(self) -> np.ndarray:
        """Return the mask (Q,) of the quantities whose values run from -1 to 1 instead of 0 to 1."""
        return np.array([meaning.startswith(_SIGNED) for meaning in self.meanings.values()])

    @cached_property
    def mirrored(self) -> np.ndarray:
        """Return the mask (Q,) of the quantities that change their sign when left and right are exchanged."""
        return np.isin(self.names, _MIRRORED)

    @cached_property
    def conditions(self) -> list[int]:
        """Return the position, among Q values and Q flags, of what has to be above 0 to know each quantity.

        It is the flag of the quantity itself, or the value of the event of which the quantity is a rate or a direction.
        """
        events = (_OF_EVENTS.get(name) for name in self.names)
        return [index + len(self) if event is None else self.index(event) for index, event in enumerate(events)]

    def index(self, name: str) -> int:
        """Return the position of a quantity in a vector of values."""
        return self._indices[name]

    def standardised(self, means: np.ndarray, deviations: np.ndarray) -> np.ndarray:
        """Return rows (N, 2 Q) for methods that compare directions, of means (N, Q) and their deviations (N, Q).

            [(a - m) / (s + 0.1), d / (s + 0.1)] / sqrt(Q)

        with means a, deviations d, and m and s the mean and deviation over written actions.
        """
        return np.concatenate([means - self.usual, deviations], axis=1) / self.scale

    @cached_property
    def deviations(self) -> np.ndarray:
        """Return the deviation (Q,) of each quantity over the written actions."""
        return np.sqrt(np.diag(self.covariance))

    @cached_property
    def scale(self) -> np.ndarray:
        """Return the divisors (2 Q) of `standardised`."""
        return np.tile(self.deviations + _FLOOR, 2) * np.sqrt(len(self))

    @cached_property
    def _indices(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.names)


@cache
def vocabulary() -> Vocabulary:
    """Return the movement vocabulary of the package."""
    folder = resources.files("zeroskel.resources") / "movements"
    groups = tomllib.loads((folder / "vocabulary.toml").read_text(encoding="utf-8"))
    with resources.as_file(folder / "prior.npz") as file, np.load(file, allow_pickle=False) as prior:
        return Vocabulary(groups, prior["mean"].astype(np.float64), prior["covariance"].astype(np.float64))

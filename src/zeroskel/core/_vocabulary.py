"""The movement vocabulary: quantities that texts state and that motion is measured in."""

import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

import numpy as np

_SIGNED = "signed: "  # first word of the meaning of a quantity from -1 to 1
_MIRRORED = ("arm_side", "hand_to_side", "hand_circle", "leg_side", "lean_side", "turn_side")


@dataclass(frozen=True)
class Vocabulary:
    """Names and meanings of Q quantities, in the order of every vector of values.

    Args:
        groups: group ("arms", "legs", "trunk", "head", "posture", "whole") -> name of a quantity -> its meaning.
    """

    groups: dict[str, dict[str, str]]

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

    def index(self, name: str) -> int:
        """Return the position of a quantity in a vector of values."""
        return self._indices[name]

    @cached_property
    def _indices(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.names)


@cache
def vocabulary() -> Vocabulary:
    """Return the movement vocabulary of the package."""
    file = resources.files("zeroskel.resources") / "movements" / "vocabulary.toml"
    return Vocabulary(tomllib.loads(file.read_text(encoding="utf-8")))

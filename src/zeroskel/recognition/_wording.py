"""The wording of explanations: phrases of the package, filled with sides, durations and amounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from zeroskel.core._files import resource_table

_PAIRED = ("hand", "arm", "elbow", "leg", "knee", "foot")
_PLURAL = {"foot": "feet"}

Side = str
"""Which of a pair of limbs: "left", "right" or "both"."""


@dataclass(frozen=True)
class Phrase:
    """Something worth saying.

    Args:
        weight: how telling it is, from 0 to 1.
        text: the words.
    """

    weight: float
    text: str


class LegLength(NamedTuple):
    """Length of a leg, by which amounts are said.

    Attributes:
        length: length in the unit.
        unit: "m", or "leg lengths" where metres are not known.
    """

    length: float
    unit: str


@cache
def phrase_table() -> Mapping[str, Any]:
    """Return the table of phrases: "shown" and "reasons"."""
    return resource_table("movement_phrases.toml")


def phrase(name: str, side: Side = "both", /, **parts: object) -> Phrase:
    """Return a phrase of what a motion shows.

    Args:
        name: name in the table "shown".
        side: side of the limbs that it names.
        parts: replacements of the other braces.
    """
    entry = phrase_table()["shown"][name]
    text = entry["say"].format(**named_limbs(side), **parts)
    return Phrase(entry["weight"], " ".join(text.split()).removesuffix(","))


def named_limbs(side: Side) -> dict[str, str]:
    """Return "hand" -> "right hand", "both hands" and so on for the limbs of a side."""
    if side == "both":
        return {limb: f"both {_PLURAL.get(limb, limb + 's')}" for limb in _PAIRED}
    return {limb: f"{side} {limb}" for limb in _PAIRED}


def banded(bands: Sequence[str | float], value: float) -> str:
    """Return the phrase for a value from phrases and the rising bounds between them, in turn."""
    chosen = str(bands[0])
    for bound, text in zip(bands[1::2], bands[2::2], strict=True):
        if value >= float(bound):
            chosen = str(text)
    return chosen


def in_order(phrases: Sequence[Phrase], most: int) -> tuple[str, ...]:
    """Return the texts of the `most` most telling phrases, the most telling first."""
    return tuple(each.text for each in sorted(phrases, key=lambda each: -each.weight)[:most])

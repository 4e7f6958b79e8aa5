"""Written movements: what the body does in everyday actions, as values of the movement vocabulary with certainties.

Each line of resources/movements/*.toml (except vocabulary.toml) is one action with its other wordings:

    "wave the right hand" = { also = ["wave with the right arm"], arms = "right", legs = "none", posture = "stands?",
                              hand_highest = 0.95, hand_repeats = 1, unsure = ["hand_highest"], open = ["speed"] }

`arms` and `legs` say which limbs act, `posture` the posture at the beginning, most of the time and at the end. The
quantities of a limb that is said to rest, and those of the trunk, head and whole body of an action with both limbs
given, are probably at rest. All else that is not mentioned is open.

`make words` compiles these files to written.npz, which is read at run time: in thousandths, which are exact.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core import InputError
from zeroskel.core._files import atomic_path
from zeroskel.core._vocabulary import vocabulary

STATED, LIKELY, RESTING, UNSURE, OPEN = 1.0, 0.7, 0.4, 0.35, 0.0
"""Certainties of a value: written; of a limb's part; of what an action leaves at rest; marked unsure; not stated."""

ARMS = ("none", "one", "left", "right", "both", "alternating", "two")  # two: both act, each in its own way
LEGS = ("none", "one", "left", "right", "both", "alternating")
POSTURES = ("stands", "sits", "crouches", "kneels", "lies")
_HEIGHT = {"lies": 0.0, "crouches": 0.25, "kneels": 0.35, "sits": 0.5, "stands": 1.0}  # of the hips
_HANGING = {"hand_highest": 0.4, "hand_lowest": 0.36, "hand_mostly": 0.37, "arm_moves": 0.12, "elbow_bent": 0.15}
_OTHER_ARM = {"other_arm_moves": 0.12, "other_hand_highest": 0.4, "other_hand_mostly": 0.37, "other_elbow_bent": 0.15}
_SAME_OF_OTHER = {
    "arm_moves": "other_arm_moves",
    "hand_highest": "other_hand_highest",
    "hand_mostly": "other_hand_mostly",
    "elbow_bent": "other_elbow_bent",
    "leg_moves": "other_leg_moves",
    "knee_bent": "other_knee_bent",
}
_UNUSUAL_OF_ARMS = (  # what arms that act do not do unless it is said
    "hand_at_head", "hand_at_torso", "hand_on_hip", "hand_at_leg", "hand_at_floor", "hands_together", "arms_crossed",
    "arms_spread", "hand_behind", "fine_hands", "draws", "lets_go", "hand_held", "hand_circle", "hand_curved",
)  # fmt: skip
_UNUSUAL_OF_LEGS = ("one_leg", "feet_apart", "leg_outward", "leg_backward", "leg_held")
_UNUSUAL_OF_WHOLE = (
    "hips_change", "sinks", "rises", "travels", "travel_back", "travel_sideways", "turns", "turn_side", "with_partner",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class WrittenMovement:
    """Movement of an action in numbers.

    Args:
        texts: wordings of the action; the first is its name.
        values: (Q,) values of the vocabulary.
        certainties: (Q,) from 0 (open) to 1 (stated).
        file: stem of the file in which the movement is written.
    """

    texts: tuple[str, ...]
    values: np.ndarray
    certainties: np.ndarray
    file: str = ""


@cache
def written_movements() -> tuple[WrittenMovement, ...]:
    """Return all movements that are written in the package, file by file."""
    with (_folder() / "written.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        lines = bytes(stored["texts"]).decode().split("\n")
        values, certainties = stored["values"] / 1000, stored["certainties"] / 1000
    texts = (line.split("\t") for line in lines)
    return tuple(
        WrittenMovement(tuple(wordings), value, certainty, file)
        for (file, *wordings), value, certainty in zip(texts, values, certainties, strict=True)
    )


def compiled_movements() -> tuple[WrittenMovement, ...]:
    """Return all movements of the files that people write, file by file."""
    movements = []
    for file in sorted(_folder().iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml") and file.name != "vocabulary.toml":
            for name, entry in tomllib.loads(file.read_text(encoding="utf-8")).items():
                movements.append(movement_of_entry(name, entry, file.name.removesuffix(".toml")))
    return tuple(movements)


def write_compiled() -> Path:
    """Replace the compiled movements of this installation by those of its files, and return the path."""
    movements = compiled_movements()
    lines = "\n".join("\t".join((movement.file, *movement.texts)) for movement in movements)
    values, certainties = (
        np.round([1000 * getattr(movement, name) for movement in movements]).astype(np.int16)
        for name in ("values", "certainties")
    )
    file = Path(str(_folder() / "written.npz"))
    with atomic_path(file) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(
            stream, texts=np.frombuffer(lines.encode(), np.uint8), values=values, certainties=certainties
        )
    written_movements.cache_clear()
    return file


def _folder() -> Any:
    return resources.files("zeroskel.resources") / "movements"


def movement_of_entry(name: str, entry: Mapping[str, Any], file: str = "") -> WrittenMovement:
    """Return the movement of one line of a file.

    Args:
        name: name of the action.
        entry: table of the line.
        file: stem of the file.

    Raises:
        InputError: if a word is not in the vocabulary or a value is out of range.
    """
    draft = _Draft(f"{file}: {name}", dict(entry))
    also = draft.entry.pop("also", [])
    return WrittenMovement((name, *also), *draft.finished(), file)


class _Draft:
    """Values and certainties of an entry while its words are applied, from general to specific."""

    def __init__(self, label: str, entry: dict[str, Any]) -> None:
        self.label, self.entry, self.words = label, entry, vocabulary()
        self.values, self.certainties = np.zeros(len(self.words)), np.zeros(len(self.words))

    def finished(self) -> tuple[np.ndarray, np.ndarray]:
        """Return values and certainties."""
        arms, legs = self._choice("arms", ARMS), self._choice("legs", LEGS)
        posture = self.entry.pop("posture", None)
        unsure, opened = self.entry.pop("unsure", []), self.entry.pop("open", [])
        unknown = {*self.entry, *unsure, *opened} - set(self.words.names)
        if unknown:
            raise InputError(f"{self.label}: {', '.join(sorted(unknown))} is not in the movement vocabulary")
        if arms:
            self._apply_arms(arms)
        if legs:
            self._apply_legs(legs)
        if arms and legs:
            self._put_all((*self.words.groups["trunk"], *self.words.groups["head"], *_UNUSUAL_OF_WHOLE), 0, RESTING)
        if posture is not None:
            self._apply_posture(posture)
        for name, value in self.entry.items():
            lowest = -1 if self.words.signed[self.words.index(name)] else 0
            if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= 1:
                raise InputError(f"{self.label}: {name} is {value!r}; expected a number from {lowest} to 1")
            self._put(name, value)
        self._apply_to_other("arm", arms in ("both", "alternating"))
        self._apply_to_other("leg", legs in ("both", "alternating"))
        for name in unsure:
            index = self.words.index(name)
            self.certainties[index] = min(self.certainties[index] or UNSURE, UNSURE)
        for name in opened:
            self.certainties[self.words.index(name)] = OPEN
        return self.values, self.certainties

    def _choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        value = self.entry.pop(name, None)
        if value is not None and value not in choices:
            raise InputError(f"{self.label}: {name} is {value!r}; expected one of {', '.join(choices)}")
        return value

    def _put(self, name: str, value: float, certainty: float = STATED) -> None:
        index = self.words.index(name)
        self.values[index], self.certainties[index] = value, certainty

    def _put_all(self, names: Any, value: float, certainty: float) -> None:
        for name in names:
            self._put(name, value, certainty)

    def _apply_arms(self, arms: str) -> None:
        self._put_all(_UNUSUAL_OF_ARMS, 0, RESTING)
        if arms == "none":
            self._put_all(self.words.groups["arms"], 0, RESTING)
            for name, value in (_HANGING | _OTHER_ARM).items():
                self._put(name, value, RESTING)
            self._put("arm_side", 0, RESTING / 4)
        elif arms in ("one", "left", "right"):
            for name, value in _OTHER_ARM.items():
                self._put(name, value, RESTING)
            self._put_all(("arms_alike", "arms_in_turn"), 0, STATED)
            self._put("hands_together", 0, LIKELY)
            if arms != "one":
                self._put("arm_side", 1 if arms == "right" else -1)
        else:
            self._put("arm_side", 0, LIKELY)
            self._put("arms_alike", float(arms == "both"), LIKELY)
            self._put("arms_in_turn", float(arms == "alternating"), LIKELY)

    def _apply_legs(self, legs: str) -> None:
        if legs == "none":
            self._put_all(self.words.groups["legs"], 0, RESTING)
            self._put_all(("knee_bent", "other_knee_bent"), 0, OPEN)
            self._put_all(("leg_moves", "other_leg_moves"), 0.05, LIKELY)
            self._put("legs_in_turn", 0, LIKELY)
            self._put("leg_side", 0, RESTING / 4)
            return
        self._put_all(_UNUSUAL_OF_LEGS, 0, RESTING)
        self._put("legs_in_turn", float(legs == "alternating"))
        self._put("legs_alike", float(legs == "both"))
        if legs in ("left", "right"):
            self._put("leg_side", 1 if legs == "right" else -1)
        elif legs != "one":
            self._put("leg_side", 0, LIKELY)
        if legs in ("one", "left", "right"):
            self._put_all(("other_leg_moves", "other_knee_bent"), 0.1, RESTING)
        if legs != "alternating":
            self._put("walks", 0, LIKELY)
            self._put("step_rate", 0, RESTING)

    def _apply_posture(self, text: str) -> None:
        """Apply "stands", "stands?" (likely), "stands>sits" or "stands>lies>stands"; "any" leaves a moment open."""
        moments = text.removesuffix("?").split(">")
        if len(moments) > 3 or not {*moments} <= {*POSTURES, "any"}:
            raise InputError(f"{self.label}: posture is {text!r}; expected up to three of {', '.join(POSTURES)}, any")
        certainty = UNSURE if text.endswith("?") else STATED
        start, end = moments[0], moments[-1]
        held = moments[1] if len(moments) == 3 else start if start == end else None
        edge = certainty if len(moments) > 1 else LIKELY * certainty
        for moment, posture, sure in (("start", start, edge), ("held", held, certainty), ("end", end, edge)):
            for name in POSTURES:
                if posture is None:
                    self._put(f"held_{name}", 0.5 if name in (start, end) else 0, RESTING)
                elif posture != "any":
                    self._put(f"{moment}_{name}", float(name == posture), sure)
        if start in _HEIGHT and end in _HEIGHT:
            self._put("hips_change", float(np.clip(1.5 * (_HEIGHT[end] - _HEIGHT[start]), -1, 1)), certainty)

    def _apply_to_other(self, limb: str, alike: bool) -> None:
        """Give the other limb the values that are written of the lead limb, if both act alike."""
        group = self.words.groups[f"{limb}s"]
        for name, other in _SAME_OF_OTHER.items():
            if alike and name in group and name in self.entry and other not in self.entry:
                self._put(other, self.entry[name], LIKELY)

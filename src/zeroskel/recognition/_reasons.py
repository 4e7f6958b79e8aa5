"""Reasons: what of the measured movement speaks for an action, and what against it, in words."""

from collections.abc import Mapping

import numpy as np

from zeroskel.core._vocabulary import vocabulary
from zeroskel.encoders import Movement
from zeroskel.recognition._bundle import Bundle
from zeroskel.recognition._wording import Phrase, Side, banded, in_order, named_limbs, phrase_table

_LEAST = 0.1  # log-odds; a smaller reason is not worth saying
_MOST = 4  # reasons for an action, and against it
_ONE_SIDED = 0.35  # of arm_side and leg_side, from which one limb acts


def measured_quantities(bundle: Bundle, features: np.ndarray) -> dict[str, float]:
    """Return the known quantities of one motion by name; empty where the encoder does not measure them.

    Args:
        bundle: bundle that encoded the motion.
        features: (1, D) features.
    """
    if not isinstance(bundle.encoder, Movement):
        return {}
    names = vocabulary().names
    values, known = features[0, : len(names)], features[0, len(names) : 2 * len(names)]
    return {name: float(value) for name, value, flag in zip(names, values, known, strict=True) if flag}


def reasons(quantities: Mapping[str, float], measured: Mapping[str, float]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what speaks for an action and what speaks against it, the strongest first.

    Args:
        quantities: quantity -> by how much it raises the log-odds of the action.
        measured: quantity -> measured value. A quantity that was not measured is not said.
    """
    sides = {"hand": _side(measured, "arm_side"), "leg": _side(measured, "leg_side")}
    speaks_for: list[Phrase] = []
    speaks_against: list[Phrase] = []
    for bands in phrase_table()["reasons"].values():
        amounts = {name: quantities[name] for name in bands if name in measured and name in quantities}
        total = sum(amounts.values())
        texts = {name: banded(bands[name], measured[name]) for name, part in amounts.items() if part * total > 0}
        texts = {name: text for name, text in texts.items() if text}
        if abs(total) < _LEAST or not texts:
            continue
        strongest = max(texts, key=lambda name: abs(amounts[name]))
        text = texts[strongest].format(**_limbs(sides))
        (speaks_for if total > 0 else speaks_against).append(Phrase(abs(total), text))
    return in_order(speaks_for, _MOST), in_order(speaks_against, _MOST)


def _side(measured: Mapping[str, float], quantity: str) -> Side | None:
    """Return which limb acts; None where it is not known."""
    if quantity not in measured:
        return None
    return "both" if abs(measured[quantity]) < _ONE_SIDED else "right" if measured[quantity] > 0 else "left"


def _limbs(sides: Mapping[str, Side | None]) -> dict[str, str]:
    """Return the words for the acting limbs; without a side where it is not known which one acts."""
    words = {}
    for limb in ("hand", "arm", "elbow", "leg", "knee", "foot"):
        side = sides["hand" if limb in ("hand", "arm", "elbow") else "leg"]
        words[limb] = limb if side is None else named_limbs(side)[limb]
    return words

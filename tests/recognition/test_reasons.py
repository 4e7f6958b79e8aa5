"""Reasons say in words which measured quantities speak for an action and against it."""

import re

import pytest

from zeroskel.core._vocabulary import vocabulary
from zeroskel.recognition._reasons import reasons
from zeroskel.recognition._wording import banded, named_limbs, phrase_table


def test_the_strongest_quantity_of_a_theme_is_said_once():
    measured = {"hand_highest": 1.0, "hand_mostly": 0.8, "arm_side": 1.0, "held_stands": 1.0}
    quantities = {"hand_highest": 1.0, "hand_mostly": 0.3, "held_stands": -0.7, "arm_side": 0.01}
    speaks_for, speaks_against = reasons(quantities, measured)
    assert speaks_for == ("right hand above the head",)
    assert speaks_against == ("standing most of the time",)


def test_what_was_not_measured_is_not_said():
    quantities = {"hand_highest": 1.0, "fine_hands": 2.0, "held_sits": 1.0}
    assert reasons(quantities, {}) == ((), ())
    assert reasons(quantities, {"hand_highest": 0.7}) == (("hand at the height of the shoulder",), ())


@pytest.mark.parametrize(("side", "words"), [(-0.9, "left hand low"), (0.9, "right hand low"), (0.0, "both hands low")])
def test_the_acting_limb_is_named(side, words):
    assert reasons({"hand_highest": 0.5}, {"hand_highest": 0.3, "arm_side": side})[0] == (words,)


def test_stronger_reasons_come_first_and_four_are_enough():
    measured = {name: 1.0 for name in ("hand_highest", "sinks", "walks", "turns", "held_sits")}
    quantities = {"hand_highest": 0.2, "sinks": 0.5, "walks": 0.3, "turns": 0.4, "held_sits": 0.6}
    assert reasons(quantities, measured)[0] == (
        "sitting most of the time",
        "hips sinking",
        "turning around",
        "stepping again and again",
    )


def test_the_table_of_reasons_names_measured_quantities_and_rising_bounds():
    names = [name for bands in phrase_table()["reasons"].values() for name in bands]
    assert len(names) == len(set(names))
    assert set(vocabulary().names) - set(names) == {"fine_hands", "draws", "lets_go", "with_partner"}
    assert set(names) <= set(vocabulary().names)
    for bands in phrase_table()["reasons"].values():
        for bounds in bands.values():
            assert bounds[1::2] == sorted(bounds[1::2])
            assert all(set(re.findall(r"\{(\w+)\}", text)) <= set(named_limbs("left")) for text in bounds[::2])


def test_a_band_begins_at_its_bound():
    bands = ["low", 0.3, "", 0.6, "high"]
    assert [banded(bands, value) for value in (0.29, 0.3, 0.59, 0.6)] == ["low", "", "", "high"]

"""Axes and units of people: turned and scaled where it is beyond doubt, and lying people stay lying."""

from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import SkeletonFormatError, get_layout
from zeroskel.datasets.synthetic import action_names, generate_sequence
from zeroskel.skeleton.inference._axes import TURNS, upright

FILE = Path("clip.csv")
NTU = get_layout("ntu-25")
UNITS = {"m": 1.0, "cm": 100.0, "mm": 1000.0, "inch": 1 / 0.0254, "dm": 10.0}

STANDING = {  # action -> seed of a person
    "squat": 0,
    "wave both hands": 1,
    "walk in place": 2,
    "sit down": 3,
    "touch the toes with both hands": 5,
}


def stored(joints: np.ndarray, up: str, unit: str = "m") -> np.ndarray:
    """Joints in metres, y up, as a file stores them with that axis and unit."""
    turn = TURNS[up] if joints.shape[-1] == 3 else TURNS[up][:2, :2]
    return (joints @ turn * UNITS.get(unit, 1.0)).astype(np.float32)


@pytest.mark.parametrize("up", ["y", "-y", "z", "-z"])
@pytest.mark.parametrize("unit", list(UNITS))
def test_a_standing_person_is_turned_and_scaled(up: str, unit: str) -> None:
    for action, seed in STANDING.items():
        joints = generate_sequence(action, seed).joints
        result = upright(stored(joints, up, unit), NTU, None, None, FILE)
        assert (result.up, result.unit, result.inferred) == (up, unit, ("unit", "up"))
        np.testing.assert_allclose(result.joints, joints, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("up", ["y", "-y", "z", "-z"])
def test_every_synthetic_action_is_turned(up: str) -> None:
    wrong = [
        action
        for seed, action in enumerate(action_names())
        if upright(stored(generate_sequence(action, seed).joints, up, "mm"), NTU, None, None, FILE).up != up
    ]
    assert not wrong


def test_what_is_stated_is_obeyed() -> None:
    joints = generate_sequence("squat", 0).joints
    result = upright(joints, NTU, "z", "cm", FILE)
    assert (result.up, result.unit, result.inferred) == ("z", "cm", ())
    np.testing.assert_allclose(result.joints, joints @ TURNS["z"].T * 0.01, atol=1e-6)


@pytest.mark.parametrize("factor", [0.15, 4.0, 1e5])
def test_people_of_no_possible_size_are_asked_about(factor: float) -> None:
    with pytest.raises(SkeletonFormatError, match=r"clip\.csv: found people about .* expected .*--unit"):
        upright(generate_sequence("squat", 0).joints * factor, NTU, None, None, FILE)


def test_a_declared_unit_is_corrected_where_it_makes_giants() -> None:
    joints = generate_sequence("squat", 0).joints
    result = upright(joints * 1000, NTU, "y", None, FILE, declared_unit="m")
    assert result.unit == "mm" and "the file says m" in result.notes[0]
    np.testing.assert_allclose(result.joints, joints, atol=1e-4)
    assert upright(joints, NTU, "y", None, FILE, declared_unit="m").inferred == ()

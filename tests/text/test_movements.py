"""Written movements say exactly what their words imply, and leave open what the words do not say."""

import numpy as np
import pytest

from zeroskel.core import InputError
from zeroskel.core._vocabulary import vocabulary
from zeroskel.text._movement_prior import complete, fit_prior, prior_of_written_movements
from zeroskel.text._movements import STATED, compiled_movements, movement_of_entry, written_movements


def said(entry):
    """Return name of a quantity -> (value, certainty) of an entry, for quantities that are not open."""
    movement = movement_of_entry("an action", entry)
    pairs = zip(movement.values.tolist(), movement.certainties.tolist(), strict=True)
    return {name: pair for name, pair in zip(vocabulary().names, pairs, strict=True) if pair[1]}


def test_a_posture_alone_leaves_the_limbs_open():
    sitting = said({"posture": "sits"})
    assert sitting["held_sits"] == (1.0, STATED)
    assert sitting["held_stands"] == (0.0, STATED)
    assert not {"arm_moves", "leg_moves", "trunk_bends"} & set(sitting)


def test_one_side_says_which_arm_and_that_the_other_one_probably_rests():
    right = said({"arms": "right", "arm_moves": 0.6})
    assert right["arm_side"] == (1.0, STATED)
    assert said({"arms": "left"})["arm_side"] == (-1.0, STATED)
    assert "arm_side" not in said({"arms": "one"})
    assert right["other_arm_moves"][0] < 0.2 and right["other_arm_moves"][1] < STATED


def test_arms_that_act_alike_give_the_other_arm_the_same_values():
    both = said({"arms": "both", "hand_highest": 0.9})
    assert both["other_hand_highest"][0] == both["hand_highest"][0] == 0.9


def test_sitting_down_ends_lower_than_it_begins():
    down = said({"posture": "stands>sits"})
    assert down["start_stands"][0] == down["end_sits"][0] == 1
    assert down["hips_change"][0] < 0


def test_open_and_unsure_lower_the_certainty():
    entry = said(
        {"arms": "right", "hand_highest": 0.9, "hand_speed": 0.5, "unsure": ["hand_highest"], "open": ["hand_speed"]}
    )
    assert 0 < entry["hand_highest"][1] < STATED
    assert "hand_speed" not in entry


@pytest.mark.parametrize(
    "entry",
    [{"arms": "three"}, {"posture": "stands>flies"}, {"hand_heighest": 1}, {"hand_highest": 1.5}, {"speed": -0.5}],
    ids=str,
)
def test_a_word_or_value_outside_the_vocabulary_is_refused(entry):
    with pytest.raises(InputError, match="an action"):
        movement_of_entry("an action", entry)


def test_the_package_has_written_movements_of_more_than_1500_actions_with_other_wordings():
    movements = written_movements()
    assert len(movements) > 1500
    assert np.mean([len(movement.texts) for movement in movements]) > 3
    by_name = {movement.texts[0]: movement for movement in movements}
    sides = {name for name in by_name if " right " in name and " left " not in name}
    index = vocabulary().index("arm_side")
    for name in sides & {name.replace(" left ", " right ") for name in by_name if " right " not in name}:
        right, left = by_name[name], by_name[name.replace(" right ", " left ")]
        assert right.values[index] * right.certainties[index] == pytest.approx(
            -left.values[index] * left.certainties[index]
        )


def test_the_compiled_movements_are_those_of_the_files():
    for movement, written in zip(written_movements(), compiled_movements(), strict=True):
        assert (movement.texts, movement.file) == (written.texts, written.file)
        np.testing.assert_allclose(
            movement.values, written.values, atol=1e-9, err_msg=f"{movement.texts[0]}: make words"
        )
        np.testing.assert_allclose(movement.certainties, written.certainties, atol=1e-9)


def test_what_is_open_is_filled_in_from_what_is_usual_and_unsurely():
    words = vocabulary()
    sitting = movement_of_entry("sitting", {"posture": "sits"})
    means, deviations = complete(sitting.values[None], sitting.certainties[None])
    held, walks = words.index("held_sits"), words.index("walks")
    assert means[0, held] > 0.9 and deviations[0, held] < 0.15
    assert means[0, walks] < words.usual[walks] + 0.05  # nobody walks who sits
    nothing = complete(np.zeros((1, len(words))), np.zeros((1, len(words))))
    assert np.allclose(nothing[0], words.usual) and np.allclose(nothing[1], words.deviations, atol=1e-6)


def test_the_prior_finds_the_mean_and_covariance_of_stated_values():
    rng = np.random.default_rng(0)
    actions = rng.normal(size=(400, 2)) @ np.array([[0.5, 0.4], [0, 0.3]]) + [0.2, -0.1]
    certainties = np.where(rng.random((400, 2)) < 0.3, 0.0, 1.0)
    mean, covariance = fit_prior(actions, certainties)
    assert np.allclose(mean, [0.2, -0.1], atol=0.06)
    assert np.allclose(covariance, np.cov(actions.T), atol=0.06)


@pytest.mark.slow("thousands of written movements are compiled")
def test_the_prior_of_the_package_is_that_of_its_written_movements():
    mean, covariance = prior_of_written_movements()
    np.testing.assert_allclose(vocabulary().usual, mean, atol=1e-5)
    np.testing.assert_allclose(vocabulary().covariance, covariance, atol=1e-5)


@pytest.mark.parametrize("name", ["arms_in_turn", "hand_circle"])
def test_a_rare_quantity_that_is_stated_keeps_most_of_its_value(name):
    words = vocabulary()
    values = np.zeros((1, len(words)))
    values[0, words.index(name)] = 1
    means, _ = complete(values, values)
    assert means[0, words.index(name)] > 0.6

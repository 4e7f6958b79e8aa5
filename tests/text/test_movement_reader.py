"""Tests of the reader of words, and of the generated sentences that it learns from."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import InputError
from zeroskel.core._vocabulary import vocabulary
from zeroskel.text._movement_reader import (
    MovementNetwork,
    left_first,
    mirrored_text,
    mirrored_values,
    read_movements,
    token_states,
)
from zeroskel.text._movements import movement_of_entry, written_movements
from zeroskel.text._phrases import generated_movements, inflected

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "movement_reader.py"


def value(text: str, name: str) -> float:
    return float(read_movements([text])[0][0, vocabulary().index(name)])


def test_a_written_wording_has_its_written_numbers():
    movement = written_movements()[0]
    values, certainties = read_movements([movement.texts[0], f"  {movement.texts[-1].upper()}."])
    assert np.array_equal(values, np.stack([movement.values] * 2))
    assert np.array_equal(certainties, np.stack([movement.certainties] * 2))


def test_written_movements_can_be_withheld():
    name = written_movements()[0].texts[0]
    values, _ = read_movements([name], without=[name.upper()])
    assert not np.array_equal(values[0], written_movements()[0].values)


def test_missing_weights_are_refused(tmp_path):
    with pytest.raises(InputError, match="make reader"):
        read_movements(["zip up the tent"], weights=tmp_path / "none.safetensors")


def test_values_are_in_range():
    values, certainties = read_movements(["polish the left shoe with a brush", "juggling three plates", "xyzzy"])
    lowest = np.where(vocabulary().signed, -1, 0)
    assert (lowest <= values).all() and (values <= 1).all()
    assert ((certainties >= 0) & (certainties <= 1)).all()


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("the lady is lifting just her right arm to the front", 1),
        ("the lady is lifting just her left arm to the front", -1),
        ("not the left hand but the right hand is waved by the boy", 1),
        ("the right arm hangs down while the boy boxes with the left arm", -1),
        ("the boy lets the left arm rest and waves with the right hand", 1),
        ("the boy raises both arms above his head", 0),
    ],
)
def test_the_side_of_the_arm_is_read(text, side):
    assert value(text, "arm_side") == pytest.approx(side, abs=0.5)


@pytest.mark.parametrize(("side", "sign"), [("left", -1), ("right", 1)])
def test_sides_of_an_arm_and_a_leg_are_told_apart(side, sign):
    other = "right" if side == "left" else "left"
    text = f"the boy raises the {other} arm and kicks with the {side} leg"
    assert value(text, "leg_side") == pytest.approx(sign, abs=0.5)
    assert value(text, "arm_side") == pytest.approx(-sign, abs=0.5)


@pytest.mark.parametrize(
    ("text", "posture"),
    [
        ("the boy claps while sitting on a chair", "held_sits"),
        ("the boy is not sitting but standing", "held_stands"),
        ("the boy raises one hand while lying on the back", "held_lies"),
    ],
)
def test_the_posture_is_read(text, posture):
    assert value(text, posture) > 0.5


def test_mirrored_texts_have_mirrored_values():
    texts = ["turning the left wrist clockwise, not the right one", "the left foot draws a small ring"]
    values, certainties = read_movements(texts)
    mirrored, same = read_movements([mirrored_text(text) for text in texts])
    assert np.array_equal(mirrored, mirrored_values(values))
    assert np.array_equal(same, certainties)


def test_mirroring_changes_sides_and_senses_of_rotation_only():
    text = "stand upright, circle the right hand counter-clockwise to the left"
    assert mirrored_text(text) == "stand upright, circle the left hand clockwise to the right"
    assert left_first(text) == (mirrored_text(text), True)
    assert left_first("stand upright") == ("stand upright", False)


@pytest.mark.parametrize("texts", ["one string", ["sit down", "  "]])
def test_texts_that_are_no_texts_are_refused(texts):
    with pytest.raises(InputError):
        read_movements(texts)


def test_the_training_network_and_the_shipped_one_agree():
    torch = pytest.importorskip("torch")
    specification = importlib.util.spec_from_file_location("movement_reader_benchmark", BENCHMARK)
    benchmark = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(benchmark)
    network = benchmark.Network().eval()
    tokens = token_states(["lift the left arm slowly"])[0]
    with torch.inference_mode():
        values, logits = network(torch.from_numpy(tokens)[None], torch.ones(1, len(tokens), dtype=torch.bool))
    weights = {name: weight.numpy() for name, weight in network.state_dict().items()}
    read, certainties = MovementNetwork(weights).read(tokens)
    assert np.allclose(read, values[0].numpy(), atol=1e-4)
    assert np.allclose(certainties, torch.sigmoid(logits)[0].numpy(), atol=1e-4)


def test_generated_sentences_differ_and_are_repeatable():
    movements = generated_movements(300, seed=3)
    texts = [movement.texts[0] for movement in movements]
    assert len(set(texts)) == 300
    assert texts == [movement.texts[0] for movement in generated_movements(300, seed=3)]
    assert not any(mark in text for text in texts for mark in "[]{}")


def test_withheld_sentences_are_not_among_the_known_ones():
    known = {movement.texts[0] for movement in generated_movements(3000, seed=0)}
    assert known.isdisjoint(movement.texts[0] for movement in generated_movements(300, seed=0, wordings="withheld"))


def test_a_generated_side_is_the_side_that_its_sentence_says():
    index = vocabulary().index("arm_side")
    for movement in generated_movements(500, seed=1):
        sides = {side for side in ("left", "right") if f"{side} arm" in movement.texts[0]}
        if "leg" not in movement.texts[0] and sides == {"right"} and movement.values[index] == -1:
            assert "hand" in movement.texts[0] or "foot" in movement.texts[0]


def test_verbs_are_inflected():
    assert inflected("[put] {hand} down and [stretch]", "doing") == "putting {hand} down and stretching"
    assert inflected("[go] and [carry]", "does") == "goes and carries"


def test_numbers_of_a_generated_entry_are_those_of_the_written_format():
    movement = movement_of_entry("wave", {"arms": "right", "legs": "none", "hand_repeats": 1})
    assert movement.values[vocabulary().index("arm_side")] == 1


@pytest.mark.parametrize("spelling", ["counter-clockwise", "counter clockwise", "anticlockwise", "anti-clockwise"])
def test_every_spelling_of_counterclockwise_is_the_mirror_image_of_clockwise(spelling):
    texts = [f"draw a large ring {way}, as the person sees it" for way in ("clockwise", spelling)]
    values, certainties = read_movements(texts)
    np.testing.assert_array_equal(values[1], mirrored_values(values[0]))
    np.testing.assert_array_equal(certainties[1], certainties[0])


@pytest.mark.parametrize(
    "text", ["one fist flies forward quickly", "a leg is lifted out to the side", "an arm goes round"]
)
def test_a_text_that_names_no_side_states_none(text):
    values, certainties = read_movements([text])
    mirrored = vocabulary().mirrored
    assert (values[0, mirrored] == 0).all()
    assert certainties[0, [vocabulary().index(name) for name in ("arm_side", "leg_side")]].max() < 0.4


def test_a_text_that_names_both_hands_states_that_no_side_acts_alone():
    values, certainties = read_movements(["both fists fly forward at the same time"])
    side = vocabulary().index("arm_side")
    assert values[0, side] == 0 and certainties[0, side] > 0.5


def test_left_and_right_joined_by_and_are_both():
    alike, side = vocabulary().index("arms_alike"), vocabulary().index("arm_side")
    values, certainties = read_movements(["somebody lifts the left and the right hand", "somebody lifts both hands"])
    np.testing.assert_array_equal(values[0], values[1])
    assert values[0, alike] > 0.7 and abs(values[0, side] * certainties[0, side]) < 0.2
    mixed, _ = read_movements(["somebody lifts the left hand and the right foot"])
    assert mixed[0, side] < -0.5

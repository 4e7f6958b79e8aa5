"""The prompt "movement": what names and sentences say, in numbers."""

import numpy as np
import pytest

from zeroskel.core._vocabulary import vocabulary
from zeroskel.text import SentenceEncoder, block_widths, class_embeddings, class_texts
from zeroskel.text._movement_reader import is_written, movements_without
from zeroskel.text._movement_texts import _combined, movement_texts, various_actions
from zeroskel.text._movements import written_movements

WORDS = vocabulary()


def means(name, descriptions=None):
    (text,) = class_texts([name], "movement", descriptions or {})
    return dict(zip(WORDS.names, text.numbers[0][: len(WORDS)], strict=True))


def deviations(name, descriptions=None):
    (text,) = class_texts([name], "movement", descriptions or {})
    return dict(zip(WORDS.names, text.numbers[0][len(WORDS) :], strict=True))


def test_a_written_name_has_its_numbers_and_its_mirror_image_the_mirrored_ones():
    right, left = means("wave the right hand"), means("wave the left hand")
    assert right["arm_side"] > 0.9 and left["arm_side"] < -0.9
    assert right["hand_repeats"] == pytest.approx(left["hand_repeats"], abs=0.02)


def test_what_a_name_leaves_open_has_a_wide_deviation():
    spread = deviations("sitting")
    usual = dict(zip(WORDS.names, WORDS.deviations, strict=True))
    assert spread["held_sits"] < usual["held_sits"] / 2
    assert spread["arm_moves"] > 0.7 * usual["arm_moves"]


def test_a_sentence_adds_to_a_name_that_says_little():
    spread = (
        deviations("exercise 12"),
        deviations("exercise 12", {"exercise 12": ["raise the left arm above the head"]}),
    )
    assert spread[1]["arm_side"] < spread[0]["arm_side"]
    assert means("exercise 12", {"exercise 12": ["raise the left arm above the head"]})["arm_side"] < -0.5


def test_a_published_sentence_does_not_replace_what_is_written():
    assert class_texts(["clap hands"], "movement")[0].texts == (("clap hands",),)


def test_the_embedding_is_a_block_like_any_other():
    texts = class_texts(["squat", "clap hands"], "movement+name")
    assert block_widths(SentenceEncoder(), texts) == [2 * len(WORDS), 384]
    embeddings = class_embeddings(SentenceEncoder(), texts)
    alone = class_embeddings(SentenceEncoder(), class_texts(["squat", "clap hands"], "movement"))
    np.testing.assert_allclose(embeddings[:, : 2 * len(WORDS)], alone / np.sqrt(2), rtol=1e-5)


def test_what_two_texts_state_alike_is_surer_and_what_one_leaves_open_is_not_lost():
    values = np.array([[0.8, 0.2, 0.5], [0.8, 0.9, 0.5]])
    certainties = np.array([[0.6, 0.7, 0.0], [0.6, 0.0, 0.0]])
    together, certainty = _combined(values, certainties, np.array([False, False]))
    np.testing.assert_allclose(together[:2], [0.8, 0.2])
    assert certainty[0] > 0.65 and certainty[1] == pytest.approx(0.7) and certainty[2] == 0


def test_a_text_that_states_nothing_changes_nothing():
    values, certainties = np.array([[0.8], [0.1]]), np.array([[0.6], [0.0]])
    alone = _combined(values[:1], certainties[:1], np.array([True]))
    np.testing.assert_allclose(_combined(values, certainties, np.array([True, True])), alone)
    np.testing.assert_allclose(alone, ([0.8], [0.6]))


def test_a_written_value_counts_more_than_a_read_one():
    values, certainties = np.array([[1.0], [0.0]]), np.ones((2, 1))
    assert _combined(values, certainties, np.array([False, True]))[0] > 0.6
    assert _combined(values, certainties, np.array([False, False]))[0] == pytest.approx(0.5)


def test_withheld_names_are_read_like_the_words_of_a_user():
    (written,), (read,) = (movement_texts(["clap hands"], {}, without=without) for without in ((), ["clap hands"]))
    assert written.numbers != read.numbers
    assert movement_texts(["clap hands"], {}, without=["squat"])[0] == written


def test_various_actions_are_written_differ_and_are_none_of_the_excluded():
    names = various_actions(40, ["sit down", "Wave the left hand."])
    assert 30 <= len(set(names)) == len(names) <= 40 and all(is_written(name) for name in names)
    excluded = {text for movement in written_movements() if "sit down" in movement.texts for text in movement.texts}
    assert excluded and not excluded & set(names)
    without = movements_without(["wave the left hand"])
    assert "wave the right hand" not in {text for movement in without for text in movement.texts}

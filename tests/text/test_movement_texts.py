"""The prompt "movement": what names and sentences say, in numbers."""

import numpy as np
import pytest

from zeroskel.core._vocabulary import vocabulary
from zeroskel.text import SentenceEncoder, block_widths, class_embeddings, class_texts

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

"""Facts of class texts and class embeddings."""

from collections.abc import Sequence

import numpy as np
import pytest

from zeroskel.core import ClassText, InputError
from zeroskel.core._files import content_key
from zeroskel.text import (
    SentenceEncoder,
    _aspects,
    aspect_names,
    block_widths,
    class_embeddings,
    class_texts,
    prompt_names,
    published_descriptions,
)
from zeroskel.text._descriptions import FIELDS, WORDS

NAMES = ["drink water", "wave"]
FULL = {name: {field: f"{field} of {name}" for field in (*FIELDS, *WORDS)} for name in NAMES}
DESCRIPTIONS = {"drink water": ["lift a cup", "tilt the head"], "wave": ["move the raised hand"]}


class LetterEncoder:
    """Encoder that counts letters, L2-normalised, so that a reader can follow the numbers."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        counts = np.array([[text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts])
        return (counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32)


def all_texts(class_names: Sequence[str], *arguments) -> list[list[str]]:
    return [text.all_texts for text in class_texts(class_names, *arguments)]


def embed(class_names: Sequence[str], *arguments) -> np.ndarray:
    return class_embeddings(LetterEncoder(), class_texts(class_names, *arguments))


def test_the_name_is_the_default_text() -> None:
    assert class_texts(NAMES) == [ClassText(name, ((name,),)) for name in NAMES]


@pytest.mark.parametrize("prompt", prompt_names())
def test_every_prompt_gives_every_class_texts_without_braces(prompt: str) -> None:
    for name, texts in zip(NAMES, all_texts(NAMES, prompt, FULL), strict=True):
        assert texts
        assert not any("{" in text or "}" in text for text in texts)
        assert all(name in text for text in texts)


def test_an_ensemble_has_more_than_one_text_a_class() -> None:
    assert len(all_texts(NAMES, "ensemble")[0]) > 1


def test_a_template_is_filled() -> None:
    assert all_texts(NAMES, "to {name}") == [["to drink water"], ["to wave"]]


def test_each_description_makes_a_text() -> None:
    assert all_texts(NAMES, "{name}: {description}", DESCRIPTIONS) == [
        ["drink water: lift a cup", "drink water: tilt the head"],
        ["wave: move the raised hand"],
    ]


def test_a_prompt_without_description_needs_none() -> None:
    assert class_texts(NAMES, "name", {}) == class_texts(NAMES, "name", DESCRIPTIONS)


def test_classes_without_a_description_are_named() -> None:
    with pytest.raises(InputError, match="none for wave"):
        class_texts(NAMES, "description", {"drink water": ["lift a cup"], "wave": []})
    with pytest.raises(InputError, match="and others"):
        class_texts([f"class {i}" for i in range(9)], "description")


@pytest.mark.parametrize("prompt", ["poem", "name+poem"])
def test_an_unknown_prompt_is_refused_with_the_known_ones(prompt: str) -> None:
    with pytest.raises(InputError, match=rf"Unknown prompt '{prompt.replace('+', '[+]')}'.*ensemble.*joined by \+"):
        class_texts(NAMES, prompt)


def test_class_embeddings_are_normalised_means() -> None:
    embeddings = class_embeddings(LetterEncoder(), [ClassText("1", (("ab", "b"),)), ClassText("2", (("c",),))])
    assert embeddings.dtype == np.float32
    expected = np.array([np.sqrt(0.5), np.sqrt(0.5) + 1])
    np.testing.assert_allclose(embeddings[0, :2], expected / np.linalg.norm(expected), rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, rtol=1e-6)
    assert embeddings[1, 2] == 1


def test_one_text_a_class_keeps_the_embedding_of_the_encoder() -> None:
    np.testing.assert_allclose(embed(NAMES), LetterEncoder().encode(NAMES), rtol=1e-6)


def test_the_order_of_the_texts_of_a_class_does_not_matter() -> None:
    first = class_embeddings(LetterEncoder(), [ClassText("1", (("ab", "b", "cd"),))])
    second = class_embeddings(LetterEncoder(), [ClassText("1", (("cd", "ab", "b"),))])
    np.testing.assert_allclose(first, second, rtol=1e-6)


def test_names_joined_by_plus_give_a_block_each() -> None:
    texts = class_texts(NAMES, "name+description+phases", FULL)
    for block, prompt in enumerate(("name", "description", "phases")):
        assert [list(of_class.texts[block]) for of_class in texts] == all_texts(NAMES, prompt, FULL)
    assert [of_class.numbers for of_class in texts] == [(None, None, None)] * 2


def test_block_embeddings_are_those_of_the_single_prompts_scaled_to_length_one() -> None:
    prompts = ("ensemble", "description", "phases")
    whole = embed(NAMES, "+".join(prompts), FULL)
    single = [embed(NAMES, prompt, FULL) for prompt in prompts]
    assert (whole.shape, whole.dtype) == ((2, 3 * 26), np.float32)
    np.testing.assert_allclose(whole, np.concatenate(single, axis=1) / np.sqrt(3), rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(whole, axis=1), 1, rtol=1e-6)


def test_blocks_follow_the_order_of_the_prompts_and_stay_with_their_class() -> None:
    embeddings = embed(NAMES, "name+phases", FULL)
    np.testing.assert_allclose(embeddings, np.roll(embed(NAMES, "phases+name", FULL), 26, axis=1), rtol=1e-6)
    np.testing.assert_array_equal(embed(NAMES[::-1], "name+phases", FULL), embeddings[::-1])


def test_blocks_may_have_different_numbers_of_texts_a_class() -> None:
    texts = class_texts(NAMES, "name+description", DESCRIPTIONS)
    assert [[len(block) for block in of_class.texts] for of_class in texts] == [[1, 2], [1, 1]]
    expected = embed(NAMES, "description", DESCRIPTIONS) / np.sqrt(2)
    np.testing.assert_allclose(class_embeddings(LetterEncoder(), texts)[:, 26:], expected, rtol=1e-6)


def test_a_template_keeps_its_plus() -> None:
    assert all_texts(["wave"], "{name}+name") == [["wave+name"]]
    assert all_texts(["wave"], "name + {name}") == [["name + wave"]]


def test_a_block_without_its_description_is_refused() -> None:
    with pytest.raises(InputError, match="'phases' needs beginning, end, middle of every class; there is none for"):
        class_texts(NAMES, "name+phases", {})


@pytest.mark.parametrize("texts", [[], [ClassText("a", (("a",),)), ClassText("b", (("a",), ("b",)))]])
def test_classes_of_different_numbers_of_blocks_have_no_embedding(texts: list[ClassText]) -> None:
    with pytest.raises(InputError, match="one or more classes with equal numbers of blocks"):
        class_embeddings(LetterEncoder(), texts)


def test_aspects_are_one_block_of_numbers() -> None:
    squat, juggle = class_texts(["squat", "juggle"], "aspects", {"juggle": {"sentence": "Balls fly."}})
    np.testing.assert_array_equal(squat.numbers[0], _aspects.known_aspects()["squat"])
    assert juggle == ClassText("juggle", (("juggle: Balls fly.",),), ((),))
    assert squat.has_numbers
    assert juggle.has_numbers
    np.testing.assert_array_equal(
        class_embeddings(LetterEncoder(), [squat] * 2), _aspects.aspect_embeddings(LetterEncoder(), [squat] * 2)
    )


def test_aspects_need_no_descriptions_and_use_the_published_ones_by_default() -> None:
    assert all_texts(["juggle"], "aspects", {}) == all_texts(["juggle"], "aspects") == [["juggle"]]


def test_other_numbers_make_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {prompt: all_texts(["squat", "walk"], prompt) for prompt in ("aspects", "aspects+best")}
    values = {name: values.copy() for name, values in _aspects.known_aspects().items()}
    values["squat"][-1] += 0.05
    monkeypatch.setattr(_aspects, "known_aspects", lambda: values)
    for prompt, before in texts.items():
        after = all_texts(["squat", "walk"], prompt)
        assert content_key(after) != content_key(before)
        assert content_key(after[1]) == content_key(before[1])


def test_best_is_everything_of_a_described_class_and_the_ensemble_of_another() -> None:
    names = ["wave", "juggle", "drink water"]
    texts = class_texts(names, "best", FULL)
    assert texts[::2] == class_texts(names[::2], "everything", FULL)
    assert texts[1:2] == class_texts(["juggle"], "ensemble")
    assert class_texts(NAMES, "best", FULL) == class_texts(NAMES, "everything", FULL)
    words = {"juggle": {"verb": "juggle", "noun": "balls"}}  # fewer fields than "everything" uses
    assert class_texts(["juggle"], "best", words) == class_texts(["juggle"], "ensemble")


def test_best_uses_plain_sentences_where_there_are_no_fields() -> None:
    assert class_texts(NAMES, "best", DESCRIPTIONS) == class_texts(NAMES, "described", DESCRIPTIONS)


def test_best_describes_published_classes_without_being_given_descriptions() -> None:
    assert class_texts(["Wear jacket"], "best") == class_texts(["Wear jacket"], "everything")


def test_aspects_and_best_are_two_blocks_of_their_own_widths() -> None:
    names = ["squat", "walk", "squat twice"]  # the last has aspects, and no description
    assert block_widths(LetterEncoder(), class_texts(names, "aspects+best")) == [len(aspect_names()), 26]
    whole = embed(names, "aspects+best")
    expected = np.concatenate([embed(names, "aspects"), embed(names, "best")], axis=1) / np.sqrt(2)
    np.testing.assert_allclose(whole, expected, rtol=1e-6)


def test_block_widths_are_those_of_the_embedding() -> None:
    assert block_widths(LetterEncoder(), class_texts(NAMES)) == []
    assert block_widths(LetterEncoder(), class_texts(["squat"], "aspects")) == []
    assert block_widths(LetterEncoder(), class_texts(NAMES, "name+phases+name", FULL)) == [26, 26, 26]


@pytest.mark.parametrize(
    ("prompt", "key"),
    [
        ("name", "b82750c8d957c0df3b51d25f"),
        ("ensemble", "aafeed685fb38f16b0a84d2b"),
        ("aspects", "04e17c4c7cf395bc707c365d"),
        ("aspects+best", "19d43c11a76f610b8f76f961"),
        ("best", "c1590fa1a6a755b2cdbf8260"),
        ("name+person", "41e495c5e8933a036287bf59"),
        ("{name}!", "92094c7b6efc6516ecb0cfb9"),
    ],
)
def test_keys_of_texts_are_those_of_results_of_version_0_1_0(prompt: str, key: str) -> None:
    """Results folders and caches find a cell by this key."""
    names = ["drink water", "wave both hands", "juggle", "squat", "put on jacket"]
    assert content_key(all_texts(names, prompt, published_descriptions("ntu60"))) == key


def test_verb_and_noun_are_two_blocks_of_a_sentence_encoder() -> None:
    embeddings = class_embeddings(SentenceEncoder(), class_texts(["put on jacket", "take off jacket"], "verb+noun"))
    assert embeddings.shape == (2, 2 * 384)
    np.testing.assert_array_equal(embeddings[0, 384:], embeddings[1, 384:])
    assert np.abs(embeddings[0, :384] - embeddings[1, :384]).max() > 0.01

"""Facts of class texts and class embeddings."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import InputError, MissingFileError
from zeroskel.core.files import content_key
from zeroskel.text import (
    AspectText,
    BlockTexts,
    aspect_embeddings,
    aspect_names,
    aspects,
    block_widths,
    class_embeddings,
    class_texts,
    needs_descriptions,
    prompt_names,
    read_descriptions,
)
from zeroskel.text.descriptions import FIELDS, WORDS

NAMES = ["drink water", "wave"]
FULL = {name: {field: f"{field} of {name}" for field in (*FIELDS, *WORDS)} for name in NAMES}
DESCRIPTIONS = {"drink water": ["lift a cup", "tilt the head"], "wave": ["move the raised hand"]}


class LetterEncoder:
    """Counts of letters, L2-normalised: an encoder that a reader can follow."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        counts = np.array([[text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts])
        return (counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32)


def test_the_name_is_the_default_text() -> None:
    assert class_texts(NAMES) == [["drink water"], ["wave"]]


@pytest.mark.parametrize("prompt", prompt_names())
def test_every_prompt_gives_every_class_texts_without_braces(prompt: str) -> None:
    for name, texts in zip(NAMES, class_texts(NAMES, prompt, FULL), strict=True):
        assert texts
        assert not any("{" in text or "}" in text for text in texts)
        assert all(name in text for text in texts)


def test_an_ensemble_has_several_texts_a_class() -> None:
    assert len(class_texts(NAMES, "ensemble")[0]) > 1


def test_a_template_of_ones_own_is_filled() -> None:
    assert class_texts(NAMES, "to {name}") == [["to drink water"], ["to wave"]]


def test_each_description_makes_a_text() -> None:
    assert class_texts(NAMES, "{name}: {description}", DESCRIPTIONS) == [
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


def test_an_unknown_prompt_is_told_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'poem'.*ensemble"):
        class_texts(NAMES, "poem")


def test_class_embeddings_are_normalised_means() -> None:
    texts = [["ab", "b"], ["c"]]
    embeddings = class_embeddings(LetterEncoder(), texts)
    assert embeddings.dtype == np.float32
    expected = np.array([np.sqrt(0.5), np.sqrt(0.5) + 1])
    np.testing.assert_allclose(embeddings[0, :2], expected / np.linalg.norm(expected), rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, rtol=1e-6)
    assert embeddings[1, 2] == 1


def test_one_text_a_class_keeps_the_encoder_s_embedding() -> None:
    embeddings = class_embeddings(LetterEncoder(), class_texts(NAMES))
    np.testing.assert_allclose(embeddings, LetterEncoder().encode(NAMES), rtol=1e-6)


def test_the_order_of_the_texts_of_a_class_does_not_matter() -> None:
    one = class_embeddings(LetterEncoder(), [["ab", "b", "cd"]])
    np.testing.assert_allclose(class_embeddings(LetterEncoder(), [["cd", "ab", "b"]]), one, rtol=1e-6)


def test_names_joined_by_plus_give_a_block_each() -> None:
    texts = class_texts(NAMES, "name+description+phases", FULL)
    assert [len(of_class.blocks) for of_class in texts] == [3, 3]
    for place, part in enumerate(("name", "description", "phases")):
        assert [list(of_class.blocks[place]) for of_class in texts] == class_texts(NAMES, part, FULL)
    assert json.loads(json.dumps(texts)) == [
        [text for block in of_class.blocks for text in block] for of_class in texts
    ]


def test_block_embeddings_are_those_of_the_parts_scaled_to_length_one() -> None:
    parts = ("ensemble", "description", "phases")
    whole = class_embeddings(LetterEncoder(), class_texts(NAMES, "+".join(parts), FULL))
    alone = [class_embeddings(LetterEncoder(), class_texts(NAMES, part, FULL)) for part in parts]
    assert (whole.shape, whole.dtype) == ((2, 3 * 26), np.float32)
    np.testing.assert_allclose(whole, np.concatenate(alone, axis=1) / np.sqrt(3), rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(whole, axis=1), 1, rtol=1e-6)


def test_blocks_stand_in_the_order_of_the_names_and_keep_with_their_class() -> None:
    there, back = (class_texts(NAMES, prompt, FULL) for prompt in ("name+phases", "phases+name"))
    one, other = (class_embeddings(LetterEncoder(), texts) for texts in (there, back))
    np.testing.assert_allclose(one, np.roll(other, 26, axis=1), rtol=1e-6)
    np.testing.assert_array_equal(class_embeddings(LetterEncoder(), there[::-1]), one[::-1])


def test_blocks_may_have_different_numbers_of_texts_a_class() -> None:
    texts = class_texts(NAMES, "name+description", DESCRIPTIONS)
    assert [[len(block) for block in of_class.blocks] for of_class in texts] == [[1, 2], [1, 1]]
    expected = class_embeddings(LetterEncoder(), class_texts(NAMES, "description", DESCRIPTIONS))
    np.testing.assert_allclose(class_embeddings(LetterEncoder(), texts)[:, 26:], expected / np.sqrt(2), rtol=1e-6)


def test_a_template_keeps_its_plus() -> None:
    assert class_texts(["wave"], "{name}+name") == [["wave+name"]]
    assert class_texts(["wave"], "name + {name}") == [["name + wave"]]


def test_a_part_that_needs_descriptions_is_told() -> None:
    assert needs_descriptions("name+phases")
    assert not needs_descriptions("name+person")
    with pytest.raises(InputError, match="none for"):
        class_texts(NAMES, "name+phases", {})


def test_an_unknown_part_is_told() -> None:
    with pytest.raises(InputError, match=r"'name\+poem'.*joined by \+"):
        class_texts(NAMES, "name+poem")


def test_classes_of_different_numbers_of_blocks_have_no_embedding() -> None:
    with pytest.raises(InputError, match="some classes have texts in 1 blocks, some in 2"):
        class_embeddings(LetterEncoder(), [["a"], BlockTexts([["a"], ["b"]])])


@pytest.mark.parametrize("texts", [[], [["a"], []], [BlockTexts([["a"], []])], [BlockTexts([])]])
def test_a_class_without_texts_has_no_embedding(texts: list) -> None:
    with pytest.raises(InputError, match="at least one text"):
        class_embeddings(LetterEncoder(), texts)


def test_aspects_are_one_text_a_class_that_holds_the_numbers() -> None:
    ((squat,), (juggle,)) = class_texts(["squat", "juggle"], "aspects", {"juggle": {"sentence": "Balls fly."}})
    assert isinstance(squat, AspectText)
    np.testing.assert_array_equal(squat.values, aspects.known_aspects()["squat"])
    assert (juggle, juggle.values) == ("juggle: Balls fly.", None)
    np.testing.assert_array_equal(
        class_embeddings(LetterEncoder(), [[squat], [squat]]), aspect_embeddings(LetterEncoder(), [squat, squat])
    )


def test_aspects_need_no_descriptions_and_use_ours_unless_others_are_given() -> None:
    assert not needs_descriptions("aspects")
    assert class_texts(["juggle"], "aspects", {}) == class_texts(["juggle"], "aspects") == [["juggle"]]


def test_other_numbers_make_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {prompt: class_texts(["squat", "walk"], prompt) for prompt in ("aspects", "aspects+best")}
    values = {name: values.copy() for name, values in aspects.known_aspects().items()}
    values["squat"][-1] += 0.05
    monkeypatch.setattr(aspects, "known_aspects", lambda: values)
    for prompt, before in texts.items():
        after = class_texts(["squat", "walk"], prompt)
        assert content_key(after) != content_key(before)
        assert content_key(after[1]) == content_key(before[1])


def test_best_is_everything_of_a_described_class_and_the_ensemble_of_another() -> None:
    names = ["wave", "juggle", "drink water"]
    texts = class_texts(names, "best", FULL)
    assert texts[::2] == class_texts(names[::2], "everything", FULL)
    assert texts[1:2] == class_texts(["juggle"], "ensemble")
    assert class_texts(NAMES, "best", FULL) == class_texts(NAMES, "everything", FULL)
    words = {"juggle": {"verb": "juggle", "noun": "balls"}}  # not all of what "everything" says
    assert class_texts(["juggle"], "best", words) == class_texts(["juggle"], "ensemble")


def test_best_describes_published_classes_without_being_given_descriptions() -> None:
    assert class_texts(["Wear jacket"], "best") == class_texts(["Wear jacket"], "everything")


def test_aspects_and_best_are_two_blocks_of_their_own_widths() -> None:
    names = ["squat", "walk", "squat twice"]  # the last has aspects, and no description
    texts = class_texts(names, "aspects+best")
    assert block_widths(LetterEncoder(), texts) == [len(aspect_names()), 26]
    whole = class_embeddings(LetterEncoder(), texts)
    first, second = (class_embeddings(LetterEncoder(), class_texts(names, part)) for part in ("aspects", "best"))
    np.testing.assert_allclose(whole, np.concatenate((first, second), axis=1) / np.sqrt(2), rtol=1e-6)


def test_blocks_are_as_wide_as_the_parts_of_the_embedding() -> None:
    assert block_widths(LetterEncoder(), class_texts(NAMES)) == []
    assert block_widths(LetterEncoder(), class_texts(["squat"], "aspects")) == []
    assert block_widths(LetterEncoder(), class_texts(NAMES, "name+phases+name", FULL)) == [26, 26, 26]


def test_descriptions_are_read_as_lists(tmp_path: Path) -> None:
    path = tmp_path / "descriptions.json"
    path.write_text(json.dumps({"jump": "leave the ground", "wave": ["raise a hand", "move it — ü"]}), encoding="utf-8")
    assert read_descriptions(path) == {"jump": ["leave the ground"], "wave": ["raise a hand", "move it — ü"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "found list"),
        (b'{"jump": ""}', "'jump'"),
        (b'{"jump": []}', "'jump'"),
        (b'{"jump": ["up", " "]}', "'jump'"),
        (b'{"jump": 3}', "'jump'"),
    ],
)
def test_broken_descriptions_name_the_file_and_the_class(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        read_descriptions(path)
    assert str(path) in str(error.value)


def test_missing_descriptions_are_told(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"none\.json"):
        read_descriptions(tmp_path / "none.json")

"""Facts of the numbers that stand for an action, and of their prediction where nobody wrote them."""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np
import pytest

from zeroskel.core import ClassText
from zeroskel.core._rows import unit_rows
from zeroskel.text import SentenceEncoder, aspect_names, known_aspects, predict_aspects, published_descriptions
from zeroskel.text._aspects import ARMS, aspect_embeddings, aspect_text

FOLDER = resources.files("zeroskel.resources")


class Unused:
    """Encoder that must not be called."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        raise AssertionError(f"called for {len(texts)} texts")


class WordEncoder:
    """Encoder that adds a random vector for each word, L2-normalised, so that texts of the same words are alike."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.stack([np.sum([_vector(word) for word in text.lower().split()], axis=0) for text in texts])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@cache
def _vector(word: str) -> np.ndarray:
    return np.random.default_rng(list(word.encode())).normal(size=256)


class Remembering:
    """Sentence encoder of the package that encodes each text once."""

    def __init__(self) -> None:
        self.encoder = SentenceEncoder()
        self.known: dict[str, np.ndarray] = {}

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        if new:
            self.known.update(zip(new, self.encoder.encode(new), strict=True))
        return np.stack([self.known[text] for text in texts])


def tables(folder: str) -> dict[str, dict]:
    files = [file for file in (FOLDER / folder).iterdir() if file.name.endswith(".toml")]
    return {file.name: tomllib.loads(file.read_text(encoding="utf-8")) for file in files}


def known(names: Sequence[str]) -> np.ndarray:
    return aspect_embeddings(Unused(), [aspect_text(name) for name in names])


def test_every_described_class_has_aspects_in_the_file_of_its_set() -> None:
    aspects = tables("aspects")
    for file, content in tables("descriptions").items():
        lacking = {table["name"] for table in content["class"]} - set(aspects[file])
        assert not lacking, file


def test_files_hold_words_of_the_vocabulary_and_numbers_from_0_to_1() -> None:
    files = tables("aspects")
    vocabulary = files.pop("vocabulary.toml")
    for file, content in files.items():
        for name, table in content.items():
            assert set(table) <= set(vocabulary), (file, name)
            assert table["arms"] in ARMS, (file, name)
            assert all(0 <= value <= 1 for aspect, value in table.items() if aspect != "arms"), (file, name)


def test_the_numbers_of_an_action_by_their_names() -> None:
    table = tables("aspects")["synthetic.toml"]["wave both hands"]
    aspects = dict(zip(aspect_names(), known_aspects()["wave both hands"], strict=True))
    assert [aspects[f"arms_{which}"] for which in ARMS] == [0, 0, 1, 0]
    assert (aspects["arms"], table["arms"]) == (1, "both")
    assert all(aspects[aspect] == value for aspect, value in table.items() if aspect != "arms")
    assert sum(aspects.values()) == pytest.approx(2 + sum(value for aspect, value in table.items() if aspect != "arms"))


def test_known_names_have_embeddings_of_length_one_without_an_encoder() -> None:
    embeddings = known(list(known_aspects()))
    assert (embeddings.shape, embeddings.dtype) == ((len(known_aspects()), len(aspect_names())), np.float32)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)


def test_likeness_is_that_of_the_movement_and_not_of_the_words() -> None:
    squat, jump, sit, wave = known(["squat", "jump", "sit down", "wave"])
    assert squat @ sit > squat @ jump > squat @ wave
    put_on, take_off, clap = known(["put on a jacket", "take off a jacket", "clap hands"])
    assert put_on @ take_off > put_on @ clap


@pytest.mark.parametrize("respelt", [str.upper, str.title, lambda name: f"  {name}. ", lambda name: f"{name.lower()}."])
def test_capitals_spaces_and_a_full_stop_do_not_matter(respelt) -> None:
    names = ["wave both hands", "Wear jacket", "make OK sign", "Pickup", "bow"]
    np.testing.assert_array_equal(known([respelt(name) for name in names]), known(names))


def test_the_text_lists_the_numbers() -> None:
    ((text,),) = aspect_text("squat").texts
    values = dict(zip(aspect_names(), known_aspects()["squat"], strict=True))
    assert text.startswith("squat: ")
    for aspect, value in values.items():
        assert (f"{aspect} {value:g}" in text.removeprefix("squat: ").split(", ")) == bool(value)


@pytest.mark.parametrize(
    ("description", "text"),
    [
        (None, "juggle"),
        ({"sentence": "Balls fly."}, "juggle: Balls fly."),
        (["Balls fly.", "Hands catch."], "juggle: Balls fly. Hands catch."),
        ({"verb": "juggle", "noun": "balls"}, "juggle"),
    ],
)
def test_an_unknown_name_has_a_text_instead_of_numbers(description, text: str) -> None:
    assert aspect_text("juggle", description) == ClassText("juggle", ((text,),), ((),))
    with pytest.raises(AssertionError, match="called"):
        aspect_embeddings(Unused(), [aspect_text("juggle")])


def test_a_prediction_is_near_a_name_of_the_same_words_and_leaves_the_other_rows_alone() -> None:
    texts = [aspect_text(name) for name in ("squat", "walk around slowly", "jump")]
    embeddings = aspect_embeddings(WordEncoder(), texts)
    np.testing.assert_array_equal(embeddings[[0, 2]], known(["squat", "jump"]))
    assert np.linalg.norm(embeddings[1]) == pytest.approx(1, abs=1e-5)
    assert (known(list(known_aspects())) @ embeddings[1] > known(["walk around"])[0] @ embeddings[1]).sum() <= 2


def test_predictions_are_numbers_from_0_to_1_and_solve_their_equation() -> None:
    names = list(known_aspects())[:6]
    without = [name for name in known_aspects() if name not in names]
    texts = ["swing a bat", "walk"]
    predicted = predict_aspects(WordEncoder(), texts, described=True, without=without)
    assert predicted.shape == (2, len(aspect_names()))
    assert predicted.min() >= 0
    assert predicted.max() <= 1

    described = published_descriptions()
    training_texts = [text for name in names for text in (name, f"{name}: {described[name]['sentence']}")]
    mean = np.stack(list(known_aspects().values())).mean(axis=0)
    rows = WordEncoder().encode(texts).astype(np.float64)
    training = WordEncoder().encode(training_texts).astype(np.float64)
    kernel, between = (np.exp(-((side[:, None] - training) ** 2).sum(axis=2)) for side in (training, rows))
    written = np.repeat([known_aspects()[name] for name in names], 2, axis=0) - mean
    expected = mean + between @ np.linalg.inv(kernel + 0.1 * np.eye(12)) @ written
    np.testing.assert_allclose(predicted, expected.clip(0, 1), atol=1e-5)


@pytest.fixture(scope="module")
def remembering() -> Remembering:
    return Remembering()


POOL = list(tables("aspects")["kinect-pool.toml"])
HELD_OUT = ["tennis serve", "draw a triangle", "kick", "sit down", "throw", "golf swing", "clap hands", "bend forward"]


def likeness_to_pool(name: str, text: str, encoder: Remembering) -> np.ndarray:
    """Return the cosine of a prediction, fitted on the other classes of the pool, with each class of the pool."""
    without = [other for other in known_aspects() if other not in POOL or other == name]
    aspects = np.stack(list(known_aspects().values()))
    predicted = predict_aspects(encoder, [text], described=": " in text, without=without)[0]
    return known(POOL) @ unit_rows((predicted - aspects.mean(axis=0)) / (aspects.std(axis=0) + 0.1))


def test_a_prediction_from_a_sentence_is_nearer_to_the_truth_than_to_most(remembering: Remembering) -> None:
    described, nearer = published_descriptions("kinect-pool"), []
    for name in HELD_OUT:
        likeness = likeness_to_pool(name, f"{name}: {described[name]['sentence']}", remembering)
        nearer.append((likeness > likeness[POOL.index(name)]).sum())
    assert max(nearer) <= len(POOL) / 6, dict(zip(HELD_OUT, nearer, strict=True))
    assert np.median(nearer) <= 2


@pytest.mark.parametrize(
    ("synonym", "name"), [("do a squat", "squat"), ("swing a golf club", "golf swing"), ("boxing", "box")]
)
def test_the_prediction_for_another_word_is_near_what_it_means(
    synonym: str, name: str, remembering: Remembering
) -> None:
    likeness = likeness_to_pool("", synonym, remembering)
    assert likeness[POOL.index(name)] > 0.6
    assert (likeness > likeness[POOL.index(name)]).sum() <= 2

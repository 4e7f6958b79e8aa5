"""Facts of the descriptions that come with the package, and of a user's own."""

import json
import re
import tomllib
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import InputError, MissingFileError
from zeroskel.datasets import SkeletonDataset, published_class_names
from zeroskel.text import (
    SentenceEncoder,
    class_embeddings,
    class_texts,
    published_descriptions,
    read_descriptions,
)
from zeroskel.text.descriptions import FIELDS, WORDS

DESCRIBED = [
    *("ntu60", "ntu120", "pku-mmd", "utd-mhad", "msr-action3d", "nw-ucla", "utkinect", "kinder-gator", "penn-action"),
    *("kard", "florence3d"),
]


@pytest.mark.parametrize("data", DESCRIBED)
def test_every_class_is_described_at_three_granularities(data: str) -> None:
    described = published_descriptions(data)
    for name in published_class_names(data):
        assert set(described[name]) == {*FIELDS, *WORDS}
        assert all(4 <= len(described[name][field].split()) <= 60 for field in FIELDS), name


@pytest.mark.parametrize("data", DESCRIBED)
@pytest.mark.parametrize("prompt", ["description", "parts", "phases", "verb+noun"])
def test_no_two_classes_of_a_set_have_one_text(data: str, prompt: str) -> None:
    texts = class_texts(published_class_names(data), prompt, published_descriptions(data))
    assert len({tuple(of_class) for of_class in texts}) == len(texts)


def test_every_name_has_a_verb_and_a_noun() -> None:
    for name, described in published_descriptions().items():
        verb, noun = described["verb"], described["noun"]
        for text in (verb, noun.replace("OK", "")):
            assert text.strip(), name
            assert text == text.lower(), name
        assert verb != name.lower() or " " not in name, name
        assert len(verb.split()) <= 2, name


def test_names_of_one_movement_share_their_verb_or_their_noun() -> None:
    ours = published_descriptions()
    for one, other in [("put on jacket", "Wear jacket"), ("punch", "forward punch"), ("jog", "jogging in place")]:
        assert ours[one]["verb"] == ours[other]["verb"]
    for one, other in [("put on glasses", "take off glasses"), ("open bottle", "drink from a bottle")]:
        assert ours[one]["verb"] != ours[other]["verb"]
        assert ours[one]["noun"] == ours[other]["noun"]


def test_verb_and_noun_are_two_blocks_of_a_sentence_encoder() -> None:
    names = ["put on jacket", "take off jacket"]
    embeddings = class_embeddings(SentenceEncoder(), class_texts(names, "verb+noun"))
    assert embeddings.shape == (2, 2 * 384)
    verbs, nouns = embeddings[:, :384], embeddings[:, 384:]
    np.testing.assert_array_equal(nouns[0], nouns[1])
    assert np.abs(verbs[0] - verbs[1]).max() > 0.01


@pytest.mark.parametrize("prompt", ["description", "parts", "phases", "verb+noun"])
def test_every_concept_of_the_pool_is_described_and_no_two_alike(prompt: str, shared: Path) -> None:
    concepts = json.loads((shared / "protocols" / "kinect_pool.json").read_text())["class_names"]
    described = published_descriptions("kinect-pool")
    assert all(set(described[name]) == {*FIELDS, *WORDS} for name in concepts)
    texts = class_texts(concepts, prompt, described)
    assert len({tuple(of_class) for of_class in texts}) == len(concepts) == 61


def test_every_text_is_well_formed() -> None:
    folder = resources.files("zeroskel.resources") / "descriptions"
    for file in folder.iterdir():
        tables = tomllib.loads(file.read_text(encoding="utf-8"))["class"]
        assert len({table["name"] for table in tables}) == len(tables), file.name
        for table in tables:
            assert set(table) == {"name", *FIELDS}, (file.name, table["name"])
            for field in FIELDS:
                text = table[field]
                assert re.fullmatch(r"[A-Z][^.]*\.", text), (file.name, table["name"], field)
                assert 4 <= len(text.split()) <= 60, (file.name, table["name"], field)


def test_the_pool_s_own_text_is_right_for_all_the_classes_it_joins() -> None:
    pool, others = published_descriptions("kinect-pool"), published_descriptions("jhmdb")
    assert "both hands" in others["catch"]["sentence"]
    assert "one hand" in pool["catch"]["sentence"]  # all of its members are one-handed
    assert "on the spot" in pool["walk"]["sentence"]
    assert "one or both hands" in pool["pick up"]["sentence"]


@pytest.mark.slow
def test_every_class_of_the_real_sets_is_described(shared: Path) -> None:
    for file in sorted((shared / "data").glob("*.npz")):
        dataset = SkeletonDataset.from_npz(file)
        described = published_descriptions(dataset.name)
        assert all(set(described[name]) == {*FIELDS, *WORDS} for name in dataset.class_names), file.name


def test_a_set_s_own_text_goes_before_that_of_another() -> None:
    own, others = published_descriptions("utkinect")["sit down"], published_descriptions("kard")["sit down"]
    assert own != others
    assert published_descriptions("hdm05-11")["squat"] != published_descriptions("penn-action-2d")["squat"]


@pytest.mark.parametrize("suffix", [".json", ".toml"])
def test_a_user_s_file_takes_their_place(suffix: str, tmp_path: Path) -> None:
    mine = {field: f"my {field}" for field in FIELDS}
    file = tmp_path / f"mine{suffix}"
    lines = "\n".join(f"{field} = {json.dumps(text)}" for field, text in mine.items())
    file.write_text(json.dumps({"hop": mine}) if suffix == ".json" else f'[[class]]\nname = "hop"\n{lines}\n')
    assert class_texts(["hop"], "phases", read_descriptions(file)) == [["my beginning my middle my end"]]


@pytest.mark.parametrize("suffix", [".json", ".toml"])
def test_a_user_s_verbs_and_nouns_need_no_descriptions(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"mine{suffix}"
    words = {"verb": "hop", "noun": "one leg"}
    lines = "\n".join(f"{field} = {json.dumps(text)}" for field, text in words.items())
    file.write_text(json.dumps({"drop": words}) if suffix == ".json" else f'[[class]]\nname = "drop"\n{lines}\n')
    mine = read_descriptions(file)
    assert class_texts(["drop"], "verb+noun", mine) == [["hop", "one leg"]]
    assert class_texts(["drop"], "to {verb} with {noun}", mine) == [["to hop with one leg"]]
    with pytest.raises(InputError, match="needs description of every class; none for drop"):
        class_texts(["drop"], "description", mine)


def test_a_class_without_verb_and_noun_is_named() -> None:
    with pytest.raises(InputError, match="needs verb of every class; none for hop: give a file"):
        class_texts(["drop", "hop"], "verb+noun")
    with pytest.raises(InputError, match="needs noun of every class; none for hop"):
        class_texts(["hop"], "noun", {"hop": ["jump up"]})


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", '{"hop": {"verb": "hop"}}', "'hop' has no text for noun; expected all of .*, or verb and noun"),
        ("a.json", '{"hop": {"verb": "hop", "noun": " "}}', "'hop' has no text for noun"),
        ("a.json", '{"hop": {"verb": "hop", "noun": "leg", "sentence": "up"}}', "'hop' has no text for arms"),
        ("a.json", '{"hop": {"verbs": "hop"}}', "'hop' has no text for sentence, arms"),
        ("a.json", '{"hop": {"sentence": "up"}}', "'hop' has no text for arms, hands"),
        ("a.json", '{"hop": 3}', "expected a text or a list"),
        ("a.toml", "[[class]]\nname = 3\n", r"tables \[\[class\]\] with a name"),
        ("a.toml", "[[class", "not TOML"),
        ("a.toml", '[[class]]\nname = "hop"\nsentence = "up"\n', "no text for arms"),
    ],
)
def test_a_broken_file_says_what_is_missing(name: str, text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=rf"a\.(json|toml): .*{message}"):
        read_descriptions(tmp_path / name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"gone\.toml"):
        read_descriptions(tmp_path / "gone.toml")


def test_a_prompt_of_parts_needs_more_than_sentences() -> None:
    with pytest.raises(InputError, match="none for hop"):
        class_texts(["hop"], "parts", {"hop": ["jump up"]})

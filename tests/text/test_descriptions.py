"""Facts of the descriptions that come with the package, and of those in a user's file."""

import json
import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from zeroskel.core import InputError, MissingFileError
from zeroskel.datasets import SkeletonDataset, published_class_names
from zeroskel.text import class_texts, published_descriptions, read_descriptions
from zeroskel.text._descriptions import FIELDS, WORDS

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
def test_no_two_classes_of_a_dataset_have_the_same_text(data: str, prompt: str) -> None:
    texts = class_texts(published_class_names(data), prompt, published_descriptions(data))
    assert len({of_class.texts for of_class in texts}) == len(texts)


def test_every_name_has_a_verb_and_a_noun() -> None:
    for name, described in published_descriptions().items():
        verb, noun = described["verb"], described["noun"]
        for text in (verb, noun.replace("OK", "")):
            assert text.strip(), name
            assert text == text.lower(), name
        assert verb != name.lower() or " " not in name, name
        assert len(verb.split()) <= 2, name


def test_names_of_one_movement_share_their_verb_or_their_noun() -> None:
    described = published_descriptions()
    for first, second in [("put on jacket", "Wear jacket"), ("punch", "forward punch"), ("jog", "jogging in place")]:
        assert described[first]["verb"] == described[second]["verb"]
    for first, second in [("put on glasses", "take off glasses"), ("open bottle", "drink from a bottle")]:
        assert described[first]["verb"] != described[second]["verb"]
        assert described[first]["noun"] == described[second]["noun"]


@pytest.mark.parametrize("prompt", ["description", "parts", "phases", "verb+noun"])
def test_every_concept_of_the_pool_is_described_and_no_two_alike(prompt: str, shared: Path) -> None:
    concepts = json.loads((shared / "protocols" / "kinect_pool.json").read_text())["class_names"]
    described = published_descriptions("kinect-pool")
    assert all(set(described[name]) == {*FIELDS, *WORDS} for name in concepts)
    texts = class_texts(concepts, prompt, described)
    assert len({of_class.texts for of_class in texts}) == len(concepts) == 61


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


def test_the_text_of_the_pool_is_right_for_all_the_classes_it_joins() -> None:
    pool, others = published_descriptions("kinect-pool"), published_descriptions("jhmdb")
    assert "both hands" in others["catch"]["sentence"]
    assert "one hand" in pool["catch"]["sentence"]  # all of its members are one-handed
    assert "on the spot" in pool["walk"]["sentence"]
    assert "one or both hands" in pool["pick up"]["sentence"]


@pytest.mark.slow("whole real datasets")
def test_every_class_of_the_real_datasets_is_described(shared: Path) -> None:
    for file in sorted((shared / "data").glob("*.npz")):
        dataset = SkeletonDataset.from_npz(file)
        described = published_descriptions(dataset.name)
        assert all(set(described[name]) == {*FIELDS, *WORDS} for name in dataset.class_names), file.name


def test_a_dataset_s_description_comes_before_that_of_another() -> None:
    assert published_descriptions("utkinect")["sit down"] != published_descriptions("kard")["sit down"]
    assert published_descriptions("hdm05-11")["squat"] != published_descriptions("penn-action-2d")["squat"]


def write_description(folder: Path, suffix: str, name: str, description: dict[str, str]) -> Path:
    file = folder / f"mine{suffix}"
    lines = "\n".join(f"{field} = {json.dumps(text)}" for field, text in description.items())
    toml = f'[[class]]\nname = "{name}"\n{lines}\n'
    file.write_text(json.dumps({name: description}) if suffix == ".json" else toml)
    return file


@pytest.mark.parametrize("suffix", [".json", ".toml"])
def test_the_descriptions_of_a_file_are_used(suffix: str, tmp_path: Path) -> None:
    file = write_description(tmp_path, suffix, "hop", {field: f"my {field}" for field in FIELDS})
    (hop,) = class_texts(["hop"], "phases", read_descriptions(file))
    assert hop.all_texts == ["my beginning my middle my end"]


@pytest.mark.parametrize("suffix", [".json", ".toml"])
def test_verbs_and_nouns_of_a_file_need_no_other_fields(suffix: str, tmp_path: Path) -> None:
    mine = read_descriptions(write_description(tmp_path, suffix, "drop", {"verb": "hop", "noun": "one leg"}))
    assert class_texts(["drop"], "verb+noun", mine)[0].texts == (("hop",), ("one leg",))
    assert class_texts(["drop"], "to {verb} with {noun}", mine)[0].texts == (("to hop with one leg",),)
    with pytest.raises(InputError, match="needs description of every class; there is none for drop"):
        class_texts(["drop"], "description", mine)


def test_a_class_without_verb_and_noun_is_named() -> None:
    with pytest.raises(InputError, match=r"needs verb of every class; there is none for hop[.] Give a file"):
        class_texts(["drop", "hop"], "verb+noun")
    with pytest.raises(InputError, match="needs noun of every class; there is none for hop"):
        class_texts(["hop"], "noun", {"hop": ["jump up"]})


def test_texts_of_a_json_file_are_read_as_lists(tmp_path: Path) -> None:
    path = tmp_path / "descriptions.json"
    path.write_text(json.dumps({"jump": "leave the ground", "wave": ["raise a hand", "move it — ü"]}), encoding="utf-8")
    assert read_descriptions(path) == {"jump": ["leave the ground"], "wave": ["raise a hand", "move it — ü"]}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b"{", "not JSON"),
        ("a.json", b"\xff\xfe\x00", "not JSON"),
        ("a.json", b"[" * 100_000, "not JSON"),
        ("a.json", b"[]", "contains a list"),
        ("a.json", b'{"jump": ""}', "'jump'"),
        ("a.json", b'{"jump": []}', "'jump'"),
        ("a.json", b'{"jump": ["up", " "]}', "'jump'"),
        ("a.json", b'{"jump": 3}', "'jump' has 3; expected a text or a list"),
        ("a.json", b'{"hop": {"verb": "hop"}}', "'hop' has no text for noun; expected all of .*, or verb and noun"),
        ("a.json", b'{"hop": {"verb": "hop", "noun": " "}}', "'hop' has no text for noun"),
        ("a.json", b'{"hop": {"verb": "hop", "noun": "leg", "sentence": "up"}}', "'hop' has no text for arms"),
        ("a.json", b'{"hop": {"verbs": "hop"}}', "'hop' has no text for sentence, arms"),
        ("a.json", b'{"hop": {"sentence": "up"}}', "'hop' has no text for arms, hands"),
        ("a.toml", b"[[class]]\nname = 3\n", r"tables \[\[class\]\] with a name"),
        ("a.toml", b"[[class", "not TOML"),
        ("a.toml", b'[[class]]\nname = "hop"\nsentence = "up"\n', "no text for arms"),
    ],
)
def test_a_broken_file_names_the_file_and_what_is_missing(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"a\.(json|toml): .*{message}"):
        read_descriptions(tmp_path / name)


@pytest.mark.parametrize("name", ["gone.toml", "gone.json"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=re.escape(name)):
        read_descriptions(tmp_path / name)


def test_a_prompt_of_body_parts_needs_more_than_sentences() -> None:
    with pytest.raises(InputError, match="none for hop"):
        class_texts(["hop"], "parts", {"hop": ["jump up"]})

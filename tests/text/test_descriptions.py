"""Facts of the descriptions that come with the package, and of a user's own."""

import json
from pathlib import Path

import pytest

from zeroskel.core import InputError, MissingFileError
from zeroskel.datasets import SkeletonDataset, published_class_names
from zeroskel.text import class_texts, published_descriptions, read_descriptions
from zeroskel.text.descriptions import FIELDS

DESCRIBED = [
    *("ntu60", "ntu120", "pku-mmd", "utd-mhad", "msr-action3d", "nw-ucla", "utkinect", "kinder-gator", "penn-action"),
    *("kard", "florence3d"),
]


@pytest.mark.parametrize("data", DESCRIBED)
def test_every_class_is_described_at_three_granularities(data: str) -> None:
    described = published_descriptions(data)
    for name in published_class_names(data):
        assert set(described[name]) == set(FIELDS)
        assert all(4 <= len(text.split()) <= 60 for text in described[name].values()), name


@pytest.mark.parametrize("data", DESCRIBED)
@pytest.mark.parametrize("prompt", ["description", "parts", "phases"])
def test_no_two_classes_of_a_set_have_one_text(data: str, prompt: str) -> None:
    texts = class_texts(published_class_names(data), prompt, published_descriptions(data))
    assert len({tuple(of_class) for of_class in texts}) == len(texts)


@pytest.mark.slow
def test_every_class_of_the_real_sets_is_described(shared: Path) -> None:
    for file in sorted((shared / "data").glob("*.npz")):
        dataset = SkeletonDataset.from_npz(file)
        assert set(dataset.class_names) <= set(published_descriptions(dataset.name)), file.name


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


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
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

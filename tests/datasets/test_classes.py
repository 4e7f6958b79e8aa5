"""Class splits: the published ones are as published, drawn ones repeat, and errors say where."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zeroskel.core import MissingFileError, SkeletonSequence, SplitError
from zeroskel.datasets import SkeletonDataset, published_splits, resolve_split, split_names

OURS = {"pku_mmd": "pku-mmd", "kinetic200": "kinetics-200", "kinetic400": "kinetics-400"}
SYNSE = {
    "ntu60_55_5": ("ntu60", "synse-5"),
    "ntu60_48_12": ("ntu60", "synse-12"),
    "ntu120_110_10": ("ntu120", "synse-10"),
    "ntu120_96_24": ("ntu120", "synse-24"),
}
STAR = {"pku_mmd_46_5": ("pku-mmd", "star-5"), "pku_mmd_39_12": ("pku-mmd", "star-12")}


def dataset(classes: int = 12, name: str = "toy", **options: Any) -> SkeletonDataset:
    sequence = SkeletonSequence(np.zeros((1, 13, 3)), "penn-13")
    names = [f"action {i}" for i in range(classes)]
    labels = np.arange(classes)
    return SkeletonDataset([sequence] * classes, labels, labels, names, name=name, **options)


@pytest.fixture
def facts(shared: Path) -> dict[str, Any]:
    return json.loads((shared / "protocols" / "class_splits.json").read_text())


@pytest.fixture
def split_file(tmp_path: Path):
    def write(content: Any) -> str:
        path = tmp_path / "mine.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return str(path)

    return write


def as_published(facts: dict[str, Any]) -> dict[tuple[str, str], tuple[list[int], list[int] | None]]:
    """(data, split) -> (unseen, validation_unseen or None) of class_splits.json under our names."""
    actual = {}
    for data, splits in facts["smie"].items():
        actual |= {(OURS.get(data, data), f"smie-{number}"): (unseen, None) for number, unseen in splits.items()}
    for key, names in SYNSE.items():
        actual[names] = (facts["synse"][key]["unseen"], facts["synse"][key]["validation_unseen"])
    for key, unseen in facts["purls"].items():
        data, _, part = key.partition("/")
        if part.startswith("ru"):
            actual[OURS.get(data, data), f"purls-{part[2:]}"] = (unseen, None)
    for key, names in STAR.items():
        actual[names] = (facts["star"][key]["unseen"], None)
    for data, splits in facts["star"]["ablation"].items():
        actual |= {(OURS.get(data, data), f"star-ablation-{n}"): (unseen, None) for n, unseen in splits.items()}
    return actual


def test_the_published_splits_are_as_published(facts: dict[str, Any]) -> None:
    ours = {key: (row["unseen"], row.get("validation_unseen")) for key, row in published_splits().items()}
    assert ours == as_published(facts)


def test_the_seen_classes_of_purls_are_all_others(facts: dict[str, Any]) -> None:
    for data, classes in (("ntu60", 60), ("ntu120", 120), ("nw-ucla", 10), ("utd-mhad", 27)):
        seen = {frozenset(ids) for key, ids in facts["purls"].items() if key.startswith(f"{data}/rs")}
        names = [name for of, name in published_splits() if of == data and name.startswith("purls")]
        assert {frozenset(resolve_split(name, dataset(classes, data)).seen) for name in names} == seen


def test_every_published_split_has_its_source() -> None:
    assert all(row["source"] for row in published_splits().values())


def test_the_number_in_a_split_s_name_counts_its_unseen_classes() -> None:
    for (_, name), row in published_splits().items():
        if name.startswith(("synse", "purls")) or name in ("star-5", "star-12"):
            assert len(row["unseen"]) == int(name.rpartition("-")[2])


def test_validation_classes_of_the_authors_are_taken() -> None:
    split = resolve_split("synse-5", dataset(60, "ntu60"))
    assert split.unseen == (10, 11, 19, 26, 56)
    assert split.validation_unseen == (16, 21, 25, 31, 48)
    assert "drawn" not in split.source


@pytest.mark.parametrize(("name", "validation"), [("random-3-0", 3), ("random-6-0", 2), ("random-10-0", 0)])
def test_as_many_validation_classes_as_unseen_but_at_most_a_third(name: str, validation: int) -> None:
    split = resolve_split(name, dataset())
    assert len(split.validation_unseen) == validation
    assert set(split.validation_unseen) <= set(split.seen)


def test_random_splits_repeat_and_differ_by_seed() -> None:
    drawn = [resolve_split(f"random-4-{seed}", dataset()) for seed in range(20)]
    assert drawn == [resolve_split(f"random-4-{seed}", dataset()) for seed in range(20)]
    assert len({split.unseen for split in drawn}) > 10
    for split in drawn:
        assert len(split.unseen) == 4
        assert not set(split.unseen) & set(split.validation_unseen)
        assert sorted(split.seen + split.unseen) == list(range(12))


def test_every_class_can_be_drawn() -> None:
    drawn = {i for seed in range(40) for i in resolve_split(f"random-4-{seed}", dataset()).unseen}
    assert drawn == set(range(12))


@pytest.mark.parametrize("count", [0, 1, 11, 12, 99])
def test_random_splits_leave_two_classes_on_each_side(count: int) -> None:
    with pytest.raises(SplitError, match=f"random-{count}-0.*expected 2 to 10"):
        resolve_split(f"random-{count}-0", dataset())


def test_a_data_set_s_own_split_goes_by_name() -> None:
    native = {"mine": {"unseen": ["action 3", "action 1"], "validation_unseen": ["action 0", "action 2"]}}
    toy = dataset(splits=native)
    assert split_names(toy) == ["mine"]
    split = resolve_split("mine", toy)
    assert (split.unseen, split.validation_unseen) == ((3, 1), (0, 2))
    assert split.names(split.unseen) == ["action 3", "action 1"]


def test_own_and_published_splits_are_listed() -> None:
    names = split_names(dataset(27, "utd-mhad", splits={"mine": {"unseen": [0, 1]}}))
    assert set(names) == {"mine", "purls-5", "purls-9", "purls-13"}


def test_a_file_may_give_ids_or_names(split_file) -> None:
    by_id = resolve_split(split_file({"unseen": [2, 5], "validation_unseen": [1, 0]}), dataset())
    by_name = resolve_split(
        split_file({"unseen": ["action 2", "action 5"], "validation_unseen": ["action 1", "action 0"]}), dataset()
    )
    assert by_id == by_name
    assert (by_id.name, by_id.unseen, by_id.validation_unseen) == ("mine", (2, 5), (1, 0))


def test_a_file_without_validation_classes_gets_some_and_says_so(split_file) -> None:
    split = resolve_split(split_file({"unseen": [2, 5]}), dataset())
    assert len(split.validation_unseen) == 2
    assert "drawn" in split.source
    assert resolve_split(split_file({"unseen": [2, 5], "validation_unseen": []}), dataset()).validation_unseen == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        ([1, 2], "expected"),
        ({"seen": [1]}, "expected"),
        ({"unseen": 3}, "expected"),
        ({"unseen": [0, 12]}, "names 12"),
        ({"unseen": [-1, 0]}, "names -1"),
        ({"unseen": [0, "fly"]}, "names 'fly'"),
        ({"unseen": [0, True]}, "names True"),
        ({"unseen": [0, 1.5]}, "names 1.5"),
        ({"unseen": [0, [1]]}, "names "),
        ({"unseen": [0, 0]}, "repeated"),
        ({"unseen": [0]}, "at least two"),
        ({"unseen": []}, "at least two"),
        ({"unseen": list(range(11))}, "at least two"),
        ({"unseen": [0, 1], "validation_unseen": [1, 2]}, "both unseen and validation_unseen"),
        ({"unseen": [0, 1], "validation_unseen": "action 2"}, "expected a list"),
        ({"unseen": [0, 1], "validation_unseen": ["fly"]}, "validation_unseen names 'fly'"),
    ],
)
def test_a_broken_file_is_told_by_name(split_file, content: Any, message: str) -> None:
    path = split_file(content)
    with pytest.raises(SplitError, match=message) as error:
        resolve_split(path, dataset())
    assert Path(path).stem in str(error.value)


def test_an_own_split_without_unseen_classes_is_told() -> None:
    with pytest.raises(SplitError, match="split mine: unseen"):
        resolve_split("mine", dataset(splits={"mine": {}}))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"none\.json"):
        resolve_split(str(tmp_path / "none.json"), dataset())


@pytest.mark.parametrize("name", ["smie-1", "purls-3", "random", "random-4", "random-x-1", "random--4-1", ""])
def test_an_unknown_split_is_told_with_the_known_ones(name: str) -> None:
    with pytest.raises(SplitError, match=r"has no split.*purls-5.*random-U-SEED"):
        resolve_split(name, dataset(27, "utd-mhad"))


def test_a_published_split_for_a_data_set_with_fewer_classes_is_told() -> None:
    with pytest.raises(SplitError, match="split smie-1: unseen names 19"):
        resolve_split("smie-1", dataset(12, "ntu60"))

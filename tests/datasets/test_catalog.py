"""Facts of the datasets known by name."""

import numpy as np
import pytest

from zeroskel.core import get_layout
from zeroskel.datasets import catalog, published_splits
from zeroskel.datasets.catalog._recipes import RECIPES
from zeroskel.datasets.synthetic import action_names

OPEN = {"pyskl", "folder", "npz"}  # any content


def test_names_are_unique_and_like_those_of_files() -> None:
    names = [row["name"] for row in catalog()]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() and "_" not in name for name in names)


@pytest.mark.parametrize("row", catalog(), ids=lambda row: row["name"])
def test_a_row_says_all_and_names_a_known_layout(row: dict) -> None:
    assert all(row[key] for key in ("name", "title", "layout", "source"))
    assert row["classes"] > 0 or row["name"] in OPEN
    if row["name"] not in OPEN:
        assert get_layout(row["layout"]).name == row["layout"]


def test_what_can_be_prepared_is_listed_and_nothing_else() -> None:
    assert {row["name"] for row in catalog() if row["prepare"]} == set(RECIPES)


def test_published_splits_fit_the_number_of_classes() -> None:
    classes = {row["name"]: row["classes"] for row in catalog()}
    for (data, name), split in published_splits().items():
        ids = [*split["unseen"], *split.get("validation_unseen", [])]
        assert len(set(ids)) == len(ids), (data, name)
        assert 0 <= min(ids) and max(ids) < classes.get(data, np.inf), (data, name)


def test_splits_are_listed_with_their_data_set() -> None:
    splits = {row["name"]: row["splits"] for row in catalog()}
    assert splits["utd-mhad"] == ["purls-13", "purls-5", "purls-9"]
    assert set(splits["ntu60"]) > {"smie-1", "smie-2", "smie-3", "synse-5", "synse-12"}


def test_synthetic_motion_has_as_many_classes_as_it_says() -> None:
    assert next(row["classes"] for row in catalog() if row["name"] == "synthetic") == len(action_names())


def test_real_sets_have_the_classes_and_joints_they_say(shared) -> None:
    known = {row["name"]: row for row in catalog()}
    parts = {"hdm05-11": "hdm05", "jhmdb-2d": "jhmdb", "penn-action-2d": "penn-action"}  # some classes of the release
    for file in (shared / "data").glob("*.npz"):
        name = file.stem.replace("_", "-")
        row = known[parts.get(name, name)]
        with np.load(file, allow_pickle=False) as content:
            assert len(content["class_names"]) <= row["classes"]
            assert len(content["class_names"]) == row["classes"] or name in parts
            assert len(content["joint_names"]) == len(get_layout(row["layout"]).joints)

"""From what a user names to data sets."""

from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import InputError, MissingFileError, get_layout
from zeroskel.datasets import _opening, open_datasets, resolve_split, synthetic_dataset


@pytest.fixture
def npz(tmp_path: Path):
    def write(name: str) -> str:
        path = tmp_path / f"{name}.npz"
        np.savez(
            path,
            joints=np.ones((6, 13, 2), np.float32),
            offsets=np.array([0, 2, 6]),
            labels=np.array([0, 1]),
            subjects=np.array([1, 2]),
            class_names=np.array(["bowl", "squat"]),
            joint_names=np.array(get_layout("penn-13").joints),
        )
        return str(path)

    return write


@pytest.fixture(scope="module")
def small():
    return synthetic_dataset(subjects=2, repetitions=1)


def test_each_npz_is_a_data_set(npz) -> None:
    datasets = open_datasets([npz("first"), npz("second")])
    assert [dataset.name for dataset in datasets] == ["first", "second"]


def test_the_word_synthetic_is_a_data_set(npz, small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_opening, "synthetic_dataset", lambda: small)
    assert [dataset.name for dataset in open_datasets(["synthetic", npz("mine")])] == ["synthetic", "mine"]


def test_synthetic_motion_says_that_it_is_no_evidence(small) -> None:
    assert "not evidence" in small.notice
    assert len(small) == 2 * len(small.class_names)
    assert len(np.unique(small.subjects)) == 2
    assert 0 < small.train_mask.sum() < len(small)


def test_the_demo_split_withholds_actions_of_the_synthetic_set(small) -> None:
    split = resolve_split("demo", small)
    assert split.names(split.unseen) == small.splits["demo"]["unseen"]


def test_synthetic_motion_follows_its_seed(small) -> None:
    assert synthetic_dataset(subjects=2, repetitions=1).fingerprint == small.fingerprint
    assert synthetic_dataset(subjects=2, repetitions=1, seed=1).fingerprint != small.fingerprint


def test_a_missing_file_is_told_with_what_could_be_given(tmp_path: Path) -> None:
    for name in ("none.npz", "none.json", "syntetic"):
        with pytest.raises(MissingFileError, match=rf"{name}.*synthetic"):
            open_datasets([str(tmp_path / name)])


def test_a_folder_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"no manifest\.json.*data prepare"):
        open_datasets([str(tmp_path)])


def test_another_suffix_is_told(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("x")
    with pytest.raises(InputError, match=r"'\.csv'"):
        open_datasets([str(tmp_path / "data.csv")])


def test_two_pools_are_told(tmp_path: Path) -> None:
    pools = [tmp_path / "a.json", tmp_path / "b.json"]
    for pool in pools:
        pool.write_text("{}")
    with pytest.raises(InputError, match=r"2 pools given .*a\.json.*b\.json"):
        open_datasets([str(pool) for pool in pools])

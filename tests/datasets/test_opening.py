"""Facts of opening datasets by name: synthetic motion, files, containers and pools of members with shared concepts."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zeroskel.core import InputError, MissingFileError, get_layout
from zeroskel.datasets import (
    SkeletonDataset,
    _opening,
    open_datasets,
    read_pool,
    resolve_split,
    split_names,
    synthetic_dataset,
    write_container,
)


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
    with pytest.raises(MissingFileError, match=r"manifest\.json: no such file.*data prepare"):
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


POOL = {
    "concepts": {
        "set_a": {"hand wave": "wave", "throw": "throw", "hop": "jump"},
        "set_b": {"waving": "wave", "bow": "bow"},
    },
    "class_names": ["bow", "jump", "throw", "wave"],
    "splits": {"pool-1": {"unseen": ["wave", "bow"], "validation_unseen": []}},
}
A = {"class_names": ["hand wave", "throw", "hop"], "labels": [0, 1, 2, 2], "subjects": [1, 2, 3, 4]}
B = {"class_names": ["waving", "bow"], "labels": [0, 1, 1], "subjects": [1, 2, 1]}


def write_member(path: Path, content: dict[str, Any], frames: int = 6, seed: int = 0, joints: Any = None) -> None:
    count = len(content["labels"])
    if joints is None:
        joints = np.random.default_rng(seed).normal(size=(count * frames, 20, 3)).astype(np.float32)
    path.parent.mkdir(exist_ok=True)
    np.savez(
        path,
        joints=joints,
        offsets=np.arange(count + 1) * frames,
        labels=np.array(content["labels"]),
        subjects=np.array(content["subjects"]),
        class_names=np.array(content["class_names"]),
        joint_names=np.array(get_layout("kinect-20").joints),
    )


def write_pool(path: Path, pool: Any = POOL) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(pool if isinstance(pool, bytes) else json.dumps(pool).encode())
    return path


@pytest.fixture
def pool_file(tmp_path: Path) -> Path:
    """A pool in its folder, with its members beside it."""
    write_member(tmp_path / "pools" / "set_a.npz", A)
    write_member(tmp_path / "pools" / "set_b.npz", B, seed=1)
    return write_pool(tmp_path / "pools" / "My_Pool.json")


def test_classes_become_concepts(pool_file: Path) -> None:
    pool = read_pool(pool_file)
    assert (pool.name, pool.class_names, pool.layout.name) == ("my-pool", POOL["class_names"], "kinect-20")
    assert [pool.class_names[i] for i in pool.labels] == ["wave", "throw", "jump", "jump", "wave", "bow", "bow"]
    member = SkeletonDataset.from_npz(pool_file.parent / "set_b.npz")
    np.testing.assert_array_equal(pool[4].joints, member[0].joints)


def test_subjects_of_two_members_are_two_people_and_stay_odd_or_even(pool_file: Path) -> None:
    pool = read_pool(pool_file)
    assert pool.subjects.tolist() == [1, 2, 3, 4, 1001, 1002, 1001]
    assert pool.train_mask.tolist() == [True, False, True, False, True, False, True]


def test_members_lie_beside_the_pool_or_in_data_or_are_given(pool_file: Path, tmp_path: Path) -> None:
    beside = read_pool(pool_file).fingerprint
    data = tmp_path / "data"
    data.mkdir()
    (pool_file.parent / "set_a.npz").rename(data / "set_a.npz")
    assert read_pool(pool_file).fingerprint == beside
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    moved = [file.rename(elsewhere / file.name) for file in (data / "set_a.npz", pool_file.parent / "set_b.npz")]
    assert read_pool(pool_file, moved).fingerprint == beside
    assert read_pool(pool_file, moved[::-1]).fingerprint == beside


def test_a_member_that_is_given_goes_before_one_that_is_found(pool_file: Path, tmp_path: Path) -> None:
    write_member(tmp_path / "other" / "set_b.npz", B, seed=9)
    assert read_pool(pool_file, [tmp_path / "other" / "set_b.npz"]).fingerprint != read_pool(pool_file).fingerprint


def test_sequences_of_fewer_than_five_observed_frames_are_dropped(pool_file: Path) -> None:
    joints = np.ones((18, 20, 3), np.float32)
    joints[:2] = 0  # leaves four of six frames
    joints[6:7] = 0  # leaves five
    joints[12:18, 1:] = 0  # one joint is enough
    write_member(pool_file.parent / "set_b.npz", B, joints=joints)
    assert read_pool(pool_file).subjects.tolist() == [1, 2, 3, 4, 1002, 1001]


def test_the_pool_s_splits_are_its_own(pool_file: Path) -> None:
    split = resolve_split("pool-1", read_pool(pool_file))
    assert split.names(split.unseen) == ["wave", "bow"]


def test_a_member_held_out_tests_and_the_others_concepts_train(pool_file: Path) -> None:
    pool = read_pool(pool_file)
    assert pool.members is not None
    assert pool.members.tolist() == ["set-a"] * 4 + ["set-b"] * 3
    split = resolve_split("cross-set-b", pool)
    assert (split.names(split.unseen), split.names(split.seen)) == (["bow", "wave"], ["jump", "throw"])
    assert split.protocol == "cross-dataset:set-b"
    assert pool.train_mask_of(split).tolist() == [True] * 4 + [False] * 3
    assert pool.with_protocol("odd-subjects").train_mask_of(split).tolist() == [True] * 4 + [False] * 3
    native = resolve_split("pool-1", pool)
    assert native.protocol == ""
    np.testing.assert_array_equal(pool.train_mask_of(native), pool.train_mask)


def test_a_member_whose_absence_leaves_one_class_is_never_held_out(pool_file: Path) -> None:
    assert split_names(read_pool(pool_file)) == ["pool-1", "cross-set-b"]


def test_a_container_of_a_pool_has_no_split_that_it_cannot_part(pool_file: Path, tmp_path: Path) -> None:
    write_container(read_pool(pool_file), tmp_path / "c")
    assert split_names(SkeletonDataset.open(tmp_path / "c")) == ["pool-1"]


def test_opening_a_pool_with_its_members_gives_one_data_set(pool_file: Path) -> None:
    members = [str(file) for file in sorted(pool_file.parent.glob("*.npz"))]
    (pool,) = open_datasets([*members, str(pool_file)])
    assert pool.fingerprint == read_pool(pool_file).fingerprint


def test_a_missing_member_is_told_with_the_places_looked_at(pool_file: Path) -> None:
    (pool_file.parent / "set_b.npz").unlink()
    with pytest.raises(MissingFileError, match=r"member set_b not found at .*pools.*data"):
        read_pool(pool_file)


def test_a_file_that_is_no_member_is_told(pool_file: Path, tmp_path: Path) -> None:
    write_member(tmp_path / "set_c.npz", B)
    with pytest.raises(InputError, match="set_c given, but the pool has set_a, set_b"):
        read_pool(pool_file, [tmp_path / "set_c.npz"])


def test_a_class_without_a_concept_is_told(pool_file: Path) -> None:
    write_member(pool_file.parent / "set_b.npz", {**B, "class_names": ["waving", "kneel"]})
    with pytest.raises(InputError, match=r"concepts\.set_b does not map kneel"):
        read_pool(pool_file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        ([], "contains a list"),
        ({**POOL, "concepts": []}, "no concepts"),
        ({**POOL, "class_names": None}, "no class_names"),
        ({**POOL, "splits": []}, "no splits"),
        ({**POOL, "splits": {"pool-1": ["wave", "bow"]}}, "splits"),
        ({**POOL, "concepts": {"set_a": {"hop": "leap"}}}, r"concepts\.set_a names \['leap'\]"),
        ({**POOL, "concepts": {"set_a": {"hop": ["jump"]}}}, r"concepts\.set_a names"),
        ({**POOL, "concepts": {"set_a": "jump"}}, r"concepts\.set_a names"),
    ],
)
def test_a_broken_pool_is_told_by_file(tmp_path: Path, content: Any, message: str) -> None:
    path = write_pool(tmp_path / "broken.json", content)
    with pytest.raises(InputError, match=message) as error:
        read_pool(path)
    assert str(path) in str(error.value)


def test_a_missing_pool_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"none\.json"):
        read_pool(tmp_path / "none.json")


@pytest.mark.slow("the whole pool of real datasets")
def test_the_real_pool(shared: Path) -> None:
    pool = read_pool(shared / "protocols" / "kinect_pool.json")
    assert (pool.name, len(pool.class_names), len(pool)) == ("kinect-pool", 61, 4258)
    assert set(pool.labels.tolist()) == set(range(61))
    assert {"pool-1", "pool-2", "pool-3"} <= set(pool.splits)
    for name in ("pool-1", "pool-2", "pool-3"):
        split = resolve_split(name, pool)
        assert split.validation_unseen
        assert not set(split.unseen) & set(split.validation_unseen)
        for ids in (split.unseen, split.validation_unseen):
            chosen = np.isin(pool.labels, ids)
            assert (chosen & pool.train_mask).any()
            assert (chosen & ~pool.train_mask).any()
    for member in ("utd-mhad", "msr-action3d", "nw-ucla", "utkinect", "kinder-gator"):
        split = resolve_split(f"cross-{member}", pool)
        train = pool.train_mask_of(split) & ~np.isin(pool.labels, split.unseen)
        assert pool.members is not None
        assert member not in pool.members[train]
        assert set(pool.labels[pool.members == member].tolist()) == set(split.unseen)
        assert not set(pool.subjects[train].tolist()) & set(pool.subjects[pool.members == member].tolist())
        assert set(split.validation_unseen) <= set(pool.labels[train].tolist())

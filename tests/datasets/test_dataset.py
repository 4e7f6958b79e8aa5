"""Facts of SkeletonDataset and of the .npz files it is read from."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zeroskel.core import (
    InputError,
    LayoutError,
    MissingFileError,
    SkeletonFormatError,
    SkeletonSequence,
    get_layout,
)
from zeroskel.datasets import SkeletonDataset

KINECT = get_layout("kinect-20")
ORDER = np.random.default_rng(5).permutation(20)  # of the joints in the fabricated files
COUNTS = {  # sequences, classes, subjects; shared/data/README.md
    "hdm05_11": (287, 11, 5),
    "kinder_gator": (1159, 58, 20),
    "msr_action3d": (557, 20, 10),
    "nw_ucla": (1484, 10, 10),
    "utd_mhad": (861, 27, 8),
    "utkinect": (199, 10, 10),
    "penn_action_2d": (2326, 15, None),
    "jhmdb_2d": (609, 14, None),
}


def arrays(**changed: Any) -> dict[str, Any]:
    """Four sequences of 2, 3, 4 and 1 frames by subjects 1 to 4; joints in shuffled order; None leaves an array out."""
    content = {
        "joints": np.random.default_rng(0).normal(size=(10, 20, 3)).astype(np.float32),
        "offsets": np.array([0, 2, 5, 9, 10]),
        "labels": np.array([0, 1, 1, 0]),
        "subjects": np.array([1, 2, 3, 4]),
        "class_names": np.array(["wave", "drink water"]),
        "joint_names": np.array(KINECT.joints)[ORDER],
        **changed,
    }
    return {name: array for name, array in content.items() if array is not None}


@pytest.fixture
def opened(tmp_path: Path):
    """Write a release with some arrays changed and read it."""

    def write_and_read(**changed: Any) -> SkeletonDataset:
        path = tmp_path / "My_Toy.npz"
        np.savez(path, **arrays(**changed))
        return SkeletonDataset.from_npz(path)

    return write_and_read


def created(sequences: list[SkeletonSequence], **changed: Any) -> SkeletonDataset:
    count = len(sequences)
    arguments = {"labels": np.arange(count) % 2, "subjects": np.arange(count), "class_names": ["wave", "jump"]}
    arguments |= changed
    return SkeletonDataset(sequences, **arguments)


def test_joints_are_matched_by_name(opened) -> None:
    dataset = opened()
    assert (len(dataset), dataset.layout, dataset.bodies) == (4, KINECT, 1)
    assert dataset.class_names == ["wave", "drink water"]
    assert (dataset.labels.tolist(), dataset.subjects.tolist()) == ([0, 1, 1, 0], [1, 2, 3, 4])
    assert [dataset[i].frames for i in range(4)] == [2, 3, 4, 1]
    np.testing.assert_array_equal(dataset[1].joints[0][:, ORDER], arrays()["joints"][2:5])


def test_the_name_follows_the_file(opened) -> None:
    dataset = opened()
    assert dataset.name == "my-toy"
    assert repr(dataset) == "SkeletonDataset('my-toy', 4 sequences, 2 classes, 4 subjects, kinect-20)"


def test_a_joint_at_exactly_zero_was_not_observed(opened) -> None:
    joints = arrays()["joints"]
    joints[3, 6] = 0
    joints[4, 7, :2] = 0
    observed = opened(joints=joints)[1].observed[0]
    assert np.argwhere(~observed).tolist() == [[1, ORDER[6]]]


def test_a_joint_marked_as_hidden_was_not_observed(opened) -> None:
    visibility = np.ones((10, 20), np.uint8)
    visibility[0, 3] = 0
    observed = opened(visibility=visibility)[0].observed[0]
    assert np.argwhere(~observed).tolist() == [[0, ORDER[3]]]


def test_the_frame_rate_is_the_file_s(opened) -> None:
    assert [opened()[i].fps for i in range(4)] == [30] * 4
    assert [opened(fps=np.array(120.0))[i].fps for i in range(4)] == [120] * 4
    assert [opened(fps=np.array([10, 20, 30, 40]))[i].fps for i in range(4)] == [10, 20, 30, 40]


def test_a_file_named_after_a_dataset_has_its_frame_rate(tmp_path) -> None:
    for name, fps in (("msr_action3d", 15), ("utkinect", 15), ("utd_mhad", 30), ("other", 30)):
        np.savez(tmp_path / f"{name}.npz", **arrays())
        assert SkeletonDataset.from_npz(tmp_path / f"{name}.npz")[0].fps == fps


def test_time_stamps_give_the_frame_rate(opened) -> None:
    stamps = np.array([0, 50, 0, 20, 40, 100, 140, 180, 900, 0])
    assert [opened(timestamps_ms=stamps)[i].fps for i in range(4)] == pytest.approx([20, 50, 25, 30])


@pytest.mark.parametrize("fps", [np.array([10.0, 20.0]), np.array(["fast"]), np.zeros(4), np.array(-1)])
def test_a_frame_rate_that_fits_no_sequence_is_told(opened, fps: np.ndarray) -> None:
    with pytest.raises(InputError, match="fps"):
        opened(fps=fps)


def test_odd_subjects_train_unless_a_published_part_does(opened) -> None:
    assert opened().train_mask.tolist() == [True, False, True, False]
    published = np.array([0, 1, 1, 0])
    assert opened(official_train=published).train_mask.tolist() == [False, True, True, False]
    assert opened(official_train_split1=published).train_mask.tolist() == [False, True, True, False]


def test_the_train_mask_handed_out_is_a_copy(opened) -> None:
    dataset = opened(official_train=np.array([0, 1, 1, 0]))
    dataset.train_mask[:] = True
    assert dataset.train_mask.tolist() == [False, True, True, False]


def test_equal_content_has_an_equal_fingerprint(opened) -> None:
    assert opened().fingerprint == opened().fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"joints": arrays()["joints"] + np.float32(1e-3)},
        {"offsets": np.array([0, 3, 5, 9, 10])},
        {"labels": np.array([0, 1, 1, 1])},
        {"subjects": np.array([1, 2, 3, 6])},
        {"class_names": np.array(["wave", "drink tea"])},
        {"joint_names": np.array(KINECT.joints)},
        {"fps": np.array(25)},
        {"official_train": np.array([0, 1, 1, 0])},
    ],
    ids=lambda change: next(iter(change)),
)
def test_other_content_has_another_fingerprint(opened, change: dict[str, Any]) -> None:
    assert opened(**change).fingerprint != opened().fingerprint


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"labels": None}, SkeletonFormatError),
        ({"labels": np.array([0, 1, 1, 2])}, SkeletonFormatError),
        ({"labels": np.array([-1, 1, 1, 0])}, SkeletonFormatError),
        ({"subjects": np.array([1, 2])}, SkeletonFormatError),
        ({"offsets": np.array([0, 2, 5, 9, 11])}, SkeletonFormatError),
        ({"joint_names": np.array([f"joint {i}" for i in range(20)])}, LayoutError),
        ({"joint_names": np.array(["head"] * 20)}, SkeletonFormatError),
        ({"official_train": np.array([True])}, InputError),
    ],
)
def test_broken_files_are_told(opened, change: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=r"(?i)my.toy"):
        opened(**change)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"none\.npz"):
        SkeletonDataset.from_npz(tmp_path / "none.npz")


def test_a_wanted_layout_takes_the_joints_both_have(tmp_path: Path) -> None:
    path = tmp_path / "toy.npz"
    np.savez(path, **arrays())
    dataset = SkeletonDataset.from_npz(path, layout="kinect-15")
    joint = "shoulder_left"
    np.testing.assert_array_equal(
        dataset[0].joints[0, :, dataset.layout.index(joint)],
        arrays()["joints"][:2, ORDER.tolist().index(KINECT.index(joint))],
    )


def test_the_largest_number_of_bodies_counts(sequence_maker) -> None:
    assert created([sequence_maker(bodies=1), sequence_maker(bodies=3), sequence_maker(bodies=2)]).bodies == 3


def test_sequences_of_two_layouts_are_no_data_set(sequence_maker) -> None:
    with pytest.raises(LayoutError, match="mixes layouts"):
        created([sequence_maker(), sequence_maker("ntu-25")])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"labels": [0]}, r"found labels of shape \(1,\); expected \(2,\), one entry for every sequence"),
        ({"subjects": [1, 2, 3]}, r"found subjects of shape \(3,\); expected \(2,\)"),
        ({"labels": [0, 2]}, "labels run from 0 to 2"),
        ({"labels": [-1, 0]}, "labels run from -1"),
        ({"protocols": {"published": [True]}}, "found a train mask for protocol published of shape"),
        ({"members": ["a"]}, r"found members of shape \(1,\); expected \(2,\)"),
        ({"subjects": [7, 7], "members": ["a", "b"]}, "subject 7 is in the members a and b"),
        ({"protocol": "cross-view"}, "no protocol 'cross-view'; it has odd-subjects"),
    ],
)
def test_arguments_that_do_not_agree_are_told(sequence_maker, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        created([sequence_maker(), sequence_maker(seed=1)], **changed)


def test_no_sequences_are_no_data_set() -> None:
    with pytest.raises(InputError, match="no sequences"):
        created([])


@pytest.mark.slow("whole real datasets")
@pytest.mark.parametrize("name", COUNTS)
def test_the_real_sets_have_their_counts(shared: Path, name: str) -> None:
    dataset = SkeletonDataset.from_npz(shared / "data" / f"{name}.npz")
    sequences, classes, subjects = COUNTS[name]
    assert (len(dataset), len(dataset.class_names)) == (sequences, classes)
    assert set(dataset.labels.tolist()) == set(range(classes))
    if subjects is not None:
        assert len(np.unique(dataset.subjects)) == subjects
    assert 0 < dataset.train_mask.sum() < sequences


def test_every_real_set_is_counted(shared: Path) -> None:
    assert {file.stem for file in (shared / "data").glob("*.npz")} == set(COUNTS)

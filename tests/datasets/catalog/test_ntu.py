"""Facts of NTU RGB+D: what file names say, which recordings train, and two actors of many bodies."""

from pathlib import Path

import numpy as np
import pytest

from zeroskel import SkeletonDataset
from zeroskel.core import InputError, SkeletonSequence
from zeroskel.datasets._preparing import prepare
from zeroskel.datasets._recipe_parts import broken_recordings
from zeroskel.datasets._source_files import SourceFile
from zeroskel.datasets.catalog._numbered import NTU_60, NTU_120
from zeroskel.skeleton.formats import write


def named(*names: str) -> list[SourceFile]:
    return [SourceFile(Path(f"nturgb+d_skeletons/{name}.skeleton")) for name in names]


def test_the_file_name_says_it_all() -> None:
    task = NTU_120.find(named("S018C003P008R002A061")).tasks[0]
    numbers = {"setup": 18, "camera": 3, "subject": 8, "repetition": 2, "label": 60}
    assert task.facts == {"name": "S018C003P008R002A061", **numbers}


def test_the_first_release_leaves_the_extension_alone() -> None:
    names = [f"S001C001P001R001A{action:03d}" for action in range(1000)]
    assert [task.facts["label"] for task in NTU_60.find(named(*names)).tasks] == list(range(60))
    assert [task.facts["label"] for task in NTU_120.find(named(*names)).tasks] == list(range(120))


def test_a_release_at_full_count_is_listed_whole_but_for_the_broken_ones() -> None:
    names = [  # 120 x 954 names, as many as NTU RGB+D 120 has, some of them on the list of broken ones
        f"S{setup:03d}C{camera:03d}P{performer:03d}R{repetition:03d}A{action:03d}"
        for setup, performers in ((1, range(1, 81)), (2, range(1, 80)))
        for performer in performers
        for camera in (1, 2, 3)
        for repetition in (1, 2)
        for action in range(1, 121)
    ]
    assert len(names) == 114_480
    listing = NTU_120.find(named(*names))
    broken = broken_recordings("ntu") & set(names)
    assert len(broken) == len(listing.left_out) > 0
    assert len(listing.tasks) + len(broken) == 114_480
    assert len(listing.class_names) == 120


def test_the_lists_of_broken_recordings_have_their_published_lengths() -> None:
    broken = broken_recordings("ntu")
    assert len(broken) == 535
    assert sum(int(name[-3:]) <= 60 for name in broken) == 302


@pytest.mark.slow("long lists of the releases")
def test_they_are_the_published_lists(shared: Path) -> None:
    for release, file in (("ntu", "ntu_missing_skeletons"), ("pku-mmd", "pku_mmd_part1_missing_skeletons")):
        published = (shared / "protocols" / f"{file}.txt").read_text().split()
        assert broken_recordings(release) == set(published)


def test_there_are_as_many_training_subjects_as_published() -> None:
    of_60, of_120 = (set(release.train["cross-subject"]["subject"]) for release in (NTU_60, NTU_120))
    assert (len(of_60), len(of_120)) == (20, 53)
    assert of_60 < of_120


def moving(seed: int = 0, frames: int = 40, bodies: int = 1) -> SkeletonSequence:
    """People upright and moving."""
    rng = np.random.default_rng(seed)
    rest = rng.normal(size=(bodies, 1, 25, 3)) * (0.2, 0.6, 0.2) + (0, 0, 3)
    return SkeletonSequence(rest + 0.3 * np.sin(np.linspace(0, 6, frames))[None, :, None, None], "ntu-25")


@pytest.mark.parametrize(
    ("release", "protocol", "trains"),
    [
        ("ntu60", "cross-subject", [True, False, True, True]),
        ("ntu60", "cross-view", [False, True, True, False]),
        ("ntu120", "cross-subject", [True, False, True, True]),
        ("ntu120", "cross-setup", [False, True, False, True]),
    ],
)
def test_protocols_follow_from_the_names(release: str, protocol: str, trains: list[bool], tmp_path: Path) -> None:
    (tmp_path / "ntu").mkdir()
    names = ["S001C001P001R001A001", "S002C002P003R001A001", "S003C003P004R001A002", "S004C001P005R002A002"]
    for name in names:
        write(moving(), tmp_path / "ntu" / f"{name}.skeleton")
    prepare(release, tmp_path / "ntu", tmp_path / "c")
    opened = SkeletonDataset.open(tmp_path / "c", protocol=protocol)
    assert opened.names == names
    assert opened.train_mask.tolist() == trains
    assert (opened.labels.tolist(), opened.subjects.tolist()) == ([0, 0, 1, 1], [1, 3, 4, 5])
    assert opened.class_names[:2] == ["drink water", "eat meal"]
    index = opened.sequences.index  # type: ignore[attr-defined]
    assert (index["cameras"].tolist(), index["setups"].tolist()) == ([1, 2, 3, 1], [1, 2, 3, 4])


def test_a_ghost_does_not_take_an_actor_s_place(tmp_path: Path) -> None:
    (tmp_path / "ntu").mkdir()
    joints = moving(bodies=2).joints.copy()
    joints[1, 5:] = np.nan  # a body of five frames
    write(SkeletonSequence(joints, "ntu-25"), tmp_path / "ntu" / "S001C001P001R001A001.skeleton")
    write(moving(seed=1, bodies=2), tmp_path / "ntu" / "S001C001P001R001A050.skeleton")
    prepare("ntu60", tmp_path / "ntu", tmp_path / "c")
    opened = SkeletonDataset.open(tmp_path / "c")
    assert [opened[0].bodies, opened[1].bodies] == [1, 2]


def test_a_folder_without_such_names_says_what_was_expected() -> None:
    with pytest.raises(InputError, match=r"found 1 files, none of them.*S001C001P001R001A001\.skeleton"):
        NTU_60.find([SourceFile(Path("README.md"))])
    with pytest.raises(InputError, match="second time"):
        NTU_60.find([SourceFile(Path(f"{folder}/S001C001P001R001A001.skeleton")) for folder in "ab"])

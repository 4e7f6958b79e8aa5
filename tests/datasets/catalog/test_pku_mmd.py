"""Facts of PKU-MMD part 1: long recordings cut into actions, lists that say what trains."""

from pathlib import Path

import numpy as np
import pytest

from zeroskel import SkeletonDataset
from zeroskel.core import InputError, SkeletonFormatError, SkeletonSequence
from zeroskel.datasets._preparing import prepare
from zeroskel.datasets._recipe_parts import broken_recordings
from zeroskel.datasets._source_files import SourceFile, list_files
from zeroskel.datasets.catalog import _pku_mmd
from zeroskel.skeleton.formats import write

FRAMES = 60


def long_recording(seed: int = 0, second_from: int = 40) -> SkeletonSequence:
    """One person, a second one from some frame on."""
    joints = np.random.default_rng(seed).normal(size=(2, FRAMES, 25, 3)).astype(np.float32)
    joints[1, :second_from] = np.nan
    return SkeletonSequence(joints, "ntu-25")


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "PKUMMD"
    labels = folder / "Train_Label_PKU_final"
    labels.mkdir(parents=True)
    for number, view in ((2, "L"), (2, "R"), (3, "M")):
        write(long_recording(number), folder / "PKU_Skeleton_Renew" / f"{number:04d}-{view}.txt")
        (labels / f"{number:04d}-{view}.txt").write_text("14,5,20,2\n1,30,58,1\n")
    lists = folder / "Split"
    lists.mkdir()
    (lists / "cross-subject.txt").write_text("Training videos:\n0002-L, 0002-R\n\nValidataion videos:\n0003-M\n")
    (lists / "cross-view.txt").write_text("Training videos:\n0002-R, 0003-M, \n\nValidataion videos:\n0002-L, \n")
    (folder / "README.md").write_text("1,2,3,4")
    return folder


def test_label_files_cut_the_recordings(release: Path, tmp_path: Path) -> None:
    done = prepare("pku-mmd", release, tmp_path / "c")
    assert (done.recordings, done.left_out) == (6, ())
    opened = SkeletonDataset.open(tmp_path / "c")
    assert opened.names[:2] == ["F002V001C014L001", "F002V001C001L002"]
    assert [opened.class_names[i] for i in opened.labels[:2]] == ["Handshaking", "Bow"]
    assert [(opened[0].bodies, opened[0].frames), (opened[1].bodies, opened[1].frames)] == [(1, 15), (2, 28)]
    np.testing.assert_allclose(opened[0].joints[0], long_recording(2).joints[0, 5:20], rtol=1e-5)


@pytest.mark.parametrize(("protocol", "trains"), [("cross-subject", [1, 1, 0]), ("cross-view", [0, 1, 1])])
def test_the_lists_part_the_recordings(protocol: str, trains: list[int], release: Path, tmp_path: Path) -> None:
    prepare("pku-mmd", release, tmp_path / "c")
    opened = SkeletonDataset.open(tmp_path / "c", protocol=protocol)
    assert opened.train_mask.tolist() == [bool(t) for t in trains for _ in range(2)]
    assert opened.sequences.index["cameras"].tolist() == [1, 1, 3, 3, 2, 2]  # type: ignore[attr-defined]


def test_without_a_list_that_protocol_is_not_there(release: Path) -> None:
    (release / "Split" / "cross-view.txt").unlink()
    assert _pku_mmd.find(list_files(release)).protocols == ("cross-subject",)


def test_an_action_without_a_body_is_left_out_alone(release: Path, tmp_path: Path) -> None:
    labels = release / "Train_Label_PKU_final" / "0003-M.txt"
    labels.write_text("1,70,80,1\n2,0,30,1\n")
    done = prepare("pku-mmd", release, tmp_path / "c")
    assert done.recordings == 5
    assert [entry.name for entry in done.bad] == ["F003V002C001L001"]
    assert "0003-M.txt, line 1" in done.bad[0].reason


def test_actions_on_the_release_s_list_are_counted_apart(release: Path, tmp_path: Path) -> None:
    assert "F089V001C023L001" in broken_recordings("pku-mmd")
    write(long_recording(9), release / "PKU_Skeleton_Renew" / "0089-L.txt")
    (release / "Train_Label_PKU_final" / "0089-L.txt").write_text("23,0,9,2\n")
    done = prepare("pku-mmd", release, tmp_path / "c")
    assert ([entry.name for entry in done.left_out], done.bad) == (["F089V001C023L001"], ())


def test_a_label_beyond_the_classes_is_refused_with_its_line(release: Path, tmp_path: Path) -> None:
    (release / "Train_Label_PKU_final" / "0003-M.txt").write_text("1,0,9,1\n52,10,20,1\n")
    done = prepare("pku-mmd", release, tmp_path / "c")
    assert "0003-M.txt, line 2: found class 52; expected 1 to 51" in done.bad[0].reason


def test_recordings_that_cannot_be_cut_are_told(release: Path) -> None:
    (release / "Train_Label_PKU_final" / "0003-M.txt").unlink()
    with pytest.raises(InputError, match=r"0003-M\.txt: no label file"):
        _pku_mmd.find(list_files(release))
    with pytest.raises(InputError, match=r"expected 0002-L\.txt in one folder"):
        _pku_mmd.find([SourceFile(Path("PKUMMD/a.txt"))])


def test_a_list_that_is_none_is_refused(release: Path) -> None:
    (release / "Split" / "cross-view.txt").write_text("nothing of the kind")
    with pytest.raises(SkeletonFormatError, match=r"cross-view\.txt: found no names"):
        _pku_mmd.find(list_files(release))

"""Long recordings of a release: which test, and what is annotated in them."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import InputError, MissingFileError, SkeletonFormatError, SkeletonSequence
from zeroskel.datasets._long_recordings import open_long_recordings
from zeroskel.skeleton.formats import write


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Three recordings of two seconds in the files of PKU-MMD."""
    folder = tmp_path / "PKUMMD"
    labels, lists = folder / "Train_Label_PKU_final", folder / "Split"
    labels.mkdir(parents=True)
    lists.mkdir()
    rng = np.random.default_rng(0)
    for name in ("0002-L", "0002-R", "0003-M"):
        recording = SkeletonSequence(rng.normal(size=(1, 60, 25, 3)), "ntu-25")
        write(recording, folder / "PKU_Skeleton_Renew" / f"{name}.txt")
        (labels / f"{name}.txt").write_text("14,6,21,2\n1,30,60,1\n")
    (lists / "cross-subject.txt").write_text("Training videos:\n0002-L, 0002-R\n\nValidataion videos:\n0003-M\n")
    (lists / "cross-view.txt").write_text("Training videos:\n0002-R, 0003-M, \n\nValidataion videos:\n0002-L, \n")
    return folder


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        (None, ["0003-M"]),
        ("cross-subject", ["0003-M"]),
        ("cross-view", ["0002-L"]),
        ("all", ["0002-L", "0002-R", "0003-M"]),
    ],
)
def test_the_protocol_selects_the_recordings(protocol: str | None, expected: list[str], release: Path) -> None:
    opened = open_long_recordings("pku-mmd", release, protocol=protocol)
    assert opened.names == expected
    assert opened.protocol == (protocol or "cross-subject")
    assert len(opened.class_names) == 51


def test_annotated_frames_become_seconds(release: Path) -> None:
    recording = open_long_recordings("pku-mmd", release).read(0)
    assert (recording.sequence.frames, recording.sequence.fps) == (60, 30)
    assert [(each.action, each.person) for each in recording.segments] == [("Handshaking", 0), ("Bow", 0)]
    np.testing.assert_allclose([(s.start, s.end) for s in recording.segments], [(0.2, 0.7), (1.0, 2.0)])


def test_an_archive_is_as_good_as_a_folder(release: Path, tmp_path: Path) -> None:
    archive = tmp_path / "PKUMMD.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for file in sorted(release.rglob("*.txt")):
            zipped.write(file, file.relative_to(tmp_path))
    opened = open_long_recordings("pku-mmd", archive)
    np.testing.assert_array_equal(
        opened.read(0).sequence.joints, open_long_recordings("pku-mmd", release).read(0).sequence.joints
    )


def test_the_key_follows_the_label_file(release: Path) -> None:
    key = open_long_recordings("pku-mmd", release).key(0)
    assert open_long_recordings("pku-mmd", release).key(0) == key
    (release / "Train_Label_PKU_final" / "0003-M.txt").write_text("14,6,22,2\n")
    assert open_long_recordings("pku-mmd", release).key(0) != key


def test_without_lists_only_all_recordings_test(release: Path) -> None:
    for file in (release / "Split").iterdir():
        file.unlink()
    with pytest.raises(InputError, match=r"no list of training recordings; .* none\. .* --protocol all"):
        open_long_recordings("pku-mmd", release)
    assert len(open_long_recordings("pku-mmd", release, protocol="all").tasks) == 3


def test_what_cannot_be_opened_is_refused(release: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no protocol cross-setup; the source has cross-subject, cross-view"):
        open_long_recordings("pku-mmd", release, protocol="cross-setup")
    with pytest.raises(InputError, match=r"recordings of ntu60 are cut into actions; .*: pku-mmd, utkinect"):
        open_long_recordings("ntu60", release)
    with pytest.raises(MissingFileError):
        open_long_recordings("pku-mmd", tmp_path / "nowhere")
    (release / "Split" / "cross-subject.txt").write_text("Training videos:\n0002-L, 0002-R, 0003-M\n\nValidation:\n")
    with pytest.raises(InputError, match="all 3 recordings train under protocol cross-subject"):
        open_long_recordings("pku-mmd", release)


def test_a_class_beyond_the_last_is_refused_with_its_line(release: Path) -> None:
    (release / "Train_Label_PKU_final" / "0003-M.txt").write_text("1,0,9,1\n52,10,20,1\n")
    with pytest.raises(SkeletonFormatError, match=r"0003-M\.txt, line 2: found class 52; expected 1 to 51"):
        open_long_recordings("pku-mmd", release).read(0)


def test_utkinect_is_cut_by_frame_numbers(tmp_path: Path) -> None:
    lines = []
    for number in (*range(100, 110), *range(120, 130)):  # the sensor skipped frames
        joints = np.random.default_rng(number).normal(size=60)
        lines.append(" ".join([str(number), *(f"{value:.3f}" for value in joints)]) + "\n")
    for name in ("joints_s01_e01.txt", "joints_s02_e01.txt"):
        (tmp_path / name).write_text("".join(lines))
    actions = "walk: 100 109\nsitDown: 105 121\n"
    (tmp_path / "actionLabel.txt").write_text(f"s01_e01\n{actions}s02_e01\n{actions}")
    opened = open_long_recordings("utkinect", tmp_path)
    assert (opened.protocol, opened.names) == ("odd-subjects", ["joints_s02_e01"])
    recording = opened.read(0)
    rows = [(s.action, s.start * recording.sequence.fps, s.end * recording.sequence.fps) for s in recording.segments]
    assert rows == [("walk", 0, pytest.approx(10)), ("sit down", pytest.approx(5), pytest.approx(12))]

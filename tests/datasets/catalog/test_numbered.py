"""Facts of the releases whose file names give action, subject and repetition."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from zeroskel.core import InputError, SkeletonFormatError
from zeroskel.datasets._source_files import SourceFile, list_files
from zeroskel.datasets.catalog._numbered import FLORENCE3D, KARD, MSR_ACTION3D, NW_UCLA, UTD_MHAD, NumberedRelease

EVERY_NAME = [f"a{a:02}_s{s:02}_e{e:02}" for a in range(1, 21) for s in range(1, 11) for e in range(1, 4)]


def test_recordings_in_a_zip_are_found_and_strangers_left_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "release.zip", "w") as archive:
        archive.writestr("MSRAction3DSkeletonReal3D/a20_s10_e02_skeleton3D.txt", "1 2 3 1\n" * 40)
        archive.writestr("MSRAction3DSkeletonReal3D/README.txt", "x")
        archive.writestr("MSRAction3DSkeleton/a20_s10_e02_skeleton.txt", "160 120 900 1\n" * 40)
    listing = MSR_ACTION3D.find(list_files(tmp_path))
    (task,) = listing.tasks
    (recording,) = MSR_ACTION3D.read(task)
    assert (recording.name, recording.label, recording.subject, recording.repetition) == ("a20_s10_e02", 19, 10, 2)
    assert (recording.sequence.frames, listing.layout, listing.protocols) == (2, "kinect-20", ())


def test_recordings_outside_the_list_of_557_are_left_out() -> None:
    listing = MSR_ACTION3D.find([SourceFile(Path(f"{name}_skeleton3D.txt")) for name in EVERY_NAME])
    assert len(listing.tasks) == 557
    assert len(listing.left_out) == 43 and all(left.listed for left in listing.left_out)
    assert {"a13_s09_e02", "a20_s10_e03"} < {left.name for left in listing.left_out}


def test_the_list_of_557_is_that_of_the_labelled_arrays(shared: Path) -> None:
    listing = MSR_ACTION3D.find([SourceFile(Path(f"{name}_skeleton3D.txt")) for name in EVERY_NAME])
    with np.load(shared / "data" / "msr_action3d.npz", allow_pickle=False) as data:
        assert [task.facts["name"] for task in listing.tasks] == sorted(data["sample_names"].tolist())


def test_no_recording_or_a_broken_one_of_msr_action3d_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected the folder of MSR-Action3D.*a01_s01_e01_skeleton3D\.txt"):
        MSR_ACTION3D.find(list_files(tmp_path))
    (tmp_path / "a01_s01_e01_skeleton3D.txt").write_text("1 2 3 1\n" * 19)
    with pytest.raises(SkeletonFormatError, match=r"a01_s01_e01_skeleton3D\.txt, line 20: found the end"):
        MSR_ACTION3D.read(MSR_ACTION3D.find(list_files(tmp_path)).tasks[0])


def save(folder: Path, name: str, joints: np.ndarray) -> None:
    record = {"file_name": name, "skeletons": joints.tolist(), "label": 1}
    (folder / f"{name}.json").write_text(json.dumps(record))


def test_numbers_that_skip_become_class_ids(tmp_path: Path) -> None:
    for action in (1, 2, 3, 4, 5, 6, 8, 9, 11, 12):
        save(tmp_path, f"a{action:02}_s04_e03_v02", np.ones((2, 20, 3)))
    (tmp_path / "README.txt").write_text("x")
    listing = NW_UCLA.find(list_files(tmp_path))
    recordings = [recording for task in listing.tasks for recording in NW_UCLA.read(task)]
    assert [recording.label for recording in recordings] == list(range(10))
    assert {(r.subject, r.repetition, r.camera) for r in recordings} == {(4, 3, 2)}


@pytest.mark.parametrize(
    ("subject", "view", "by_subject", "by_view"), [(1, 1, True, True), (2, 2, False, True), (3, 3, True, False)]
)
def test_odd_subjects_or_the_first_two_views_train(
    subject: int, view: int, by_subject: bool, by_view: bool, tmp_path: Path
) -> None:
    save(tmp_path, f"a01_s{subject:02}_e00_v{view:02}", np.ones((2, 20, 3)))
    listing = NW_UCLA.find(list_files(tmp_path))
    (recording,) = NW_UCLA.read(listing.tasks[0])
    assert listing.protocols == ("cross-subject", "cross-view")
    assert recording.train == {"cross-subject": by_subject, "cross-view": by_view}


def test_a_joint_at_the_origin_is_not_observed(tmp_path: Path) -> None:
    joints = np.ones((2, 20, 3))
    joints[1, 7] = 0
    save(tmp_path, "a01_s01_e00_v01", joints)
    (recording,) = NW_UCLA.read(NW_UCLA.find(list_files(tmp_path)).tasks[0])
    assert np.argwhere(~recording.sequence.observed[0]).tolist() == [[1, 7]]


def test_no_recording_or_a_broken_one_of_nw_ucla_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected the folder of NW-UCLA.*a01_s01_e00_v01\.json"):
        NW_UCLA.find(list_files(tmp_path))
    save(tmp_path, "a07_s01_e00_v01", np.ones((2, 20, 3)))
    with pytest.raises(InputError, match=r"a07_s01_e00_v01\.json: found action 7; expected one of 1, 2, 3, 4, 5, 6, 8"):
        NW_UCLA.find(list_files(tmp_path))
    (tmp_path / "a07_s01_e00_v01.json").unlink()
    save(tmp_path, "a01_s01_e00_v01", np.ones((2, 19, 3)))
    with pytest.raises(SkeletonFormatError, match=r"a01_s01_e00_v01\.json: found 19 points"):
        NW_UCLA.read(NW_UCLA.find(list_files(tmp_path)).tasks[0])


@pytest.mark.parametrize(
    ("release", "name", "ending", "strangers", "classes", "expected"),
    [
        (FLORENCE3D, "a09_s10_id215", ".txt", ("a01_s1_id1.avi",), 9, (8, 10, 215)),
        (KARD, "a18_s10_e03", "_realworld.txt", ("a01_s01_e01_screen.txt",), 18, (17, 10, 3)),
    ],
)
def test_recordings_in_any_folder_are_found(
    release: NumberedRelease,
    name: str,
    ending: str,
    strangers: tuple[str, ...],
    classes: int,
    expected: tuple[int, ...],
    tmp_path: Path,
) -> None:
    folder = tmp_path / "release" / "texts"
    folder.mkdir(parents=True)
    (folder / f"{name}{ending}").write_text("100 200 3000\n" * 30)
    for stranger in (*strangers, "README.txt", ".DS_Store"):
        (folder / stranger).write_text("x")
    listing = release.find(list_files(tmp_path))
    assert (listing.layout, listing.protocols, len(listing.class_names)) == ("kinect-15", (), classes)
    (task,) = listing.tasks
    (recording,) = release.read(task)
    assert (recording.name, recording.label, recording.subject, recording.repetition) == (name, *expected)
    assert (recording.sequence.frames, recording.sequence.fps) == (2, 30.0)


@pytest.mark.parametrize(
    ("release", "title", "unknown", "known", "action"),
    [
        (FLORENCE3D, "Florence 3D Actions", "a10_s1_id1.txt", "a09_s10_id215.txt", 10),
        (KARD, "KARD", "a19_s01_e01_realworld.txt", "a18_s10_e03_realworld.txt", 19),
    ],
)
def test_no_recording_an_unknown_action_or_a_truncated_file_is_refused(
    release: NumberedRelease, title: str, unknown: str, known: str, action: int, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=f"expected the folder of {title}, with files such as"):
        release.find(list_files(tmp_path))
    (tmp_path / unknown).write_text("1 2 3\n")
    with pytest.raises(InputError, match=f"found action {action}; expected one of 1, 2"):
        release.find(list_files(tmp_path))
    (tmp_path / unknown).rename(tmp_path / known)
    with pytest.raises(SkeletonFormatError, match=f"{known}, line 2: found the end of the file"):
        release.read(release.find(list_files(tmp_path)).tasks[0])


def test_recordings_of_utd_mhad_in_any_folder_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "Skeleton"
    folder.mkdir()
    for name in ("a27_s8_t4", "a2_s1_t1"):
        savemat(folder / f"{name}_skeleton.mat", {"d_skel": np.ones((20, 3, 5))})
    for stranger in ("a2_s1_t1_inertial.mat", "README.txt", ".DS_Store"):
        (folder / stranger).write_text("x")
    listing = UTD_MHAD.find(list_files(tmp_path))
    assert (listing.layout, listing.protocols, len(listing.class_names)) == ("kinect-20", (), 27)
    recordings = [recording for task in listing.tasks for recording in UTD_MHAD.read(task)]
    assert [(r.name, r.label, r.subject, r.repetition) for r in recordings] == [
        ("a27_s8_t4", 26, 8, 4),
        ("a2_s1_t1", 1, 1, 1),
    ]
    assert recordings[0].sequence.joints.shape == (1, 5, 20, 3)


def test_a_folder_without_recordings_of_utd_mhad_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found 0 files, .*a1_s1_t1_skeleton\.mat"):
        UTD_MHAD.find(list_files(tmp_path))


def test_an_unknown_action_or_a_broken_file_of_utd_mhad_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a28_s1_t1_skeleton.mat"
    path.write_bytes(b"x")
    with pytest.raises(InputError, match=r"a28_s1_t1_skeleton\.mat: found action 28"):
        UTD_MHAD.find(list_files(tmp_path))
    path.rename(tmp_path / "a1_s1_t1_skeleton.mat")
    with pytest.raises(SkeletonFormatError, match=r"a1_s1_t1_skeleton\.mat: found no header"):
        UTD_MHAD.read(UTD_MHAD.find(list_files(tmp_path)).tasks[0])

"""Facts of JHMDB as it is released."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from zeroskel.core import InputError, SkeletonFormatError
from zeroskel.datasets._source_files import list_files
from zeroskel.datasets.catalog._image_poses import find_jhmdb, read_jhmdb


def save(folder: Path, action: str, video: str) -> None:
    position = folder / "joint_positions" / action / video
    position.mkdir(parents=True)
    savemat(position / "joint_positions.mat", {"pos_img": np.full((2, 15, 4), 9.0), "viewpoint": "W"})
    (position / ".DS_Store").write_text("x")
    (position / "notes.txt").write_text("x")


@pytest.fixture
def release(tmp_path: Path) -> Path:
    save(tmp_path, "swing_baseball", "Hit_1")
    save(tmp_path, "brush_hair", "April (3)")
    save(tmp_path, "brush_hair", "April_2")
    return tmp_path


def test_classes_are_the_folders(release: Path) -> None:
    listing = find_jhmdb(list_files(release))
    assert (listing.layout, listing.protocols) == ("jhmdb-15", ())
    assert listing.class_names == ("brush hair", "swing baseball")
    recordings = [recording for task in listing.tasks for recording in read_jhmdb(task)]
    assert [(r.name, r.label, r.subject, r.train) for r in recordings] == [
        ("April (3)", 0, 0, {}),
        ("April_2", 0, 0, {}),
        ("Hit_1", 1, 0, {}),
    ]


def test_files_of_split_1_say_who_trains(release: Path) -> None:
    (release / "splits").mkdir()
    (release / "splits" / "brush_hair_test_split1.txt").write_text("April (3).avi 1\nApril_2.avi 2 \n\n")
    (release / "splits" / "brush_hair_test_split2.txt").write_text("April (3).avi 2\nApril_2.avi 2\n")
    with pytest.raises(InputError, match=r"joint_positions\.mat: found no line of Hit_1 in swing_baseball_test_split1"):
        find_jhmdb(list_files(release))
    (release / "splits" / "swing_baseball_test_split1.txt").write_text("Hit_1.avi 1\r\n")
    listing = find_jhmdb(list_files(release))
    assert listing.protocols == ("published",)
    trains = [recording.train for task in listing.tasks for recording in read_jhmdb(task)]
    assert trains == [{"published": True}, {"published": False}, {"published": True}]


@pytest.mark.parametrize("line", ["April_2.avi 3", "April_2.avi", "1", "April_2.avi1"])
def test_a_broken_line_of_a_split_is_named(line: str, release: Path) -> None:
    (release / "brush_hair_test_split1.txt").write_text(f"April (3).avi 1\n{line}\n")
    with pytest.raises(
        SkeletonFormatError, match=r"brush_hair_test_split1\.txt, line 2: found .*expected a video and 1"
    ):
        find_jhmdb(list_files(release))


def test_clips_in_a_zip_are_found(release: Path, tmp_path: Path) -> None:
    archive = tmp_path / "zipped" / "joints.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as members:
        for file in (release / "joint_positions").rglob("*.mat"):
            members.write(file, file.relative_to(release))
    listing = find_jhmdb(list_files(archive))
    assert listing.class_names == ("brush hair", "swing baseball")
    assert read_jhmdb(listing.tasks[0])[0].sequence.joints.shape == (1, 4, 15, 2)


def test_nothing_a_clip_twice_or_a_broken_file_is_refused(release: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="expected the folder of JHMDB"):
        find_jhmdb(list_files(empty))
    (release / "joint_positions/brush_hair/April_2/joint_positions.mat").write_text("x")
    with pytest.raises(SkeletonFormatError, match=r"joint_positions\.mat: found no header"):
        read_jhmdb(find_jhmdb(list_files(release)).tasks[1])
    save(release / "copy", "brush_hair", "April_2")
    with pytest.raises(InputError, match=r"found brush_hair/April_2 a second time"):
        find_jhmdb(list_files(release))

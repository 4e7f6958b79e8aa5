"""Facts of Florence 3D Actions as it is released."""

from pathlib import Path

import pytest

from zeroskel.core import InputError, SkeletonFormatError
from zeroskel.datasets._source_files import list_files
from zeroskel.datasets.catalog._florence3d import find, read


def test_recordings_in_any_folder_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "release" / "texts"
    folder.mkdir(parents=True)
    (folder / "a09_s10_id215.txt").write_text("100 200 3000\n" * 30)
    for stranger in ("a01_s1_id1.avi", "README.txt", ".DS_Store"):
        (folder / stranger).write_text("x")
    listing = find(list_files(tmp_path))
    assert (listing.layout, listing.protocols, len(listing.class_names)) == ("kinect-15", (), 9)
    (task,) = listing.tasks
    (recording,) = read(task)
    facts = (recording.name, recording.label, recording.subject, recording.repetition)
    assert facts == ("a09_s10_id215", 8, 10, 215)
    assert (recording.sequence.frames, recording.sequence.fps) == (2, 30.0)


def test_nothing_an_unknown_action_or_a_broken_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected the folder of Florence 3D Actions, with files such as"):
        find(list_files(tmp_path))
    (tmp_path / "a10_s1_id1.txt").write_text("1 2 3\n")
    with pytest.raises(InputError, match="found action 10; expected one of 1, 2"):
        find(list_files(tmp_path))
    (tmp_path / "a10_s1_id1.txt").rename(tmp_path / "a09_s10_id215.txt")
    with pytest.raises(SkeletonFormatError, match=r"a09_s10_id215\.txt, line 2: found the end of the file"):
        read(find(list_files(tmp_path)).tasks[0])

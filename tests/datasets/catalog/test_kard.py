"""Facts of KARD as it is released."""

from pathlib import Path

import pytest

from zeroskel.core import InputError, SkeletonFormatError
from zeroskel.datasets._source_files import list_files
from zeroskel.datasets.catalog._kard import find, read


def test_recordings_in_any_folder_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "release" / "texts"
    folder.mkdir(parents=True)
    (folder / "a18_s10_e03_realworld.txt").write_text("100 200 3000\n" * 30)
    for stranger in ("a01_s01_e01_screen.txt", "README.txt", ".DS_Store"):
        (folder / stranger).write_text("x")
    listing = find(list_files(tmp_path))
    assert (listing.layout, listing.protocols, len(listing.class_names)) == ("kinect-15", (), 18)
    (task,) = listing.tasks
    (recording,) = read(task)
    facts = (recording.name, recording.label, recording.subject, recording.repetition)
    assert facts == ("a18_s10_e03", 17, 10, 3)
    assert (recording.sequence.frames, recording.sequence.fps) == (2, 30.0)


def test_nothing_an_unknown_action_or_a_broken_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected the folder of KARD, with files such as"):
        find(list_files(tmp_path))
    (tmp_path / "a19_s01_e01_realworld.txt").write_text("1 2 3\n")
    with pytest.raises(InputError, match="found action 19; expected one of 1, 2"):
        find(list_files(tmp_path))
    (tmp_path / "a19_s01_e01_realworld.txt").rename(tmp_path / "a18_s10_e03_realworld.txt")
    with pytest.raises(SkeletonFormatError, match=r"a18_s10_e03_realworld\.txt, line 2: found the end of the file"):
        read(find(list_files(tmp_path)).tasks[0])

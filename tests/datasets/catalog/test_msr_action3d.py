"""Facts of MSR-Action3D as it is released."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import InputError, SkeletonFormatError
from zeroskel.datasets._source_files import SourceFile, list_files
from zeroskel.datasets.catalog._msr_action3d import find, read

EVERY_NAME = [f"a{a:02}_s{s:02}_e{e:02}" for a in range(1, 21) for s in range(1, 11) for e in range(1, 4)]


def test_recordings_in_a_zip_are_found_and_strangers_left_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "release.zip", "w") as archive:
        archive.writestr("MSRAction3DSkeletonReal3D/a20_s10_e02_skeleton3D.txt", "1 2 3 1\n" * 40)
        archive.writestr("MSRAction3DSkeletonReal3D/README.txt", "x")
        archive.writestr("MSRAction3DSkeleton/a20_s10_e02_skeleton.txt", "160 120 900 1\n" * 40)
    listing = find(list_files(tmp_path))
    (task,) = listing.tasks
    (recording,) = read(task)
    assert (recording.name, recording.label, recording.subject, recording.repetition) == ("a20_s10_e02", 19, 10, 2)
    assert (recording.sequence.frames, listing.layout, listing.protocols) == (2, "kinect-20", ())


def test_recordings_outside_the_list_of_557_are_left_out() -> None:
    listing = find([SourceFile(Path(f"{name}_skeleton3D.txt")) for name in EVERY_NAME])
    assert len(listing.tasks) == 557
    assert len(listing.left_out) == 43 and all(left.listed for left in listing.left_out)
    assert {"a13_s09_e02", "a20_s10_e03"} < {left.name for left in listing.left_out}


def test_the_list_of_557_is_that_of_the_labelled_arrays(shared: Path) -> None:
    listing = find([SourceFile(Path(f"{name}_skeleton3D.txt")) for name in EVERY_NAME])
    with np.load(shared / "data" / "msr_action3d.npz", allow_pickle=False) as data:
        assert [task.facts["name"] for task in listing.tasks] == sorted(data["sample_names"].tolist())


def test_nothing_or_a_broken_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected the folder of MSR-Action3D.*a01_s01_e01_skeleton3D\.txt"):
        find(list_files(tmp_path))
    (tmp_path / "a01_s01_e01_skeleton3D.txt").write_text("1 2 3 1\n" * 19)
    with pytest.raises(SkeletonFormatError, match=r"a01_s01_e01_skeleton3D\.txt, line 20: found the end"):
        read(find(list_files(tmp_path)).tasks[0])

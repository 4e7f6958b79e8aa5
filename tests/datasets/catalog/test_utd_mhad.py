"""Facts of UTD-MHAD as it is released."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from zeroskel.core import InputError, SkeletonFormatError
from zeroskel.datasets._source_files import list_files
from zeroskel.datasets.catalog._utd_mhad import find, read


def test_recordings_in_any_folder_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "Skeleton"
    folder.mkdir()
    for name in ("a27_s8_t4", "a2_s1_t1"):
        savemat(folder / f"{name}_skeleton.mat", {"d_skel": np.ones((20, 3, 5))})
    for stranger in ("a2_s1_t1_inertial.mat", "README.txt", ".DS_Store"):
        (folder / stranger).write_text("x")
    listing = find(list_files(tmp_path))
    assert (listing.layout, listing.protocols, len(listing.class_names)) == ("kinect-20", (), 27)
    recordings = [recording for task in listing.tasks for recording in read(task)]
    assert [(r.name, r.label, r.subject, r.repetition) for r in recordings] == [
        ("a27_s8_t4", 26, 8, 4),
        ("a2_s1_t1", 1, 1, 1),
    ]
    assert recordings[0].sequence.joints.shape == (1, 5, 20, 3)


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found 0 files, .*a1_s1_t1_skeleton\.mat"):
        find(list_files(tmp_path))


def test_an_unknown_action_or_a_broken_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a28_s1_t1_skeleton.mat"
    path.write_bytes(b"x")
    with pytest.raises(InputError, match=r"a28_s1_t1_skeleton\.mat: found action 28"):
        find(list_files(tmp_path))
    path.rename(tmp_path / "a1_s1_t1_skeleton.mat")
    with pytest.raises(SkeletonFormatError, match=r"a1_s1_t1_skeleton\.mat: found no header"):
        read(find(list_files(tmp_path)).tasks[0])

"""Facts of Penn Action as it is released."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from zeroskel.core import InputError, SkeletonFormatError
from zeroskel.datasets._source_files import list_files
from zeroskel.datasets.catalog._image_poses import find_penn_action, read_penn_action


def save(folder: Path, name: str, action: str = "clean_and_jerk", train: int = 1) -> None:
    (folder / "labels").mkdir(exist_ok=True)
    joints = {"x": np.full((3, 13), 9.0), "y": np.full((3, 13), 9.0), "visibility": np.ones((3, 13), dtype=bool)}
    savemat(folder / "labels" / f"{name}.mat", {"action": action, "train": np.int32(train), **joints})


def test_action_and_training_part_come_from_the_file(tmp_path: Path) -> None:
    save(tmp_path, "2326", "tennis_serve", -1)
    save(tmp_path, "0001")
    (tmp_path / "labels" / "README.txt").write_text("x")
    (tmp_path / "frames.mat").write_text("x")
    listing = find_penn_action(list_files(tmp_path))
    assert (listing.layout, listing.protocols) == ("penn-13", ("published",))
    first, last = (recording for task in listing.tasks for recording in read_penn_action(task))
    assert (first.name, listing.class_names[first.label], first.subject) == ("0001", "clean and jerk", 0)
    assert (last.name, listing.class_names[last.label]) == ("2326", "tennis serve")
    assert (first.train, last.train) == ({"published": True}, {"published": False})


def test_nothing_an_unknown_action_or_a_broken_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected the folder of Penn Action.*labels/0001\.mat"):
        find_penn_action(list_files(tmp_path))
    save(tmp_path, "0001", "dance")
    with pytest.raises(
        SkeletonFormatError, match=r"0001\.mat, variable action: found 'dance'; expected one of baseball"
    ):
        read_penn_action(find_penn_action(list_files(tmp_path)).tasks[0])
    (tmp_path / "labels" / "0001.mat").write_text("x")
    with pytest.raises(SkeletonFormatError, match=r"0001\.mat: found no header"):
        read_penn_action(find_penn_action(list_files(tmp_path)).tasks[0])

"""Facts of NW-UCLA as it is prepared for skeleton methods."""

import json
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import InputError, SkeletonFormatError
from zeroskel.datasets._source_files import list_files
from zeroskel.datasets.catalog._nw_ucla import find, read


def save(folder: Path, name: str, joints: np.ndarray) -> None:
    record = {"file_name": name, "skeletons": joints.tolist(), "label": 1}
    (folder / f"{name}.json").write_text(json.dumps(record))


def test_numbers_that_skip_become_class_ids(tmp_path: Path) -> None:
    for action in (1, 2, 3, 4, 5, 6, 8, 9, 11, 12):
        save(tmp_path, f"a{action:02}_s04_e03_v02", np.ones((2, 20, 3)))
    (tmp_path / "README.txt").write_text("x")
    listing = find(list_files(tmp_path))
    recordings = [recording for task in listing.tasks for recording in read(task)]
    assert [recording.label for recording in recordings] == list(range(10))
    assert {(r.subject, r.repetition, r.camera) for r in recordings} == {(4, 3, 2)}


@pytest.mark.parametrize(
    ("subject", "view", "by_subject", "by_view"), [(1, 1, True, True), (2, 2, False, True), (3, 3, True, False)]
)
def test_odd_subjects_or_the_first_two_views_train(
    subject: int, view: int, by_subject: bool, by_view: bool, tmp_path: Path
) -> None:
    save(tmp_path, f"a01_s{subject:02}_e00_v{view:02}", np.ones((2, 20, 3)))
    listing = find(list_files(tmp_path))
    (recording,) = read(listing.tasks[0])
    assert listing.protocols == ("cross-subject", "cross-view")
    assert recording.train == {"cross-subject": by_subject, "cross-view": by_view}


def test_a_joint_at_the_origin_is_not_observed(tmp_path: Path) -> None:
    joints = np.ones((2, 20, 3))
    joints[1, 7] = 0
    save(tmp_path, "a01_s01_e00_v01", joints)
    (recording,) = read(find(list_files(tmp_path)).tasks[0])
    assert np.argwhere(~recording.sequence.observed[0]).tolist() == [[1, 7]]


def test_nothing_an_unknown_action_or_a_broken_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected the folder of NW-UCLA.*a01_s01_e00_v01\.json"):
        find(list_files(tmp_path))
    save(tmp_path, "a07_s01_e00_v01", np.ones((2, 20, 3)))
    with pytest.raises(InputError, match=r"a07_s01_e00_v01\.json: found action 7; expected one of 1, 2, 3, 4, 5, 6, 8"):
        find(list_files(tmp_path))
    (tmp_path / "a07_s01_e00_v01.json").unlink()
    save(tmp_path, "a01_s01_e00_v01", np.ones((2, 19, 3)))
    with pytest.raises(SkeletonFormatError, match=r"a01_s01_e00_v01\.json: found 19 joints"):
        read(find(list_files(tmp_path)).tasks[0])

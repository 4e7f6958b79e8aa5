"""Facts of UTKinect as it is released: ten actions in a file, told apart by frame numbers."""

from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import InputError, SkeletonFormatError
from zeroskel.datasets._recipe_parts import Recording
from zeroskel.datasets._source_files import list_files
from zeroskel.datasets.catalog._utkinect import find, read

LABELS = "s01_e01\nwalk: 252 390\nsitDown: 572 686 \nwaveHands:  NaN NaN\ns01_e02\nclapHands: 2 4\n\n"
NUMBERS = [250, 252, 256, 256, 390, 392, 600]


def save(folder: Path, labels: str = LABELS, numbers: list[int] = NUMBERS) -> None:
    """A recording whose coordinates in row i are all i + 1."""
    rows = [f"{number}  {'  '.join([f'{row + 1:.6f}'] * 60)}  " for row, number in enumerate(numbers)]
    (folder / "joints").mkdir(exist_ok=True)
    (folder / "joints" / "joints_s01_e01.txt").write_text("\n".join(rows) + "\n")
    (folder / "actionLabel.txt").write_text(labels)


def recordings(folder: Path) -> list[Recording]:
    return [recording for task in find(list_files(folder)).tasks for recording in read(task)]


def test_actions_are_cut_with_their_first_and_last_frame(tmp_path: Path) -> None:
    save(tmp_path)
    (tmp_path / "README.txt").write_text("x")
    walk, sit_down = recordings(tmp_path)
    assert (walk.name, walk.label, walk.subject, walk.repetition) == ("s01_e01_walk", 0, 1, 1)
    assert (sit_down.name, sit_down.label) == ("s01_e01_sitDown", 1)
    assert walk.sequence.joints[0, :, 0, 0].tolist() == [2, 3, 5]  # the second line of frame 256 is left out
    assert sit_down.sequence.joints[0, :, 0, 0].tolist() == [7]


def test_a_task_names_the_labels_that_it_needs(tmp_path: Path) -> None:
    save(tmp_path)
    listing = find(list_files(tmp_path))
    assert [file.name for file in listing.tasks[0].others] == ["actionLabel.txt"]
    assert (listing.layout, listing.protocols, listing.class_names[:2]) == ("kinect-20", (), ("walk", "sit down"))


def test_without_recordings_or_labels_nothing_is_found(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected the folder of UTKinect.*joints_s01_e01\.txt and actionLabel\.txt"):
        find(list_files(tmp_path))
    save(tmp_path)
    (tmp_path / "actionLabel.txt").unlink()
    with pytest.raises(
        InputError, match=r"joints_s01_e01\.txt: found 0 files actionLabel\.txt beside it; expected one"
    ):
        find(list_files(tmp_path))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("", r"actionLabel\.txt: found no action of s01_e01; expected a line s01_e01"),
        ("s01_e01\nwalk: NaN NaN\n", r"actionLabel\.txt: found no action of s01_e01"),
        ("walk: 252 390\n", r"actionLabel\.txt, line 1: found 'walk: 252 390'; expected a recording"),
        ("s01_e01\nwalk: 252\n", r"actionLabel\.txt, line 2: found 'walk: 252'; expected"),
        ("s01_e01\nwalk: 390 252\n", r"actionLabel\.txt, line 2: found 'walk: 390 252'; expected"),
        ("s01_e01\n\ndance: 252 390\n", r"actionLabel\.txt, line 3: found 'dance: 252 390'; expected"),
        ("s01_e01\nwalk: 1e3 2e3\n", r"actionLabel\.txt, line 2"),
        ("s01_e01\nwalk: 700 800\n", r"joints_s01_e01\.txt: has frames 250 to 600 and none of walk.*at 700 to 800"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels: str, message: str, tmp_path: Path) -> None:
    save(tmp_path, labels)
    with pytest.raises(SkeletonFormatError, match=message):
        recordings(tmp_path)


def test_the_labels_of_the_release_are_all_understood(shared: Path, tmp_path: Path) -> None:
    labels = (shared / "raw" / "utkinect" / "actionLabel.txt").read_text()
    with np.load(shared / "data" / "utkinect.npz", allow_pickle=False) as data:
        expected = data["sample_names"].tolist()
    (tmp_path / "actionLabel.txt").write_text(labels)
    for name in {sample.rsplit("_", 1)[0] for sample in expected}:
        rows = [f"{number}  {'  '.join(['1.5'] * 60)}" for number in range(0, 5000, 2)]
        (tmp_path / f"joints_{name}.txt").write_text("\n".join(rows))
    assert sorted(recording.name for recording in recordings(tmp_path)) == sorted(expected)

"""Facts of the HDM05 cuts as they are released."""

import json
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import InputError, SkeletonFormatError, get_layout
from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets._source_files import list_files
from zeroskel.datasets.catalog._hdm05 import find, motion_name, read

BONES = {alias for alias in get_layout("hdm05-31").aliases if alias != "root"} | {"head"}


def save_skeleton(path: Path, length: float = 1) -> None:
    blocks = "".join(
        f"begin\nname {name}\ndirection 0 1 0\nlength {length}\naxis 0 0 0 XYZ\nend\n" for name in sorted(BONES)
    )
    path.write_text(
        f":units\nlength 0.0254\nangle deg\n:root\norder TX TY TZ RX RY RZ\naxis XYZ\n:bonedata\n{blocks}"
        f":hierarchy\nbegin\nroot {' '.join(sorted(BONES))}\nend\n"
    )


def save_motion(path: Path, frames: int = 9) -> None:
    lines = [f"{frame}\nroot {frame} 0 0 0 0 0" for frame in range(1, frames + 1)]
    path.write_text("\n".join([":FULLY-SPECIFIED", ":DEGREES", *lines]))


@pytest.fixture
def release(tmp_path: Path) -> Path:
    for name, actor in (("squat1Reps_002", "tr"), ("squat1Reps_001", "bd"), ("cartwheelLHandStart1Reps_003", "bd")):
        folder = tmp_path / name.split("_")[0]
        folder.mkdir(exist_ok=True)
        save_motion(folder / f"HDM_{actor}_{name}_120.amc")
    for position, length in (("HDM_bd.asf", 1), ("cartwheelLHandStart1Reps/HDM_bd.asf", 2), ("HDM_tr.asf", 1)):
        save_skeleton(tmp_path / position, length)
    for stranger in ("README.txt", ".DS_Store", "HDM_xx_walk_001_120.amc", "notes.amc"):
        (tmp_path / stranger).write_text("x")
    return tmp_path


def test_names_say_actor_motion_and_take(release: Path) -> None:
    listing = find(list_files(release))
    assert (listing.layout, listing.protocols) == ("hdm05-31", ())
    assert listing.class_names == ("cartwheel left hand start 1 reps", "squat")
    facts = [dict(task.facts) for task in listing.tasks]
    assert json.loads(json.dumps(facts)) == facts
    assert [(fact["name"], fact["label"], fact["subject"], fact["repetition"]) for fact in facts] == [
        ("HDM_bd_cartwheelLHandStart1Reps_003_120", 0, 1, 3),
        ("HDM_bd_squat1Reps_001_120", 1, 1, 1),
        ("HDM_tr_squat1Reps_002_120", 1, 5, 2),
    ]


def test_every_fourth_frame_is_taken_and_the_skeleton_of_the_same_folder(release: Path) -> None:
    (wheel,), (squat,), _ = (read(task) for task in find(list_files(release)).tasks)
    assert (squat.sequence.frames, squat.sequence.fps) == (3, 30.0)
    root, head = squat.sequence.layout.index("hip_center"), squat.sequence.layout.index("head")
    np.testing.assert_array_equal(squat.sequence.joints[0, :, root, 0], [1, 5, 9])
    np.testing.assert_allclose(squat.sequence.joints[0, :, head, 1], 1)
    np.testing.assert_allclose(wheel.sequence.joints[0, :, head, 1], 2)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("depositFloorR", "put something on the floor with right hand"),
        ("elbowToKnee3RepsRelbowStart", "elbow to knee 3 reps right elbow start"),
        ("walkRightCircle4StepsRstart", "walk right circle 4 steps right start"),
        ("kickRSide2Reps", "kick right side 2 reps"),
        ("lieDownChair", "lie down chair"),
    ],
)
def test_a_motion_without_a_name_is_spelled_out(code: str, name: str) -> None:
    assert motion_name(code) == name


def test_what_does_not_fit_is_refused(release: Path) -> None:
    with pytest.raises(InputError, match="expected the folder of the HDM05 cuts, with files such as"):
        find([])
    (release / "HDM_tr.asf").unlink()
    with pytest.raises(InputError, match=r"HDM_tr_squat1Reps_002_120\.amc: found no skeleton HDM_tr\.asf"):
        find(list_files(release))
    (release / "squat1Reps" / "HDM_tr_squat1Reps_002_120.amc").rename(release / "HDM_bd_squat1Reps_009_100.amc")
    with pytest.raises(InputError, match="found a rate of 100 in its name; expected a multiple of 30"):
        find(list_files(release))
    (release / "HDM_bd_squat1Reps_009_100.amc").unlink()
    (release / "squat1Reps" / "HDM_bd_squat1Reps_001_120.amc").write_text("1\nroot 0 0 0 0 0\n")
    with pytest.raises(SkeletonFormatError, match=r"001_120\.amc, line 2: found 'root 0 0 0 0 0'; expected 6 numbers"):
        read(find(list_files(release)).tasks[1])


def test_the_named_motions_are_those_of_the_labelled_arrays(shared: Path) -> None:
    with np.load(shared / "data" / "hdm05_11.npz", allow_pickle=False) as arrays:
        codes = {
            sample.split("_")[2]: label for sample, label in zip(arrays["sample_names"], arrays["labels"], strict=True)
        }
        assert {code: motion_name(code) for code in codes} == {
            code: arrays["class_names"][label] for code, label in codes.items()
        }
        assert sorted(codes) == sorted(codes, key=lambda code: codes[code])


def test_originals_equal_the_labelled_arrays(shared: Path) -> None:
    path = shared / "data" / "hdm05_11.npz"
    data = SkeletonDataset.from_npz(path)
    with np.load(path, allow_pickle=False) as arrays:
        positions = {sample: position for position, sample in enumerate(arrays["sample_names"].tolist())}
    listing = find(list_files(shared / "raw" / "hdm05"))
    recordings = [recording for task in listing.tasks for recording in read(task)]
    assert len(recordings) == 2
    for recording in recordings:
        position = positions[recording.name]
        np.testing.assert_array_equal(recording.sequence.joints, data[position].joints)
        assert (recording.sequence.fps, recording.subject) == (data[position].fps, data.subjects[position])
        assert listing.class_names[recording.label] == data.class_names[data.labels[position]]

"""Facts of Kinder-Gator as it is released."""

import re
import tomllib
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import InputError, SkeletonFormatError, get_layout
from zeroskel.datasets._classes import published_class_names
from zeroskel.datasets._recipe_parts import Recording
from zeroskel.datasets._source_files import list_files
from zeroskel.datasets.catalog._numbered import KINDER_GATOR

NAME = "POSE-p103_07-Throw-a-ball--1455370152780"


def columns() -> list[str]:
    joints = ["".join(part.capitalize() for part in joint.split("_")) for joint in get_layout("kinect-20").joints]
    return [f"{joint}{axis}" for joint in joints for axis in "XYZ"]


def save(folder: Path, times: list[str], value: float = 1.5, first: str = "Timestamp") -> Path:
    path = folder / f"{NAME}.csv"
    lines = [",".join([first, *columns()])] + [",".join([time, *[f"{value}"] * 60]) for time in times]
    path.write_text("\n".join(lines) + "\n")
    return path


def recording(folder: Path) -> Recording:
    (task,) = KINDER_GATOR.find(list_files(folder)).tasks
    return KINDER_GATOR.read(task)[0]


def test_the_name_says_participant_and_motion(tmp_path: Path) -> None:
    save(tmp_path, ["0", "33", "66"])
    (tmp_path / "README.txt").write_text("x")
    actual = recording(tmp_path)
    assert (actual.name, actual.subject) == (NAME, 103)
    assert published_class_names("kinder-gator")[actual.label] == "throw a ball"


def test_the_frame_rate_is_one_over_the_median_step(tmp_path: Path) -> None:
    save(tmp_path, ["48546673.9826", "48546708.9846", "48546740.9846", "48546772.9846", "48549999.5"])
    assert recording(tmp_path).sequence.fps == 1000 / np.median(
        np.diff([48546673.9826, 48546708.9846, 48546740.9846, 48546772.9846, 48549999.5])
    )
    save(tmp_path, ["48546673.9826"])
    assert recording(tmp_path).sequence.fps == 30.0


def test_a_joint_at_the_origin_is_not_observed(tmp_path: Path) -> None:
    path = save(tmp_path, ["0", "33"])
    path.write_text(path.read_text().replace("33,1.5,1.5,1.5", "33,0,0,0"))
    assert np.argwhere(~recording(tmp_path).sequence.observed[0]).tolist() == [[1, 0]]


@pytest.mark.parametrize(
    "times",
    [
        ["0", "0", "0"],
        ["9", "5", "1"],
        ["0", "x", "2"],
        ["0", "", "2"],
        ["0", "inf", "1"],
        ["0", "1e-320"],
        ["-1e308", "1e308"],
    ],
)
def test_times_that_do_not_grow_are_refused(times: list[str], tmp_path: Path) -> None:
    save(tmp_path, times)
    with pytest.raises(
        SkeletonFormatError, match=rf"{NAME}\.csv.*first column: found .*expected Timestamp, milliseconds"
    ):
        recording(tmp_path)


def test_a_file_without_times_or_without_joints_is_refused(tmp_path: Path) -> None:
    save(tmp_path, ["0", "33"], first="Frame")
    with pytest.raises(SkeletonFormatError, match="first column: found 'Frame,"):
        recording(tmp_path)
    for content in ("", "Timestamp\n", "Timestamp,a\n1,2\n2,3\n"):
        (tmp_path / f"{NAME}.csv").write_text(content)
        with pytest.raises(SkeletonFormatError, match=NAME):
            recording(tmp_path)


def test_nothing_or_an_unknown_motion_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected the folder of Kinder-Gator.*POSE-p103_01-Raise-your-hand"):
        KINDER_GATOR.find(list_files(tmp_path))
    (tmp_path / "POSE-p103_01-Dance-1.csv").write_text("x")
    with pytest.raises(
        InputError, match=r"POSE-p103_01-Dance-1\.csv: found action Dance; expected one of Bend-your-knee"
    ):
        KINDER_GATOR.find(list_files(tmp_path))


def test_labels_of_the_release_and_class_names_are_in_bijection(shared: Path) -> None:
    text = (resources.files("zeroskel.resources") / "kinder_gator_labels.toml").read_text(encoding="utf-8")
    classes = tomllib.loads(text)["classes"]
    assert tuple(classes.values()) == published_class_names("kinder-gator")
    with np.load(shared / "data" / "kinder_gator.npz", allow_pickle=False) as data:
        for name, label in zip(data["sample_names"].tolist(), data["labels"].tolist(), strict=True):
            motion = re.fullmatch(r"POSE-p\d+_\d+-(.+)-\d+", name)
            assert motion and published_class_names("kinder-gator")[label] == classes[motion[1]]

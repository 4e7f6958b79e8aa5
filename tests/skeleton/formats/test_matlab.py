"""Facts of the MATLAB files of UTD-MHAD, Penn Action and JHMDB; the fakes are written by SciPy."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from zeroskel.core import LayoutError, SkeletonFormatError, SkeletonSequence, get_layout
from zeroskel.skeleton.formats import read
from zeroskel.skeleton.formats._matlab import (
    looks_like,
    parse_jhmdb,
    parse_penn_action,
    parse_utd_mhad,
    penn_action_facts,
)

UTD_ORDER = (
    "head shoulder_center spine hip_center shoulder_left elbow_left wrist_left hand_left shoulder_right elbow_right "
    "wrist_right hand_right hip_left knee_left ankle_left foot_left hip_right knee_right ankle_right foot_right"
).split()
PARSERS = {"utd": parse_utd_mhad, "penn": parse_penn_action, "jhmdb": parse_jhmdb}


def read_as(kind: str, path: Path) -> SkeletonSequence:
    return PARSERS[kind](path.read_bytes(), path)


def variables(kind: str, frames: int = 4) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    if kind == "utd":
        return {"d_skel": rng.normal(size=(20, 3, frames))}
    if kind == "jhmdb":
        positions = rng.uniform(1, 320, size=(2, 15, frames))
        return {"pos_img": positions, "pos_world": positions / 320, "scale": np.ones((1, frames)), "viewpoint": "W"}
    return {
        "action": "tennis_serve",
        "pose": "back",
        "x": rng.uniform(1, 480, size=(frames, 13)),
        "y": rng.uniform(1, 360, size=(frames, 13)),
        "visibility": np.ones((frames, 13), dtype=bool),
        "train": np.int32(1),
        "bbox": np.ones((frames, 4)),
        "dimensions": np.uint16([[360, 480, frames]]),
        "nframes": np.uint8(frames),
    }


def save(folder: Path, content: dict[str, Any], *, compressed: bool = True) -> Path:
    path = folder / "clip.mat"
    savemat(path, content, do_compression=compressed)
    return path


def test_joints_of_utd_mhad_are_arranged_by_name(tmp_path: Path) -> None:
    content = variables("utd")
    sequence = read_as("utd", save(tmp_path, content))
    assert (sequence.layout.name, sequence.fps, sequence.joints.shape) == ("kinect-20", 30.0, (1, 4, 20, 3))
    for position, name in enumerate(UTD_ORDER):
        expected = content["d_skel"][position].T.astype(np.float32)
        np.testing.assert_array_equal(sequence.joints[0, :, sequence.layout.index(name)], expected)


def test_the_joint_order_of_utd_mhad_names_every_joint() -> None:
    assert sorted(UTD_ORDER) == sorted(get_layout("kinect-20").joints)


def test_hidden_joints_of_penn_action_are_not_observed_and_y_points_up(tmp_path: Path) -> None:
    content = variables("penn")
    content["visibility"][2, 5] = False
    content["x"][1, 3] = content["y"][1, 3] = 0
    content["x"][1, 4] = 0
    sequence = read_as("penn", save(tmp_path, content))
    assert sequence.layout.name == "penn-13" and sequence.channels == 2
    assert np.argwhere(~sequence.observed[0]).tolist() == [[1, 3], [2, 5]]
    np.testing.assert_array_equal(sequence.joints[0, 0, :, 0], content["x"][0].astype(np.float32))
    np.testing.assert_array_equal(sequence.joints[0, 0, :, 1], -content["y"][0].astype(np.float32))


def test_joints_of_jhmdb_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    content = variables("jhmdb")
    sequence = read_as("jhmdb", save(tmp_path, content))
    assert sequence.layout.name == "jhmdb-15"
    np.testing.assert_array_equal(sequence.joints[0, :, :, 0], content["pos_img"][0].T.astype(np.float32))
    np.testing.assert_array_equal(sequence.joints[0, :, :, 1], -content["pos_img"][1].T.astype(np.float32))


def test_whole_numbers_without_a_sign_point_up_too(tmp_path: Path) -> None:
    sequence = read_as("jhmdb", save(tmp_path, {"pos_img": np.full((2, 15, 3), 200, np.uint8)}))
    assert (sequence.joints[..., 1] == -200).all()


@pytest.mark.parametrize(("train", "trains"), [(1, True), (-1, False)])
def test_penn_action_says_the_action_and_whether_it_trains(train: int, trains: bool, tmp_path: Path) -> None:
    path = save(tmp_path, variables("penn") | {"train": np.int32(train)})
    assert penn_action_facts(path.read_bytes(), path) == ("tennis_serve", trains)


@pytest.mark.parametrize("kind", PARSERS)
@pytest.mark.parametrize("compressed", [True, False])
def test_the_variables_tell_the_data_set(kind: str, compressed: bool, tmp_path: Path) -> None:
    path = save(tmp_path, variables(kind), compressed=compressed)
    assert looks_like(path.read_bytes()[:8192])
    np.testing.assert_array_equal(read(path).joints, read_as(kind, path).joints)
    sequence = read(path, layout="ntu-25", fps=15)
    assert (sequence.layout.name, sequence.fps) == ("ntu-25", 15.0)
    with pytest.raises(LayoutError):
        read(path, layout="kinect-99")


@pytest.mark.parametrize("kind", PARSERS)
def test_one_frame_is_read(kind: str, tmp_path: Path) -> None:
    assert read(save(tmp_path, variables(kind, 1))).frames == 1


def test_a_file_of_other_variables_says_what_it_found(tmp_path: Path) -> None:
    path = save(tmp_path, {"a": 1, "b": 2})
    with pytest.raises(SkeletonFormatError, match=r"clip\.mat: found variables a, b; expected d_skel \(UTD-MHAD\)"):
        read(path)
    with pytest.raises(SkeletonFormatError, match=r"clip\.mat: found variables a, b; expected d_skel"):
        read_as("utd", path)
    with pytest.raises(SkeletonFormatError, match=r"clip\.mat: found variables none; expected"):
        read(save(tmp_path, {}))


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (
            "utd",
            {"d_skel": np.ones((20, 3))[:, :2]},
            "variable d_skel: found an array 20 x 2; expected 20 x 3 x frames",
        ),
        (
            "utd",
            {"d_skel": np.ones((3, 20, 4))},
            "variable d_skel: found an array 3 x 20 x 4; expected 20 x 3 x frames",
        ),
        ("utd", {"d_skel": np.full((20, 3, 4), np.nan)}, r"variable d_skel: found nan at \(1, 1, 1\)"),
        ("utd", {"d_skel": "text"}, "variable d_skel: found no numbers"),
        ("utd", {"d_skel": np.zeros((20, 3, 4))}, "found no visible joint in 4 frames"),
        ("penn", {"y": np.ones((5, 13))}, "variable y: found an array 5 x 13; expected 4 x 13"),
        ("penn", {"x": np.ones((4, 12))}, "variable x: found an array 4 x 12; expected frames x 13"),
        ("penn", {"visibility": np.full((4, 13), 2)}, "variable visibility: found 2; expected 0 or 1"),
        ("penn", {"visibility": np.zeros((4, 13))}, "found no visible joint in 4 frames"),
        ("jhmdb", {"pos_img": np.ones((2, 14, 4))}, "variable pos_img: found an array 2 x 14 x 4; expected 2 x 15"),
        ("jhmdb", {"pos_img": np.full((2, 15, 4), np.inf)}, r"variable pos_img: found inf at \(1, 1, 1\)"),
    ],
)
def test_a_variable_that_does_not_fit_is_named(kind: str, change: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"clip\.mat(, |: ){message}"):
        read_as(kind, save(tmp_path, variables(kind) | change))


def test_facts_of_penn_action_that_are_none_are_refused(tmp_path: Path) -> None:
    for change, message in (
        ({"train": 3}, r"variable train: found 3; expected 1 \(train\) or -1 \(test\)"),
        ({"train": "yes"}, "variable train: found no numbers"),
        ({"action": 3}, "variable action: found no text"),
    ):
        path = save(tmp_path, variables("penn") | change)
        with pytest.raises(SkeletonFormatError, match=message):
            penn_action_facts(path.read_bytes(), path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", PARSERS)
@pytest.mark.parametrize("compressed", [True, False])
def test_spoilt_files_are_read_or_refused(
    kind: str, compressed: bool, tmp_path: Path, withstands_mutations: Callable[..., dict]
) -> None:
    sample = save(tmp_path, variables(kind, 2), compressed=compressed)
    withstands_mutations(f"zeroskel.skeleton.formats._matlab:{PARSERS[kind].__name__}", sample)


@pytest.mark.slow
def test_spoilt_files_of_any_kind_are_read_or_refused(
    tmp_path: Path, withstands_mutations: Callable[..., dict]
) -> None:
    sample = save(tmp_path, variables("utd", 2), compressed=False)
    withstands_mutations("zeroskel.skeleton.formats._matlab:parse", sample)

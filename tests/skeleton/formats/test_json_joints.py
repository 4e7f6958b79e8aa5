"""Facts of JSON of joints."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zeroskel
from zeroskel.core import LayoutError, SkeletonFormatError, SkeletonSequence, get_layout
from zeroskel.skeleton.formats import write
from zeroskel.skeleton.formats._json_joints import looks_like

KINECT = get_layout("kinect-20")


def read(path: Path, layout: str | None = None) -> SkeletonSequence:
    """Read random joints, which make no body whose size and posture tell unit and axis."""
    return zeroskel.read(path, layout=layout, up="y", unit="m")


def nested(*shape: int) -> Any:
    return np.random.default_rng(0).normal(size=shape).round(6).tolist()


def save(folder: Path, record: Any) -> Path:
    path = folder / "clip.json"
    path.write_text(record if isinstance(record, str) else json.dumps(record))
    return path


def test_an_nw_ucla_file_has_its_20_joints_in_a_list_of_skeletons(tmp_path: Path) -> None:
    skeletons = nested(4, 20, 3)
    sequence = read(save(tmp_path, {"file_name": "a01_s01_e00_v01", "skeletons": skeletons, "label": 0}))
    assert (sequence.layout, sequence.fps) == (KINECT, 30.0)
    np.testing.assert_allclose(sequence.joints[0], skeletons, rtol=1e-6)


def test_bodies_are_the_first_of_four_axes(tmp_path: Path) -> None:
    assert read(save(tmp_path, {"joints": nested(2, 3, 20, 3)})).joints.shape == (2, 3, 20, 3)


def test_joint_names_of_the_file_say_the_order(tmp_path: Path) -> None:
    joints = nested(2, 20, 3)
    names = [name.replace("_", " ").title() for name in reversed(KINECT.joints)]  # "Foot Right"
    sequence = read(save(tmp_path, {"joint_names": names, "fps": 12, "joints": joints}))
    assert (sequence.layout, sequence.fps) == (KINECT, 12.0)
    np.testing.assert_allclose(sequence.joints[0], np.array(joints)[:, ::-1], rtol=1e-6)


def test_the_layout_of_the_file_names_its_joints(tmp_path: Path) -> None:
    joints = nested(2, 15, 3)
    assert read(save(tmp_path, {"layout": "jhmdb-15", "joints": joints})).layout.name == "jhmdb-15"
    sequence = read(save(tmp_path, {"layout": "jhmdb-15", "joints": joints}), layout="penn-13")
    head = get_layout("jhmdb-15").index("head")
    np.testing.assert_allclose(sequence.joints[0, :, 0], np.array(joints)[:, head], rtol=1e-6)


@pytest.mark.parametrize(
    ("count", "layout"), [(25, "ntu-25"), (20, "kinect-20"), (33, "mediapipe-33"), (31, "hdm05-31")]
)
def test_a_joint_count_of_one_layout_names_it(count: int, layout: str, tmp_path: Path) -> None:
    assert read(save(tmp_path, {"joints": nested(2, count, 3)})).layout.name == layout


@pytest.mark.parametrize("count", [15, 7])
def test_a_joint_count_of_two_layouts_or_none_needs_a_name(count: int, tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=rf"clip\.json: found {count} points without names.*Name the (layout|points)"):
        read(save(tmp_path, {"joints": nested(2, count, 3)}))


def test_joints_without_names_must_be_as_many_as_in_the_layout(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match="found 20 points without names; expected the 25 joints of ntu-25"):
        read(save(tmp_path, {"joints": nested(2, 20, 3)}), layout="ntu-25")


def test_null_and_nan_are_what_was_not_observed(tmp_path: Path) -> None:
    joints = nested(3, 20, 3)
    joints[0][4] = None
    joints[1] = None
    joints[2][5][2] = None
    joints[2][6][0] = float("nan")
    observed = read(save(tmp_path, {"joints": joints})).observed[0]
    expected = np.ones((3, 20), bool)
    expected[0, 4] = expected[1] = expected[2, 5] = expected[2, 6] = False
    np.testing.assert_array_equal(observed, expected)


def test_leading_frames_may_be_null(tmp_path: Path) -> None:
    assert read(save(tmp_path, {"joints": [None, None, *nested(1, 20, 3)]})).frames == 3


def broken(position: tuple[int, ...], value: Any) -> dict[str, Any]:
    joints = nested(8, 20, 3)
    inner = joints
    for index in position[:-1]:
        inner = inner[index]
    inner[position[-1]] = value
    return {"joints": joints}


@pytest.mark.parametrize(
    ("position", "value", "actual"),
    [
        ((3, 7), [1.0, 2.0], "a list of 2"),
        ((3, 7), [1.0, 2.0, 3.0, 4.0], "a list of 4"),
        ((3, 7), 1.0, r"1\.0"),
        ((3,), [[1.0, 2.0, 3.0]] * 19, "a list of 19"),
        ((3,), {"x": 1}, "an object of 1"),
        ((3, 7, 1), "high", "'high'"),
        ((3, 7, 1), True, "True"),
        ((3, 7, 1), [1.0], "a list of 1"),
        ((3, 7, 1), float("inf"), "inf"),
        ((3, 7, 1), -1e39, r"-1e\+39"),
        ((3, 7, 1), 10**400, "1000"),
    ],
)
def test_a_wrong_place_is_named(position: tuple[int, ...], value: Any, actual: str, tmp_path: Path) -> None:
    spelled = "".join(rf"\[{index}\]" for index in position)
    with pytest.raises(SkeletonFormatError, match=rf"clip\.json, joints{spelled}: found {actual}.*; expected"):
        read(save(tmp_path, broken(position, value)))


@pytest.mark.parametrize(
    ("record", "actual"),
    [
        ('{"joints": [[[1, 2, 3]', "not JSON.*line 1 column 23"),
        ("[" * 100_000, "nested beyond measure"),
        ('{"joints": ' * 100_000, "nested beyond measure"),
        ('{"joints": ' + "[" * 600 + "]" * 600 + "}", r"nested like \("),
        ([[[1, 2, 3]]], "found a list"),
        ("7", "found a int"),
        ({"frames": []}, "members frames"),
        ({"joints": []}, "no lists of numbers"),
        ({"joints": None}, "no lists of numbers"),
        ({"joints": 5}, "no lists of numbers"),
        ({"joints": [[None]]}, "no lists of numbers"),
        ({"joints": [[1, 2, 3]]}, r"nested like \(1, 3\)"),
        ({"joints": [[[[[1, 2, 3]]]]]}, r"nested like \(1, 1, 1, 1, 3\)"),
        ({"joints": [[[1, 2, 3, 4]]]}, r"nested like \(1, 1, 4\)"),
        ({"joints": nested(2, 20, 3), "fps": 0}, "fps: found 0"),
        ({"joints": nested(2, 20, 3), "fps": "30"}, "fps: found '30'"),
        ({"joints": nested(2, 20, 3), "fps": True}, "fps: found True"),
        ({"joints": nested(2, 20, 3), "fps": [30]}, "fps: found a list"),
        ({"joints": nested(2, 20, 3), "fps": float("nan")}, "fps: found nan"),
        ({"joints": nested(2, 20, 3), "layout": 20}, "layout: found 20"),
        ({"joints": nested(2, 20, 3), "joint_names": "all"}, "joint_names: found 'all'"),
        ({"joints": nested(2, 20, 3), "joint_names": [1] * 20}, "joint_names: found a list"),
        ({"joints": nested(2, 20, 3), "joint_names": KINECT.joints[:19]}, "found joint names.*for 20 joints"),
        ({"joints": nested(2, 20, 3), "joint_names": ["head"] * 20}, "none of them twice"),
    ],
)
def test_a_wrong_file_says_why(record: Any, actual: str, tmp_path: Path) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"clip\.json.*{actual}"):
        read(save(tmp_path, record))


@pytest.mark.parametrize(
    "record",
    [
        {"joints": nested(2, 20, 3), "layout": "kinect-21"},
        {"joints": nested(2, 20, 3), "joint_names": [f"marker {chr(97 + index)}" for index in range(20)]},
        {
            "joints": nested(2, 20, 3),
            "joint_names": [f"marker {chr(97 + index)}" for index in range(20)],
            "layout": "kinect-20",
        },
    ],
)
def test_unknown_joints_or_layouts_are_refused(record: Any, tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"clip\.json"):
        read(save(tmp_path, record))


def test_nulls_do_not_fill_the_memory(tmp_path: Path) -> None:
    record = '{"joints": [[' + ",".join(["[0,0,0]"] * 20_000) + "]" + ",null" * 20_000 + "]}"
    with pytest.raises(SkeletonFormatError, match="MiB"):
        read(save(tmp_path, record))


def test_numbers_are_written_in_their_shortest_form(tmp_path: Path) -> None:
    sequence = read(save(tmp_path, {"joints": [[[0.1, 0.2, 0.3]] * 20]}))
    write(sequence, tmp_path / "again.json")
    record = json.loads((tmp_path / "again.json").read_text())
    assert record["joints"][0][0][0] == [0.1, 0.2, 0.3]
    assert record["layout"] == "kinect-20"


@pytest.mark.parametrize(
    ("head", "looks"), [(b'\xef\xbb\xbf \n{"a"', True), (b"[[1", True), (b"[1", False), (b"", False)]
)
def test_an_object_looks_like_it(head: bytes, looks: bool) -> None:
    assert looks_like(head) is looks


def test_real_nw_ucla_files_hold_the_joints_of_the_data_set(shared: Path) -> None:
    with np.load(shared / "data" / "nw_ucla.npz", allow_pickle=False) as data:
        names, offsets, joints = data["sample_names"].tolist(), data["offsets"], data["joints"]
    for path in sorted((shared / "raw" / "nw_ucla").glob("*.json")):
        index = names.index(path.stem)
        expected = joints[offsets[index] : offsets[index + 1]]
        np.testing.assert_allclose(read(path).joints[0], expected, rtol=1e-6)

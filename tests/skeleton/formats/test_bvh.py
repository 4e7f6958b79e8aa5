"""Facts of BVH files; the fakes are written after those of Bandai-Namco, CMU and Mixamo."""

import logging
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import FileLayoutError, InputError, SkeletonFormatError, get_layout
from zeroskel.skeleton.formats import read
from zeroskel.skeleton.formats._bvh import looks_like, parse, read_hierarchy
from zeroskel.skeleton.transforms import face_camera

TREES = {  # (joint, parent) in the three families of names, fingers and helpers included
    "bandai": "joint_Root - Hips 0 Spine 1 Chest 2 Neck 3 Head 4 Shoulder_L 3 UpperArm_L 6 LowerArm_L 7 Hand_L 8 "
    "Shoulder_R 3 UpperArm_R 10 LowerArm_R 11 Hand_R 12 UpperLeg_L 1 LowerLeg_L 14 Foot_L 15 Toes_L 16 UpperLeg_R 1 "
    "LowerLeg_R 18 Foot_R 19 Toes_R 20",
    "cmu": "Hips - LeftUpLeg 0 LeftLeg 1 LeftFoot 2 LeftToeBase 3 RightUpLeg 0 RightLeg 5 RightFoot 6 RightToeBase 7 "
    "Spine 0 Spine1 9 Neck 10 Head 11 LeftShoulder 10 LeftArm 13 LeftForeArm 14 LeftHand 15 RightShoulder 10 "
    "RightArm 17 RightForeArm 18 RightHand 19 RightHandIndex1 20",
}
TREES["mixamo"] = " ".join(
    f"mixamorig:{word}" if word[0].isalpha() else word for word in TREES["cmu"].replace("Index1", "Thumb4").split()
)


def bvh_text(tree: str, offsets: np.ndarray, rows: list[str], time: str = "0.0333333", channels: int = 6) -> str:
    words = tree.split()
    names, parents = words[::2], [-1 if word == "-" else int(word) for word in words[1::2]]
    listed = "Xposition Yposition Zposition Zrotation Xrotation Yrotation".split()[6 - channels :]

    def block(index: int) -> list[str]:
        lines = [f"{'ROOT' if parents[index] < 0 else 'JOINT'} {names[index]}", "{"]
        lines += ["OFFSET " + " ".join(f"{x:.6g}" for x in offsets[index]), f"CHANNELS {channels} {' '.join(listed)}"]
        children = [child for child, parent in enumerate(parents) if parent == index]
        lines += [line for child in children for line in block(child)]
        return [*lines, *([] if children else ["End Site", "{", "OFFSET 0 0 0", "}"]), "}"]

    return "\n".join(["HIERARCHY", *block(0), "MOTION", f"Frames:\t{len(rows)}", f"Frame Time:\t{time}", *rows, ""])


def arm(rows: list[str], length: float = 1.0, **options) -> bytes:
    """Hips at the root, the neck above and the head beyond; the last two only turn."""
    offsets = np.array([[5, 5, 5], [0, length, 0], [length, 0, 0]])
    text = bvh_text("Hips - Neck 0 Head 1", offsets, rows, channels=3, **options)
    whole = "CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
    return text.replace("CHANNELS 3 Zrotation Xrotation Yrotation", whole, 1).encode()


def positions(content: bytes, **options) -> list[list[float]]:
    sequence = parse(content, Path("clip.bvh"), layout="mocap-21", **options)
    return (
        sequence.joints[0, 0, sequence.layout.indices(["hip_center", "shoulder_center", "head"])]
        .astype(float)
        .round(4)
        .tolist()
    )


def test_positions_take_the_place_of_the_offset_and_rotations_add_up() -> None:
    assert positions(arm(["1 2 3 0 0 0 0 0 0 0 0 0"])) == [[1, 2, 3], [1, 3, 3], [2, 3, 3]]
    assert positions(arm(["0 0 0 90 0 0 0 0 0 0 0 0"])) == [[0, 0, 0], [-1, 0, 0], [-1, 1, 0]]
    assert positions(arm(["0 0 0 90 0 0 -90 0 0 0 0 0"])) == [[0, 0, 0], [-1, 0, 0], [0, 0, 0]]


def test_the_last_rotation_of_a_joint_turns_first() -> None:
    assert positions(arm(["0 0 0 0 0 0 90 0 90 0 0 0"]))[2] == [0, 1, -1]  # y takes the bone from x to -z; z leaves it


def test_a_rest_pose_of_more_than_ten_units_is_in_centimetres() -> None:
    assert positions(arm(["0 90 0 0 0 0 0 0 0 0 0 0"], length=50)) == [[0, 0.9, 0], [0, 1.4, 0], [0.5, 1.4, 0]]
    assert positions(arm(["0 90 0 0 0 0 0 0 0 0 0 0"], length=50), metres_per_unit=0.1)[0] == [0, 9, 0]


@pytest.mark.parametrize("unit", [0, -1.0, float("nan"), float("inf")])
def test_a_unit_that_is_none_is_refused(unit: float) -> None:
    with pytest.raises(InputError, match="metres_per_unit"):
        positions(arm(["0 0 0 0 0 0 0 0 0 0 0 0"]), metres_per_unit=unit)


@pytest.mark.parametrize(("time", "fps"), [("0.0333333", 30), ("0.008333", 120), ("0.04170838", 23.976), ("2", 0.5)])
def test_the_frame_rate_is_that_of_the_frame_time(time: str, fps: float) -> None:
    content = arm(["0 0 0 0 0 0 0 0 0 0 0 0"], time=time)
    assert parse(content, Path("clip.bvh")).fps == pytest.approx(fps, rel=1e-5)
    assert parse(content, Path("clip.bvh"), fps=15).fps == 15


@pytest.mark.parametrize("family", TREES)
def test_the_names_of_three_families_are_known(family: str, caplog: pytest.LogCaptureFixture) -> None:
    count = len(TREES[family].split()) // 2
    offsets = np.random.default_rng(0).normal(size=(count, 3))
    text = bvh_text(TREES[family], offsets, [" ".join(["0"] * 6 * count)])
    with caplog.at_level(logging.WARNING):
        sequence = parse(text.encode(), Path("clip.bvh"), metres_per_unit=1)
    assert sequence.layout == get_layout("mocap-21") and sequence.observed.sum() >= 20
    assert not caplog.records


def test_a_joint_that_a_file_lacks_is_not_observed() -> None:
    sequence = parse(arm(["0 0 0 0 0 0 0 0 0 0 0 0"]), Path("clip.bvh"))
    seen = [sequence.layout.joints[index] for index in np.flatnonzero(sequence.observed[0, 0])]
    assert seen == ["hip_center", "spine", "chest", "shoulder_center", "head"]  # spine and chest follow


def test_a_skeleton_with_the_joints_of_another_layout_keeps_it() -> None:
    joints = get_layout("kinect-15").joints
    tree = " ".join(f"{joint} {'-' if index == 0 else index - 1}" for index, joint in enumerate(joints))
    text = bvh_text(tree, np.ones((15, 3)), [" ".join(["1"] * 90)])
    assert parse(text.encode(), Path("clip.bvh")).layout.name == "kinect-15"


def test_names_of_nobody_are_refused() -> None:
    text = bvh_text("Sword - Tip 0", np.ones((2, 3)), [" ".join(["1"] * 12)])
    with pytest.raises(FileLayoutError, match="none of the joints Sword, Tip"):
        parse(text.encode(), Path("clip.bvh"))


@pytest.mark.parametrize(
    ("old", "new", "actual"),
    [
        ("Frames:\t2", "Frames: 3", "3 frames announced and 2 lines"),
        ("Frames:\t2", "Frames: 1", "2 lines of numbers; expected 1"),
        ("Frames:\t2", "Frames: 99999999999", "99999999999 frames"),
        ("Frames:\t2", "Frames: -2", "Frames : -2"),
        ("Frames:\t2", "Frames: 2.5", "Frames : 2.5"),
        ("Frame Time:\t0.0333333", "Frame Time: 0", "Frame Time: 0"),
        ("Frame Time:\t0.0333333", "Frame Time: nan", "Frame Time: nan"),
        ("Frame Time:\t0.0333333", "1 2 3", "1 2 3"),
        ("1 2 3 4", "1 2 3", "11 fields; expected 12 numbers"),
        ("1 2 3 4", "1 2 3 4 5", "13 fields; expected 12 numbers"),
        ("1 2 3 4", "1 2 x 4", "'x'"),
        ("1 2 3 4", "1 2 nan 4", "'nan'"),
        ("1 2 3 4", "1 2 3_0 4", "'3_0'"),
        ("1 2 3 4", "1 2 1e39 4", "'1e39'"),
        ("1 2 3 4", "1 3e38 3 4", "joints beyond measure"),
    ],
)
def test_a_wrong_line_is_named(old: str, new: str, actual: str) -> None:
    content = arm(["1 2 3 4 0 0 0 0 0 0 0 0", "5 6 7 8 0 0 0 0 0 0 0 0"])
    assert old.encode() in content
    with pytest.raises(SkeletonFormatError, match=rf"clip\.bvh, line \d+: found .*{actual}.*export it again"):
        parse(content.replace(old.encode(), new.encode(), 1), Path("clip.bvh"), metres_per_unit=100)


def test_rows_of_uneven_length_are_refused_though_their_sum_fits() -> None:
    content = arm(["1 2 3 4 0 0 0 0 0 0 0 0 0", "5 6 7 8 0 0 0 0 0 0 0"])
    with pytest.raises(SkeletonFormatError, match="13 fields"):
        parse(content, Path("clip.bvh"))


def test_a_skeleton_without_motion_is_refused() -> None:
    content = b"HIERARCHY\nROOT Hips\n{\nOFFSET 0 0 0\nCHANNELS 0\n}\nMOTION\nFrames: 1\nFrame Time: 1\n0"
    with pytest.raises(SkeletonFormatError, match="no channels"):
        parse(content, Path("clip.bvh"))


def test_the_first_word_tells_the_format() -> None:
    assert looks_like(b"\xef\xbb\xbfHIERARCHY\r\nROOT Hips") and not looks_like(b"MOTION\n")


@pytest.mark.parametrize("name", ["bow_active", "dash_proud", "walk-left_happy"])
def test_a_released_clip_is_a_person_on_the_ground(name: str, shared: Path) -> None:
    sequence = face_camera(read(shared / "raw" / "bandai_namco" / f"dataset-1_{name}_001.bvh", layout="kinect-20"))
    assert (sequence.fps, sequence.layout.name) == (30.0, "kinect-20") and sequence.observed.all()
    joint = dict(zip(sequence.layout.joints, sequence.joints[0].swapaxes(0, 1), strict=True))
    height = {name: float(np.median(position[:, 1])) for name, position in joint.items()}
    assert height["head"] > height["shoulder_center"] > height["spine"] > height["hip_center"] > height["knee_left"]
    assert height["knee_left"] > height["ankle_left"] > -0.05 and height["ankle_right"] > -0.05
    assert joint["hip_left"][0, 0] < joint["hip_right"][0, 0]
    ahead = np.cross(joint["hip_left"] - joint["hip_right"], [0, 1, 0])
    for side in ("left", "right"):
        assert np.median(((joint[f"foot_{side}"] - joint[f"ankle_{side}"]) * ahead).sum(axis=1)) > 0  # toes point ahead
    legs = [("hip_left", "knee_left"), ("knee_left", "ankle_left")]
    trunk = [("hip_center", "spine"), ("spine", "shoulder_center"), ("shoulder_center", "head")]
    length = sum(float(np.linalg.norm(joint[a] - joint[b], axis=1).mean()) for a, b in [*legs, *trunk])
    assert 1.2 < length < 1.4  # ankle to the skull's base of someone 1.6 to 1.7 m tall


@pytest.mark.slow
def test_spoilt_files_are_read_or_refused(tmp_path: Path, withstands_mutations) -> None:
    path = tmp_path / "clip.bvh"
    path.write_bytes(arm(["1 2 3 4 5 6 7 8 9 10 11 12", "1.5 2 3 4 5 6 7 8 9 10 11 -12"]))
    withstands_mutations("zeroskel.skeleton.formats._bvh:parse", path)


FILE = Path("clip.bvh")
LINES = """HIERARCHY
ROOT Hips
{
  OFFSET 0 90 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Spine
  {
    OFFSET 0 20 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 1 0
    }
  }
  JOINT Left Leg
  {
    CHANNELS 0
    OFFSET 10 0 0
  }
}
MOTION""".split("\n")


def test_joints_stand_after_their_parents() -> None:
    joints, at = read_hierarchy(LINES, FILE)
    assert [(joint.name, joint.parent) for joint in joints] == [("Hips", -1), ("Spine", 0), ("Left Leg", 0)]
    assert joints[1].channels == ("rz", "rx", "ry") and joints[2].channels == ()
    np.testing.assert_array_equal(joints[2].offset, [10, 0, 0])
    assert at == len(LINES) - 1


def test_several_roots_are_read() -> None:
    joints, _ = read_hierarchy([*LINES[:-1], *LINES[1:]], FILE)
    assert [joint.parent for joint in joints] == [-1, 0, 0, -1, 3, 3]


def test_thousands_of_joints_deep_are_refused_at_once() -> None:
    deep = [line for _ in range(5000) for line in ("JOINT x", "{", "OFFSET 0 0 0", "CHANNELS 0")]
    with pytest.raises(SkeletonFormatError, match="over 1024 joints"):
        read_hierarchy([*LINES[:5], *deep], FILE)


@pytest.mark.parametrize(
    ("line", "text", "actual"),
    [
        (1, "MOTION", "'MOTION'"),
        (2, "Frames: 3", "'Frames: 3'"),
        (2, "JOINT Hips", "'JOINT Hips'"),
        (3, "", "'OFFSET 0 90 0'"),
        (4, "OFFSET 0 90", "'OFFSET 0 90'"),
        (4, "OFFSET 0 inf 0", "inf"),
        (4, "OFFSET 0 9_0 0", "9_0"),
        (5, "CHANNELS 3 Xposition Yposition", "CHANNELS 3"),
        (5, "CHANNELS 2 Xposition Xposition", "CHANNELS 2"),
        (5, "CHANNELS 1 Wrotation", "Wrotation"),
        (5, "", "JOINT before CHANNELS of Hips"),
        (6, "ROOT Spine", "'ROOT Spine'"),
        (6, "JOINT", "'JOINT'"),
        (7, "", "'OFFSET 0 20 0'"),
        (9, "OFFSET 1 2 3", "OFFSET 1 2 3"),
        (10, "End", "'End'"),
        (11, "{ {", ""),
        (12, "CHANNELS 0", "'CHANNELS 0'"),
        (12, "JOINT Deep", "JOINT Deep"),
        (12, "", r"} of Site"),
        (17, "", r"} of Left Leg"),
        (20, "", "'MOTION'"),
    ],
)
def test_a_wrong_line_of_the_hierarchy_is_named(line: int, text: str, actual: str) -> None:
    lines = [*LINES[: line - 1], text, *LINES[line:]]
    if text == "{ {":
        lines[line - 1 : line] = ["{", "{"]
    with pytest.raises(SkeletonFormatError, match=rf"clip\.bvh, line \d+: found .*{actual}.*expected.*export it again"):
        read_hierarchy(lines, FILE)


@pytest.mark.parametrize("remaining", range(20))
def test_a_file_cut_short_is_refused(remaining: int) -> None:
    with pytest.raises(SkeletonFormatError, match="line"):
        read_hierarchy(LINES[:remaining], FILE)

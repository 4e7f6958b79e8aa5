"""Facts of BVH files; the fakes are written after those of Bandai-Namco, CMU and Mixamo."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import SkeletonFormatError
from zeroskel.skeleton.formats import read
from zeroskel.skeleton.formats._bvh import looks_like, parse
from zeroskel.skeleton.formats._bvh_hierarchy import read_hierarchy
from zeroskel.skeleton.transforms import face_camera

FILE = Path("clip.bvh")


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


def positions(content: bytes, frame: int = 0) -> list[list[float]]:
    return parse(content, Path("clip.bvh")).coordinates[0, frame].astype(float).round(4).tolist()


def test_positions_take_the_place_of_the_offset_and_rotations_add_up() -> None:
    assert positions(arm(["1 2 3 0 0 0 0 0 0 0 0 0"])) == [[1, 2, 3], [1, 3, 3], [2, 3, 3]]
    assert positions(arm(["0 0 0 90 0 0 0 0 0 0 0 0"])) == [[0, 0, 0], [-1, 0, 0], [-1, 1, 0]]
    assert positions(arm(["0 0 0 90 0 0 -90 0 0 0 0 0"])) == [[0, 0, 0], [-1, 0, 0], [0, 0, 0]]


def test_the_last_rotation_of_a_joint_turns_first() -> None:
    assert positions(arm(["0 0 0 0 0 0 90 0 90 0 0 0"]))[2] == [0, 1, -1]  # y takes the bone from x to -z; z leaves it


@pytest.mark.parametrize(
    ("time", "fps"), [("0.0333333", 30), ("0.008333", 120), ("0.04170838", 23.976), ("2", 0.5), ("0,04", 25)]
)
def test_the_frame_rate_is_that_of_the_frame_time(time: str, fps: float) -> None:
    content = arm(["0 0 0 0 0 0 0 0 0 0 0 0"], time=time)
    assert parse(content, Path("clip.bvh")).fps == pytest.approx(fps, rel=1e-5)


WORDS = ("HIERARCHY", "ROOT", "JOINT", "OFFSET", "CHANNELS", "End Site", "MOTION", "Frames", "Frame Time")


def spelled(text: str, spell) -> str:
    for word in (*WORDS, "Xposition", "Yposition", "Zposition", "Zrotation", "Xrotation", "Yrotation"):
        text = text.replace(word, spell(word))
    return text


STYLES = {
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "CR": lambda text: text.replace("\n", "\r"),
    "blank lines": lambda text: text.replace("\n", "\n\n \t\n"),
    "tabs": lambda text: "\n".join("\t" + "\t".join(line.split()) + "\t" for line in text.split("\n")),
    "no last newline": str.rstrip,
    "a byte order mark": lambda text: "\ufeff" + text,
    "small letters": lambda text: spelled(text, str.lower),
    "capitals": lambda text: spelled(text, str.upper),
    "a brace behind the name": lambda text: text.replace("\n{", " {"),
    "no blank after a colon": lambda text: text.replace(":\t", ":"),
    "a blank before a colon": lambda text: text.replace(":\t", " : "),
    "comments": lambda text: "# by hand\n" + text.replace("OFFSET", "// offset\nOFFSET").replace("}", "} # end"),
    "decimal commas": lambda text: text.replace(".", ","),
    "commas between numbers": lambda text: text.replace(" 0.5 ", ", 0.5, "),
    "exponents": lambda text: text.replace(" 90 ", " 9.0E+01 "),
    "end sites with channels": lambda text: text.replace("End Site\n{", "End Site\n{\nCHANNELS 0"),
    "named end sites": lambda text: text.replace("End Site", "End Site HeadTop"),
    "scaled end sites": lambda text: text.replace("OFFSET 0 0 0\n}", "OFFSET 0 1e5 -1.5E-3\n}"),
    "numbers in several lines": lambda text: text.replace(" 90 ", "\n90 "),
    "scale channels": lambda text: (
        text.replace("6 X", "7 Xscale X").replace("\n1 2", "\n1 1 2").replace("\n4 5", "\n1 4 5")
    ),
    "UTF-16": lambda text: text,
}


@pytest.mark.parametrize("style", STYLES)
def test_styles_of_programs_do_not_matter(style: str) -> None:
    text = arm(["1 2 3 90 0 0 -90 0 0.5 0 0 0", "4 5 6 0 90 0 0 0.5 90 0 0 0"]).decode()
    changed = STYLES[style](text)
    content = changed.encode("utf-16" if style == "UTF-16" else "utf-8")
    assert content != text.encode()
    points, expected = parse(content, FILE), parse(text.encode(), FILE)
    np.testing.assert_allclose(points.coordinates, expected.coordinates)
    assert (points.names, points.fps, points.notes) == (expected.names, 30, ())


@pytest.mark.parametrize(
    ("change", "frames", "note"),
    [
        (lambda text: text.replace("Frames:\t2", "Frames: 3"), 2, "3 frames are announced, 2 are there"),
        (lambda text: text.replace("Frames:\t2", "Frames: 1"), 2, "1 frames are announced, 2 are there"),
        (lambda text: text.replace("Frames:\t2", "Frames: 0"), 2, "0 frames are announced, 2 are there"),
        (lambda text: text + "Produced by\nsomeone", 2, "2 lines after the last frame were left out"),
    ],
)
def test_a_wrong_count_of_frames_is_said(change, frames: int, note: str) -> None:
    points = parse(change(arm(["1 2 3 4 0 0 0 0 0 0 0 0", "5 6 7 8 0 0 0 0 0 0 0 0"]).decode()).encode(), FILE)
    assert points.coordinates.shape[1] == frames and points.notes == (note,)


def test_a_frame_time_of_0_tells_no_rate() -> None:
    assert parse(arm(["0 0 0 0 0 0 0 0 0 0 0 0"], time="0.000"), FILE).fps is None


def hung_text(motion, name="{}".format, scale: float = 1.0) -> str:
    """The motion as text, with position channels at every joint."""
    tree = " ".join(
        f"{name(joint).replace(' ', '~')} {'-' if parent < 0 else parent}"
        for joint, parent in zip(motion.names, motion.parents, strict=True)
    )
    rows = np.concatenate([motion.local * scale, motion.turns], axis=2)  # z, x, y
    order = depth_first(motion.parents)
    lines = [" ".join(f"{number:.9g}" for number in row[order].ravel()) for row in rows]
    return bvh_text(tree, np.zeros((len(motion.names), 3)), lines).replace("~", " ")


def depth_first(parents: list[int]) -> list[int]:
    order: list[int] = []

    def visit(index: int) -> None:
        order.append(index)
        for child in (child for child, parent in enumerate(parents) if parent == index):
            visit(child)

    visit(0)
    return order


def test_joints_are_where_they_were(hung_motion) -> None:
    points = parse(hung_text(hung_motion, scale=100).encode(), FILE)
    order = depth_first(hung_motion.parents)
    np.testing.assert_allclose(points.coordinates[0] / 100, hung_motion.joints[:, order], atol=1e-4)
    assert points.names == tuple(hung_motion.names[index] for index in order)
    assert (points.up, points.unit, points.fps) == (None, None, 30)


def test_position_channels_of_0_leave_a_joint_at_its_offset() -> None:
    offsets = np.array([[5, 5, 5], [0, 2, 0], [3, 0, 0]])
    text = bvh_text("Hips - Neck 0 Head 1", offsets, ["1 1 1 0 0 0" + " 0 0 0 0 0 0" * 2])
    assert positions(text.encode()) == [[1, 1, 1], [1, 3, 1], [4, 3, 1]]


def two_people(motion, first, second, shift: float = 2.0) -> bytes:
    """Two skeletons in one file, the second one beside the first."""
    one, two = hung_text(motion, first), hung_text(motion, second)
    roots = [text.split("MOTION")[0].removeprefix("HIERARCHY\n") for text in (one, two)]
    rows = [text.strip().split("\n")[-len(motion.joints) :] for text in (one, two)]
    beside = [f"{float(row.split()[0]) + shift} {row.split(' ', 1)[1]}" for row in rows[1]]
    tail = one.split("MOTION")[1].strip().split("\n")[:2]
    lines = ["HIERARCHY", *roots, "MOTION", *tail, *(f"{a} {b}" for a, b in zip(rows[0], beside, strict=True))]
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("first", "second"),
    [("{}".format, "{}".format), ("P1:{}".format, "P2:{}".format), ("{}".format, "{}.001".format)],
)
def test_roots_with_whole_skeletons_are_people(hung_motion, first, second) -> None:
    points = parse(two_people(hung_motion, first, second), FILE)
    joints = hung_motion.joints[:, depth_first(hung_motion.parents)]
    np.testing.assert_allclose(points.coordinates, np.stack([joints, joints + np.array([2, 0, 0])]), atol=1e-4)
    assert points.names[0] == first("Hips") and points.notes == ()


def test_other_roots_are_points_of_the_person_or_left_out(hung_motion) -> None:
    sword = bvh_text("Sword - Tip 0", np.ones((2, 3)), ["1 2 3" + " 0" * 9] * len(hung_motion.joints))
    text = hung_text(hung_motion)
    rows = [f"{row} 1 2 3{' 0' * 9}" for row in text.strip().split("\n")[-len(hung_motion.joints) :]]
    head = text.split("MOTION")[0] + sword.split("MOTION")[0].removeprefix("HIERARCHY\n")
    content = "\n".join([head + "MOTION", *text.split("MOTION")[1].strip().split("\n")[:2], *rows])
    points = parse(content.encode(), FILE)
    assert points.coordinates.shape[0] == 1 and points.names[-2:] == ("Sword", "Tip")
    points = parse(two_people(hung_motion, "{}".format, lambda name: name[::-1]), FILE)
    assert points.coordinates.shape[0] == 1 and points.notes == ("18 joints of other skeletons were left out",)


@pytest.mark.parametrize(
    ("old", "new", "actual"),
    [
        ("Frames:\t2", "Frames: 6", "6 frames announced and 2 lines"),
        ("Frames:\t2", "Frames: 99999999999", "Frames: 99999999999"),
        ("Frames:\t2", "Frames: -2", "Frames: -2"),
        ("Frames:\t2", "Frames: 2.5", "Frames: 2.5"),
        ("Frame Time:\t0.0333333", "Frame Time: -1", "Frame Time: -1"),
        ("Frame Time:\t0.0333333", "Frame Time: nan", "Frame Time: nan"),
        ("Frame Time:\t0.0333333", "1 2 3", "1 2 3"),
        ("1 2 3 4", "1 2 3", "11 fields; expected 12 numbers"),
        ("1 2 3 4", "1 2 3 4 5", "13 fields; expected 12 numbers"),
        ("1 2 3 4", "1 2 x 4", "'x'"),
        ("1 2 3 4", "1 2 nan 4", "'nan'"),
        ("1 2 3 4", "1 2 3_0 4", "'3_0'"),
        ("1 2 3 4", "1 2 1e39 4", "'1e39'"),
    ],
)
def test_a_wrong_line_is_named(old: str, new: str, actual: str) -> None:
    content = arm(["1 2 3 4 0 0 0 0 0 0 0 0", "5 6 7 8 0 0 0 0 0 0 0 0"])
    assert old.encode() in content
    with pytest.raises(SkeletonFormatError, match=rf"clip\.bvh, line \d+: found .*{actual}.*export it again"):
        parse(content.replace(old.encode(), new.encode(), 1), Path("clip.bvh"))


def test_joints_beyond_measure_are_refused() -> None:
    with pytest.raises(SkeletonFormatError, match=r"line \d+: found joints beyond measure.*export it again"):
        parse(arm(["0 3e38 0 0 0 0 0 0 0 0 0 0"], length=3e38), FILE)


def test_rows_of_uneven_length_are_refused_though_their_sum_fits() -> None:
    content = arm(["1 2 3 4 0 0 0 0 0 0 0 0 0", "5 6 7 8 0 0 0 0 0 0 0"])
    with pytest.raises(SkeletonFormatError, match="13 fields"):
        parse(content, Path("clip.bvh"))


def test_a_skeleton_without_motion_is_refused() -> None:
    content = b"HIERARCHY\nROOT Hips\n{\nOFFSET 0 0 0\nCHANNELS 0\n}\nMOTION\nFrames: 1\nFrame Time: 1\n0"
    with pytest.raises(SkeletonFormatError, match="no channels"):
        parse(content, Path("clip.bvh"))


def test_the_first_word_tells_the_format() -> None:
    for head in (b"\xef\xbb\xbfHIERARCHY\r\nROOT Hips", b"\n\n hierarchy\n", b"# by hand\nHIERARCHY\n"):
        assert looks_like(head) and looks_like(head.decode("utf-8-sig").encode("utf-16"))
    assert not looks_like(b"MOTION\n")


BIOVISION = dict(
    Spine="Chest", LeftArm="LeftShoulder", LeftForeArm="LeftElbow", LeftHand="LeftWrist", RightArm="RightShoulder",
    RightForeArm="RightElbow", RightHand="RightWrist", LeftUpLeg="LeftHip", LeftLeg="LeftKnee", LeftFoot="LeftAnkle",
    RightUpLeg="RightHip", RightLeg="RightKnee", RightFoot="RightAnkle", LeftToeBase="LeftToe", RightToeBase="RightToe",
)  # fmt: skip


@pytest.mark.parametrize(
    "name", ["{}".format, "mixamorig:{}".format, "Character1_{}".format, lambda name: BIOVISION.get(name, name)]
)
@pytest.mark.parametrize(("up", "scale"), [("y", 100.0), ("z", 1000.0), ("y", 1 / 0.0254), ("z", 1.0)])
def test_a_person_stands_up_in_metres(hung_motion, name, up: str, scale: float, tmp_path: Path) -> None:
    joints = hung_motion.joints @ (np.eye(3) if up == "y" else np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])).T
    local = np.concatenate([joints[:, :1], joints[:, 1:] - joints[:, :1]], axis=1)
    flat = replace(hung_motion, local=local, turns=np.zeros_like(joints), parents=[-1] + [0] * 17)
    path = tmp_path / "kick.bvh"
    path.write_text(hung_text(flat, name, scale))
    sequence = read(path)
    assert (sequence.reading.up, sequence.layout.name) == (up, "mocap-21")
    for joint, column in (("knee_right", "RightLeg"), ("wrist_left", "LeftHand"), ("shoulder_left", "LeftArm")):
        expected = hung_motion.joints[:, hung_motion.names.index(column)]
        np.testing.assert_allclose(sequence.joints[0, :, sequence.layout.index(joint)], expected, atol=1e-3)


@pytest.mark.parametrize("family", [{}, BIOVISION])
@pytest.mark.parametrize(
    ("leaf", "below", "joint"),
    [("LeftFoot", "LeftToeBase", "foot_left"), ("LeftForeArm", "LeftHand", "wrist_left"), ("Neck", "Head", "head")],
)
def test_the_end_site_of_a_limb_is_the_joint_that_a_skeleton_lacks(
    hung_motion, family: dict, leaf: str, below: str, joint: str, tmp_path: Path
) -> None:
    lost = hung_motion.names.index(below)
    rest = [index for index in range(len(hung_motion.names)) if index != lost]
    parents = [parent if parent < 0 else rest.index(parent) for parent in (hung_motion.parents[i] for i in rest)]
    short = replace(
        hung_motion,
        names=[hung_motion.names[index] for index in rest],
        parents=parents,
        turns=hung_motion.turns[:, rest],
        local=hung_motion.local[:, rest],
    )
    x, y, z = hung_motion.local[0, lost]
    before, after = hung_text(short, lambda name: family.get(name, name)).split(f" {family.get(leaf, leaf)}\n")
    site = f"End Site\n{{\nOFFSET {x} {y} {z}\n}}\n"
    if "End Site" not in after.split("JOINT")[0]:  # the neck has the arms below
        after = after.replace("JOINT", f"{site}JOINT", 1)
    else:
        after = after.replace("End Site\n{\nOFFSET 0 0 0\n}\n", site, 1)
    path = tmp_path / "kick.bvh"
    path.write_text(f"{before} {family.get(leaf, leaf)}\n{after}")
    sequence = read(path)
    position = sequence.joints[0, 0, sequence.layout.index(joint)]
    np.testing.assert_allclose(position, hung_motion.joints[0, lost], atol=1e-3)


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


@pytest.mark.slow("hundreds of spoilt files")
def test_spoilt_files_are_read_or_refused(tmp_path: Path, withstands_mutations) -> None:
    path = tmp_path / "clip.bvh"
    path.write_bytes(arm(["1 2 3 4 5 6 7 8 9 10 11 12", "1.5 2 3 4 5 6 7 8 9 10 11 -12"]))
    withstands_mutations("zeroskel.skeleton.formats._bvh:parse", path)


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


def hierarchy(lines: list[str]):
    return read_hierarchy([(number, line) for number, line in enumerate(lines, 1) if line], FILE)


def test_joints_stand_after_their_parents() -> None:
    joints, at = hierarchy(LINES)
    assert [(joint.name, joint.parent) for joint in joints] == [("Hips", -1), ("Spine", 0), ("Left Leg", 0)]
    assert joints[1].channels == ("rz", "rx", "ry") and joints[2].channels == ()
    np.testing.assert_array_equal(joints[2].offset, [10, 0, 0])
    assert at == len(LINES) - 1


def test_the_end_site_of_a_foot_is_its_toes() -> None:
    text = bvh_text("Hips - LeftAnkle 0 Head 0", np.eye(3), ["0 0 0 0 0 90" + " 0" * 12])
    points = parse(text.replace("OFFSET 0 0 0\n}", "OFFSET 0 0 2\n}").encode(), FILE)
    assert points.names == ("Hips", "LeftAnkle", "LeftAnkle_end", "Head")
    np.testing.assert_allclose(points.coordinates[0, 0, 1:], [[0, 1, 0], [2, 1, 0], [1, 0, 0]], atol=1e-6)


def test_several_roots_are_read() -> None:
    joints, _ = hierarchy([*LINES[:-1], *LINES[1:]])
    assert [joint.parent for joint in joints] == [-1, 0, 0, -1, 3, 3]


def test_thousands_of_joints_deep_are_refused_at_once() -> None:
    deep = [line for _ in range(5000) for line in ("JOINT x", "{", "OFFSET 0 0 0", "CHANNELS 0")]
    with pytest.raises(SkeletonFormatError, match="over 1024 joints"):
        hierarchy([*LINES[:5], *deep])


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
        (11, "{ {", "'{'"),
        (12, "CHANNELS 1 Xrotation", "'CHANNELS 1 Xrotation'"),
        (12, "JOINT Deep", "JOINT Deep"),
        (12, "", r"} of Site"),
        (17, "", r"} of Left Leg"),
        (20, "", "'MOTION'"),
    ],
)
def test_a_wrong_line_of_the_hierarchy_is_named(line: int, text: str, actual: str) -> None:
    lines = [*LINES[: line - 1], text, *LINES[line:]]
    with pytest.raises(SkeletonFormatError, match=rf"clip\.bvh, line \d+: found .*{actual}.*expected.*export it again"):
        hierarchy(lines)


@pytest.mark.parametrize("remaining", range(20))
def test_a_file_cut_short_is_refused(remaining: int) -> None:
    with pytest.raises(SkeletonFormatError, match="line"):
        hierarchy(LINES[:remaining])

"""Facts of Acclaim motions; the fakes are written after the released files."""

import os
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import FileLayoutError, InputError, SkeletonFormatError, get_layout
from zeroskel.datasets import SkeletonDataset
from zeroskel.skeleton.formats import read
from zeroskel.skeleton.formats._acclaim import looks_like, parse
from zeroskel.skeleton.formats._acclaim_skeleton import parse_asf

BONES = {  # name: (parent, direction, channels); an arm of HDM05 on a short spine
    "lowerback": ("root", "0 1 0", "rx ry rz"),
    "thorax": ("lowerback", "0 1 0", ""),
    "lclavicle": ("thorax", "1 0 0", "ry rz"),
    "lhumerus": ("lclavicle", "1 0 0", "rx"),
}
HEAD = ["#!OML:ASF X:\\f\xfcr Bonn\\Bastian.ASF", ":FULLY-SPECIFIED", ":DEGREES"]


def asf_text() -> str:
    lines = [":units", "length 0.0254", "angle deg", ":root", "order TX TY TZ RX RY RZ", "axis XYZ", ":bonedata"]
    for name, (_, direction, channels) in BONES.items():
        lines += ["begin", f"name {name}", f"direction {direction}", "length 1", "axis 0 0 0 XYZ"]
        lines += [f"dof {channels}", "end"] if channels else ["end"]
    lines += [":hierarchy", "begin", *(f"{parent} {name}" for name, (parent, _, _) in BONES.items()), "end"]
    return "\n".join(lines)


def frame(
    number: int, root: str = "0 1 0 0 0 0", back: str = "0 0 0", clavicle: str = "0 0", arm: str = "0"
) -> list[str]:
    return [str(number), f"root {root}", f"lowerback {back}", f"lclavicle {clavicle}", f"lhumerus {arm}"]


def save(folder: Path, lines: list[str]) -> Path:
    (folder / "HDM_xx.asf").write_text(asf_text())
    path = folder / "HDM_xx_wave_001_120.amc"
    path.write_bytes("\r\n".join([*HEAD, *lines, ""]).encode("latin-1"))
    return path


def position(path: Path, joint: str, frame: int = 0) -> list[float]:
    sequence = read(path, layout="hdm05-31")
    return sequence.joints[0, frame, sequence.layout.index(joint)].round(5).tolist()


def test_joints_are_the_ends_of_bones_in_metres(tmp_path: Path) -> None:
    path = save(tmp_path, frame(1))
    assert read(path, layout="hdm05-31").fps == 120.0
    assert position(path, "hip_center") == [0, 1, 0]
    assert position(path, "spine") == [0, 2, 0]
    assert position(path, "elbow_left") == [2, 3, 0]


def test_a_bone_turns_itself_and_all_below_it(tmp_path: Path) -> None:
    path = save(tmp_path, [*frame(1, back="0 0 90"), *frame(2, clavicle="-90 0")])
    assert position(path, "spine") == [-1, 1, 0]
    assert position(path, "shoulder_left") == [-2, 2, 0]
    assert position(path, "shoulder_left", 1) == [0, 3, 1]


def test_x_turns_first_then_y_then_z(tmp_path: Path) -> None:
    assert position(save(tmp_path, frame(1, root="0 0 0 90 90 0")), "spine") == [1, 0, 0]
    assert position(save(tmp_path, frame(1, root="0 0 0 90 0 90")), "spine") == [0, 0, 1]


def test_radians_are_read_where_the_motion_says_so(tmp_path: Path) -> None:
    path = save(tmp_path, frame(1, back=f"0 0 {np.pi / 2}"))
    path.write_bytes(path.read_bytes().replace(b":DEGREES", b":RADIANS"))
    assert position(path, "spine") == [-1, 1, 0]


def test_bones_may_come_in_another_order_in_some_frame(tmp_path: Path) -> None:
    first, second = frame(1), frame(2, back="0 0 90")
    whole = read(save(tmp_path, [*first, *second]), layout="hdm05-31").joints
    mixed = read(save(tmp_path, [*first, second[0], *reversed(second[1:])]), layout="hdm05-31").joints
    np.testing.assert_array_equal(mixed, whole)


def test_few_bones_are_refused_unless_the_layout_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileLayoutError, match="understood 2 of the 13 main joints"):
        read(save(tmp_path, frame(1)))


@pytest.mark.parametrize(
    ("line", "text", "actual"),
    [
        (4, "0", "0; expected the number 1"),
        (4, "root 0 0 0 0 0 0", "root 0 0 0 0 0 0'; expected the number 1"),
        (5, "root 0 1 0 0 0", "root 0 1 0 0 0'; expected 6 numbers"),
        (6, "tail 0 0 0", "'tail'"),
        (6, "thorax", "'thorax'"),
        (6, "lowerback 0 nan 0", "nan"),
        (6, "lowerback 0 1e999 0", "1e999"),
        (6, "lowerback 0 1_0 0", "1_0"),
        (7, "lowerback 0 0 0", "'lowerback'"),
        (9, "3", "3; expected the number 2"),
    ],
)
def test_a_wrong_line_is_named(line: int, text: str, actual: str, tmp_path: Path) -> None:
    path = save(tmp_path, [*frame(1), *frame(2)])
    lines = path.read_bytes().split(b"\r\n")
    lines[line - 1] = text.encode()
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(SkeletonFormatError, match=rf"001_120\.amc, line {line}: found .*{actual}.*release again"):
        read(path, layout="hdm05-31")


def test_a_frame_cut_short_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, [*frame(1), *frame(2)[:-1]])
    with pytest.raises(SkeletonFormatError, match="found the end of frame 2; expected lhumerus in it"):
        read(path, layout="hdm05-31")
    path = save(tmp_path, [*frame(1)[:-1], *frame(2)])
    with pytest.raises(SkeletonFormatError, match=r"line 8: found the end of frame 1; expected lhumerus in it"):
        read(path, layout="hdm05-31")


@pytest.mark.parametrize("lines", [[], frame(1, root="0 1e38 0 0 0 0") + frame(2, root="1e38 3e38 0 0 0 0")])
def test_no_frame_or_one_beyond_measure_is_refused(lines: list[str], tmp_path: Path) -> None:
    path = save(tmp_path, lines)
    (tmp_path / "HDM_xx.asf").write_text(asf_text().replace("length 0.0254", "length 0.0001"))
    with pytest.raises(SkeletonFormatError, match=r"no frame|frame 1: found joints beyond measure"):
        read(path, layout="hdm05-31")


def test_the_skeleton_beside_is_that_of_the_longest_name(tmp_path: Path) -> None:
    path = save(tmp_path, frame(1))
    (tmp_path / "other.asf").write_text("no skeleton")
    (tmp_path / "HDM.asf").write_text("no skeleton")
    assert position(path, "hip_center") == [0, 1, 0]
    (tmp_path / "HDM_xx.asf").rename(tmp_path / "a.asf")
    (tmp_path / "HDM.asf").unlink()
    with pytest.raises(InputError, match=r"found 2 \.asf skeletons beside it; .*Put the skeleton beside"):
        read(path)
    a_skeleton = parse_asf(asf_text().encode(), tmp_path / "a.asf")
    assert parse(path.read_bytes(), path, a_skeleton, layout="hdm05-31").frames == 1
    (tmp_path / "other.asf").unlink()
    assert position(path, "hip_center") == [0, 1, 0]
    (tmp_path / "a.asf").unlink()
    with pytest.raises(InputError, match="found 0"):
        read(path)


def test_long_recordings_are_turned_in_parts_alike(tmp_path: Path) -> None:
    lines = [line for number in range(1, 5001) for line in frame(number, back=f"{number % 90} 0 0")]
    joints = read(save(tmp_path, lines), layout="hdm05-31").joints[0]
    np.testing.assert_array_equal(joints[:410], joints[4500:4910])


def test_the_header_line_looks_like_amc() -> None:
    assert looks_like(b"#!OML\n:FULLY-SPECIFIED\r\n:DEGREES\n1\n")
    assert not looks_like(b":version 1.10\n") and not looks_like(b"")


def test_the_released_files_read_as_the_published_joints(shared: Path) -> None:
    with np.load(shared / "data" / "hdm05_11.npz", allow_pickle=False) as content:
        names = content["sample_names"].tolist()
    published = SkeletonDataset.from_npz(shared / "data" / "hdm05_11.npz")
    for path in sorted((shared / "raw" / "hdm05").glob("*.amc")):
        sequence = read(path)
        assert sequence.layout == get_layout("hdm05-31")
        np.testing.assert_array_equal(sequence.joints[:, ::4], published[names.index(path.stem)].joints)


READER = f"""
from zeroskel.skeleton.formats._acclaim import parse
from zeroskel.skeleton.formats._acclaim_skeleton import parse_asf
SKELETON = parse_asf({asf_text().encode()!r}, None)
def motion(content, file): return parse(content, file, SKELETON, layout="hdm05-31")
"""


@pytest.mark.slow("hundreds of spoilt files")
@pytest.mark.parametrize("part", ["motion", "skeleton"])
def test_spoilt_files_are_read_or_refused(part: str, tmp_path: Path, withstands_mutations, monkeypatch) -> None:
    (tmp_path / "acclaim_reader.py").write_text(READER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    path = save(tmp_path, [*frame(1), *frame(2, back="10 20.5 -3e1"), *frame(3)])
    if part == "motion":
        withstands_mutations("acclaim_reader:motion", path)
    else:
        withstands_mutations("zeroskel.skeleton.formats._acclaim_skeleton:parse_asf", tmp_path / "HDM_xx.asf")


def test_a_skeleton_may_be_given_once_for_many_motions(tmp_path: Path) -> None:
    path = save(tmp_path, frame(1))
    skeleton = parse_asf(asf_text().encode(), tmp_path / "HDM_xx.asf")
    sequence = parse(path.read_bytes(), Path("elsewhere.amc"), skeleton, layout="hdm05-31", fps=60)
    assert (sequence.frames, sequence.fps) == (1, 60.0)

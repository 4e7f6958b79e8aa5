"""Facts of the text files of MSR-Action3D, UTKinect, KARD and Florence 3D; the fakes are as in the releases."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zeroskel.core import LayoutError, SkeletonFormatError, SkeletonSequence, get_layout
from zeroskel.skeleton.formats._kinect_text import (
    FLORENCE3D,
    KARD,
    MSR_ACTION3D,
    UTKINECT,
)
from zeroskel.skeleton.formats._parsing import file_content

PARSERS: dict[str, Callable[..., SkeletonSequence]] = {
    "msr": MSR_ACTION3D.parse,
    "utkinect": UTKINECT.parse,
    "kard": KARD.parse,
    "florence": FLORENCE3D.parse,
}


def read(kind: str, path: Path, **options: Any) -> SkeletonSequence:
    return PARSERS[kind](*file_content(path), **options)


LINES = {"msr": 20, "utkinect": 1, "kard": 15, "florence": 15}
MSR_ORDER = (
    "shoulder_left shoulder_right shoulder_center spine hip_left hip_right hip_center elbow_left elbow_right "
    "wrist_left wrist_right hand_left hand_right knee_left knee_right ankle_left ankle_right foot_left foot_right head"
).split()


def positions(frames: int, joints: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(frames, joints, 3)).round(6)


def written(kind: str, values: np.ndarray, numbers: list[int] | None = None) -> list[str]:
    """Lines of a file of values (T, V, 3) in the units and the joint order of the release."""
    if kind == "msr":
        return [f"{x:.6f} {y:.6f} {z:.6f} 1.000000" for x, y, z in values.reshape(-1, 3)]
    if kind == "utkinect":
        numbers = list(range(0, 2 * len(values), 2)) if numbers is None else numbers
        rows = ["  ".join(f"{x:.6f}" for x in frame.reshape(-1)) for frame in values]
        return [f"{number}  {row}  " for number, row in zip(numbers, rows, strict=True)]
    if kind == "kard":
        return [f"{x} {y} {z}" for x, y, z in values.reshape(-1, 3)]
    return [f"{x:.16e} {y:.16e} {z:.16e} " for x, y, z in values.reshape(-1, 3)]


def save(folder: Path, lines: list[str], ending: str = "\n") -> Path:
    path = folder / "clip.txt"
    path.write_text(ending.join(lines) + ending, encoding="ascii", newline="")
    return path


def fake(kind: str, frames: int = 3) -> list[str]:
    return written(kind, positions(frames, 20 if kind in ("msr", "utkinect") else 15))


def joint(sequence: SkeletonSequence, name: str) -> np.ndarray:
    """(T, 3) of one body."""
    return sequence.joints[0, :, sequence.layout.index(name)]


def test_joints_of_msr_action3d_are_arranged_by_name(tmp_path: Path) -> None:
    values = positions(3, 20)
    sequence = read("msr", save(tmp_path, written("msr", values)))
    assert (sequence.layout.name, sequence.fps, sequence.joints.shape) == ("kinect-20", 30.0, (1, 3, 20, 3))
    for position, name in enumerate(MSR_ORDER):
        np.testing.assert_array_equal(joint(sequence, name), values[:, position].astype(np.float32))


def test_joints_of_utkinect_stand_in_the_order_of_the_sdk(tmp_path: Path) -> None:
    values = positions(3, 20)
    sequence = read("utkinect", save(tmp_path, written("utkinect", values)))
    assert sequence.layout.name == "kinect-20"
    np.testing.assert_array_equal(sequence.joints[0], values.astype(np.float32))


@pytest.mark.parametrize(
    ("kind", "order", "x"),
    [
        ("kard", "head neck +shoulder +elbow +hand -shoulder -elbow -hand spine +hip +knee +foot -hip -knee -foot", -1),
        (
            "florence",
            "head neck spine -shoulder -elbow -hand +shoulder +elbow +hand -hip -knee -foot +hip +knee +foot",
            1,
        ),
    ],
)
def test_millimetres_become_metres_in_the_frame_of_the_sdk(kind: str, order: str, x: int, tmp_path: Path) -> None:
    values = positions(2, 15) * 1000
    sequence = read(kind, save(tmp_path, written(kind, values)))
    assert sequence.layout.name == "kinect-15"
    for position, name in enumerate(order.split()):
        full = name[1:] + {"-": "_left", "+": "_right"}[name[0]] if name[0] in "-+" else name
        np.testing.assert_allclose(joint(sequence, full), values[:, position] * (x, 1, 1) / 1000, rtol=1e-6)


@pytest.mark.parametrize("folder", ["kard", "florence3d"])
def test_people_of_the_releases_stand_upright_with_the_left_at_smaller_x(folder: str, shared: Path) -> None:
    kind = {"kard": "kard", "florence3d": "florence"}[folder]
    for file in (shared / "raw" / folder).glob("*.txt"):
        sequence = read(kind, file)
        for part in ("shoulder", "hip", "knee"):
            assert (joint(sequence, f"{part}_left")[:, 0] < joint(sequence, f"{part}_right")[:, 0]).all()
        for side in ("left", "right"):
            heights = [
                joint(sequence, name)[0, 1]
                for name in ("head", f"shoulder_{side}", "spine", f"hip_{side}", f"knee_{side}", f"foot_{side}")
            ]
            assert heights == sorted(heights, reverse=True)
        bones = [sequence.layout.indices(pair) for pair in sequence.layout.bones]
        lengths = [np.linalg.norm(np.diff(sequence.joints[0][:, pair], axis=1), axis=-1) for pair in bones]
        assert 0.05 < np.min(lengths) and np.max(lengths) < 0.8


@pytest.mark.parametrize(
    ("kind", "file"), [("kard", "kard/a01_s01_e01_realworld.txt"), ("florence", "florence3d/a01_s1_id1.txt")]
)
def test_the_first_arm_wave_of_each_release_is_by_the_right_hand(kind: str, file: str, shared: Path) -> None:
    sequence = read(kind, shared / "raw" / file)
    right, left = (np.ptp(joint(sequence, name), axis=0).max() for name in ("hand_right", "hand_left"))
    assert right > 3 * left


@pytest.mark.parametrize("kind", PARSERS)
def test_windows_line_ends_blank_lines_and_a_missing_last_one_are_read(kind: str, tmp_path: Path) -> None:
    lines = fake(kind)
    expected = read(kind, save(tmp_path, lines)).joints
    np.testing.assert_array_equal(read(kind, save(tmp_path, lines, "\r\n")).joints, expected)
    np.testing.assert_array_equal(read(kind, save(tmp_path, lines, "\n\n")).joints, expected)
    (tmp_path / "open.txt").write_text("\n".join(lines))
    np.testing.assert_array_equal(read(kind, tmp_path / "open.txt").joints, expected)


@pytest.mark.parametrize("kind", PARSERS)
def test_a_joint_at_the_origin_is_not_observed(kind: str, tmp_path: Path) -> None:
    values = positions(2, 20 if kind in ("msr", "utkinect") else 15)
    values[1, 3] = 0
    values[1, 4, :2] = 0  # zeros in some coordinates are a place like any other
    assert (~read(kind, save(tmp_path, written(kind, values))).observed).sum() == 1
    with pytest.raises(SkeletonFormatError, match=r"clip\.txt: found zeros only in 2 frames; expected a tracked body"):
        read(kind, save(tmp_path, written(kind, values * 0)))


def test_the_confidence_of_msr_action3d_hides_nothing(tmp_path: Path) -> None:
    lines = [line.replace("1.000000", "0.000000") if line.endswith("1.000000") else line for line in fake("msr")]
    assert read("msr", save(tmp_path, lines)).observed.all()


def test_frame_numbers_of_utkinect_may_skip_and_the_second_of_a_repeated_one_is_left_out() -> None:
    values = positions(5, 20)
    lines = written("utkinect", values, [114, 114, 118, 120, 130])
    frames, sequence = UTKINECT.parse_frames("\n".join(lines).encode(), Path("joints.txt"))
    assert frames.tolist() == [114, 118, 120, 130] and frames.dtype == np.int64
    np.testing.assert_array_equal(sequence.joints[0], values[[0, 2, 3, 4]].astype(np.float32))


@pytest.mark.parametrize("number", ["-2", "3.5", "99999999999"])
def test_a_frame_number_that_is_none_is_refused(number: str, tmp_path: Path) -> None:
    lines = fake("utkinect")
    lines[1] = f"{number}  {lines[1].split(maxsplit=1)[1]}"
    with pytest.raises(SkeletonFormatError, match=r"clip\.txt, line 2: found frame number .*expected a whole number"):
        read("utkinect", save(tmp_path, lines))


@pytest.mark.parametrize("kind", PARSERS)
@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e39", "x", "1_0", "0x1", "1,5", "--1"])
def test_what_is_no_finite_number_is_named_with_its_line(kind: str, number: str, tmp_path: Path) -> None:
    lines = fake(kind)
    position = min(4, len(lines) - 1)
    lines[position] = " ".join([*lines[position].split()[:-1], number])
    with pytest.raises(
        SkeletonFormatError, match=rf"clip\.txt, line {position + 1}: found '{number}'; expected .* finite"
    ):
        read(kind, save(tmp_path, lines))


@pytest.mark.parametrize("kind", PARSERS)
def test_a_line_too_short_or_too_long_is_named(kind: str, tmp_path: Path) -> None:
    lines, position = fake(kind), 2
    count = len(lines[position].split())
    for spoilt in (lines[position] + " 1", lines[position].rsplit(maxsplit=1)[0]):
        actual = len(spoilt.split())
        with pytest.raises(
            SkeletonFormatError, match=rf"line 3: found {actual} fields; expected {count} .*release again"
        ):
            read(kind, save(tmp_path, [*lines[:position], spoilt, *lines[position + 1 :]]))


@pytest.mark.parametrize("kind", [kind for kind, lines in LINES.items() if lines > 1])
def test_a_file_cut_within_a_frame_is_refused(kind: str, tmp_path: Path) -> None:
    expected = (
        rf"line {2 * LINES[kind] + 5}: found the end of the file after 4 lines of frame 3; expected {LINES[kind]}"
    )
    with pytest.raises(SkeletonFormatError, match=expected):
        read(kind, save(tmp_path, fake(kind)[: 2 * LINES[kind] + 4]))


@pytest.mark.parametrize("kind", PARSERS)
@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\x00", bytes(100), b"1 2\n3\n", "١ ٢ ٣\n".encode()])
def test_other_content_is_refused(kind: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "clip.txt").write_bytes(content)
    with pytest.raises(SkeletonFormatError, match=r"clip\.txt"):
        read(kind, tmp_path / "clip.txt")


@pytest.mark.parametrize("kind", PARSERS)
def test_layout_and_frame_rate_can_be_asked_for(kind: str, tmp_path: Path) -> None:
    path = save(tmp_path, fake(kind))
    sequence = read(kind, path, layout="ntu-25", fps=15)
    assert (sequence.layout.name, sequence.fps) == ("ntu-25", 15.0)
    np.testing.assert_array_equal(joint(sequence, "knee_left"), joint(read(kind, path), "knee_left"))
    with pytest.raises(LayoutError):
        read(kind, path, layout="kinect-99")


def test_what_looks_like_a_format_is_told_by_the_count_of_numbers() -> None:
    heads = {kind: "\n".join(fake(kind, 10)).encode()[:8192] for kind in PARSERS}
    assert [kind for kind, head in heads.items() if MSR_ACTION3D.looks_like(head)] == ["msr"]
    assert [kind for kind, head in heads.items() if UTKINECT.looks_like(head)] == ["utkinect"]
    for head in (b"", b"1 2 3 4", b"x y z c\n", b"\xff\xfe 1 2 3\n", b"1 2 3 nan\n"):
        assert not MSR_ACTION3D.looks_like(head) and not UTKINECT.looks_like(head)


def test_a_minute_is_read_in_far_less(tmp_path: Path) -> None:
    path = save(tmp_path, fake("msr", 1800))
    started = time.perf_counter()
    assert read("msr", path).frames == 1800
    assert time.perf_counter() - started < 1.0


@pytest.mark.slow("hundreds of spoilt files")
@pytest.mark.parametrize("kind", PARSERS)
def test_spoilt_files_are_read_or_refused(kind: str, tmp_path: Path, withstands_mutations: Callable[..., dict]) -> None:
    name = {"msr": "MSR_ACTION3D.parse", "utkinect": "UTKINECT.parse", "kard": "KARD.parse"}.get(
        kind, "FLORENCE3D.parse"
    )
    withstands_mutations(f"zeroskel.skeleton.formats._kinect_text:{name}", save(tmp_path, fake(kind)))


def test_the_orders_name_every_joint_of_their_layout() -> None:
    assert sorted(MSR_ORDER) == sorted(get_layout("kinect-20").joints)

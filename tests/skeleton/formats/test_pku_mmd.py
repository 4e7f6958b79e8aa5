"""Facts of PKU-MMD skeleton and label files; the fakes are written after the release's README."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zeroskel.core import InputError, LayoutError, SkeletonFormatError, SkeletonSequence, get_layout
from zeroskel.skeleton.formats import read
from zeroskel.skeleton.formats._pku_mmd import (
    ActionLabel,
    looks_like,
    parse,
    parse_labels,
    write,
)

FILE = Path("0002-L.txt")


def lines_of(numbers: np.ndarray) -> list[str]:
    """Numbers (T, 150) as the release writes them."""
    return [" ".join(f"{number:.7g}" for number in row) for row in numbers]


def two_bodies(frames: int = 4) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(frames, 150)).round(5)


def content_of(lines: list[str], ending: str = "\n") -> bytes:
    return (ending.join(lines) + ending).encode("ascii")


def test_a_line_is_a_frame_of_two_bodies_of_25_joints() -> None:
    numbers = two_bodies()
    sequence = parse(content_of(lines_of(numbers)), FILE)
    assert (sequence.layout.name, sequence.fps, sequence.joints.shape) == ("ntu-25", 30.0, (2, 4, 25, 3))
    np.testing.assert_array_equal(sequence.joints[1, 2, 3], numbers[2, 84:87].astype(np.float32))


def test_a_second_body_of_zeros_is_not_there() -> None:
    numbers = two_bodies()
    numbers[:, 75:] = 0
    assert parse(content_of(lines_of(numbers)), FILE).bodies == 1
    numbers[:, 75:], numbers[:, :75] = numbers[:, :75], 0
    sequence = parse(content_of(lines_of(numbers)), FILE)
    assert sequence.bodies == 1 and sequence.observed.all()


def test_frames_and_joints_of_zeros_are_not_observed() -> None:
    numbers = two_bodies()
    numbers[1, 75:] = 0
    numbers[0, 6:9] = 0
    numbers[0, 9:11] = 0  # zeros in some coordinates are a place like any other
    observed = parse(content_of(lines_of(numbers)), FILE).observed
    assert np.argwhere(~observed).tolist() == [[0, 0, 2], *([1, 1, joint] for joint in range(25))]


def test_windows_line_ends_wide_blanks_and_a_missing_last_end_are_read() -> None:
    lines = lines_of(two_bodies())
    expected = parse(content_of(lines), FILE).joints
    for content in (content_of(lines, "\r\n"), content_of([f" {line} " for line in lines]), "\n".join(lines).encode()):
        np.testing.assert_array_equal(parse(content.replace(b" ", b"  "), FILE).joints, expected)


def test_joints_are_arranged_for_another_layout(tmp_path: Path) -> None:
    numbers = two_bodies()
    (tmp_path / "0002-L.txt").write_bytes(content_of(lines_of(numbers)))
    sequence = read(tmp_path / "0002-L.txt", layout="kinect-20", fps=15)
    assert (sequence.layout.name, sequence.fps) == ("kinect-20", 15)
    head = get_layout("ntu-25").index("head")
    np.testing.assert_array_equal(
        sequence.joints[0, :, sequence.layout.index("head")], numbers[:, 3 * head : 3 * head + 3].astype(np.float32)
    )
    with pytest.raises(LayoutError):
        read(tmp_path / "0002-L.txt", layout="no-such")


@pytest.mark.parametrize(
    ("line", "text", "actual"),
    [
        (1, "", "0 fields"),
        (2, "1 2 3", "3 fields"),
        (3, " ".join(["1"] * 151), "151 fields"),
        (2, " ".join(["1"] * 149 + ["tall"]), "'tall'"),
        (2, " ".join(["1"] * 149 + ["1_0"]), "'1_0'"),
        (2, " ".join(["1"] * 149 + ["#"]), "'#'"),
        (4, " ".join(["1"] * 149 + ["nan"]), "'nan'"),
        (4, " ".join(["-inf"] + ["1"] * 149), "'-inf'"),
        (4, " ".join(["1"] * 149 + ["1e39"]), "'1e39'"),
    ],
)
def test_a_wrong_line_is_named(line: int, text: str, actual: str) -> None:
    lines = lines_of(two_bodies())
    lines[line - 1] = text
    with pytest.raises(
        SkeletonFormatError, match=rf"0002-L\.txt, line {line}: found {actual}; expected .*release again"
    ):
        parse(content_of(lines), FILE)


@pytest.mark.parametrize(("content", "actual"), [(b"", "0 fields"), (b"\n\n", "0 fields"), (b"\xff\xfe", "not UTF-8")])
def test_what_is_no_such_text_is_refused(content: bytes, actual: str) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"0002-L\.txt, .*{actual}"):
        parse(content, FILE)


def test_a_recording_in_which_nobody_is_seen_is_refused() -> None:
    with pytest.raises(SkeletonFormatError, match=r"found zeros only in 3 frames; expected a body\. Leave it out"):
        parse(content_of(lines_of(np.zeros((3, 150)))), FILE)


@settings(deadline=None)
@given(st.integers(1, 2), st.integers(1, 3), st.integers(0, 2**32 - 1), st.floats(-6, 2))
def test_what_is_written_is_read_the_same(tmp_path_factory, bodies: int, frames: int, seed: int, scale: float) -> None:
    joints = np.random.default_rng(seed).normal(size=(bodies, frames, 25, 3)).astype(np.float32) * np.float32(10**scale)
    joints[:, 0, 3] = np.nan
    path = tmp_path_factory.mktemp("pku") / "0002-L.txt"
    write(SkeletonSequence(joints, "ntu-25"), path)
    np.testing.assert_array_equal(read(path).joints, joints)
    assert looks_like(path.read_bytes()[:8192])


@pytest.mark.parametrize(
    "sequence",
    [
        SkeletonSequence(np.ones((2, 20, 3)), "kinect-20"),
        SkeletonSequence(np.ones((2, 25, 2)), "ntu-25"),
        SkeletonSequence(np.ones((3, 2, 25, 3)), "ntu-25"),
        SkeletonSequence(np.full((2, 25, 3), np.nan), "ntu-25"),
    ],
)
def test_what_the_format_cannot_hold_is_not_written(sequence: SkeletonSequence, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"0002-L\.txt: found SkeletonSequence.*expected.*at most 2 bodies"):
        write(sequence, tmp_path / "0002-L.txt")
    assert not list(tmp_path.iterdir())


def test_a_frame_rate_that_the_format_cannot_hold_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(SkeletonSequence(np.ones((2, 25, 3)), "ntu-25", 15.0), tmp_path / "0002-L.txt")
    assert "15" in caplog.text and read(tmp_path / "0002-L.txt").fps == 30.0


@pytest.mark.parametrize(
    ("head", "looks"),
    [
        (content_of(lines_of(two_bodies(1))), True),
        (b"\xef\xbb\xbf" + content_of(lines_of(two_bodies(1)), "\r\n"), True),
        (" ".join(["1"] * 150).encode(), False),  # no end of the line
        (" ".join(["1"] * 149 + ["x\n"]).encode(), False),
        (" ".join(["1"] * 149 + ["\n"]).encode(), False),
        (b"\xff" * 300 + b"\n", False),
        (b"", False),
    ],
)
def test_150_numbers_in_the_first_line_look_like_pku_mmd(head: bytes, looks: bool) -> None:
    assert looks_like(head) is looks


def test_labels_count_classes_from_one_and_frames_from_nought() -> None:
    labels = parse_labels(b"28,175,232,2\r\n51, 300 ,300,1\n", FILE)
    assert labels == [ActionLabel(27, 175, 232, 2.0), ActionLabel(50, 300, 301, 1.0)]  # an action has a frame at least


@pytest.mark.parametrize(
    "line",
    [
        *("", "1,2,3", "1,2,3,4,5", "0,2,3,1", "-1,2,3,1", "1,9,3,1", "1,2.0,3,1", "one,2,3,1", "1,2,3,", "1,2,3,high"),
        *("1,2,3,nan", "1,2,3,1e999", "1,2,3,1_0", f"{'9' * 30},2,3,1", "1 2 3 1", "\u0661,2,3,1"),
    ],
)
def test_a_wrong_label_line_is_named(line: str) -> None:
    content = f"1,2,3,1\n{line}\n4,5,6,1\n".encode()
    with pytest.raises(SkeletonFormatError, match=r"0002-L\.txt, line 2: found .*; expected .*release again"):
        parse_labels(content, FILE)


def test_a_label_file_without_lines_is_refused() -> None:
    with pytest.raises(SkeletonFormatError, match="line 1: found ''"):
        parse_labels(b"\n", FILE)


actions = st.builds(
    lambda label, start, length, confidence: ActionLabel(label, start, start + length, float(confidence)),
    st.integers(0, 50),
    st.integers(0, 6000),
    st.integers(1, 500),
    st.integers(0, 2),
)


@given(st.lists(actions, min_size=1))
def test_labels_written_are_read_the_same(labels: list[ActionLabel]) -> None:
    lines = [f"{action.label + 1},{action.start},{action.stop},{action.confidence:g}\n" for action in labels]
    assert parse_labels("".join(lines).encode(), FILE) == labels


@pytest.mark.slow("hundreds of spoilt files")
def test_spoilt_files_are_read_or_refused(tmp_path: Path, withstands_mutations) -> None:
    sample = tmp_path / "0002-L.txt"
    numbers = two_bodies(3)
    numbers[1, 75:] = 0
    sample.write_bytes(content_of(lines_of(numbers)))
    withstands_mutations("zeroskel.skeleton.formats._pku_mmd:parse", sample)

"""Facts of NTU `.skeleton` files; the fakes are written after the public description of the format."""

import re
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zeroskel.core import InputError, SkeletonFormatError, SkeletonSequence
from zeroskel.skeleton.formats import read
from zeroskel.skeleton.formats._ntu import looks_like, parse
from zeroskel.skeleton.formats._ntu_writing import write

FIRST_ID, SECOND_ID = 72057594037931101, 72057594037931102


def body(tracking_id: int, positions: np.ndarray, states: np.ndarray | None = None) -> list[str]:
    """The 27 lines of one body in one frame; positions (25, 3) metres."""
    states = np.full(25, 2) if states is None else states
    lines = [f"{tracking_id} 0 1 1 1 1 0 -0.02 0.13 2", "25"]
    for (x, y, z), state in zip(positions, states, strict=True):
        lines.append(f"{x:.7g} {y:.7g} {z:.7g} 250.1 195.2 1010.3 530.4 -0.21 0.05 0.97 -0.06 {state}")
    return lines


def skeleton_text(frames: list[list[list[str]]]) -> list[str]:
    lines = [str(len(frames))]
    for bodies in frames:
        lines += [str(len(bodies)), *(line for one in bodies for line in one)]
    return lines


def positions(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(25, 3)).round(5)


def save(folder: Path, lines: list[str], ending: str = "\n") -> Path:
    path = folder / "S001C001P001R001A050.skeleton"
    path.write_text(ending.join(lines) + ending, encoding="ascii", newline="")
    return path


def two_frames() -> list[str]:
    """Line 1 frames, 2 bodies, 3 state, 4 joint count, 5 to 29 joints; then 30, 31, 32 and 33 to 57 the same."""
    return skeleton_text([[body(FIRST_ID, positions(0))], [body(FIRST_ID, positions(1))]])


def test_joints_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    sequence = read(save(tmp_path, two_frames()))
    assert (sequence.layout.name, sequence.fps) == ("ntu-25", 30.0)
    np.testing.assert_allclose(sequence.joints[0], [positions(0), positions(1)], rtol=1e-6)


def test_windows_line_ends_and_a_missing_last_one_are_read(tmp_path: Path) -> None:
    expected = read(save(tmp_path, two_frames())).joints
    np.testing.assert_array_equal(read(save(tmp_path, two_frames(), "\r\n")).joints, expected)
    path = tmp_path / "open.skeleton"
    path.write_text("\n".join(two_frames()))
    np.testing.assert_array_equal(read(path).joints, expected)


def test_bodies_are_apart_by_tracking_id_in_order_of_first_appearance(tmp_path: Path) -> None:
    frames = [
        [],
        [body(SECOND_ID, positions(0))],
        [body(FIRST_ID, positions(1)), body(SECOND_ID, positions(2))],
        [body(FIRST_ID, positions(3))],
    ]
    joints = read(save(tmp_path, skeleton_text(frames))).joints
    assert joints.shape == (2, 4, 25, 3)
    seen = ~np.isnan(joints).any(axis=(2, 3))
    assert seen.tolist() == [[False, True, True, False], [False, False, True, True]]
    np.testing.assert_allclose(joints[0, 2], positions(2), rtol=1e-6)
    np.testing.assert_allclose(joints[1, 3], positions(3), rtol=1e-6)


def test_joints_not_tracked_or_at_the_origin_are_not_observed(tmp_path: Path) -> None:
    states = np.array([0, 1, *[2] * 23])
    where = positions(0)
    where[4] = 0
    where[5, :2] = 0  # zeros in some coordinates are a place like any other
    observed = read(save(tmp_path, skeleton_text([[body(FIRST_ID, where, states)]]))).observed[0, 0]
    assert np.flatnonzero(~observed).tolist() == [0, 4]


def test_pixels_outside_the_image_do_not_matter(tmp_path: Path) -> None:
    lines = two_frames()
    lines[10] = lines[10].replace("1010.3 530.4", "-Inf NaN")
    assert read(save(tmp_path, lines)).observed.all()


@pytest.mark.parametrize("frames", [[[]], [[], [], []], [[body(FIRST_ID, np.zeros((25, 3)))]]])
def test_a_file_in_which_nobody_is_seen_is_refused(frames: list[list[list[str]]], tmp_path: Path) -> None:
    with pytest.raises(SkeletonFormatError, match=r"S001C001P001R001A050\.skeleton: found no"):
        read(save(tmp_path, skeleton_text(frames)))


@pytest.mark.parametrize(
    ("line", "text", "actual"),
    [
        (1, "1000000000", "1000000000 frames announced and 56 lines"),
        (1, "99999999999999999999", "99999999999999999999"),
        (1, "0", "0 frames"),
        (1, "-2", "-2"),
        (1, "2.0", "2.0"),
        (1, "3", "line 58: found the end of the file"),
        (1, "1", "line 30: found more lines after the last of 1 frames"),
        (2, "17", "17 bodies"),
        (2, "two", "two"),
        (2, "2", "line 31"),
        (3, "7205759403793 0 1 1", "4 fields"),
        (3, "x 0 1 1 1 1 0 -0.02 0.13 2", "'x'"),
        (3, "72 0 1 1 1 1 0 -0.02 0.13 lean", "lean"),
        (4, "24", "24 joints"),
        (4, "26", "26 joints"),
        (7, "", "0 fields"),
        (7, "1 2 3", "3 fields"),
        (7, "1 2 3 4 5 6 7 8 9 10 11 2 13", "13 fields"),
        (33, "1 2 tall 4 5 6 7 8 9 10 11 2", "tall"),
        (33, "1_0 2 3 4 5 6 7 8 9 10 11 2", "1_0"),
        (57, "nan 2 3 4 5 6 7 8 9 10 11 2", "nan"),
        (57, "1 inf 3 4 5 6 7 8 9 10 11 2", "inf"),
        (57, "1 2 -1e39 4 5 6 7 8 9 10 11 2", "1e"),
        (57, "1 2 3 4 5 6 7 8 9 10 11 3", "tracking state 3"),
        (57, "1 2 3 4 5 6 7 8 9 10 11 nan", "nan"),
    ],
)
def test_a_wrong_line_is_named(line: int, text: str, actual: str, tmp_path: Path) -> None:
    lines = two_frames()
    lines[line - 1] = text
    position = "" if actual.startswith("line") or text == "2" else rf"line {line}: .*"
    with pytest.raises(SkeletonFormatError, match=rf"A050\.skeleton.*{position}{actual}.*expected.*release again"):
        read(save(tmp_path, lines))


@pytest.mark.parametrize("remaining", [1, 2, 3, 4, 20, 29, 30, 31, 32, 56])
def test_a_file_cut_short_is_refused(remaining: int, tmp_path: Path) -> None:
    with pytest.raises(SkeletonFormatError, match="line"):
        read(save(tmp_path, two_frames()[:remaining]))


def test_a_file_that_ends_early_says_how_many_frames_it_has(tmp_path: Path) -> None:
    with pytest.raises(SkeletonFormatError, match="found the end of the file after 2 frames; expected the 20 frames"):
        read(save(tmp_path, ["20", *two_frames()[1:]]))


def test_blank_lines_between_are_read_over(tmp_path: Path) -> None:
    expected = read(save(tmp_path, two_frames())).joints
    np.testing.assert_array_equal(read(save(tmp_path, two_frames(), "\n\n")).joints, expected)
    np.testing.assert_array_equal(read(save(tmp_path, [*two_frames()[:3], " ", *two_frames()[3:]])).joints, expected)


def test_decimal_commas_are_read(tmp_path: Path) -> None:
    expected = read(save(tmp_path, two_frames())).joints
    np.testing.assert_array_equal(
        read(save(tmp_path, [line.replace(".", ",") for line in two_frames()])).joints, expected
    )


@pytest.mark.parametrize("state", ["0", "2", "NaN"])
def test_a_joint_of_nan_is_not_observed(state: str, tmp_path: Path) -> None:
    lines = two_frames()
    lines[4] = "NaN nan NaN" + " NaN" * 8 + f" {state}"
    observed = read(save(tmp_path, lines)).observed[0]
    assert (~observed).nonzero()[0].tolist() == [0] and not observed[0, 0]


def test_a_field_too_many_is_refused_although_the_last_one_is_a_state(tmp_path: Path) -> None:
    lines = two_frames()
    lines[10] = lines[10].replace("1010.3", "1010. 3")
    with pytest.raises(SkeletonFormatError, match="line 11: found 13 fields"):
        read(save(tmp_path, [*lines[:10], lines[10][:-1] + "2", *lines[11:]]))
    lines[10] = two_frames()[10] + " 2"
    with pytest.raises(SkeletonFormatError, match="line 11: found 13 fields"):
        read(save(tmp_path, lines))


def walking(start: float, frames: int) -> list[np.ndarray]:
    """Positions of a body that walks along x."""
    where = positions(0) / 3
    return [where + np.array([start + 0.02 * frame, 0, 0]) for frame in range(frames)]


def test_a_person_whose_tracking_id_changes_is_one_body(tmp_path: Path) -> None:
    positions_of_frames = walking(0, 20)
    frames = [[body(FIRST_ID if at < 10 else SECOND_ID, where)] for at, where in enumerate(positions_of_frames)]
    joints = read(save(tmp_path, skeleton_text(frames))).joints
    np.testing.assert_allclose(joints, [positions_of_frames], rtol=1e-5, atol=1e-6)


def test_two_people_whose_tracking_ids_change_at_once_stay_apart(tmp_path: Path) -> None:
    left, right = walking(-2, 20), walking(2, 20)
    ids = [(1, 2) if at < 10 else (4, 3) for at in range(20)]
    frames = [sorted([body(one, left[at]), body(other, right[at])]) for at, (one, other) in enumerate(ids)]
    joints = read(save(tmp_path, skeleton_text(frames))).joints
    np.testing.assert_allclose(joints, [left, right], rtol=1e-5, atol=1e-6)


def test_a_tracking_id_twice_in_a_frame_is_refused(tmp_path: Path) -> None:
    lines = skeleton_text([[body(FIRST_ID, positions(0)), body(FIRST_ID, positions(1))]])
    with pytest.raises(SkeletonFormatError, match=r"line 30: found tracking id 72057594037931101 twice in frame 1"):
        read(save(tmp_path, lines))


def test_a_new_body_in_every_frame_does_not_fill_the_memory(tmp_path: Path) -> None:
    where = positions(0)
    frames = [[body(number, where)] for number in range(2000)]  # 2000 bodies x 2000 frames would be 1.2 GB
    with pytest.raises(SkeletonFormatError, match="MiB"):
        read(save(tmp_path, skeleton_text(frames)))


def test_ten_seconds_of_two_bodies_are_read_in_far_less(tmp_path: Path) -> None:
    frames = [[body(FIRST_ID, positions(frame)), body(SECOND_ID, positions(frame + 1))] for frame in range(300)]
    path = save(tmp_path, skeleton_text(frames))
    started = time.perf_counter()
    assert read(path).joints.shape == (2, 300, 25, 3)
    assert time.perf_counter() - started < 2.0


def test_a_body_without_joints_in_a_frame_is_left_out_of_it(tmp_path: Path) -> None:
    joints = np.stack([np.stack([positions(0), positions(1)]), np.stack([np.full((25, 3), np.nan), positions(2)])])
    write(SkeletonSequence(joints, "ntu-25"), tmp_path / "clip.skeleton")
    lines = (tmp_path / "clip.skeleton").read_text().split("\n")
    assert (lines[0], lines[1], lines[29]) == ("2", "1", "2")


@pytest.mark.parametrize(
    "sequence",
    [
        SkeletonSequence(np.ones((2, 20, 3)), "kinect-20"),
        SkeletonSequence(np.ones((2, 25, 2)), "ntu-25"),
        SkeletonSequence(np.full((2, 25, 3), np.nan), "ntu-25"),
    ],
)
def test_what_the_format_cannot_hold_is_not_written(sequence: SkeletonSequence, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"clip\.skeleton: found SkeletonSequence.*expected.*ntu-25"):
        write(sequence, tmp_path / "clip.skeleton")
    assert not list(tmp_path.iterdir())


def test_a_frame_rate_that_the_format_cannot_hold_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(SkeletonSequence(np.ones((2, 25, 3)), "ntu-25", 15.0), tmp_path / "clip.skeleton")
    assert "15" in caplog.text and read(tmp_path / "clip.skeleton").fps == 30.0


@pytest.mark.parametrize(
    ("head", "looks"),
    [
        (b"103\r\n1\r\n72057", True),
        (b"\xef\xbb\xbf12\n0\n", True),
        (b"103", False),
        (b"1.5 2\n3\n", False),
        (b"", False),
    ],
)
def test_two_lines_of_one_whole_number_look_like_ntu(head: bytes, looks: bool) -> None:
    assert looks_like(head) is looks


RELEASED = (
    "0.2181153 0.1725972 3.785547 277.419 191.8218 1036.233 519.1677 -0.2059419 0.05349901 0.9692109 -0.1239193 2"
)


def release(frames: int, bodies: int, ending: str = "\r\n", form: str = "%.7g", seed: int = 0) -> bytes:
    """A file with the numbers written as the release writes them, eight significant digits at most."""
    rng = np.random.default_rng(seed)
    lines = [str(frames)]
    for _ in range(frames):
        lines.append(str(bodies))
        for number in range(bodies):
            lines += [f"{FIRST_ID + number} 0 1 1 1 1 0 -0.02059419 0.1239193 2", "25"]
            fields = np.concatenate([rng.normal(size=(25, 3)), rng.uniform(-900, 900, size=(25, 8))], axis=1)
            lines += [" ".join(form % field for field in row) + " 2" for row in fields.tolist()]
    return (ending.join(lines) + ending).encode("ascii")


def plain_positions(content: bytes) -> np.ndarray:
    """The yardstick, line by line: (B, 25, 3) float32 positions of B bodies in a frame, in the order of the file."""
    lines = iter(line for line in content.decode("utf-8-sig").splitlines() if line.strip())
    blocks = []
    for _ in range(int(next(lines))):
        for _ in range(int(next(lines))):
            next(lines)
            joints = [next(lines).split() for _ in range(int(next(lines)))]
            assert all(len(fields) == 12 for fields in joints)
            blocks.append([[float(field) for field in fields[:3]] for fields in joints])
    return np.array(blocks, np.float32)


def assert_read_as_line_by_line(content: bytes) -> None:
    """A file is refused, or its observed joints are those that are read line by line."""
    try:
        joints = parse(content, Path("clip.skeleton")).joints
    except SkeletonFormatError:
        return
    expected = plain_positions(content)
    observed = ~np.isnan(joints).any(axis=(2, 3))
    assert observed.sum() <= len(expected)
    read = np.sort(joints[~np.isnan(joints).any(axis=-1)].ravel())
    assert np.isin(read, expected).all()


def test_a_line_of_the_release_is_read_digit_by_digit() -> None:
    lines = ["1", "1", f"{FIRST_ID} 0 1 1 1 1 0 -0.02059419 0.1239193 2", "25", *[RELEASED] * 25]
    joints = parse("\r\n".join(lines).encode(), Path("clip.skeleton")).joints
    assert joints[0, 0, 24].tolist() == [np.float32("0.2181153"), np.float32("0.1725972"), np.float32("3.785547")]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("form", ["%.7g", "%.9g", "%r", "%.3f", "%.10f", "%.6e", "%d"])
@pytest.mark.parametrize("bodies", [1, 2, 9, 10])
def test_numbers_of_any_form_are_read_as_float_reads_them(ending: str, form: str, bodies: int) -> None:
    content = release(4, bodies, ending, form)
    expected = plain_positions(content).reshape(4, bodies, 25, 3).swapaxes(0, 1)
    for same in (content, content.rstrip(), b"\xef\xbb\xbf" + content.replace(b" ", b"  ")):
        joints = parse(same, Path("clip.skeleton")).joints
        np.testing.assert_array_equal(joints, np.where((expected == 0).all(axis=-1, keepdims=True), np.nan, expected))


@pytest.mark.parametrize("unread", ["NaN -Inf", "1e-05 2.5e+20", "5. .5", "-0 007", "1.2.3 one", "0x1f nan(1)"])
def test_fields_that_are_not_read_may_hold_anything(unread: str) -> None:
    content = re.sub(rb"(?m)^(\S+ \S+ \S+) \S+ \S+", rb"\1 " + unread.encode(), release(2, 1))
    assert parse(content, Path("clip.skeleton")).observed.all()


NO_NUMBERS = ["1.2.3", "--1", "1-2", "1_0", "one", "0x1f", "1/2", "-", "nan(1)", "e5", "\u0661"]


@pytest.mark.parametrize("field", [0, 1, 2, 11])
@pytest.mark.parametrize("text", NO_NUMBERS)
def test_fields_that_are_read_must_be_numbers(text: str, field: int) -> None:
    lines = release(2, 1, "\n").decode().split("\n")
    fields = lines[40].split()
    fields[field] = text
    lines[40] = " ".join(fields)
    with pytest.raises(SkeletonFormatError, match="line 41: found"):
        parse("\n".join(lines).encode(), Path("clip.skeleton"))


REPLACEMENTS = [
    b"",
    b" ",
    b"\n",
    b"\r",
    b"\t",
    b"9",
    b".",
    b"-",
    b"e",
    b"0",
    b"nan",
    b"1 2",
    b"25",
    b"\xc2\xa0",
    b"\x0b",
]


@given(st.sampled_from(["\n", "\r\n"]), st.data())
def test_an_altered_file_is_refused_or_read_as_line_by_line(ending: str, data) -> None:
    content = release(2, 2, ending)
    for _ in range(data.draw(st.integers(1, 3))):
        at, width = data.draw(st.integers(0, len(content))), data.draw(st.integers(0, 3))
        content = content[:at] + data.draw(st.sampled_from(REPLACEMENTS)) + content[at + width :]
    assert_read_as_line_by_line(content)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8))
def test_any_number_of_bodies_in_each_frame_is_read(counts: list[int]) -> None:
    lines = skeleton_text([[body(FIRST_ID + number, positions(number)) for number in range(count)] for count in counts])
    content = "\n".join(lines).encode()
    if any(counts):
        sequence = parse(content, Path("clip.skeleton"))
        assert sequence.observed.all(axis=-1).sum(axis=0).tolist() == counts
        assert_read_as_line_by_line(content)


def test_a_number_of_frames_without_end_is_refused_at_once() -> None:
    started = time.perf_counter()
    with pytest.raises(SkeletonFormatError, match="frames announced"):
        parse(b"999999999999999999" + release(2, 1)[1:], Path("clip.skeleton"))
    assert time.perf_counter() - started < 0.5


def test_what_is_written_is_read_the_same(tmp_path: Path) -> None:
    joints = np.random.default_rng(0).normal(size=(2, 30, 25, 3)).astype(np.float32)
    joints[1, 5:9] = np.nan
    joints[0, 3, 7] = [0, 0, 12.5]
    joints[0, 4] *= np.float32(1e-6)
    path = tmp_path / "clip.skeleton"
    write(SkeletonSequence(joints, "ntu-25"), path)
    np.testing.assert_array_equal(read(path).joints, joints)


def test_numbers_are_written_as_numpy_writes_them(tmp_path: Path) -> None:
    where = positions(0).astype(np.float32)
    where[0], where[1, 2] = [1e-5, 1234567.0, -0.0], np.nan
    write(SkeletonSequence(where[None], "ntu-25"), tmp_path / "clip.skeleton")
    lines = (tmp_path / "clip.skeleton").read_text().split("\n")
    assert lines[:6] == [
        "1",
        "1",
        "1 0 0 0 0 0 0 0 0 2",
        "25",
        f"1e-05 {np.float32(1234567.0)!s} -0.0 0 0 0 0 0 0 0 0 2",  # 1.234567e+06 in recent releases of NumPy
        "0.0 0.0 0.0 " + "0 " * 8 + "0",
    ]
    assert lines[6] == f"{where[2, 0]!s} {where[2, 1]!s} {where[2, 2]!s} 0 0 0 0 0 0 0 0 2"


@pytest.mark.slow("hundreds of spoilt files")
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_spoilt_files_are_read_or_refused(ending: str, tmp_path: Path, withstands_mutations) -> None:
    sample = tmp_path / "S001C001P001R001A050.skeleton"
    sample.write_bytes(release(2, 2, ending))
    withstands_mutations("zeroskel.skeleton.formats._ntu:parse", sample)

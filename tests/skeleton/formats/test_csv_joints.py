"""Facts of CSV of joints, wide and long."""

import csv
from pathlib import Path

import numpy as np
import pytest

import zeroskel
from zeroskel.core import LayoutError, SkeletonFormatError, get_layout
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._csv_joints import looks_like


def read(path: Path, **facts: object) -> SkeletonSequence:
    """Read a file of random joints, whose axes and unit cannot be inferred."""
    return zeroskel.read(path, up="y", unit="m", **facts)


PENN = get_layout("penn-13")
KINECT = get_layout("kinect-20")


def save(folder: Path, header: list[str], rows: list[list[object]], delimiter: str = ",") -> Path:
    path = folder / "clip.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, delimiter=delimiter).writerows([header, *rows])
    return path


def positions(frames: int, joints: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(frames, joints, 3)).round(6)


def wide(template: str = "{joint}_{axis}", layout: str = "penn-13") -> list[str]:
    return [template.format(joint=joint, axis=axis) for joint in get_layout(layout).joints for axis in "xyz"]


def clip(folder: Path, *leading: tuple[str, list[object]], frames: int = 4) -> Path:
    """A wide file of penn-13 with further columns before the joints."""
    values = positions(frames, 13).reshape(frames, -1).tolist()
    rows = [[*(column[row] for _, column in leading), *values[row]] for row in range(frames)]
    return save(folder, [*(name for name, _ in leading), *wide()], rows)


def test_a_kinder_gator_file_is_read(tmp_path: Path) -> None:
    joints = positions(5, 20)
    names = [joint.replace("_", " ").title().replace(" ", "") for joint in KINECT.joints]  # HipCenter
    header = ["Timestamp", *(f"{name}{axis}" for name in names for axis in "XYZ"), "User-ID", "Action", ""]
    stamps = [48546673.9826 + step for step in (0, 35, 67, 99, 135)]
    rows = [[stamp, *frame.ravel(), 103, "Raise-your-hand", ""] for stamp, frame in zip(stamps, joints, strict=True)]
    sequence = read(save(tmp_path, header, rows))
    assert sequence.layout == KINECT
    assert sequence.fps == pytest.approx(1000 / 33.75, rel=1e-6)
    np.testing.assert_allclose(sequence.joints[0], joints, rtol=1e-6)


@pytest.mark.parametrize(
    "template", ["{joint}_{axis}", "{joint}.{axis}", "{joint} {axis}", "{joint}-{axis}", "{joint}{axis}"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_spellings_of_columns(template: str, delimiter: str, tmp_path: Path) -> None:
    header = wide(template)
    if template == "{joint}{axis}":
        header = [cell[:-1] + cell[-1].upper() for cell in header]
    joints = positions(3, 13)
    sequence = read(save(tmp_path, header, joints.reshape(3, -1).tolist(), delimiter))
    assert sequence.layout == PENN and sequence.fps == 30.0
    np.testing.assert_allclose(sequence.joints[0], joints, rtol=1e-6)


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    joints = positions(2, 13)
    order = np.random.default_rng(1).permutation(39)
    header = np.array(wide())[order].tolist()
    sequence = read(save(tmp_path, header, joints.reshape(2, -1)[:, order].tolist()))
    np.testing.assert_allclose(sequence.joints[0], joints, rtol=1e-6)


def test_without_z_the_joints_are_two_dimensional(tmp_path: Path) -> None:
    header = [name for name in wide() if not name.endswith("_z")]
    assert read(save(tmp_path, header, [[0.5] * 26] * 2)).channels == 2


def test_a_word_that_ends_in_x_is_no_coordinate(tmp_path: Path) -> None:
    assert read(clip(tmp_path, ("index", [0, 1, 2, 3]), ("sex", list("mmmm")))).layout == PENN


@pytest.mark.parametrize("cell", ["", "  ", "nan", "NaN"])
def test_an_empty_cell_is_not_observed(cell: str, tmp_path: Path) -> None:
    rows: list[list[object]] = positions(2, 13).reshape(2, -1).tolist()
    rows[1][5] = cell
    observed = read(save(tmp_path, wide(), rows)).observed[0]
    assert np.argwhere(~observed).tolist() == [[1, 1]]


@pytest.mark.parametrize(
    ("column", "times", "fps"),
    [
        ("time", [0.0, 0.1, 0.2, 0.3], 10),
        ("Timestamp", [1.4e9, 1.4e9 + 0.5, 1.4e9 + 1, 1.4e9 + 1.5], 2),
        ("timestamp", [1000, 1040, 1080, 1120], 25),
        ("time_ms", [0, 0.5, 1, 1.5], 2000),
        ("time_s", [0, 2, 4, 6], 0.5),
        ("time", [0.0, 0.1, 0.2, 5.2], 10),  # a gap does not count
        ("time", [0.0, 0.1, 0.1, 0.2], 10),  # nor does a stamp that stands still
        ("time", [0.0, 0.1, "", 0.2], 10),
    ],
)
def test_time_stamps_give_the_frame_rate(column: str, times: list[object], fps: float, tmp_path: Path) -> None:
    assert read(clip(tmp_path, (column, times))).fps == pytest.approx(fps, rel=1e-6)


def test_vertebrae_are_no_times(tmp_path: Path) -> None:
    """Xsens Excel tables have T8 and T12."""
    header = ["Frame", *(f"{name} {axis}" for name in ("T8", "T12") for axis in "xyz"), *wide()]
    values = np.concatenate([np.full((4, 1), 0.9) + np.arange(4)[:, None] / 100] * 6, axis=1)
    rows = [[frame, *values[frame], *positions(4, 13)[frame].ravel()] for frame in range(4)]
    assert "30 frames a second (assumed)" in str(read(save(tmp_path, header, rows)).reading)


def test_time_stamps_of_numbered_frames_count_the_frames_left_out(tmp_path: Path) -> None:
    sequence = read(clip(tmp_path, ("frame", [10, 11, 13, 14]), ("time", [1.0, 1.1, 1.3, 1.4])))
    assert sequence.fps == pytest.approx(10)
    assert sequence.observed[0].all(axis=-1).tolist() == [True, True, False, True, True]


@pytest.mark.parametrize("times", [[5, 5, 5, 5], [4, 3, 2, 1], [0, 1, 2, 3], [0, 1e-9, 2e-9, 3e-9]])
def test_time_stamps_without_sense_need_the_frame_rate(times: list[object], tmp_path: Path) -> None:
    path = clip(tmp_path, ("time", times))
    with pytest.raises(SkeletonFormatError, match=r"clip\.csv, column time: found steps.*Give fps"):
        read(path)
    assert read(path, fps=25).fps == 25


@pytest.mark.parametrize("key", ["frame", "time"])
def test_bodies_share_frames_and_stand_in_order_of_first_appearance(key: str, tmp_path: Path) -> None:
    values = positions(4, 13)
    rows = [["ann", 1], ["bob", 1], ["bob", 2], ["ann", 3]]
    table = [[*row, *frame.ravel()] for row, frame in zip(rows, values, strict=True)]
    joints = read(save(tmp_path, ["person", key, *wide()], table), fps=30).joints
    assert (~np.isnan(joints).any(axis=(2, 3))).tolist() == [[True, False, True], [True, True, False]]
    np.testing.assert_allclose(joints[1, 1], values[2], rtol=1e-6)


def long_rows(values: np.ndarray) -> list[list[object]]:
    return [
        [frame, "1", joint, *values[frame, index]]
        for frame in range(len(values))
        for index, joint in enumerate(PENN.joints)
    ]


LONG = ["frame", "body", "joint", "x", "y", "z"]


def test_a_long_file_has_a_row_a_joint_in_any_order(tmp_path: Path) -> None:
    values = positions(3, 13)
    rows = long_rows(values)
    np.random.default_rng(2).shuffle(rows)
    sequence = read(save(tmp_path, LONG, rows))
    assert sequence.layout == PENN
    np.testing.assert_allclose(sequence.joints[0], values, rtol=1e-6)


def test_rows_that_a_long_file_lacks_are_not_observed(tmp_path: Path) -> None:
    rows = [row for row in long_rows(positions(3, 13)) if row[:3] != [1, "1", "head"]]
    assert np.argwhere(~read(save(tmp_path, LONG, rows)).observed[0]).tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("header", "rows", "actual"),
    [
        ([], [], "no row"),
        (wide(), [], "no row"),
        (["a", "b"], [[1, 2]], "line 1: found columns a, b; expected <joint>_x"),
        (wide()[:-1], [[1.0] * 38], "line 1: found ankle_right with x, y; expected x, y, z"),
        (["head_x", "head_z"], [[1, 2]], "line 1: found columns"),
        (wide(), [[1.0] * 39, [1.0] * 38], "line 3: found 38 cells; expected 39"),
        (wide(), [[1.0] * 40], "line 2: found 40 cells; expected 39"),
        (wide(), [[1.0] * 39, ["high", *[1.0] * 38]], "line 3: found 'high' in column head_x"),
        (wide(), [[*[1.0] * 38, "inf"]], "line 2: found inf in column ankle_right_z"),
        (wide(), [[*[1.0] * 38, "1e39"]], r"line 2: found 1e\+39"),
        (["frame", *wide()], [[1] * 40, [1] * 40], "line 3: found a frame, body or joint a second time"),
        (["frame", *wide()], [[1.5] * 40], "line 2: found frame 1.5"),
        (["frame", *wide()], [["", *[1] * 39]], "line 2: found frame nan"),
        (["frame", *wide()], [[0, *[1] * 39], [10**9, *[1] * 39]], "line 3: found frame 1000000000, so 2 frames"),
        (["body", *wide()], [[1] * 40, [2] * 40], "line 1: .*expected a column frame or time"),
        (["body", "time", *wide()], [["a", 1, *[1] * 39], ["b", "", *[1] * 39]], "line 3: found no time"),
        (["joint", "x", "y"], [["head", 1, 1]], "line 1: .*expected a column frame or time"),
        (
            LONG,
            [*long_rows(positions(1, 13)), [0, "1", "head", 1, 1, 1]],
            "line 15: found a frame, body or joint a second",
        ),
    ],
)
def test_a_wrong_row_or_column_is_named(
    header: list[str], rows: list[list[object]], actual: str, tmp_path: Path
) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"clip\.csv.*{actual}"):
        read(save(tmp_path, header, rows))


def test_unknown_joints_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"clip\.csv: understood 0 of the 13 main joints"):
        read(save(tmp_path, ["a_x", "a_y", "b_x", "b_y"], [[1, 2, 3, 4]]))


@pytest.mark.parametrize("content", [b"\xff\xfet\x00i", b"head_x,head_y\n1,\0\n", bytes(range(256)) * 4])
def test_bytes_that_are_no_text_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "clip.csv"
    path.write_bytes(content)
    with pytest.raises(SkeletonFormatError, match=r"clip\.csv: found bytes that are no text"):
        read(path)


def test_a_new_body_in_every_row_does_not_fill_the_memory(tmp_path: Path) -> None:
    rows: list[list[object]] = [[row, f"body {row}", *[1] * 39] for row in range(3000)]
    assert read(save(tmp_path, ["frame", "body", *wide()], rows)).frames == 3000


@pytest.mark.parametrize(
    ("head", "looks"),
    [
        (b"time,head_x,head_y\n", True),
        (b"\xef\xbb\xbfframe;Joint;X;Y\r\n", True),
        (b"HipCenterX,HipCenterY", True),
        (b"name,age,sex\n", False),
        (b"", False),
        (b"\x00\xff\x00", False),
    ],
)
def test_a_header_with_coordinates_looks_like_it(head: bytes, looks: bool) -> None:
    assert looks_like(head) is looks


def test_real_kinder_gator_files_hold_the_joints_of_the_data_set(shared: Path) -> None:
    with np.load(shared / "data" / "kinder_gator.npz", allow_pickle=False) as data:
        names, offsets, joints = data["sample_names"].tolist(), data["offsets"], data["joints"]
    for path in sorted((shared / "raw" / "kinder_gator").glob("*.csv")):
        sequence = read(path)
        index = names.index(path.stem)
        expected = joints[offsets[index] : offsets[index + 1]]
        np.testing.assert_allclose(sequence.joints[0], expected, rtol=1e-6)
        assert sequence.fps == pytest.approx(30, abs=0.1)

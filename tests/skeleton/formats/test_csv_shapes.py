"""Facts of CSV as tools and spreadsheets write it: joints come out in the right place from a table of any shape."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zeroskel
from zeroskel.core import SkeletonFormatError, SkeletonSequence, get_layout
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.transforms import convert_layout

NTU = get_layout("ntu-25")
CAMEL = [joint.title().replace("_", "") for joint in NTU.joints]  # HandLeft
Row = Sequence[Any]


@pytest.fixture(scope="module")
def motion() -> np.ndarray:
    """A simulated squat (40, 25, 3), metres, y up, every joint observed."""
    joints = generate_sequence("squat", 0, frames=40).joints[0]
    assert np.isfinite(joints).all()
    return joints


def lines(header: Row | None, rows: Sequence[Row], separator: str = ",") -> list[str]:
    table = [*([] if header is None else [header]), *rows]
    return [separator.join("" if value != value else str(value) for value in row) for row in table]


def rows_of(motion: np.ndarray) -> list[list[float]]:
    return motion.round(6).reshape(len(motion), -1).tolist()


def header_of(template: str, names: Sequence[str] = CAMEL, axes: str = "xyz") -> list[str]:
    return [template.format(name=name, axis=axis, AXIS=axis.upper()) for name in names for axis in axes]


def read(folder: Path, text: Sequence[str] | bytes, name: str = "clip.csv", **facts: Any) -> SkeletonSequence:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else ("\n".join(text) + "\n").encode())
    return zeroskel.read(path, **facts)


def close(sequence: SkeletonSequence, expected: np.ndarray, tolerance: float = 2e-6) -> None:
    assert sequence.layout == NTU
    np.testing.assert_allclose(sequence.joints[0], expected, atol=tolerance)


@pytest.mark.parametrize(
    "template",
    [
        "{name}_{axis}",
        "{name}{AXIS}",
        "{AXIS}_{name}",
        "{name}.{AXIS}",
        "{name} ({axis})",
        "{name}[{axis}]",
        "{name}_{AXIS} (m)",
        "{name}.{axis} [m]",
        "{name}_{axis}_m",
        "{name} {AXIS}",
        "{name}:{axis}",
        "{axis}{name}",
        "{name}_position_{axis}",
        "{name}_pos_{axis}",
        "{name}Pos{AXIS}",
        "{name}.position.{axis}",
        "position_{name}_{axis}",
        "{name}_{axis}_world",
        "{name}-Joint-Posi-{axis}",
        '"{name}_{axis}"',
        "{name}_P{axis}",
        "{name}_{axis}3d",
        "{name}.t{axis}",
        "{name}_pos{AXIS}",
        "{axis}({name})",
        "{name}/{AXIS}",
        "\"('{name}', '{axis}')\"",
        "JointType_{name}_Position{AXIS}",
    ],
)
def test_names_of_columns(template: str, motion: np.ndarray, tmp_path: Path) -> None:
    close(read(tmp_path, lines(header_of(template), rows_of(motion))), motion)


@pytest.mark.parametrize(
    "template", ["{name}_{axis}[mm]", "{name}_{AXIS} (mm)", "{name}.{axis} [mm]", "{name}_{axis}_mm"]
)
def test_units_in_names_are_stated(template: str, motion: np.ndarray, tmp_path: Path) -> None:
    sequence = read(tmp_path, lines(header_of(template), rows_of(1000 * motion)))
    close(sequence, motion)
    assert sequence.reading.unit == "mm" and "unit" not in sequence.reading.inferred


@pytest.mark.parametrize(
    "template",
    [
        "{axis}{name}",
        "{axis}_{name}",
        "landmark_{name}_{axis}",
        "{name}_{axis}",
        "kp{name}_{axis}",
        "joint{name}{axis}",
    ],
)
@pytest.mark.parametrize("first", [0, 1])
def test_points_by_number(template: str, first: int, motion: np.ndarray, tmp_path: Path) -> None:
    header = header_of(template, [str(number + first) for number in range(25)])
    order = np.random.default_rng(0).permutation(75)
    rows = np.array(rows_of(motion))[:, order]
    close(read(tmp_path, lines(np.array(header)[order].tolist(), rows.tolist()), layout="ntu-25"), motion)


@pytest.mark.parametrize(
    "leading",
    [
        lambda frame: [],
        lambda frame: [frame],
        lambda frame: [frame + 17, round(frame * 0.04, 3)],
        lambda frame: [f"{frame * 0.04:.3f}"],
        lambda frame: [f"12:00:{frame * 0.04:06.3f}"],
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t", " "])
def test_a_table_without_a_header(leading: Callable, separator: str, motion: np.ndarray, tmp_path: Path) -> None:
    rows = [[*leading(frame), *row] for frame, row in enumerate(rows_of(motion))]
    close(read(tmp_path, lines(None, rows, separator)), motion)


@pytest.mark.parametrize(
    "endings",
    [("[0]", "[1]", "[2]"), ("_0", "_1", "_2"), ("_1", "_2", "_3"), ("", ".1", ".2"), ("", "", ""), ("x", "y", "z")],
)
def test_three_columns_of_one_name(endings: Row, motion: np.ndarray, tmp_path: Path) -> None:
    header = [f"{name.lower()}{ending}" for name in CAMEL for ending in endings]
    rows = [[frame, *row] for frame, row in enumerate(rows_of(motion))]
    close(read(tmp_path, lines(["frame", *header], rows)), motion)


@pytest.mark.parametrize("numbered", [True, False])
def test_axes_without_names(numbered: bool, motion: np.ndarray, tmp_path: Path) -> None:
    header = [f"{axis}.{index}" if index and numbered else axis for index in range(25) for axis in "xyz"]
    close(read(tmp_path, lines(header, rows_of(motion))), motion)


@pytest.mark.parametrize("template", ['"({0}, {1}, {2})"', '"[{0} {1} {2}]"', '"[{0}, {1}, {2}, 0.9]"'])
def test_cells_that_hold_a_point(template: str, motion: np.ndarray, tmp_path: Path) -> None:
    rows = [[frame, *(template.format(*point) for point in points)] for frame, points in enumerate(motion.round(6))]
    rows[4][3] = ""
    expected = motion.copy()
    expected[4, 2] = np.nan
    close(read(tmp_path, lines(["frame", *CAMEL], rows)), expected)


def test_the_rate_may_be_a_column_or_stand_above(motion: np.ndarray, tmp_path: Path) -> None:
    header, rows = header_of("{name}_{axis}"), rows_of(motion)
    assert read(tmp_path, lines(["fps", *header], [[50, *row] for row in rows])).fps == 50.0
    above = ["Subject: Ann", "Date: 2024-01-02, 12:30", "Frame rate: 60", ""]
    sequence = read(tmp_path, [*above, *lines(header, rows)])
    close(sequence, motion)
    assert sequence.fps == 60.0


def test_a_header_of_numbers_and_an_index(motion: np.ndarray, tmp_path: Path) -> None:
    rows = [[frame, *row] for frame, row in enumerate(rows_of(motion))]
    close(read(tmp_path, lines(["", *range(75)], rows)), motion)
    close(read(tmp_path, lines(["", *(f"V{number}" for number in range(1, 76))], rows)), motion)


def test_a_class_at_the_end_is_no_coordinate(motion: np.ndarray, tmp_path: Path) -> None:
    close(read(tmp_path, lines(None, [[*row, "squat"] for row in rows_of(motion)])), motion)
    close(read(tmp_path, lines(None, [[*row, 3] for row in rows_of(motion)])), motion)


def test_tabs_without_a_header_are_told_by_their_suffix(motion: np.ndarray, tmp_path: Path) -> None:
    close(read(tmp_path, lines(None, rows_of(motion), "\t"), "clip.tsv"), motion)


def encoded(encoding: str, motion: np.ndarray) -> bytes:
    return "\r\n".join(lines(header_of("{name}_{axis}"), rows_of(motion))).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings(encoding: str, motion: np.ndarray, tmp_path: Path) -> None:
    close(read(tmp_path, encoded(encoding, motion)), motion)


@pytest.mark.parametrize("name", ["Größe", "Prénom"])
def test_accents_of_older_spreadsheets_are_read(name: str, motion: np.ndarray, tmp_path: Path) -> None:
    text = lines([name, *header_of("{name}_{axis}")], [[1, *row] for row in rows_of(motion)], ";")
    close(read(tmp_path, "\n".join(text).encode("cp1252")), motion)


@pytest.mark.parametrize(("separator", "quote"), [(";", ""), ("\t", ""), (",", '"')])
def test_decimal_commas(separator: str, quote: str, motion: np.ndarray, tmp_path: Path) -> None:
    rows = [[f"{quote}{value:.6f}{quote}".replace(".", ",") for value in row] for row in rows_of(motion)]
    close(read(tmp_path, lines(header_of("{name}_{axis}"), rows, separator)), motion)


def test_blank_lines_comments_and_the_line_of_excel(motion: np.ndarray, tmp_path: Path) -> None:
    header, *rows = lines(header_of("{name}_{axis}"), rows_of(motion), ";")
    text = ["sep=;", "# recorded by hand, 30 fps", "", header, ";;;;", *rows[:9], "", "# pause", *rows[9:], ";;;"]
    sequence = read(tmp_path, text)
    close(sequence, motion)


def test_the_header_of_savetxt(motion: np.ndarray, tmp_path: Path) -> None:
    header, *rows = lines(header_of("{name}_{axis}"), rows_of(motion))
    close(read(tmp_path, [f"# {header}", *rows]), motion)


def test_a_last_row_that_is_cut_short_is_left_out_and_said(motion: np.ndarray, tmp_path: Path) -> None:
    text = lines(header_of("{name}_{axis}"), rows_of(motion))
    sequence = read(tmp_path, [*text[:-1], text[-1][:100]])
    close(sequence, motion[:-1])
    assert "cut short" in str(sequence.reading)


def test_deeplabcut(motion: np.ndarray, tmp_path: Path) -> None:
    coco = convert_layout(SkeletonSequence(motion, NTU, 30.0), "coco-17")
    seen = [joint for joint in coco.layout.joints if np.isfinite(coco.joints[0, :, coco.layout.index(joint)]).all()]
    pixels = (np.array([320, 240]) + coco.joints[0, :, coco.layout.indices(seen), :2] * [200, -200]).transpose(1, 0, 2)
    rows = [[frame, *np.column_stack([points, np.ones(len(seen))]).ravel()] for frame, points in enumerate(pixels)]
    rows[3][3] = 0.05  # the likelihood of the first point
    head = [
        ["scorer", *["DLC_resnet50"] * 3 * len(seen)],
        ["bodyparts", *(joint for joint in seen for _ in range(3))],
        ["coords", *["x", "y", "likelihood"] * len(seen)],
    ]
    people = ["individuals", *["ann"] * 3 * len(seen)]
    assert read(tmp_path, lines(None, [head[0], people, *head[1:], *rows]), layout="coco-17").bodies == 1
    sequence = read(tmp_path, lines(None, [*head, *rows]), layout="coco-17")
    assert (sequence.reading.format, sequence.reading.up) == ("DeepLabCut CSV", "-y")
    expected = pixels * [1, -1]
    expected[3, 0] = np.nan
    np.testing.assert_allclose(sequence.joints[0][:, coco.layout.indices(seen)], expected, rtol=1e-5)


def test_motive(motion: np.ndarray, tmp_path: Path) -> None:
    """OptiTrack Motive: seven rows above the data, rotations before positions, markers beside bones."""
    bones = [name for name in CAMEL for _ in range(7)]
    head = [
        ["Format Version", "1.23", "Capture Frame Rate", "120.000000", "Length Units", "Millimeters"],
        [],
        ["", "Type", *["Bone"] * 175, *["Marker"] * 3],
        ["", "Name", *(f"Ann:{bone}" for bone in bones), *["Ann:WaistLFront"] * 3],
        ["", "ID", *(f"{index:X}" for index in range(175)), *["9A"] * 3],
        ["", "", *(["Rotation"] * 4 + ["Position"] * 3) * 25, *["Position"] * 3],
        ["Frame", "Time (Seconds)", *list("XYZWXYZ") * 25, *"XYZ"],
    ]
    cells = np.concatenate([np.full((40, 25, 4), 0.5), 1000 * motion], axis=-1).reshape(40, -1).round(4)
    rows = [[frame, f"{frame / 120:.6f}", *row, 1, 2, 3] for frame, row in enumerate(cells.tolist())]
    sequence = read(tmp_path, lines(None, [*head, *rows]))
    close(sequence, motion)
    assert sequence.fps == pytest.approx(120, rel=1e-3) and sequence.reading.unit == "mm"


def test_vicon(motion: np.ndarray, tmp_path: Path) -> None:
    """Vicon Nexus: the rate on its own line, one name above three columns, a row of units."""
    names = [cell for name in CAMEL for cell in (f"Ann:{name}", "", "")]
    head = [["Trajectories"], ["100"], ["", "", *names], ["Frame", "Sub Frame", *"XYZ" * 25], ["", "", *["mm"] * 75]]
    rows = [[frame + 1, 0, *row] for frame, row in enumerate(rows_of(1000 * motion))]
    sequence = read(tmp_path, lines(None, [*head, *rows]))
    close(sequence, motion)
    assert (sequence.fps, sequence.reading.unit) == (100.0, "mm")


def test_visual3d(motion: np.ndarray, tmp_path: Path) -> None:
    """ASCII of Visual3D and Theia: five rows above the data, ITEM before the axes, tabs."""
    names = [name for name in CAMEL for _ in range(3)]
    head = [["", *["squat.c3d"] * 75], ["", *names], ["", *["LINK_MODEL_BASED"] * 75], ["", *["ORIGINAL"] * 75]]
    rows = [[frame + 1, *row] for frame, row in enumerate(rows_of(motion))]
    close(read(tmp_path, lines(None, [*head, ["ITEM", *"XYZ" * 25], *rows], "\t")), motion)


def test_numbered_axes_below_names(motion: np.ndarray, tmp_path: Path) -> None:
    """A TRC table saved as CSV by a spreadsheet."""
    names = [cell for name in CAMEL for cell in (name, "", "")]
    axes = [f"{axis}{number}" for number in range(1, 26) for axis in "XYZ"]
    rows = [[frame + 1, round(frame / 50, 3), *row] for frame, row in enumerate(rows_of(motion))]
    sequence = read(tmp_path, lines(None, [["Frame#", "Time", *names], ["", "", *axes], *rows]))
    close(sequence, motion)
    assert sequence.fps == 50.0


@pytest.mark.parametrize("fill", [True, False])
def test_two_header_rows_of_a_spreadsheet(fill: bool, motion: np.ndarray, tmp_path: Path) -> None:
    names = [cell for name in CAMEL for cell in ((name,) * 3 if fill else (name, "", ""))]
    rows = [[round(frame * 0.02, 3), *row] for frame, row in enumerate(rows_of(motion))]
    sequence = read(tmp_path, lines(None, [["", *names], ["Time (s)", *"XYZ" * 25], *rows]))
    close(sequence, motion)
    assert sequence.fps == 50.0


def test_rotations_velocities_and_other_columns_are_left_out(motion: np.ndarray, tmp_path: Path) -> None:
    header, cells = ["class"], [np.full((40, 1), 7.0)]
    for index, name in enumerate(CAMEL):
        header += [f"{name}_qx", f"{name}_qy", f"{name}_qz", f"{name}_qw", f"{name}_rot_x", f"{name}_rot_y"]
        header += [
            f"{name}_vel_x",
            f"{name}_vel_y",
            f"{name}_vel_z",
            f"{name}_x",
            f"{name}_y",
            f"{name}_z",
            f"{name}_rx",
        ]
        header += [f"{name}_acceleration_x", f"{name}_ColorX", f"{name}_ColorY", f"{name}TrackingState"]
        cells += [np.full((40, 9), 0.3), motion[:, index], np.full((40, 4), 3.0), np.full((40, 1), 2)]
    close(read(tmp_path, lines(header, np.concatenate(cells, axis=1).round(6).tolist())), motion)


def test_rokoko(motion: np.ndarray, tmp_path: Path) -> None:
    header = [
        f"{name}_{kind}_{axis}"
        for name in CAMEL
        for kind in ("position", "rotation")
        for axis in "xyzw"[: 3 + (kind == "rotation")]
    ]
    cells = np.concatenate([motion, np.full((40, 25, 4), 0.5)], axis=-1).round(6).reshape(40, -1).tolist()
    rows = [[round(frame * 1000 / 30, 2), *row] for frame, row in enumerate(cells)]
    sequence = read(tmp_path, lines(["Timestamp", *header], rows))
    close(sequence, motion)
    assert sequence.fps == pytest.approx(30, rel=1e-3)


def long_rows(motion: np.ndarray, names: Sequence[Any], *more: Any) -> list[list[Any]]:
    return [
        [frame, name, *motion[frame, index].round(6), *more]
        for frame in range(len(motion))
        for index, name in enumerate(names)
    ]


@pytest.mark.parametrize(
    "key", ["joint", "landmark", "Name", "keypoint", "joint_name", "Bodypart", "marker", "id", "jointType"]
)
def test_a_row_a_joint(key: str, motion: np.ndarray, tmp_path: Path) -> None:
    close(read(tmp_path, lines(["frame", key, "x", "y", "z", "visibility"], long_rows(motion, CAMEL, 0.9))), motion)


@pytest.mark.parametrize("key", ["landmark_id", "landmark_index", "keypoint", "id"])
def test_a_row_a_numbered_point(key: str, motion: np.ndarray, tmp_path: Path) -> None:
    close(read(tmp_path, lines(["frame", key, "X (m)", "Y (m)", "Z (m)"], long_rows(motion, range(25)))), motion)


def test_a_row_a_joint_without_a_frame(motion: np.ndarray, tmp_path: Path) -> None:
    close(read(tmp_path, lines(["joint", "x", "y", "z"], [row[1:] for row in long_rows(motion, CAMEL)])), motion)


def test_freemocap_by_frame(motion: np.ndarray, tmp_path: Path) -> None:
    """The tidy table: body, hands and face together, times of each camera in one cell."""
    rows = []
    for frame in range(40):
        cameras = f'"{{0: {frame / 30}, 1: {frame / 30}}}"'
        for index, name in enumerate(NTU.joints):
            rows.append([frame, frame / 30, cameras, "mediapipe_body", name, *motion[frame, index].round(6)])
        rows.append([frame, frame / 30, cameras, "mediapipe_right_hand", "wrist_right", 1, 2, 3])
    header = ["frame", "timestamp", "timestamp_by_camera", "model", "keypoint", "x", "y", "z"]
    sequence = read(tmp_path, lines(header, rows))
    close(sequence, motion)
    assert sequence.fps == pytest.approx(30, rel=1e-3)


def test_kinect_recorder(motion: np.ndarray, tmp_path: Path) -> None:
    """One row a joint with a ticking clock, ids of bodies and states of joints; joints not tracked are not observed."""
    header = ["Timestamp", "BodyId", "JointType", "TrackingState", "X", "Y", "Z"]
    rows = [
        [6_370_000 + 333_333 * row[0], 72057594037928017, row[1], "Tracked", *row[2:]]
        for row in long_rows(motion, CAMEL)
    ]
    rows[30][3] = "NotTracked"
    sequence = read(tmp_path, lines(header, rows))
    expected = motion.copy()
    expected[1, 5] = np.nan
    close(sequence, expected)
    assert sequence.fps == pytest.approx(30, rel=1e-3)


@pytest.mark.parametrize(
    "column",
    ["{name}_visibility", "{name}_confidence", "{name}_score", "{name}_v", "{name}.likelihood", "score_{name}"],
)
def test_a_confidence_of_zero_is_not_observed(column: str, motion: np.ndarray, tmp_path: Path) -> None:
    header = [*header_of("{name}_{axis}"), *(column.format(name=name) for name in CAMEL)]
    confidence = np.ones((40, 25))
    confidence[2, 3] = 0
    rows = np.concatenate([motion.reshape(40, -1).round(6), confidence], axis=1).tolist()
    expected = motion.copy()
    expected[2, 3] = np.nan
    close(read(tmp_path, lines(header, rows)), expected)


def test_points_at_zero_are_missing_but_a_root_is_not(motion: np.ndarray, tmp_path: Path) -> None:
    centred = motion - motion[:, :1]  # the first joint is 0 throughout
    from_start = motion - motion[0, 0]  # the first joint is 0 in the first frame
    for positions in (centred, from_start):
        lost = positions.copy()
        lost[5:9, 3] = 0
        lost[12] = 0
        expected = positions.copy()
        expected[5:9, 3] = np.nan
        expected[12] = np.nan
        expected[12, 0] = np.nan if positions is from_start else 0
        sequence = read(tmp_path, lines(header_of("{name}_{axis}"), rows_of(lost)), up="y", unit="m")
        np.testing.assert_allclose(sequence.joints[0][:, 1:], expected[:, 1:], atol=2e-6)
        np.testing.assert_allclose(sequence.joints[0][:12, 0], expected[:12, 0], atol=2e-6)


def test_a_file_of_many_columns_and_rows_takes_little_time(motion: np.ndarray, tmp_path: Path) -> None:
    rows = rows_of(np.tile(motion, (100, 1, 1)))
    started = time.perf_counter()
    assert read(tmp_path, lines(header_of("{name}_{axis}"), rows)).frames == 4000
    assert time.perf_counter() - started < 20  # a second on an idle core


@pytest.fixture
def two(motion: np.ndarray) -> np.ndarray:
    return np.stack([motion, motion + np.array([1.5, 0, 0])]).astype(np.float32)


@pytest.mark.parametrize("key", ["body", "Person ID", "track_id", "User-ID", "skeleton", "id"])
def test_people_by_a_column(key: str, two: np.ndarray, tmp_path: Path) -> None:
    rows = [[frame, 7 + 5 * person, *rows_of(two[person])[frame]] for frame in range(40) for person in range(2)]
    sequence = read(tmp_path, lines(["frame", key, *header_of("{name}_{axis}")], rows))
    np.testing.assert_allclose(sequence.joints, two, atol=2e-6)


@pytest.mark.parametrize(
    "template", ["person{n}_{name}_{axis}", "P{n}.{name}.{axis}", "Skeleton {n}:{name}_{axis}", "body{n} {name} {axis}"]
)
def test_people_by_names_of_columns(template: str, two: np.ndarray, tmp_path: Path) -> None:
    header = [template.format(n=n, name=name, axis=axis) for n in (1, 2) for name in CAMEL for axis in "xyz"]
    rows = two.transpose(1, 0, 2, 3).reshape(40, -1).round(6).tolist()
    np.testing.assert_allclose(read(tmp_path, lines(header, rows)).joints, two, atol=2e-6)


def test_detections_without_identity_are_tracked(two: np.ndarray, tmp_path: Path) -> None:
    rows = [
        [frame, *rows_of(two[person])[frame]] for frame in range(40) for person in ((0, 1) if frame % 3 else (1, 0))
    ]
    sequence = read(tmp_path, lines(["frame", *header_of("{name}_{axis}")], rows))
    assert sequence.bodies == 2
    order = np.argsort(np.nanmean(sequence.joints[..., 0], axis=(1, 2)))
    np.testing.assert_allclose(sequence.joints[order], two, atol=2e-6)


def test_two_recordings_in_one_file_are_refused(motion: np.ndarray, tmp_path: Path) -> None:
    rows = [[frame, *row] for take in range(2) for frame, row in enumerate(rows_of(motion + take))]
    with pytest.raises(SkeletonFormatError, match=r"line 42: found frame 0 again.*one recording"):
        read(tmp_path, lines(["frame", *header_of("{name}_{axis}")], rows))


@pytest.mark.parametrize(
    ("column", "step", "first", "fps"),
    [
        ("time", 0.04, 0, 25),
        ("Time (s)", 2, 0, 0.5),
        ("timestamp", 40, 0, 25),
        ("timestamp", 40_000, 0, 25),
        ("timestamp", 33_333, 1_600_000_000_000_000, 30),
        ("timestamp", 333_333, 0, 30),
        ("timestamp", 333_333, 637_000_000_000_000_000, 30),
        ("timestamp", 333_333, 132_000_000_000_000_000, 30),
        ("timestamp", 33_333_333, 0, 30),
        ("timestamp", 33_333_333, 1_600_000_000_000_000_000, 30),
        ("timestamp", 40, 1_600_000_000_000, 25),
        ("timestamp", 0.04, 1_600_000_000, 25),
        ("time_us", 10_000, 0, 100),
        ("timestamp [ms]", 0.5, 0, 2000),
        ("device_timestamp_usec", 66_667, 12345, 15),
        ("t", 0.02, 3, 50),
        ("RelativeTime", 333_333, 5, 30),
        ("elapsed_ms", 20, 0, 50),
        ("Ticks", 400_000, 0, 25),
    ],
)
def test_units_of_time(column: str, step: float, first: float, fps: float, motion: np.ndarray, tmp_path: Path) -> None:
    stamps = [first + frame * step for frame in range(40)]
    rows = [
        [f"{stamp:.3f}" if isinstance(stamp, float) else stamp, *row]
        for stamp, row in zip(stamps, rows_of(motion), strict=True)
    ]
    assert read(tmp_path, lines([column, *header_of("{name}_{axis}")], rows)).fps == pytest.approx(fps, rel=1e-3)


@pytest.mark.parametrize(
    "clock",
    [
        "12:00:{0:06.3f}",
        "23:59:{0:06.3f}",
        "00:{0:06.3f}",
        "12:00:{0:02.0f}:{1:03.0f}",
        "12:00:{0:02.0f},{1:03.0f}",
        "2023-05-02 12:00:{0:06.3f}",
        "2023-05-02T12:00:{0:06.3f}Z",
        "2023-05-02T12:00:{0:06.3f}+02:00",
        "5/2/2023 12:00:{0:06.3f} PM",
        "02-May-2023 12:00:{0:06.3f}",
        "0 days 00:00:{0:09.6f}",
    ],
)
def test_clocks(clock: str, motion: np.ndarray, tmp_path: Path) -> None:
    rows = []
    for frame, row in enumerate(rows_of(motion)):
        seconds = frame * 0.04 if "days" in clock else 58 + frame * 0.04
        text = clock.format(seconds % 60 // 1 if "{1" in clock else seconds % 60, seconds % 1 * 1000)
        if seconds >= 60:
            text = text.replace("23:59:", "00:00:").replace("12:00:", "12:01:")
            text = f"01:{text[3:]}" if clock.startswith("00:{") else text
        rows.append([f'"{text}"', *row])
    assert read(tmp_path, lines(["time", *header_of("{name}_{axis}")], rows)).fps == pytest.approx(25, rel=1e-3)


def test_a_clock_of_whole_seconds(motion: np.ndarray, tmp_path: Path) -> None:
    long = np.concatenate([motion] * 4)
    rows = [[f"12:00:{frame // 30:02d}", *row] for frame, row in enumerate(rows_of(long))]
    assert read(tmp_path, lines(["time", *header_of("{name}_{axis}")], rows)).fps == 30.0


@pytest.mark.parametrize("jitter", [0.0, 0.003])
def test_dropped_frames_stay_free(jitter: float, motion: np.ndarray, tmp_path: Path) -> None:
    frames = [frame for frame in range(40) if frame not in (7, 20, 21)]
    noise = np.random.default_rng(0).uniform(-jitter, jitter, 40)
    rows = [[f"{frame * 0.04 + noise[frame]:.4f}", *rows_of(motion)[frame]] for frame in frames]
    sequence = read(tmp_path, lines(["time", *header_of("{name}_{axis}")], rows))
    assert np.flatnonzero(~sequence.observed[0].any(axis=-1)).tolist() == [7, 20, 21]
    assert sequence.fps == pytest.approx(25, rel=1e-2)


def test_frame_numbers_in_steps_are_said(motion: np.ndarray, tmp_path: Path) -> None:
    rows = [[5 * frame, *row] for frame, row in enumerate(rows_of(motion))]
    sequence = read(tmp_path, lines(["frame", *header_of("{name}_{axis}")], rows))
    close(sequence, motion)
    assert "steps of 5" in str(sequence.reading)


def test_names_of_pictures_are_frames(motion: np.ndarray, tmp_path: Path) -> None:
    rows = [[f"img_{3 + frame + (frame > 9):05d}.png", *row] for frame, row in enumerate(rows_of(motion))]
    sequence = read(tmp_path, lines(["frame", *header_of("{name}_{axis}")], rows))
    assert np.flatnonzero(~sequence.observed[0].any(axis=-1)).tolist() == [10]


@pytest.mark.parametrize(
    ("text", "actual"),
    [
        (["a,b", "1,2"], r"line 1: found columns a, b"),
        (["1,2,3,4,6", "1,2,3,4,6"], r"line 1: found 5 numbers and no column names.*--layout"),
        (['head_x,head_y,"head_z', "1,2,3"], r"line 1: found a quote that does not end"),
        (["time,HeadX,HeadY", "now,1,2", "then,1,2"], r"column time: found no clock or number.*--fps"),
        (["<html>", "</html>"], "no format|found"),
    ],
)
def test_tables_that_make_no_sense_are_refused(text: list[str], actual: str, tmp_path: Path) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"clip\.csv.*{actual}"):
        read(tmp_path, text)


@pytest.mark.slow("real recordings")
def test_files_that_people_brought_are_read(shared: Path) -> None:
    layouts = {"mp": "mediapipe-33", "freemocap": "mediapipe-33", "coco": "coco-17", "dlc": "coco-17"}
    for path in sorted((shared / "cases").glob("*/*.csv")):
        sequence = zeroskel.read(path)
        family = path.parent.name.split("_")[0]
        assert sequence.layout.name == ("azure-kinect-32" if family == "azure" else layouts.get(family, "ntu-25")), path
        assert sequence.frames == 300 and sequence.fps == pytest.approx(30, rel=2e-3), path


@pytest.mark.slow("hundreds of spoilt files")
@pytest.mark.parametrize("shape", ["wide", "long", "numbers"])
def test_spoilt_tables_are_read_or_refused(
    shape: str, motion: np.ndarray, tmp_path: Path, withstands_mutations: Callable
) -> None:
    clocked = [[f"12:00:01.{frame}", *row] for frame, row in enumerate(rows_of(motion[:3]))]
    tables = {
        "wide": lines(["Time", *header_of("{name} ({axis}) [m]")], clocked),
        "long": lines(["frame", "person", "joint", "x", "y", "z", "score"], long_rows(motion[:2], CAMEL, 0.9)),
        "numbers": lines(None, rows_of(motion[:4]), ";"),
    }
    if shape == "long":
        tables["long"] = [line.replace(",", ",1,", 1) for line in tables["long"]]
        tables["long"][0] = "frame,person,joint,x,y,z,score"  # all rows are of person 1
    (tmp_path / "clip.csv").write_text("\n".join(tables[shape]) + "\n")
    withstands_mutations("zeroskel.skeleton.formats:parse", tmp_path / "clip.csv", 700)

"""Facts of TRC and storage files of OpenSim."""

from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import SkeletonFormatError
from zeroskel.skeleton import formats
from zeroskel.skeleton.formats._opensim import parse_storage, parse_trc

FILE = Path("trial.trc")


def trc_text(
    names: tuple[str, ...],
    positions: np.ndarray,
    *,
    units: str = "m",
    rate: float = 60,
    separator: str = "\t",
    end="\n",
) -> str:
    """A file as Motion Analysis Cortex writes it; missing markers are empty cells."""
    keys = "DataRate CameraRate NumFrames NumMarkers Units OrigDataRate OrigDataStartFrame OrigNumFrames"
    values = f"{rate:.2f} {rate:.2f} {len(positions)} {len(names)} {units} {rate:.2f} 1 {len(positions)}"
    gap = separator * 3
    lines = [
        separator.join(["PathFileType", "4", "(X/Y/Z)", "trial.trc"]),
        keys.replace(" ", separator),
        values.replace(" ", separator),
        f"Frame#{separator}Time{separator}{gap.join(names)}{gap}",
        separator * 2 + separator.join(f"{axis}{marker + 1}" for marker in range(len(names)) for axis in "XYZ"),
        "",
    ]
    for frame, rows in enumerate(positions):
        cells = ["" if np.isnan(value) else f"{value:.6f}" for value in rows.ravel()]
        lines.append(separator.join([str(frame + 1), f"{frame / rate:.6f}", *cells]))
    return end.join([*lines, ""])


def storage_text(columns: tuple[str, ...], rows: list[str], header: tuple[str, ...] = ()) -> bytes:
    return "\n".join(
        ["motion", "version=1", f"nRows={len(rows)}", *header, "endheader", "\t".join(columns), *rows]
    ).encode()


@pytest.mark.parametrize(("units", "factor"), [("m", 1), ("mm", 1000), ("cm", 100)])
@pytest.mark.parametrize(("separator", "end"), [("\t", "\n"), ("\t", "\r\n"), (" ", "\n")])
def test_markers_of_a_trc_file_are_joints(units, factor, separator, end, marker_trial) -> None:
    trial = marker_trial("gait2392")
    content = trc_text(trial.names, trial.positions * factor, units=units, separator=separator, end=end).encode()
    sequence = formats.parse(content, FILE, up="y")
    for joint in ("hip_left", "knee_right", "wrist_right", "foot_left", "shoulder_right"):
        error = sequence.joints[0, :, sequence.layout.index(joint)] - trial.joints[joint]
        assert np.abs(error).max() < 1e-4, joint
    assert (sequence.fps, sequence.reading.format, sequence.reading.unit) == (60, "TRC", units)


def test_names_of_keypoints_are_left_to_the_match_of_names() -> None:
    names = ("CHip", "RHip", "RKnee", "Neck", "Head", "LShoulder")
    positions = np.random.default_rng(0).normal(size=(4, 6, 3))
    positions[1, 2] = np.nan
    positions[2, 3] = 0
    points = parse_trc(trc_text(names, positions).encode(), FILE)
    assert (points.names, points.fps, points.unit, points.up) == (names, 60, "m", None)
    assert np.argwhere(np.isnan(points.coordinates[0]).all(axis=-1)).tolist() == [[1, 2], [2, 3]]


def test_a_trc_file_of_fewer_frames_than_its_header_names_says_so() -> None:
    text = trc_text(("a", "b"), np.ones((4, 2, 3)))
    points = parse_trc(text[: text.index("\n3\t")].encode(), FILE)
    assert points.notes == ("2 of the 4 frames that the header names are there",)


@pytest.mark.parametrize(
    ("old", "new", "names", "notes"),
    [
        ("\tb\t", "\t\t", ("a", "c"), ("1 point without a label left out",)),
        ("\tc\t", "\t\t", ("a", "b"), ("1 point without a label left out",)),
        ("\ta\t", "\tR. ASIS\t", ("R. ASIS", "b", "c"), ()),
        ("\n\n", "\n", ("a", "b", "c"), ()),
        ("\n2\t", "\t\t\t\t\t\n2\t", ("a", "b", "c"), ()),
        (".", ",", ("a", "b", "c"), ()),
    ],
    ids=["unnamed", "last unnamed", "blank in a name", "no blank line", "tabs at the end", "decimal comma"],
)
def test_variants_of_trc_files_are_read(old: str, new: str, names: tuple[str, ...], notes: tuple[str, ...]) -> None:
    positions = np.random.default_rng(0).normal(size=(4, 3, 3))
    text = trc_text(("a", "b", "c"), positions, rate=50)
    points = parse_trc(text.replace(old, new).encode(), FILE)
    assert (points.names, points.notes, points.fps) == (names, notes, 50)
    columns = [index for index, name in enumerate("abc") if len(names) == 3 or name in names]
    np.testing.assert_allclose(points.coordinates[0], positions[:, columns], atol=1e-6)


def test_names_with_their_axes_are_read() -> None:
    rows = ["1\t0.00\t1\t2\t3\t4\t5\t6", "2\t0.02\t7\t8\t9\t10\t11\t12"]
    head = trc_text((), np.ones((1, 0, 3))).split("Frame#")[0]
    names = "\t".join(f"{name}_{axis}" for name in ("nose", "left_hip") for axis in "xyz")
    points = parse_trc("\n".join([f"{head}Frame#\tTime\t{names}", *rows]).encode(), FILE)
    assert points.names == ("nose", "left_hip") and points.coordinates[0, 1, 1].tolist() == [10, 11, 12]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Frame#", "Frames", "expected a header, a line 'Frame#, Time, names' and frames"),
        ("2.000000", "x", "a cell that is no number"),
        ("2.000000", "1e300", "line 8: found a coordinate beyond measure"),
        ("2.000000", "2.0\t3.0", "rows of more than 8 numbers"),
    ],
)
def test_a_broken_trc_file_is_refused(old: str, new: str, message: str) -> None:
    positions = np.ones((4, 2, 3))
    positions[1] = 2
    text = trc_text(("a", "b"), positions).replace(old, new, 1)
    with pytest.raises(SkeletonFormatError, match=message):
        parse_trc(text.encode(), FILE)


@pytest.mark.parametrize("spelling", ["{}_tx {}_ty {}_tz", "{}_x {}_y {}_z", "{}X {}Y {}Z"])
def test_marker_positions_of_a_storage_file_are_read(spelling: str, marker_trial) -> None:
    trial = marker_trial("rajagopal")
    columns = ("time", *(column.format(name) for name in trial.names for column in spelling.split()))
    rows = [
        "\t".join([f"{frame / 50:.4f}", *(f"{value:.6f}" for value in markers.ravel())])
        for frame, markers in enumerate(trial.positions)
    ]
    sequence = formats.parse(storage_text(columns, rows), Path("markers.mot"))
    assert sequence.fps == pytest.approx(50) and sequence.reading.up == "y"
    error = sequence.joints[0, :, sequence.layout.index("elbow_left")] - trial.joints["elbow_left"]
    assert np.abs(error).max() < 1e-4


def test_vectors_of_a_storage_file_are_read() -> None:
    names = ("RHip", "RKnee", "LHip", "LKnee")
    rows = [f"{frame / 10}\t" + "\t".join(f"{frame},{joint},7.5" for joint in range(4)) for frame in range(3)]
    content = storage_text(("time", *names), rows, ("DataType=Vec3", "Units=mm"))
    points = parse_storage(content, Path("markers.sto"))
    assert (points.names, points.unit) == (names, "mm") and points.fps == pytest.approx(10)
    assert points.coordinates[0, 2, 3].tolist() == [2, 3, 7.5]


def test_joint_angles_are_no_positions() -> None:
    columns = ("time", "pelvis_tilt", "pelvis_tx", "pelvis_ty", "pelvis_tz", "hip_flexion_r", "knee_angle_r")
    content = storage_text(columns, ["0 1 2 3 4 5 6", "0.1 1 2 3 4 5 6"], ("inDegrees=yes",))
    with pytest.raises(
        SkeletonFormatError, match=r"found joint angles pelvis_tilt.*expected positions.*PointKinematics"
    ):
        formats.parse(content, Path("ik.mot"))


@pytest.mark.slow("hundreds of spoilt files")
@pytest.mark.parametrize("kind", ["trc", "sto"])
def test_spoilt_files_are_read_or_refused(kind, tmp_path: Path, withstands_mutations) -> None:
    names = tuple(f"m{marker}" for marker in range(5))
    if kind == "trc":
        content = trc_text(names, np.random.default_rng(0).normal(size=(3, 5, 3))).encode()
    else:
        columns = ("time", *(f"{name}_{axis}" for name in names for axis in "xyz"))
        content = storage_text(columns, ["\t".join(f"{frame}.{cell}" for cell in range(16)) for frame in range(3)])
    path = tmp_path / f"trial.{kind}"
    path.write_bytes(content)
    reader = "parse_trc" if kind == "trc" else "parse_storage"
    withstands_mutations(f"zeroskel.skeleton.formats._opensim:{reader}", path)

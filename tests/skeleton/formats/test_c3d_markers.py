"""Facts of C3D files; the fakes are written by the library, and by hand where it cannot write them."""

import io
import struct
import warnings
from pathlib import Path

import c3d
import numpy as np
import pytest

from zeroskel.core import SkeletonFormatError, get_layout
from zeroskel.skeleton import formats
from zeroskel.skeleton.formats._c3d_markers import looks_like, parse

FILE = Path("trial.c3d")
JOINTS = get_layout("kinect-20").joints
SEGMENTS = {
    "pelvis": "hip_center", "l_thigh": "hip_left", "r_thigh": "hip_right", "l_shank": "knee_left",
    "r_shank": "knee_right", "l_foot": "ankle_left", "r_foot": "ankle_right", "l_toes": "foot_left",
    "r_toes": "foot_right", "torso": "neck", "l_uarm": "shoulder_left", "r_uarm": "shoulder_right",
    "l_larm": "elbow_left", "r_larm": "elbow_right", "l_hand": "wrist_left", "r_hand": "wrist_right", "head": "head",
}  # fmt: skip


def positions(frames: int = 5, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(frames, 20, 3)).astype(np.float32) * 1000


def c3d_bytes(
    locations: np.ndarray,
    labels: tuple[str, ...] = JOINTS,
    *,
    units: str = "mm  ",
    scale: float = -1.0,
    residuals: np.ndarray | None = None,
    screen: tuple[str, str] | None = None,
    rate: float = 120.0,
    analog: int = 0,
) -> bytes:
    writer = c3d.Writer(point_rate=rate, analog_rate=rate if analog else 0, point_scale=scale, point_units=units)
    writer.set_point_labels(labels)
    if analog:
        writer.set_analog_labels([f"Force.F{channel}" for channel in range(analog)])
    if screen:
        writer.set_screen_axis(*screen)
    for frame, rows in enumerate(locations):
        points = np.zeros((len(rows), 5), np.float32)
        points[:, :3] = rows
        if residuals is not None:
            points[:, 3] = residuals[frame]
        writer.add_frames([(points, np.ones((analog, 1 if analog else 0)))])
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        writer.write(stream)
    return stream.getvalue()


def c3d_by_hand(
    parameters: dict[str, dict[str, tuple[int, tuple[int, ...], bytes]]],
    data: bytes,
    points: int,
    frames: int,
    *,
    processor: int = 84,
    scale: bytes,
    rate: bytes,
    analog: int = 0,
    last: int | None = None,
) -> bytes:
    """A file of (bytes for each element, dimensions, content) parameters; data begins in block 12."""
    order = ">" if processor == 86 else "<"
    body = b""
    for number, (group, entries) in enumerate(parameters.items(), 1):
        body += struct.pack("bb", len(group), -number) + group.encode() + struct.pack(order + "hB", 3, 0)
        for name, (width, dimensions, content) in entries.items():
            entry = struct.pack("bB", width, len(dimensions)) + bytes(dimensions) + content + b"\0"
            body += (
                struct.pack("bb", len(name), number) + name.encode() + struct.pack(order + "h", len(entry) + 2) + entry
            )
    section = (struct.pack("BBBB", 1, 80, 10, processor) + body + bytes(4)).ljust(10 * 512, b"\0")
    head = struct.pack("BB", 2, 0x50) + struct.pack(order + "HHHHH", points, analog, 1, last or frames, 0)
    head += scale + struct.pack(order + "HH", 12, 1) + rate
    return head.ljust(512, b"\0") + section + data


def dec(values: np.ndarray) -> bytes:
    """Numbers as a VAX stores them: four times the number, its two words swapped."""
    words = (np.ravel(values).astype(np.float32) * 4).astype("<f4").view("<u2").reshape(-1, 2)
    return words[:, ::-1].tobytes()


def label_parameter(labels: tuple[str, ...], width: int = 16) -> tuple[int, tuple[int, ...], bytes]:
    return -1, (width, len(labels)), "".join(label.ljust(width) for label in labels).encode()


def test_markers_with_names_of_joints_are_joints() -> None:
    locations = positions()
    sequence = formats.parse(c3d_bytes(locations), FILE, up="z")
    assert (sequence.layout.name, sequence.fps, sequence.reading.unit) == ("kinect-20", 120.0, "mm")
    turned = np.stack([locations[..., 0], locations[..., 2], -locations[..., 1]], axis=-1)
    np.testing.assert_allclose(sequence.joints[0], turned / 1000, rtol=1e-6)
    assert formats.parse(c3d_bytes(locations), FILE, fps=30, up="z").fps == 30


def test_markers_of_a_common_set_are_joints(marker_trial) -> None:
    trial = marker_trial("plug-in gait")
    z_up = np.stack([trial.positions[..., 0], -trial.positions[..., 2], trial.positions[..., 1]], axis=-1)
    labels = tuple(f"Anna:{name}" for name in trial.names)
    outputs = ("Anna:LKneeAngles", "Anna:RHipPower", "*17")
    content = c3d_bytes(
        np.concatenate([z_up * 1000, np.full((20, 3, 3), 45.0)], axis=1),
        labels + outputs,
        screen=("+X", "+Z"),
        analog=6,
    )
    sequence = formats.parse(content, FILE)
    for joint in ("hip_left", "wrist_right", "foot_left", "shoulder_right"):
        error = sequence.joints[0, :, sequence.layout.index(joint)] - trial.joints[joint]
        assert np.abs(error).max() < 1e-3, joint
    assert (sequence.reading.up, sequence.reading.people) == ("z", 1)


def test_prefixes_of_labels_are_people(marker_trial) -> None:
    trial = marker_trial("plug-in gait")
    labels = tuple(f"{person}:{name}" for person in ("Anna", "Ben") for name in trial.names)
    both = np.concatenate([trial.positions, trial.positions + np.array([1.0, 0, 0])], axis=1) * 1000
    joints = formats.parse(c3d_bytes(both, labels), FILE, up="y").joints
    assert len(joints) == 2
    apart = joints[1, ..., 0] - joints[0, ..., 0]
    np.testing.assert_allclose(apart[~np.isnan(apart)], 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("units", "unit"),
    [("mm  ", "mm"), ("cm", "cm"), ("m   ", "m"), ("M", "m"), ("    ", None), ("feet", None), ("inch", "inch")],
)
def test_the_unit_is_that_of_the_file(units: str, unit: str | None) -> None:
    assert parse(c3d_bytes(positions(), units=units), FILE).unit == unit


@pytest.mark.parametrize(
    ("screen", "up"),
    [(("+X", "+Y"), "y"), (("+X", "+Z"), "z"), (("+Y", "+X"), "x"), (None, None), (("-X", "-Z"), None)],
)
def test_the_screen_tells_the_axis_that_points_up(screen: tuple[str, str] | None, up: str | None) -> None:
    assert parse(c3d_bytes(positions(), screen=screen), FILE).up == up


def test_markers_not_seen_are_nan() -> None:
    locations, residuals = positions(), np.zeros((5, 20))
    residuals[1, 2] = -1
    locations[2, 3] = np.nan
    locations[3, 4] = 0
    locations[4, 5] = -3.697314e28  # of Optotrak
    unseen = np.isnan(parse(c3d_bytes(locations, residuals=residuals), FILE).coordinates[0]).all(axis=-1)
    assert np.argwhere(unseen).tolist() == [[1, 2], [2, 3], [3, 4], [4, 5]]


def test_whole_numbers_with_a_scale_are_read() -> None:
    locations = positions().round(1)
    points = parse(c3d_bytes(locations, scale=0.1, analog=3), FILE).coordinates[0]
    np.testing.assert_allclose(points, locations, atol=0.101)


@pytest.mark.parametrize("processor", [84, 85, 86])
def test_numbers_of_all_processors_are_read(processor: int) -> None:
    locations = positions(3)
    rows = np.concatenate([locations, np.zeros((3, 20, 1), np.float32)], axis=2)
    encode = {84: lambda v: np.asarray(v, "<f4").tobytes(), 85: dec, 86: lambda v: np.asarray(v, ">f4").tobytes()}
    word = struct.pack(">H" if processor == 86 else "<H", 20)
    content = c3d_by_hand(
        {
            "POINT": {
                "USED": (2, (), word),
                "LABELS": label_parameter(JOINTS),
                "SCALE": (4, (), encode[processor](-1.0)),
            }
        },
        encode[processor](rows),
        20,
        3,
        processor=processor,
        scale=encode[processor](np.array(-1.0)),
        rate=encode[processor](np.array(250.0)),
    )
    points = parse(content, FILE)
    assert points.fps == 250 and points.names == JOINTS
    np.testing.assert_allclose(points.coordinates[0], locations, rtol=1e-6)


def test_parameters_that_lack_are_those_of_the_header() -> None:
    """Xsens and others leave out POINT:RATE, or more."""
    rows = np.concatenate([positions(3), np.zeros((3, 20, 1), np.float32)], axis=2)
    numbers = {"scale": struct.pack("<f", -1), "rate": struct.pack("<f", 60)}
    points = parse(c3d_by_hand({"POINT": {}}, rows.tobytes(), 20, 3, **numbers), FILE)
    assert (points.fps, points.names, points.unit, points.up) == (60, None, None, None)
    np.testing.assert_array_equal(points.coordinates[0], rows[..., :3])


def test_whole_names_of_motion_analysis_are_descriptions() -> None:
    rows = np.concatenate([positions(3), np.zeros((3, 20, 1), np.float32)], axis=2)
    numbers = {"scale": struct.pack("<f", -1), "rate": struct.pack("<f", 60)}
    short = label_parameter(tuple(f"M{index:03}" for index in range(20)), 4)
    groups = {
        "POINT": {"LABELS": short, "DESCRIPTIONS": label_parameter(JOINTS)},
        "MANUFACTURER": {"COMPANY": label_parameter(("Motion Analysis Corp",), 20)},
    }
    assert parse(c3d_by_hand(groups, rows.tobytes(), 20, 3, **numbers), FILE).names == JOINTS


def test_points_beyond_the_labels_are_left_out() -> None:
    rows = np.concatenate([positions(3), np.zeros((3, 20, 1), np.float32)], axis=2)
    numbers = {"scale": struct.pack("<f", -1), "rate": struct.pack("<f", 60)}
    labels = label_parameter((*JOINTS[:10], "", "*3"))
    points = parse(c3d_by_hand({"POINT": {"LABELS": labels}}, rows.tobytes(), 20, 3, **numbers), FILE)
    assert points.names == JOINTS[:10] and points.notes == ("10 points without a label left out",)


def test_over_65535_frames_are_counted_by_parameters() -> None:
    rows = np.ones((70_000, 1, 4), np.float32) * [[1, 2, 3, 0]]
    numbers = {"scale": struct.pack("<f", -1), "rate": struct.pack("<f", 60)}
    data = rows.astype("<f4").tobytes()
    fields = {"ACTUAL_START_FIELD": (2, (2,), struct.pack("<HH", 1, 0))}
    fields["ACTUAL_END_FIELD"] = (2, (2,), struct.pack("<HH", 70_000 - 65536, 1))
    for groups in ({"TRIAL": fields}, {"POINT": {"LONG_FRAMES": (4, (), struct.pack("<f", 70_000))}}):
        content = c3d_by_hand(groups, data, 1, 0, last=65535, **numbers)
        assert parse(content, FILE).coordinates.shape[1] == 70_000


def test_origins_of_segments_are_joints(marker_trial) -> None:
    """Theia3D writes no points but a matrix for each segment."""
    joints = marker_trial("plug-in gait").joints
    matrices = np.zeros((20, len(SEGMENTS), 17), "<f4")
    matrices[:, :, [0, 5, 10, 15]] = 1
    for column, joint in enumerate(SEGMENTS.values()):
        matrices[:, column, 12:15] = joints[joint] * 1000
    matrices[2, :, 12:15] = np.nan
    labels = tuple(f"{segment}_4X4" for segment in SEGMENTS)
    rotation = {
        "LABELS": label_parameter(labels),
        "USED": (2, (), struct.pack("<H", len(SEGMENTS))),
        "DATA_START": (2, (), struct.pack("<H", 12)),
        "RATIO": (2, (), struct.pack("<H", 1)),
    }
    point = {"USED": (2, (), bytes(2)), "UNITS": (-1, (2, 1), b"mm")}
    numbers = {"scale": struct.pack("<f", -1), "rate": struct.pack("<f", 85)}
    content = c3d_by_hand({"POINT": point, "ROTATION": rotation}, matrices.tobytes(), 0, 20, **numbers)
    sequence = formats.parse(content, FILE, up="y")
    for joint in ("hip_center", "knee_left", "wrist_right", "head"):
        error = sequence.joints[0, :, sequence.layout.index(joint)] - joints[joint]
        assert np.isnan(error[2]).all() and np.nanmax(np.abs(error)) < 1e-5
    with pytest.raises(SkeletonFormatError, match="the rotations: found 20 x 17 matrices"):
        parse(content[:-512], FILE)


def test_no_rotations_are_none() -> None:
    """Files of ezc3d have the group ROTATION with 0 matrices, which begin where the file ends."""
    rotation = {"USED": (2, (), bytes(2)), "DATA_START": (2, (), struct.pack("<H", 13)), "RATIO": (2, (), bytes(2))}
    point = {"USED": (2, (), struct.pack("<H", 20)), "SCALE": (4, (), struct.pack("<f", -1))}
    point["LABELS"] = label_parameter(JOINTS)
    locations = np.concatenate([positions(), np.zeros((5, 20, 1), np.float32)], axis=-1)
    numbers = {"scale": struct.pack("<f", -1), "rate": struct.pack("<f", 85)}
    content = c3d_by_hand({"POINT": point, "ROTATION": rotation}, locations.tobytes(), 20, 5, **numbers)
    np.testing.assert_array_equal(parse(content, FILE).coordinates[0], positions())


def test_an_infinite_coordinate_is_refused() -> None:
    locations = positions()
    locations[1, 2, 0] = np.inf
    with pytest.raises(SkeletonFormatError, match=r"trial\.c3d, frame 2, point 3: found a coordinate beyond measure"):
        parse(c3d_bytes(locations), FILE)


@pytest.mark.parametrize(
    ("position", "form", "value", "actual"),
    [
        (0, "B", 0, "parameters in block 0"),
        (0, "B", 200, "parameters in block 200"),
        (1, "B", 0x51, "start with 02 51"),
        (16, "<H", 1, "from block 1 in"),
        (16, "<H", 60000, "from block 60000 in"),
        (515, "B", 7, "parameters in block 2"),
    ],
)
def test_a_header_that_lies_is_refused(position: int, form: str, value: int, actual: str) -> None:
    content = bytearray(c3d_bytes(positions()))
    struct.pack_into(form, content, position, value)
    with pytest.raises(SkeletonFormatError, match=rf"trial\.c3d.*{actual}.*expected.*export it again"):
        parse(bytes(content), FILE)


def test_a_file_that_is_cut_short_says_so() -> None:
    content = c3d_bytes(positions(12))
    points = parse(content[:-2048], FILE)
    assert points.coordinates.shape[1] < 12 and "of the 12 frames that the header names" in points.notes[0]


def test_the_mark_tells_the_format() -> None:
    assert looks_like(c3d_bytes(positions())[:8192])
    assert not looks_like(b"\x02\x50") and not looks_like(b"HIERARCHY\n" * 200)


@pytest.mark.slow("hundreds of spoilt files")
def test_spoilt_files_are_read_or_refused(tmp_path: Path, withstands_mutations) -> None:
    path = tmp_path / "trial.c3d"
    path.write_bytes(c3d_bytes(positions(1)))
    withstands_mutations("zeroskel.skeleton.formats._c3d_markers:parse", path)


def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "trial.c3d"
    path.write_bytes(c3d_bytes(positions()))
    assert formats.read(path, up="y").frames == 5

"""Facts of C3D files; the fakes are written by the library."""

import io
import struct
import warnings
from pathlib import Path

import c3d
import numpy as np
import pytest

from zeroskel.core import FileLayoutError, InputError, SkeletonFormatError, get_layout
from zeroskel.skeleton.formats import read
from zeroskel.skeleton.formats._c3d_markers import looks_like, parse

FILE = Path("trial.c3d")
JOINTS = get_layout("kinect-20").joints


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
) -> bytes:
    writer = c3d.Writer(point_rate=rate, point_scale=scale, point_units=units)
    writer.set_point_labels(labels)
    if screen:
        writer.set_screen_axis(*screen)
    for frame, rows in enumerate(locations):
        points = np.zeros((len(rows), 5), np.float32)
        points[:, :3] = rows
        if residuals is not None:
            points[:, 3] = residuals[frame]
        writer.add_frames([(points, np.zeros((0, 0)))])
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        writer.write(stream)
    return stream.getvalue()


def test_markers_are_joints_in_metres_with_y_up() -> None:
    locations = positions()
    sequence = parse(c3d_bytes(locations), FILE)
    assert (sequence.layout.name, sequence.fps) == ("kinect-20", 120.0)
    turned = np.stack([locations[..., 0], locations[..., 2], -locations[..., 1]], axis=-1)
    np.testing.assert_allclose(sequence.joints[0], turned / 1000, rtol=1e-6)
    assert parse(c3d_bytes(locations), FILE, fps=30).fps == 30


def test_labels_are_matched_by_name_without_the_persons() -> None:
    locations = positions()
    labels = tuple(f"Anna:{joint}" for joint in reversed(JOINTS))
    sequence = parse(c3d_bytes(locations[:, ::-1], labels), FILE)
    np.testing.assert_array_equal(sequence.joints, parse(c3d_bytes(locations), FILE).joints)


def test_markers_of_no_layout_need_its_name() -> None:
    labels = (*JOINTS[:18], "LASI", "*45")
    with pytest.raises(FileLayoutError, match="Name a layout"):
        parse(c3d_bytes(positions(), labels), FILE)
    sequence = parse(c3d_bytes(positions(), labels), FILE, layout="kinect-20")
    assert sequence.observed[0, 0].tolist() == [True] * 18 + [False] * 2


@pytest.mark.parametrize(("units", "metres"), [("mm  ", 0.001), ("cm", 0.01), ("m   ", 1), ("M", 1), ("    ", 0.001)])
def test_the_unit_is_that_of_the_file(units: str, metres: float) -> None:
    locations = positions()
    sequence = parse(c3d_bytes(locations, units=units), FILE, up="y")
    np.testing.assert_allclose(sequence.joints[0], locations * metres, rtol=1e-6)


@pytest.mark.parametrize(
    ("screen", "up", "axis"),
    [(("+X", "+Y"), None, 1), (("+X", "+Z"), None, 2), (("+Y", "+X"), None, 0), (None, "x", 0), (("+X", "+Y"), "z", 2)],
)
def test_up_is_told_by_the_screen_or_by_hand(screen: tuple[str, str] | None, up: str | None, axis: int) -> None:
    locations = positions()
    joints = parse(c3d_bytes(locations, screen=screen), FILE, up=up).joints[0]
    np.testing.assert_allclose(joints[..., 1], locations[..., axis] / 1000, rtol=1e-6)
    turned = np.linalg.det(joints[0, :3].astype(float)), np.linalg.det(locations[0, :3].astype(float) / 1000)
    np.testing.assert_allclose(*turned, rtol=1e-4)  # turned, not mirrored


def test_markers_not_seen_are_nan() -> None:
    locations, residuals = positions(), np.zeros((5, 20))
    residuals[1, 2] = -1
    locations[2, 3] = np.nan
    locations[3, 4] = 0
    unseen = ~parse(c3d_bytes(locations, residuals=residuals), FILE).observed[0]
    assert np.argwhere(unseen).tolist() == [[1, 2], [2, 3], [3, 4]]


def test_whole_numbers_with_a_scale_are_read() -> None:
    locations = positions().round(1)
    joints = parse(c3d_bytes(locations, scale=0.1), FILE, up="y").joints[0]
    np.testing.assert_allclose(joints, locations / 1000, atol=1.01e-4)


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
        (2, "<H", 0, "inconsistent point count"),
        (8, "<H", 60000, "."),
        (16, "<H", 1, "frames in block 1"),
        (16, "<H", 60000, "frames in block 60000"),
        (515, "B", 7, "parameters in block 2"),
    ],
)
def test_a_header_that_lies_is_refused(position: int, form: str, value: int, actual: str) -> None:
    content = bytearray(c3d_bytes(positions()))
    struct.pack_into(form, content, position, value)
    with pytest.raises(SkeletonFormatError, match=rf"trial\.c3d.*{actual}.*expected.*export it again"):
        parse(bytes(content), FILE)


def test_more_frames_than_the_file_has_are_refused() -> None:
    content = c3d_bytes(positions())
    last = content.index(b"ACTUAL_END_FIELD") + 16
    frames = content.index(struct.pack("<I", 5), last)
    spoilt = content[:frames] + struct.pack("<I", 2**31) + content[frames + 4 :]
    with pytest.raises(SkeletonFormatError, match=r"header: found \d+ frames of 20 points, 320 bytes each"):
        parse(spoilt, FILE)
    with pytest.raises(SkeletonFormatError, match="room for"):
        parse(content[:-1024], FILE)


@pytest.mark.parametrize(
    ("old", "new", "actual"),
    [
        (b"mm  ", b"feet", "POINT:UNITS: found 'feet'"),
        (b"+Z", b"-Z", "POINT:Y_SCREEN: found '-z'.*as `up`"),
        (b"LABELS", b"LABELX", "0 labels for 20 points"),
    ],
)
def test_parameters_of_another_kind_are_refused(old: bytes, new: bytes, actual: str) -> None:
    content = c3d_bytes(positions(), screen=("+X", "+Z"))
    with pytest.raises(SkeletonFormatError, match=actual):
        parse(content.replace(old, new), FILE)


def test_an_axis_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="up is 'up'"):
        parse(c3d_bytes(positions()), FILE, up="up")


def test_the_mark_tells_the_format() -> None:
    assert looks_like(c3d_bytes(positions())[:8192])
    assert not looks_like(b"\x02\x50") and not looks_like(b"HIERARCHY\n" * 200)


@pytest.mark.slow
def test_spoilt_files_are_read_or_refused(tmp_path: Path, withstands_mutations) -> None:
    path = tmp_path / "trial.c3d"
    path.write_bytes(c3d_bytes(positions(1)))
    withstands_mutations("zeroskel.skeleton.formats._c3d_markers:parse", path)


def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "trial.c3d"
    path.write_bytes(c3d_bytes(positions()))
    assert read(path).frames == 5

"""Facts of the MATLAB files of UTD-MHAD, Penn Action and JHMDB; the fakes are written by SciPy."""

import io
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from scipy.io import loadmat, savemat

from zeroskel.core import LayoutError, SkeletonFormatError, SkeletonSequence, get_layout
from zeroskel.skeleton.formats import read
from zeroskel.skeleton.formats._matlab import parse_jhmdb, parse_penn_action, parse_utd_mhad, penn_action_facts
from zeroskel.skeleton.formats._matlab_loading import MatlabFile, load_matlab, looks_like

UTD_ORDER = (
    "head shoulder_center spine hip_center shoulder_left elbow_left wrist_left hand_left shoulder_right elbow_right "
    "wrist_right hand_right hip_left knee_left ankle_left foot_left hip_right knee_right ankle_right foot_right"
).split()
PARSERS = {"utd": parse_utd_mhad, "penn": parse_penn_action, "jhmdb": parse_jhmdb}


def read_as(kind: str, path: Path) -> SkeletonSequence:
    return PARSERS[kind](load_matlab(path.read_bytes(), path))


def variables(kind: str, frames: int = 4) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    if kind == "utd":
        return {"d_skel": rng.normal(size=(20, 3, frames))}
    if kind == "jhmdb":
        positions = rng.uniform(1, 320, size=(2, 15, frames))
        return {"pos_img": positions, "pos_world": positions / 320, "scale": np.ones((1, frames)), "viewpoint": "W"}
    return {
        "action": "tennis_serve",
        "pose": "back",
        "x": rng.uniform(1, 480, size=(frames, 13)),
        "y": rng.uniform(1, 360, size=(frames, 13)),
        "visibility": np.ones((frames, 13), dtype=bool),
        "train": np.int32(1),
        "bbox": np.ones((frames, 4)),
        "dimensions": np.uint16([[360, 480, frames]]),
        "nframes": np.uint8(frames),
    }


def save(folder: Path, content: dict[str, Any], *, compressed: bool = True) -> Path:
    path = folder / "clip.mat"
    savemat(path, content, do_compression=compressed)
    return path


def test_joints_of_utd_mhad_are_arranged_by_name(tmp_path: Path) -> None:
    content = variables("utd")
    sequence = read_as("utd", save(tmp_path, content))
    assert (sequence.layout.name, sequence.fps, sequence.joints.shape) == ("kinect-20", 30.0, (1, 4, 20, 3))
    for position, name in enumerate(UTD_ORDER):
        expected = content["d_skel"][position].T.astype(np.float32)
        np.testing.assert_array_equal(sequence.joints[0, :, sequence.layout.index(name)], expected)


def test_the_joint_order_of_utd_mhad_names_every_joint() -> None:
    assert sorted(UTD_ORDER) == sorted(get_layout("kinect-20").joints)


def test_hidden_joints_of_penn_action_are_not_observed_and_y_points_up(tmp_path: Path) -> None:
    content = variables("penn")
    content["visibility"][2, 5] = False
    content["x"][1, 3] = content["y"][1, 3] = 0
    content["x"][1, 4] = 0
    sequence = read_as("penn", save(tmp_path, content))
    assert sequence.layout.name == "penn-13" and sequence.channels == 2
    assert np.argwhere(~sequence.observed[0]).tolist() == [[1, 3], [2, 5]]
    np.testing.assert_array_equal(sequence.joints[0, 0, :, 0], content["x"][0].astype(np.float32))
    np.testing.assert_array_equal(sequence.joints[0, 0, :, 1], -content["y"][0].astype(np.float32))


def test_joints_of_jhmdb_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    content = variables("jhmdb")
    sequence = read_as("jhmdb", save(tmp_path, content))
    assert sequence.layout.name == "jhmdb-15"
    np.testing.assert_array_equal(sequence.joints[0, :, :, 0], content["pos_img"][0].T.astype(np.float32))
    np.testing.assert_array_equal(sequence.joints[0, :, :, 1], -content["pos_img"][1].T.astype(np.float32))


def test_whole_numbers_without_a_sign_point_up_too(tmp_path: Path) -> None:
    sequence = read_as("jhmdb", save(tmp_path, {"pos_img": np.full((2, 15, 3), 200, np.uint8)}))
    assert (sequence.joints[..., 1] == -200).all()


@pytest.mark.parametrize(("train", "trains"), [(1, True), (-1, False)])
def test_penn_action_says_the_action_and_whether_it_trains(train: int, trains: bool, tmp_path: Path) -> None:
    path = save(tmp_path, variables("penn") | {"train": np.int32(train)})
    assert penn_action_facts(load_matlab(path.read_bytes(), path)) == ("tennis_serve", trains)


@pytest.mark.parametrize("kind", PARSERS)
@pytest.mark.parametrize("compressed", [True, False])
def test_the_variables_tell_the_data_set(kind: str, compressed: bool, tmp_path: Path) -> None:
    path = save(tmp_path, variables(kind), compressed=compressed)
    assert looks_like(path.read_bytes()[:8192])
    np.testing.assert_array_equal(read(path).joints, read_as(kind, path).joints)
    sequence = read(path, layout="ntu-25", fps=15)
    assert (sequence.layout.name, sequence.fps) == ("ntu-25", 15.0)
    with pytest.raises(LayoutError):
        read(path, layout="kinect-99")


@pytest.mark.parametrize("kind", PARSERS)
def test_one_frame_is_read(kind: str, tmp_path: Path) -> None:
    assert read(save(tmp_path, variables(kind, 1))).frames == 1


def test_a_file_of_other_variables_says_what_it_found(tmp_path: Path) -> None:
    path = save(tmp_path, {"a": 1, "b": 2})
    with pytest.raises(SkeletonFormatError, match=r"clip\.mat: found variables a, b; expected d_skel \(UTD-MHAD\)"):
        read(path)
    with pytest.raises(SkeletonFormatError, match=r"clip\.mat: found variables a, b; expected d_skel"):
        read_as("utd", path)
    with pytest.raises(SkeletonFormatError, match=r"clip\.mat: found variables none; expected"):
        read(save(tmp_path, {}))


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (
            "utd",
            {"d_skel": np.ones((20, 3))[:, :2]},
            "variable d_skel: found an array 20 x 2; expected 20 x 3 x frames",
        ),
        (
            "utd",
            {"d_skel": np.ones((3, 20, 4))},
            "variable d_skel: found an array 3 x 20 x 4; expected 20 x 3 x frames",
        ),
        ("utd", {"d_skel": np.full((20, 3, 4), np.nan)}, r"variable d_skel: found nan at \(1, 1, 1\)"),
        ("utd", {"d_skel": "text"}, "variable d_skel: found no numbers"),
        ("utd", {"d_skel": np.zeros((20, 3, 4))}, "found no visible joint in 4 frames"),
        ("penn", {"y": np.ones((5, 13))}, "variable y: found an array 5 x 13; expected 4 x 13"),
        ("penn", {"x": np.ones((4, 12))}, "variable x: found an array 4 x 12; expected frames x 13"),
        ("penn", {"visibility": np.full((4, 13), 2)}, "variable visibility: found 2; expected 0 or 1"),
        ("penn", {"visibility": np.zeros((4, 13))}, "found no visible joint in 4 frames"),
        ("jhmdb", {"pos_img": np.ones((2, 14, 4))}, "variable pos_img: found an array 2 x 14 x 4; expected 2 x 15"),
        ("jhmdb", {"pos_img": np.full((2, 15, 4), np.inf)}, r"variable pos_img: found inf at \(1, 1, 1\)"),
    ],
)
def test_a_variable_that_does_not_fit_is_named(kind: str, change: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"clip\.mat(, |: ){message}"):
        read_as(kind, save(tmp_path, variables(kind) | change))


def test_facts_of_penn_action_that_are_none_are_refused(tmp_path: Path) -> None:
    for change, message in (
        ({"train": 3}, r"variable train: found 3; expected 1 \(train\) or -1 \(test\)"),
        ({"train": "yes"}, "variable train: found no numbers"),
        ({"action": 3}, "variable action: found no text"),
    ):
        path = save(tmp_path, variables("penn") | change)
        with pytest.raises(SkeletonFormatError, match=message):
            penn_action_facts(load_matlab(path.read_bytes(), path))


@pytest.mark.slow("hundreds of spoilt files")
@pytest.mark.parametrize("kind", PARSERS)
@pytest.mark.parametrize("compressed", [True, False])
def test_spoilt_files_are_read_or_refused(
    kind: str, compressed: bool, tmp_path: Path, withstands_mutations: Callable[..., dict]
) -> None:
    sample = save(tmp_path, variables(kind, 2), compressed=compressed)
    withstands_mutations("zeroskel.skeleton.formats._matlab:parse", sample)


@pytest.mark.slow("hundreds of spoilt files")
def test_spoilt_files_of_any_kind_are_read_or_refused(
    tmp_path: Path, withstands_mutations: Callable[..., dict]
) -> None:
    sample = save(tmp_path, variables("utd", 2), compressed=False)
    withstands_mutations("zeroskel.skeleton.formats._matlab:parse", sample)


FILE = Path("clip.mat")
HEADER = b"MATLAB 5.0 MAT-file, written by hand".ljust(124) + b"\x00\x01IM"


def saved(variables: dict[str, Any], *, compressed: bool = True) -> bytes:
    stream = io.BytesIO()
    savemat(stream, variables, do_compression=compressed)
    return stream.getvalue()


def load(content: bytes) -> MatlabFile:
    return load_matlab(content, FILE)


def element(kind: int, data: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}II", kind, len(data)) + data + bytes(-len(data) % 8)


def matrix(
    name: bytes, shape: tuple[int, ...], data: bytes, *, kind: int = 6, stored: int = 9, order: str = "<"
) -> bytes:
    """A matrix element, plain: flags, lengths of axes, name, data."""
    flags = element(6, struct.pack(f"{order}II", kind, 0), order)
    axes = element(5, struct.pack(f"{order}{len(shape)}i", *shape), order)
    return element(14, flags + axes + element(1, name, order) + element(stored, data, order), order)


def packed(content: bytes) -> bytes:
    data = zlib.compress(content)
    return struct.pack("<II", 15, len(data)) + data


def test_only_the_header_of_level_5_looks_like_it() -> None:
    assert looks_like(saved({"x": 1.0})[:8192]) and looks_like(HEADER)
    assert not looks_like(b"MATLAB 7.3 MAT-file") and not looks_like(b"") and not looks_like(bytes(200))


@pytest.mark.parametrize("version", ["4", "5", "5 compressed"])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "bool"])
def test_numbers_are_those_that_were_saved(dtype: str, version: str) -> None:
    array = np.random.default_rng(0).integers(0, 2 if dtype == "bool" else 100, size=(4, 5)).astype(dtype)
    stream = io.BytesIO()
    savemat(stream, {"x": array, "other": np.zeros(3)}, format=version[0], do_compression="compressed" in version)
    np.testing.assert_array_equal(load(stream.getvalue()).numbers("x", (None, 5)), array)


def test_numbers_and_texts_of_the_releases_are_read(shared: Path) -> None:
    files = [*(shared / "raw/utd_mhad").glob("*.mat"), *(shared / "raw/penn_action").glob("*.mat")]
    assert len(files) > 5
    for file in files:
        expected = {name: value for name, value in loadmat(file).items() if not name.startswith("__")}
        loaded = load(file.read_bytes())
        assert list(loaded.arrays) == list(expected)
        for name, value in expected.items():
            if value.dtype.kind == "U":
                assert loaded.text(name) == value.item()
            else:
                np.testing.assert_array_equal(loaded.numbers(name, value.shape), value)


def test_text_is_read() -> None:
    assert load(saved({"action": "baseball_pitch"})).text("action") == "baseball_pitch"
    wide = matrix(b"action", (1, 3), "b\xe4d".encode("utf-16-le"), kind=4, stored=4)
    assert load(HEADER + wide).text("action") == "b\xe4d"


def test_files_of_the_other_byte_order_are_read() -> None:
    header = HEADER[:124] + b"\x01\x00MI"
    content = header + matrix(b"x", (1, 2), struct.pack(">2d", 1.5, -2), order=">")
    assert load(content).numbers("x", (1, 2)).tolist() == [[1.5, -2.0]]


def test_structures_cells_and_sparse_arrays_are_not_loaded() -> None:
    cell = np.empty(2, dtype=object)
    cell[:] = [np.arange(3), "text"]
    content = saved({"a": {"b": 1.0}, "c": cell, "s": scipy.sparse.csc_array(np.eye(3)), "x": np.ones((1, 1))})
    assert list(load(content).arrays) == ["x"]


def test_complex_numbers_are_no_real_numbers() -> None:
    with pytest.raises(SkeletonFormatError, match="variable d: found no numbers; expected real numbers"):
        load(saved({"d": np.array([1 + 2j])})).numbers("d", (1, 1))


def test_a_trailing_axis_of_length_one_is_dropped_by_matlab() -> None:
    assert load(saved({"x": np.ones((4, 3))})).numbers("x", (4, 3, None)).shape == (4, 3, 1)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.ones((4, 3)), "found an array 4 x 3; expected frames x 2"),
        (np.ones((2, 2, 2)), "found an array 2 x 2 x 2; expected frames x 2"),
        (np.ones((0, 2)), "found an array 0 x 2; expected frames x 2"),
        (np.array([[1.0, 2.0], [3.0, np.nan]]), r"found nan at \(2, 2\); expected finite"),
        (np.array([[1.0, -np.inf]]), r"found -inf at \(1, 2\); expected finite"),
        (np.array([[1e39, 0]]), r"found 1e\+39 at \(1, 1\); expected finite"),
        ("ab", "found no numbers; expected real numbers"),
    ],
)
def test_a_variable_that_is_not_as_it_should_be_is_named(value: Any, message: str) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"clip\.mat, variable x: {message}.*release again"):
        load(saved({"x": value})).numbers("x", (None, 2))


def test_numbers_and_several_lines_are_no_line_of_text() -> None:
    for value in (1.0, ["ab", "cd"]):
        with pytest.raises(SkeletonFormatError, match="variable x: found no text"):
            load(saved({"x": value})).text("x")


def deep_cell(levels: int) -> bytes:
    """A cell in a cell in a cell, of which a recursive reader runs out of stack."""
    inner = b""
    for _ in range(levels):
        flags, axes = element(6, struct.pack("<II", 1, 0)), element(5, struct.pack("<2i", 1, 1))
        inner = element(14, flags + axes + element(1, b"") + inner)
    return inner[:8] + inner[8:]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no header of a MATLAB file"),
        (b"MATLAX" + HEADER[6:] + matrix(b"x", (1, 2), bytes(16)), "no header of a MATLAB file"),
        (bytes(200), "no readable MATLAB file|no variable"),
        (
            b"MATLAB 7.3 MAT-file, Platform".ljust(512),
            r"version 7\.3 file \(HDF5\); expected version 7. Save it with -v7",
        ),
        (HEADER + struct.pack("<II", 14, 2**32 - 1), "byte 128: found an unknown type or order"),
        (HEADER + element(9, bytes(8)), "byte 128: found an unknown type or order"),
        (HEADER + packed(element(9, bytes(8))), "byte 128: found an unknown type or order"),
        (HEADER + packed(b""), "byte 128: found an unknown type or order"),
        (HEADER + struct.pack("<II", 15, 4) + b"abcd", "byte 128: found a broken compressed element"),
        (HEADER + element(14, b""), "byte 128: found an unknown type or order"),
        (HEADER + matrix(b"x", (1, 2), b"\xff\xfe", kind=4, stored=99), "byte 128: found an unknown type or order"),
        (HEADER + matrix(b"x", (1, 2), bytes(16), stored=2**31), "byte 128: found an unknown type or order"),
        (HEADER + matrix(b"x", (2**31 - 1, 2**31 - 1), bytes(32)), "more numbers than a recording has"),
        (HEADER + matrix(b"x", (1000, 2), bytes(32)), "no readable MATLAB file"),
        (HEADER + matrix(b"x", (-1, 2), bytes(32)), "negative length"),
        (HEADER + matrix(b"x", (3, 2), bytes(32)), "no readable MATLAB file"),
        (HEADER + matrix(b"x", (2, 2), bytes(32)) * 2, "a variable twice"),
    ],
)
def test_a_broken_file_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"clip\.mat.*{message}"):
        load(content)


def test_cells_nested_without_end_are_not_read() -> None:
    content = HEADER + deep_cell(2000) + matrix(b"x", (1, 2), bytes(16))
    assert load(content).numbers("x", (1, 2)).tolist() == [[0, 0]]


def test_a_compressed_element_cut_short_is_refused() -> None:
    data = zlib.compress(matrix(b"x", (1, 100), np.random.default_rng(0).normal(size=100).tobytes()))[:-30]
    with pytest.raises(SkeletonFormatError, match="no readable MATLAB file"):
        load(HEADER + struct.pack("<II", 15, len(data)) + data)


def test_a_small_file_that_unpacks_to_much_takes_neither_memory_nor_time() -> None:
    bomb = zlib.compress(bytes(2**28), 9)
    content = HEADER + (struct.pack("<II", 15, len(bomb)) + bomb) * 20
    tracemalloc.start()
    started = time.perf_counter()
    with pytest.raises(SkeletonFormatError, match=r"byte 128: found \d+ bytes that unpack to more than"):
        load(content)
    assert time.perf_counter() - started < 2
    assert tracemalloc.get_traced_memory()[1] < 2**28
    tracemalloc.stop()


def test_many_elements_share_one_limit() -> None:
    whole = packed(matrix(b"x", (2**16, 1), bytes(2**19)))
    assert len(load(HEADER + whole).arrays) == 1
    with pytest.raises(SkeletonFormatError, match="unpack to more than"):
        load(HEADER + whole * 50)

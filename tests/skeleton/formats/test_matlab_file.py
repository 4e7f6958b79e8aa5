"""Facts of the variables in MATLAB files; the fakes are written by SciPy, and byte by byte after the public format."""

import io
import struct
import time
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from scipy.io import loadmat, savemat

from zeroskel.core import SkeletonFormatError
from zeroskel.skeleton.formats._matlab_file import MatlabFile, load_matlab, looks_like

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

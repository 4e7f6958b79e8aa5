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
from scipy.io import loadmat, savemat

from zeroskel.core import SkeletonFormatError
from zeroskel.skeleton.formats.matlab_arrays import MatlabArray, looks_like, matlab_arrays

FILE = Path("clip.mat")
HEADER = b"MATLAB 5.0 MAT-file, written by hand".ljust(124) + b"\x00\x01IM"


def saved(variables: dict[str, Any], *, compressed: bool = True) -> bytes:
    stream = io.BytesIO()
    savemat(stream, variables, do_compression=compressed)
    return stream.getvalue()


def variables(content: bytes) -> dict[str, MatlabArray]:
    return {array.name: array for array in matlab_arrays(content, FILE)}


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


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "bool"])
def test_numbers_are_those_that_scipy_reads(dtype: str, compressed: bool) -> None:
    array = np.random.default_rng(0).integers(0, 2 if dtype == "bool" else 100, size=(4, 3, 5)).astype(dtype)
    content = saved({"x": array, "other": np.zeros(3)}, compressed=compressed)
    found = variables(content)["x"].numbers((4, None, 5))
    np.testing.assert_array_equal(found, loadmat(io.BytesIO(content))["x"])
    np.testing.assert_array_equal(found, array)


def test_numbers_and_texts_of_the_releases_are_those_that_scipy_reads(shared: Path) -> None:
    files = [*(shared / "raw/utd_mhad").glob("*.mat"), *(shared / "raw/penn_action").glob("*.mat")]
    assert len(files) > 5
    for file in files:
        expected = {name: value for name, value in loadmat(file).items() if not name.startswith("__")}
        found = variables(file.read_bytes())
        assert list(found) == list(expected)
        for name, value in expected.items():
            if value.dtype.kind == "U":
                assert found[name].text() == value.item()
            else:
                np.testing.assert_array_equal(found[name].numbers(value.shape), value)


def test_text_is_read() -> None:
    assert variables(saved({"action": "baseball_pitch"}))["action"].text() == "baseball_pitch"
    wide = matrix(b"action", (1, 3), "bäd".encode("utf-16-le"), kind=4, stored=4)
    assert variables(HEADER + wide)["action"].text() == "bäd"


def test_files_of_the_other_byte_order_are_read() -> None:
    header = HEADER[:124] + b"\x01\x00MI"
    content = header + matrix(b"x", (1, 2), struct.pack(">2d", 1.5, -2), order=">")
    assert variables(content)["x"].numbers((1, 2)).tolist() == [[1.5, -2.0]]


def test_structures_cells_sparse_and_complex_arrays_are_passed_over() -> None:
    cell = np.empty(2, dtype=object)
    cell[:] = [np.arange(3), "text"]
    content = saved({"a": {"b": 1.0}, "c": cell, "d": np.array([1 + 2j]), "x": np.ones((1, 1))})
    assert list(variables(content)) == ["x"]


def test_a_trailing_axis_of_length_one_is_dropped_by_matlab() -> None:
    assert variables(saved({"x": np.ones((4, 3))}))["x"].numbers((4, 3, None)).shape == (4, 3, 1)


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
    array = variables(saved({"x": value}))["x"]
    with pytest.raises(SkeletonFormatError, match=rf"clip\.mat, variable x: {message}.*release again"):
        array.numbers((None, 2))


def test_numbers_are_no_text_and_bytes_must_be() -> None:
    with pytest.raises(SkeletonFormatError, match="variable x: found no text"):
        variables(saved({"x": 1.0}))["x"].text()
    broken = variables(HEADER + matrix(b"x", (1, 2), b"\xff\xfe", kind=4, stored=1))["x"]
    with pytest.raises(SkeletonFormatError, match="variable x: found bytes that are no text"):
        broken.text()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no header"),
        (bytes(200), "no header"),
        (HEADER[:124] + b"\x00\x01XX", "no header"),
        (
            b"MATLAB 7.3 MAT-file, Platform".ljust(512),
            r"version 7\.3 file \(HDF5\); expected level 5. Save it with -v7",
        ),
        (HEADER + b"\x0e\x00", "byte 128: found 2 bytes at the end of an element"),
        (HEADER + struct.pack("<II", 14, 2**32 - 1), "byte 128: found an element of 4294967295 bytes where 0 are left"),
        (HEADER + element(9, bytes(8)), "byte 128: found an element of type 9; expected a matrix"),
        (HEADER + packed(element(9, bytes(8))), "byte 128: found an element of type 9; expected a matrix"),
        (HEADER + packed(b""), "byte 128: found an element of type 0; expected a matrix"),
        (HEADER + struct.pack("<II", 15, 4) + b"abcd", "byte 128: found a broken compressed element"),
        (HEADER + element(14, b""), "byte 128: found array flags of 0 bytes"),
        (HEADER + element(14, element(6, struct.pack("<II", 6, 0))), "byte 128: found the lengths of axes in 0 bytes"),
    ],
)
def test_a_broken_file_is_refused_at_the_byte(content: bytes, message: str) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"clip\.mat.*{message}"):
        variables(content)


def test_a_compressed_element_cut_short_is_refused() -> None:
    data = zlib.compress(matrix(b"x", (1, 100), np.random.default_rng(0).normal(size=100).tobytes()))[:-30]
    with pytest.raises(SkeletonFormatError, match="byte 128: found a compressed element cut short"):
        variables(HEADER + struct.pack("<II", 15, len(data)) + data)


@pytest.mark.parametrize("shape", [(2**31 - 1, 2**31 - 1), (1000, 2), (-1, 2), (3, 2)])
def test_lengths_that_the_data_do_not_fill_are_refused(shape: tuple[int, int]) -> None:
    array = variables(HEADER + matrix(b"x", shape, bytes(32)))["x"]
    with pytest.raises(SkeletonFormatError, match=r"variable x: found (32 bytes for )?an array"):
        array.numbers((None, None))


def test_a_small_file_that_unpacks_to_much_takes_neither_memory_nor_time() -> None:
    bomb = zlib.compress(bytes(2**28), 9)
    content = HEADER + (struct.pack("<II", 15, len(bomb)) + bomb) * 20
    tracemalloc.start()
    started = time.perf_counter()
    with pytest.raises(SkeletonFormatError, match=r"byte 128: found \d+ bytes that unpack to more than"):
        variables(content)
    assert time.perf_counter() - started < 2
    assert tracemalloc.get_traced_memory()[1] < 2**28
    tracemalloc.stop()


def test_many_elements_share_one_limit() -> None:
    whole = packed(matrix(b"x", (2**16, 1), bytes(2**19)))
    assert len(variables(HEADER + whole)) == 1
    with pytest.raises(SkeletonFormatError, match="unpack to more than"):
        variables(HEADER + whole * 50)

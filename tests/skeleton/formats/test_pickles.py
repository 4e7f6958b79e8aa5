"""Facts of pickles of plain data: they are read, and nothing in a pickle is ever executed."""

import copyreg
import os
import pickle
import struct
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from zeroskel.core import SkeletonFormatError
from zeroskel.skeleton.formats import _pickles
from zeroskel.skeleton.formats._pickled_arrays import PickledArray
from zeroskel.skeleton.formats._pickles import load_pickle

FILE = Path("data.pkl")
PROTOCOLS = (0, 1, 2, 3, 4, 5)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(plain(child) for child in value)
    return value.array if isinstance(value, PickledArray) else value


NUMBERS = arrays(st.sampled_from(["f2", "f4", "<i8", ">u2", "?"]), array_shapes(min_dims=0, min_side=0, max_side=4))
LEAVES = st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.floats(allow_nan=False) | st.text() | NUMBERS
DATA = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner), max_leaves=20
)


@given(DATA, st.sampled_from(PROTOCOLS))
def test_whatever_plain_data_pickle_writes_is_read(data: Any, protocol: int) -> None:
    loaded = plain(load_pickle(pickle.dumps(data, protocol=protocol), FILE))
    assert repr(loaded) == repr(data)


def refused(content: bytes, actual: str) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"data\.pkl: found .*({actual}).*expected"):
        load_pickle(content, FILE)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_data_read_as_they_were(protocol: int) -> None:
    shared = [
        "é",
        "x" * 300,
        b"\x00\xff",
        None,
        True,
        False,
        0,
        -1,
        255,
        65535,
        2**31,
        -(2**90),
        0.5,
        (),
        (1,),
        (1, 2, 3, 4),
    ]
    data = {"a": shared, "again": shared, "b": {"c": [], "d": {}}, "tuples": ((1, 2), (1, 2, 3)), "n": "x" * 70000}
    assert plain(load_pickle(pickle.dumps(data, protocol=protocol), FILE)) == data


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", ["f2", "f4", "f8", ">f4", "i1", "u2", "i8", "?"])
def test_arrays_of_numbers_read_as_they_were(protocol: int, kind: str) -> None:
    rows = np.arange(24).reshape(2, 3, 4).astype(kind)
    for array in (rows, np.asfortranarray(rows), rows[:, ::2], rows[:0], np.array(3).astype(kind)):
        loaded = plain(load_pickle(pickle.dumps({"x": [array, array]}, protocol=protocol), FILE))["x"]
        assert loaded[0] is loaded[1] and loaded[0].dtype == array.dtype
        np.testing.assert_array_equal(loaded[0], array)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numpy_scalars_are_numbers(protocol: int) -> None:
    data = [np.int64(-3), np.float32(0.5), np.bool_(True)]
    loaded = load_pickle(pickle.dumps(data, protocol=protocol), FILE)
    assert loaded == [-3, 0.5, True] and [type(value) for value in loaded] == [int, float, bool]


def test_the_older_names_of_numpy_are_known() -> None:
    array = np.arange(3.0)
    for protocol in (2, 3, 4):
        content = pickle.dumps(array, protocol=protocol)
        old = content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
        if protocol == 4:
            old = old.replace(b"\x8c\x16numpy.core", b"\x8c\x15numpy.core")
            old = old.replace(content[2:11], b"\x95" + struct.pack("<Q", len(old) - 11))
        np.testing.assert_array_equal(load_pickle(old, FILE).array, array)


def test_arrays_are_views_of_the_file() -> None:
    content = pickle.dumps(np.zeros(10_000), protocol=5)
    assert not load_pickle(content, FILE).array.flags.owndata


class Runs:
    """Pickles itself as a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


class Plain:
    pass


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "nest", [lambda x: x, lambda x: [1, {"a": (2, x)}], lambda x: {"annotations": [{"keypoint": x}]}]
)
def test_no_call_is_made(protocol: int, nest: Any, tmp_path: Path) -> None:
    trace = tmp_path / "made"
    calls = {
        f"{os.system.__module__}.system": Runs(os.system, f"touch {trace}"),
        "builtins.eval|__builtin__.eval": Runs(eval, f"open({str(trace)!r}, 'w')"),
        "builtins.exec|__builtin__.exec": Runs(exec, f"open({str(trace)!r}, 'w')"),
        "open": Runs(open, str(trace), "w"),
        "builtins.getattr|__builtin__.getattr": Runs(getattr, os, "system"),
        "numpy.load": Runs(np.load, str(trace)),
        "_reconstructor|__newobj__|NEWOBJ|Plain": Plain(),
        "numpy": np.array([Runs(os.system, f"touch {trace}")], dtype=object),
        "numpy.*memmap": Runs(np.memmap, str(trace), "u1", "w+", 0, (4,)),
    }
    for actual, call in calls.items():
        try:
            content = pickle.dumps(nest(call), protocol=protocol)
        except (pickle.PicklingError, TypeError):  # modules cannot be pickled
            continue
        refused(content, f"({actual}|array of type 'O8')")
    assert not trace.exists()


def test_a_call_registered_with_copyreg_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(copyreg.dispatch_table, Plain, lambda _: (os.mkdir, (str(tmp_path / "made"),)))
    refused(pickle.dumps(Plain()), "mkdir")
    assert not (tmp_path / "made").exists()


def build(*parts: bytes) -> bytes:
    return b"\x80\x02" + b"".join(parts) + b"."


ARRAY = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
DTYPE = b"cnumpy\ndtype\nX\x02\x00\x00\x00f4\x89\x88\x87R"


def state(shape: bytes, data: bytes, dtype: bytes = DTYPE) -> bytes:
    return b"(K\x01" + shape + dtype + b"\x89" + b"C" + bytes([len(data)]) + data + b"tb"


def test_the_hand_made_array_is_sound() -> None:
    loaded = load_pickle(build(ARRAY, state(b"K\x02\x85", bytes(8))), FILE)
    np.testing.assert_array_equal(loaded.array, [0, 0])


@pytest.mark.parametrize(
    ("content", "actual"),
    [
        (build(ARRAY, state(b"K\x03\x85", bytes(8))), "8 bytes for an array of float32 with the shape"),
        (build(ARRAY, state(b"J\xff\xff\xff\xff\x85", bytes(8))), "an impossible shape"),
        (build(ARRAY, state(b"(" + b"K\x01" * 9 + b"t", bytes(4))), "an impossible shape"),
        (build(ARRAY, state(b"K\x02\x85", bytes(8), b"N")), "without bytes, type and shape"),
        (build(ARRAY, state(b"K\x02\x85", bytes(8)), state(b"K\x02\x85", bytes(8))), "a second state of an array"),
        (build(ARRAY, b"}b"), "without the operands"),
        (build(b"]}X\x01\x00\x00\x00aK\x01sb"), "no attribute '__dict__'"),
        (build(b"cnumpy\nndarray\n}b"), "a state for numpy.ndarray"),
        (build(DTYPE, b"(K\x03X\x01\x00\x00\x00!NNNK\x00K\x00K\x00tb"), "of other things than numbers"),
        (build(DTYPE, b"(K\x03X\x01\x00\x00\x00<}NNK\x00K\x00K\x00tb"), "of other things than numbers"),
        (build(DTYPE.replace(b"f4", b"O8")), "type 'O8', not of numbers"),
        (build(DTYPE.replace(b"f4", b"V4")), "type 'V4', not of numbers"),
        (build(b"cnumpy\nndarray\nK\x05\x85R"), "a call of numpy.ndarray"),
        (build(b"K\x01)R"), "not callable"),
        (build(b"c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86R"), "codec 'rot13'"),
        (build(b"c_codecs\nencode\nX\x02\x00\x00\x00\xc4\x80X\x06\x00\x00\x00latin1\x86R"), "without the operands"),
        (build(b"cos\nsystem\n"), "the name 'os.system'"),
        (build(b"cnumpy\nload\n"), "the name 'numpy.load'"),
        (build(b"c" + b"x" * 500), "the name 'xxx"),
        (build(b"cos\xff\nx\n"), "without the operands"),
        (build(b"K\x01K\x02\x93"), "STACK_GLOBAL requires str"),
        (build(b"Pid\n"), "PERSID"),
        (build(b"K\x01Q"), "BINPERSID"),
        (build(b"\x82\x01"), "EXT1"),
        (build(b"I" + b"9" * 5000 + b"\n"), "without the operands"),
        (build(b"L" + b"9" * 5000 + b"L\n"), "without the operands"),
        (build(b"\x8b\xff\xff\xff\x7f"), "LONG4"),
        (build(b"\x8f"), "EMPTY_SET"),
        (build(b"]q\x00(ios\nsystem\n"), "INST"),
        (build(b"\x97"), "NEXT_BUFFER"),
        (build(b"\xfe"), "0xfe"),
        (build(b"X\xff\xff\xff\xff"), "the end of the file"),
        (build(b"B\xff\xff\xff\xff"), "the end of the file"),
        (build(b"\x8e" + b"\xff" * 8), "exceeds system's maximum size"),
        (build(b"\x96" + b"\xff" * 7 + b"\x7f"), "the end of the file"),
        (build(b"\x95" + b"\xff" * 8), "frame size"),
        (build(b"X\x01\x00\x00\x00\xff"), "without the operands"),
        (build(b"})K\x02s"), "a key of a dict that is a tuple"),
        (build(b"}()K\x02u"), "a key of a dict that is a tuple"),
        (build(b"(K\x01d"), "no dict"),
        (build(b"}(K\x01u"), "no dict"),
        (build(b"]K\x01K\x02s"), "no dict"),
        (build(b"}K\x01a"), "no attribute 'append'"),
        (build(b"]K\x01e"), "without the operands"),
        (build(b"](("), "without the operands"),
        (build(b"(q\x00"), "without the operands"),
        (build(b"(a"), "without the operands"),
        (build(b"h\x05"), "Memo value not found"),
        (build(b"j\xff\xff\xff\xff"), "Memo value not found"),
        (build(b"a"), "without the operands"),
        (build(b""), "without the operands"),
        (b"", "bytes that start with"),
        (b"\x80\x06N.", "bytes that start with 80 06"),
        (b"(lp0\n", "the end of the file"),
        (b"PK\x03\x04\n", "PERSID"),
        (b"\x80\x02N", "the end of the file"),
    ],
)
def test_whatever_plain_data_do_not_need_is_refused(content: bytes, actual: str) -> None:
    refused(content, actual)


def test_a_memo_of_a_huge_number_takes_no_memory() -> None:
    assert load_pickle(build(b"Nr\xff\xff\xff\xff"), FILE) is None


def test_nesting_beyond_measure_is_only_data() -> None:
    content = build(b"]" * 300_000, b"a" * 299_999)
    assert len(load_pickle(content, FILE)) == 1


def test_lists_of_lists_of_the_same_list_stay_small() -> None:
    laugh = b"".join(
        b"](" + b"h" + bytes([level]) + (b"h" + bytes([level])) * 9 + b"eq" + bytes([level + 1]) for level in range(60)
    )
    started = time.perf_counter()
    assert len(load_pickle(build(b"]q\x00", laugh), FILE)) == 10
    deep = b"".join(
        b"h" + bytes([level]) + b"h" + bytes([level]) + b"\x86q" + bytes([level + 1]) + b"0" for level in range(60)
    )
    refused(build(b")q\x00", deep), "POP")
    assert time.perf_counter() - started < 1


def test_arrays_of_python_2_are_strings_of_bytes() -> None:
    text = b"U\x08" + np.array([1.5, -2], "<f4").tobytes()
    content = build(ARRAY, state(b"K\x02\x85", b"").replace(b"C\x00", text))
    np.testing.assert_array_equal(load_pickle(content, FILE).array, [1.5, -2])


def test_a_string_that_many_arrays_share_is_bytes_once() -> None:
    size = 2**20
    text = b"T" + struct.pack("<I", size) + bytes(size) + b"q\x01"
    first = ARRAY + state(b"J" + struct.pack("<I", size // 4) + b"\x85", b"").replace(b"C\x00", text)
    again = ARRAY + state(b"J" + struct.pack("<I", size // 4) + b"\x85", b"").replace(b"C\x00", b"h\x01")
    tracemalloc.start()
    assert len(load_pickle(build(b"](", first, again * 200, b"e"), FILE)) == 201
    assert tracemalloc.get_traced_memory()[1] < 20 * size
    tracemalloc.stop()


def test_strings_of_numpy_are_strings() -> None:
    for protocol in PROTOCOLS:
        loaded = load_pickle(pickle.dumps({"a": np.str_("clip"), "b": np.array(["x", "yz"])}, protocol=protocol), FILE)
        assert loaded["a"] == "clip" and loaded["b"].array.tolist() == ["x", "yz"]


@pytest.mark.parametrize("character", [0x110000, 0xD800, 2**32 - 1])
def test_strings_of_no_characters_are_refused(character: int) -> None:
    content = pickle.dumps({"a": np.array(["x"])}, protocol=4).replace(b"x\0\0\0", struct.pack("<I", character))
    refused(content, "no characters")


def test_an_array_without_numbers_is_empty_whatever_its_shape() -> None:
    assert load_pickle(build(ARRAY, state(b"K\x00J\xff\xff\xff\x7f\x86", b"")), FILE).array.size == 0


def test_the_shape_of_an_unfilled_array_allocates_nothing() -> None:
    huge = ARRAY.replace(b"K\x00\x85", b"J\xff\xff\xff\x7f\x85")
    np.testing.assert_array_equal(load_pickle(build(huge, state(b"K\x02\x85", bytes(8))), FILE).array, [0, 0])


@pytest.mark.parametrize("code", [b"\x8e", b"\x96", b"\x8d"])
def test_a_declared_length_allocates_nothing(code: bytes) -> None:
    tracemalloc.start()
    refused(build(code + struct.pack("<Q", 2**32)), "the end of the file")
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_names_cannot_be_changed_by_the_pickle() -> None:
    for name in (b"cnumpy\ndtype\n", b"cnumpy.core.multiarray\nscalar\n", b"c_codecs\nencode\n"):
        refused(build(name, b"N}X\x08\x00\x00\x00__call__K\x01s\x86b"), "a state for")


def test_instructions_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pickles, "_MOST_INSTRUCTIONS", 1000)
    refused(build(b"N" * 2000), "over 1000 instructions")


def test_a_tuple_that_takes_for_ever_to_hash_is_no_key() -> None:
    twice = b"".join(b"q" + bytes([level]) + b"h" + bytes([level]) + b"\x86" for level in range(80))
    refused(build(b"})", twice, b"Ns"), "a key of a dict that is a tuple")


def test_bytes_made_from_one_string_again_and_again_are_bounded() -> None:
    text = b"X" + struct.pack("<I", 10_000) + b"a" * 10_000 + b"q\x01"
    again = b"h\x00h\x01X\x06\x00\x00\x00latin1\x86Ra" * 1000
    refused(build(b"c_codecs\nencode\nq\x00]", text, b"a", again), "more bytes encoded from strings")


@pytest.mark.slow("hundreds of spoilt files")
def test_spoilt_files_are_read_or_refused(tmp_path: Path, withstands_mutations) -> None:
    for protocol in PROTOCOLS:
        folder = tmp_path / str(protocol)
        folder.mkdir()
        path = folder / "data.pkl"
        path.write_bytes(pickle.dumps({"a": [np.zeros(2, "f2"), 1, "text"], "b": (2.5, None)}, protocol=protocol))
        withstands_mutations("zeroskel.skeleton.formats._pickles:load_pickle", path, count=350, seed=protocol)
        (tmp_path / "mutations").rename(tmp_path / f"mutations{protocol}")

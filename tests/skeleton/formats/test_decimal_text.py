"""Decimal text is read as float() reads it, to the bit, and written as NumPy writes it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zeroskel.skeleton.formats.decimal_text import read_decimals, write_decimals

FORMATS = ["%.7g", "%.9g", "%.17g", "%.3f", "%.15f", "%d", "%.8e", "%r"]
singles = st.floats(-(2.0**40), 2.0**40, width=32)
near = st.floats(-20, 20, width=32)


def read(texts: list[str], tail: int = 20) -> np.ndarray:
    content = (" ".join(texts) + " " * tail).encode()
    ends = np.cumsum([len(text) + 1 for text in texts]) - 1
    return read_decimals(content, ends - [len(text) for text in texts], ends)


def assert_bits_equal(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(found.view(np.uint64), expected.view(np.uint64))


@given(st.lists(st.tuples(st.one_of(near, singles, st.floats(-9, 9)), st.sampled_from(FORMATS)), min_size=1))
def test_numbers_are_read_to_the_bit(pairs) -> None:
    texts = [form % number for number, form in pairs]
    assert_bits_equal(read(texts), np.array([float(text) for text in texts]))


@pytest.mark.parametrize("form", FORMATS)
def test_many_numbers_of_one_format_are_read_to_the_bit(form: str) -> None:
    scale = 10.0 ** np.random.default_rng(1).uniform(-7, 2, 20_000)
    texts = [form % number for number in (np.random.default_rng(0).normal(size=20_000) * scale).tolist()]
    assert_bits_equal(read(texts), np.array([float(text) for text in texts]))


@given(st.text("0123456789", min_size=1, max_size=17), st.booleans())
def test_digits_of_any_number_are_read_to_the_bit(digits: str, negative: bool) -> None:
    text = "-" * negative + f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    assert_bits_equal(read([text]), np.array([float(text)]))


@pytest.mark.parametrize(
    "text", ["-0.0", "-0", "0.1", "9.99999999999999", "1e-05", "-1.5e+3", "NaN", "-Infinity", "12.5"]
)
@pytest.mark.parametrize("tail", [0, 1, 30])
def test_other_forms_and_texts_without_more_behind_them(text: str, tail: int) -> None:
    assert_bits_equal(read([text], tail), np.array([float(text)]))


@pytest.mark.parametrize("text", ["1.2.3", "1.2x", "x", "-", "1.-5", "1.5:", "1./5"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        read([text])


def texts_of(numbers: np.ndarray) -> list[str]:
    return [bytes(row[row > 0]).decode("ascii") for row in write_decimals(numbers)]


@given(st.lists(st.one_of(near, singles, st.floats(-(2.0**-10), 2.0**-10, width=32)), min_size=1))
def test_numbers_are_written_as_numpy_does(numbers: list[float]) -> None:
    array = np.array(numbers, np.float32)
    assert texts_of(array) == [str(number) for number in array]


@pytest.mark.parametrize("rounded", [False, True])
def test_many_numbers_are_written_as_numpy_does_and_read_the_same(rounded: bool) -> None:
    rng = np.random.default_rng(2)
    array = (rng.normal(size=50_000) * 10.0 ** rng.uniform(-6, 2, 50_000)).astype(np.float32)
    array = array.round(4) if rounded else array
    texts = texts_of(array)
    assert texts == [str(number) for number in array]
    np.testing.assert_array_equal(read(texts).astype(np.float32), array)


def test_an_array_of_any_shape_is_written() -> None:
    assert write_decimals(np.ones((2, 3, 4), np.float32)).shape[:3] == (2, 3, 4)
    assert texts_of(np.zeros(0, np.float32)) == []

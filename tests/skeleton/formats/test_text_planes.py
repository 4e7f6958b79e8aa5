"""Facts of the rules on characters, against the same rules written as a regular expression."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zeroskel.skeleton.formats.text_planes import count_before, irregular_characters, next_in, planes_of

NUMBER = rb"-?[0-9]+(\.[0-9]+)?|\.[0-9]+"
REGULAR = {ending: re.compile(rb"((%b)(?: |%b))+" % (NUMBER, ending)) for ending in (b"\n", b"\r\n")}


def is_regular(text: bytes) -> bool:
    return text.endswith(b"\n") and any(pattern.fullmatch(text) for pattern in REGULAR.values())


numbers = st.one_of(
    st.floats(-10, 10).map(lambda number: b"%.7f" % number),
    st.integers(-999, 10**12).map(lambda number: b"%d" % number),
    st.sampled_from([b"1.2.3", b"-", b".", b"--1", b"1-2", b"1.", b".5", b"-.5", b"1e-05", b"NaN", b"+1", b"1/2", b""]),
    st.integers(1, 200).map(lambda length: b"7" * length),
)


@given(st.lists(numbers, min_size=1, max_size=40), st.sampled_from([b"\n", b"\r\n"]), st.integers(1, 5))
def test_a_regular_text_has_no_irregular_character_and_any_other_has(tokens, ending, width) -> None:
    lines = [b" ".join(tokens[start : start + width]) for start in range(0, len(tokens), width)]
    text = ending.join(lines) + ending
    irregular = irregular_characters(planes_of(text))
    if not any(len(token) > 64 for token in tokens):  # of tokens that long nothing is claimed
        assert (len(irregular) == 0) == is_regular(text)
    assert (np.diff(irregular) > 0).all() and (irregular < len(text)).all()


@given(st.lists(st.tuples(numbers, st.sampled_from([b" ", b"\n", b"\r\n", b"  ", b"\t", b"\r", b"\0"])), min_size=1))
def test_a_text_is_never_taken_for_regular_when_it_is_not(pairs) -> None:
    text = b"".join(token + separator for token, separator in pairs) + b"1\n"
    if len(irregular_characters(planes_of(text))) == 0:
        assert is_regular(text)


@given(st.lists(numbers, min_size=2, max_size=40))
def test_every_number_that_departs_has_an_irregular_character(tokens) -> None:
    words = [token for token in tokens if token]
    irregular = irregular_characters(planes_of(b" ".join(words) + b"\n"))
    at = 0
    for token in words:
        named = ((irregular >= at) & (irregular < at + len(token))).any()
        assert named or re.fullmatch(NUMBER, token)
        at += len(token) + 1


@pytest.mark.parametrize(
    ("text", "irregular"),
    [
        (b"1 -2.5\n", []),
        (b"1  2\n", [2]),
        (b" 1\n", [0]),
        (b"1\n\n2\n", [2]),
        (b"1.2.3\n", [3]),
        (b"1e-05\n", [1, 2]),
        (b"1\r\n2\r\n", []),
        (b"1\r\n2\n", [2, 4]),
        (b"1\r2\n", [3]),
        (b"\xc3\xa9\n", [0, 1]),
    ],
)
def test_irregular_characters_are_named(text: bytes, irregular: list[int]) -> None:
    assert irregular_characters(planes_of(text)).tolist() == irregular


@given(st.binary(min_size=1, max_size=300), st.data())
def test_characters_are_counted_and_found(text: bytes, data) -> None:
    text = text.replace(b"a", b" ")
    positions = data.draw(st.lists(st.integers(0, len(text) - 1), max_size=10))
    space = planes_of(text).space
    counts = count_before(space, np.array(positions, np.int64))
    assert counts.tolist() == [text[:position].count(b" ") for position in positions]
    found = next_in(space, np.array(positions, np.int64), 3)
    for column, position in zip(found.T.tolist(), positions, strict=True):
        places = [place for place in range(position, min(position + 64, len(text))) if text[place] == ord(" ")]
        assert column == (places + [position + 64] * 3)[:3]

"""Rules about the characters of a text, checked for all of it at once.

A plane has a bit a character, 64 characters a word, so that a rule about neighbours ("a minus sign only at the start")
is a shift and an AND for the whole text (G. Langdale and D. Lemire, Parsing Gigabytes of JSON per Second, 2019).
"""

from typing import NamedTuple

import numpy as np

NEWLINE, RETURN, SPACE, MINUS, DOT, ZERO, NINE = b"\n\r -.09"
_SIGNS = np.array([[DOT], [MINUS], [SPACE], [NEWLINE], [RETURN]], np.uint8)
_ALL, _ONE, _LAST = np.uint64(2**64 - 1), np.uint64(1), np.uint64(63)


class Planes(NamedTuple):
    """Of a text of `size` characters, which are of a kind: a bit a character, the first in the lowest bit of a word."""

    size: int
    dot: np.ndarray  # (words,) uint64, as the others
    minus: np.ndarray
    space: np.ndarray
    newline: np.ndarray
    carriage: np.ndarray
    digit: np.ndarray


def planes_of(content: bytes) -> Planes:
    """The planes of a text that is not empty."""
    characters, size = np.frombuffer(content, np.uint8), len(content)
    flags = np.empty((6, -(-size // 64) * 64), np.uint8)
    flags[:, size:] = 0
    np.equal(characters, _SIGNS, out=flags[:5, :size].view(bool))
    np.subtract(characters, ZERO, out=flags[5, :size])  # what is below "0" becomes large
    np.less_equal(flags[5, :size], NINE - ZERO, out=flags[5, :size].view(bool))
    return Planes(size, *np.packbits(flags.view(bool), axis=1, bitorder="little").view("<u8"))


def irregular_characters(planes: Planes) -> np.ndarray:
    """Positions where a text departs from numbers [-]digits[.digits] or .digits, one blank or line end apart.

    A line ends with a newline, or each line with a carriage return and a newline; so does the text. Of a number that
    departs at least one character is named; a number without any named is sure to be of the form. Where both line ends
    are mixed, every newline is named.

    Returns:
        (n,) int64 positions in rising order.
    """
    size, dot, minus, space, newline, carriage, digit = planes
    line_end = carriage if carriage.any() else newline
    separator = space | newline | carriage
    token = ~separator
    sign = dot | minus
    wrong = token ^ (digit | sign)
    wrong |= sign & ~_before(digit)
    after_separator = _after(separator)
    after_separator[0] |= _ONE
    wrong |= minus & ~after_separator
    wrong |= (space | line_end) & after_separator
    wrong |= _second_dots(token, dot)
    if line_end is carriage and not np.array_equal(carriage, _before(newline)):
        wrong |= newline
    if size % 64:  # the last word is longer than the text
        wrong[-1] &= _ALL >> np.uint64(64 - size % 64)
    words = np.flatnonzero(wrong)
    row, bit = np.nonzero(np.unpackbits(wrong[words, None].view(np.uint8), axis=1, bitorder="little"))
    return words[row] * 64 + bit


def next_in(plane: np.ndarray, starts: np.ndarray, count: int) -> np.ndarray:
    """Positions of the first `count` characters of a plane from each start on.

    Args:
        plane: (words,) uint64.
        starts: (n,) int64.

    Returns:
        (count, n) int64; 64 after the start where one is not among the 64 characters from there.
    """
    word, bit = starts >> 6, (starts & 63).astype(np.uint64)
    ahead = plane[word] >> bit
    ahead |= (np.append(plane[1:], np.uint64(0))[word] << _ONE) << (_LAST - bit)
    found = np.empty((count, len(starts)), np.int64)
    for row in found:
        place, ahead = _take_lowest(ahead)
        np.add(starts, place, out=row)
    return found


def count_before(plane: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """How many characters of a plane stand before each position, as int64; positions are inside the text."""
    words = np.zeros(len(plane) + 1, np.int64)
    np.cumsum(np.bitwise_count(plane), out=words[1:])
    word, bit = positions >> 6, (positions & 63).astype(np.uint64)
    return words[word] + np.bitwise_count(plane[word] & ((_ONE << bit) - _ONE))


def _take_lowest(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The place of the lowest bit of each word (64 where there is none), and the words without it."""
    without = words & (words - _ONE)
    return np.bitwise_count((words ^ without) - _ONE), without


def _after(plane: np.ndarray) -> np.ndarray:
    """Characters whose left neighbour is in the plane."""
    moved = plane << _ONE
    moved[1:] |= plane[:-1] >> _LAST
    return moved


def _before(plane: np.ndarray) -> np.ndarray:
    """Characters whose right neighbour is in the plane."""
    moved = plane >> _ONE
    moved[:-1] |= plane[1:] << _LAST
    return moved


def _second_dots(token: np.ndarray, dot: np.ndarray) -> np.ndarray:
    """Points that follow another one in the same token; in tokens of more than 64 characters more than those.

    To add a bit to a run of ones clears the run from there to its end: the carry travels. A second bit added in the
    cleared part stands alone and stays. So after adding the points to the tokens, only second points are still set.
    """
    total = token + dot
    carried = total[:-1] < token[:-1]  # into the next word; only a word of ones would pass it on
    total[1:] += carried.astype(np.uint64)
    total &= dot
    total[token == _ALL] = _ALL
    return total

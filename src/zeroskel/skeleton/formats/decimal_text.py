"""Decimal text to numbers and back, many at a time: the one place with arithmetic tricks, exact all the same.

Reading rests on two facts. A machine word holds eight characters, so that three multiplications turn eight digits into
an integer. And a whole number below 2**53 divided by a power of ten up to 10**22 is rounded once, so that the quotient
is the float64 nearest to the decimal, which is what float() gives (W. Clinger, How to Read Floating Point Numbers
Accurately, 1990). What does not fit goes through float(), one by one.
"""

import numpy as np

from zeroskel.skeleton.formats.text_planes import DOT, MINUS, ZERO

_MOST_DECIMALS = 14  # with the digit before the point 10**15 at most, which is below 2**53
_REACH = 19  # bytes that may be looked at: sign, digit, point, 16 digits
_INTEGER_POWERS = 10 ** np.arange(17, dtype=np.uint64)
_POWERS = _INTEGER_POWERS.astype(np.float64)
_MOST_WRITTEN = 13  # decimals of nine significant digits from 0.0001 on


def read_decimals(content: bytes, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Numbers in a text, each equal to float() of its characters.

    Args:
        content: the text.
        starts, ends: (n,) int64, where each number starts and where it has ended.

    Returns:
        (n,) float64.

    Raises:
        ValueError: one is not a number, as float() says it.
    """
    if starts.max(initial=0) > len(content) - _REACH:
        return _read_each(content, starts, ends)
    characters = np.frombuffer(content, np.uint8)
    negative = characters[starts] == MINUS
    at = starts + negative
    before = characters[at] - np.uint8(ZERO)  # one digit before the point
    at += 1
    easy = (before <= 9) & (characters[at] == DOT)
    at += 1
    count = ends - at
    easy &= (count > 0) & (count <= _MOST_DECIMALS)
    easy |= (before <= 9) & (count == -1)  # one digit, no point
    count *= easy
    np.maximum(count, 0, out=count)
    digits, sound = _eight_digits(content, at, np.minimum(count, 8))
    easy &= sound
    longer = np.flatnonzero(count > 8)
    if len(longer):
        rest = count[longer] - 8
        more, sound = _eight_digits(content, at[longer] + 8, rest)
        digits[longer] = digits[longer] * _INTEGER_POWERS[rest] + more
        easy[longer] &= sound
    power = _POWERS.take(count)
    numbers = (digits + before * power) / power
    numbers = np.where(negative, -numbers, numbers)
    hard = np.flatnonzero(~easy)
    if len(hard):
        numbers[hard] = _read_each(content, starts[hard], ends[hard])
    return numbers


def write_decimals(numbers: np.ndarray) -> np.ndarray:
    """The shortest texts that read as the same float32, as str() of a NumPy float32 writes them.

    Args:
        numbers: (...) float32, finite.

    Returns:
        (..., W) uint8 characters; the zero bytes among them are not part of the text.
    """
    exact = np.abs(numbers.astype(np.float64))
    decimals, digits = np.zeros(numbers.shape, np.int64), np.zeros(numbers.shape, np.uint64)
    open_ = (exact == 0) | ((exact >= 1e-4) & (exact < 9.5))
    hard = ~open_
    for count in range(1, _MOST_WRITTEN + 1):
        nearest = np.rint(exact * _POWERS.take(count))
        found = open_ & ((nearest / _POWERS.take(count)).astype(np.float32) == exact)
        decimals[found], digits[found] = count, nearest[found]
        open_ &= ~found
        if not open_.any():
            break
    hard |= open_
    longest = int(decimals.max(initial=1))
    others = [np.frombuffer(str(number).encode(), np.uint8) for number in numbers[hard]]
    texts = np.zeros((*numbers.shape, max([longest + 3, *map(len, others)])), np.uint8)
    texts[..., 0] = np.where(np.signbit(numbers), MINUS, 0)
    texts[..., 2] = DOT
    for place in range(longest, 0, -1):  # the last digit first
        there = decimals >= place
        digits, digit = np.where(there, digits // 10, digits), digits % 10
        texts[..., 2 + place] = np.where(there, digit + ZERO, 0)
    texts[..., 1] = digits + ZERO
    for index, other in zip(np.argwhere(hard), others, strict=True):
        texts[tuple(index)] = np.pad(other, (0, texts.shape[-1] - len(other)))
    return texts


def _read_each(content: bytes, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    pairs = zip(starts.tolist(), ends.tolist(), strict=True)
    return np.array([float(content[start:end]) for start, end in pairs], np.float64)


def _eight_digits(content: bytes, starts: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The integers that `count` (at most 8) characters from each start on spell, and whether all are digits."""
    words = np.ndarray((len(content) - 7,), "<u8", content, strides=(1,))[starts]  # the first character is lowest
    bits = count.astype(np.uint64) << _EIGHT
    words <<= _WIDTH - bits  # characters after the number fall off; NumPy defines a shift by 64: nothing is left
    words |= _DIGIT_ZEROS >> bits
    sixes = words + _SIXES
    sixes &= _HIGH_HALVES
    sixes >>= np.uint64(4)
    sixes |= words & _HIGH_HALVES
    words &= _LOW_HALVES
    for factor, shift, mask in _JOIN:
        words *= factor
        words >>= shift
        words &= mask
    return words, sixes == _THREES


_EIGHT, _WIDTH = np.uint64(3), np.uint64(64)  # a factor of eight as a shift
# "0" to "9" are 0x30 to 0x39: the high half of the byte is 3, and still 3 after 6 is added.
_DIGIT_ZEROS, _HIGH_HALVES, _LOW_HALVES, _SIXES, _THREES = (
    np.uint64(0x0101010101010101 * byte) for byte in (ZERO, 0xF0, 0x0F, 6, 0x33)
)
# Neighbours are joined: digits to pairs (10 a + b), pairs to fours, fours to eight. A factor of 10 * 2**8 + 1 puts
# 10 a + b into the byte of b, whence the shift takes it to the byte of a; and so on with twice the width.
_JOIN = [
    (np.uint64(factor), np.uint64(shift), np.uint64(mask))
    for factor, shift, mask in (
        (10 * 2**8 + 1, 8, 0x00FF00FF00FF00FF),
        (100 * 2**16 + 1, 16, 0x0000FFFF0000FFFF),
        (10000 * 2**32 + 1, 32, 0x00000000FFFFFFFF),
    )
]

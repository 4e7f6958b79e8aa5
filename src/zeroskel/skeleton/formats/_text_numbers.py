"""Lines of numbers, parsed by NumPy; a line that does not fit is named."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np

from zeroskel.core.errors import SkeletonFormatError
from zeroskel.skeleton.formats._named_joints import LARGEST

COPY_AGAIN = "The file is cut short or altered: take it from the release again"


def number_table(
    lines: Sequence[str],
    width: int,
    expected: str,
    file: Path,
    *,
    line_number: Callable[[int], int] = lambda row: row + 1,
    columns: Sequence[int] | None = None,
) -> np.ndarray:
    """Return the numbers of lines that all hold the same count of numbers.

    Args:
        lines: The text of each line, without blank lines.
        width: The count of numbers in every line.
        expected: What a line holds, for the message.
        file: The path, for the message.
        line_number: Gives the number in the file, from 1, of a row of `lines`, for the message.
        columns: The columns to read, the last one of the line among them; None reads all. Others are not parsed.

    Returns:
        The numbers, float64, shape (len(lines), number of columns), all finite in float32.

    Raises:
        SkeletonFormatError: A line does not hold `width` fields, or a field that is read is no finite number.
    """
    read = range(width) if columns is None else columns
    try:
        numbers = _parsed(lines, width, columns)
    except ValueError:
        _refuse_first_wrong_line(lines, width, read, expected, file, line_number)
    wrong = ~(np.abs(numbers) <= LARGEST)
    if wrong.any():
        row = int(np.argmax(wrong.any(axis=1)))
        column = read[int(np.argmax(wrong[row]))]
        refuse_line(file, line_number(row), repr(lines[row].split()[column][:60]), f"{expected}, all finite")
    return numbers


def _parsed(lines: Sequence[str], width: int, columns: Sequence[int] | None) -> np.ndarray:
    if not lines[0].strip():  # NumPy would only warn of lines without data
        raise ValueError("a blank line")
    if columns is None:
        numbers = np.loadtxt(lines, comments=None, ndmin=2)
        fits = numbers.shape == (len(lines), width)
    else:
        numbers = np.loadtxt(lines, comments=None, ndmin=2, usecols=(*columns, -1))
        # A line is no longer than it should be where its last field is the last of the columns.
        fits = len(numbers) == len(lines) and np.array_equal(numbers[:, -2], numbers[:, -1], equal_nan=True)
        numbers = numbers[:, :-1]
    if not fits:
        raise ValueError("lines of other widths")
    return numbers


def is_number(field: str) -> bool:
    """Return whether NumPy reads the field as one number."""
    try:
        return bool(field.strip()) and np.loadtxt([field], comments=None, ndmin=1).shape == (1,)
    except ValueError:
        return False


def refuse_line(file: Path, number: int, actual: str, expected: str) -> NoReturn:
    """Raise SkeletonFormatError that names the line (from 1), its content and what was expected."""
    raise SkeletonFormatError(f"{file}, line {number}: found {actual}; expected {expected}. {COPY_AGAIN}")


def _refuse_first_wrong_line(
    lines: Sequence[str],
    width: int,
    columns: Sequence[int],
    expected: str,
    file: Path,
    line_number: Callable[[int], int],
) -> NoReturn:
    for row, line in enumerate(lines):
        fields = line.split()
        if len(fields) != width:
            refuse_line(file, line_number(row), f"{len(fields)} fields", expected)
        for column in columns:
            if not is_number(fields[column]):
                refuse_line(file, line_number(row), repr(fields[column][:60]), expected)
    raise SkeletonFormatError(f"{file}: its lines cannot be parsed; expected {expected} in each. {COPY_AGAIN}")

"""Parts that all parsers share: the file, its text, lines of numbers, refusals, and joints matched by name."""

import logging
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np

from zeroskel.core._layout import Layout, canonical_joint, get_layout, layout_of_joints
from zeroskel.core.errors import FileLayoutError, InputError, LayoutError, MissingFileError, SkeletonFormatError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.inference._joint_names import match_names, match_numbers
from zeroskel.skeleton.transforms._placing import fill_joints, place_joints

COPY_AGAIN = "The file is cut short or altered: take it from the release again"
LARGEST = 3.4028235e38  # rounds to the largest float32, in which joints are kept
MOST_FILE_BYTES = 2**28  # of the file of one recording
_MOST_BYTES = 2**30  # of one sequence: a small file must not claim the memory of a machine
_LONGEST_NAME = 100

LayoutChoice = str | Layout | None  # a layout, its name, or None for that of the file

log = logging.getLogger(__name__)


def existing_file(path: str | os.PathLike[str]) -> Path:
    """Return the path as a Path. Raises MissingFileError or InputError when no file can be read there."""
    file = Path(path)
    if not file.exists():
        raise MissingFileError(f"{file}: there is no such file; check the path")
    if not file.is_file():
        raise InputError(f"{file}: found a folder or device, expected a file; name one recording")
    if not os.access(file, os.R_OK):
        raise InputError(f"{file}: the file may not be read; change its permissions")
    return file


def file_content(path: str | os.PathLike[str]) -> tuple[bytes, Path]:
    """Return what a file holds, and its path. Raises as existing_file, and SkeletonFormatError for an endless file."""
    file = existing_file(path)
    if (size := file.stat().st_size) > MOST_FILE_BYTES:
        most = f"one recording of at most {MOST_FILE_BYTES >> 20} MiB"
        refuse(file, "", f"{size / 2**20:.0f} MiB", most, "Cut it into shorter ones")
    return file.read_bytes(), file


def text_of(content: bytes, file: Path) -> str:
    """Return the text of a file with newlines as line ends and without a byte order mark.

    Raises:
        SkeletonFormatError: The content is not UTF-8.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse(file, f"byte {error.start}", "bytes that are not UTF-8 text", "text", "Save it as UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def lines_of(content: bytes, file: Path) -> list[str]:
    """Return the lines of a text file without the blank ones at its end; one empty line for an empty file."""
    return text_of(content, file).rstrip().splitlines() or [""]


def unobserved(shape: tuple[int, ...], file: Path) -> np.ndarray:
    """Return float32 joints of that shape, all NaN; refused when a sequence of that size cannot be meant."""
    if math.prod(shape) * 4 > _MOST_BYTES:
        actual = f"bodies, frames, joints and channels of {shape}, more than {_MOST_BYTES >> 20} MiB"
        refuse(file, "", actual, "one recording", "Cut it into shorter ones or correct the counts in it")
    return np.full(shape, np.nan, np.float32)


def named_sequence(
    joints: np.ndarray, joint_names: Sequence[str] | None, layout: LayoutChoice, fps: float, file: Path
) -> SkeletonSequence:
    """Return the sequence of joints (M, T, V, C) or (T, V, C) of a file; see arrange_joints."""
    arranged, target = arrange_joints(joints, joint_names, layout, file=file)
    return SkeletonSequence(arranged, target, fps)


def arrange_joints(
    joints: np.ndarray, joint_names: Sequence[str] | None, layout: LayoutChoice, *, file: Path
) -> tuple[np.ndarray, Layout]:
    """Return joints in the order of a layout, matched by name.

    Args:
        joints: (..., V, C) real numbers, not integers, in the order of the file.
        joint_names: V names in the file's spelling, or None when the file has none.
        layout: the layout wanted; None takes that of the names.
        file: named in errors and warnings.

    Returns:
        (..., V', C) joints and their layout; joints that the file lacks follow from others, else they are NaN.

    Raises:
        FileLayoutError: no layout fits, or more than one does.
        SkeletonFormatError: names repeated or not as many as joints.
    """
    wanted = None if layout is None else get_layout(layout)
    if joint_names is None:
        match = match_numbers(joints.shape[-2], joints.shape[-1], wanted, file)
        return joints[..., [*match.columns.values()], :], match.layout
    distinct = {name.strip().lower() for name in joint_names if len(name) < _LONGEST_NAME}
    if len(joint_names) != joints.shape[-2] or len(distinct) != len(joint_names):
        actual = f"joint names {', '.join(joint_names)[:300]} for {joints.shape[-2]} joints"
        refuse(file, "", actual, "as many names, none of them twice or endless", "Correct the names")
    if wanted is not None and tuple(joint_names) == wanted.joints:
        return joints, wanted
    native, columns = _match(joint_names, wanted, file)
    target = wanted or native
    arranged = np.full((*joints.shape[:-2], len(native.joints), joints.shape[-1]), np.nan, joints.dtype)
    arranged[..., native.indices(columns), :] = joints[..., list(columns.values()), :]
    arranged = fill_joints(arranged, native, columns)
    return (arranged if native == target else place_joints(arranged, native, target)), target


def _match(joint_names: Sequence[str], wanted: Layout | None, file: Path) -> tuple[Layout, dict[str, int]]:
    """Return the layout of the names, and its joints -> their indices. Few joints are read where a layout is named."""
    try:
        native = layout_of_joints(joint_names)
        return native, {canonical_joint(name, native): index for index, name in enumerate(joint_names)}
    except LayoutError:  # joints of no known layout
        pass
    try:
        match = match_names(joint_names, wanted, file)
    except FileLayoutError:
        joints = [] if wanted is None else [canonical_joint(name, wanted) for name in joint_names]
        columns = {joint: index for index, joint in enumerate(joints) if wanted is not None and joint in wanted.joints}
        if wanted is None or not columns:
            raise
        return wanted, columns
    for note in match.notes:
        log.warning("%s: %s", file, note)
    return match.layout, match.columns


def number_table(
    lines: Sequence[str],
    width: int,
    expected: str,
    file: Path,
    *,
    line_number: Callable[[int], int] = lambda row: row + 1,
    columns: Sequence[int] | None = None,
    remedy: str = COPY_AGAIN,
) -> np.ndarray:
    """Return the numbers of lines that all hold the same count of numbers.

    Args:
        lines: The text of each line, without blank lines.
        width: The count of numbers in every line.
        expected: What a line holds, for the message.
        file: The path, for the message.
        line_number: Gives the number in the file, from 1, of a row of `lines`, for the message.
        columns: The columns to read, the last one of the line among them; None reads all. Others are not parsed.
        remedy: What the user should do, for the message.

    Returns:
        The numbers, float64, shape (len(lines), number of columns), all finite in float32.

    Raises:
        SkeletonFormatError: A line does not hold `width` fields, or a field that is read is no finite number.
    """
    try:
        return _parsed(lines, width, columns)
    except ValueError:
        pass  # the first wrong line is found below
    for row, line in enumerate(lines):
        fields = line.split()
        if len(fields) != width:
            refuse_line(file, line_number(row), f"{len(fields)} fields", expected, remedy)
        read = fields if columns is None else [fields[column] for column in columns]
        if finite_numbers(read) is None:
            wrong = next(field for field in read if finite_numbers([field]) is None)
            refuse_line(file, line_number(row), repr(wrong[:60]), f"{expected}, all finite", remedy)
    refuse(file, "", "lines that cannot be parsed", f"{expected} in each", remedy)


def _parsed(lines: Sequence[str], width: int, columns: Sequence[int] | None) -> np.ndarray:
    """Return the numbers of all lines. Raises ValueError when one of them is wrong."""
    if not lines[0].strip():  # NumPy would only warn of lines without data
        raise ValueError("a blank line")
    if columns is None:
        numbers = np.loadtxt(lines, comments=None, ndmin=2)
        fits = numbers.shape == (len(lines), width)
    else:
        numbers = np.loadtxt(lines, comments=None, ndmin=2, usecols=columns)
        # No line is too short, as the last of its fields is read; none is too long where the count of all fields fits.
        fits = len(numbers) == len(lines) and len(" ".join(lines).split()) == width * len(lines)
    if not fits or not (np.abs(numbers) <= LARGEST).all():
        raise ValueError("lines of other widths, or numbers that are not finite")
    return numbers


def finite_numbers(fields: Sequence[str]) -> list[float] | None:
    """Return the fields as numbers that are finite in float32; None where a field is no such number."""
    text = "".join(fields)
    if "_" in text or not text.isascii():  # Python reads 1_000 and digits of other scripts
        return None
    try:
        numbers = [float(field) for field in fields]
    except ValueError:
        return None
    return numbers if all(abs(number) <= LARGEST for number in numbers) else None


def refuse(file: Path, position: str, actual: str, expected: str, remedy: str = COPY_AGAIN) -> NoReturn:
    """Raise SkeletonFormatError that names the position in the file ("" for none) and what was found and expected."""
    location = f"{file}, {position}" if position else f"{file}"
    raise SkeletonFormatError(f"{location}: found {actual}; expected {expected}. {remedy}")


def refuse_line(file: Path, number: int, actual: str, expected: str, remedy: str = COPY_AGAIN) -> NoReturn:
    """Raise SkeletonFormatError that names the line (from 1), its content and what was expected."""
    refuse(file, f"line {number}", actual, expected, remedy)

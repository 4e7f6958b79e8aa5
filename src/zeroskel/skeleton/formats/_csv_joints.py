"""CSV of joints: a header row, then a row a frame (wide) or a row a joint (long).

Wide: columns `<joint>_x`, `<joint>_y`, `<joint>_z` (also `<joint>.x` or `HipCenterX`), and where wanted `frame`, `time`
and `body`. Long: columns `frame` or `time`, `body` where wanted, `joint`, `x`, `y`, `z`. Without z the joints are 2-D.
An empty cell or "nan" is what was not observed; columns of other names are left out. A frame number that is skipped is
a frame in which nothing was observed.
"""

import csv
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from zeroskel.core._files import atomic_path
from zeroskel.core._layout import Layout
from zeroskel.core.errors import SkeletonFormatError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._parsing import LARGEST, arrange_joints, text_of, unobserved

_COORDINATE = re.compile(r"(?P<joint>.+)[_.\- ](?P<axis>[xyzXYZ])|(?P<joint2>.*[a-z0-9])(?P<axis2>[XYZ])")
_TIMES = {  # column name -> seconds a unit; None: told by magnitude
    "time": None,
    "timestamp": None,
    "time_s": 1.0,
    "timestamp_s": 1.0,
    "time_ms": 0.001,
    "timestamp_ms": 0.001,
}
_JOINT = ("joint",)
_BODIES = ("body", "body_id", "person", "person_id")
_MOST_SPAN = 10  # frame numbers may span this many times the frames that are there, or 1000


@dataclass(frozen=True)
class _Sheet:
    """The header and the rows of a file, with the line on which each row ends."""

    file: Path
    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    def column(self, names: Sequence[str]) -> int | None:
        """Return index of the first column of one of these names, letter case aside."""
        return next((index for index, cell in enumerate(self.header) if cell.strip().lower() in names), None)

    def numbers(self, columns: Sequence[int]) -> np.ndarray:
        """Return (rows, columns) float64; NaN where a cell is empty."""
        values = np.empty((len(self.rows), len(columns)))
        for row, cells in enumerate(self.rows):
            for position, column in enumerate(columns):
                values[row, position] = self._number(row, column, cells[column])
        return values

    def _number(self, row: int, column: int, cell: str) -> float:
        if not cell.strip():
            return float("nan")
        try:
            value = float(cell)
        except ValueError:
            value = float("inf")
        if abs(value) > LARGEST:
            self.refuse(
                row, f"{cell[:60]!r} in column {self.header[column]}", "a finite number, or an empty cell for NaN"
            )
        return value

    def refuse(self, row: int, actual: str, expected: str) -> NoReturn:
        raise SkeletonFormatError(
            f"{self.file}, line {self.lines[row]}: found {actual}; expected {expected}. Correct the row or remove it"
        )


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so has a header row with coordinates of joints."""
    first = head.decode("utf-8-sig", errors="replace").lstrip().split("\n", 1)[0]
    header = first.rstrip("\r").split(_delimiter(first))
    return _is_long(header) or {"x", "y"} <= {axis for axes in _coordinate_columns(header).values() for axis in axes}


def parse(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """Parse a CSV of joints, wide or long.

    The frame rate comes from the time stamps: one over the mean of those steps that are within half and one and a half
    of the median step, so that gaps do not count. A column `time_s` or `time_ms` says its unit; for `time` and
    `timestamp` steps below 1 are taken as seconds and steps of 1 to 1000 as milliseconds.

    The arguments are those of zeroskel.skeleton.formats.parse.

    Returns:
        A sequence with joints (M, T, V, C) in metres, bodies in order of first appearance.

    Raises:
        SkeletonFormatError: not such a file; the message names the line and the column.
    """
    sheet = _read_sheet(text_of(content, file), file)
    joint = _joint_of_rows(sheet) if _is_long(sheet.header) else None
    names, channels, columns = _wide_columns(sheet) if joint is None else _long_columns(sheet)
    body, bodies = _body_of_rows(sheet)
    frame = _frame_of_rows(sheet, rows_share_frames=bodies is not None or joint is not None)
    position = (body, frame) if joint is None else (body, frame, joint)
    _refuse_repeated(sheet, np.stack(position, axis=1))
    joints = unobserved((bodies or 1, int(frame.max()) + 1, len(names), channels), file)
    joints[position] = sheet.numbers(columns).reshape(len(body), *joints.shape[len(position) :])
    rate = _frame_rate(sheet, frame) if fps is None else fps
    arranged, matched_layout = arrange_joints(joints, names, layout, file=file)
    return SkeletonSequence(arranged, matched_layout, 30.0 if rate is None else rate)


def write(sequence: SkeletonSequence, path: str | os.PathLike[str]) -> None:
    """Write a sequence as a wide CSV: frame, time_s, body, then `<joint>_x`, `<joint>_y`, `<joint>_z`.

    NaN is an empty cell. The frame rate is kept by the time stamps: a sequence of one frame loses it.
    """
    axes = "xyz"[: sequence.channels]
    text = sequence.joints.reshape(sequence.bodies, sequence.frames, -1).astype("U32")
    text[text == "nan"] = ""
    with atomic_path(Path(path)) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(
            ["frame", "time_s", "body", *(f"{joint}_{axis}" for joint in sequence.layout.joints for axis in axes)]
        )
        for frame in range(sequence.frames):
            for body in range(sequence.bodies):
                writer.writerow([frame, frame / sequence.fps, body, *text[body, frame]])


def _delimiter(line: str) -> str:
    return max(",;\t", key=line.count)


def _is_long(header: Sequence[str]) -> bool:
    return {"joint", "x", "y"} <= {cell.strip().lower() for cell in header}


def _coordinate_columns(header: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return joint -> axis -> index of the column."""
    columns: dict[str, dict[str, int]] = {}
    for index, cell in enumerate(header):
        if match := _COORDINATE.fullmatch(cell.strip()):
            joint, axis = match["joint"] or match["joint2"], (match["axis"] or match["axis2"]).lower()
            columns.setdefault(joint, {}).setdefault(axis, index)
    return columns


def _read_sheet(text: str, file: Path) -> _Sheet:
    reader = csv.reader(text.split("\n"), delimiter=_delimiter(text.lstrip().split("\n", 1)[0]))
    header: list[str] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for cells in reader:
            if not header:
                header = cells
            elif any(cell.strip() for cell in cells):
                rows.append(cells)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise SkeletonFormatError(
            f"{file}, line {reader.line_num}: not CSV: {error}; expected cells and quotes"
        ) from error
    sheet = _Sheet(file, header, rows, lines)
    used = max((index + 1 for index, cell in enumerate(header) if cell.strip()), default=0)
    for row, cells in enumerate(rows):
        if len(cells) < used or any(cell.strip() for cell in cells[len(header) :]):
            sheet.refuse(row, f"{len(cells)} cells", f"{used} as in the header")
    if not rows:
        raise SkeletonFormatError(f"{file}: found {len(header)} header cells and no row; expected a row a frame")
    return sheet


def _wide_columns(sheet: _Sheet) -> tuple[list[str], int, list[int]]:
    """Return joint names, channels, and the columns in the order joint, axis."""
    columns = _coordinate_columns(sheet.header)
    axes = next((sorted(actual) for actual in columns.values()), [])
    if axes not in (["x", "y"], ["x", "y", "z"]):
        raise SkeletonFormatError(
            f"{sheet.file}, line 1: found columns {', '.join(sheet.header)[:200]}; expected <joint>_x, <joint>_y, "
            "<joint>_z, or frame, joint, x, y, z. Rename the columns"
        )
    for joint, actual in columns.items():
        if sorted(actual) != axes:
            raise SkeletonFormatError(
                f"{sheet.file}, line 1: found {joint} with {', '.join(sorted(actual))}; expected {', '.join(axes)} as "
                f"for {next(iter(columns))}. Complete or remove its columns"
            )
    return list(columns), len(axes), [actual[axis] for actual in columns.values() for axis in axes]


def _long_columns(sheet: _Sheet) -> tuple[list[str], int, list[int]]:
    """Return joint names in order of first appearance, channels, and the columns of x, y and z."""
    columns = [column for axis in "xyz" if (column := sheet.column((axis,))) is not None]
    return list(dict.fromkeys(_texts(sheet, _JOINT))), len(columns), columns


def _joint_of_rows(sheet: _Sheet) -> np.ndarray:
    return _numbered(_texts(sheet, _JOINT))


def _body_of_rows(sheet: _Sheet) -> tuple[np.ndarray, int | None]:
    """Return (rows,) body index of each row, and the number of bodies, None without a column of bodies."""
    if sheet.column(_BODIES) is None:
        return np.zeros(len(sheet.rows), dtype=np.int64), None
    body = _numbered(_texts(sheet, _BODIES))
    return body, int(body.max()) + 1


def _texts(sheet: _Sheet, names: Sequence[str]) -> list[str]:
    column = sheet.column(names)
    assert column is not None
    return [row[column].strip() for row in sheet.rows]


def _numbered(texts: list[str]) -> np.ndarray:
    """Return (rows,) the place of each text among the distinct ones, in order of first appearance."""
    order = {text: index for index, text in enumerate(dict.fromkeys(texts))}
    return np.array([order[text] for text in texts])


def _frame_of_rows(sheet: _Sheet, *, rows_share_frames: bool) -> np.ndarray:
    """Return (rows,) frame index of each row, from frame numbers, else timestamps, else the order of the rows."""
    column = sheet.column(("frame",))
    if column is not None:
        return _from_frame_numbers(sheet, sheet.numbers([column])[:, 0])
    if not rows_share_frames:
        return np.arange(len(sheet.rows))
    column = sheet.column(tuple(_TIMES))
    if column is None:
        raise SkeletonFormatError(
            f"{sheet.file}, line 1: found rows of bodies or joints without a frame; expected a column frame or time. "
            "Add one"
        )
    times = sheet.numbers([column])[:, 0]
    if np.isnan(times).any():
        sheet.refuse(int(np.argmax(np.isnan(times))), "no time", "a number in every row")
    return np.unique(times, return_inverse=True)[1]


def _from_frame_numbers(sheet: _Sheet, numbers: np.ndarray) -> np.ndarray:
    wrong = ~((np.abs(numbers) < 2**53) & (numbers == np.floor(numbers)))
    if wrong.any():
        row = int(np.argmax(wrong))
        sheet.refuse(row, f"frame {numbers[row]:g}", "a whole number")
    present = len(np.unique(numbers))
    span = numbers.max() - numbers.min() + 1
    if span > max(_MOST_SPAN * present, 1000):
        sheet.refuse(
            int(np.argmax(numbers)),
            f"frame {numbers.max():.0f}, so {present} frames spread over {span:.0f}",
            f"a span of at most {_MOST_SPAN} times the frames, or 1000",
        )
    return (numbers - numbers.min()).astype(np.int64)


def _refuse_repeated(sheet: _Sheet, keys: np.ndarray) -> None:
    first = np.unique(keys, axis=0, return_index=True)[1]
    if len(first) < len(keys):
        row = min(set(range(len(keys))) - set(first.tolist()))
        sheet.refuse(row, "a frame, body or joint a second time", "one row for each")


def _frame_rate(sheet: _Sheet, frame: np.ndarray) -> float | None:
    """Return frames a second from the time stamps, None without; see read_csv_joints for the unit."""
    column = sheet.column(tuple(_TIMES))
    frames, first = np.unique(frame, return_index=True)
    if column is None or len(frames) < 2:
        return None
    steps = np.diff(sheet.numbers([column])[first, 0]) / np.diff(frames)
    forward = steps[steps > 0]
    typical = np.median(forward) if len(forward) else np.nan
    step = float(forward[(forward >= 0.5 * typical) & (forward <= 1.5 * typical)].mean()) if len(forward) else np.nan
    unit = _TIMES[sheet.header[column].strip().lower()]
    seconds = step * (unit or (1.0 if step < 1 else 0.001))
    if not 1e-6 <= seconds <= (1.0 if unit is None else np.inf):
        raise SkeletonFormatError(
            f"{sheet.file}, column {sheet.header[column]}: found steps of {step:g}; expected seconds or milliseconds "
            "that grow. Give fps, or name the column time_s or time_ms"
        )
    return float(f"{1 / seconds:.9g}")  # 30, not 30.000000000000004

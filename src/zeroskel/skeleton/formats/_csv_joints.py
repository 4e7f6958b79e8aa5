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
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._parsing import (
    LARGEST,
    LayoutChoice,
    named_sequence,
    refuse,
    refuse_line,
    text_of,
    unobserved,
)

_COORDINATE = re.compile(r"(?P<joint>.+)[_.\- ](?P<axis>[xyzXYZ])|(?P<joint2>.*[a-z0-9])(?P<axis2>[XYZ])")
# Column name -> seconds a unit; None: told by magnitude.
_TIMES = {"time": None, "timestamp": None, "time_s": 1.0, "timestamp_s": 1.0, "time_ms": 0.001, "timestamp_ms": 0.001}
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
        cells = (self._number(row, column) for row in range(len(self.rows)) for column in columns)
        return np.fromiter(cells, np.float64).reshape(len(self.rows), len(columns))

    def _number(self, row: int, column: int) -> float:
        cell = self.rows[row][column]
        try:
            value = float(cell) if cell.strip() else np.nan
        except ValueError:
            value = np.inf
        if abs(value) > LARGEST:
            actual = f"{cell[:60]!r} in column {self.header[column]}"
            self.refuse(row, actual, "a finite number, or an empty cell for NaN")
        return value

    def numbered(self, names: Sequence[str]) -> tuple[list[str], np.ndarray]:
        """Return the distinct texts of a column, by first appearance, and the (rows,) index of that of each row.

        Without a column of one of these names, all rows have the same text.
        """
        column = self.column(names)
        texts = ["" if column is None else row[column].strip() for row in self.rows]
        order = {text: index for index, text in enumerate(dict.fromkeys(texts))}
        return list(order), np.array([order[text] for text in texts])

    def refuse(self, row: int, actual: str, expected: str) -> NoReturn:
        refuse_line(self.file, self.lines[row], actual, expected, "Correct the row or remove it")


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so has a header row with coordinates of joints."""
    first = head.decode("utf-8-sig", errors="replace").lstrip().split("\n", 1)[0]
    header = first.rstrip("\r").split(_delimiter(first))
    return _is_long(header) or {"x", "y"} <= {axis for axes in _coordinate_columns(header).values() for axis in axes}


def parse(content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None) -> SkeletonSequence:
    """Parse a CSV of joints, wide or long; the arguments are those of zeroskel.skeleton.formats.parse.

    The frame rate comes from the time stamps: one over the mean of those steps that are within half and one and a half
    of the median step, so that gaps do not count. A column `time_s` or `time_ms` says its unit; for `time` and
    `timestamp` steps below 1 are taken as seconds and steps of 1 to 1000 as milliseconds.

    Returns:
        A sequence with joints (M, T, V, C) in metres, bodies in order of first appearance.

    Raises:
        SkeletonFormatError: not such a file; the message names the line and the column.
    """
    sheet = _read_sheet(text_of(content, file), file)
    is_long = _is_long(sheet.header)
    bodies, body = sheet.numbered(_BODIES)
    position = [body, _frame_of_rows(sheet, rows_share_frames=is_long or sheet.column(_BODIES) is not None)]
    if is_long:
        names, joint = sheet.numbered(("joint",))
        columns = [column for axis in "xyz" if (column := sheet.column((axis,))) is not None]
        position.append(joint)
        channels = len(columns)
    else:
        names, columns = _wide_columns(sheet)
        channels = len(columns) // len(names)
    first = np.unique(np.stack(position, axis=1), axis=0, return_index=True)[1]
    if repeated := set(range(len(body))) - set(first.tolist()):
        sheet.refuse(min(repeated), "a frame, body or joint a second time", "one row for each")
    joints = unobserved((len(bodies), int(position[1].max()) + 1, len(names), channels), file)
    joints[tuple(position)] = sheet.numbers(columns).reshape(len(body), *joints.shape[len(position) :])
    rate = _frame_rate(sheet, position[1]) if fps is None else fps
    return named_sequence(joints, names, layout, rate, file)


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
    sheet = _Sheet(file, [], [], [])
    try:
        for cells in reader:
            if not sheet.header:
                sheet.header.extend(cells)
            elif any(cell.strip() for cell in cells):
                sheet.rows.append(cells)
                sheet.lines.append(reader.line_num)
    except csv.Error as error:
        refuse_line(file, reader.line_num, f"no CSV ({error})", "cells and quotes", "Correct the row or remove it")
    header = sheet.header
    used = max((index + 1 for index, cell in enumerate(header) if cell.strip()), default=0)
    for row, cells in enumerate(sheet.rows):
        if len(cells) < used or any(cell.strip() for cell in cells[len(header) :]):
            sheet.refuse(row, f"{len(cells)} cells", f"{used} as in the header")
    if not sheet.rows:
        refuse(file, "", f"{len(header)} header cells and no row", "a row a frame", "Add the rows")
    return sheet


def _wide_columns(sheet: _Sheet) -> tuple[list[str], list[int]]:
    """Return joint names, and the columns in the order joint, axis."""
    columns = _coordinate_columns(sheet.header)
    axes = next((sorted(actual) for actual in columns.values()), [])
    if axes not in (["x", "y"], ["x", "y", "z"]):
        expected = "<joint>_x, <joint>_y, <joint>_z, or frame, joint, x, y, z"
        refuse_line(sheet.file, 1, f"columns {', '.join(sheet.header)[:200]}", expected, "Rename the columns")
    for joint, actual in columns.items():
        if sorted(actual) != axes:
            expected = f"{', '.join(axes)} as for {next(iter(columns))}"
            remedy = "Complete or remove its columns"
            refuse_line(sheet.file, 1, f"{joint} with {', '.join(sorted(actual))}", expected, remedy)
    return list(columns), [actual[axis] for actual in columns.values() for axis in axes]


def _frame_of_rows(sheet: _Sheet, *, rows_share_frames: bool) -> np.ndarray:
    """Return (rows,) frame index of each row, from frame numbers, else timestamps, else the order of the rows."""
    column = sheet.column(("frame",))
    if column is not None:
        return _from_frame_numbers(sheet, sheet.numbers([column])[:, 0])
    if not rows_share_frames:
        return np.arange(len(sheet.rows))
    column = sheet.column(tuple(_TIMES))
    if column is None:
        refuse_line(sheet.file, 1, "rows of bodies or joints without a frame", "a column frame or time", "Add one")
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
        actual = f"frame {numbers.max():.0f}, so {present} frames spread over {span:.0f}"
        sheet.refuse(int(np.argmax(numbers)), actual, f"a span of at most {_MOST_SPAN} times the frames, or 1000")
    return (numbers - numbers.min()).astype(np.int64)


def _frame_rate(sheet: _Sheet, frame: np.ndarray) -> float:
    """Return frames a second from the time stamps, 30 without; see parse for the unit."""
    column = sheet.column(tuple(_TIMES))
    frames, first = np.unique(frame, return_index=True)
    if column is None or len(frames) < 2:
        return 30.0
    steps = np.diff(sheet.numbers([column])[first, 0]) / np.diff(frames)
    forward = steps[steps > 0]
    typical = np.median(forward) if len(forward) else np.nan
    step = float(forward[(forward >= 0.5 * typical) & (forward <= 1.5 * typical)].mean()) if len(forward) else np.nan
    unit = _TIMES[sheet.header[column].strip().lower()]
    seconds = step * (unit or (1.0 if step < 1 else 0.001))
    if not 1e-6 <= seconds <= (1.0 if unit is None else np.inf):
        remedy = "Give fps, or name the column time_s or time_ms"
        position = f"column {sheet.header[column]}"
        refuse(sheet.file, position, f"steps of {step:g}", "seconds or milliseconds that grow", remedy)
    return float(f"{1 / seconds:.9g}")  # 30, not 30.000000000000004

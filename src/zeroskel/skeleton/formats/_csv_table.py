"""Text of a CSV file as header rows and a table of cells, of any encoding, separator and decimal mark."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from zeroskel.skeleton.formats._parsing import LARGEST, refuse, refuse_line

if TYPE_CHECKING:
    import pandas as pd

MISSING = ("", "nan", "na", "n/a", "#n/a", "null", "none", "-", "-nan", "nan(ind)", "-nan(ind)", "#div/0!")
_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?")
_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+([eE][-+]?\d+)?")
_COMMENT = ("#", "%", "//")
_HEAD_LINES = 64  # in which the header is looked for
_MOST_COLUMNS = 20_000
_SHORTEST_CUT = 10  # rows of a file whose last row may be cut short


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of a file below its header.

    Attributes:
        file: path of the file, for messages.
        head: cells of the lines above the first row of data, without blank ones; empty for a file without a header.
        cells: the cells of the rows, numbers where all cells of a column are numbers, NaN where a cell is empty.
        lines: (rows,) line of the file on which each row stands, from 1.
        notes: what to say of rows that were left out.
    """

    file: Path
    head: list[list[str]]
    cells: "pd.DataFrame"
    lines: np.ndarray
    notes: tuple[str, ...] = ()

    def numbers(self, columns: Sequence[int], labels: Sequence[str]) -> np.ndarray:
        """Return (rows, columns) float64; NaN where a cell is empty. Refuses text and numbers that are not finite."""
        for column, kind in zip(columns, self.cells.dtypes.iloc[list(columns)], strict=True):
            if kind.kind not in "fiub":
                self._refuse_text(column, labels)
        values = self.cells.iloc[:, list(columns)].to_numpy(np.float64)
        if (wrong := np.abs(values) > LARGEST).any():
            row, index = np.argwhere(wrong)[0]
            label = labels[columns[index]] or f"{columns[index] + 1}"
            self._refuse_cell(int(row), f"{values[row, index]:g}", label)
        return values

    def texts(self, column: int) -> list[str]:
        """Return the text of each cell of a column; a whole number has no decimal point."""
        series = self.cells[column]
        if series.dtype.kind == "f":
            return ["" if value != value else f"{value:.15g}" for value in series]
        return ["" if value != value else str(value).strip() for value in series]

    def _refuse_text(self, column: int, labels: Sequence[str]) -> NoReturn:
        import pandas as pd

        series = self.cells[column]
        wrong = pd.to_numeric(series, errors="coerce").isna() & series.notna()
        row = int(np.argmax(wrong))
        self._refuse_cell(row, repr(str(series.iloc[row])[:60]), labels[column] or f"{column + 1}")

    def _refuse_cell(self, row: int, actual: str, label: str) -> NoReturn:
        self.refuse(row, f"{actual} in column {label[:60]}", "a finite number, or an empty cell for NaN")

    def refuse(self, row: int, actual: str, expected: str) -> NoReturn:
        """Raise SkeletonFormatError that names the line of a row."""
        refuse_line(self.file, int(self.lines[row]), actual, expected, "Correct the row or remove it")


def decoded(content: bytes) -> str | None:
    """Return the text of UTF-8, UTF-16 or Windows-1252 bytes with newlines as line ends; None for other content."""
    encodings: tuple[str, ...] = ("utf-8-sig", "cp1252")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ("utf-16",)
    elif content[1:2] == b"\0":
        encodings = ("utf-16-le",)
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text.replace("\r\n", "\n").replace("\r", "\n")
    return None


def numbered_lines(text: str) -> list[tuple[int, str]]:
    """Return the lines that hold more than separators, each with its number from 1, without Excel's `sep=` line."""
    lines = enumerate(text.split("\n"), 1)
    return [(number, line) for number, line in lines if line.strip(' ,;\t|"') and not line.lower().startswith("sep=")]


def separator_of(lines: Sequence[str]) -> str:
    r"""Return the separator of cells: the first of tab, semicolon, bar and comma that most lines share, else " "."""
    for candidate in "\t;|,":
        counts = [line.count(candidate) for line in lines]
        if sum(count > 0 for count in counts) * 2 > len(counts) or counts[:1] > [2]:
            return candidate
    return " "


def split_cells(line: str, separator: str) -> list[str]:
    """Return the cells of one line, without quotes and blanks around them."""
    if separator == " ":
        return line.split()
    if '"' not in line:
        return [cell.strip() for cell in line.split(separator)]
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])]


def header_of(lines: Sequence[str], separator: str) -> tuple[list[list[str]], int]:
    """Return the cells of the lines above the first row of data, without comments, and the index of that row."""
    rows = [split_cells(line, separator) for line in lines]
    is_data = [_is_data(row) for row in rows]
    start = min(1, len(rows))
    for index, row in enumerate(rows):
        following = is_data[index : index + 6]
        if is_data[index] and sum(following) >= 0.8 * len(following) and not _counts_up(row):
            start = index
            break
    widest = max(map(len, rows), default=0)
    head = []
    for row in rows[:start]:
        if not row[0].startswith(_COMMENT):
            head.append(row)
        elif len(row) >= max(widest - 1, 3):  # the header of numpy.savetxt
            head.append([row[0].lstrip("#%/ "), *row[1:]][len(row) - widest if row[0] in _COMMENT else 0 :])
    return head, start


def _is_data(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell.lower() not in MISSING]
    numbers = sum(_NUMBER.fullmatch(cell) is not None for cell in filled)
    return not row[0].startswith(_COMMENT) and numbers * 2 >= len(filled) and (numbers > 0 or not filled)


def _counts_up(row: Sequence[str]) -> bool:
    """Return whether a row is the header 0, 1, 2 … that tables without column names are saved with."""
    numbers = row[1:] if row[0] == "" else row
    return len(numbers) > 3 and list(numbers) in ([str(n + first) for n in range(len(numbers))] for first in (0, 1))


def read_table(content: bytes, file: Path) -> Table:
    """Return the rows of a file and the cells above them.

    Raises:
        SkeletonFormatError: no text, no row, rows of other widths, or quotes that do not end.
    """
    text = decoded(content)
    if text is None:
        refuse(file, "", "bytes that are no text", "text in UTF-8 or UTF-16", "Save the table as CSV UTF-8")
    numbered = numbered_lines(text)
    first_lines = [line for _, line in numbered[:_HEAD_LINES]]
    for number, line in numbered:
        if line.count('"') % 2:
            refuse_line(file, number, "a quote that does not end", "cells and quotes", "Correct the row or remove it")
    separator = separator_of(first_lines)
    head, start = header_of(first_lines, separator)
    rows = [(number, line) for number, line in numbered[start:] if not line.lstrip().startswith(_COMMENT)]
    if not rows:
        refuse(file, "", f"{max(map(len, head), default=0)} header cells and no row", "a row a frame", "Add the rows")
    widths = [
        len(split_cells(line, separator)) if '"' in line or separator == " " else line.count(separator) + 1
        for _, line in rows
    ]
    used = _used_width(head, widths)
    notes: tuple[str, ...] = ()
    if widths[-1] < used and len(rows) >= _SHORTEST_CUT:
        del rows[-1], widths[-1]
        notes = ("the last row is cut short and was left out",)
    for (number, line), width in zip(rows, widths, strict=True):
        if width < used or (width > used and head and any(split_cells(line, separator)[_full_width(head) :])):
            expected = f"{used} as in the header" if head else f"{used} as in the other rows"
            refuse_line(file, number, f"{width} cells", expected, "Correct the row or remove it")
    lines = np.array([number for number, _ in rows])
    if max(widths) > _MOST_COLUMNS:
        refuse(file, "", f"{max(widths)} columns", f"at most {_MOST_COLUMNS}", "Save a row a frame")
    cells = _parsed([line for _, line in rows], separator, max(widths), file)
    return Table(file, head, cells, lines, notes)


def _full_width(head: Sequence[Sequence[str]]) -> int:
    return max(map(len, head), default=0)


def _used_width(head: Sequence[Sequence[str]], widths: Sequence[int]) -> int:
    """Return the number of cells that each row must have."""
    if not head:
        return max(set(widths), key=widths.count)
    return max((index + 1 for row in head for index, cell in enumerate(row) if cell), default=0)


def _parsed(lines: Sequence[str], separator: str, width: int, file: Path) -> "pd.DataFrame":
    import pandas as pd

    sample = [cell for line in lines[:_HEAD_LINES] for cell in split_cells(line, separator)]
    decimal = "," if any(_DECIMAL_COMMA.fullmatch(cell) for cell in sample) else "."
    missing = [*MISSING, *map(str.upper, MISSING), *map(str.capitalize, MISSING), "NaN"]
    try:
        return pd.read_csv(
            io.StringIO("\n".join(lines)),
            sep=r"\s+" if separator == " " else separator,
            header=None,
            names=range(width),
            index_col=False,
            decimal=decimal,
            na_values=missing,
            keep_default_na=False,
            skipinitialspace=True,
            low_memory=False,
        )
    except (ValueError, pd.errors.ParserError, OverflowError) as error:
        refuse(file, "", f"no CSV ({str(error)[:120]})", "rows of cells", "Save the table again as CSV UTF-8")

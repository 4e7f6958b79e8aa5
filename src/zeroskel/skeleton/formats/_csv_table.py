"""Text of a CSV file as header rows and a table of cells, of any encoding, separator and decimal mark."""

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from zeroskel.skeleton.formats._csv_header import header_of
from zeroskel.skeleton.formats._csv_text import COMMENT, MISSING, decoded, numbered_lines, separator_of, split_cells
from zeroskel.skeleton.formats._csv_vectors import split_vectors
from zeroskel.skeleton.formats._parsing import LARGEST, refuse, refuse_line

if TYPE_CHECKING:
    import pandas as pd

_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+([eE][-+]?\d+)?")
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


def plain(label: str) -> str:
    """Return the letters and digits of a column name in small letters."""
    return re.sub(r"[\W_]+", "", label.lower())


def column_named(labels: Sequence[str], names: Sequence[str], used: Sequence[int] = ()) -> int | None:
    """Return the column that has the first of these names; None where no column has one."""
    spelled = [None if index in used else plain(label) for index, label in enumerate(labels)]
    return next((spelled.index(name) for name in names if name in spelled), None)


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
    rows = [(number, line) for number, line in numbered[start:] if not line.lstrip().startswith(COMMENT)]
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
        if width < used or (width > used and any(split_cells(line, separator)[max(map(len, head), default=used) :])):
            expected = f"{used} as in the header" if head else f"{used} as in the other rows"
            refuse_line(file, number, f"{width} cells", expected, "Correct the row or remove it")
    lines = np.array([number for number, _ in rows])
    if max(widths) > _MOST_COLUMNS:
        refuse(file, "", f"{max(widths)} columns", f"at most {_MOST_COLUMNS}", "Save a row a frame")
    cells = _parsed([line for _, line in rows], separator, max(widths), file)
    return Table(file, *split_vectors(head, cells), lines, notes)


def _used_width(head: Sequence[Sequence[str]], widths: Sequence[int]) -> int:
    """Return the number of cells that each row must have."""
    if not head:
        return Counter(widths).most_common(1)[0][0]
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

"""Rows above the data of a CSV file, and the labels of columns that follow from them."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from zeroskel.skeleton.formats._csv_columns import column_of
from zeroskel.skeleton.formats._csv_text import COMMENT, MISSING, split_cells

_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?")


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
        if not row[0].startswith(COMMENT):
            head.append(row)
        elif len(row) >= max(widest - 1, 3):  # the header of numpy.savetxt
            head.append([row[0].lstrip("#%/ "), *row[1:]][len(row) - widest if row[0] in COMMENT else 0 :])
    return head, start


def _is_data(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell.lower() not in MISSING]
    numbers = sum(_NUMBER.fullmatch(cell) is not None for cell in filled)
    return not row[0].startswith(COMMENT) and numbers * 2 >= len(filled) and (numbers > 0 or not filled)


def _counts_up(row: Sequence[str]) -> bool:
    """Return whether a row is the header 0, 1, 2 … that tables without column names are saved with."""
    numbers = row[1:] if row[0] == "" else row
    return len(numbers) > 3 and list(numbers) in ([str(n + first) for n in range(len(numbers))] for first in (0, 1))


def labels_of(head: Sequence[Sequence[str]]) -> list[str]:
    """Return the label of each column from the header rows, several rows joined as DeepLabCut and Motive write them."""
    if not head:
        return []
    width = max(map(len, head))
    rows = [[*row, *[""] * (width - len(row))] for row in head]
    axis_row = next((row for row in reversed(rows) if _is_axis_row(row)), None)
    if axis_row is None:
        labels = max(reversed(rows), key=lambda row: (_worth(row), sum(map(bool, row))))
        return labels if _worth(labels) else _with_axes(labels)
    first = next(index for index, cell in enumerate(axis_row) if _bare_axis(cell))
    above = [row for row in rows[: rows.index(axis_row)] if sum(map(bool, row[first:])) > 1]
    if not above:
        counts: Counter[str] = Counter()
        for index, cell in enumerate(axis_row):
            if cell in ("x", "y", "z", "X", "Y", "Z"):
                axis_row[index] = f"{cell}{counts[cell]}"
                counts[cell] += 1
        return axis_row
    names = _filled(_name_row(above, first), first)
    people = next((row for row in above if row[0].lower() in ("individuals", "individual")), None)
    kinds = next((row for row in above if {"position", "rotation"} & {cell.lower() for cell in row}), None)
    types = next((row for row in above if "Bone" in row[first:]), None)
    labels = [next((row[index] for row in reversed(rows) if row[index]), "") for index in range(width)]
    for index in range(first, width):
        labels[index] = ""
        is_position = kinds is None or kinds[index].lower() == "position"
        if is_position and (types is None or types[index] == "Bone") and axis_row[index]:
            axis = re.sub(r"\d+$", "", axis_row[index]) if _bare_axis(axis_row[index]) else axis_row[index]
            labels[index] = f"{people[index]}:{names[index]}_{axis}" if people else f"{names[index]}_{axis}"
    return labels


def _with_axes(labels: list[str]) -> list[str]:
    """Return labels with axes where names stand three times in turn: Head, Head.1, Head.2, or Head[0], or headx."""
    names = [re.sub(r"([\[(._\s]*[0-3][\])]*|(?<=[a-z])[xyz])$", "", label) for label in labels]
    runs = [(name, len(list(run))) for name, run in groupby(names)]
    triples = sum(length for name, length in runs if name and length == 3)
    if triples < 6 or triples * 2 < len(labels):
        return labels
    spelled = [[f"{name}_{axis}" for axis in "xyz"] if name and length == 3 else None for name, length in runs]
    pairs = zip(runs, spelled, strict=True)
    ends = np.cumsum([length for _, length in runs])
    named = [axes or labels[end - run[1] : end] for (run, axes), end in zip(pairs, ends, strict=True)]
    return [label for group in named for label in group]


def _bare_axis(cell: str) -> bool:
    return re.fullmatch(r"[xyzXYZ]\d*", cell) is not None


def _is_axis_row(row: Sequence[str]) -> bool:
    axes = [cell[0].lower() for cell in row if _bare_axis(cell)]
    numbers = {cell[1:] for cell in row if _bare_axis(cell)}
    return axes.count("x") > 1 and (len(numbers) == 1 or len(numbers) * 2 <= len(axes))


def _worth(row: Sequence[str]) -> int:
    return sum(column is not None and column.kind in ("x", "y", "z") for column in map(column_of, row))


def _name_row(rows: Sequence[Sequence[str]], first: int) -> Sequence[str]:
    words = ("name", "bodyparts", "bodypart", "joint", "joints", "marker", "markers", "segment", "landmark", "keypoint")
    for row in rows:
        if any(cell.lower().strip("#: ") in words for cell in row[:first]):
            return row
    return max(rows, key=lambda row: len({cell for cell in row[first:] if cell}))


def _filled(row: Sequence[str], first: int) -> list[str]:
    """Return a row of names where an empty cell has the name to its left, as merged cells are saved."""
    names = list(row)
    for index in range(first + 1, len(names)):
        names[index] = names[index] or names[index - 1]
    return names

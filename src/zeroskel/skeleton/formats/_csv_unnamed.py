"""Tables without column names: how many leading columns are frame or time, and how many numbers a point has."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from zeroskel.core._files import resource_table
from zeroskel.core._layout import available_layouts, get_layout
from zeroskel.skeleton.formats._csv_table import Table
from zeroskel.skeleton.formats._parsing import LayoutChoice, refuse_line

_CHANNELS = (3, 4, 2)  # x, y, z; with a confidence; x, y
_MOST_LEADING = 3
_NAME_THEM = "Add a header with column names, or name the layout of the numbers with --layout"
_LANDMARKS_OF_TUTORIALS = (258, 1662)  # MediaPipe's pose with visibility, then hands and face without


def is_numbered(labels: list[str]) -> bool:
    """Return whether labels are a common word and numbers that count up, such as V1, V2, V3 or 0, 1, 2."""
    labels = labels[1:] if labels[:1] == [""] else labels
    parts = [(label.rstrip("0123456789"), label) for label in labels]
    if len(labels) < 6 or len({word for word, _ in parts}) != 1:
        return False
    numbers = [label[len(word) :] for word, label in parts]
    if not all(number.isdigit() and len(number) < 6 for number in numbers):
        return False
    return [int(number) for number in numbers] == list(range(int(numbers[0]), int(numbers[0]) + len(numbers)))


def point_columns(values: np.ndarray, count: int | None) -> tuple[int, int, int] | None:
    """Return the leading columns, the points and the numbers a point, of (rows, columns) numbers; None: no way.

    Args:
        values: numbers of the file; NaN where a cell is empty.
        count: points that the caller's layout has; None takes the counts of known layouts.
    """
    counts = {count} if count else usual_counts()
    if values.shape[1] in _LANDMARKS_OF_TUTORIALS and count in (None, 33):
        return 0, 33, 4
    fitting = [ways for ways in _ways(values) if ways[1] in counts]
    if fitting:
        return fitting[0]
    return next((ways for ways in _ways(values) if ways[2] == 3), None) if count is None else None


def _ways(values: np.ndarray) -> Iterator[tuple[int, int, int]]:
    width = values.shape[1]
    for leading in range(min(_MOST_LEADING, width - 4) + 1):
        if leading and not _grows(values[:, leading - 1]):
            return
        if leading == 0 and len(values) > 2 and _grows(values[:, 0]) and (width - 1) % 3 == 0:
            continue  # a first column that grows all the time is a frame number or the time
        for channels in _CHANNELS:
            points, rest = divmod(width - leading, channels)
            last = values[:, leading + channels - 1 :: channels]
            if rest == 0 and points > 1 and (channels == 2 or channels == 3 or _is_confidence(last)):
                yield leading, points, channels


@cache
def usual_counts() -> frozenset[int]:
    """Return the numbers of points that estimators and sensors give."""
    layouts = {len(get_layout(name).joints) for name in available_layouts()}
    return frozenset(layouts | {entry["points"] for entry in resource_table("joint_names.toml")["numbers"]})


def unnamed_points(table: Table, layout: LayoutChoice) -> tuple[np.ndarray, list[str]]:
    """Return the points (rows, points, channels) of a table without column names, and names for its columns."""
    columns = [column for column in range(table.cells.shape[1]) if table.cells[column].dtype.kind in "fiu"]
    values = table.numbers(columns, [""] * table.cells.shape[1])
    count = None if layout is None else len(get_layout(layout).joints)
    ways = point_columns(values, count)
    usual = usual_counts() if count is None else {count}
    if len(columns) > 1 and (ways is None or ways[1] not in usual) and (values[:, -1] == np.floor(values[:, -1])).all():
        ways = point_columns(values[:, :-1], count) or ways  # the last number is a class
    if ways is None:
        wanted = "a multiple of 3 numbers a row" if layout is None else f"the numbers of {get_layout(layout).name}"
        refuse_line(table.file, int(table.lines[0]), f"{len(columns)} numbers and no column names", wanted, _NAME_THEM)
    leading, count, channels = ways
    points = values[:, leading : leading + count * channels].reshape(len(values), count, channels)
    labels = [""] * table.cells.shape[1]
    for column in columns[:leading]:
        whole = table.cells[column].dtype.kind in "iu" and (np.diff(table.cells[column]) == 1).all()
        labels[column] = "frame" if whole else "time"
    return without_confidence(points), labels


def without_confidence(points: np.ndarray) -> np.ndarray:
    """Return points (..., channels) with 2 or 3 coordinates, NaN where a further number, a confidence, is 0."""
    if points.shape[-1] == 4:
        return np.where(points[..., 3:] == 0, np.nan, points[..., :3])
    if points.shape[-1] == 3 and _is_two_dimensional(points):
        return np.where(points[..., 2:] == 0, np.nan, points[..., :2])
    return points


def zeros_as_missing(points: np.ndarray) -> np.ndarray:
    """Return points (M, T, V, C) with NaN for those that estimators and sensors set to 0 because they did not see them.

    A point whose coordinates are all 0 is missing where no point of its person is elsewhere, or where its other
    positions do not come near 0. A root that is 0 throughout, or from which a path starts, is a position.
    """
    zero = (points == 0).all(axis=-1)
    if not zero.any():
        return points
    missing = (zero | np.isnan(points).any(axis=-1)).all(axis=-1, keepdims=True) & zero
    distance = np.where(zero, np.nan, np.abs(points).max(axis=-1))
    seen = np.isfinite(distance).any(axis=1, keepdims=True)
    filled = np.where(seen, distance, 0)
    nearest, usual = np.nanmin(filled, axis=1, keepdims=True), np.nanmedian(filled, axis=1, keepdims=True)
    missing |= zero & seen & (nearest > 0.2 * usual)
    return points if missing.all() else np.where(missing[..., None], np.nan, points).astype(points.dtype)


def _is_two_dimensional(triples: np.ndarray) -> bool:
    """Return whether the third numbers of points (rows, points, 3) are confidences: 0 to 1 beside pixels."""
    return _is_confidence(triples[..., 2]) and bool(np.nanmax(np.abs(triples[..., :2]), initial=0) > 10)


def _is_confidence(values: np.ndarray) -> bool:
    return bool(np.nanmin(values, initial=0) >= 0 and np.nanmax(values, initial=0) <= 2)


def _grows(column: np.ndarray) -> bool:
    return bool(np.isfinite(column).all() and (np.diff(column) >= 0).all() and column[-1] > column[0]) or (
        len(column) == 1 and bool(column[0] == np.floor(column[0]))
    )


def order_of_numbers(names: Sequence[str]) -> list[int] | None:
    """Return the order of points whose names are a common word and the numbers from 0 or 1; None for other names."""
    matches = [re.fullmatch(r"(.*?)(\d{1,4})", name) for name in names]
    if len(names) < 2 or not all(matches) or len({match[1] for match in matches if match}) != 1:
        return None
    numbers = [int(match[2]) for match in matches if match]
    if sorted(numbers) != list(range(min(numbers), min(numbers) + len(numbers))) or min(numbers) > 1:
        return None
    return sorted(range(len(names)), key=numbers.__getitem__)

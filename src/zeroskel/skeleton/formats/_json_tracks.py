"""JSON with the coordinates of each point over time: an object of tracks, or the table of a data frame."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.skeleton.formats import _csv_joints
from zeroskel.skeleton.formats._json_people import POINT_KEYS
from zeroskel.skeleton.formats._json_positions import number, plain
from zeroskel.skeleton.formats._parsing import unobserved
from zeroskel.skeleton.inference._points import FilePoints

_LEAST_POINTS = 3
_LEAST_COLUMNS = 10
_MOST_POINTS = 1000


def tracks(value: Any, file: Path) -> FilePoints | None:
    """Return the points of an object whose entries are points with a position in each frame; None for another value."""
    if not isinstance(value, dict):
        return None
    for key, child in [("", value), *value.items()]:
        if isinstance(child, dict) and (not key or plain(key) in POINT_KEYS):
            arrays = {name: _track(entry) for name, entry in child.items() if isinstance(entry, list | dict)}
            points = {name: array for name, array in arrays.items() if array is not None}
            lengths = {array.shape for array in points.values()}
            named = not all(name[-1:].isdecimal() for name in points)
            if named and _LEAST_POINTS <= len(points) <= _MOST_POINTS and len(lengths) == 1:
                coordinates = unobserved((1, *lengths.pop(), len(points)), file).swapaxes(2, 3)
                coordinates[0] = np.stack(list(points.values()), axis=1)
                rates = [number(value.get(name)) for name in ("fps", "frame_rate", "frameRate")]
                rate = next((rate for rate in rates if rate > 0), None)
                return FilePoints(coordinates, "JSON of joints", tuple(name[:100] for name in points), fps=rate)
    return None


def _track(value: Any) -> np.ndarray | None:
    """Return the positions (T, C) of a point: of a list of positions, or of lists under x, y and z."""
    if isinstance(value, dict):
        keys = {plain(key): child for key, child in value.items()}
        columns = [keys[axis] for axis in "xyz" if isinstance(keys.get(axis), list)]
        if len(columns) < 2 or len({len(column) for column in columns}) > 1:
            return None
        rows = list(zip(*columns, strict=True))
    else:
        rows = value
    widths = {len(row) if isinstance(row, list | tuple) else 0 for row in rows if row is not None}
    if len(rows) < 2 or len(widths) != 1 or not widths <= {2, 3}:
        return None
    width = widths.pop()
    return np.array([[number(child) for child in row or [None] * width] for row in rows])


def table(value: Any, file: Path) -> FilePoints | None:
    """Return the points of the table of a data frame, of rows or of columns; None for another value."""
    columns: Mapping[str, Any] | None = None
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        if not any(isinstance(child, list | dict) for row in value[:100] for child in row.values()):
            names = dict.fromkeys(name for row in value for name in row)
            columns = {name: [row.get(name) for row in value] for name in names}
    elif isinstance(value, dict) and value and all(isinstance(column, dict) for column in value.values()):
        columns = {name: list(column.values()) for name, column in value.items()}
    elif isinstance(value, dict) and isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):
        if all(isinstance(row, list) and len(row) == len(value["columns"]) for row in value["data"]):
            columns = dict(zip(map(str, value["columns"]), zip(*value["data"], strict=True), strict=False))
    lengths = {len(column) for column in (columns or {}).values()}
    if columns is None or len(columns) < _LEAST_COLUMNS or len(lengths) != 1 or len(columns) > 10 * _MOST_POINTS:
        return None
    from pandas import DataFrame

    parsed = _csv_joints.parse(DataFrame(columns).to_csv(index=False).encode(), file)
    return parsed  # type: ignore[return-value]

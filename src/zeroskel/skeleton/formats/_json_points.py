"""Points of one person in JSON: flat numbers, lists of numbers, or objects with x, y and z, with or without names."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zeroskel.skeleton.formats._json_positions import Position, alike, has_name, name_of, number, plain, position
from zeroskel.skeleton.formats._parsing import LARGEST

_MOST_POINTS = 1000
_COUNTS = (13, 14, 15, 16, 17, 18, 19, 20, 22, 24, 25, 26, 32, 33, 133, 136)  # points of known estimators
_MOVENET_MULTIPOSE = 56  # 17 points of y, x and score, then a box and its score
_ARRAY_SCORES = (
    "keypointscores",
    "keypointsscores",
    "keypointsscore",
    "keypointconfidence",
    "visible",
    "visibility",
    "scores",
    "score",
    "confidences",
    "confidence",
    "conf",
)


@dataclass(frozen=True, eq=False)
class Points:
    """Points of one person in one frame.

    Attributes:
        columns: (P, K) numbers, 2 to 4 each; NaN where not given.
        scores: (P,) confidences; None where they are not separate.
        names: P names; None where points have numbers only.
        named_axes: whether x, y and z are named, so that a third column is a coordinate.
    """

    columns: np.ndarray
    scores: np.ndarray | None = None
    names: tuple[str, ...] | None = None
    named_axes: bool = False


def points_in(value: Any, key: str = "", siblings: Mapping[str, Any] | None = None) -> Points | None:
    """Return the points of one person, or None where a value is not such.

    Args:
        value: what the file has.
        key: the plain key under which the value is.
        siblings: plain key -> value of the object that holds the value; confidences may be among them.
    """
    scores = _sibling_scores(siblings or {})
    if isinstance(value, dict) and 0 < len(value) <= 2 * _MOST_POINTS:
        points = _of_object(value)
    elif isinstance(value, list) and 0 < len(value) <= 4 * _MOST_POINTS:
        points = _of_list(value, key, len(scores) if scores is not None else 0)
    else:
        return None
    if points is None or len(points.columns) > _MOST_POINTS:
        return None
    if scores is not None and points.scores is None and len(scores) == len(points.columns):
        points = replace(points, scores=scores)
    return points


def _sibling_scores(siblings: Mapping[str, Any]) -> np.ndarray | None:
    for key in _ARRAY_SCORES:
        values = siblings.get(key)
        if isinstance(values, list) and len(values) == 1 and isinstance(values[0], list):
            values = values[0]
        if isinstance(values, list) and 2 < len(values) <= _MOST_POINTS and not isinstance(values[0], list | dict):
            return np.array([number(child) for child in values])
    return None


def _of_object(value: dict[str, Any]) -> Points | None:
    keys = {plain(key): child for key, child in value.items()}
    inner = keys.get("landmark", keys.get("landmarks"))
    if isinstance(inner, list):
        return points_in(inner)
    columns = [keys[axis] for axis in "xyz" if isinstance(keys.get(axis), list)]
    if len(columns) >= 2 and len({len(column) for column in columns}) == 1 and len(columns[0]) > 2:
        table = np.array([[number(child) for child in column] for column in columns]).T
        return Points(table, _sibling_scores(keys), named_axes=True)
    positions = {name: position(child) for name, child in value.items() if isinstance(child, dict | list)}
    entries = {name: entry for name, entry in positions.items() if entry is not None}
    if len(entries) < 3 or 2 * len(entries) < len(value):
        return None
    return _stacked(list(entries.values()), list(entries))


def _of_list(value: list[Any], key: str, score_count: int) -> Points | None:
    first = value[0]
    if isinstance(first, dict):
        if not all(isinstance(child, dict) for child in value):
            return None
        names = [name_of(child) for child in value] if has_name(first) else [None]
        table = alike(value)
        if table is not None:
            return _named(table[0], table[1], names, named_axes=True)
        return _stacked([position(child) for child in value], names)
    if isinstance(first, list):
        if len(value) < 3 or not all(isinstance(child, list) for child in value):
            return None
        rows = _table(value)
        return Points(rows) if rows is not None else _stacked([position(child) for child in value], [None])
    if len(value) < 10 or any(isinstance(child, list | dict) for child in value):
        return None
    numbers = np.array([number(child) for child in value])
    if np.isnan(numbers).all():
        return None
    if len(numbers) == _MOVENET_MULTIPOSE:
        numbers = numbers[:51]
    stride = _stride(len(numbers), key, score_count)
    return None if stride is None else Points(numbers.reshape(-1, stride))


def _table(value: list[Any]) -> np.ndarray | None:
    """Return lists of two to four numbers as an array, all at once; None for others."""
    width = len(value[0])
    if not 2 <= width <= 4 or any(len(child) != width for child in value):
        return None
    try:
        table = np.array(value, np.float64)
    except (ValueError, TypeError, OverflowError):
        return None
    if table.ndim != 2:
        return None
    table[~(np.abs(table) <= LARGEST)] = math.nan
    return table


def _stacked(positions: Sequence[Position | None], names: Sequence[str | int | None]) -> Points | None:
    """Return points whose positions may differ in their number of coordinates (a missing z is NaN)."""
    known = [entry for entry in positions if entry is not None]
    if len(known) < len(positions):
        return None
    width = max(len(coordinates) for coordinates, _, _ in known)
    columns = np.full((len(known), width), math.nan)
    for row, (coordinates, _, _) in zip(columns, known, strict=True):
        row[: len(coordinates)] = coordinates
    scores = np.array([score for _, score, _ in known])
    named_axes = all(named for _, _, named in known)
    return _named(columns, None if np.isnan(scores).all() else scores, names, named_axes=named_axes)


def _named(
    columns: np.ndarray, scores: np.ndarray | None, names: Sequence[str | int | None], *, named_axes: bool
) -> Points:
    """Return points with their names; numbers from 0 say only their order."""
    spelled = tuple(str(name)[:100] for name in names if name is not None)
    if len(set(spelled)) < len(columns):
        return Points(columns, scores, None, named_axes)
    if set(spelled) == {str(index) for index in range(len(spelled))}:
        order = np.argsort([int(name) for name in spelled])
        return Points(columns[order], None if scores is None else scores[order], None, named_axes)
    return Points(columns, scores, spelled, named_axes)


def _stride(length: int, key: str, score_count: int) -> int | None:
    """Return the count of numbers for each point of a flat list."""
    if score_count and length % score_count == 0 and 2 <= length // score_count <= 3:
        return length // score_count
    if key == "posekeypoints3d" and length % 4 == 0:
        return 4
    if key in ("posekeypoints2d", "posekeypoints") and length % 3 == 0:
        return 3
    fitting = [stride for stride in (3, 2, 4) if length % stride == 0]
    return next((stride for stride in fitting if length // stride in _COUNTS), next(iter(fitting), None))

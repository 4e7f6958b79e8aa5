"""Points of one person in JSON: flat numbers, lists of numbers, or objects with x, y and z, with or without names."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from zeroskel.skeleton.formats._parsing import LARGEST

_MOST_POINTS = 1000
_POSITIONS = (
    "position",
    "real",
    "coordinates",
    "pos",
    "point",
    "location",
    "translation",
    "world",
    "cameraspacepoint",
    "transform",
    "matrix",
    "value",
)
_SCORES = ("visibility", "score", "confidence", "conf", "likelihood", "confidencelevel", "trackingstate", "probability")
_NAMES = (
    "name",
    "jointname",
    "keypointname",
    "part",
    "bodypart",
    "jointtype",
    "type",
    "joint",
    "label",
    "landmark",
    "keypoint",
    "class",
    "key",
)
_NUMBERS = ("index", "idx", "landmarkid", "landmarkindex", "keypointid", "jointid", "id", "i")
_AXES = (("x", "y", "z"), ("camerax", "cameray", "cameraz"), ("posx", "posy", "posz"), ("worldx", "worldy", "worldz"))
_STATES = {"nottracked": 0.0, "none": 0.0, "inferred": 0.5, "low": 0.5, "medium": 1.0, "tracked": 1.0, "high": 1.0}
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


@lru_cache(maxsize=4096)
def plain(key: str) -> str:
    """Return a key in small letters, without separators."""
    return re.sub(r"[^a-z0-9]", "", key[:100].lower())


def number(value: Any) -> float:
    """Return a number, or a string of one, as a float; NaN for null and for anything that float32 cannot hold."""
    if isinstance(value, str) and len(value) < 40:
        value = _STATES.get(plain(value), value)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        converted = float(value)
    except (ValueError, OverflowError):
        return math.nan
    return converted if abs(converted) <= LARGEST else math.nan


def points_in(value: Any, key: str = "", siblings: Mapping[str, Any] | None = None) -> Points | None:
    """Return the points of one person, or None where a value is not such.

    Args:
        value: what the file has.
        key: the plain key under which the value is.
        siblings: plain key -> value of the object that holds the value; confidences may be among them.
    """
    scores = _sibling_scores(siblings or {})
    if isinstance(value, dict):
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
    if "landmark" in keys or "landmarks" in keys:
        return points_in(keys.get("landmark", keys.get("landmarks")))
    for axes in _AXES[:1]:
        columns = [keys[axis] for axis in axes if isinstance(keys.get(axis), list)]
        if len(columns) >= 2 and len({len(column) for column in columns}) == 1 and len(columns[0]) > 2:
            table = np.array([[number(child) for child in column] for column in columns]).T
            return Points(table, _sibling_scores(keys), named_axes=True)
    positions = {name: _position(child) for name, child in value.items() if isinstance(child, dict | list)}
    entries = {name: position for name, position in positions.items() if position is not None}
    if len(entries) < 3 or 2 * len(entries) < len(value):
        return None
    return _stacked(list(entries.values()), list(entries))


def _of_list(value: list[Any], key: str, score_count: int) -> Points | None:
    first = value[0]
    if isinstance(first, dict):
        positions = [_position(child) for child in value]
        if any(position is None for position in positions):
            return None
        names = [_name_of(child) for child in value]
        return _stacked(positions, names if None not in names else None)
    if isinstance(first, list):
        if len(value) < 3 or not all(isinstance(child, list) for child in value):
            return None
        positions = [_position(child) for child in value]
        return None if None in positions else _stacked(positions, None)
    numbers = np.array([number(child) for child in value])
    if any(isinstance(child, list | dict) for child in value) or np.isnan(numbers).all() or len(numbers) < 10:
        return None
    if len(numbers) == _MOVENET_MULTIPOSE:
        numbers = numbers[:51]
    stride = _stride(len(numbers), key, score_count)
    return None if stride is None else Points(numbers.reshape(-1, stride))


def _position(value: Any) -> tuple[list[float], float, bool] | None:
    """Return coordinates, confidence (NaN without) and whether the axes are named; None for something else."""
    if isinstance(value, list):
        if len(value) == 16 or (len(value) == 4 and isinstance(value[0], list)):
            return _translation(value)
        if not 2 <= len(value) <= 4 or any(isinstance(child, list | dict | bool | str) for child in value):
            return None
        return [number(child) for child in value], math.nan, False
    if not isinstance(value, dict):
        return None
    keys = {plain(key): child for key, child in value.items()}
    if "width" in keys or "keypoints" in keys:  # a box
        return None
    score = next((number(keys[key]) for key in _SCORES if key in keys), math.nan)
    for axes in _AXES:
        if axes[0] in keys and axes[1] in keys and not isinstance(keys[axes[0]], list | dict):
            return [number(keys[axis]) for axis in axes if axis in keys], score, True
    for key in _POSITIONS:
        inner = _position(keys.get(key))
        if inner is not None:
            return inner[0], inner[1] if math.isnan(score) else score, len(inner[0]) == 3
    return None


def _translation(value: list[Any]) -> tuple[list[float], float, bool] | None:
    """Return the translation of a 4 x 4 matrix, whose columns or rows may be the axes."""
    rows = value if isinstance(value[0], list) else [value[start : start + 4] for start in range(0, 16, 4)]
    if not all(isinstance(row, list) and len(row) == 4 for row in rows):
        return None
    matrix = np.array([[number(child) for child in row] for row in rows])
    for candidate in (matrix, matrix.T):
        if np.array_equal(candidate[:, 3], (0, 0, 0, 1)):
            return candidate[3, :3].tolist(), math.nan, True
    return None


def _name_of(value: dict[str, Any]) -> str | int | None:
    keys = {plain(key): child for key, child in value.items()}
    names = [keys[key] for key in (*_NAMES, *_NUMBERS) if key in keys]
    return next((name for name in names if isinstance(name, str | int) and not isinstance(name, bool)), None)


def _stacked(positions: Sequence[Any], names: list[Any] | None) -> Points | None:
    """Return points whose positions may differ in their number of coordinates (a missing z is NaN)."""
    width = max(len(position[0]) for position in positions)
    columns = np.array([[*position[0], *[math.nan] * (width - len(position[0]))] for position in positions])
    scores = np.array([position[1] for position in positions])
    shown = tuple(str(name)[:100] for name in names) if names and len(set(names)) == len(names) else None
    if shown and set(shown) == {str(index) for index in range(len(shown))}:
        order = np.argsort([int(name) for name in shown])
        columns, scores, shown = columns[order], scores[order], None
    return Points(
        columns, None if np.isnan(scores).all() else scores, shown, all(position[2] for position in positions)
    )


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

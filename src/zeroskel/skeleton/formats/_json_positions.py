"""Position of one point in JSON: numbers, or an object with x, y and z, a confidence and a name."""

import math
import re
from functools import lru_cache
from operator import itemgetter
from typing import Any

import numpy as np

from zeroskel.skeleton.formats._parsing import LARGEST

Position = tuple[list[float], float, bool]  # coordinates, confidence (NaN without), and whether the axes are named

_DEEPEST = 3
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
_SCORES = (
    "visibility",
    "score",
    "confidence",
    "conf",
    "likelihood",
    "confidencelevel",
    "accuracy",
    "trackingstate",
    "probability",
)
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


def position(value: Any, depth: int = 0) -> Position | None:
    """Return the position of a point; None for something else."""
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
        inner = position(keys.get(key), depth + 1) if depth < _DEEPEST else None
        if inner is not None:
            return inner[0], inner[1] if math.isnan(score) else score, len(inner[0]) == 3
    return None


def _translation(value: list[Any]) -> Position | None:
    """Return the translation of a 4 x 4 matrix, whose columns or rows may be the axes."""
    rows = value if isinstance(value[0], list) else [value[start : start + 4] for start in range(0, 16, 4)]
    if not all(isinstance(row, list) and len(row) == 4 for row in rows):
        return None
    matrix = np.array([[number(child) for child in row] for row in rows])
    for candidate in (matrix, matrix.T):
        if np.array_equal(candidate[:, 3], (0, 0, 0, 1)):
            return candidate[3, :3].tolist(), math.nan, True
    return None


def name_of(value: dict[str, Any]) -> str | int | None:
    keys = {plain(key): child for key, child in value.items()}
    names = [keys[key] for key in (*_NAMES, *_NUMBERS) if key in keys]
    return next((name for name in names if isinstance(name, str | int) and not isinstance(name, bool)), None)


def alike(values: list[Any]) -> tuple[np.ndarray, np.ndarray | None] | None:
    """Return positions (P, C) and confidences (P,) of objects that have x and y, all at once; None for others."""
    spelled = {plain(key): key for key in values[0]}
    axes = [spelled[axis] for axis in "xyz" if axis in spelled]
    if not {"x", "y"} <= spelled.keys() or "width" in spelled or "keypoints" in spelled:
        return None
    score = [spelled[key] for key in _SCORES if key in spelled][:1]
    columns = itemgetter(*axes, *score)
    try:
        rows = np.array([columns(child) for child in values], np.float64)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    if rows.ndim != 2:
        return None
    rows[~(np.abs(rows) <= LARGEST)] = np.nan
    return rows[:, : len(axes)], rows[:, -1] if score else None


def has_name(value: dict[str, Any]) -> bool:
    """Return whether an object has a key under which the name or number of a point may stand."""
    return any(plain(key) in _NAMES or plain(key) in _NUMBERS for key in value)

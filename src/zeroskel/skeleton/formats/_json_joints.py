"""JSON of joints: the format that `write` writes, and that of pose estimators and sensors."""

import json
import os
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from zeroskel.core._files import atomic_path
from zeroskel.core._layout import available_layouts, get_layout
from zeroskel.core.errors import FileLayoutError, LayoutError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._json_estimators import estimator_points
from zeroskel.skeleton.formats._json_text import json_value, looks_like
from zeroskel.skeleton.formats._json_tracks import table, tracks
from zeroskel.skeleton.formats._parsing import LARGEST, LayoutChoice, refuse, unobserved
from zeroskel.skeleton.inference._points import UNITS, UPS, FilePoints

__all__ = ["looks_like", "parse", "write"]

_SHAPES = "[frame][joint][x, y, z] or [body][frame][joint][x, y, z], also with [x, y] only"
_REMEDY = "Correct the file"
_NAME = "JSON of joints"
_MOST_PEOPLE = 12  # in one frame; longer lists of joints are frames


def parse(
    content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None
) -> FilePoints | SkeletonSequence:
    """Parse a JSON object of joints, or the JSON of a pose estimator or sensor.

    The members of the object are `joints` (or `skeletons`, as in the NW-UCLA files): nested lists [T][V][C] or
    [M][T][V][C] in which null or NaN is what was not observed (a number, a joint or a frame), and, where known,
    `layout`, `joint_names`, `fps`, `up` and `unit`.

    Returns:
        The points with the facts that the file states; a sequence where it states all of them, as those of `write`.

    Raises:
        SkeletonFormatError: not such a file; the message names the position, e.g. joints[3][7].
    """
    value = json_value(content, file)
    names = ("joints", "skeletons")
    key = next((name for name in names if name in value), None) if isinstance(value, dict) else None
    nested = None if key is None else value[key]
    shape = _shape_below(nested, 0)
    if shape is None or len(shape) < 3 or shape[-1] == 4:  # four: with a confidence
        points = tracks(value, file) or estimator_points(value, file) or table(value, file)
        if points is not None:
            return points
    if key is None:
        actual = f"members {', '.join(value)[:200]}" if isinstance(value, dict) else f"a {type(value).__name__}"
        refuse(file, "", actual, 'an object {"joints": [...], "fps": 30}, or frames of a pose estimator', _REMEDY)
    return _joints(value, nested, file)


def is_recording(value: Any) -> bool:
    """Return whether a value is an object whose joints are frame after frame, as `write` writes them."""
    nested = value.get("joints", value.get("skeletons")) if isinstance(value, dict) else None
    shape = _shape_below(nested, 0) or ()
    if not shape or shape[-1] not in (2, 3):
        return False
    return (len(shape) == 4 and max(shape[:2]) > 1) or (len(shape) == 3 and shape[0] > _MOST_PEOPLE)


def _joints(record: dict[str, Any], nested: Any, file: Path) -> FilePoints | SkeletonSequence:
    joints = unobserved(_shape(nested, file), file)
    _fill(joints, nested, "joints", file)
    joints = joints[None] if joints.ndim == 3 else joints
    if joints.shape[1] == 1 and len(joints) > 4:  # [frame][body] of one body
        joints = joints.swapaxes(0, 1)
    names, named_layout = _joint_names(record, joints.shape[2], file)
    rate = _frame_rate(record, file)
    up, unit = _choice(record, "up", UPS, file), _choice(record, "unit", tuple(UNITS), file)
    if named_layout and names == get_layout(named_layout).joints and (up, unit) == ("y", _unit(joints.shape[-1])):
        return SkeletonSequence(joints, named_layout, rate or 30.0)  # as `write` writes it
    return FilePoints(joints, _NAME, names, named_layout, rate, up, unit)


def _unit(channels: int) -> str:
    return "pixel" if channels == 2 else "m"


def write(sequence: SkeletonSequence, path: str | os.PathLike[str]) -> None:
    """Write a sequence as a JSON object with joint_names, fps and joints [M][T][V][C], null where not observed."""
    shortest = sequence.joints.astype("U32").astype(np.float64)  # 0.1, not 0.10000000149011612
    joints = shortest.astype(object)
    joints[np.isnan(shortest)] = None
    unit = _unit(sequence.channels)
    record = {"joint_names": list(sequence.layout.joints), "fps": sequence.fps, "up": "y", "unit": unit}
    if sequence.layout.name in available_layouts():
        record = {"layout": sequence.layout.name, **record}
    with atomic_path(Path(path)) as temporary:
        text = json.dumps({**record, "joints": joints.tolist()}, allow_nan=False)
        temporary.write_text(text, encoding="utf-8")


def _shape(nested: Any, file: Path) -> tuple[int, ...]:
    shape = _shape_below(nested, 0)
    if shape is None or len(shape) not in (3, 4) or shape[-1] not in (2, 3):
        refuse(file, "joints", f"lists nested like {shape}" if shape else "no lists of numbers", _SHAPES, _REMEDY)
    return shape


def _shape_below(nested: Any, depth: int) -> tuple[int, ...] | None:
    """Return lengths of the lists on the way to the first number; None where there is none."""
    if not isinstance(nested, list) or depth > 4:
        return None if nested is None else ()
    below = next((shape for child in nested if (shape := _shape_below(child, depth + 1)) is not None), None)
    return None if below is None else (len(nested), *below)


def _fill(joints: np.ndarray, nested: Any, position: str, file: Path) -> None:
    """Write the numbers of nested lists to the joints, which stay NaN where there is null."""
    if nested is None:
        return
    if not isinstance(nested, list) or len(nested) != len(joints):
        _refuse(file, position, nested, f"a list of {len(joints)}, or null")
    for index, child in enumerate(nested):
        if joints.ndim > 1:
            _fill(joints[index], child, f"{position}[{index}]", file)
        elif _is_number(child):
            joints[index] = child
        elif child is not None:
            _refuse(file, f"{position}[{index}]", child, "a finite number or null")


def _is_number(value: Any) -> bool:
    """Return whether a value is a number that float32 can hold, or NaN."""
    return isinstance(value, int | float) and not isinstance(value, bool) and not abs(value) > LARGEST


def _joint_names(record: dict[str, Any], count: int, file: Path) -> tuple[tuple[str, ...] | None, str | None]:
    """Return the names of the joints and the layout that a record states."""
    names, layout = record.get("joint_names"), record.get("layout")
    if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        _refuse(file, "joint_names", names, "a list of joint names")
    if layout is not None and not isinstance(layout, str):
        _refuse(file, "layout", layout, "the name of a layout")
    try:
        if layout is not None:
            get_layout(layout)
    except LayoutError as error:
        raise FileLayoutError(f"{file}, layout: {error}") from error
    if names is None:
        return None if layout is None or len(get_layout(layout).joints) != count else get_layout(layout).joints, layout
    if len({name.strip().lower() for name in names}) != len(names) or len(names) != count:
        actual = f"joint names {', '.join(names)[:300]} for {count} joints"
        refuse(file, "", actual, "as many names, none of them twice", "Correct the names")
    return tuple(names), layout


def _frame_rate(record: dict[str, Any], file: Path) -> float | None:
    fps = record.get("fps")
    if fps is not None and not (_is_number(fps) and fps > 0):
        _refuse(file, "fps", fps, "frames a second, above 0")
    return None if fps is None else float(fps)


def _choice(record: dict[str, Any], key: str, values: tuple[str, ...], file: Path) -> str | None:
    value = record.get(key)
    if value is not None and value not in values:
        _refuse(file, key, value, f"one of {', '.join(values)}")
    return value


def _refuse(file: Path, position: str, value: Any, expected: str) -> NoReturn:
    """Raise SkeletonFormatError with a short spelling of a value, however large or deep it is."""
    if isinstance(value, list | dict):
        actual = f"{'a list' if isinstance(value, list) else 'an object'} of {len(value)}"
    else:
        actual = repr(value)[:60]
    refuse(file, position, actual, expected, _REMEDY)

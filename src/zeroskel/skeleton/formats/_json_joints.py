"""JSON of joints."""

import json
import os
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from zeroskel.core._files import atomic_path
from zeroskel.core._layout import available_layouts, get_layout
from zeroskel.core.errors import FileLayoutError, LayoutError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._parsing import LARGEST, LayoutChoice, named_sequence, refuse, text_of, unobserved

_SHAPES = "[frame][joint][x, y, z] or [body][frame][joint][x, y, z], also with [x, y] only"
_REMEDY = "Correct the file"


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so is a JSON object."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def parse(content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None) -> SkeletonSequence:
    """Parse a JSON object of joints; the arguments are those of zeroskel.skeleton.formats.parse.

    Its members are `joints` (or `skeletons`, as in the NW-UCLA files): nested lists [T][V][C] or [M][T][V][C] in which
    null or NaN is what was not observed (a number, a joint or a frame), and, where known, `layout`, `joint_names` and
    `fps`.

    Returns:
        A sequence with joints (M, T, V, C) in metres.

    Raises:
        SkeletonFormatError: not such a file; the message names the place, e.g. joints[3][7].
    """
    record = _record(text_of(content, file), file)
    nested = record.get("joints", record.get("skeletons"))
    joints = unobserved(_shape(nested, file), file)
    _fill(joints, nested, "joints", file)
    wanted = record.get("layout") if layout is None else layout
    rate = _frame_rate(record, file) if fps is None else fps
    return named_sequence(joints, _joint_names(record, file), wanted, rate, file)


def write(sequence: SkeletonSequence, path: str | os.PathLike[str]) -> None:
    """Write a sequence as a JSON object with joint_names, fps and joints [M][T][V][C], null where not observed."""
    shortest = sequence.joints.astype("U32").astype(np.float64)  # 0.1, not 0.10000000149011612
    joints = shortest.astype(object)
    joints[np.isnan(shortest)] = None
    record = {"joint_names": list(sequence.layout.joints), "fps": sequence.fps, "joints": joints.tolist()}
    if sequence.layout.name in available_layouts():
        record = {"layout": sequence.layout.name, **record}
    with atomic_path(Path(path)) as temporary:
        temporary.write_text(json.dumps(record, allow_nan=False), encoding="utf-8")


def _record(text: str, file: Path) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except RecursionError:
        refuse(file, "", "lists nested beyond measure", _SHAPES, _REMEDY)
    except ValueError as error:
        refuse(file, "", f"text that is not JSON ({error})", "one object with joints", _REMEDY)
    if not isinstance(record, dict) or not record.keys() & {"joints", "skeletons"}:
        actual = f"members {', '.join(record)[:200]}" if isinstance(record, dict) else f"a {type(record).__name__}"
        refuse(file, "", actual, 'an object {"joints": [...], "fps": 30}', _REMEDY)
    return record


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


def _joint_names(record: dict[str, Any], file: Path) -> list[str] | None:
    names, layout = record.get("joint_names"), record.get("layout")
    if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        _refuse(file, "joint_names", names, "a list of joint names")
    if layout is not None and not isinstance(layout, str):
        _refuse(file, "layout", layout, "the name of a layout")
    if names is not None or layout is None:
        return names
    try:
        return list(get_layout(layout).joints)
    except LayoutError as error:
        raise FileLayoutError(f"{file}, layout: {error}") from error


def _frame_rate(record: dict[str, Any], file: Path) -> float:
    fps = record.get("fps")
    if fps is not None and not (_is_number(fps) and fps > 0):
        _refuse(file, "fps", fps, "frames a second, above 0")
    return 30.0 if fps is None else float(fps)


def _refuse(file: Path, position: str, value: Any, expected: str) -> NoReturn:
    """Raise SkeletonFormatError with a short spelling of a value, however large or deep it is."""
    if isinstance(value, list | dict):
        actual = f"{'a list' if isinstance(value, list) else 'an object'} of {len(value)}"
    else:
        actual = repr(value)[:60]
    refuse(file, position, actual, expected, _REMEDY)

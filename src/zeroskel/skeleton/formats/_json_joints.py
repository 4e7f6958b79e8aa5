"""JSON of joints."""

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core._files import atomic_path
from zeroskel.core._layout import Layout, available_layouts, get_layout
from zeroskel.core.errors import FileLayoutError, LayoutError, SkeletonFormatError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._parsing import LARGEST, arrange_joints, text_of, unobserved

_SHAPES = "expected [frame][joint][x, y, z] or [body][frame][joint][x, y, z], also with [x, y] only"


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so is a JSON object."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def parse(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """Parse a JSON object of joints.

    Its members are `joints` (or `skeletons`, as in the NW-UCLA files): nested lists [T][V][C] or [M][T][V][C] in which
    null or NaN is what was not observed (a number, a joint or a frame), and, where known, `layout`, `joint_names` and
    `fps`.

    The arguments are those of zeroskel.skeleton.formats.parse.

    Returns:
        A sequence with joints (M, T, V, C) in metres.

    Raises:
        SkeletonFormatError: not such a file; the message names the place, e.g. joints[3][7].
    """
    record = _parse(text_of(content, file), file)
    nested = record.get("joints", record.get("skeletons"))
    joints = unobserved(_shape(nested, file), file)
    _fill(joints, nested, (), file)
    wanted = record.get("layout") if layout is None else layout
    joints, matched_layout = arrange_joints(joints, _joint_names(record, file), wanted, file=file)
    return SkeletonSequence(joints, matched_layout, (_frame_rate(record, file) or 30.0) if fps is None else fps)


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


def _parse(text: str, file: Path) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except RecursionError as error:
        raise SkeletonFormatError(f"{file}: lists nested beyond measure; {_SHAPES}") from error
    except ValueError as error:
        raise SkeletonFormatError(f"{file}: not JSON: {error}; expected one object with joints") from error
    if not isinstance(record, dict) or not record.keys() & {"joints", "skeletons"}:
        actual = f"members {', '.join(record)[:200]}" if isinstance(record, dict) else f"a {type(record).__name__}"
        raise SkeletonFormatError(f'{file}: found {actual}; expected an object {{"joints": [...], "fps": 30}}')
    return record


def _shape(nested: Any, file: Path) -> tuple[int, ...]:
    shape = _shape_below(nested, 0)
    if shape is None or len(shape) not in (3, 4) or shape[-1] not in (2, 3):
        raise SkeletonFormatError(
            f"{file}: joints are {'nested like ' + str(shape) if shape else 'no lists of numbers'}; {_SHAPES}"
        )
    return shape


def _shape_below(nested: Any, depth: int) -> tuple[int, ...] | None:
    """Return lengths of the lists on the way to the first number; None where there is none."""
    if not isinstance(nested, list) or depth > 4:
        return None if nested is None else ()
    below = next((shape for child in nested if (shape := _shape_below(child, depth + 1)) is not None), None)
    return None if below is None else (len(nested), *below)


def _fill(joints: np.ndarray, nested: Any, position: tuple[int, ...], file: Path) -> None:
    if nested is None:
        return
    if not isinstance(nested, list) or len(nested) != len(joints):
        raise SkeletonFormatError(
            f"{file}, {_spell(position)}: found {_brief(nested)}; expected a list of {len(joints)}, or null"
        )
    if joints.ndim == 1:
        joints[:] = [_number(value, (*position, channel), file) for channel, value in enumerate(nested)]
        return
    for index, child in enumerate(nested):
        _fill(joints[index], child, (*position, index), file)


def _number(value: Any, position: tuple[int, ...], file: Path) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > LARGEST:
        raise SkeletonFormatError(
            f"{file}, {_spell(position)}: found {_brief(value)}; expected a finite number or null"
        )
    return float(value)


def _spell(position: tuple[int, ...]) -> str:
    return "joints" + "".join(f"[{index}]" for index in position)


def _brief(value: Any) -> str:
    """Return what stands there, short enough for a message however large or deep it is."""
    if isinstance(value, list | dict):
        return f"{'a list' if isinstance(value, list) else 'an object'} of {len(value)}"
    return repr(value)[:60]


def _joint_names(record: dict[str, Any], file: Path) -> list[str] | None:
    names, layout = record.get("joint_names"), record.get("layout")
    if names is None and layout is None:
        return None
    if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise SkeletonFormatError(f"{file}, joint_names: found {_brief(names)}; expected a list of joint names")
    if layout is not None and not isinstance(layout, str):
        raise SkeletonFormatError(f"{file}, layout: found {_brief(layout)}; expected the name of a layout")
    if names is not None:
        return names
    try:
        return list(get_layout(str(layout)).joints)
    except LayoutError as error:
        raise FileLayoutError(f"{file}, layout: {error}") from error


def _frame_rate(record: dict[str, Any], file: Path) -> float | None:
    fps = record.get("fps")
    if fps is None:
        return None
    if isinstance(fps, bool) or not isinstance(fps, int | float) or not 0 < fps <= LARGEST:
        raise SkeletonFormatError(f"{file}, fps: found {_brief(fps)}; expected frames a second, above 0")
    return float(fps)

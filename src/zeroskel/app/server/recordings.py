"""Recordings as JSON: from a SkeletonSequence, and back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core import InputError, Layout, SkeletonSequence, get_layout
from zeroskel.skeleton.formats import arrange_joints

FARTHEST = 1e5  # metres or pixels: beyond, a coordinate is a mistake
FLAT = "Flat: image coordinates, without depth."


def recording_of(sequence: SkeletonSequence, notice: str = "") -> dict[str, Any]:
    """A sequence as the JSON that the page draws; joints without depth get z = 0, and the notice says so."""
    joints = sequence.joints
    if sequence.channels == 2:
        joints = np.concatenate([joints, np.where(np.isnan(joints[..., :1]), np.nan, 0)], axis=-1)
        notice = f"{notice} {FLAT}".strip()
    unobserved = np.isnan(joints).any(axis=-1)
    positions = np.round(joints.astype(np.float64), 4).tolist()
    for body, frame, joint in np.argwhere(unobserved).tolist():
        positions[body][frame][joint] = None
    return {
        **bones_of(sequence.layout),
        "layout": sequence.layout.name,
        "fps": sequence.fps,
        "frames": sequence.frames,
        "bodies": sequence.bodies,
        "positions": positions,
        "notice": notice,
    }


def bones_of(layout: Layout) -> dict[str, Any]:
    """Joint names, and bones as pairs of indices (child, parent)."""
    return {
        "joints": list(layout.joints),
        "bones": [[layout.index(child), layout.index(parent)] for child, parent in layout.bones],
    }


def sequence_of(
    positions: object,
    *,
    layout: str | None,
    joints: Sequence[str] | None,
    fps: float,
    frames: int,
    bodies: int,
    seconds: float,
) -> SkeletonSequence:
    """A sequence of positions [M][T][V][3], null where not observed; all z = 0 means no depth.

    Args:
        positions: as they came.
        layout: name of the layout wanted.
        joints: V names; needed where the positions are not in the layout's order.
        fps: frames a second.
        frames, bodies, seconds: at most.

    Raises:
        InputError: not a recording, too long, or joints that fit no layout.
    """
    if layout is None and joints is None:
        raise InputError("the recording has neither a layout nor joints; expected one of them")
    if not isinstance(positions, list) or not positions or not all(isinstance(body, list) for body in positions):
        raise InputError("positions are not a list of bodies; expected [bodies][frames][joints][3]")
    longest = max(len(body) for body in positions)
    if len(positions) > bodies or longest > frames or longest > seconds * fps:
        raise InputError(
            f"found {len(positions)} bodies of {longest} frames at {fps:g} a second; expected at most {bodies} bodies, "
            f"{frames} frames and {seconds:g} seconds"
        )
    array = coordinates(positions, 4)
    if array.shape[-1] == 3 and not np.nan_to_num(array[..., 2]).any():
        array = array[..., :2]
    if joints is None:
        return SkeletonSequence(array, get_layout(str(layout)), fps)
    arranged, found = arrange_joints(array, joints, layout, file=Path("recording"))
    return SkeletonSequence(arranged, found, fps)


def coordinates(nested: object, axes: int) -> np.ndarray:
    """Float32 array of nested lists of coordinates, `axes` deep; NaN where a joint, or a coordinate, is null.

    Raises InputError for anything else.
    """
    try:
        array = np.asarray(nested, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        array = _with_gaps(nested, axes)
    if array.ndim != axes or not array.size or array.shape[-1] not in (2, 3):
        raise InputError(f"coordinates have shape {array.shape}; expected {axes} axes, the last of 2 or 3 numbers")
    if (np.abs(array) > FARTHEST).any():
        raise InputError(f"a coordinate is beyond {FARTHEST:g}; expected metres")
    return array.astype(np.float32)


def _with_gaps(nested: object, axes: int) -> np.ndarray:
    """As coordinates, where whole joints are null."""
    gap = [np.nan] * (_width(nested, axes) or 3)
    try:
        return np.asarray(_filled(nested, axes, gap), dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError("coordinates are not numbers in even rows; null stands for what was not observed") from error


def _filled(nested: object, axes: int, gap: list[float]) -> object:
    if not isinstance(nested, list):
        raise InputError("coordinates are not numbers in even rows; null stands for what was not observed")
    if axes == 2:
        return [gap if joint is None else joint for joint in nested]
    return [_filled(part, axes - 1, gap) for part in nested]


def _width(nested: object, axes: int) -> int | None:
    """2 or 3: of the first joint that was observed; None where none was."""
    if not isinstance(nested, list):
        return None
    if axes == 1:
        return len(nested)
    widths = (_width(part, axes - 1) for part in nested)
    return next((width for width in widths if width is not None), None)

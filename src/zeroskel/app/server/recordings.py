"""Conversion of recordings between `SkeletonSequence` and JSON."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.app.server.problem_codes import ProblemCode, Refusal
from zeroskel.app.server.settings import Limits
from zeroskel.core import InputError, Layout, SkeletonSequence, get_layout
from zeroskel.skeleton.formats._parsing import arrange_joints

MAX_COORDINATE = 1e5  # metres or pixels; a larger coordinate is an error
FLAT_NOTICE = "Flat: image coordinates, without depth."


def recording_to_dict(sequence: SkeletonSequence, notice: str = "") -> dict[str, Any]:
    """Return a sequence as the JSON that the page draws. Without depth, z is 0 and the notice says so."""
    joints = sequence.joints
    if sequence.channels == 2:
        joints = np.concatenate([joints, np.where(np.isnan(joints[..., :1]), np.nan, 0)], axis=-1)
        notice = f"{notice} {FLAT_NOTICE}".strip()
    unobserved = np.isnan(joints).any(axis=-1)
    positions = np.round(joints.astype(np.float64), 4).tolist()
    for body, frame, joint in np.argwhere(unobserved).tolist():
        positions[body][frame][joint] = None
    return {
        **layout_to_dict(sequence.layout),
        "layout": sequence.layout.name,
        "fps": sequence.fps,
        "frames": sequence.frames,
        "bodies": sequence.bodies,
        "positions": positions,
        "notice": notice,
        "reading": None if sequence.reading is None else sequence.reading.to_dict(),
    }


def layout_to_dict(layout: Layout) -> dict[str, Any]:
    """Return the names of a layout's joints, and its bones as pairs of indices (child, parent)."""
    return {
        "joints": list(layout.joints),
        "bones": [[layout.index(child), layout.index(parent)] for child, parent in layout.bones],
    }


def parse_positions(
    positions: object, layout: str | None, joints: Sequence[str] | None, fps: float, limits: Limits
) -> SkeletonSequence:
    """Return a sequence from the positions of a request.

    Args:
        positions: Lists [M][T][V][3], null where a joint was not observed, or their array by `parse_bodies`. If all z
            are 0, the sequence has no depth.
        layout: Name of the layout of the result.
        joints: V names of joints; required where the positions are not in the order of the layout.
        fps: Sampling rate in frames a second.
        limits: Largest number of frames T, bodies M and joints V, and longest duration.

    Raises:
        InputError: The positions are not a recording, exceed a limit, or their joints fit no layout.
    """
    if layout is None and joints is None:
        raise InputError("The recording has neither a layout nor joints; expected one of them.")
    if joints is not None and len(joints) > limits.joints:
        message = f"The recording has {len(joints)} joints; expected at most {limits.joints}."
        raise Refusal(message, ProblemCode.RECORDING_TOO_LARGE)
    array = positions if isinstance(positions, np.ndarray) else parse_bodies(positions, fps, limits)
    if array.shape[-1] == 3 and not np.nan_to_num(array[..., 2]).any():
        array = array[..., :2]
    if joints is None:
        return SkeletonSequence(array, get_layout(str(layout)), fps)
    arranged, matched_layout = arrange_joints(array, joints, layout, file=Path("recording"))
    return SkeletonSequence(arranged, matched_layout, fps)


def parse_bodies(positions: object, fps: float, limits: Limits) -> np.ndarray:
    """Return the positions of a request [M][T][V][C] as an array, after checking their size.

    Raises:
        InputError: The positions are not a recording, or exceed a limit.
    """
    if not isinstance(positions, list) or not positions or not all(isinstance(body, list) for body in positions):
        raise InputError("The field positions is not a list of bodies; expected [bodies][frames][joints][3].")
    check_size(len(positions), max(len(body) for body in positions), fps, limits)
    return parse_coordinates(positions, 4)


def check_size(bodies: int, frames: int, fps: float, limits: Limits) -> None:
    """Check the size of a recording.

    Raises:
        Refusal: The recording has too many bodies or frames, or is too long.
    """
    if bodies > limits.bodies or frames > limits.frames or frames > limits.seconds * fps:
        raise Refusal(
            f"The recording has {bodies} bodies of {frames} frames at {fps:g} a second; expected at most "
            f"{limits.bodies} bodies, {limits.frames} frames and {limits.seconds:g} seconds. Cut it into shorter "
            "recordings.",
            ProblemCode.RECORDING_TOO_LARGE,
        )


def parse_coordinates(nested: object, axes: int) -> np.ndarray:
    """Return nested lists of coordinates as a float32 array.

    Args:
        nested: Lists, `axes` deep. A joint or a coordinate may be null, which becomes NaN.
        axes: Number of axes of the result.

    Raises:
        InputError: The lists are of another depth, uneven, not numeric or beyond `MAX_COORDINATE`.
    """
    try:
        array = np.asarray(nested, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        array = _parse_with_null_joints(nested, axes)
    if array.ndim == axes - 1 and np.isnan(array).all():  # every joint is null
        array = np.full((*array.shape, 3), np.nan)
    if array.ndim != axes or not array.size or array.shape[-1] not in (2, 3):
        raise InputError(
            f"The coordinates have the shape {array.shape}; expected {axes} axes, the last of 2 or 3 numbers."
        )
    if (np.abs(array) > MAX_COORDINATE).any():
        raise InputError(f"A coordinate is beyond {MAX_COORDINATE:g}; expected metres.")
    return array.astype(np.float32)


def _parse_with_null_joints(nested: object, axes: int) -> np.ndarray:
    for channels in (3, 2):
        try:
            return np.asarray(_replace_null_joints(nested, axes, [np.nan] * channels), dtype=np.float64)
        except (TypeError, ValueError, OverflowError):  # the joints have another number of channels, or are unusable
            continue
    raise InputError(
        "The coordinates are not numbers in rows of equal length. Use null where a joint was not observed."
    )


def _replace_null_joints(nested: object, axes: int, null_joint: list[float]) -> object:
    if not isinstance(nested, list):
        raise TypeError("not a list")
    if axes == 2:
        return [null_joint if joint is None else joint for joint in nested]
    return [_replace_null_joints(part, axes - 1, null_joint) for part in nested]

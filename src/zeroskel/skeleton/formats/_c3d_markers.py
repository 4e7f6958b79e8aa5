"""C3D files of marker positions (.c3d), as optical and inertial motion capture systems write them."""

import re
import warnings
from pathlib import Path
from typing import NoReturn

import numpy as np

from zeroskel.core.errors import SkeletonFormatError
from zeroskel.skeleton.formats._c3d_parameters import C3DParameters
from zeroskel.skeleton.formats._parsing import LARGEST, LayoutChoice, refuse, unobserved
from zeroskel.skeleton.inference._markers import subjects_of_labels
from zeroskel.skeleton.inference._points import FilePoints

_BLOCK = 512
_MAGIC = 0x50
_MACHINES = (84, 85, 86)  # Intel, DEC, MIPS
_MOST_FRAMES = 2**20  # over two hours at 120 frames a second
_MOST_POINTS = 2**12
_LONG = 2**16 - 1  # frames that the header can count
_UNITS = {"mm": "mm", "cm": "cm", "dm": "dm", "m": "m", "in": "inch", "inch": "inch"}
_UPS = {"+x": "x", "x": "x", "+y": "y", "y": "y", "+z": "z", "z": "z"}  # a minus sign has no meaning in practice
_NDI_MISSING = -3e28  # Optotrak writes a number below it for a marker that is not seen
_ROTATION_WORDS = 17  # a matrix of 4 x 4 by columns, and its residual
_QUANTITIES = (
    "ANGLES",
    "FORCES",
    "MOMENTS",
    "POWERS",
    "SCALARS",
    "REACTIONS",
)  # groups of labels that are no positions
_QUANTITY = re.compile(r"(angles?|force|moment|power|grf|reaction)s?$", re.IGNORECASE)


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so names a block of parameters and has the format's mark in its second byte."""
    return len(head) >= 2 * _BLOCK and 2 <= head[0] < 128 and head[1] == _MAGIC


def parse(content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None) -> FilePoints:
    """Parse the markers of a .c3d file, and the origins of its segments where it holds rotations (Theia3D).

    Args:
        content: The bytes of the file.
        file: Its path, which messages name.
        layout: Unused; the markers are matched later.
        fps: Frames per second that the caller states; then the file need not state them.

    Returns:
        Points of each person, by the prefixes of labels. NaN where the residual is negative, a coordinate NaN, or all
        are 0. The unit is that of POINT:UNITS, the upward axis that of POINT:Y_SCREEN, each None without.

    Raises:
        SkeletonFormatError: The file is cut short or altered.
    """
    _check_header(content, file)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            parameters = C3DParameters(content)
            points, frames = _points(parameters, content, file)
            origins = _origins(parameters, content, len(points), file)
            labels = _labels(parameters, points.shape[1]) + parameters.labels("ROTATION", origins.shape[1])
            quantities = {label for name in _QUANTITIES for label in parameters.texts(f"POINT:{name}")}
            rate = parameters.number("POINT:RATE") or float(parameters.header.frame_rate)
            unit = _UNITS.get(parameters.first_word("POINT:UNITS"))
            up = _UPS.get(parameters.first_word("POINT:Y_SCREEN"))
    except SkeletonFormatError:
        raise
    except Exception as error:  # noqa: BLE001 - the library raises any exception for a broken file
        actual = f"a broken C3D file ({type(error).__name__}: {str(error)[:120]})"
        _refuse(file, "", actual, "header, parameters and frames that agree")
    if fps is None and not 1e-3 < rate < 1e6:
        _refuse(file, "POINT:RATE", f"{rate:g}", "frames a second, or give them as fps")
    points = np.concatenate([points, origins], axis=1)
    notes = [f"{len(points)} of the {frames} frames that the header names are there"] * (len(points) < frames)
    labels = ["" if label in quantities or _QUANTITY.search(label) else label for label in labels]
    joints, names, label_notes = subjects_of_labels(points, labels)
    return FilePoints(
        joints if names else points[None],
        "C3D",
        names or None,
        fps=rate if fps is None else fps,
        up=up,
        unit=unit,
        notes=(*notes, *(label_notes if names else ())),
    )


def _labels(parameters: C3DParameters, count: int) -> list[str]:
    """Return a label for each point. Motion Analysis shortens labels and keeps the whole names as descriptions."""
    labels = parameters.labels("POINT", count)
    if parameters.texts("MANUFACTURER:COMPANY")[:1] == ["Motion Analysis Corp"]:
        descriptions = parameters.labels("POINT", count, "DESCRIPTIONS")
        if all(descriptions) and len(set(descriptions)) == count:
            return descriptions
    return labels


def _check_header(content: bytes, file: Path) -> None:
    if len(content) < 2 * _BLOCK or content[1] != _MAGIC:
        _refuse(file, "byte 2", f"{len(content)} bytes that start with {content[:2].hex(' ')}", "a C3D header: 02 50")
    start = (content[0] - 1) * _BLOCK
    if content[0] < 2 or start + 4 > len(content) or content[start + 3] not in _MACHINES:
        _refuse(file, "byte 1", f"parameters in block {content[0]}", "a block of the file, with a known processor type")


def _points(parameters: C3DParameters, content: bytes, file: Path) -> tuple[np.ndarray, int]:
    """Return the points (T, P, 3) that are there, and the number of frames that the header names."""
    header, frames = parameters.header, _frame_count(parameters)
    used, scale = parameters.number("POINT:USED"), parameters.number("POINT:SCALE")
    count = int(header.point_count if used is None else used)
    scale = float(header.scale_factor) if scale is None else scale
    if not 0 < frames <= _MOST_FRAMES or not 0 <= count <= _MOST_POINTS:
        _refuse(file, "the header", f"{frames} frames of {count} points", f"1 to {_MOST_FRAMES} frames")
    if count == 0:  # rotations only
        return np.empty((frames, 0, 3), np.float32), frames
    if not 0 < abs(scale) <= LARGEST:
        _refuse(file, "POINT:SCALE", f"{scale}", "a number, not 0")
    word = 4 if scale < 0 else 2
    words = 4 * count + int(header.analog_count)
    start = (int(header.data_block) - 1) * _BLOCK
    there = min(frames, (len(content) - start) // (words * word)) if start > 0 else 0
    if there < 1:
        actual = f"{frames} frames of {count} points from block {header.data_block} in {len(content)} bytes"
        _refuse(file, "the header", actual, "frames that the file has room for")
    unobserved((there, words), file)
    raw = content[start : start + there * words * word]
    values = parameters.floats(raw) if scale < 0 else np.frombuffer(raw, parameters.word_order + "i2")
    rows = values.reshape(there, words)[:, : 4 * count].reshape(there, count, 4)
    positions = rows[..., :3] if scale < 0 else rows[..., :3] * np.float32(scale)
    return _observed(positions, rows[..., 3] < 0, file), frames


def _frame_count(parameters: C3DParameters) -> int:
    """Return the number of frames; over 65,535 of them do not fit the header and stand in parameters."""
    first, last = int(parameters.header.first_frame), int(parameters.header.last_frame)
    if last < _LONG and last > first:
        return last - first + 1
    start, end = (parameters.number(f"TRIAL:ACTUAL_{name}_FIELD") for name in ("START", "END"))
    counts = [parameters.number(f"POINT:{name}") for name in ("LONG_FRAMES", "FRAMES")]
    counts += [last - first + 1.0, None if start is None or end is None else end - start + 1]
    return int(max(count for count in counts if count is not None))


def _origins(parameters: C3DParameters, content: bytes, frames: int, file: Path) -> np.ndarray:
    """Return the origins (T, S, 3) of segments, the last column of each matrix; none without rotations."""
    start, used = parameters.number("ROTATION:DATA_START"), parameters.number("ROTATION:USED")
    if start is None or not used:  # ezc3d writes the group into every file, with 0 matrices
        return np.empty((frames, 0, 3), np.float32)
    begin, count = int(start - 1) * _BLOCK, int(used)
    ratio = int(parameters.number("ROTATION:RATIO") or 1)
    length = frames * ratio * count * _ROTATION_WORDS * 4
    if not (0 < count <= _MOST_POINTS and ratio > 0 and 0 < begin and begin + length <= len(content)):
        actual = f"{frames * ratio} x {count} matrices from byte {begin} of {len(content)}"
        _refuse(file, "the rotations", actual, "matrices that the file has room for")
    matrices = parameters.floats(content[begin : begin + length]).reshape(frames, ratio, count, _ROTATION_WORDS)[:, 0]
    return _observed(matrices[..., 12:15], matrices[..., 16] < 0, file)


def _observed(positions: np.ndarray, unseen: np.ndarray, file: Path) -> np.ndarray:
    """Return float32 positions (T, P, 3) with NaN where not observed."""
    unseen = unseen | np.isnan(positions).any(axis=-1) | (positions == 0).all(axis=-1)
    unseen |= (positions < _NDI_MISSING).any(axis=-1) & np.isfinite(positions).all(axis=-1)
    beyond = ~unseen & ~(np.abs(positions) <= LARGEST).all(axis=-1)
    if beyond.any():
        frame, point = np.argwhere(beyond)[0]
        _refuse(file, f"frame {frame + 1}, point {point + 1}", "a coordinate beyond measure", "a finite number")
    return np.where(unseen[..., None], np.nan, positions).astype(np.float32)


def _refuse(file: Path, position: str, actual: str, expected: str) -> NoReturn:
    refuse(file, position, actual, expected, "The file is cut short or altered: export it again")

"""C3D files of marker positions (.c3d), as optical motion capture systems write them.

Read with c3d (MIT, pure Python): a broken file can make it raise, never crash the process as a C++ library may. A
marker is a joint where its label is a joint's name or an alias of one.
"""

import io
import struct
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from zeroskel.core.errors import InputError, SkeletonFormatError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._parsing import LARGEST, LayoutChoice, named_sequence, refuse, unobserved

if TYPE_CHECKING:
    import c3d

_BLOCK = 512
_MAGIC = 0x50
_PROCESSORS = {84: "<", 85: "<", 86: ">"}  # Intel, DEC, MIPS
_MOST_FRAMES = 2**20  # over two hours at 120 frames a second
_UNITS = {"mm": 0.001, "cm": 0.01, "dm": 0.1, "m": 1.0, "": 0.001, "in": 0.0254}
_UP = {  # rows of the matrix that turns the axis named up to y
    "x": np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1]]),
    "y": np.eye(3),
    "z": np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]),
}
_EXPORT_AGAIN = "The file is cut short or altered: export it again"


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so names a block of parameters and has the format's mark in its second byte."""
    return len(head) >= 2 * _BLOCK and 2 <= head[0] < 128 and head[1] == _MAGIC


def parse(
    content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None, up: str | None = None
) -> SkeletonSequence:
    """Parse the markers of a .c3d file as joints.

    Args:
        content: The bytes of the file.
        file: Its path, which messages name.
        layout: the layout wanted; None finds the one that has exactly these markers. A label's prefix up to a colon,
            the name of the person, is not looked at.
        fps: frames a second; None takes the file's.
        up: the file's axis that points up, "x", "y" or "z"; None takes POINT:Y_SCREEN, else z, as is usual.

    Returns:
        A sequence with joints (1, T, V, 3) in metres (by POINT:UNITS, else millimetres), y up. NaN where the residual
        is negative, a coordinate NaN, or all are 0.

    Raises:
        SkeletonFormatError: the file is cut short or altered.
        LayoutError: the markers are no joints of the layout, or of no layout.
        InputError: up is no axis.
    """
    if up is not None and up not in _UP:
        raise InputError(f"{file}: up is {up!r}; expected x, y or z, the axis of the file that points up")
    _check_header(content, file)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            import c3d

            reader = c3d.Reader(io.BytesIO(content))
            _check_counts(reader, len(content), file)
            points = np.array([points[:, :4] for _, points, _ in reader.read_frames(check_nan=False)])
            labels, rate = _labels(reader, file), float(reader.point_rate)
            scale = _UNITS[_choice(reader, "POINT:UNITS", _UNITS, "mm, cm, dm, m, in, or nothing for mm", file)]
            axes = "+X, +Y or +Z; give the axis that points up as `up`"
            axis = up or _choice(reader, "POINT:Y_SCREEN", ("", *_UP), axes, file) or "z"
    except SkeletonFormatError:
        raise
    except Exception as error:  # noqa: BLE001 - the library raises any exception for a broken file
        actual = f"a broken C3D file ({type(error).__name__}: {str(error)[:120]})"
        _refuse(file, "", actual, "header, parameters and frames that agree")
    if points.shape[:2] != (_frame_count(reader), len(labels)):
        _refuse(file, "the frames", f"{len(points)} of {_frame_count(reader)} frames", "all")
    joints = unobserved((1, *points.shape[:2], 3), file)
    joints[0] = _metres(points, scale, axis, file)
    if fps is None and not 1e-3 < rate < 1e6:
        _refuse(file, "POINT:RATE", f"{rate:g}", "frames a second, or give them as fps")
    return named_sequence(joints, labels, layout, rate if fps is None else fps, file)


def _check_header(content: bytes, file: Path) -> None:
    if len(content) < 2 * _BLOCK or content[1] != _MAGIC:
        _refuse(file, "byte 2", f"{len(content)} bytes that start with {content[:2].hex(' ')}", "a C3D header: 02 50")
    parameters = (content[0] - 1) * _BLOCK
    if content[0] < 2 or parameters + 4 > len(content) or content[parameters + 3] not in _PROCESSORS:
        _refuse(file, "byte 1", f"parameters in block {content[0]}", "a block of the file, with a known processor type")
    data_block = struct.unpack(_PROCESSORS[content[parameters + 3]] + "H", content[16:18])[0]
    if not 2 <= data_block <= len(content) // _BLOCK:
        _refuse(file, "byte 17", f"frames in block {data_block} of {len(content) // _BLOCK}", "a block of the file")


def _check_counts(reader: "c3d.Reader", size: int, file: Path) -> None:
    """Refuse points and frames that do not fit the file, before any of them is read."""
    word = 4 if reader.point_scale < 0 else 2
    frame_bytes = word * (4 * int(reader.point_used) + int(reader.analog_used) * int(reader.analog_per_frame))
    frames = _frame_count(reader)
    there = size - (int(reader.header.data_block) - 1) * _BLOCK
    if reader.point_used < 1 or not 0 < frames <= _MOST_FRAMES or frames * frame_bytes > there:
        actual = f"{frames} frames of {reader.point_used} points, {frame_bytes} bytes each, in {there} bytes"
        _refuse(file, "the header", actual, f"1 to {_MOST_FRAMES} frames that the file has room for")
    if not 0 < abs(float(reader.point_scale)) <= LARGEST:
        _refuse(file, "POINT:SCALE", f"{reader.point_scale}", "a number, not 0")


def _frame_count(reader: "c3d.Reader") -> int:
    return int(reader.last_frame) - int(reader.first_frame) + 1


def _labels(reader: "c3d.Reader", file: Path) -> list[str]:
    """Return a label for each point, without the prefix of a person's name; over 255 of them are in LABELS2 and on."""
    labels: list[str] = []
    for part in ["", *map(str, range(2, 258))]:
        parameter = reader.get(f"POINT:LABELS{part}")
        if parameter is None or len(labels) >= reader.point_used:
            break
        width, count = [*parameter.dimensions, 1, 1][:2]
        if len(parameter.dimensions) > 2 or width * count != len(parameter.bytes) or not width:
            _refuse(file, f"POINT:LABELS{part}", f"dimensions {parameter.dimensions}", "labels of one length each")
        texts = [parameter.bytes[width * position : width * (position + 1)] for position in range(count)]
        labels += [text.decode("latin-1").strip("\0 ").rpartition(":")[2] for text in texts]
    if len(labels) < reader.point_used:
        _refuse(file, "POINT:LABELS", f"{len(labels)} labels for {reader.point_used} points", "one a point")
    return labels[: reader.point_used]


def _choice(reader: "c3d.Reader", name: str, choices: Collection[str], expected: str, file: Path) -> str:
    """Return the text of a parameter, "" without it; another one than the choices is refused."""
    parameter = reader.get(name)
    text = "" if parameter is None else parameter.bytes[:64].decode("latin-1").strip("\0 ").lower()
    choice = text.split(" ")[0].removeprefix("+")
    if choice not in choices:
        _refuse(file, name, repr(text), expected)
    return choice


def _metres(points: np.ndarray, scale: float, up: str, file: Path) -> np.ndarray:
    """Return (T, V, 3) metres, y up, of (T, V, 4) x, y, z and residual; NaN where not observed."""
    unseen = (points[..., 3] < 0) | np.isnan(points).any(axis=-1) | (points[..., :3] == 0).all(axis=-1)
    positions = points[..., :3].astype(np.float64) * scale
    beyond = ~unseen & ~(np.abs(positions) <= LARGEST).all(axis=-1)
    if beyond.any():
        frame, point = np.argwhere(beyond)[0]
        _refuse(file, f"frame {frame + 1}, point {point + 1}", "a coordinate beyond measure", "a finite number")
    positions[unseen] = np.nan
    return positions @ _UP[up].T


def _refuse(file: Path, position: str, actual: str, expected: str) -> NoReturn:
    refuse(file, position, actual, expected, _EXPORT_AGAIN)

"""Parts that all parsers share: the file, its text, blank joints, and joints matched by name."""

import logging
import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zeroskel.core._layout import Layout, available_layouts, canonical_joint, get_layout, layout_of_joints
from zeroskel.core.errors import FileLayoutError, InputError, LayoutError, MissingFileError, SkeletonFormatError

LARGEST = 3.4028235e38  # rounds to the largest float32, in which joints are kept
MOST_FILE_BYTES = 2**28  # of the file of one recording
_MOST_BYTES = 2**30  # of one sequence: a small file must not claim the memory of a machine
_LONGEST_NAME = 100

log = logging.getLogger(__name__)


def existing_file(path: str | os.PathLike[str]) -> Path:
    """Return the path as a Path. Raises MissingFileError or InputError when no file can be read there."""
    file = Path(path)
    if not file.exists():
        raise MissingFileError(f"{file}: there is no such file; check the path")
    if not file.is_file():
        raise InputError(f"{file}: found a folder or device, expected a file; name one recording")
    if not os.access(file, os.R_OK):
        raise InputError(f"{file}: the file may not be read; change its permissions")
    return file


def file_content(path: str | os.PathLike[str]) -> tuple[bytes, Path]:
    """Return what a file holds, and its path. Raises as existing_file, and SkeletonFormatError for an endless file."""
    file = existing_file(path)
    if (size := file.stat().st_size) > MOST_FILE_BYTES:
        raise SkeletonFormatError(
            f"{file}: found {size / 2**20:.0f} MiB; expected one recording of at most {MOST_FILE_BYTES >> 20} MiB. "
            "Cut it into shorter ones"
        )
    return file.read_bytes(), file


def text_of(content: bytes, file: Path) -> str:
    """Return the text of a file with newlines as line ends and without a byte order mark.

    Raises:
        SkeletonFormatError: The content is not UTF-8.
    """
    return _decoded(content, file).replace("\r\n", "\n").replace("\r", "\n")


def lines_of(content: bytes, file: Path) -> list[str]:
    """Return the lines of a text file without the blank ones at its end; one empty line for an empty file.

    Raises:
        SkeletonFormatError: The content is not UTF-8.
    """
    lines = _decoded(content, file).splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    return lines or [""]


def _decoded(content: bytes, file: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SkeletonFormatError(
            f"{file}, byte {error.start}: found bytes that are not UTF-8 text; expected text. Save it as UTF-8"
        ) from error


def unobserved(shape: tuple[int, ...], file: Path) -> np.ndarray:
    """Return float32 joints of that shape, all NaN; refused when a sequence of that size cannot be meant."""
    if math.prod(shape) * 4 > _MOST_BYTES:
        raise SkeletonFormatError(
            f"{file}: its bodies, frames, joints and channels span {shape}, more than {_MOST_BYTES >> 20} MiB; "
            "expected one recording. Cut it into shorter ones or correct the counts in it"
        )
    return np.full(shape, np.nan, np.float32)


def arrange_joints(
    joints: np.ndarray, joint_names: Sequence[str] | None, layout: str | Layout | None, *, file: Path
) -> tuple[np.ndarray, Layout]:
    """Return joints in the order of a layout, matched by name.

    Args:
        joints: (..., V, C) real numbers, not integers, in the order of the file.
        joint_names: V names in the file's spelling, or None when the file has none.
        layout: the layout wanted; None finds the one that has exactly these joints.
        file: named in errors and warnings.

    Returns:
        (..., V', C) joints and their layout; joints that the file lacks are NaN, and logged.

    Raises:
        FileLayoutError: no layout fits, or more than one does.
        SkeletonFormatError: names repeated or not as many as joints.
    """
    if joint_names is None:
        return joints, _layout_of_count(joints.shape[-2], layout, file)
    distinct = {name.strip().lower() for name in joint_names if len(name) < _LONGEST_NAME}
    if len(joint_names) != joints.shape[-2] or len(distinct) != len(joint_names):
        raise SkeletonFormatError(
            f"{file}: found joint names {', '.join(joint_names)[:300]} for {joints.shape[-2]} joints; "
            "expected as many names, none of them twice or endless"
        )
    try:
        target = layout_of_joints(joint_names) if layout is None else get_layout(layout)
    except LayoutError as error:
        raise FileLayoutError(f"{file}: {error}") from error
    columns = _match(joint_names, target)
    if not columns:
        raise FileLayoutError(
            f"{file}: none of the joints {', '.join(joint_names)[:300]} is in {target.name}; name another layout"
        )
    _warn_of_differences(joint_names, target, columns, file)
    arranged = np.full((*joints.shape[:-2], len(target.joints), joints.shape[-1]), np.nan, joints.dtype)
    arranged[..., target.indices(columns), :] = joints[..., list(columns.values()), :]
    return arranged, target


def _layout_of_count(count: int, layout: str | Layout | None, file: Path) -> Layout:
    known = [get_layout(name) for name in available_layouts()] if layout is None else [get_layout(layout)]
    fitting = [candidate for candidate in known if len(candidate.joints) == count]
    if len(fitting) != 1:
        raise FileLayoutError(
            f"{file}: found {count} joints without names; expected "
            f"{', '.join(f'{len(k.joints)} ({k.name})' for k in known)}. Name the layout, or the joints in the file"
        )
    return fitting[0]


def _match(joint_names: Sequence[str], target: Layout) -> dict[str, int]:
    """Return joint of the target -> its index in the file. A joint's own name goes before an alias of it."""
    try:
        file_layout = layout_of_joints(joint_names)
        spelled = [canonical_joint(name, file_layout) for name in joint_names]
    except LayoutError:  # joints of no known layout: the target's aliases have to do
        spelled = [name.strip().lower() for name in joint_names]
    columns: dict[str, int] = {}
    for index, name in enumerate(spelled):
        joint = canonical_joint(name, target)
        if joint in target.joints and (joint == name or joint not in columns):
            columns[joint] = index
    return columns


def _warn_of_differences(joint_names: Sequence[str], target: Layout, columns: dict[str, int], file: Path) -> None:
    missing = [joint for joint in target.joints if joint not in columns]
    left_out = [name for index, name in enumerate(joint_names) if index not in columns.values()]
    if missing:
        log.warning("%s: no joint %s in the file; NaN in layout %s", file, ", ".join(missing), target.name)
    if left_out:
        log.warning("%s: layout %s has no joint %s; left out", file, target.name, ", ".join(left_out))

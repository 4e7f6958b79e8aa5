"""MATLAB files of UTD-MHAD, Penn Action and JHMDB: a variable of joints each."""

import os
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

from zeroskel.core.errors import SkeletonFormatError
from zeroskel.core.layout import Layout, get_layout
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._matlab_file import MatlabFile, load_matlab, looks_like
from zeroskel.skeleton.formats.named_joints import arrange_joints, file_content, unobserved

__all__ = [
    "looks_like",
    "parse_jhmdb",
    "parse_matlab",
    "parse_penn_action",
    "parse_utd_mhad",
    "penn_action_facts",
    "read_jhmdb",
    "read_matlab",
    "read_penn_action",
    "read_utd_mhad",
]

_FPS = 30.0
_UTD_MHAD_JOINTS = (
    "head shoulder_center spine hip_center shoulder_left elbow_left wrist_left hand_left shoulder_right elbow_right "
    "wrist_right hand_right hip_left knee_left ankle_left foot_left hip_right knee_right ankle_right foot_right"
).split()


def read_matlab(
    path: str | os.PathLike[str], *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """Read a MATLAB file of UTD-MHAD, Penn Action or JHMDB, told apart by the names of its variables.

    Args:
        path: the file.
        layout: the layout wanted; None keeps the data set's.
        fps: frames a second; None is 30.

    Returns:
        A sequence with joints (1, T, V, C): metres for UTD-MHAD; for the others pixels with y up, so negative: the
        file counts rows downwards. NaN where not observed.

    Raises:
        SkeletonFormatError: not such a file, cut short or altered; the message names the byte or the variable.
    """
    return parse_matlab(*file_content(path), layout=layout, fps=fps)


def parse_matlab(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """As read_matlab, from the content of a file; `file` is named in messages."""
    names = list(load_matlab(content, file).arrays)
    for variable, parse in _BY_VARIABLE.items():
        if variable in names:
            return parse(content, file, layout=layout, fps=fps)
    raise SkeletonFormatError(
        f"{file}: found variables {', '.join(names)[:200] or 'none'}; expected d_skel (UTD-MHAD), x, y and visibility "
        "(Penn Action) or pos_img (JHMDB). Save the joints under one of these names"
    )


def read_utd_mhad(
    path: str | os.PathLike[str], *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """Read a skeleton file of UTD-MHAD: d_skel (20, 3, T), metres; arguments and errors as of read_matlab.

    Returns:
        A sequence with joints (1, T, 20, 3) in layout kinect-20; NaN where all three coordinates are 0.
    """
    return parse_utd_mhad(*file_content(path), layout=layout, fps=fps)


def parse_utd_mhad(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """As read_utd_mhad, from the content of a file; `file` is named in messages."""
    positions = _variables(content, file, ("d_skel",)).numbers("d_skel", (20, 3, None))
    return _sequence(positions.transpose(2, 0, 1), None, _UTD_MHAD_JOINTS, layout or "kinect-20", fps, file)


def read_penn_action(
    path: str | os.PathLike[str], *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """Read a label file of Penn Action: x, y and visibility (T, 13); arguments and errors as of read_matlab.

    Returns:
        A sequence with joints (1, T, 13, 2) in layout penn-13, pixels, y up; NaN where a joint is hidden or at (0, 0).
    """
    return parse_penn_action(*file_content(path), layout=layout, fps=fps)


def parse_penn_action(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """As read_penn_action, from the content of a file; `file` is named in messages."""
    variables = _variables(content, file, ("x", "y", "visibility"))
    x = variables.numbers("x", (None, 13))
    y = variables.numbers("y", x.shape)
    visible = variables.numbers("visibility", x.shape)
    if not np.isin(visible, (0, 1)).all():
        variables.refuse("visibility", f"{visible[~np.isin(visible, (0, 1))][0]}", "0 or 1")
    names = get_layout("penn-13").joints
    return _sequence(_upwards(np.stack([x, y], axis=-1)), visible == 0, names, layout or "penn-13", fps, file)


def penn_action_facts(content: bytes, file: Path) -> tuple[str, bool]:
    """What a label file of Penn Action says of its video: the action, e.g. "baseball_pitch", and whether it trains.

    Raises:
        SkeletonFormatError: not such a file; `file` is named.
    """
    variables = _variables(content, file, ("action", "train"))
    train = float(variables.numbers("train", (1, 1))[0, 0])
    if train not in (1, -1):
        variables.refuse("train", f"{train:g}", "1 (train) or -1 (test)")
    return variables.text("action"), train == 1


def read_jhmdb(
    path: str | os.PathLike[str], *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """Read a `joint_positions.mat` of JHMDB: pos_img (2, 15, T); arguments and errors as of read_matlab.

    Returns:
        A sequence with joints (1, T, 15, 2) in layout jhmdb-15, pixels, y up; NaN where a joint is at (0, 0).
    """
    return parse_jhmdb(*file_content(path), layout=layout, fps=fps)


def parse_jhmdb(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """As read_jhmdb, from the content of a file; `file` is named in messages."""
    positions = _variables(content, file, ("pos_img",)).numbers("pos_img", (2, 15, None))
    names = get_layout("jhmdb-15").joints
    return _sequence(_upwards(positions.transpose(2, 1, 0)), None, names, layout or "jhmdb-15", fps, file)


_BY_VARIABLE: dict[str, Callable[..., SkeletonSequence]] = {
    "d_skel": parse_utd_mhad,
    "visibility": parse_penn_action,
    "pos_img": parse_jhmdb,
}


def _upwards(pixels: np.ndarray) -> np.ndarray:
    """Pixels (..., 2) with y up, as in every sequence; whole numbers become float, for they may be unsigned."""
    return pixels.astype(np.result_type(pixels, np.float32)) * (1, -1)


def _sequence(
    positions: np.ndarray,
    hidden: np.ndarray | None,
    names: Collection[str],
    layout: str | Layout,
    fps: float | None,
    file: Path,
) -> SkeletonSequence:
    """Positions (T, V, C), without those that are hidden (T, V) or all zero."""
    joints = unobserved(positions.shape, file)
    joints[:] = positions
    joints[(positions == 0).all(axis=-1)] = np.nan
    if hidden is not None:
        joints[hidden] = np.nan
    if np.isnan(joints).all():
        raise SkeletonFormatError(f"{file}: found no visible joint in {len(joints)} frames; expected one. Leave it out")
    arranged, found = arrange_joints(joints, list(names), layout, file=file)
    return SkeletonSequence(arranged, found, _FPS if fps is None else fps)


def _variables(content: bytes, file: Path, wanted: Collection[str]) -> MatlabFile:
    variables = load_matlab(content, file)
    missing = [name for name in wanted if name not in variables.arrays]
    if missing:
        raise SkeletonFormatError(
            f"{file}: found variables {', '.join(variables.arrays)[:200] or 'none'}; expected {', '.join(missing)}. "
            "Take the file from the release again"
        )
    return variables

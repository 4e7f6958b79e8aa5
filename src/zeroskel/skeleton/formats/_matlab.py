"""MATLAB files of UTD-MHAD, Penn Action and JHMDB: a variable of joints each."""

from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

from zeroskel.core._layout import Layout, get_layout
from zeroskel.core.errors import SkeletonFormatError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._matlab_file import MatlabFile, load_matlab, looks_like
from zeroskel.skeleton.formats._named_joints import arrange_joints, unobserved

__all__ = ["looks_like", "parse", "parse_jhmdb", "parse_penn_action", "parse_utd_mhad", "penn_action_facts"]

_FPS = 30.0
_UTD_MHAD_JOINTS = (
    "head shoulder_center spine hip_center shoulder_left elbow_left wrist_left hand_left shoulder_right elbow_right "
    "wrist_right hand_right hip_left knee_left ankle_left foot_left hip_right knee_right ankle_right foot_right"
).split()


def parse(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """Parse a MATLAB file of UTD-MHAD, Penn Action or JHMDB; the names of its variables select the data set.

    The arguments are those of zeroskel.skeleton.formats.parse.

    Returns:
        A sequence with joints (1, T, V, C): metres for UTD-MHAD; for the others pixels with y up, so negative: the
        file counts rows downwards. NaN where not observed.

    Raises:
        SkeletonFormatError: The file is of another kind, truncated or altered; the message names the variable.
    """
    variables = load_matlab(content, file)
    for variable, sequence_of in _BY_VARIABLE.items():
        if variable in variables.arrays:
            return sequence_of(variables, layout, fps)
    raise SkeletonFormatError(
        f"{file}: found variables {', '.join(variables.arrays)[:200] or 'none'}; expected d_skel (UTD-MHAD), x, y and "
        "visibility (Penn Action) or pos_img (JHMDB). Save the joints under one of these names"
    )


def parse_utd_mhad(content: bytes, file: Path) -> SkeletonSequence:
    """Parse a skeleton file of UTD-MHAD: d_skel (20, 3, T), metres; NaN where all three coordinates are 0."""
    return _utd_mhad(load_matlab(content, file))


def parse_penn_action(content: bytes, file: Path) -> SkeletonSequence:
    """Parse a label file of Penn Action: x, y and visibility (T, 13) in pixels; NaN where hidden or at (0, 0)."""
    return _penn_action(load_matlab(content, file))


def parse_jhmdb(content: bytes, file: Path) -> SkeletonSequence:
    """Parse a `joint_positions.mat` of JHMDB: pos_img (2, 15, T) in pixels; NaN where a joint is at (0, 0)."""
    return _jhmdb(load_matlab(content, file))


def penn_action_facts(content: bytes, file: Path) -> tuple[str, bool]:
    """Return the action of a label file of Penn Action, such as "baseball_pitch", and whether its video trains.

    Raises:
        SkeletonFormatError: The file is of another kind; `file` is named.
    """
    variables = load_matlab(content, file)
    _require(variables, ("action", "train"))
    train = float(variables.numbers("train", (1, 1))[0, 0])
    if train not in (1, -1):
        variables.refuse("train", f"{train:g}", "1 (train) or -1 (test)")
    return variables.text("action"), train == 1


def _utd_mhad(variables: MatlabFile, layout: str | Layout | None = None, fps: float | None = None) -> SkeletonSequence:
    _require(variables, ("d_skel",))
    positions = variables.numbers("d_skel", (20, 3, None)).transpose(2, 0, 1)
    return _sequence(positions, None, _UTD_MHAD_JOINTS, layout or "kinect-20", fps, variables.file)


def _penn_action(
    variables: MatlabFile, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    _require(variables, ("x", "y", "visibility"))
    x = variables.numbers("x", (None, 13))
    y = variables.numbers("y", x.shape)
    visible = variables.numbers("visibility", x.shape)
    if not np.isin(visible, (0, 1)).all():
        variables.refuse("visibility", f"{visible[~np.isin(visible, (0, 1))][0]}", "0 or 1")
    names = get_layout("penn-13").joints
    pixels = _upwards(np.stack([x, y], axis=-1))
    return _sequence(pixels, visible == 0, names, layout or "penn-13", fps, variables.file)


def _jhmdb(variables: MatlabFile, layout: str | Layout | None = None, fps: float | None = None) -> SkeletonSequence:
    _require(variables, ("pos_img",))
    pixels = _upwards(variables.numbers("pos_img", (2, 15, None)).transpose(2, 1, 0))
    return _sequence(pixels, None, get_layout("jhmdb-15").joints, layout or "jhmdb-15", fps, variables.file)


_BY_VARIABLE: dict[str, Callable[[MatlabFile, str | Layout | None, float | None], SkeletonSequence]] = {
    "d_skel": _utd_mhad,
    "visibility": _penn_action,
    "pos_img": _jhmdb,
}


def _upwards(pixels: np.ndarray) -> np.ndarray:
    """Return pixels (..., 2) with y up, as in every sequence; integers become float because they may be unsigned."""
    return pixels.astype(np.result_type(pixels, np.float32)) * (1, -1)


def _sequence(
    positions: np.ndarray,
    hidden: np.ndarray | None,
    names: Collection[str],
    layout: str | Layout,
    fps: float | None,
    file: Path,
) -> SkeletonSequence:
    """Return the sequence of positions (T, V, C), without joints that are hidden (T, V) or all zero."""
    joints = unobserved(positions.shape, file)
    joints[:] = positions
    joints[(positions == 0).all(axis=-1)] = np.nan
    if hidden is not None:
        joints[hidden] = np.nan
    if np.isnan(joints).all():
        raise SkeletonFormatError(f"{file}: found no visible joint in {len(joints)} frames; expected one. Leave it out")
    arranged, matched_layout = arrange_joints(joints, list(names), layout, file=file)
    return SkeletonSequence(arranged, matched_layout, _FPS if fps is None else fps)


def _require(variables: MatlabFile, names: Collection[str]) -> None:
    missing = [name for name in names if name not in variables.arrays]
    if missing:
        raise SkeletonFormatError(
            f"{variables.file}: found variables {', '.join(variables.arrays)[:200] or 'none'}; expected "
            f"{', '.join(missing)}. Take the file from the release again"
        )

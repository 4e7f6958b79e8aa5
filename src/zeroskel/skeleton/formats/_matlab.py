"""MATLAB files (versions 4 to 7) of UTD-MHAD, Penn Action and JHMDB, as arrays of joints."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from zeroskel.core._layout import get_layout
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._matlab_loading import MatlabFile, load_matlab
from zeroskel.skeleton.formats._parsing import LayoutChoice, named_sequence, refuse, unobserved

_FPS = 30.0
_UTD_MHAD_JOINTS = (
    "head shoulder_center spine hip_center shoulder_left elbow_left wrist_left hand_left shoulder_right elbow_right "
    "wrist_right hand_right hip_left knee_left ankle_left foot_left hip_right knee_right ankle_right foot_right"
).split()


def parse(content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None) -> SkeletonSequence:
    """Parse a MATLAB file of UTD-MHAD, Penn Action or JHMDB, which the names of its variables select.

    The arguments are those of zeroskel.skeleton.formats.parse.

    Returns:
        A sequence with joints (1, T, V, C): metres for UTD-MHAD; for the others pixels with y up, so negative: the
        file counts rows downwards. NaN where not observed.

    Raises:
        SkeletonFormatError: The file is of another kind, truncated or altered; the message names the variable.
    """
    variables = load_matlab(content, file)
    known = next((parse_variables for name, parse_variables in _BY_VARIABLE.items() if name in variables.arrays), None)
    if known is None:
        actual = f"variables {', '.join(variables.arrays)[:200] or 'none'}"
        expected = "d_skel (UTD-MHAD), x, y and visibility (Penn Action) or pos_img (JHMDB)"
        refuse(file, "", actual, expected, "Save the joints under one of these names")
    return known(variables, layout, fps)


def parse_utd_mhad(variables: MatlabFile, layout: LayoutChoice = None, fps: float | None = None) -> SkeletonSequence:
    """Parse a skeleton file of UTD-MHAD: d_skel (20, 3, T), metres; NaN where all three coordinates are 0."""
    variables.require("d_skel")
    positions = variables.numbers("d_skel", (20, 3, None)).transpose(2, 0, 1)
    return _sequence(positions, _UTD_MHAD_JOINTS, layout or "kinect-20", fps, variables.file)


def parse_penn_action(variables: MatlabFile, layout: LayoutChoice = None, fps: float | None = None) -> SkeletonSequence:
    """Parse a label file of Penn Action: x, y and visibility (T, 13) in pixels; NaN where hidden or at (0, 0)."""
    variables.require("x", "y", "visibility")
    x = variables.numbers("x", (None, 13))
    y = variables.numbers("y", x.shape)
    visible = variables.numbers("visibility", x.shape)
    unknown = ~np.isin(visible, (0, 1))
    if unknown.any():
        variables.refuse("visibility", f"{visible[unknown][0]}", "0 or 1")
    pixels = _upwards(np.stack([x, y], axis=-1)) * visible[..., None]
    return _sequence(pixels, get_layout("penn-13").joints, layout or "penn-13", fps, variables.file)


def penn_action_facts(variables: MatlabFile) -> tuple[str, bool]:
    """Return the action of a label file of Penn Action, such as "baseball_pitch", and whether its video trains.

    Raises:
        SkeletonFormatError: The file is of another kind.
    """
    variables.require("action", "train")
    train = float(variables.numbers("train", (1, 1))[0, 0])
    if train not in (1, -1):
        variables.refuse("train", f"{train:g}", "1 (train) or -1 (test)")
    return variables.text("action"), train == 1


def parse_jhmdb(variables: MatlabFile, layout: LayoutChoice = None, fps: float | None = None) -> SkeletonSequence:
    """Parse a `joint_positions.mat` of JHMDB: pos_img (2, 15, T) in pixels; NaN where a joint is at (0, 0)."""
    variables.require("pos_img")
    pixels = _upwards(variables.numbers("pos_img", (2, 15, None)).transpose(2, 1, 0))
    return _sequence(pixels, get_layout("jhmdb-15").joints, layout or "jhmdb-15", fps, variables.file)


_BY_VARIABLE: dict[str, Callable[[MatlabFile, LayoutChoice, float | None], SkeletonSequence]] = {
    "d_skel": parse_utd_mhad,
    "visibility": parse_penn_action,
    "pos_img": parse_jhmdb,
}


def _upwards(pixels: np.ndarray) -> np.ndarray:
    """Return pixels (..., 2) with y up, as in every sequence; integers become float because they may be unsigned."""
    return pixels.astype(np.result_type(pixels, np.float32)) * (1, -1)


def _sequence(
    positions: np.ndarray, names: Sequence[str], layout: LayoutChoice, fps: float | None, file: Path
) -> SkeletonSequence:
    """Return the sequence of positions (T, V, C), without joints whose coordinates are all zero."""
    joints = unobserved(positions.shape, file)
    observed = (positions != 0).any(axis=-1)
    if not observed.any():
        refuse(file, "", f"no visible joint in {len(joints)} frames", "one", "Leave it out")
    joints[observed] = positions[observed]
    return named_sequence(joints, names, layout, _FPS if fps is None else fps, file)

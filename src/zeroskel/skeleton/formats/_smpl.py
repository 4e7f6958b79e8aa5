"""Rotations of the joints of a SMPL, SMPL-H or SMPL-X body, as AMASS (.npz) and AIST++ (.pkl) have them.

The body models are not part of this package, nor needed: joints are placed by the rotations on the bones of an average
adult. Rotations are axis-angle vectors, or matrices, relative to the joint above; the first 22 joints of the three
models are the same.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.skeleton.formats._parsing import LARGEST, LayoutChoice, refuse, unobserved
from zeroskel.skeleton.formats._pickled_arrays import PickledArray
from zeroskel.skeleton.formats._pickles import load_pickle
from zeroskel.skeleton.inference._points import FilePoints

PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
OFFSETS = np.array(  # metres from the joint above in the T-pose, x to the left, y up, z ahead
    [  # stature 1.70 m; segments as fractions of it after Drillis and Contini (1966), rounded to a centimetre
        (0, 0, 0),  # pelvis
        (0.09, -0.08, 0),  # hips
        (-0.09, -0.08, 0),
        (0, 0.11, 0),  # spine, lowest joint
        (0, -0.42, 0),  # knees
        (0, -0.42, 0),
        (0, 0.12, 0),  # spine, middle
        (0, -0.42, 0),  # ankles
        (0, -0.42, 0),
        (0, 0.08, 0),  # spine, uppermost
        (0, -0.05, 0.13),  # feet
        (0, -0.05, 0.13),
        (0, 0.21, 0),  # neck
        (0.08, 0.12, 0),  # collarbones
        (-0.08, 0.12, 0),
        (0, 0.09, 0.03),  # head
        (0.11, 0.03, 0),  # shoulders
        (-0.11, 0.03, 0),
        (0.28, 0, 0),  # elbows
        (-0.28, 0, 0),
        (0.25, 0, 0),  # wrists
        (-0.25, 0, 0),
    ]
)
_JOINTS = len(PARENTS)
_LAYOUT = "smpl-22"
_NOTE = "bones of an average person, as the file has only rotations"
_ROTATIONS = ("poses", "smpl_poses", "pose", "fullpose", "full_pose")  # of all joints, the pelvis first
_PELVIS = ("root_orient", "global_orient", "smpl_global_orient")
_BODY = ("pose_body", "body_pose", "smpl_body_pose")  # of the joints after the pelvis
_TRANSLATIONS = ("trans", "transl", "smpl_trans", "translation", "global_transl")
_RATES = ("mocap_framerate", "mocap_frame_rate", "fps", "framerate", "frame_rate")
_OF_AMASS = ("dmpls", "markers_latent")  # arrays of its files only, whose world has z up
_FRAMES_AT_ONCE = 4096
_EXPECTED = "poses (frames, 3 times the joints), or root_orient and pose_body, of a SMPL body"
_REMEDY = "Save them as AMASS does"


def looks_like(head: bytes) -> bool:
    """Return whether a pickle that starts so has names of SMPL rotations."""
    names = (*_ROTATIONS[1:2], *_PELVIS, *_BODY)
    return head[:1] == b"\x80" and any(name.encode() in head for name in names)


def has_rotations(names: Collection[str]) -> bool:
    """Return whether arrays of these names hold the rotations of a SMPL body."""
    whole = any(name in names for name in _ROTATIONS) and any(
        name in names for name in (*_TRANSLATIONS, "betas", "gender")
    )
    return whole or (any(name in names for name in _PELVIS) and any(name in names for name in _BODY))


def parse(content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None) -> FilePoints:
    """Parse a pickle with a dictionary of rotations, such as a motion of AIST++.

    Args:
        content: The bytes of the file.
        file: Its path, for messages.
        layout: Not used: the joints of the body are known.
        fps: Not used here.

    Returns:
        Points (1, T, 22, 3) of the layout smpl-22, in metres.

    Raises:
        SkeletonFormatError: The pickle holds anything but plain data, or no rotations of a SMPL body.
    """
    loaded = load_pickle(content, file)
    if not isinstance(loaded, dict):
        refuse(file, "", f"a {type(loaded).__name__}", f"a dictionary with {_EXPECTED}", _REMEDY)
    return points_of({name: _plain(value) for name, value in loaded.items()}, file)


def _plain(value: Any) -> Any:
    return value.array if isinstance(value, PickledArray) else value


def points_of(arrays: Mapping[str, Any], file: Path) -> FilePoints:
    """Return the joints of a body as the rotations in a file turn them.

    Args:
        arrays: name -> array, of an .npz file or a pickle. Only rotations, translations and the frame rate are read,
            not the shape of the body (`betas`).
        file: Its path, for messages.

    Returns:
        Points (1, T, 22, 3) in metres; z points up in AMASS, and in files of other sources it is not known.

    Raises:
        SkeletonFormatError: The arrays are no rotations of a SMPL body.
    """
    rotations = _rotations(arrays, file)
    frames = len(rotations)
    name = next((name for name in _TRANSLATIONS if name in arrays), None)
    translations = np.zeros((frames, 3)) if name is None else _numbers(arrays, name, file)
    if translations.shape != (frames, 3):
        refuse(file, f"array {name}", f"the shape {translations.shape}", f"({frames}, 3), one a frame", _REMEDY)
    scaling = _number(arrays, ("smpl_scaling",))
    posed = unobserved((1, frames, _JOINTS, 3), file)
    for start in range(0, frames, _FRAMES_AT_ONCE):
        part = slice(start, start + _FRAMES_AT_ONCE)
        with np.errstate(over="ignore"):
            posed[0, part] = translations[part, None] / (scaling or 1.0) + _posed(rotations[part])
    if not (np.abs(posed) <= LARGEST).all():
        refuse(file, "", "joints beyond measure", "translations and rotations of people", _REMEDY)
    up = "z" if any(name in arrays for name in _OF_AMASS) else None
    return FilePoints(
        posed, "SMPL rotations", layout=_LAYOUT, fps=_number(arrays, _RATES), up=up, unit="m", notes=(_NOTE,)
    )


def _rotations(arrays: Mapping[str, Any], file: Path) -> np.ndarray:
    """Return (T, 22, 3, 3) rotation matrices or (T, 22, 3) axis-angle vectors."""
    whole = next((name for name in _ROTATIONS if name in arrays), None)
    parts = [next((name for name in names if name in arrays), None) for names in (_PELVIS, _BODY)]
    names = [whole] if whole is not None else [name for name in parts if name is not None]
    if whole is None and None in parts:
        refuse(file, "", f"the arrays {', '.join(map(str, arrays))[:150]}", _EXPECTED, _REMEDY)
    joints = []
    for name in names:
        array = _numbers(arrays, name, file)
        matrices = array.ndim >= 3 and array.shape[-2:] == (3, 3) and (array.ndim == 4 or name in _PELVIS)
        width = 9 if matrices else 3
        if array.ndim < 2 or array.size == 0 or array[0].size % width:
            refuse(file, f"array {name}", f"the shape {array.shape}", _EXPECTED, _REMEDY)
        joints.append(array.reshape(len(array), -1, *((3, 3) if matrices else (3,))))
    if len({(len(part), part.shape[2:]) for part in joints}) != 1 or sum(part.shape[1] for part in joints) < _JOINTS:
        shapes = " and ".join(f"{name} {arrays[name].shape}" for name in names)
        refuse(file, "", shapes, f"rotations of {_JOINTS} joints or more, all in each frame", _REMEDY)
    return np.concatenate(joints, axis=1)[:, :_JOINTS]


def _numbers(arrays: Mapping[str, Any], name: str, file: Path) -> np.ndarray:
    array = np.asarray(arrays[name]) if isinstance(arrays[name], np.ndarray | list) else np.empty(0, object)
    if array.dtype.kind not in "fiu" or not (np.abs(array) <= LARGEST).all():
        refuse(file, f"array {name}", f"{array.dtype} {array.shape}", "finite numbers", _REMEDY)
    return array


def _number(arrays: Mapping[str, Any], names: tuple[str, ...]) -> float | None:
    """Return the first positive number of those names."""
    for name in names:
        value = arrays.get(name)
        if isinstance(value, np.ndarray | int | float | list) and np.asarray(value).dtype.kind in "fiu":
            numbers = np.asarray(value, np.float64).reshape(-1)
            if len(numbers) == 1 and 1e-3 < numbers[0] < 1e6:
                return float(numbers[0])
    return None


def _posed(rotations: np.ndarray) -> np.ndarray:
    """Return (T, 22, 3) joints relative to the pelvis."""
    from scipy.spatial.transform import Rotation

    vectors = rotations.reshape(-1, 3)
    matrices = rotations if rotations.ndim == 4 else Rotation.from_rotvec(vectors).as_matrix()
    matrices = matrices.reshape(-1, _JOINTS, 3, 3)
    positions = np.zeros((len(rotations), _JOINTS, 3))
    turns = [matrices[:, 0]]
    for joint, parent in enumerate(PARENTS[1:], 1):
        positions[:, joint] = positions[:, parent] + turns[parent] @ OFFSETS[joint]
        turns.append(turns[parent] @ matrices[:, joint])
    return positions

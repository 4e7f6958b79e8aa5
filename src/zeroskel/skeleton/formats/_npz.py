"""NumPy `.npz` files without pickle: one sequence, or the labelled sequences of a dataset.

A dataset holds `joints` (sum of T, V, C), `offsets` (N + 1; sequence i is joints[offsets[i]:offsets[i + 1]]), `labels`
(N), `subjects` (N), `class_names` (K), `joint_names` (V) and any further arrays. One sequence holds `joints` (T, V, C)
or (M, T, V, C) and, where known, `joint_names` and `fps`. Metres, y up; NaN where not observed.
"""

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from zeroskel.core._files import atomic_path
from zeroskel.core._layout import available_layouts, get_layout
from zeroskel.core.errors import InputError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats import _smpl
from zeroskel.skeleton.formats._arrays import points_of_arrays
from zeroskel.skeleton.formats._npz_members import WRITE_AGAIN, is_text, load_arrays
from zeroskel.skeleton.formats._parsing import LARGEST, LayoutChoice, existing_file, named_sequence, refuse
from zeroskel.skeleton.inference._points import FilePoints

_DATASET_ARRAYS = ("joints", "offsets", "labels", "subjects", "class_names", "joint_names")


@dataclass(frozen=True, eq=False)
class NpzSequences:
    """N labelled sequences as a file holds them.

    Attributes:
        joints: (sum of T, V, C) float32, metres, y up (2-D sets: pixels); NaN where not observed.
        offsets: (N + 1,) int64; sequence i is joints[offsets[i]:offsets[i + 1]], never empty.
        labels: (N,) int64 class ids from 0.
        subjects: (N,) int64.
        class_names: K names.
        joint_names: V names in the file's spelling.
        extras: the other arrays of the file, unchecked, e.g. fps, visibility, official_train, sample_names.
    """

    joints: np.ndarray
    offsets: np.ndarray
    labels: np.ndarray
    subjects: np.ndarray
    class_names: list[str]
    joint_names: list[str]
    extras: dict[str, np.ndarray]


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so is a zip archive."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def read_sequences(path: str | os.PathLike[str]) -> NpzSequences:
    """Read and check the labelled sequences of a dataset.

    Args:
        path: the .npz file.

    Raises:
        SkeletonFormatError: not such a file, arrays missing, or arrays that do not fit each other.
    """
    file = existing_file(path)
    with file.open("rb") as stream:
        arrays = load_arrays(stream, file)
    if missing := ", ".join(name for name in _DATASET_ARRAYS if name not in arrays):
        expected = f"the arrays {', '.join(_DATASET_ARRAYS)} of a dataset"
        remedy = "A single sequence is read with zeroskel.read"
        refuse(file, "", f"no array {missing} among {', '.join(arrays)}", expected, remedy)
    joints = _joints(arrays["joints"], (3,), file)
    offsets = _offsets(arrays["offsets"], len(joints), file)
    class_names = _names(arrays["class_names"], "class_names", file)
    joint_names = _names(arrays["joint_names"], "joint_names", file)
    if len(joint_names) != joints.shape[1]:
        refuse(file, "", f"{len(joint_names)} joint_names for joints {joints.shape}", "as many", WRITE_AGAIN)
    labels = _ids(arrays["labels"], "labels", len(offsets) - 1, file)
    outside = np.flatnonzero((labels < 0) | (labels >= len(class_names)))
    if len(outside):
        expected = f"0 to {len(class_names) - 1}, an index of class_names"
        remedy = "Subtract 1 from labels that start at 1"
        refuse(file, f"labels[{outside[0]}]", str(labels[outside[0]]), expected, remedy)
    subjects = _ids(arrays["subjects"], "subjects", len(offsets) - 1, file)
    extras = {name: array for name, array in arrays.items() if name not in _DATASET_ARRAYS}
    return NpzSequences(joints, offsets, labels, subjects, class_names, joint_names, extras)


def parse(
    content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None
) -> SkeletonSequence | FilePoints:
    """Parse the one sequence of a .npz file; the arguments are those of zeroskel.skeleton.formats.parse.

    Returns:
        A sequence where the file defines all facts: one that `write` wrote, or a dataset of one sequence. Else points,
        of an array under any usual name.

    Raises:
        InputError: the file holds several sequences.
        SkeletonFormatError: not such a file.
        LayoutError: the joints fit no layout, or more than one.
    """
    arrays = load_arrays(io.BytesIO(content), file)
    if "joints" in arrays and ("offsets" in arrays or _is_written(arrays)):
        joints = _joints(arrays["joints"], (3,) if "offsets" in arrays else (3, 4), file)
        if "offsets" in arrays and (count := len(_offsets(arrays["offsets"], len(joints), file)) - 1) > 1:
            raise InputError(
                f"{file}: found {count} sequences; expected one. Open it with zeroskel.SkeletonDataset.from_npz "
                "and choose one"
            )
        names = _names(arrays["joint_names"], "joint_names", file) if "joint_names" in arrays else None
        return named_sequence(joints, names, layout, _frame_rate(arrays.get("fps"), file) if fps is None else fps, file)
    if "joints" not in arrays and _smpl.has_rotations(arrays):
        return _smpl.points_of(arrays, file)
    return points_of_arrays(arrays, file, layout)


def _is_written(arrays: Mapping[str, np.ndarray]) -> bool:
    """Return whether the arrays are those of `write`: named joints of a layout in its order, and fps."""
    if set(arrays) != {"joints", "joint_names", "fps"} or not is_text(arrays["joint_names"]):
        return False
    names = tuple(np.atleast_1d(arrays["joint_names"]).tolist())
    return any(get_layout(name).joints == names for name in available_layouts())


def write(sequence: SkeletonSequence, path: str | os.PathLike[str]) -> None:
    """Write one sequence: joints (T, V, C), or (M, T, V, C) for several bodies, joint_names and fps."""
    joints = sequence.joints[0] if sequence.bodies == 1 else sequence.joints
    with atomic_path(Path(path)) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(
            stream, joints=joints, joint_names=np.array(sequence.layout.joints), fps=np.float64(sequence.fps)
        )


def write_sequences(content: NpzSequences, path: str | os.PathLike[str]) -> None:
    """Write the labelled sequences of a dataset, compressed; `extras` become arrays of their names."""
    arrays = {name: np.asarray(getattr(content, name)) for name in _DATASET_ARRAYS}
    with atomic_path(Path(path)) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays, **content.extras)


def _joints(array: np.ndarray, axes: tuple[int, ...], file: Path) -> np.ndarray:
    if array.dtype.kind not in "fiu" or array.ndim not in axes or array.shape[-1] not in (2, 3) or 0 in array.shape:
        bodies = " or (bodies, frames, joints, 3 or 2)" if 4 in axes else ""
        _refuse_array(array, "joints", f"real numbers (frames, joints, 3 or 2){bodies}", file)
    infinite = np.abs(array) > np.finfo(np.float32).max
    if infinite.any():
        position = tuple(int(index) for index in np.argwhere(infinite)[0])
        remedy = "Use NaN for joints that were not observed"
        refuse(file, f"joints{list(position)}", str(array[position]), "finite numbers", remedy)
    return array.astype(np.float32, copy=False)


def _offsets(array: np.ndarray, frames: int, file: Path) -> np.ndarray:
    if array.dtype.kind not in "iu" or array.ndim != 1 or len(array) < 2:
        _refuse_array(array, "offsets", "one more whole number than sequences", file)
    offsets = array.astype(np.int64)
    if offsets[0] != 0 or offsets[-1] != frames:
        expected = f"0 to {frames}, the frames of joints"
        refuse(file, "array offsets", f"{offsets[0]} to {offsets[-1]}", expected, WRITE_AGAIN)
    empty = np.flatnonzero(offsets[1:] <= offsets[:-1])
    if len(empty):
        before, after = offsets[empty[0] : empty[0] + 2]
        expected = "more: every sequence has a frame at least"
        refuse(file, f"offsets[{empty[0] + 1}]", f"{after} after {before}", expected, WRITE_AGAIN)
    return offsets


def _names(array: np.ndarray, name: str, file: Path) -> list[str]:
    names = array.tolist() if array.dtype.kind == "U" and array.ndim == 1 and is_text(array) else []
    if not names or len(set(names)) != len(names) or not all(names):
        _refuse_array(array, name, "text, one axis, no name empty or twice", file)
    return names


def _ids(array: np.ndarray, name: str, count: int, file: Path) -> np.ndarray:
    if array.dtype.kind not in "iu" or array.shape != (count,):
        _refuse_array(array, name, f"whole numbers ({count},), one a sequence", file)
    return array.astype(np.int64)


def _frame_rate(array: np.ndarray | None, file: Path) -> float:
    if array is None:
        return 30.0
    if array.dtype.kind not in "fiu" or array.size != 1 or not 0 < float(array.reshape(())) <= LARGEST:
        _refuse_array(array, "fps", "one positive number", file)
    return float(array.reshape(()))


def _refuse_array(array: np.ndarray, name: str, expected: str, file: Path) -> NoReturn:
    number = f" {array}" if array.size == 1 and array.dtype.kind in "fiu" else ""
    refuse(file, f"array {name}", f"{array.dtype} {array.shape}{number}", expected, WRITE_AGAIN)

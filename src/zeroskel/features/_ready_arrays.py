"""The .npy files of a folder of ready features: which they are, what each may contain, and skeletons as a dataset."""

import tokenize
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from zeroskel.core import InputError, MissingFileError, SkeletonSequence, available_layouts, get_layout
from zeroskel.core._files import content_key, resource_table
from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets._classes import KnownClasses

PROTOCOL = "as in the folder"  # of SMIE's `split.py`, which divided skeletons by one class split
_FPS = 30.0  # skeleton arrays have no frame rate; they were resampled to 50 frames
_FAULTS = (ValueError, EOFError, SyntaxError, TypeError, OverflowError, IndexError, KeyError, tokenize.TokenError)
_LARGEST_LABEL = 2**31


def namings() -> dict[str, dict[str, list[str]]]:
    """Return naming -> part ("train", "unseen", "seen") -> name of its file of features, name of that of labels."""
    return resource_table("ready_features.toml")


def find_files(folder: Path) -> tuple[str, dict[str, tuple[Path, Path]]]:
    """Return which of `namings` the files of a folder follow, and part -> its files of features and of labels.

    Raises:
        MissingFileError: There is no such folder, or files of both namings are missing.
        InputError: There are all files of both namings.
    """
    needed = {naming: [*parts["train"], *parts["unseen"]] for naming, parts in namings().items()}
    expected = " or ".join(
        f"{', '.join(names)} (and {', '.join(namings()[naming]['seen'])} where there are any)"
        for naming, names in needed.items()
    )
    if not folder.is_dir():
        raise MissingFileError(f"{folder}: no such folder; expected one of features, with {expected}")
    missing = {naming: [name for name in names if not (folder / name).is_file()] for naming, names in needed.items()}
    complete = [naming for naming, names in missing.items() if not names]
    if len(complete) > 1:
        raise InputError(f"{folder}: found files under both namings; expected {expected}. Move one set elsewhere")
    if not complete:
        lacking = "; ".join(f"for {naming} {', '.join(names)} missing" for naming, names in missing.items())
        raise MissingFileError(f"{folder}: found no whole set of features ({lacking}); expected {expected}")
    files = {part: (folder / pair[0], folder / pair[1]) for part, pair in namings()[complete[0]].items()}
    absent, present = sorted(files["seen"], key=Path.is_file)
    if present.is_file() and not absent.is_file():
        raise MissingFileError(f"{absent}: no such file, but {present.name} is there; expected both or neither")
    if not present.is_file():
        del files["seen"]
    return complete[0], files


def open_array(file: Path) -> np.ndarray:
    """Return the array of an .npy file as a memory map, which cannot claim to be larger than the file.

    Raises InputError for a file that is no such array. Python objects are never unpickled.
    """
    try:
        return np.lib.format.open_memmap(file, mode="r")
    except _FAULTS as error:
        raise InputError(
            f"{file}: not a whole .npy file of numbers ({str(error)[:120]}); expected an array as numpy.save writes "
            "it, without Python objects. Save or copy it again"
        ) from error


def as_features(file: Path, array: np.ndarray) -> np.ndarray:
    """Return the array of a file as float32 features (N, D). Raises InputError for another array."""
    long_axes = [length for length in array.shape[1:] if length != 1]
    if array.dtype.kind != "f" or array.ndim < 2 or len(long_axes) > 1 or 0 in array.shape:
        raise InputError(
            f"{file}: found {array.dtype} {array.shape}; expected floating numbers (N, D), one row a recording, at "
            "least one. Sequences of joints are no features: encode them first"
        )
    with np.errstate(over="ignore"):
        features = array.reshape(len(array), -1).astype(np.float32)
    broken = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if len(broken):
        row = features[broken[0]]
        raise InputError(
            f"{file}, row {broken[0]}: found {row[~np.isfinite(row)][0]}; expected finite numbers. Leave out such rows "
            f"({len(broken)} of {len(features)}) with their labels, or encode them again"
        )
    return features


def read_labels(file: Path, features: Path, count: int) -> np.ndarray:
    """Return the labels of a file as (count,) int64, as the file counts them.

    Raises InputError where they are not whole numbers, one for each of the `count` rows of the file of features.
    """
    array = open_array(file)
    if array.dtype.kind not in "iuf" or array.size != max(array.shape, default=0) or not array.size:
        raise InputError(
            f"{file}: found {array.dtype} {array.shape}; expected whole numbers ({count},), one class id a recording"
        )
    values = array.reshape(-1)
    if len(values) != count:
        raise InputError(
            f"{file}: found {len(values)} labels; expected {count}, one for each row of {features.name}. Take both "
            "from one release"
        )
    wrong = np.flatnonzero(~(np.abs(values) < _LARGEST_LABEL) | (values != np.floor(values)))
    if len(wrong):
        raise InputError(f"{file}, row {wrong[0]}: found label {values[wrong[0]]}; expected a whole number, a class id")
    return values.astype(np.int64)


class ArraySequences:
    """Sequences of one or more (N, C, T, V, M) memory maps, one map after the other; only N may differ.

    Attributes:
        layout: Joint layout of the sequences.
        bodies: Number M of bodies.
        frames: Lengths (N,), all T.
        fingerprint: Hash of all arrays.

    Raises:
        InputError: Arrays of other axes, or of joints that no layout with x, y and z has.
    """

    def __init__(self, files: Sequence[Path], arrays: Sequence[np.ndarray]) -> None:
        for file, array in zip(files, arrays, strict=True):
            if array.ndim != 5 or array.dtype.kind != "f" or array.shape[1:] != arrays[0].shape[1:] or 0 in array.shape:
                raise InputError(
                    f"{file}: found {array.dtype} {array.shape}; expected floating numbers (sequences, channels, "
                    f"frames, joints, bodies), all but the first as in {files[0].name}: {arrays[0].shape}"
                )
        self._rows = [(array, row) for array in arrays for row in range(len(array))]
        self.fingerprint = content_key(*arrays)
        joints = arrays[0].shape[3]
        fitting = [name for name in available_layouts() if len(get_layout(name).joints) == joints]
        if "ntu-25" in fitting:  # the layout of nearly all published arrays
            fitting = ["ntu-25"]
        if len(fitting) != 1 or arrays[0].shape[1] != 3:
            raise InputError(
                f"{files[0]}: found {joints} joints of {arrays[0].shape[1]} coordinates; expected 3 and "
                "joints of a known layout, such as the 25 of ntu-25"
            )
        self.layout = get_layout(fitting[0])
        self.bodies = int(arrays[0].shape[4])
        self.frames = np.full(len(self), arrays[0].shape[2])

    @cached_property
    def missing(self) -> np.ndarray:
        """Shares (N,) of joints at exactly 0."""
        return np.array([(array[row] == 0).all(axis=0).mean() for array, row in self._rows])

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> SkeletonSequence:
        """Return a sequence. Joints at exactly 0 were not observed; bodies without any other joint are left out."""
        array, row = self._rows[index]
        joints = np.array(array[row], np.float32).transpose(3, 1, 2, 0)
        if not np.isfinite(joints).all():
            raise InputError(f"sequence {index} of the folder holds NaN or infinite coordinates; expected finite ones")
        joints = np.where((joints == 0).all(axis=-1, keepdims=True), np.nan, joints)
        present = ~np.isnan(joints).all(axis=(1, 2, 3))
        return SkeletonSequence(joints[present] if present.any() else joints[:1], self.layout, _FPS)


def skeletons_as_dataset(
    arrays: Mapping[str, tuple[Path, np.ndarray]], labels: Mapping[str, np.ndarray], data: KnownClasses, notice: str
) -> SkeletonDataset:
    """Return one dataset of all parts: the part "train" trains, the others test.

    Args:
        arrays: Part -> its file and its (N, C, T, V, M) array.
        labels: Part -> (N,) global 0-based class ids.
        data: Dataset whose classes these are.
        notice: Notice that is shown with every result.
    """
    files, maps = zip(*arrays.values(), strict=True)
    sequences = ArraySequences(files, maps)
    train = np.repeat([part == "train" for part in arrays], [len(array) for array in maps])
    return SkeletonDataset(
        sequences,
        np.concatenate([labels[part] for part in arrays]),
        np.zeros(len(sequences), np.int64),
        data.class_names,
        name=data.name,
        protocols={PROTOCOL: train},
        notice=notice,
    )

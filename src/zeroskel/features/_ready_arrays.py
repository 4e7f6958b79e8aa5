"""The .npy files of a folder of ready features: which they are, what each may contain, and skeletons as a dataset."""

import tokenize
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from zeroskel.core import InputError, MissingFileError, SkeletonSequence, available_layouts, get_layout
from zeroskel.core._files import content_key
from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets._classes import KnownClasses

NAMINGS = {  # part -> its features and its labels
    "SynSE": {  # arXiv 2101.11530; the third part has test recordings of all classes
        "train": ("train.npy", "train_label.npy"),
        "unseen": ("ztest.npy", "z_label.npy"),
        "seen": ("gtest.npy", "g_label.npy"),
    },
    "SMIE": {  # arXiv 2308.03950; the third part has test recordings of seen classes
        "train": ("seen_train_data.npy", "seen_train_label.npy"),
        "unseen": ("unseen_data.npy", "unseen_label.npy"),
        "seen": ("seen_test_data.npy", "seen_test_label.npy"),
    },
}
_OPTIONAL = "seen"
PROTOCOL = "as in the folder"  # of SMIE's `split.py`, which divided skeletons by one class split
_FPS = 30.0  # skeleton arrays have no frame rate; they were resampled to 50 frames
_AT_ONCE = 256
_FAULTS = (ValueError, EOFError, SyntaxError, TypeError, OverflowError, IndexError, KeyError, tokenize.TokenError)
_LARGEST_LABEL = 2**31


def find_files(folder: Path) -> tuple[str, dict[str, tuple[Path, Path]]]:
    """Return which of `NAMINGS` the files of a folder follow, and part -> its files of features and of labels.

    Raises:
        MissingFileError: There is no such folder, or files of both namings are missing.
        InputError: There are all files of both namings.
    """
    if not folder.is_dir():
        raise MissingFileError(f"{folder}: no such folder; expected one of features, with {_expected_files()}")
    missing = {
        naming: [
            name
            for part, files in parts.items()
            if part != _OPTIONAL
            for name in files
            if not (folder / name).is_file()
        ]
        for naming, parts in NAMINGS.items()
    }
    complete = [naming for naming, names in missing.items() if not names]
    if len(complete) > 1:
        raise InputError(
            f"{folder}: found files under both namings; expected {_expected_files()}. Move one set elsewhere"
        )
    if not complete:
        lacking = "; ".join(f"for {naming} {', '.join(names)} missing" for naming, names in missing.items())
        raise MissingFileError(f"{folder}: found no whole set of features ({lacking}); expected {_expected_files()}")
    files = {part: (folder / pair[0], folder / pair[1]) for part, pair in NAMINGS[complete[0]].items()}
    absent, present = sorted(files[_OPTIONAL], key=Path.is_file)
    if present.is_file() and not absent.is_file():
        raise MissingFileError(f"{absent}: no such file, but {present.name} is there; expected both or neither")
    if not present.is_file():
        del files[_OPTIONAL]
    return complete[0], files


def _expected_files() -> str:
    sets = [[name for files in parts.values() for name in files] for parts in NAMINGS.values()]
    return " or ".join(", ".join(names[:-2]) + f" (and {names[-2]}, {names[-1]} where there are any)" for names in sets)


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
    """Sequences of (N, C, T, V, M) memory maps, one map after the other.

    Args:
        files: Files of the arrays, for messages.
        arrays: One or more arrays; only N may differ.

    Attributes:
        layout: Joint layout of the sequences.
        bodies: Number M of bodies.
        frames: Lengths (N,), all T.

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
        self._arrays = list(arrays)
        self._starts = np.cumsum([0, *map(len, arrays)])
        fitting = [name for name in available_layouts() if len(get_layout(name).joints) == arrays[0].shape[3]]
        if len(fitting) != 1 or arrays[0].shape[1] != 3:
            raise InputError(
                f"{files[0]}: found {arrays[0].shape[3]} joints of {arrays[0].shape[1]} coordinates; expected 3 and "
                "joints of a known layout, such as the 25 of ntu-25"
            )
        self.layout = get_layout(fitting[0])
        self.bodies = int(arrays[0].shape[4])
        self.frames = np.full(len(self), arrays[0].shape[2])

    @cached_property
    def missing(self) -> np.ndarray:
        """Shares (N,) of joints at exactly 0."""
        shares = [
            (array[start : start + _AT_ONCE] == 0).all(axis=1).mean(axis=(1, 2, 3))
            for array in self._arrays
            for start in range(0, len(array), _AT_ONCE)
        ]
        return np.concatenate(shares)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all arrays."""
        return content_key(*self._arrays)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, index: int) -> SkeletonSequence:
        """Return a sequence. Joints at exactly 0 were not observed; bodies without any other joint are left out."""
        part = int(np.searchsorted(self._starts, index, side="right")) - 1
        joints = np.array(self._arrays[part][index - self._starts[part]], np.float32).transpose(3, 1, 2, 0)
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
    parts = list(arrays)
    sequences = ArraySequences([arrays[part][0] for part in parts], [arrays[part][1] for part in parts])
    train = np.concatenate([np.full(len(arrays[part][1]), part == "train") for part in parts])
    return SkeletonDataset(
        sequences,
        np.concatenate([labels[part] for part in parts]),
        np.zeros(len(sequences), np.int64),
        data.class_names,
        name=data.name,
        protocols={PROTOCOL: train},
        notice=notice,
    )

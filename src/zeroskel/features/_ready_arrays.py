"""The .npy files of a folder of ready features: which they are, and what each may contain."""

import tokenize
from pathlib import Path

import numpy as np

from zeroskel.core import InputError, MissingFileError

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
_FAULTS = (ValueError, EOFError, SyntaxError, TypeError, OverflowError, IndexError, KeyError, tokenize.TokenError)
_LARGEST_LABEL = 2**31


def find_naming(folder: Path) -> str:
    """Return which of `NAMINGS` the files of a folder follow.

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
    pair = NAMINGS[complete[0]][_OPTIONAL]
    present = [name for name in pair if (folder / name).is_file()]
    if len(present) == 1:
        absent = next(name for name in pair if name not in present)
        raise MissingFileError(f"{folder / absent}: no such file, but {present[0]} is there; expected both or neither")
    return complete[0]


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

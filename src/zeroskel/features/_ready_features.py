"""A folder of ready features that others published, in place of a data set and an encoder."""

import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path

import numpy as np

from zeroskel.core import FeatureSet, InputError, MissingFileError, ZeroShotSplit
from zeroskel.core._files import content_key
from zeroskel.datasets import SkeletonDataset
from zeroskel.features._encoded_split import EncodedSplit, EncoderConfig, held_out, seen_class_accuracy
from zeroskel.features._ready_labels import FolderLabels, class_list, find_counting
from zeroskel.features._ready_skeletons import skeletons_as_dataset

NAMINGS = {  # part -> its features and its labels
    "SynSE": {  # arXiv 2101.11530; the third part holds test recordings of all classes
        "train": ("train.npy", "train_label.npy"),
        "unseen": ("ztest.npy", "z_label.npy"),
        "seen": ("gtest.npy", "g_label.npy"),
    },
    "SMIE": {  # arXiv 2308.03950; the third part holds test recordings of seen classes
        "train": ("seen_train_data.npy", "seen_train_label.npy"),
        "unseen": ("unseen_data.npy", "unseen_label.npy"),
        "seen": ("seen_test_data.npy", "seen_test_label.npy"),
    },
}
_OPTIONAL = "seen"
_FAULTS = (ValueError, EOFError, SyntaxError, TypeError, OverflowError, IndexError, KeyError, tokenize.TokenError)
_LARGEST_LABEL = 2**31


@dataclass(frozen=True, eq=False)
class FeatureFolder:
    """Features of one data set under one class split, as an encoder elsewhere made them.

    What the benchmark needs of a data set (name, class_names, splits, notice, fingerprint) and of a FeatureStore
    (encode_split). There are no masked views and no partly observed sequences.

    Attributes:
        path: the folder.
        name: of the data set whose classes these are.
        class_names: its K names.
        split: which of them are unseen.
        train: features (N, D) of training recordings of seen classes, with global 0-based class ids.
        unseen: the same of test recordings of unseen classes.
        seen: the same of test recordings of seen classes, or None: generalised recognition is then not reported.
        notice: what was assumed and what is missing, shown with every result.
    """

    path: Path
    name: str
    class_names: tuple[str, ...]
    split: ZeroShotSplit
    train: FeatureSet
    unseen: FeatureSet
    seen: FeatureSet | None
    notice: str

    @property
    def splits(self) -> Mapping[str, Mapping[str, list[str]]]:
        """Class splits of its own: none, so that the published ones are looked up."""
        return {}

    @property
    def protocol(self) -> str:
        """Which recordings train: whoever made the features chose them."""
        return "as in the features"

    @property
    def encoder(self) -> EncoderConfig:
        """What stands for the encoder in results: the folder."""
        return EncoderConfig("features", {"folder": self.path.resolve().name}, masked_views=0)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all arrays."""
        parts = (self.train, self.unseen, *([self.seen] if self.seen is not None else []))
        return content_key(*(array for part in parts for array in (part.features, part.labels)))

    def encode_split(self, split: ZeroShotSplit, config: EncoderConfig, *, withhold: bool = False) -> EncodedSplit:
        """The features as they are.

        Args:
            split: the folder's own; there are features for no other.
            config: `encoder`; nothing is encoded here.
            withhold: leave the split's validation classes and every fourth feature of each other class out of `train`,
                and test on them. The encoder saw them all the same.

        Raises:
            InputError: another split, or no features of validation classes to withhold.
        """
        self.check_split(split)
        if not withhold:
            return EncodedSplit(self.train, self.unseen, self.seen, None, self._accuracy)
        kept_back = np.isin(self.train.labels, split.validation_unseen)
        if not kept_back.any() or len(np.unique(self.train.labels[~kept_back])) < 2:
            raise InputError(
                f"{self.path}: training features of {len(np.unique(self.train.labels[kept_back]))} validation classes "
                f"of split {split.name} and of {len(np.unique(self.train.labels[~kept_back]))} others; expected at "
                "least 1 and 2. Select by the last epoch"
            )
        test = held_out(self.train.labels, np.zeros(len(self.train)), ~kept_back)
        train, new, seen = (
            FeatureSet(self.train.features[rows], self.train.labels[rows])
            for rows in (~kept_back & ~test, kept_back, test)
        )
        return EncodedSplit(train, new, seen if len(seen) else None, None, None)

    def check_split(self, split: ZeroShotSplit) -> None:
        """Raise InputError for a split that the folder was not read with."""
        if split != self.split:
            raise InputError(
                f"{self.path}: read for split {self.split.name}, asked for {split.name}; the features of every split "
                "come from an encoder of its own. Give the folder of that split, in a run of its own"
            )

    @cached_property
    def _accuracy(self) -> float | None:
        return None if self.seen is None else seen_class_accuracy(self.train, self.seen, len(self.class_names))


def read_feature_folder(
    path: str | PathLike[str], split: str, *, classes: str | None = None
) -> FeatureFolder | SkeletonDataset:
    """Read the features of one class split under the file names of SynSE or of SMIE (`NAMINGS`).

    Features are (N, D) floating numbers; further axes of length 1 are dropped. Under the names of SMIE arrays may be
    skeletons (N, C, T, V, M), which its `split.py` writes: they are a data set, for an encoder to be trained on.

    Labels are (N,) whole numbers. How they count the classes is found by what fits the split: from 0 or from 1 over all
    classes, or from 0 within the seen and within the unseen classes, in the order of their ids; the last is said in
    `notice`, for it cannot be checked.

    Args:
        path: the folder.
        split: name of the split that the features were made for, as for `resolve_split`.
        classes: name of the data set, or a text file with one class name a line (named as the data set, if its
            published splits are wanted). None finds the one known data set that has the split and fits the labels.

    Raises:
        MissingFileError: no such folder, or files of both namings are missing.
        InputError: an array is broken or does not fit the others; labels fit the split under no counting, or under
            two; or the data set cannot be told. SplitError: the data set has no such split.
    """
    folder = Path(path)
    naming = _naming(folder)
    parts = {part: files for part, files in NAMINGS[naming].items() if (folder / files[0]).exists()}
    arrays = {part: _array(folder / files[0]) for part, files in parts.items()}
    are_skeletons = naming == "SMIE" and arrays["train"].ndim == 5 and arrays["train"].shape[3] > 1
    if not are_skeletons:
        arrays = {part: _features(folder / parts[part][0], array) for part, array in arrays.items()}
    labels = {
        part: _labels(folder / files[1], folder / files[0], arrays[part].shape[0] if arrays[part].ndim else 0)
        for part, files in parts.items()
    }
    found = FolderLabels(folder, {part: files[1] for part, files in parts.items()}, labels, naming == "SynSE")
    data, resolved = class_list(found, split, classes)
    counting = find_counting(found, resolved, data.name)
    if are_skeletons:
        skeletons = {part: (folder / parts[part][0], array) for part, array in arrays.items()}
        return skeletons_as_dataset(skeletons, counting.ids, data, counting.note)
    for part, files in parts.items():
        if arrays[part].shape[1] != arrays["train"].shape[1]:
            raise InputError(
                f"{folder / files[0]}: found features of width {arrays[part].shape[1]}; expected "
                f"{arrays['train'].shape[1]}, as in {parts['train'][0]}. Take all files from one encoder"
            )
    sets = {part: FeatureSet(arrays[part], ids) for part, ids in counting.ids.items()}
    if "seen" in sets:
        sets["seen"] = _of_seen_classes(sets["seen"], resolved, folder / parts["seen"][1])
    return FeatureFolder(
        folder,
        data.name,
        tuple(data.class_names),
        resolved,
        sets["train"],
        sets["unseen"],
        sets.get("seen"),
        _notice(counting.note, "seen" in sets),
    )


def _naming(folder: Path) -> str:
    """Which naming the folder follows."""
    if not folder.is_dir():
        raise MissingFileError(f"{folder}: no such folder; expected one of features, with {_expected()}")
    missing = {
        naming: [name for part, files in parts.items() if part != _OPTIONAL for name in files if not _is(folder, name)]
        for naming, parts in NAMINGS.items()
    }
    whole = [naming for naming, names in missing.items() if not names]
    if len(whole) > 1:
        raise InputError(f"{folder}: found files under both namings; expected {_expected()}. Move one set elsewhere")
    if not whole:
        lacking = "; ".join(f"for {naming} {', '.join(names)} missing" for naming, names in missing.items())
        raise MissingFileError(f"{folder}: found no whole set of features ({lacking}); expected {_expected()}")
    pair = NAMINGS[whole[0]][_OPTIONAL]
    there = [name for name in pair if _is(folder, name)]
    if len(there) == 1:
        absent = next(name for name in pair if name not in there)
        raise MissingFileError(f"{folder / absent}: no such file, but {there[0]} is there; expected both or neither")
    return whole[0]


def _is(folder: Path, name: str) -> bool:
    return (folder / name).is_file()


def _expected() -> str:
    sets = [[name for files in parts.values() for name in files] for parts in NAMINGS.values()]
    return " or ".join(", ".join(names[:-2]) + f" (and {names[-2]}, {names[-1]} where there are any)" for names in sets)


def _array(file: Path) -> np.ndarray:
    """The array of an .npy file as a memory map: what the header claims cannot exceed the file."""
    try:
        return np.lib.format.open_memmap(file, mode="r")  # never unpickles
    except _FAULTS as error:
        raise InputError(
            f"{file}: not a whole .npy file of numbers ({str(error)[:120]}); expected an array as numpy.save writes "
            "it, without Python objects. Save or copy it again"
        ) from error


def _features(file: Path, array: np.ndarray) -> np.ndarray:
    """(N, D) float32."""
    long = [length for length in array.shape[1:] if length != 1]
    if array.dtype.kind != "f" or array.ndim < 2 or len(long) > 1 or 0 in array.shape:
        raise InputError(
            f"{file}: found {array.dtype} {array.shape}; expected floating numbers (N, D), one row a recording, at "
            "least one. Sequences of joints are no features: encode them first"
        )
    with np.errstate(over="ignore"):
        features = array.reshape(len(array), -1).astype(np.float32)
    broken = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if len(broken):
        raise InputError(
            f"{file}, row {broken[0]}: found {_first_broken(features[broken[0]])}; expected finite numbers. Leave out "
            f"such rows ({len(broken)} of {len(features)}) with their labels, or encode them again"
        )
    return features


def _first_broken(row: np.ndarray) -> str:
    return str(row[~np.isfinite(row)][0])


def _labels(file: Path, of: Path, count: int) -> np.ndarray:
    """(N,) int64 as the file counts them."""
    array = _array(file)
    if array.dtype.kind not in "iuf" or array.size != max(array.shape, default=0) or not array.size:
        raise InputError(
            f"{file}: found {array.dtype} {array.shape}; expected whole numbers ({count},), one class id a recording"
        )
    values = array.reshape(-1)
    if len(values) != count:
        raise InputError(
            f"{file}: found {len(values)} labels; expected {count}, one for each row of {of.name}. Take both from one "
            "release"
        )
    wrong = np.flatnonzero(~(np.abs(values) < _LARGEST_LABEL) | (values != np.floor(values)))
    if len(wrong):
        raise InputError(f"{file}, row {wrong[0]}: found label {values[wrong[0]]}; expected a whole number, a class id")
    return values.astype(np.int64)


def _of_seen_classes(test: FeatureSet, split: ZeroShotSplit, file: Path) -> FeatureSet:
    rows = np.isin(test.labels, split.seen)
    if not rows.any():
        raise InputError(
            f"{file}: found no label of a seen class; expected test recordings of seen classes. Remove the file and "
            "its features to go without generalised recognition"
        )
    return FeatureSet(test.features[rows], test.labels[rows])


def _notice(counting: str, gzsl: bool) -> str:
    said = [
        "Ready features: that their encoder saw neither unseen classes nor test recordings is the folder's word",
        "no masked views, so SMIE trains without its temporal term",
        *([] if gzsl else ["no test recordings of seen classes that can be used, so no GZSL"]),
        *([counting] if counting else []),
    ]
    return "; ".join(said) + "."

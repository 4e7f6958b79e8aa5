"""Ready features that others published: a folder of arrays that replaces a dataset and an encoder."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import ClassVar

import numpy as np

from zeroskel.core import FeatureSet, InputError, ZeroShotSplit
from zeroskel.core._files import content_key
from zeroskel.datasets import SkeletonDataset
from zeroskel.features._encoded_split import EncodedSplit, EncoderConfig, held_out, seen_class_accuracy
from zeroskel.features._ready_arrays import as_features, find_files, open_array, read_labels, skeletons_as_dataset
from zeroskel.features._ready_labels import FolderLabels, find_classes, find_counting


@dataclass(frozen=True, eq=False)
class FeatureFolder:
    """Features of one dataset under one class split, as another encoder made them.

    It offers what the benchmark needs of a dataset (name, class names, splits, notice, fingerprint) and of a
    FeatureStore (`encode_split`). There are no masked views and no partly observed sequences.

    Args:
        path: The folder.
        name: Name of the dataset whose classes these are.
        class_names: Its K class names.
        split: The class split of the features.
        train: Features (N, D) of training recordings of seen classes, with global 0-based class ids.
        unseen: Features of test recordings of unseen classes.
        seen: Features of test recordings of seen classes, or None: generalised recognition is then not reported.
        notice: What was assumed and what is missing, shown with every result.

    Example:
        >>> from pathlib import Path
        >>> import numpy as np
        >>> from zeroskel.core import FeatureSet, ZeroShotSplit
        >>> from zeroskel.features import FeatureFolder
        >>> split = ZeroShotSplit("first", ("walk", "run", "sit down", "jump"), (2, 3), (), "example")
        >>> train = FeatureSet(np.eye(2, 5), np.array([0, 1]))
        >>> unseen = FeatureSet(np.ones((2, 5)), np.array([2, 3]))
        >>> folder = FeatureFolder(Path("shift"), "example", split.class_names, split, train, unseen, None, "")
        >>> len(folder.encode_split(split, folder.encoder).train)
        2
    """

    path: Path
    name: str
    class_names: tuple[str, ...]
    split: ZeroShotSplit
    train: FeatureSet
    unseen: FeatureSet
    seen: FeatureSet | None
    notice: str

    splits: ClassVar[Mapping[str, Mapping[str, list[str]]]] = {}  # none, so that published ones are looked up
    protocol: ClassVar[str] = "as in the features"  # the authors of the features chose the training recordings

    @property
    def encoder(self) -> EncoderConfig:
        """Configuration that names the folder instead of an encoder in results."""
        return EncoderConfig("features", {"folder": self.path.resolve().name}, masked_views=0)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all arrays."""
        parts = [part for part in (self.train, self.unseen, self.seen) if part is not None]
        return content_key(*(array for part in parts for array in (part.features, part.labels)))

    def encode_split(self, split: ZeroShotSplit, config: EncoderConfig, *, withhold: bool = False) -> EncodedSplit:
        """Return the features as they are.

        Args:
            split: The split of the folder; there are features for no other.
            config: `encoder`; nothing is encoded here.
            withhold: Leave the split's validation classes and every fourth feature of each other class out of `train`,
                and test on these. The encoder saw them nevertheless.

        Raises:
            InputError: Another split, or no features of validation classes to withhold.
        """
        self.check_split(split)
        if not withhold:
            return EncodedSplit(self.train, self.unseen, self.seen, None, self._accuracy)
        labels = self.train.labels
        validation = np.isin(labels, split.validation_unseen)
        if not validation.any() or len(np.unique(labels[~validation])) < 2:
            raise InputError(
                f"{self.path}: training features of {len(np.unique(labels[validation]))} validation classes of split "
                f"{split.name} and of {len(np.unique(labels[~validation]))} others; expected at least 1 and 2. Select "
                "by the last epoch"
            )
        test = held_out(labels, np.zeros(len(labels)), ~validation)
        train, unseen, seen = (
            FeatureSet(self.train.features[rows], labels[rows]) for rows in (~validation & ~test, validation, test)
        )
        return EncodedSplit(train, unseen, seen if len(seen) else None, None, None)

    def check_split(self, split: ZeroShotSplit) -> None:
        """Raise InputError for a split that the folder was not read with."""
        if split != self.split:
            raise InputError(
                f"{self.path}: read for split {self.split.name}, asked for {split.name}; the features of every split "
                "come from a different encoder. Give the folder of that split, in another run"
            )

    @cached_property
    def _accuracy(self) -> float | None:
        return None if self.seen is None else seen_class_accuracy(self.train, self.seen, len(self.class_names))


def read_feature_folder(
    path: str | PathLike[str], split: str, *, classes: str | None = None
) -> FeatureFolder | SkeletonDataset:
    """Read the features of one class split under the file names of SynSE or of SMIE (docs/benchmark.md).

    Features are (N, D) floating numbers; further axes of length 1 are dropped. Under the names of SMIE arrays may be
    skeletons (N, C, T, V, M), which its `split.py` writes: they become a dataset, for an encoder to be trained on.

    Labels are (N,) whole numbers. Their counting is the one that fits the split: from 0 or from 1 over all classes, or
    from 0 within the seen and within the unseen classes, in the order of their ids. The last cannot be verified, and
    `notice` says so.

    Args:
        path: The folder.
        split: Name of the split that the features were made for, as for `resolve_split`.
        classes: Name of the dataset, or a text file with one class name a line; a file that is named as the dataset
            brings its published splits. None finds the one known dataset that has the split and fits the labels.

    Returns:
        The features, or a dataset where the arrays are skeletons.

    Raises:
        MissingFileError: There is no such folder, or files of both namings are missing.
        InputError: An array is broken or does not fit the others; labels fit the split under no counting, or under
            two; or no or more than one dataset fits.
        SplitError: The dataset has no such split.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> import numpy as np
        >>> from zeroskel.features import read_feature_folder
        >>> unseen = [10, 11, 19, 26, 56]  # synse-5 of NTU RGB+D, ids from 0
        >>> seen = [label for label in range(60) if label not in unseen]
        >>> with TemporaryDirectory() as name:
        ...     for part, labels in (("train", seen), ("z", unseen)):
        ...         np.save(Path(name, "train.npy" if part == "train" else "ztest.npy"), np.eye(len(labels), 60))
        ...         np.save(Path(name, f"{part}_label.npy"), labels)
        ...     features = read_feature_folder(name, "synse-5", classes="ntu60")
        >>> features.train.features.shape
        (55, 60)
    """
    folder = Path(path)
    naming, files = find_files(folder)
    arrays = {part: open_array(features) for part, (features, _) in files.items()}
    are_skeletons = naming == "SMIE" and arrays["train"].ndim == 5 and arrays["train"].shape[3] > 1
    if not are_skeletons:
        arrays = {part: as_features(files[part][0], array) for part, array in arrays.items()}
    values = {
        part: read_labels(labels, features, arrays[part].shape[0] if arrays[part].ndim else 0)
        for part, (features, labels) in files.items()
    }
    names = {part: labels.name for part, (_, labels) in files.items()}
    labels = FolderLabels(folder, names, values, seen_holds_all=naming == "SynSE")
    data, resolved = find_classes(labels, split, classes)
    ids, note = find_counting(labels, resolved, data.name)
    if are_skeletons:
        skeletons = {part: (files[part][0], array) for part, array in arrays.items()}
        return skeletons_as_dataset(skeletons, ids, data, note)
    width = arrays["train"].shape[1]
    for part, array in arrays.items():
        if array.shape[1] != width:
            raise InputError(
                f"{files[part][0]}: found features of width {array.shape[1]}; expected {width}, as in "
                f"{files['train'][0].name}. Take all files from one encoder"
            )
    sets = {part: FeatureSet(arrays[part], part_ids) for part, part_ids in ids.items()}
    seen = _of_seen_classes(sets["seen"], resolved, files["seen"][1]) if "seen" in sets else None
    return FeatureFolder(
        path=folder,
        name=data.name,
        class_names=tuple(data.class_names),
        split=resolved,
        train=sets["train"],
        unseen=sets["unseen"],
        seen=seen,
        notice=_notice(note, with_gzsl=seen is not None),
    )


def _of_seen_classes(test: FeatureSet, split: ZeroShotSplit, file: Path) -> FeatureSet:
    rows = np.isin(test.labels, split.seen)
    if not rows.any():
        raise InputError(
            f"{file}: found no label of a seen class; expected test recordings of seen classes. Remove the file and "
            "its features to go without generalised recognition"
        )
    return FeatureSet(test.features[rows], test.labels[rows])


def _notice(counting: str, *, with_gzsl: bool) -> str:
    sentences = [
        "Ready features: that their encoder saw neither unseen classes nor test recordings is the folder's word",
        "no masked views, so SMIE trains without its temporal term",
        "" if with_gzsl else "no test recordings of seen classes that can be used, so no GZSL",
        counting,
    ]
    return "; ".join(filter(None, sentences)) + "."

"""How a folder of features counts its classes, and whose classes they are."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zeroskel.core import InputError, ZeroShotSplit
from zeroskel.datasets import published_splits, resolve_split
from zeroskel.datasets._class_names import KnownClasses, published_class_names, read_class_names

log = logging.getLogger(__name__)

_SHOWN = 8


@dataclass(frozen=True, eq=False)
class FolderLabels:
    """Labels as the files hold them.

    Attributes:
        folder: where they lie.
        files: part (train, unseen and maybe seen) -> name of its label file.
        values: part -> (N,) int64.
        seen_holds_all: the part `seen` has recordings of unseen classes, too.
    """

    folder: Path
    files: Mapping[str, str]
    values: Mapping[str, np.ndarray]
    seen_holds_all: bool

    def strangers(self, split: ZeroShotSplit, first: int) -> dict[str, list[int]]:
        """Part -> its labels that cannot be, were the classes of the split counted from `first`; {} when all can be."""
        allowed = {
            "train": split.seen,
            "unseen": split.unseen,
            "seen": range(len(split.class_names)) if self.seen_holds_all else split.seen,
        }
        found = {part: sorted(self.ids(part) - {i + first for i in allowed[part]}) for part in self.values}
        return {part: labels for part, labels in found.items() if labels}

    def are_local(self, split: ZeroShotSplit) -> bool:
        """Whether each part counts its own classes from 0 and has them all."""
        seen = set(range(len(split.seen)))
        tested = "seen" not in self.values or self.seen_holds_all or self.ids("seen") <= seen
        return self.ids("train") == seen and self.ids("unseen") == set(range(len(split.unseen))) and tested

    def ids(self, part: str) -> set[int]:
        """The distinct labels of a part."""
        return set(np.unique(self.values[part]).tolist())


@dataclass(frozen=True, eq=False)
class Counting:
    """Labels as global 0-based ids.

    Attributes:
        ids: part -> (N,) int64; a part whose labels cannot be told is absent.
        note: what was found or assumed that a reader should know, or "".
    """

    ids: Mapping[str, np.ndarray]
    note: str


def find_counting(labels: FolderLabels, split: ZeroShotSplit, data: str) -> Counting:
    """Global ids of all labels, by the one counting that fits the split.

    Raises InputError, with the labels that do not fit, where none does, and where more than one does.
    """
    strangers = {first: labels.strangers(split, first) for first in (0, 1)}
    fitting = [first for first, found in strangers.items() if not found]
    if len(fitting) > 1:
        raise InputError(
            f"{labels.folder}: the labels fit split {split.name} of {data} whether classes are counted from 0 or from "
            f"1, because not all {len(split.unseen)} unseen classes are in {labels.files['unseen']}; save labels that "
            "count from 0 and have every unseen class"
        )
    if fitting:
        note = "labels count classes from 1, so 1 was subtracted" if fitting == [1] else ""
        if note:
            log.info("%s: %s", labels.folder, note)
        return Counting({part: values - fitting[0] for part, values in labels.values.items()}, note)
    if labels.are_local(split):
        return _from_local(labels, split)
    said = "; ".join(f"counted from {first}, {_say(labels, found)}" for first, found in strangers.items())
    validation = labels.ids("unseen") <= set(split.validation_unseen)
    hint = "its unseen classes are those of validation: take the folder of the test phase" if validation else ""
    raise InputError(
        f"{labels.folder}: the labels do not fit split {split.name} of {data}: {said}. "
        f"{hint or 'Check the split and the data set (--split, --classes)'}"
    )


def _from_local(labels: FolderLabels, split: ZeroShotSplit) -> Counting:
    classes = {"train": split.seen, "unseen": tuple(sorted(split.unseen)), "seen": split.seen}
    told = [part for part in labels.values if part != "seen" or not labels.seen_holds_all]
    note = "labels count from 0 within seen and within unseen classes; taken to be in the order of the class ids"
    if len(told) < len(labels.values):
        note += f", which leaves {labels.files['seen']} with two classes to a label, so it is not used"
    log.warning("%s: %s", labels.folder, note)  # an assumption: nothing in the folder can confirm it
    return Counting({part: np.asarray(classes[part])[labels.values[part]] for part in told}, note)


def _say(labels: FolderLabels, strangers: Mapping[str, list[int]]) -> str:
    kinds = {"train": "not seen", "unseen": "not unseen", "seen": "no class" if labels.seen_holds_all else "not seen"}
    return ", ".join(
        f"{labels.files[part]} has {_listed(found)} {'which is' if len(found) == 1 else 'which are'} {kinds[part]}"
        for part, found in strangers.items()
    )


def _listed(ids: list[int]) -> str:
    return ", ".join(map(str, ids[:_SHOWN])) + (f" and {len(ids) - _SHOWN} more," if len(ids) > _SHOWN else ",")


def class_list(labels: FolderLabels, split: str, classes: str | None) -> tuple[KnownClasses, ZeroShotSplit]:
    """The data set whose classes the labels count, and its split of that name.

    Args:
        labels: of the folder.
        split: name of the split.
        classes: name of a data set or path of a file of class names; None takes the one known data set that has the
            split and, of several, the one that fits the labels.

    Raises:
        InputError: no such classes, or not exactly one data set fits; SplitError: it has no such split.
    """
    if classes is not None:
        chosen = _class_list(classes)
        return chosen, resolve_split(split, chosen)
    having = _data_sets_with(split)
    if not having:
        raise InputError(
            f"split {split!r} is not a published one of a data set whose class names are known, so it does not tell "
            "the data set; name that or a file of class names (--classes)"
        )
    if len(having) == 1:
        return having[0], resolve_split(split, having[0])
    resolved = [(data, resolve_split(split, data)) for data in having]
    fitting = [(data, found) for data, found in resolved if _fits(labels, found)]
    if len(fitting) != 1:
        names = ", ".join(data.name for data in having)
        which = ", ".join(data.name for data, _ in fitting) or "none of them"
        raise InputError(
            f"{labels.folder}: split {split} is one of {names}, and the labels fit {which}; expected one. Name the "
            "data set (--classes)"
        )
    return fitting[0]


def _fits(labels: FolderLabels, split: ZeroShotSplit) -> bool:
    return any(not labels.strangers(split, first) for first in (0, 1)) or labels.are_local(split)


def _data_sets_with(split: str) -> list[KnownClasses]:
    """Known data sets with class names that have a published split of that name."""
    found = []
    for data in sorted({data for data, name in published_splits() if name == split}):
        names = _known_names(data)
        if names is not None:
            found.append(KnownClasses(data, names))
    return found


def _known_names(data: str) -> tuple[str, ...] | None:
    try:
        return published_class_names(data)
    except InputError:
        return None


def _class_list(classes: str) -> KnownClasses:
    """The classes of a known data set, or of a file with one name a line."""
    known = _known_names(classes)
    if known is not None:
        return KnownClasses(classes, known)
    file = Path(classes)
    if not file.is_file():
        try:
            published_class_names(classes)
        except InputError as error:
            raise InputError(f"classes {classes!r}: no such file, and {error}") from error
    return KnownClasses(file.stem.lower().replace("_", "-"), tuple(read_class_names(file)))

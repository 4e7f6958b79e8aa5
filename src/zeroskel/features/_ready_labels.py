"""The labels of a folder of ready features: their counting, and the dataset whose classes they are."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zeroskel.core import InputError, ZeroShotSplit
from zeroskel.datasets import published_splits, resolve_split
from zeroskel.datasets._classes import KnownClasses, known_classes, read_class_names

log = logging.getLogger(__name__)

_SHOWN = 8


@dataclass(frozen=True, eq=False)
class FolderLabels:
    """Labels of a folder as its files count them.

    Attributes:
        folder: The folder.
        files: Part ("train", "unseen" and perhaps "seen") -> name of its label file.
        values: Part -> (N,) int64 labels.
        seen_holds_all: Whether the part "seen" also has recordings of unseen classes.
    """

    folder: Path
    files: Mapping[str, str]
    values: Mapping[str, np.ndarray]
    seen_holds_all: bool

    def strangers(self, split: ZeroShotSplit, first: int) -> dict[str, list[int]]:
        """Return the labels that do not fit where the classes of the split are counted from `first`, by part."""
        allowed = {
            "train": split.seen,
            "unseen": split.unseen,
            "seen": range(len(split.class_names)) if self.seen_holds_all else split.seen,
        }
        strangers = {part: sorted(self.ids(part) - {i + first for i in allowed[part]}) for part in self.values}
        return {part: labels for part, labels in strangers.items() if labels}

    def are_local(self, split: ZeroShotSplit) -> bool:
        """Return whether each part counts its classes from 0 and has them all."""
        seen = set(range(len(split.seen)))
        tested = "seen" not in self.values or self.seen_holds_all or self.ids("seen") <= seen
        return self.ids("train") == seen and self.ids("unseen") == set(range(len(split.unseen))) and tested

    def ids(self, part: str) -> set[int]:
        """Return the distinct labels of a part."""
        return set(np.unique(self.values[part]).tolist())

    def described(self, strangers: Mapping[str, list[int]]) -> str:
        """Return in words which labels of which files do not fit."""
        kinds = {"train": "not seen", "unseen": "not unseen", "seen": "no class" if self.seen_holds_all else "not seen"}
        words = []
        for part, ids in strangers.items():
            more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
            verb = "which is" if len(ids) == 1 else "which are"
            words.append(f"{self.files[part]} has {', '.join(map(str, ids[:_SHOWN]))}{more}, {verb} {kinds[part]}")
        return ", ".join(words)


def find_counting(labels: FolderLabels, split: ZeroShotSplit, data: str) -> tuple[dict[str, np.ndarray], str]:
    """Return the global ids of all labels by the one counting that fits the split of the dataset `data`.

    Returns:
        Part -> (N,) int64 class ids, without a part whose labels are ambiguous; what was assumed and a reader should
        know, or "".

    Raises:
        InputError: No counting fits, or more than one does. The message lists the labels that do not fit.
    """
    strangers = {first: labels.strangers(split, first) for first in (0, 1)}
    fitting = [first for first, misfits in strangers.items() if not misfits]
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
        return {part: values - fitting[0] for part, values in labels.values.items()}, note
    if labels.are_local(split):
        return _from_local(labels, split)
    shown = "; ".join(f"counted from {first}, {labels.described(misfits)}" for first, misfits in strangers.items())
    validation = labels.ids("unseen") <= set(split.validation_unseen)
    hint = "its unseen classes are those of validation: take the folder of the test phase" if validation else ""
    raise InputError(
        f"{labels.folder}: the labels do not fit split {split.name} of {data}: {shown}. "
        f"{hint or 'Check the split and the dataset (--split, --classes)'}"
    )


def _from_local(labels: FolderLabels, split: ZeroShotSplit) -> tuple[dict[str, np.ndarray], str]:
    classes = {"train": split.seen, "unseen": tuple(sorted(split.unseen)), "seen": split.seen}
    usable = [part for part in labels.values if part != "seen" or not labels.seen_holds_all]
    note = "labels count from 0 within seen and within unseen classes; taken to be in the order of the class ids"
    if len(usable) < len(labels.values):
        note += f", which leaves {labels.files['seen']} with two classes to a label, so it is not used"
    log.warning("%s: %s", labels.folder, note)  # an assumption: nothing in the folder can confirm it
    return {part: np.asarray(classes[part])[labels.values[part]] for part in usable}, note


def find_classes(labels: FolderLabels, split: str, classes: str | None) -> tuple[KnownClasses, ZeroShotSplit]:
    """Return the dataset whose classes the labels count, and its split of that name.

    `classes` names a dataset or a file of class names. None finds the one known dataset that has the split and, where
    more than one has it, fits the labels.

    Raises:
        InputError: There are no such classes, or not exactly one dataset fits.
        SplitError: The dataset has no such split.
    """
    if classes is not None:
        chosen = _classes_of(classes)
        return chosen, resolve_split(split, chosen)
    named = [known_classes(data) for data, name in sorted(published_splits()) if name == split]
    candidates = [(data, resolve_split(split, data)) for data in named]
    if not candidates:
        raise InputError(
            f"split {split!r} is not a published one of a dataset whose class names are known, so it does not say "
            "which dataset this is; name that or a file of class names (--classes)"
        )
    if len(candidates) == 1:
        return candidates[0]
    fitting = [
        (data, resolved)
        for data, resolved in candidates
        if any(not labels.strangers(resolved, first) for first in (0, 1)) or labels.are_local(resolved)
    ]
    if len(fitting) != 1:
        names, which = (", ".join(data.name for data, _ in pairs) for pairs in (candidates, fitting))
        raise InputError(
            f"{labels.folder}: split {split} is one of {names}, and the labels fit {which or 'none of them'}; expected "
            "one. Name the dataset (--classes)"
        )
    return fitting[0]


def _classes_of(classes: str) -> KnownClasses:
    """Return the classes of a known dataset, or of a file with one name a line."""
    file = Path(classes)
    try:
        return known_classes(classes)
    except InputError as error:
        if not file.is_file():
            raise InputError(f"classes {classes!r}: no such file, and {error}") from error
    return KnownClasses(file.stem.lower().replace("_", "-"), tuple(read_class_names(file)))

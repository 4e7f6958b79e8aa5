"""SkeletonDataset: labelled sequences of one joint layout."""

from collections.abc import Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path

import numpy as np

from zeroskel.core import InputError, Layout, LayoutError, SkeletonFormatError, SkeletonSequence
from zeroskel.core.files import content_key
from zeroskel.skeleton.formats import NpzSequences, arrange_joints, read_npz_sequences


class SkeletonDataset:
    """Labelled sequences with subjects and class names.

    Args:
        sequences: N sequences of one layout.
        labels: (N,) 0-based class ids.
        subjects: (N,) subject ids.
        class_names: K names.
        name: short name; published splits are found by it.
        train: (N,) bool, the published training part. Without it, odd subject ids train and even ones test.
        splits: class splits of this data set's own: name -> {"unseen": class names, "validation_unseen": class names}.
        notice: a sentence to be shown with every result (synthetic data have one), or "".

    Raises:
        InputError: lengths or ids do not agree; LayoutError: sequences of different layouts.
    """

    def __init__(
        self,
        sequences: Sequence[SkeletonSequence],
        labels: np.ndarray,
        subjects: np.ndarray,
        class_names: Sequence[str],
        *,
        name: str = "data",
        train: np.ndarray | None = None,
        splits: dict[str, dict[str, list[str]]] | None = None,
        notice: str = "",
    ) -> None:
        self.labels = np.asarray(labels, dtype=np.int64)
        self.subjects = np.asarray(subjects, dtype=np.int64)
        self.class_names = list(class_names)
        self.name = name
        self.splits = splits or {}
        self.notice = notice
        self._sequences = list(sequences)
        self._train = None if train is None else np.asarray(train, dtype=bool)
        self._check()

    def _check(self) -> None:
        count = len(self._sequences)
        if count == 0:
            raise InputError(f"data set {self.name} has no sequences")
        if self.labels.shape != (count,) or self.subjects.shape != (count,):
            raise InputError(
                f"data set {self.name}: {count} sequences, {self.labels.shape} labels, {self.subjects.shape} subjects; "
                "expected one of each for every sequence"
            )
        if self.labels.min() < 0 or self.labels.max() >= len(self.class_names):
            raise InputError(
                f"data set {self.name}: labels run from {self.labels.min()} to {self.labels.max()}; expected 0 to "
                f"{len(self.class_names) - 1}, one for each of the {len(self.class_names)} class names"
            )
        if self._train is not None and self._train.shape != (count,):
            raise InputError(f"data set {self.name}: train mask has shape {self._train.shape}; expected ({count},)")
        if any(sequence.layout != self.layout for sequence in self._sequences):
            raise LayoutError(f"data set {self.name} mixes layouts; convert them to one first")

    @classmethod
    def from_npz(cls, path: str | PathLike[str], layout: str | Layout | None = None) -> "SkeletonDataset":
        """Read an .npz of joints, offsets, labels, subjects, class_names and joint_names (no pickle).

        Joints are matched by name; with no `layout`, the known layout with exactly these joints is taken. A joint whose
        coordinates are all exactly 0, or that `visibility` marks as hidden, was not observed: NaN. `official_train…` is
        the training part, `fps` or `timestamps_ms` give the frame rate (else 30).

        Raises:
            SkeletonFormatError: the file is broken; LayoutError: its joints fit no layout; MissingFileError.
        """
        content = read_npz_sequences(path)
        joints, target = arrange_joints(_observed(content), content.joint_names, layout, file=Path(path))
        rates = _frame_rates(content, Path(path))
        bounds = content.offsets
        sequences = [
            SkeletonSequence(joints[bounds[i] : bounds[i + 1]], target, rates[i]) for i in range(len(bounds) - 1)
        ]
        train = next((v for k, v in sorted(content.extras.items()) if k.startswith("official_train")), None)
        name = Path(path).stem.lower().replace("_", "-")
        return cls(sequences, content.labels, content.subjects, content.class_names, name=name, train=train)

    @property
    def layout(self) -> Layout:
        """The layout of every sequence."""
        return self._sequences[0].layout

    @cached_property
    def bodies(self) -> int:
        """The largest number of bodies in a sequence."""
        return max(sequence.bodies for sequence in self._sequences)

    @property
    def train_mask(self) -> np.ndarray:
        """(N,) bool: recordings for training. The published part, else odd subject ids."""
        return self._train.copy() if self._train is not None else self.subjects % 2 == 1

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that a result can depend on."""
        rates = np.array([sequence.fps for sequence in self._sequences])
        frames = [content_key(sequence.joints) for sequence in self._sequences]
        names = [self.layout.name, list(self.layout.joints), self.class_names]
        return content_key(names, frames, rates, self.labels, self.subjects, self.train_mask)

    def __len__(self) -> int:
        return len(self._sequences)

    def __getitem__(self, index: int) -> SkeletonSequence:
        return self._sequences[index]

    def __repr__(self) -> str:
        return (
            f"SkeletonDataset({self.name!r}, {len(self)} sequences, {len(self.class_names)} classes, "
            f"{len(np.unique(self.subjects))} subjects, {self.layout.name})"
        )


def _observed(content: NpzSequences) -> np.ndarray:
    """(sum_T, V, C) float32 with NaN for joints at exactly 0 or marked as not visible."""
    joints = content.joints.astype(np.float32)
    hidden = (joints == 0).all(axis=-1)
    visibility = content.extras.get("visibility")
    if visibility is not None and visibility.shape == hidden.shape:
        hidden |= visibility == 0
    joints[hidden] = np.nan
    return joints


def _frame_rates(content: NpzSequences, file: Path) -> np.ndarray:
    """(N,) frames a second."""
    count = len(content.offsets) - 1
    if "fps" in content.extras:
        fps = content.extras["fps"]
        if fps.dtype.kind not in "fiu" or fps.shape not in ((), (1,), (count,)):
            raise SkeletonFormatError(
                f"{file}, array fps: found {fps.dtype} {fps.shape}; expected one number, or one for each of the "
                f"{count} sequences"
            )
        return np.broadcast_to(fps.astype(float), (count,))
    rates = np.full(count, 30.0)
    stamps = content.extras.get("timestamps_ms")
    if stamps is not None and stamps.shape == (len(content.joints),):
        for i in range(count):
            steps = np.diff(stamps[content.offsets[i] : content.offsets[i + 1]])
            if len(steps) and np.median(steps) > 0:
                rates[i] = 1000.0 / np.median(steps)
    return rates

"""SkeletonDataset: labelled sequences of one joint layout."""

from collections.abc import Mapping, Sequence
from copy import copy
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core import InputError, Layout, SkeletonFormatError, SkeletonSequence, ZeroShotSplit
from zeroskel.core._files import content_key
from zeroskel.datasets._classes import usual_rate
from zeroskel.datasets._container import Container, ListedSequences, StoredSequences
from zeroskel.skeleton.formats._npz import NpzSequences, read_sequences, write_sequences
from zeroskel.skeleton.formats._parsing import arrange_joints

_ODD_SUBJECTS = "odd-subjects"
_FPS = 30.0  # of an .npz without frame rates


class SkeletonDataset:
    """Labelled sequences with subjects and class names.

    Args:
        sequences: N sequences of one layout, in a list or an opened Container.
        labels: (N,) class ids from 0.
        subjects: (N,) subject ids.
        class_names: K names, in the order of the class ids.
        name: The short name; published splits are looked up by it.
        protocols: Name -> (N,) bool, published ways to choose the recordings that train; the first is the default.
            Without any, odd subject ids train and even ones test ("odd-subjects").
        protocol: The protocol in use; None is the default.
        splits: Class splits that come with the dataset: name -> {"unseen": class names, "validation_unseen": class
            names}, and "held_out" of a split that trains on all members but one and tests on that one.
        notice: A sentence that every result shows (synthetic data have one), or "".
        names: N names of the sequences; None numbers them.
        members: N names of the datasets that the sequences come from, no subject in two of them; None: one dataset.

    Raises:
        InputError: Lengths or ids do not agree, or the protocol is unknown.
        LayoutError: Layouts differ.

    Example:
        >>> from zeroskel import SkeletonDataset
        >>> from zeroskel.datasets.synthetic import generate_dataset
        >>> sequences, labels, subjects, names = generate_dataset(["squat", "jump"], subjects=2, repetitions=1)
        >>> SkeletonDataset(sequences, labels, subjects, names, name="two-actions")
        SkeletonDataset('two-actions', 4 sequences, 2 classes, 2 subjects, ntu-25)
    """

    def __init__(
        self,
        sequences: Sequence[SkeletonSequence] | StoredSequences,
        labels: np.ndarray,
        subjects: np.ndarray,
        class_names: Sequence[str],
        *,
        name: str = "data",
        protocols: Mapping[str, np.ndarray] | None = None,
        protocol: str | None = None,
        splits: dict[str, dict[str, Any]] | None = None,
        notice: str = "",
        names: Sequence[str] | None = None,
        members: Sequence[str] | None = None,
    ) -> None:
        is_stored = hasattr(sequences, "fingerprint")
        self.sequences: StoredSequences = sequences if is_stored else ListedSequences(sequences)  # type: ignore
        self.labels = np.asarray(labels, dtype=np.int64)
        self.subjects = np.asarray(subjects, dtype=np.int64)
        self.class_names = list(class_names)
        self.name = name
        self.splits = splits or {}
        self.notice = notice
        self.protocols = {key: np.asarray(mask, dtype=bool) for key, mask in (protocols or {}).items()}
        self._names = names
        self.members = None if members is None else np.asarray(members, dtype=np.str_)
        self._check()
        self.protocol = self._known_protocol(protocol)

    def _known_protocol(self, protocol: str | None) -> str:
        known = list(self.protocols) or [_ODD_SUBJECTS]
        if protocol is not None and protocol not in known:
            raise InputError(f"dataset {self.name} has no protocol {protocol!r}; it has {', '.join(known)}")
        return known[0] if protocol is None else protocol

    def _check(self) -> None:
        arrays: dict[str, np.ndarray] = {"labels": self.labels, "subjects": self.subjects}
        arrays |= {f"a train mask for protocol {protocol}": mask for protocol, mask in self.protocols.items()}
        if self.members is not None:
            arrays["members"] = self.members
        for what, array in arrays.items():
            if array.shape != (len(self),):
                raise InputError(
                    f"dataset {self.name}: found {what} of shape {array.shape}; expected ({len(self)},), one entry for "
                    "every sequence"
                )
        if self.labels.min() < 0 or self.labels.max() >= len(self.class_names):
            raise InputError(
                f"dataset {self.name}: labels run from {self.labels.min()} to {self.labels.max()}; expected 0 to "
                f"{len(self.class_names) - 1}, one for each of the {len(self.class_names)} class names"
            )
        for subject in np.unique(self.subjects):
            members: list[str] = (
                [] if self.members is None else np.unique(self.members[self.subjects == subject]).tolist()
            )
            if len(members) > 1:
                raise InputError(
                    f"dataset {self.name}: subject {subject} is in the members {' and '.join(members)}; expected ids "
                    "of one member each. Give people of two datasets different ids"
                )

    @classmethod
    def open(cls, path: str | PathLike[str], *, protocol: str | None = None) -> "SkeletonDataset":
        """Open a container that `zeroskel data prepare` wrote; each sequence is read when it is accessed.

        Args:
            path: The folder of the container.
            protocol: The protocol that selects the recordings for training, e.g. "cross-view"; None is the default.

        Raises:
            MissingFileError: The folder has no container.
            SkeletonFormatError: The container is broken.
            InputError: The path is a file, or the protocol is unknown.
        """
        container = Container(path)
        return cls(
            container,
            container.index["labels"],
            container.index["subjects"],
            container.manifest["class_names"],
            name=container.manifest["name"],
            protocols=container.train,
            protocol=protocol,
            splits=container.manifest.get("splits"),
            notice=container.manifest.get("notice", ""),
            names=container.names.tolist(),
        )

    def with_protocol(self, protocol: str | None) -> "SkeletonDataset":
        """Return the same dataset under another protocol.

        Args:
            protocol: The name of the protocol; None keeps the present one.

        Raises:
            InputError: The protocol is unknown.
        """
        if protocol is None:
            return self
        dataset = copy(self)
        dataset.protocol = self._known_protocol(protocol)
        dataset.__dict__.pop("fingerprint", None)  # it depends on the recordings for training
        return dataset

    @classmethod
    def from_npz(cls, path: str | PathLike[str], layout: str | Layout | None = None) -> "SkeletonDataset":
        """Read an .npz of joints, offsets, labels, subjects, class_names and joint_names (no pickle).

        A joint whose coordinates are all exactly 0, or that `visibility` marks as hidden, becomes NaN.
        `official_train…` marks the recordings for training, `train_NAME` those of the protocol NAME; `fps` or
        `timestamps_ms` give the frame rate, else the catalog does for a file that is named after a dataset, else it
        is 30.

        Args:
            path: The file.
            layout: The layout of the result, joints are matched by name; None selects the layout with these joints.

        Raises:
            MissingFileError: The file does not exist.
            SkeletonFormatError: The file is broken.
            LayoutError: The joints fit no layout.
        """
        file = Path(path)
        content = read_sequences(file)
        joints, joint_layout = arrange_joints(_observed(content), content.joint_names, layout, file=file)
        parts = np.split(joints, content.offsets[1:-1])
        names = content.extras.get("sample_names")
        notice = content.extras.get("notice")
        has_notice = notice is not None and notice.dtype.kind == "U" and notice.shape == ()
        return cls(
            sequences=[
                SkeletonSequence(part.reshape(bodies, -1, *part.shape[1:]), joint_layout, rate)
                for part, bodies, rate in zip(parts, _bodies(content, file), _frame_rates(content, file), strict=True)
            ],
            labels=content.labels,
            subjects=content.subjects,
            class_names=content.class_names,
            name=_dataset_name(file),
            protocols=_protocols(content),
            notice=str(notice) if has_notice else "",
            names=None if names is None or names.shape != content.labels.shape else [str(name) for name in names],
        )

    def to_npz(self, path: str | PathLike[str]) -> None:
        """Write everything to one compressed .npz that from_npz reads; all sequences are loaded into memory.

        Args:
            path: The file. The bodies of a sequence follow each other in its `joints`, and `bodies` counts them.
        """
        sequences = [self[i] for i in range(len(self))]
        rows = [sequence.joints.reshape(-1, *sequence.joints.shape[2:]) for sequence in sequences]
        content = NpzSequences(
            joints=np.concatenate(rows),
            offsets=np.cumsum([0, *map(len, rows)]),
            labels=self.labels,
            subjects=self.subjects,
            class_names=self.class_names,
            joint_names=list(self.layout.joints),
            extras={
                "fps": np.array([sequence.fps for sequence in sequences]),
                "bodies": np.array([sequence.bodies for sequence in sequences]),
                "sample_names": np.array(self.names),
                "notice": np.array(self.notice),
                **{f"train_{protocol}": mask for protocol, mask in self.protocols.items()},
            },
        )
        write_sequences(content, path)

    @property
    def layout(self) -> Layout:
        """The layout of every sequence."""
        return self.sequences.layout

    @property
    def bodies(self) -> int:
        """The largest number of bodies in a sequence."""
        return self.sequences.bodies

    @property
    def names(self) -> list[str]:
        """N names of the sequences."""
        return list(self._names) if self._names is not None else [f"{i:06d}" for i in range(len(self))]

    @property
    def train_mask(self) -> np.ndarray:
        """(N,) bool: recordings for training under `protocol`."""
        return self.protocols[self.protocol].copy() if self.protocols else self.subjects % 2 == 1

    def train_mask_of(self, split: ZeroShotSplit) -> np.ndarray:
        """Return the (N,) bool mask of recordings for training under a split, of any class; all others test.

        It is `train_mask`, except for a split that holds a member out: then the recordings of all other members train.

        Args:
            split: The class split.

        Raises:
            InputError: The dataset has no member that the split holds out.
        """
        if not split.held_out:
            return self.train_mask
        held_out = np.zeros(len(self), dtype=bool) if self.members is None else self.members == split.held_out
        if not held_out.any():
            has = "no members" if self.members is None else ", ".join(np.unique(self.members))
            raise InputError(f"dataset {self.name}, split {split.name}: holds out {split.held_out}; it has {has}")
        return ~held_out

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that a result can depend on; members differ by their subjects, which no two share."""
        names = [self.layout.name, list(self.layout.joints), self.class_names]
        return content_key(names, self.sequences.fingerprint, self.labels, self.subjects, self.train_mask)

    def __len__(self) -> int:
        return len(self.sequences)

    def __getitem__(self, index: int) -> SkeletonSequence:
        return self.sequences[index]

    def __repr__(self) -> str:
        return (
            f"SkeletonDataset({self.name!r}, {len(self)} sequences, {len(self.class_names)} classes, "
            f"{len(np.unique(self.subjects))} subjects, {self.layout.name})"
        )


def _observed(content: NpzSequences) -> np.ndarray:
    """Return (sum_T, V, C) float32 joints with NaN for joints at exactly 0 or marked as not visible."""
    joints = content.joints.astype(np.float32)
    hidden = (joints == 0).all(axis=-1)
    visibility = content.extras.get("visibility")
    if visibility is not None and visibility.shape == hidden.shape:
        hidden |= visibility == 0
    joints[hidden] = np.nan
    return joints


def _protocols(content: NpzSequences) -> dict[str, np.ndarray]:
    """Return protocol -> (N,) train mask."""
    masks = {k.removeprefix("train_"): mask for k, mask in content.extras.items() if k.startswith("train_")}
    official = next((mask for k, mask in sorted(content.extras.items()) if k.startswith("official_train")), None)
    return masks if official is None else {"published": official, **masks}


def _bodies(content: NpzSequences, file: Path) -> np.ndarray:
    """Return the (N,) counts of bodies, which follow each other in the rows of a sequence."""
    lengths = np.diff(content.offsets)
    bodies = content.extras.get("bodies", np.ones_like(lengths))
    if bodies.dtype.kind not in "iu" or bodies.shape != lengths.shape or (bodies < 1).any() or (lengths % bodies).any():
        raise SkeletonFormatError(
            f"{file}, array bodies: found {bodies.dtype} {bodies.shape}; expected one whole number a sequence that "
            "divides its rows"
        )
    return bodies


def _dataset_name(file: Path) -> str:
    return file.stem.lower().replace("_", "-")


def _frame_rates(content: NpzSequences, file: Path) -> np.ndarray:
    """Return the (N,) frames per second: `fps`, else by the median step of `timestamps_ms`, else as usual."""
    count = len(content.offsets) - 1
    if "fps" in content.extras:
        fps = content.extras["fps"]
        if fps.dtype.kind not in "fiu" or fps.shape not in ((), (1,), (count,)):
            raise SkeletonFormatError(
                f"{file}, array fps: found {fps.dtype} {fps.shape}; expected one number, or one for each of the "
                f"{count} sequences"
            )
        return np.broadcast_to(fps.astype(float), (count,))
    rates = np.full(count, usual_rate(_dataset_name(file)) or _FPS)
    stamps = content.extras.get("timestamps_ms")
    if stamps is not None and stamps.shape == (len(content.joints),):
        for i in range(count):
            steps = np.diff(stamps[content.offsets[i] : content.offsets[i + 1]])
            if len(steps) and np.median(steps) > 0:
                rates[i] = 1000.0 / np.median(steps)
    return rates

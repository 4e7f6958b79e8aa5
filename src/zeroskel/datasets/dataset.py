"""SkeletonDataset: labelled sequences of one joint layout."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from zeroskel.core import InputError, Layout, LayoutError, SkeletonFormatError, SkeletonSequence, ZeroShotSplit
from zeroskel.core._files import content_key
from zeroskel.datasets.container import open_container
from zeroskel.skeleton.formats._named_joints import arrange_joints
from zeroskel.skeleton.formats._npz import NpzSequences, read_sequences, write_sequences

ODD_SUBJECTS = "odd-subjects"


class StoredSequences(Protocol):
    """Sequences of one layout, in memory or on disk, with what is known of them without reading all."""

    @property
    def layout(self) -> Layout: ...

    @property
    def bodies(self) -> int: ...

    @property
    def frames(self) -> np.ndarray: ...

    @property
    def missing(self) -> np.ndarray: ...

    @property
    def fingerprint(self) -> str: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> SkeletonSequence: ...


class ListedSequences:
    """Sequences in memory.

    Raises InputError when there is none, LayoutError when layouts differ.
    """

    def __init__(self, sequences: Sequence[SkeletonSequence]) -> None:
        self._sequences = list(sequences)
        if not self._sequences:
            raise InputError("there are no sequences; expected at least one")
        if any(sequence.layout != self.layout for sequence in self._sequences):
            raise LayoutError("the data set mixes layouts; convert its sequences to one first")

    @property
    def layout(self) -> Layout:
        """The layout of every sequence."""
        return self._sequences[0].layout

    @property
    def bodies(self) -> int:
        """The largest number of bodies in a sequence."""
        return max(sequence.bodies for sequence in self._sequences)

    @property
    def frames(self) -> np.ndarray:
        """(N,) lengths."""
        return np.array([sequence.frames for sequence in self._sequences])

    @property
    def missing(self) -> np.ndarray:
        """(N,) share of joints not observed."""
        return np.array([1.0 - float(sequence.observed.mean()) for sequence in self._sequences])

    @cached_property
    def fingerprint(self) -> str:
        """A hash of joints and frame rates."""
        rates = np.array([sequence.fps for sequence in self._sequences])
        return content_key([content_key(sequence.joints) for sequence in self._sequences], rates)

    def __len__(self) -> int:
        return len(self._sequences)

    def __getitem__(self, index: int) -> SkeletonSequence:
        return self._sequences[index]


class SkeletonDataset:
    """Labelled sequences with subjects and class names.

    Args:
        sequences: N sequences of one layout, in a list or stored elsewhere.
        labels: (N,) 0-based class ids.
        subjects: (N,) subject ids.
        class_names: K names.
        name: short name; published splits are found by it.
        protocols: name -> (N,) bool, published ways to choose the recordings that train; the first is used unless
            another is asked for. Without any, odd subject ids train and even ones test ("odd-subjects").
        protocol: which of them is used.
        splits: class splits of this data set's own: name -> {"unseen": class names, "validation_unseen": class names},
            and "held_out" of a split that trains on all members but one and tests on that.
        notice: a sentence to be shown with every result (synthetic data have one), or "".
        names: N names of the sequences; None numbers them.
        members: N names of the data sets that the sequences come from, no subject in two of them; None: all from one.

    Raises:
        InputError: lengths or ids do not agree, or the protocol is unknown; LayoutError: layouts differ.
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
        self.sequences: StoredSequences = (
            sequences if hasattr(sequences, "fingerprint") else ListedSequences(list(sequences))  # type: ignore[assignment]
        )
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
        known = list(self.protocols) or [ODD_SUBJECTS]
        self.protocol = known[0] if protocol is None else protocol
        if self.protocol not in known:
            raise InputError(f"data set {name} has no protocol {protocol!r}; it has {', '.join(known)}")

    def _check(self) -> None:
        count = len(self)
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
        if self.members is not None:
            self._check_members(self.members)
        for protocol, mask in self.protocols.items():
            if mask.shape != (count,):
                raise InputError(
                    f"data set {self.name}: protocol {protocol} has a train mask of shape {mask.shape}; expected "
                    f"({count},)"
                )

    def _check_members(self, members: np.ndarray) -> None:
        if members.shape != (len(self),):
            raise InputError(f"data set {self.name}: members have shape {members.shape}; expected ({len(self)},)")
        of_subject: dict[int, str] = {}
        for subject, member in zip(self.subjects.tolist(), members.tolist(), strict=True):
            if of_subject.setdefault(subject, member) != member:
                raise InputError(
                    f"data set {self.name}: subject {subject} is in the members {of_subject[subject]} and {member}; "
                    "expected ids of one member each. Give people of two data sets different ids"
                )

    @classmethod
    def open(cls, path: str | PathLike[str], *, protocol: str | None = None) -> "SkeletonDataset":
        """Open a container that `zeroskel data prepare` wrote; sequences are read as they are asked for.

        Args:
            path: its folder.
            protocol: which recordings train, e.g. "cross-view"; None takes the container's first.

        Raises:
            MissingFileError: no container is there; SkeletonFormatError: it is broken; InputError: unknown protocol.
        """
        container = open_container(path)
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
        """The same data set, parted by another protocol (None: as it is). Raises InputError for an unknown one."""
        if protocol is None:
            return self
        return SkeletonDataset(
            self.sequences,
            self.labels,
            self.subjects,
            self.class_names,
            name=self.name,
            protocols=self.protocols,
            protocol=protocol,
            splits=self.splits,
            notice=self.notice,
            names=self._names,
            members=None if self.members is None else self.members.tolist(),
        )

    @classmethod
    def from_npz(cls, path: str | PathLike[str], layout: str | Layout | None = None) -> "SkeletonDataset":
        """Read an .npz of joints, offsets, labels, subjects, class_names and joint_names (no pickle).

        Joints are matched by name; with no `layout`, the known layout with exactly these joints is taken. A joint whose
        coordinates are all exactly 0, or that `visibility` marks as hidden, was not observed: NaN. `official_train…` is
        the training part, `train_NAME` that of protocol NAME, `fps` or `timestamps_ms` give the frame rate (else 30).

        Raises:
            SkeletonFormatError: the file is broken; LayoutError: its joints fit no layout; MissingFileError.
        """
        content = read_sequences(path)
        joints, target = arrange_joints(_observed(content), content.joint_names, layout, file=Path(path))
        rates = _frame_rates(content, Path(path))
        bodies = _bodies(content, Path(path))
        parts = np.split(joints, content.offsets[1:-1])
        sequences = [
            SkeletonSequence(part.reshape(m, -1, *part.shape[1:]), target, rate)
            for part, m, rate in zip(parts, bodies, rates, strict=True)
        ]
        names = content.extras.get("sample_names")
        notice = content.extras.get("notice")
        return cls(
            sequences,
            content.labels,
            content.subjects,
            content.class_names,
            name=Path(path).stem.lower().replace("_", "-"),
            protocols=_protocols(content),
            notice=str(notice) if notice is not None and notice.dtype.kind == "U" and notice.shape == () else "",
            names=None if names is None or names.shape != content.labels.shape else [str(name) for name in names],
        )

    def to_npz(self, path: str | PathLike[str]) -> None:
        """Write everything to one compressed .npz that from_npz reads; the sequences are loaded for it.

        Several bodies of a sequence stand one after the other in `joints`, and `bodies` counts them.
        """
        sequences = [self[i] for i in range(len(self))]
        rows = [sequence.joints.reshape(-1, *sequence.joints.shape[2:]) for sequence in sequences]
        extras = {
            "fps": np.array([sequence.fps for sequence in sequences]),
            "bodies": np.array([sequence.bodies for sequence in sequences]),
            "sample_names": np.array(self.names),
            "notice": np.array(self.notice),
            **{f"train_{protocol}": mask for protocol, mask in self.protocols.items()},
        }
        content = NpzSequences(
            np.concatenate(rows),
            np.cumsum([0, *map(len, rows)]),
            self.labels,
            self.subjects,
            self.class_names,
            list(self.layout.joints),
            extras,
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
        """(N,) bool: recordings for training under a split, whatever their class; all others test.

        `train_mask`, but for a split with a member held out: then the recordings of all other members.

        Raises InputError where this data set has no such member.
        """
        if not split.held_out:
            return self.train_mask
        own = np.zeros(len(self), dtype=bool) if self.members is None else self.members == split.held_out
        if not own.any():
            has = "no members" if self.members is None else ", ".join(np.unique(self.members))
            raise InputError(f"data set {self.name}, split {split.name}: holds out {split.held_out}; it has {has}")
        return ~own

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that a result can depend on; members go by their subjects, which no two share."""
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
    """(sum_T, V, C) float32 with NaN for joints at exactly 0 or marked as not visible."""
    joints = content.joints.astype(np.float32)
    hidden = (joints == 0).all(axis=-1)
    visibility = content.extras.get("visibility")
    if visibility is not None and visibility.shape == hidden.shape:
        hidden |= visibility == 0
    joints[hidden] = np.nan
    return joints


def _protocols(content: NpzSequences) -> dict[str, np.ndarray]:
    """Protocol -> (N,) train mask."""
    masks = {k.removeprefix("train_"): mask for k, mask in content.extras.items() if k.startswith("train_")}
    official = next((mask for k, mask in sorted(content.extras.items()) if k.startswith("official_train")), None)
    return masks if official is None else {"published": official, **masks}


def _bodies(content: NpzSequences, file: Path) -> np.ndarray:
    """(N,) bodies of each sequence, which stand one after the other in its rows."""
    lengths = np.diff(content.offsets)
    bodies = content.extras.get("bodies", np.ones_like(lengths))
    if bodies.dtype.kind not in "iu" or bodies.shape != lengths.shape or (bodies < 1).any() or (lengths % bodies).any():
        raise SkeletonFormatError(
            f"{file}, array bodies: found {bodies.dtype} {bodies.shape}; expected one whole number a sequence that "
            "divides its rows"
        )
    return bodies


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

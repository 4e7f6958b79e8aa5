"""The container: a folder that holds a dataset of any size, read through memory maps.

`manifest.json` says what it is; `joints-00000.npy`, … are shards of joints, each (sum over recordings of M * T, V, C);
`names.npy`, `labels.npy`, … have one entry a recording. Written by `zeroskel data prepare` and `write_container`.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from zeroskel.core import (
    InputError,
    Layout,
    LayoutError,
    MissingFileError,
    SkeletonFormatError,
    SkeletonSequence,
    get_layout,
)
from zeroskel.core._files import content_key, read_json_object

MANIFEST = "manifest.json"
VERSION = 1
INDEX = {  # array -> dtype; one entry a recording
    "labels": "<i8",
    "subjects": "<i8",
    "cameras": "<i8",
    "setups": "<i8",
    "repetitions": "<i8",
    "bodies": "<i8",
    "frames": "<i8",
    "fps": "<f8",
    "missing": "<f8",  # share of joints not observed
    "shards": "<i8",
    "starts": "<i8",  # first row in the shard
}
_OPEN_SHARDS = 2048  # a mapping holds no file open, and the system takes its pages back when it needs them
_REMEDY = "Prepare the dataset again"


class StoredSequences(Protocol):
    """Sequences of one layout, whose facts are known without reading all of them."""

    @property
    def layout(self) -> Layout:
        """The layout of every sequence."""
        ...

    @property
    def bodies(self) -> int:
        """The largest number of bodies in a sequence."""
        ...

    @property
    def frames(self) -> np.ndarray:
        """(N,) lengths."""
        ...

    @property
    def missing(self) -> np.ndarray:
        """(N,) share of joints not observed."""
        ...

    @property
    def fingerprint(self) -> str:
        """A hash of joints and frame rates."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> SkeletonSequence: ...


class ListedSequences:
    """Sequences in memory.

    Args:
        sequences: One or more sequences of one layout.

    Raises:
        InputError: The list is empty.
        LayoutError: The layouts differ.
    """

    def __init__(self, sequences: Sequence[SkeletonSequence]) -> None:
        self._sequences = list(sequences)
        if not self._sequences:
            raise InputError("there are no sequences; expected at least one")
        if any(sequence.layout != self.layout for sequence in self._sequences):
            raise LayoutError("the dataset mixes layouts; convert its sequences to one first")

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


def shard_file(number: int) -> str:
    """Return name of a shard's file."""
    return f"joints-{number:05d}.npy"


def is_container(path: Path) -> bool:
    """Return whether a container lies at the path."""
    return (path / MANIFEST).is_file()


class Container:
    """Container on disk: its facts, and its sequences, each read when it is accessed.

    Args:
        path: The folder.

    Attributes:
        manifest: name, layout, class_names, protocols, subjects, cameras, setups, repetitions, recordings (also of each
            class), frames, dtype, files (with check sums), left_out, source, and the version that wrote it.
        index: Array name -> (N,) array: labels, subjects, cameras, setups, repetitions, bodies, frames, fps, missing
            (share of joints not observed), shards and starts (the first row in the shard).
        train: Protocol -> (N,) bool, the recordings for training.

    Raises:
        MissingFileError: The folder has no container.
        SkeletonFormatError: The container is broken or of another version.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from zeroskel.datasets import Container, synthetic_dataset, write_container
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_container(synthetic_dataset(subjects=1, repetitions=1), Path(folder, "small"))
        ...     container = Container(Path(folder, "small"))
        ...     print(container.manifest["name"], len(container), container.verify())
        synthetic 84 []
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        if self.path.is_dir() and not is_container(self.path):
            raise MissingFileError(
                f"{self.path}: no {MANIFEST} in this folder; expected a container that `zeroskel data prepare` finished"
            )
        self.manifest = read_json_object(self.path / MANIFEST, "a container's manifest", SkeletonFormatError)
        self._check_manifest()
        self.index = {name: self._vector(f"{name}.npy", dtype) for name, dtype in INDEX.items()}
        self.train = {protocol: self._vector(f"train-{protocol}.npy", "|b1") for protocol in self.manifest["protocols"]}
        self._check_index()
        self._shards: OrderedDict[int, np.ndarray] = OrderedDict()

    def __len__(self) -> int:
        return int(self.manifest["recordings"])

    def __getitem__(self, index: int) -> SkeletonSequence:
        """Return one recording as float32. Raises IndexError beyond the end, SkeletonFormatError for a broken shard."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"{self.path} has {len(self)} recordings; there is no {index}")
        bodies, frames = int(self.index["bodies"][index]), int(self.index["frames"][index])
        shard = self._shard(int(self.index["shards"][index]))
        start = int(self.index["starts"][index])
        rows = shard[start : start + bodies * frames]
        if len(rows) != bodies * frames:
            raise SkeletonFormatError(f"{self.path}: recording {index} reaches beyond its shard. {_REMEDY}")
        joints = rows.reshape(bodies, frames, *rows.shape[1:]).astype(np.float32)
        return SkeletonSequence(joints, self.layout, float(self.index["fps"][index]))

    @cached_property
    def names(self) -> np.ndarray:
        """(N,) names of the recordings."""
        names = self._array("names.npy")
        if names.dtype.kind != "U" or names.shape != (len(self),):
            raise SkeletonFormatError(
                f"{self.path / 'names.npy'}: found {names.dtype} {names.shape}; expected text ({len(self)},). {_REMEDY}"
            )
        return names

    @property
    def layout(self) -> Layout:
        """The layout of every sequence."""
        return get_layout(self.manifest["layout"])

    @property
    def bodies(self) -> int:
        """The largest number of bodies in a sequence."""
        return int(self.index["bodies"].max())

    @property
    def frames(self) -> np.ndarray:
        """(N,) lengths."""
        return self.index["frames"]

    @property
    def missing(self) -> np.ndarray:
        """(N,) share of joints not observed."""
        return self.index["missing"]

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything in the container, from its check sums."""
        return content_key({name: facts["sha256"] for name, facts in self.manifest["files"].items()})

    def verify(self, progress: Callable[[str, int, int], None] | None = None) -> list[str]:
        """Compare every file with its check sum; one line for each that differs, none when all is well."""
        faults = []
        files = self.manifest["files"]
        for done, (name, facts) in enumerate(files.items(), start=1):
            file = self.path / name
            if not file.is_file():
                faults.append(f"{file}: the file is gone; expected {facts['bytes']} bytes")
            elif (size := file.stat().st_size) != facts["bytes"]:
                faults.append(f"{file}: found {size} bytes; expected {facts['bytes']}")
            elif (actual := sha256_of(file)) != facts["sha256"]:
                faults.append(f"{file}: the check sum is {actual[:12]}…; expected {facts['sha256'][:12]}…")
            if progress is not None:
                progress("verifying check sums", done, len(files))
        return faults

    def _shard(self, number: int) -> np.ndarray:
        if number in self._shards:
            self._shards.move_to_end(number)
            return self._shards[number]
        shard = self._array(shard_file(number))
        expected = len(self.layout.joints), self.manifest["channels"]
        if shard.dtype.str != self.manifest["dtype"] or shard.ndim != 3 or shard.shape[1:] != expected:
            raise SkeletonFormatError(
                f"{self.path / shard_file(number)}: found {shard.dtype} {shard.shape}; expected "
                f"{self.manifest['dtype']} (rows, {expected[0]}, {expected[1]}). {_REMEDY}"
            )
        self._shards[number] = shard
        if len(self._shards) > _OPEN_SHARDS:
            self._shards.popitem(last=False)
        return shard

    def _array(self, name: str) -> np.ndarray:
        file = self.path / name
        if not file.is_file():
            raise SkeletonFormatError(f"{file}: the file is gone; the container's manifest lists it. {_REMEDY}")
        try:
            return np.load(file, mmap_mode="r" if name.startswith("joints-") else None, allow_pickle=False)
        except (ValueError, EOFError, OSError, SyntaxError, TypeError) as error:
            raise SkeletonFormatError(f"{file}: not a whole .npy file ({str(error)[:120]}). {_REMEDY}") from error

    def _vector(self, name: str, dtype: str) -> np.ndarray:
        array = self._array(name)
        if array.dtype.str != dtype or array.shape != (len(self),):
            raise SkeletonFormatError(
                f"{self.path / name}: found {array.dtype.str} {array.shape}; expected {dtype} ({len(self)},). {_REMEDY}"
            )
        return array

    def _check_manifest(self) -> None:
        file, manifest = self.path / MANIFEST, self.manifest
        if manifest.get("format") != VERSION:
            raise SkeletonFormatError(
                f"{file}: found format {manifest.get('format')!r}; expected {VERSION}. {_REMEDY} with this version"
            )
        kinds: dict[str, Any] = {
            "name": str,
            "layout": str,
            "class_names": list,
            "protocols": list,
            "recordings": int,
            "channels": int,
            "dtype": str,
            "shards": int,
            "files": dict,
        }
        for key, kind in kinds.items():
            if not isinstance(manifest.get(key), kind):
                raise SkeletonFormatError(f"{file}: {key} is {manifest.get(key)!r:.60}; expected {kind.__name__}")
        if manifest["dtype"] not in ("<f2", "<f4") or manifest["recordings"] < 1:
            raise SkeletonFormatError(
                f"{file}: dtype {manifest['dtype']!r:.20}, {manifest['recordings']} recordings; expected <f4 or <f2 "
                "and at least one"
            )
        get_layout(manifest["layout"])

    def _check_index(self) -> None:
        ranges = {
            "labels": (0, len(self.manifest["class_names"]) - 1),
            "shards": (0, self.manifest["shards"] - 1),
            "bodies": (1, 1000),
            "frames": (1, 2**40),
            "starts": (0, 2**40),
        }
        for name, (low, high) in ranges.items():
            wrong = np.flatnonzero((self.index[name] < low) | (self.index[name] > high))
            if len(wrong):
                raise SkeletonFormatError(
                    f"{self.path / (name + '.npy')}, entry {wrong[0]}: found {self.index[name][wrong[0]]}; expected "
                    f"{low} to {high}. {_REMEDY}"
                )


def open_container(path: str | PathLike[str]) -> Container:
    """Return the container at a path; see Container."""
    folder = Path(path)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: found a file; expected the folder of a container")
    return Container(folder)


def sha256_of(file: Path) -> str:
    """Return the SHA-256 check sum of a file, in hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

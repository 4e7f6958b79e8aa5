"""The container: a folder that holds a dataset of any size, read through memory maps.

`manifest.json` says what it is; `joints-00000.npy`, … are shards of joints, each (sum over recordings of M * T, V, C);
`names.npy`, `labels.npy`, … have one entry a recording. Written by `zeroskel data prepare` and `write_container`.
"""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Protocol

import numpy as np

from zeroskel.core import (
    InputError,
    Layout,
    LayoutError,
    SkeletonFormatError,
    SkeletonSequence,
    get_layout,
)
from zeroskel.core._files import content_key, read_json_object
from zeroskel.core._progress import Progress, quiet

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
_MANIFEST_TYPES = {
    **dict.fromkeys(("name", "layout", "dtype"), str),
    **dict.fromkeys(("recordings", "channels", "shards"), int),
    **dict.fromkeys(("class_names", "protocols"), list),
    "files": dict,
}
_REMEDY = "Prepare the dataset again"


class StoredSequences(Protocol):
    """Sequences of one layout, whose facts are known without reading all of them.

    Attributes:
        layout: The layout of every sequence.
        bodies: The largest number of bodies in a sequence.
        frames: (N,) lengths.
        missing: (N,) share of joints not observed.
        fingerprint: A hash of joints and frame rates.
    """

    layout: Layout
    bodies: int
    frames: np.ndarray

    @property
    def missing(self) -> np.ndarray: ...

    @property
    def fingerprint(self) -> str: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> SkeletonSequence: ...


class ListedSequences(tuple[SkeletonSequence, ...]):
    """Sequences in memory, with the attributes of StoredSequences.

    Args:
        sequences: One or more sequences of one layout.

    Raises:
        InputError: The list is empty.
        LayoutError: The layouts differ.
    """

    def __init__(self, sequences: Sequence[SkeletonSequence]) -> None:
        if not self:
            raise InputError("there are no sequences; expected at least one")
        self.layout = self[0].layout
        if any(sequence.layout != self.layout for sequence in self):
            raise LayoutError("the dataset mixes layouts; convert its sequences to one first")
        self.bodies = max(sequence.bodies for sequence in self)
        self.frames = np.array([sequence.frames for sequence in self])

    @cached_property
    def missing(self) -> np.ndarray:
        """(N,) share of joints not observed."""
        return np.array([1.0 - float(sequence.observed.mean()) for sequence in self])

    @cached_property
    def fingerprint(self) -> str:
        """A hash of joints and frame rates."""
        rates = np.array([sequence.fps for sequence in self])
        return content_key([content_key(sequence.joints) for sequence in self], rates)


def shard_file(number: int) -> str:
    """Return name of a shard's file."""
    return f"joints-{number:05d}.npy"


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
        layout: The layout of every sequence.
        bodies: The largest number of bodies in a sequence.
        frames: (N,) lengths.
        missing: (N,) share of joints not observed.

    Raises:
        InputError: The path is a file.
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
        if self.path.is_file():
            raise InputError(f"{self.path}: found a file; expected the folder of a container")
        expected = "the manifest of a container that `zeroskel data prepare` finished"
        self.manifest = read_json_object(self.path / MANIFEST, expected, SkeletonFormatError)
        self._check_manifest()
        self.layout = get_layout(self.manifest["layout"])
        self.index = {name: self._vector(f"{name}.npy", dtype) for name, dtype in INDEX.items()}
        self.train = {protocol: self._vector(f"train-{protocol}.npy", "|b1") for protocol in self.manifest["protocols"]}
        self._check_index()
        self.bodies = int(self.index["bodies"].max())
        self.frames, self.missing = self.index["frames"], self.index["missing"]
        self._shards: dict[int, np.ndarray] = {}  # maps: none holds a file open, and the system reclaims their pages

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
        return self._vector("names.npy", "<U")

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything in the container, from its check sums."""
        return content_key({name: facts["sha256"] for name, facts in self.manifest["files"].items()})

    def verify(self, progress: Progress = quiet) -> list[str]:
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
            progress("verifying check sums", done, len(files))
        return faults

    def _shard(self, number: int) -> np.ndarray:
        if number in self._shards:
            return self._shards[number]
        shard = self._array(shard_file(number))
        expected = len(self.layout.joints), self.manifest["channels"]
        if shard.dtype.str != self.manifest["dtype"] or shard.ndim != 3 or shard.shape[1:] != expected:
            raise SkeletonFormatError(
                f"{self.path / shard_file(number)}: found {shard.dtype} {shard.shape}; expected "
                f"{self.manifest['dtype']} (rows, {expected[0]}, {expected[1]}). {_REMEDY}"
            )
        self._shards[number] = shard
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
        """Return an array of one entry a recording; `dtype` is how its type begins, as text has a length."""
        array = self._array(name)
        if not array.dtype.str.startswith(dtype) or array.shape != (len(self),):
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
        for key, kind in _MANIFEST_TYPES.items():
            if not isinstance(manifest.get(key), kind):
                raise SkeletonFormatError(f"{file}: {key} is {manifest.get(key)!r:.60}; expected {kind.__name__}")
        if manifest["dtype"] not in ("<f2", "<f4") or manifest["recordings"] < 1:
            raise SkeletonFormatError(
                f"{file}: dtype {manifest['dtype']!r:.20}, {manifest['recordings']} recordings; expected <f4 or <f2 "
                "and at least one"
            )

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


def sha256_of(file: Path) -> str:
    """Return the SHA-256 check sum of a file, in hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

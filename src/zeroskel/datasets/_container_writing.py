"""Writing containers: shard by shard into a working folder beside the target, finished by one rename.

The working folder `TARGET.partial` holds `container/` (finished shards) and `state/` (what is in each). A shard whose
state has the wanted key is not written again, so an interrupted run continues where it stopped and ends with the same
bytes as an undisturbed one.
"""

import fcntl
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel import __version__
from zeroskel.core import InputError, Layout, SkeletonSequence
from zeroskel.core._files import atomic_path
from zeroskel.datasets._container import INDEX, MANIFEST, VERSION, sha256_of, shard_file
from zeroskel.datasets._dataset import SkeletonDataset
from zeroskel.datasets._recipe_parts import Recording

DTYPES = {"float32": "<f4", "float16": "<f2"}
SHARD_RECORDINGS = 256


@dataclass(frozen=True)
class WorkingFolder:
    """Working folder of a container that is not finished yet.

    Args:
        target: the folder that the finished container will be.
    """

    target: Path

    @property
    def path(self) -> Path:
        """The working folder, beside the target."""
        return self.target.with_name(f"{self.target.name}.partial")

    @property
    def container(self) -> Path:
        """The container to be."""
        return self.path / "container"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folders and keep other runs out of them; the lock ends with the process, however that ends.

        Raises OSError where folders may not be made, InputError when another run has the lock.
        """
        self.container.mkdir(parents=True, exist_ok=True)
        (self.path / "state").mkdir(exist_ok=True)
        with (self.path / "lock").open("w") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise InputError(f"{self.path}: another run is writing there; wait for it to end") from error
            yield

    def state(self, shard: int) -> Path:
        """Return the file that says what is in a finished shard."""
        return self.path / "state" / f"{shard:05d}.json"

    def is_done(self, shard: int, key: str) -> bool:
        """Return whether the shard was finished from the same content."""
        try:
            state = json.loads(self.state(shard).read_text(encoding="utf-8"))
            file = self.container / shard_file(shard)
            return bool(state["key"] == key and (state["sha256"] is None or state["sha256"] == sha256_of(file)))
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def write_shard(
        self,
        shard: int,
        key: str,
        recordings: Sequence[Recording],
        layout: Layout,
        dtype: str,
        facts: Mapping[str, Any],
    ) -> None:
        """Write one shard's joints, then its state; both by rename.

        Args:
            shard: The number of the shard.
            key: The key of the content that it is written from.
            recordings: in order; possibly none.
            layout: of all sequences.
            dtype: "float32" or "float16".
            facts: JSON-able, kept in the state.

        Raises:
            InputError: a sequence of another layout, or float16 cannot hold a coordinate.
        """
        rows: list[dict[str, Any]] = []
        parts: list[np.ndarray] = []
        start = 0
        for recording in recordings:
            sequence = recording.sequence
            if sequence.layout != layout:
                raise InputError(
                    f"recording {recording.name} has layout {sequence.layout.name}; expected {layout.name}"
                )
            parts.append(_as(dtype, sequence, recording.name))
            rows.append(_row(recording, start))
            start += sequence.bodies * sequence.frames
        digest = None
        if parts:
            joints = np.concatenate(parts)
            file = self.container / shard_file(shard)
            with atomic_path(file) as temporary, temporary.open("wb") as stream:
                np.lib.format.write_array(stream, joints, version=(1, 0), allow_pickle=False)
            digest = sha256_of(file)
        state = {"key": key, "sha256": digest, "channels": parts[0].shape[-1] if parts else None, "rows": rows, **facts}
        with atomic_path(self.state(shard)) as temporary:
            temporary.write_text(json.dumps(state), encoding="utf-8")

    def states(self, shards: int) -> Iterator[dict[str, Any]]:
        """Return the states of all shards in order."""
        for shard in range(shards):
            yield json.loads(self.state(shard).read_text(encoding="utf-8"))

    def finish(self, manifest: Mapping[str, Any], shards: int) -> None:
        """Write the index and the manifest, put the container in its place by one rename, remove the working folder.

        Args:
            manifest: name, layout, class_names, protocols, dtype and what else should be known.
            shards: how many; empty ones get no file.

        Raises:
            InputError: no recording at all, or two of one name.
        """
        columns: dict[str, list[Any]] = {name: [] for name in ("names", "train", *INDEX)}
        channels: set[int] = set()
        remaining: dict[str, dict[str, Any]] = {}
        for shard, state in enumerate(self.states(shards)):
            if state["sha256"] is None:
                continue
            channels.add(state["channels"])
            size = (self.container / shard_file(shard)).stat().st_size
            remaining[shard_file(shard)] = {"bytes": size, "sha256": state["sha256"]}
            for row in state["rows"]:
                for name, column in columns.items():
                    column.append(shard if name == "shards" else row[name])
        _check_columns(columns["names"], channels)
        protocols: list[str] = list(manifest["protocols"])
        arrays = {f"{name}.npy": np.array(columns[name], dtype) for name, dtype in INDEX.items()}
        arrays["names.npy"] = np.array(columns["names"], dtype=np.str_)
        for protocol in protocols:
            arrays[f"train-{protocol}.npy"] = np.array([row[protocol] for row in columns["train"]], dtype=bool)
        for name, array in arrays.items():
            with atomic_path(self.container / name) as temporary, temporary.open("wb") as stream:
                np.lib.format.write_array(stream, array, version=(1, 0), allow_pickle=False)
            file = self.container / name
            remaining[name] = {"bytes": file.stat().st_size, "sha256": sha256_of(file)}
        for stranger in self.container.iterdir():  # of an interrupted run
            if stranger.name not in remaining:
                stranger.unlink()
        content = {
            "format": VERSION,
            **manifest,
            "dtype": DTYPES[manifest["dtype"]],
            "channels": channels.pop(),
            "recordings": len(columns["names"]),
            "shards": shards,
            **_facts(columns),
            "zeroskel": __version__,
            "files": remaining,
        }
        with atomic_path(self.container / MANIFEST) as temporary:
            temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        self.container.rename(self.target)
        self.remove()

    def remove(self) -> None:
        """Remove the working folder, if there is one."""
        if self.path.exists():
            shutil.rmtree(self.path)


def write_container(
    dataset: SkeletonDataset, target: Path, *, dtype: str = "float32", names: Sequence[str] | None = None
) -> None:
    """Write a dataset that is open already as a container.

    Args:
        dataset: The dataset.
        target: A folder that does not exist yet.
        dtype: "float32" or "float16" (half the space, millimetres within 2 metres of the sensor).
        names: N names of the recordings; None takes the names of the dataset, else numbers.

    Raises:
        InputError: The target exists, or the dtype is unknown.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from zeroskel import SkeletonDataset
        >>> from zeroskel.datasets import synthetic_dataset, write_container
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_container(synthetic_dataset(subjects=1, repetitions=1), Path(folder, "small"))
        ...     print(len(SkeletonDataset.open(Path(folder, "small"))))
        84
    """
    check_target(target, dtype)
    names = list(names) if names is not None else dataset.names
    working = WorkingFolder(target)
    working.remove()
    # A container does not keep the members of a pool, so the splits that hold one out are of no use in it.
    splits = {split: content for split, content in dataset.splits.items() if not content.get("held_out")}
    manifest = {
        "name": dataset.name,
        "layout": dataset.layout.name,
        "class_names": dataset.class_names,
        "protocols": list(dataset.protocols),
        "splits": splits,
        "notice": dataset.notice,
        "dtype": dtype,
        "source": "an open dataset",
    }
    starts = range(0, len(dataset), SHARD_RECORDINGS)
    with working.locked():
        for shard, start in enumerate(starts):
            recordings = recordings_of(dataset, range(start, min(start + SHARD_RECORDINGS, len(dataset))), names)
            working.write_shard(shard, "", recordings, dataset.layout, dtype, {})
        working.finish(manifest, len(starts))


def recordings_of(dataset: SkeletonDataset, rows: Iterable[int], names: Sequence[str]) -> list[Recording]:
    """Return some sequences of a dataset as recordings; `names` are those of all its sequences."""
    return [
        Recording(
            names[i],
            dataset[i],
            int(dataset.labels[i]),
            int(dataset.subjects[i]),
            train={protocol: bool(mask[i]) for protocol, mask in dataset.protocols.items()},
        )
        for i in rows
    ]


def check_target(target: Path, dtype: str) -> None:
    """Raise InputError when something is at the target, or the dtype is unknown."""
    if dtype not in DTYPES:
        raise InputError(f"dtype {dtype!r}; expected one of {', '.join(DTYPES)}")
    if target.exists():
        raise InputError(f"{target}: there is something already; name a folder that does not exist, or remove it")


def _as(dtype: str, sequence: SkeletonSequence, name: str) -> np.ndarray:
    """Return (M * T, V, C) in the dtype wanted."""
    flat = sequence.joints.reshape(-1, *sequence.joints.shape[2:])
    if dtype == "float16" and np.nanmax(np.abs(flat), initial=0) > np.finfo(np.float16).max:
        raise InputError(f"recording {name}: a coordinate is beyond {np.finfo(np.float16).max:g}; use --dtype float32")
    return flat.astype(DTYPES[dtype])


def _row(recording: Recording, start: int) -> dict[str, Any]:
    sequence = recording.sequence
    return {
        "names": recording.name,
        "labels": recording.label,
        "subjects": recording.subject,
        "cameras": recording.camera,
        "setups": recording.setup,
        "repetitions": recording.repetition,
        "bodies": sequence.bodies,
        "frames": sequence.frames,
        "fps": sequence.fps,
        "missing": round(1.0 - float(sequence.observed.mean()), 9),
        "starts": start,
        "train": dict(recording.train),
    }


def _check_columns(names: Sequence[str], channels: set[int]) -> None:
    if not names:
        raise InputError("no recording could be read; the report beside the container has the reasons")
    if len(channels) != 1:
        raise InputError("some recordings have two coordinates a joint and some three; expected all alike")
    if len(set(names)) != len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise InputError(f"recording {twice} is in the source more than once; leave one of them out")


def _facts(columns: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return who and what is in it: the ids that occur, and how many recordings of each class."""
    ids = {what: sorted(set(columns[what])) for what in ("subjects", "cameras", "setups", "repetitions")}
    counts = np.bincount(columns["labels"]).tolist()
    return {**ids, "frames": int(sum(columns["frames"])), "recordings_of_class": counts}

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
from zeroskel.core import InputError, Layout
from zeroskel.core._files import atomic_path
from zeroskel.datasets._container import INDEX, MANIFEST, VERSION, sha256_of, shard_file
from zeroskel.datasets._dataset import SkeletonDataset
from zeroskel.datasets._recipe_parts import LeftOut, Recording

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
        left_out: Sequence[LeftOut] = (),
    ) -> None:
        """Write one shard's joints, then its state, by rename: a shard without a state was not finished.

        Args:
            shard: The number of the shard.
            key: The key of the content that it is written from.
            recordings: in order; possibly none.
            layout: of all sequences.
            dtype: "float32" or "float16".
            left_out: recordings that could not be read, kept in the state.

        Raises:
            InputError: a sequence of another layout, or float16 cannot hold a coordinate.
        """
        parts = [_flat_joints(recording, layout, dtype) for recording in recordings]
        starts = np.cumsum([0, *map(len, parts)]).tolist()
        rows = [_row(recording, start) for recording, start in zip(recordings, starts[:-1], strict=True)]
        state = {"key": key, "sha256": None, "rows": rows, "left_out": [vars(entry) for entry in left_out]}
        if parts:
            file = self.container / shard_file(shard)
            np.save(file, np.concatenate(parts), allow_pickle=False)
            state |= {"sha256": sha256_of(file), "channels": parts[0].shape[-1]}
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
        sums: dict[str, str] = {}
        for shard, state in enumerate(self.states(shards)):
            if state["rows"]:
                channels.add(state["channels"])
                sums[shard_file(shard)] = state["sha256"]
            for row in state["rows"]:
                for name, column in columns.items():
                    column.append(shard if name == "shards" else row[name])
        _check_columns(columns["names"], channels)
        arrays = {name: np.array(columns[name], dtype) for name, dtype in INDEX.items()}
        arrays["names"] = np.array(columns["names"], dtype=np.str_)
        for protocol in manifest["protocols"]:
            arrays[f"train-{protocol}"] = np.array([row[protocol] for row in columns["train"]], dtype=bool)
        for name, array in arrays.items():
            file = self.container / f"{name}.npy"
            np.save(file, array, allow_pickle=False)
            sums[file.name] = sha256_of(file)
        for stranger in self.container.iterdir():  # of an interrupted run
            if stranger.name not in sums:
                stranger.unlink()
        content = {
            "format": VERSION,
            **manifest,
            "dtype": DTYPES[manifest["dtype"]],
            "channels": channels.pop(),
            "recordings": len(columns["names"]),
            "shards": shards,
            **{ids: sorted(set(columns[ids])) for ids in ("subjects", "cameras", "setups", "repetitions")},
            "frames": sum(columns["frames"]),
            "recordings_of_class": np.bincount(columns["labels"]).tolist(),
            "zeroskel": __version__,
            "files": {name: {"bytes": (self.container / name).stat().st_size, "sha256": s} for name, s in sums.items()},
        }
        (self.container / MANIFEST).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        self.container.rename(self.target)
        self.remove()

    def remove(self) -> None:
        """Remove the working folder, if there is one."""
        if self.path.exists():
            shutil.rmtree(self.path)


def write_container(dataset: SkeletonDataset, target: Path, *, dtype: str = "float32") -> None:
    """Write a dataset that is open already as a container.

    Args:
        dataset: The dataset.
        target: A folder that does not exist yet.
        dtype: "float32" or "float16" (half the space, millimetres within 2 metres of the sensor).

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
            recordings = recordings_of(dataset, range(start, min(start + SHARD_RECORDINGS, len(dataset))))
            working.write_shard(shard, "", recordings, dataset.layout, dtype)
        working.finish(manifest, len(starts))


def recordings_of(dataset: SkeletonDataset, rows: Iterable[int]) -> list[Recording]:
    """Return some sequences of a dataset as recordings."""
    names = dataset.names
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


def _flat_joints(recording: Recording, layout: Layout, dtype: str) -> np.ndarray:
    """Return the joints (M * T, V, C) of a recording of the layout in "float32" or "float16"."""
    joints, largest = recording.sequence.joints, np.finfo(np.float16).max
    if recording.sequence.layout != layout:
        raise InputError(
            f"recording {recording.name} has layout {recording.sequence.layout.name}; expected {layout.name}"
        )
    if dtype == "float16" and np.nanmax(np.abs(joints), initial=0) > largest:
        raise InputError(f"recording {recording.name}: a coordinate is beyond {largest:g}; use --dtype float32")
    return joints.reshape(-1, *joints.shape[2:]).astype(DTYPES[dtype])


def _row(recording: Recording, start: int) -> dict[str, Any]:
    sequence = recording.sequence
    facts = ("name", "label", "subject", "camera", "setup", "repetition")
    return {
        **{f"{fact}s": getattr(recording, fact) for fact in facts},
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

"""An .npz of labelled sequences (see `zeroskel.skeleton.formats._npz`) as the source of a container."""

from collections.abc import Sequence
from functools import lru_cache

from zeroskel.core import InputError
from zeroskel.datasets._container_writing import recordings_of
from zeroskel.datasets._dataset import SkeletonDataset
from zeroskel.datasets._recipe_types import Listing, Recording, Task
from zeroskel.datasets._source_files import SourceFile

_AT_ONCE = 256


def find(files: Sequence[SourceFile]) -> Listing:
    """Return the sequences of one .npz file."""
    arrays = [file for file in files if file.origin.suffix.lower() == ".npz" and not file.member]
    if len(arrays) != 1:
        raise InputError(f"found {len(arrays)} .npz files; expected one. Name the file")
    dataset = _open(arrays[0])
    tasks = [
        Task(arrays[0], {"start": start, "stop": min(start + _AT_ONCE, len(dataset))})
        for start in range(0, len(dataset), _AT_ONCE)
    ]
    return Listing(tuple(tasks), tuple(dataset.class_names), dataset.layout.name, tuple(dataset.protocols))


def read(task: Task) -> list[Recording]:
    """Return some of the sequences."""
    dataset = _open(task.file)
    return recordings_of(dataset, range(task.facts["start"], task.facts["stop"]), dataset.names)


@lru_cache(maxsize=1)
def _open(file: SourceFile) -> SkeletonDataset:
    return SkeletonDataset.from_npz(file.path)

"""From what a user names to data sets."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zeroskel.core import InputError, MissingFileError
from zeroskel.datasets._dataset import SkeletonDataset
from zeroskel.datasets._pool import read_pool
from zeroskel.datasets.synthetic import DEMO_UNSEEN, NOTICE, generate_dataset


def synthetic_dataset(*, subjects: int = 8, repetitions: int = 3, seed: int = 0) -> SkeletonDataset:
    """Synthetic motion as a data set, with the split `demo`: for demos, tests and scale, not evidence."""
    sequences, labels, people, names = generate_dataset(subjects=subjects, repetitions=repetitions, seed=seed)
    demo = {"demo": {"unseen": list(DEMO_UNSEEN)}}
    return SkeletonDataset(
        sequences, np.asarray(labels), np.asarray(people), names, name="synthetic", splits=demo, notice=NOTICE
    )


def open_datasets(sources: Sequence[str], *, protocol: str | None = None) -> list[SkeletonDataset]:
    """The data sets that `--data` names.

    A source is the folder of a container, the path of an .npz, the path of a pool's JSON, or `synthetic`. Containers
    and .npz files that come with one pool are its members; otherwise each is a data set.

    Args:
        sources: what the user named.
        protocol: which recordings train, for all of them; None takes each one's default.

    Raises:
        InputError, MissingFileError: a source is none of these or is not there.
    """
    files = [Path(source) for source in sources if source != "synthetic"]
    expected = "a container's folder, an .npz, a pool's .json, or the word synthetic"
    for file in files:
        if not file.exists():
            raise MissingFileError(f"{file}: no such file; expected {expected}")
        if file.is_file() and file.suffix not in (".npz", ".json"):
            raise InputError(f"{file}: suffix {file.suffix!r}; expected {expected}")
    pools = [file for file in files if file.is_file() and file.suffix == ".json"]
    members = [file for file in files if file not in pools]
    if len(pools) > 1:
        raise InputError(f"{len(pools)} pools given ({', '.join(map(str, pools))}); expected one at a time")
    datasets = [synthetic_dataset()] if "synthetic" in sources else []
    if pools:
        datasets.append(read_pool(pools[0], members))
    else:
        datasets += [open_dataset(file) for file in members]
    return [dataset.with_protocol(protocol) for dataset in datasets]


def open_dataset(path: Path, layout: str | None = None) -> SkeletonDataset:
    """A container (a folder) or an .npz file as a data set; see SkeletonDataset.open and from_npz."""
    if path.is_dir():
        return SkeletonDataset.open(path)
    return SkeletonDataset.from_npz(path, layout=layout)

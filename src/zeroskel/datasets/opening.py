"""From what a user names to data sets."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zeroskel.core import InputError, MissingFileError
from zeroskel.datasets.dataset import SkeletonDataset
from zeroskel.datasets.pool import read_pool
from zeroskel.datasets.synthetic import DEMO_UNSEEN, NOTICE, generate_dataset


def synthetic_dataset(*, subjects: int = 8, repetitions: int = 3, seed: int = 0) -> SkeletonDataset:
    """Synthetic motion as a data set, with the split `demo`: for demos, tests and scale, not evidence."""
    sequences, labels, people, names = generate_dataset(subjects=subjects, repetitions=repetitions, seed=seed)
    demo = {"demo": {"unseen": list(DEMO_UNSEEN)}}
    return SkeletonDataset(
        sequences, np.asarray(labels), np.asarray(people), names, name="synthetic", splits=demo, notice=NOTICE
    )


def open_datasets(sources: Sequence[str]) -> list[SkeletonDataset]:
    """The data sets that `--data` names.

    A source is the path of an .npz, the path of a pool's JSON, or `synthetic`. .npz files that come with one pool are
    its members; otherwise each is a data set.

    Raises:
        InputError, MissingFileError: a source is none of these or is not there.
    """
    files = [Path(source) for source in sources if source != "synthetic"]
    for file in files:
        if not file.is_file():
            raise MissingFileError(f"{file}: no such file; expected an .npz, a pool's .json, or the word synthetic")
        if file.suffix not in (".npz", ".json"):
            raise InputError(f"{file}: suffix {file.suffix!r}; expected an .npz or a pool's .json")
    pools = [file for file in files if file.suffix == ".json"]
    arrays = [file for file in files if file.suffix == ".npz"]
    if len(pools) > 1:
        raise InputError(f"{len(pools)} pools given ({', '.join(map(str, pools))}); expected one at a time")
    datasets = [synthetic_dataset()] if "synthetic" in sources else []
    if pools:
        return [*datasets, read_pool(pools[0], arrays)]
    return [*datasets, *(SkeletonDataset.from_npz(file) for file in arrays)]

"""From what a user names to data sets."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zeroskel.core import InputError, MissingFileError
from zeroskel.datasets._dataset import SkeletonDataset
from zeroskel.datasets._pool import read_pool
from zeroskel.datasets.synthetic import DEMO_UNSEEN, NOTICE, generate_dataset


def synthetic_dataset(*, subjects: int = 8, repetitions: int = 3, seed: int = 0) -> SkeletonDataset:
    """Return synthetic motion as a data set with the split `demo`: for demos, tests and scale, not evidence.

    Args:
        subjects: The number of people.
        repetitions: The number of recordings of each action by each person.
        seed: 0 or more.

    Returns:
        A data set of all synthetic actions, layout "ntu-25".

    Example:
        >>> from zeroskel.datasets import synthetic_dataset
        >>> len(synthetic_dataset(subjects=1, repetitions=1))
        84
    """
    sequences, labels, people, names = generate_dataset(subjects=subjects, repetitions=repetitions, seed=seed)
    demo = {"demo": {"unseen": list(DEMO_UNSEEN)}}
    return SkeletonDataset(
        sequences, np.asarray(labels), np.asarray(people), names, name="synthetic", splits=demo, notice=NOTICE
    )


def open_datasets(sources: Sequence[str], *, protocol: str | None = None) -> list[SkeletonDataset]:
    """Open the data sets that the option `--data` names.

    Containers and .npz files that come with one pool are its members; otherwise each is a data set.

    Args:
        sources: Folders of containers, paths of .npz files, the path of a pool's JSON, or `synthetic`.
        protocol: The protocol that selects the recordings for training; None is the default of each.

    Returns:
        One dataset for each source; a pool is one dataset.

    Raises:
        InputError: A source is of another kind, or there is more than one pool.
        MissingFileError: A source does not exist.

    Example:
        >>> from zeroskel.datasets import open_datasets
        >>> open_datasets(["synthetic"])[0].name
        'synthetic'
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
    """Open a container or an .npz file as a data set.

    Args:
        path: The folder of a container, or an .npz file.
        layout: The layout of the joints of an .npz file; None selects the layout with these joints.

    Returns:
        The dataset; sequences of a container are read when they are used.

    Raises:
        MissingFileError: The path does not exist.
        SkeletonFormatError: The container or the file is broken.
        LayoutError: The joints fit no layout.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from zeroskel.datasets import open_dataset, synthetic_dataset
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     synthetic_dataset(subjects=1, repetitions=1).to_npz(f"{folder}/small.npz")
        ...     print(open_dataset(Path(folder, "small.npz")).layout.name)
        ntu-25
    """
    if path.is_dir():
        return SkeletonDataset.open(path)
    return SkeletonDataset.from_npz(path, layout=layout)

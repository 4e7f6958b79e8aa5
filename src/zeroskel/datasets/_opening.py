"""Open the datasets that a user names: synthetic motion, containers, .npz files and pools of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core import InputError, MissingFileError
from zeroskel.core._files import read_json_object
from zeroskel.datasets._dataset import SkeletonDataset
from zeroskel.datasets.synthetic import DEMO_UNSEEN, NOTICE, generate_dataset

_LAYOUT = "kinect-20"
_FEWEST_FRAMES = 5


def synthetic_dataset(*, subjects: int = 8, repetitions: int = 3, seed: int = 0) -> SkeletonDataset:
    """Return synthetic motion as a dataset with the split `demo`: for demos, tests and scale, not evidence.

    Args:
        subjects: The number of people.
        repetitions: The number of recordings of each action by each person.
        seed: 0 or more.

    Returns:
        A dataset of all synthetic actions, layout "ntu-25".

    Example:
        >>> from zeroskel.datasets import synthetic_dataset
        >>> len(synthetic_dataset(subjects=1, repetitions=1))
        84
    """
    content = generate_dataset(subjects=subjects, repetitions=repetitions, seed=seed)
    demo = {"demo": {"unseen": list(DEMO_UNSEEN)}}
    return SkeletonDataset(*content, name="synthetic", splits=demo, notice=NOTICE)


def open_datasets(sources: Sequence[str], *, protocol: str | None = None) -> list[SkeletonDataset]:
    """Open the datasets that the option `--data` names.

    Containers and .npz files that come with one pool are its members; otherwise each is a dataset.

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
    datasets += [read_pool(pools[0], members)] if pools else [open_dataset(file) for file in members]
    return [dataset.with_protocol(protocol) for dataset in datasets]


def open_dataset(path: Path, layout: str | None = None) -> SkeletonDataset:
    """Open a container or an .npz file as a dataset.

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
    return SkeletonDataset.open(path) if path.is_dir() else SkeletonDataset.from_npz(path, layout=layout)


def read_pool(path: Path, members: Sequence[Path] = ()) -> SkeletonDataset:
    """Read the dataset that a pool file describes.

    Subject ids stay odd or even: 1,000 is added for each member before. Sequences of fewer than 5 frames with an
    observed joint are dropped. A split `cross-MEMBER` is added for each member: all concepts of the member are unseen,
    its recordings test, and recordings of the other members with other concepts train; it exists where two concepts
    remain on each side.

    Args:
        path: JSON of `concepts` (member name -> its class name -> concept), `class_names` (the concepts) and `splits`
            (name -> unseen and validation_unseen concepts).
        members: The .npz files and containers of members, by name ("-" as "_"); others are `MEMBER.npz` in the folder
            of the JSON or in the folder `data` beside that.

    Returns:
        The recordings of all members with the concepts as classes.

    Raises:
        InputError: The JSON is broken or names classes that a member lacks.
        MissingFileError: The file of a member does not exist.

    Example:
        >>> import json, tempfile
        >>> from pathlib import Path
        >>> from zeroskel import SkeletonDataset, SkeletonSequence
        >>> from zeroskel.datasets import read_pool
        >>> clips = [SkeletonSequence([[[0.0, 1.0, 2.0]] * 20] * 9, layout="kinect-20")] * 2
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     SkeletonDataset(clips, [0, 1], [1, 2], ["wave", "sit"]).to_npz(f"{folder}/lab.npz")
        ...     pool = {"concepts": {"lab": {"wave": "wave", "sit": "sit down"}}, "class_names": ["wave", "sit down"]}
        ...     file = Path(folder, "pool.json")
        ...     _ = file.write_text(json.dumps({**pool, "splits": {}}))
        ...     print(read_pool(file))
        SkeletonDataset('pool', 2 sequences, 2 classes, 2 subjects, kinect-20)
    """
    pool = _parse(path)
    given = {file.stem.replace("-", "_"): file for file in members}
    unknown = sorted(set(given) - set(pool["concepts"]))
    if unknown:
        raise InputError(f"{path}: {', '.join(unknown)} given, but the pool has {', '.join(pool['concepts'])}")
    sequences, labels, subjects, members_of = [], [], [], []
    cross: dict[str, dict[str, Any]] = {}
    for position, (member, concepts) in enumerate(pool["concepts"].items()):
        file = given.get(member) or _find(member, path)
        dataset = open_dataset(file, layout=_LAYOUT)
        if dataset.layout.name != _LAYOUT:
            raise InputError(f"{file}: layout {dataset.layout.name}; expected {_LAYOUT}, as all members of a pool")
        unmapped = [name for name in dataset.class_names if name not in concepts]
        if unmapped:
            raise InputError(f"{path}: concepts.{member} does not map {', '.join(unmapped)}, which {file} has")
        source = member.replace("_", "-")
        unseen = [concept for concept in pool["class_names"] if concept in concepts.values()]
        if len(unseen) >= 2 and len(pool["class_names"]) - len(unseen) >= 2:
            rule = f"all recordings of {source} test, those of the other members with other concepts train"
            cross[f"cross-{source}"] = {"unseen": unseen, "held_out": source, "source": rule}
        ids = [pool["class_names"].index(concepts[name]) for name in dataset.class_names]
        for i in range(len(dataset)):
            if dataset[i].observed.any(axis=(0, 2)).sum() >= _FEWEST_FRAMES:
                sequences.append(dataset[i])
                labels.append(ids[dataset.labels[i]])
                subjects.append(dataset.subjects[i] + 1000 * position)
                members_of.append(source)
    return SkeletonDataset(
        sequences,
        np.array(labels),
        np.array(subjects),
        pool["class_names"],
        name=path.stem.lower().replace("_", "-"),
        splits={**pool["splits"], **cross},
        members=members_of,
    )


def _parse(path: Path) -> dict[str, Any]:
    pool = read_json_object(path, "a pool of datasets")
    for key, kind in (("concepts", dict), ("class_names", list), ("splits", dict)):
        if not isinstance(pool.get(key), kind):
            raise InputError(f"{path}: no {key} ({kind.__name__}); expected concepts, class_names and splits")
    if not all(isinstance(split, dict) for split in pool["splits"].values()):
        raise InputError(f"{path}: splits holds {pool['splits']!r:.80}; expected name -> {{unseen, validation_unseen}}")
    for member, concepts in pool["concepts"].items():
        known = pool["class_names"]
        wrong = [c for c in concepts.values() if c not in known] if isinstance(concepts, dict) else [concepts]
        if wrong:
            raise InputError(f"{path}: concepts.{member} names {wrong}, which class_names does not list")
    return pool


def _find(member: str, path: Path) -> Path:
    candidates = [path.parent / f"{member}.npz", path.parent.parent / "data" / f"{member}.npz"]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    looked = " and ".join(str(candidate) for candidate in candidates)
    raise MissingFileError(f"{path}: member {member} not found at {looked}; give its .npz file after the pool's JSON")

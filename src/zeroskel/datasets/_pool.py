"""Several data sets of one layout pooled into one, their classes mapped to shared concepts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core import InputError, MissingFileError
from zeroskel.core._files import read_json_object
from zeroskel.datasets._dataset import SkeletonDataset

_LAYOUT = "kinect-20"
_FEWEST_FRAMES = 5


def read_pool(path: Path, members: Sequence[Path] = ()) -> SkeletonDataset:
    """Read the data set that a pool file describes.

    Subject ids stay odd or even: 1,000 is added for each member before. Sequences of fewer than 5 frames with an
    observed joint are dropped. A split `cross-MEMBER` is added for each member: all concepts of the member are unseen,
    its recordings test, and recordings of the other members with other concepts train; it exists where two concepts
    remain on each side.

    Args:
        path: JSON of `concepts` (member name -> its class name -> concept), `class_names` (the concepts) and `splits`
            (name -> unseen and validation_unseen concepts).
        members: The .npz files and containers of members, by name ("-" as "_"); others are `MEMBER.npz` in the folder
            of the JSON or in the folder `data` beside that.

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
        dataset = SkeletonDataset.open(file) if file.is_dir() else SkeletonDataset.from_npz(file, layout=_LAYOUT)
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
    pool = read_json_object(path, "a pool of data sets")
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

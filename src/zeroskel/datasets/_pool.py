"""Several data sets of one layout pooled into one, their classes mapped to shared concepts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core import InputError, MissingFileError
from zeroskel.core._files import read_json_object
from zeroskel.datasets._dataset import SkeletonDataset

LAYOUT = "kinect-20"
FEWEST_FRAMES = 5


def read_pool(path: Path, members: Sequence[Path] = ()) -> SkeletonDataset:
    """The data set that a pool file describes.

    The JSON holds `concepts` (member name -> its class name -> concept), `class_names` (the concepts) and `splits`
    (name -> unseen and validation_unseen concepts). Members are the .npz files and containers given, by
    name ("-" as "_"), else `MEMBER.npz` in the JSON's
    folder or in the folder `data` beside that. Subject ids stay odd or even, with 1,000 added for each member before.
    Sequences of fewer than 5 frames with an observed joint are dropped.

    To its splits comes one a member, `cross-MEMBER`: all concepts that MEMBER has are unseen, its recordings test, and
    those of other members with other concepts train. It is there where that leaves two concepts on each side.

    Raises:
        InputError: the JSON is broken or names classes that a member lacks; MissingFileError: a member is not found.
    """
    pool = _parse(path)
    given = {file.stem.replace("-", "_"): file for file in members}
    unknown = sorted(set(given) - set(pool["concepts"]))
    if unknown:
        raise InputError(f"{path}: {', '.join(unknown)} given, but the pool has {', '.join(pool['concepts'])}")
    sequences, labels, subjects, members_of = [], [], [], []
    cross: dict[str, dict[str, Any]] = {}
    for place, (member, concepts) in enumerate(pool["concepts"].items()):
        file = given.get(member) or _find(member, path)
        dataset = SkeletonDataset.open(file) if file.is_dir() else SkeletonDataset.from_npz(file, layout=LAYOUT)
        if dataset.layout.name != LAYOUT:
            raise InputError(f"{file}: layout {dataset.layout.name}; expected {LAYOUT}, as all members of a pool")
        unmapped = [name for name in dataset.class_names if name not in concepts]
        if unmapped:
            raise InputError(f"{path}: concepts.{member} does not map {', '.join(unmapped)}, which {file} has")
        source = member.replace("_", "-")
        unseen = [concept for concept in pool["class_names"] if concept in concepts.values()]
        if len(unseen) >= 2 and len(pool["class_names"]) - len(unseen) >= 2:
            told = f"all recordings of {source} test, those of the other members with other concepts train"
            cross[f"cross-{source}"] = {"unseen": unseen, "held_out": source, "source": told}
        ids = [pool["class_names"].index(concepts[name]) for name in dataset.class_names]
        for i in range(len(dataset)):
            if dataset[i].observed.any(axis=(0, 2)).sum() >= FEWEST_FRAMES:
                sequences.append(dataset[i])
                labels.append(ids[dataset.labels[i]])
                subjects.append(dataset.subjects[i] + 1000 * place)
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
    places = [path.parent / f"{member}.npz", path.parent.parent / "data" / f"{member}.npz"]
    for place in places:
        if place.is_file():
            return place
    looked = " and ".join(str(place) for place in places)
    raise MissingFileError(f"{path}: member {member} not found at {looked}; give its .npz file after the pool's JSON")

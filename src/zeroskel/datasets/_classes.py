"""Class names of the published datasets, and splits of classes into seen and unseen ones."""

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from zeroskel.core import InputError, MissingFileError, SplitError, ZeroShotSplit
from zeroskel.core._files import read_json_object, resource_table


@dataclass(frozen=True)
class KnownClasses:
    """Classes of a dataset without its sequences: enough to resolve a split.

    Attributes:
        name: The name of the dataset.
        class_names: The names in the order of the class ids.
        splits: Splits that come with the dataset: none.
    """

    name: str
    class_names: tuple[str, ...]
    splits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@cache  # preparing asks for every file
def usual_rate(data: str) -> float | None:
    """Return the frames per second of a dataset whose files do not state them; None where the catalog has no rate."""
    rates = {row["name"]: float(row["fps"]) for row in resource_table("catalog.toml")["dataset"] if "fps" in row}
    return rates.get(data)


def known_classes(data: str) -> KnownClasses:
    """Return the classes of a published dataset.

    Raises:
        InputError: The class names of the dataset are not known.
    """
    return KnownClasses(data, published_class_names(data))


@cache
def _tables() -> dict[str, tuple[str, ...]]:
    tables = {
        name: tuple(table.get("names") or (f"class {i}" for i in range(table["count"])))
        for name, table in resource_table("class_names.toml").items()
    }
    return {**tables, "ntu60": tables["ntu120"][:60]}


def published_class_names(data: str) -> tuple[str, ...]:
    """Return the class names of a published dataset in the order of the class ids.

    Args:
        data: The name of the dataset, such as "ntu60"; `catalog` lists them.

    Returns:
        K names; "class 0", … where the release does not publish them.

    Raises:
        InputError: The class names of the dataset are not known.

    Example:
        >>> from zeroskel.datasets import published_class_names
        >>> len(published_class_names("ntu60")), published_class_names("ntu60")[0]
        (60, 'drink water')
    """
    if data not in _tables():
        raise InputError(f"no class names of {data!r} are known; known are those of {', '.join(sorted(_tables()))}")
    return _tables()[data]


def read_class_names(file: Path) -> list[str]:
    """Return the class names in a text file, one per line, in the order of their ids. Blank lines are skipped.

    Raises:
        MissingFileError: There is no such file.
        InputError: The file is not UTF-8 text, has fewer than two names, or has a name twice.
    """
    expected = "expected a UTF-8 text file with two or more class names, one per line, each once"
    if not file.is_file():
        raise MissingFileError(f"{file}: no such file; {expected}")
    try:
        names = [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text ({error}); {expected}") from error
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated or len(names) < 2:
        problem = f", {', '.join(map(repr, repeated[:3]))} more than once" if repeated else ""
        raise InputError(f"{file}: found {len(names)} class names{problem}; {expected}")
    return names


class Named(Protocol):
    """Owner of splits: a SkeletonDataset, or the classes of one without its sequences."""

    @property
    def name(self) -> str: ...

    @property
    def class_names(self) -> Sequence[str]: ...

    @property
    def splits(self) -> Mapping[str, Mapping[str, Any]]: ...


@cache
def published_splits() -> dict[tuple[str, str], dict[str, Any]]:
    """Return the class splits that papers publish.

    Returns:
        (dataset name, split name) -> {"unseen", "validation_unseen", "source"} with class ids from 0.

    Example:
        >>> from zeroskel.datasets import published_splits
        >>> published_splits()["ntu60", "synse-5"]["unseen"]
        [10, 11, 19, 26, 56]
    """
    return {(row["data"], row["name"]): row for row in resource_table("splits.toml")["split"]}


def split_names(dataset: Named) -> list[str]:
    """Return the names of the splits of a dataset: its own first, then the published ones.

    Args:
        dataset: A SkeletonDataset, or another object with name, class_names and splits.

    Returns:
        The names, which `resolve_split` accepts.

    Example:
        >>> from zeroskel.datasets import split_names, synthetic_dataset
        >>> split_names(synthetic_dataset(subjects=1, repetitions=1))
        ['demo']
    """
    return [*dataset.splits, *(name for data, name in published_splits() if data == dataset.name)]


def resolve_split(name: str, dataset: Named) -> ZeroShotSplit:
    """Return the class split of that name for a dataset.

    Where a split has no validation classes, some seen classes are drawn: as many as are unseen, but at most a third of
    the seen ones, from a generator seeded with the name of the split.

    Args:
        name: A published split (`smie-1`, `synse-12`, `purls-5`, `star-12`, …), a split of the dataset (`pool-1`, and
            `cross-MEMBER` of a pool: see read_pool), `random-U-SEED` (U unseen classes drawn with that seed), or the
            path of a JSON file {"unseen": […], "validation_unseen": […]} of class ids or names.
        dataset: A SkeletonDataset, or another object with name, class_names and splits.

    Returns:
        The split with class ids of the dataset.

    Raises:
        SplitError: The name is unknown, or the dataset lacks a class of the split.
        MissingFileError: The JSON file does not exist.

    Example:
        >>> from zeroskel.datasets import resolve_split, synthetic_dataset
        >>> split = resolve_split("random-5-0", synthetic_dataset(subjects=1, repetitions=1))
        >>> len(split.unseen), len(split.validation_unseen)
        (5, 5)
    """
    if random := re.fullmatch(r"random-(\d+)-(\d+)", name):
        return _random_split(name, dataset, int(random[1]), int(random[2]))
    row = dataset.splits.get(name, published_splits().get((dataset.name, name)))
    if row is not None:
        return _make(name, dataset, row, row.get("source", "the dataset's own split"), row.get("held_out", ""))
    if name.endswith(".json"):
        content = read_json_object(Path(name), '{"unseen": [ids or names], "validation_unseen": [...]}', SplitError)
        return _make(Path(name).stem, dataset, content, name)
    known = ", ".join([*split_names(dataset), "random-U-SEED", "a JSON file"])
    raise SplitError(f"dataset {dataset.name} has no split {name!r}; it has {known}")


def _make(name: str, dataset: Named, content: Mapping[str, Any], source: str, held_out: str = "") -> ZeroShotSplit:
    unseen = _ids(name, "unseen", content.get("unseen"), dataset)
    if content.get("validation_unseen") is not None:
        validation = _ids(name, "validation_unseen", content["validation_unseen"], dataset)
    else:
        validation = _draw_validation(name, len(dataset.class_names), unseen)
        source = f"{source}; validation classes drawn"
    return ZeroShotSplit(name, tuple(dataset.class_names), unseen, validation, source, held_out)


def _ids(name: str, what: str, classes: Any, dataset: Named) -> tuple[int, ...]:
    if not isinstance(classes, list):
        raise SplitError(f"split {name}: {what} is {type(classes).__name__}; expected a list of class ids or names")
    names = dataset.class_names
    ids = [names.index(entry) if isinstance(entry, str) and entry in names else entry for entry in classes]
    for i in ids:
        if not isinstance(i, int) or isinstance(i, bool) or not 0 <= i < len(names):
            raise SplitError(
                f"split {name}: {what} names {i!r}, which dataset {dataset.name} does not have; it has "
                f"{len(names)} classes (ids 0 to {len(names) - 1})"
            )
    return tuple(ids)


def _random_split(name: str, dataset: Named, count: int, seed: int) -> ZeroShotSplit:
    classes = len(dataset.class_names)
    if not 2 <= count <= classes - 2:
        raise SplitError(f"split {name}: {count} unseen of {classes} classes; expected 2 to {classes - 2}")
    unseen = tuple(sorted(np.random.default_rng(seed).permutation(classes)[:count].tolist()))
    drawn = _draw_validation(name, classes, unseen)
    return ZeroShotSplit(name, tuple(dataset.class_names), unseen, drawn, f"drawn with seed {seed}")


def _draw_validation(name: str, classes: int, unseen: tuple[int, ...]) -> tuple[int, ...]:
    seen = np.setdiff1d(np.arange(classes), unseen)
    order = np.random.default_rng(zlib.crc32(name.encode())).permutation(seen)
    return tuple(sorted(order[: min(len(unseen), len(seen) // 3)].tolist()))

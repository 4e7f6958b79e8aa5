"""Class names of the published data sets."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from zeroskel.core import InputError, MissingFileError


@dataclass(frozen=True)
class KnownClasses:
    """Classes of a data set without its sequences: enough to resolve a split.

    Attributes:
        name: The name of the data set.
        class_names: The names in the order of the class ids.
        splits: Splits that come with the data set: none.
    """

    name: str
    class_names: tuple[str, ...]
    splits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def known_classes(data: str) -> KnownClasses:
    """Return the classes of a published data set.

    Raises:
        InputError: The class names of the data set are not known.
    """
    return KnownClasses(data, published_class_names(data))


@cache
def _tables() -> dict[str, tuple[str, ...]]:
    text = (resources.files("zeroskel.resources") / "class_names.toml").read_text(encoding="utf-8")
    tables = {
        name: tuple(table.get("names") or (f"class {i}" for i in range(table["count"])))
        for name, table in tomllib.loads(text).items()
    }
    return {**tables, "ntu60": tables["ntu120"][:60]}


def published_class_names(data: str) -> tuple[str, ...]:
    """Return the class names of a published data set in the order of the class ids.

    Args:
        data: The name of the data set, such as "ntu60"; `catalog` lists them.

    Returns:
        K names; "class 0", … where the release does not publish them.

    Raises:
        InputError: The class names of the data set are not known.

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

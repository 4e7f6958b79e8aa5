"""Class names of the published data sets."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from zeroskel.core import InputError


@dataclass(frozen=True)
class KnownClasses:
    """The classes of a data set without its sequences: enough to resolve a split.

    Attributes:
        name: of the data set; class_names: in the order of their ids; splits: of its own, none.
    """

    name: str
    class_names: tuple[str, ...]
    splits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def known_classes(data: str) -> KnownClasses:
    """The classes of a data set known by name. Raises InputError for another."""
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
    """Names of a data set's classes in the order of their ids ("class 0", … where they are not known).

    Raises InputError for a data set not known so.
    """
    if data not in _tables():
        raise InputError(f"no class names of {data!r} are known; known are those of {', '.join(sorted(_tables()))}")
    return _tables()[data]

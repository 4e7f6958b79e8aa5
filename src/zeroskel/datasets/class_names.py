"""Class names of the published data sets."""

import tomllib
from functools import cache
from importlib import resources

from zeroskel.core import InputError


@cache
def _tables() -> dict[str, tuple[str, ...]]:
    text = (resources.files("zeroskel.resources") / "class_names.toml").read_text(encoding="utf-8")
    tables = {name: tuple(table["names"]) for name, table in tomllib.loads(text).items()}
    return {**tables, "ntu60": tables["ntu120"][:60]}


def published_class_names(data: str) -> tuple[str, ...]:
    """Names of a data set's classes in the order of their ids. Raises InputError for a data set not known so."""
    if data not in _tables():
        raise InputError(f"no class names of {data!r} are known; known are those of {', '.join(sorted(_tables()))}")
    return _tables()[data]

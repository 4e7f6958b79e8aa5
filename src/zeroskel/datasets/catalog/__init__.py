"""The data sets known by name: recipes with `find` (recordings of a source) and `read` (of one task)."""

import tomllib
from importlib import resources
from typing import Any

from zeroskel.datasets._splits import published_splits

__all__ = ["catalog"]


def catalog() -> list[dict[str, Any]]:
    """Return the facts of each known data set.

    Returns:
        A dict for each: name, title, layout, classes (their number; 0: as in the source), prepare (its name for
        `zeroskel data prepare`), source (the publication) and splits (names of published ones).

    Example:
        >>> from zeroskel.datasets import catalog
        >>> [row["layout"] for row in catalog() if row["name"] == "ntu60"]
        ['ntu-25']
    """
    text = (resources.files("zeroskel.resources") / "catalog.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["dataset"]
    for row in rows:
        row["splits"] = [split for data, split in published_splits() if data == row["name"]]
    return rows

"""The datasets known by name: recipes with `find` (recordings of a source) and `read` (of one task)."""

from typing import Any

from zeroskel.core._files import resource_table
from zeroskel.datasets._classes import published_splits

__all__ = ["catalog"]


def catalog() -> list[dict[str, Any]]:
    """Return the facts of each known dataset.

    Returns:
        A dict for each: name, title, layout, classes (their number; 0: as in the source), prepare (its name for
        `zeroskel data prepare`), source (the publication) and splits (names of published ones).

    Example:
        >>> from zeroskel.datasets import catalog
        >>> [row["layout"] for row in catalog() if row["name"] == "ntu60"]
        ['ntu-25']
    """
    rows: list[dict[str, Any]] = resource_table("catalog.toml")["dataset"]
    for row in rows:
        row["splits"] = [split for data, split in published_splits() if data == row["name"]]
    return rows

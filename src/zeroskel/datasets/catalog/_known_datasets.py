"""The data sets that are known by name."""

import tomllib
from importlib import resources
from typing import Any

from zeroskel.datasets._splits import published_splits


def catalog() -> list[dict[str, Any]]:
    """Facts of each known data set: name, title, layout, classes (0: as in the source), prepare, source and splits."""
    text = (resources.files("zeroskel.resources") / "catalog.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["dataset"]
    for row in rows:
        row["splits"] = [split for data, split in published_splits() if data == row["name"]]
    return rows

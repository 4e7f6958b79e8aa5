"""Recordings that published lists name as broken."""

import tomllib
from functools import cache
from importlib import resources

MISSING = "the release's list of missing skeletons names it"


@cache
def broken_recordings(release: str) -> frozenset[str]:
    """Return names of the recordings of a release ("ntu", "pku-mmd") that its own list calls missing or incomplete."""
    text = (resources.files("zeroskel.resources") / "broken_recordings.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(text)[release]["names"])

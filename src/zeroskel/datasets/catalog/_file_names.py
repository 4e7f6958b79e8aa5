"""Recordings found by the names of their files, which in most releases say what they are."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources

from zeroskel.core import InputError
from zeroskel.datasets._source_files import SourceFile

MISSING = "the release's list of missing skeletons names it"


def matching(
    files: Sequence[SourceFile], pattern: re.Pattern[str], *, unique: bool = True
) -> list[tuple[SourceFile, re.Match[str]]]:
    """Return the files whose whole name (without folders) matches, sorted by name.

    Args:
        files: those of the source; others are left out.
        pattern: of the name.
        unique: refuse a name that is there twice.

    Raises:
        InputError: a name is there twice.
    """
    actual = [(file, match) for file in files if (match := pattern.fullmatch(file.name))]
    actual.sort(key=lambda pair: (pair[0].name, pair[0]))
    first: dict[str, SourceFile] = {}
    for file, _ in actual:
        if unique and file.name in first:
            raise InputError(
                f"{file.origin}: found the name a second time, after {first[file.name].origin}; expected each file "
                "once. Name a folder that holds the release once"
            )
        first[file.name] = file
    return actual


def named_recordings(
    files: Sequence[SourceFile], pattern: re.Pattern[str], expected: str
) -> list[tuple[SourceFile, re.Match[str]]]:
    """As matching, sorted by the pattern's group `name`; `expected` says what to name, for the message.

    Raises:
        InputError: no file matches, or a name is there twice.
    """
    actual = sorted(matching(files, pattern), key=lambda pair: pair[1]["name"])
    if not actual:
        raise InputError(f"found {len(files)} files, none of them a recording; expected {expected}. Name its folder")
    return actual


@cache
def broken_recordings(release: str) -> frozenset[str]:
    """Return the names of recordings that the list of a release ("ntu", "pku-mmd") calls missing or incomplete."""
    text = (resources.files("zeroskel.resources") / "broken_recordings.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(text)[release]["names"])

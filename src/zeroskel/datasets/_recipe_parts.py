"""Parts that recipes share: recordings, tasks and listings, and recordings found by the names of their files."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from zeroskel.core import InputError, SkeletonSequence
from zeroskel.core._files import resource_table
from zeroskel.datasets._source_files import SourceFile


@dataclass(frozen=True, eq=False)
class Recording:
    """One action.

    Attributes:
        name: unique in its dataset, e.g. "S001C001P001R001A001".
        sequence: its joints.
        label: class id from 0.
        subject, camera, setup, repetition: as the dataset numbers them; 0 where it does not say.
        train: protocol -> whether this recording trains under it; every protocol of the listing. A listing without
            protocols leaves it empty: odd subjects then train.
    """

    name: str
    sequence: SkeletonSequence
    label: int
    subject: int
    camera: int = 0
    setup: int = 0
    repetition: int = 0
    train: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class LeftOut:
    """A recording that does not go into the container.

    Attributes:
        name: of the recording, or of the file where no recording could be told.
        reason: in one line.
        listed: the release itself names it as broken; False: it should have been readable.
    """

    name: str
    reason: str
    listed: bool = True


@dataclass(frozen=True)
class Task:
    """Unit of reading: one file, with the facts that its name and other files give.

    Attributes:
        file: the recording, or several in one file.
        facts: JSON-able values that the module's `read` understands, such as label and subject.
        others: further files that `read` needs (a skeleton definition, labels).
    """

    file: SourceFile
    facts: Mapping[str, Any] = field(default_factory=dict)
    others: tuple[SourceFile, ...] = ()


@dataclass(frozen=True)
class Listing:
    """Recordings and classes of a source.

    Attributes:
        tasks: in the order of the container.
        class_names: K names; labels index them.
        layout: of every sequence.
        protocols: names of the ways to part training from testing, the default first; empty: odd subjects train.
        left_out: recordings that published lists name as broken.
    """

    tasks: tuple[Task, ...]
    class_names: tuple[str, ...]
    layout: str
    protocols: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


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
    """Return what `matching` returns, sorted by the group `name` of the pattern; `expected` is part of the message.

    Raises:
        InputError: no file matches, or a name is there twice.
    """
    actual = sorted(matching(files, pattern), key=lambda pair: pair[1]["name"])
    if not actual:
        raise InputError(f"found {len(files)} files, none of them a recording; expected {expected}. Name its folder")
    return actual


@cache
def broken_recordings(release: str) -> frozenset[str]:
    """Return the names of recordings that a list ("ntu", "pku-mmd", "msr-action3d") calls missing or incomplete."""
    return frozenset(resource_table("broken_recordings.toml").get(release, {"names": []})["names"])


def without_origin(sequence: SkeletonSequence) -> SkeletonSequence:
    """Return the sequence with NaN for joints whose coordinates are all 0."""
    unseen = (sequence.joints == 0).all(axis=-1, keepdims=True)
    return sequence.replace(np.where(unseen, np.nan, sequence.joints))

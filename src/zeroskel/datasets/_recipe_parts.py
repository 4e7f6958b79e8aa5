"""Parts that recipes share: recordings, tasks and listings, and recordings found by the names of their files."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

from zeroskel.core import InputError, Segment, SkeletonSequence
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


@dataclass(frozen=True, eq=False)
class LongRecording:
    """A whole recording in which actions follow each other.

    Attributes:
        sequence: its joints.
        segments: the annotated actions by the names of their classes. The person is 0 where annotations do not say who
            acts.
    """

    sequence: SkeletonSequence
    segments: tuple[Segment, ...]


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


def named_recordings(
    files: Sequence[SourceFile], pattern: re.Pattern[str], expected: str
) -> list[tuple[SourceFile, re.Match[str]]]:
    """Return the files whose whole name (without folders) matches, sorted by the group `name` of the pattern.

    Raises:
        InputError: no file matches, or a name is there twice; `expected` says in the message what should be there.
    """
    matches = [(file, match) for file in files if (match := pattern.fullmatch(file.name))]
    if not matches:
        raise InputError(f"found {len(files)} files, none of them a recording; expected {expected}. Name its folder")
    matches.sort(key=lambda pair: (pair[1]["name"], pair[0]))
    for (first, name), (second, same) in pairwise(matches):
        if name.string == same.string:
            raise InputError(
                f"{second.origin}: found the name a second time, after {first.origin}; expected each file once. Name a "
                "folder that holds the release once"
            )
    return matches


def tasks_at_once(file: SourceFile, count: int) -> tuple[Task, ...]:
    """Return tasks of up to 256 of the `count` recordings in one file, with the facts `start` and `stop`."""
    return tuple(Task(file, {"start": start, "stop": min(start + 256, count)}) for start in range(0, count, 256))


@cache
def broken_recordings(release: str) -> frozenset[str]:
    """Return the names of recordings that a list ("ntu", "pku-mmd", "msr-action3d") calls missing or incomplete."""
    return frozenset(resource_table("broken_recordings.toml")[release]["names"])

"""Recording: one labelled sequence with its facts; LeftOut: one that is not usable; Listing: what a source holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zeroskel.core import SkeletonSequence
from zeroskel.datasets._source_files import SourceFile


@dataclass(frozen=True, eq=False)
class Recording:
    """One action.

    Attributes:
        name: unique in its data set, e.g. "S001C001P001R001A001".
        sequence: its joints.
        label: class id from 0.
        subject, camera, setup, repetition: as the data set numbers them; 0 where it does not say.
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

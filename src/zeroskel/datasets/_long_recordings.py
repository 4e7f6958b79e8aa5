"""Long recordings of a release, in which annotated actions follow each other; one at a time is in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from zeroskel.core import InputError
from zeroskel.core._files import content_key
from zeroskel.datasets._recipe_parts import LongRecording, Task
from zeroskel.datasets._source_files import list_files
from zeroskel.datasets.catalog._recipes import RECIPES, get_recipe

EVERY = "all"  # the protocol by which every recording tests
_ODD_SUBJECTS = "odd-subjects"


@dataclass(frozen=True)
class LongRecordings:
    """Test recordings of a release under a protocol. Each is read when it is used.

    Attributes:
        name: name of the dataset.
        class_names: K names of its classes.
        protocol: name of the protocol.
        tasks: the recordings, in order.
        splits: none of its own; `resolve_split` reads them.
    """

    name: str
    class_names: tuple[str, ...]
    protocol: str
    tasks: tuple[Task, ...]
    splits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Return the names of the recordings, which are those of their files."""
        return [task.file.stem for task in self.tasks]

    def first(self, count: int) -> "LongRecordings":
        """Return the first recordings, that many."""
        return replace(self, tasks=self.tasks[:count])

    def key(self, index: int) -> str:
        """Return a text that changes when the files of a recording do."""
        task = self.tasks[index]
        return content_key(task.file.key, [other.key for other in task.others])

    def read(self, index: int) -> LongRecording:
        """Read one recording. Raises SkeletonFormatError for a broken file, which the message names."""
        read_long = get_recipe(self.name).read_long
        assert read_long is not None  # open_long_recordings checks it
        return read_long(self.tasks[index])


def open_long_recordings(name: str, source: Path, *, protocol: str | None = None) -> LongRecordings:
    """Open the long recordings of a release that test under a protocol.

    Args:
        name: a dataset whose recordings are long: pku-mmd or utkinect.
        source: folder, zip archive or folder of archives of the release.
        protocol: None is the first protocol of the release; "all" takes every recording.

    Raises:
        InputError: the dataset has no long recordings, nothing of it is in the source, or the protocol is unknown or
            has no test recording.
        MissingFileError: nothing is there.
    """
    recipe = get_recipe(name)
    if recipe.read_long is None:
        known = ", ".join(other for other, each in RECIPES.items() if each.read_long is not None)
        raise InputError(f"the recordings of {name} are cut into actions; expected a dataset of long ones: {known}")
    listing = recipe.find(list_files(source))
    protocols = listing.protocols or ((_ODD_SUBJECTS,) if "subject" in listing.tasks[0].facts else ())
    protocol = protocols[0] if protocol is None and protocols else protocol
    if protocol not in (*protocols, EVERY):
        stated = "no list of training recordings" if protocol is None else f"no protocol {protocol}"
        raise InputError(
            f"{source}: {stated}; the source has {', '.join(protocols) or 'none'}. Add the lists of the release, such "
            "as cross-subject.txt, or pass --protocol all to test on every recording"
        )
    tasks = tuple(task for task in listing.tasks if protocol == EVERY or not _trains(task, protocol))
    if not tasks:
        raise InputError(
            f"{source}: all {len(listing.tasks)} recordings train under protocol {protocol}; expected some that test. "
            "Add the other recordings of the release"
        )
    return LongRecordings(name, listing.class_names, protocol, tasks)


def _trains(task: Task, protocol: str) -> bool:
    if protocol == _ODD_SUBJECTS:
        return bool(task.facts["subject"] % 2)
    return bool(task.facts["train"][protocol])

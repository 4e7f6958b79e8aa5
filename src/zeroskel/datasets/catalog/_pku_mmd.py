"""PKU-MMD part 1: 1,076 long recordings of 51 actions, three views; 150 numbers a line, label files beside.

A recording is `0002-L.txt` (number, view L, M or R); its label file has the same name in another folder. Each label
line becomes one recording, named as the release's list of missing skeletons does: F002V001C014L003 is action 14, third
in the label file of recording 2, left view. The release's `cross-subject.txt` and `cross-view.txt` name the recordings
that train; where one is not in the source that protocol is not there. Research use.

Liu, Hu, Li, Song, Liu: PKU-MMD: A Large Scale Benchmark for Continuous Multi-Modal Human Action Understanding, 2017.
"""

import re
from collections.abc import Sequence

from zeroskel.core import InputError, Segment, SkeletonFormatError
from zeroskel.datasets._classes import published_class_names
from zeroskel.datasets._recipe_parts import MISSING, LeftOut, Listing, LongRecording, Recording, Task, broken_recordings
from zeroskel.datasets._source_files import SourceFile
from zeroskel.skeleton.formats import _pku_mmd

VIEWS = {"L": 1, "M": 2, "R": 3}
_FILE = re.compile(r"\d{1,4}-[LMR]\.txt")
_PROTOCOLS = ("cross-subject", "cross-view")


def find(files: Sequence[SourceFile]) -> Listing:
    """Return recordings that have a label file; those without one cannot be cut and are refused."""
    recordings: dict[str, SourceFile] = {}
    labels: dict[str, SourceFile] = {}
    for file in sorted(files):
        if _FILE.fullmatch(file.name):
            kind = labels if "label" in file.origin.parent.name.lower() else recordings
            if (first := kind.setdefault(file.stem, file)) is not file:
                raise InputError(f"{file.origin}: {first.origin} has the same name; name a folder with one of them")
    both = sorted(recordings.keys() & labels.keys())
    if not both:
        raise InputError(
            f"{len(recordings)} recordings and {len(labels)} label files of the same names were found; expected "
            "0002-L.txt in one folder and its label file 0002-L.txt in another whose name has 'label' in it"
        )
    lone = sorted(recordings.keys() - labels.keys())
    if lone:
        raise InputError(f"{recordings[lone[0]].origin}: no label file of that name ({len(lone)} in all); add them")
    training = _training_lists(files)
    tasks = []
    for stem in both:
        number, view = stem.split("-")
        train = {protocol: stem in names for protocol, names in training.items()}
        facts = {"number": int(number), "view": VIEWS[view], "train": train}
        tasks.append(Task(recordings[stem], facts, (labels[stem],)))
    return Listing(tuple(tasks), published_class_names("pku-mmd"), "ntu-25", tuple(training))


def read(task: Task) -> list[Recording | LeftOut]:
    """Return the actions of one long recording, cut as its label file says; those of the broken list are left out."""
    whole = _pku_mmd.parse(task.file.content(), task.file.origin)
    labels, view = task.others[0], task.facts["view"]
    recordings: list[Recording | LeftOut] = []
    for position, action in enumerate(_pku_mmd.parse_labels(labels.content(), labels.origin), start=1):
        name = f"F{task.facts['number']:03d}V{view:03d}C{action.label + 1:03d}L{position:03d}"
        cut = slice(action.start, action.stop)
        seen = whole.observed[:, cut].any(axis=(1, 2))
        if name in broken_recordings("pku-mmd"):
            recordings.append(LeftOut(name, MISSING))
            continue
        _class_name(action, labels, position)
        if not seen.any():
            reason = (
                f"{labels.origin}, line {position}: no body in frames {action.start} to {action.stop} of {whole.frames}"
                "; expected an action that was recorded"
            )
            recordings.append(LeftOut(name, reason, listed=False))
        else:  # the release does not say who performs: its lists part the recordings
            sequence = whole.replace(whole.joints[:, cut][seen])
            recordings.append(Recording(name, sequence, action.label, 0, camera=view, train=task.facts["train"]))
    return recordings


def read_long(task: Task) -> LongRecording:
    """Return a whole recording with the actions of its label file, also those of the broken list."""
    sequence, labels = _pku_mmd.parse(task.file.content(), task.file.origin), task.others[0]
    segments = [
        Segment(0, action.start / sequence.fps, action.stop / sequence.fps, _class_name(action, labels, position))
        for position, action in enumerate(_pku_mmd.parse_labels(labels.content(), labels.origin), start=1)
    ]
    return LongRecording(sequence, tuple(segments))


def _class_name(action: _pku_mmd.ActionLabel, labels: SourceFile, position: int) -> str:
    """Return the name of an action's class. Raises SkeletonFormatError for a class that the release does not have."""
    names = published_class_names("pku-mmd")
    if action.label >= len(names):
        raise SkeletonFormatError(
            f"{labels.origin}, line {position}: found class {action.label + 1}; expected 1 to {len(names)}. Take the "
            "label file from the release again"
        )
    return names[action.label]


def _training_lists(files: Sequence[SourceFile]) -> dict[str, set[str]]:
    """Return protocol -> names of the recordings that train, from the release's lists."""
    return {
        protocol: _training_part(file)
        for protocol in _PROTOCOLS
        for file in files
        if file.stem.lower().replace("_", "-") in (protocol, f"{protocol}-v1")
    }


def _training_part(file: SourceFile) -> set[str]:
    text = file.content().decode("utf-8", errors="replace")
    parts = re.split(r"(?im)^.*valid[a-z]*.*$", text, maxsplit=1)
    names = set(re.findall(r"\d{1,4}-[LMR]\b", parts[0]))
    if len(parts) != 2 or not names:
        raise SkeletonFormatError(
            f"{file.origin}: found no names of training recordings before the line 'Validation …'; expected the list "
            "of the release. Take it from the release again, or remove it"
        )
    return names

"""NTU RGB+D (60 classes, 56,880 recordings) and NTU RGB+D 120 (114,480): `.skeleton` files in folders or zip archives.

File names are SsssCcccPpppRrrrAaaa: set-up, camera, performer, repetition, action. Cross-subject: the performers below
train; cross-view (60): cameras 2 and 3; cross-setup (120): even set-ups. Two main actors are chosen by the field's
usual rules (`main_actors`). Research use only, on application to the Rapid-Rich Object Search Lab.

Shahroudy, Liu, Ng, Wang: NTU RGB+D, CVPR 2016. Liu et al.: NTU RGB+D 120, TPAMI 2019.
"""

import re
from collections.abc import Sequence

from zeroskel.core import InputError
from zeroskel.datasets._classes import published_class_names
from zeroskel.datasets._recipe_parts import MISSING, LeftOut, Listing, Recording, Task, broken_recordings, matching
from zeroskel.datasets._source_files import SourceFile
from zeroskel.skeleton.formats import _ntu
from zeroskel.skeleton.transforms import main_actors

NAME = re.compile(r"S(?P<setup>\d{3})C(?P<camera>\d{3})P(?P<subject>\d{3})R(?P<repetition>\d{3})A(?P<action>\d{3})")
_FILE = re.compile(NAME.pattern + r"\.skeleton")
TRAIN_SUBJECTS_60 = frozenset((1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38))
TRAIN_SUBJECTS_120 = TRAIN_SUBJECTS_60.union(
    (45, 46, 47, 49, 50, 52, 53, 54, 55, 56, 57, 58, 59, 70, 74, 78, 80, 81, 82, 83, 84, 85, 86, 89, 91, 92, 93, 94),
    (95, 97, 98, 100, 103),
)
_CLASSES = {"ntu60": 60, "ntu120": 120}


def find_60(files: Sequence[SourceFile]) -> Listing:
    """Return the recordings of the first 60 classes; those of the extension are passed over."""
    return _find(files, "ntu60", ("cross-subject", "cross-view"))


def find_120(files: Sequence[SourceFile]) -> Listing:
    """Return the recordings of all 120 classes."""
    return _find(files, "ntu120", ("cross-subject", "cross-setup"))


def read(task: Task) -> list[Recording]:
    """Return the recording of one file."""
    facts = task.facts
    sequence = main_actors(_ntu.parse(task.file.content(), task.file.origin), 2)
    train = {"cross-subject": facts["subject"] in TRAIN_SUBJECTS_120}
    if "cross-view" in facts["protocols"]:
        train = {"cross-subject": facts["subject"] in TRAIN_SUBJECTS_60, "cross-view": facts["camera"] in (2, 3)}
    else:
        train["cross-setup"] = facts["setup"] % 2 == 0
    return [
        Recording(
            task.file.stem,
            sequence,
            facts["action"] - 1,
            facts["subject"],
            facts["camera"],
            facts["setup"],
            facts["repetition"],
            train,
        )
    ]


def _find(files: Sequence[SourceFile], data: str, protocols: tuple[str, str]) -> Listing:
    broken = broken_recordings("ntu")
    tasks, left_out = [], []
    for file, match in matching(files, _FILE):
        facts = {key: int(value) for key, value in match.groupdict().items()}
        if not 1 <= facts["action"] <= _CLASSES[data]:
            continue
        if file.stem in broken:
            left_out.append(LeftOut(file.stem, MISSING))
        else:
            tasks.append(Task(file, {**facts, "protocols": list(protocols)}))
    if not tasks:
        raise InputError(
            f"none of the {len(files)} files in the source is a recording of {data}; expected names such as "
            "S001C001P001R001A001.skeleton, in folders or zip archives. Check the folder"
        )
    return Listing(tuple(tasks), published_class_names(data), "ntu-25", protocols, tuple(left_out))

"""KARD, the Kinect Activity Recognition Dataset: 18 activities, 10 subjects, 3 repetitions; OpenNI, 15 joints.

Files `aAA_sSS_eEE_realworld.txt` (activity, subject, repetition), in any folder; those in screen coordinates are left
out. Cite Gaglio, Lo Re, Morana, "Human Activity Recognition Process Using 3-D Posture Data", IEEE THMS 2015.
"""

import re
from collections.abc import Sequence

from zeroskel.datasets._class_names import published_class_names
from zeroskel.datasets._recipe_types import Listing, Recording, Task
from zeroskel.datasets._source_files import SourceFile
from zeroskel.datasets.catalog._file_names import from_one, numbered_tasks
from zeroskel.skeleton.formats._kinect_text import KARD

_PATTERN = re.compile(r"(?P<name>a(?P<action>\d+)_s(?P<subject>\d+)_e(?P<repetition>\d+))_realworld\.txt", re.ASCII)
_EXPECTED = "the folder of KARD, with files such as a01_s01_e01_realworld.txt"


def find(files: Sequence[SourceFile]) -> Listing:
    """Return the recordings of KARD among the files. Raises InputError where there is none."""
    names = published_class_names("kard")
    return Listing(numbered_tasks(files, _PATTERN, _EXPECTED, from_one(len(names))), names, "kinect-15")


def read(task: Task) -> list[Recording]:
    """Return the recording of one file. Raises SkeletonFormatError where it is broken."""
    return [Recording(sequence=KARD.parse(task.file.content(), task.file.origin), **task.facts)]

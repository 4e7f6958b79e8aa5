"""MSR-Action3D: 20 actions, 10 subjects, up to 3 repetitions; Kinect v1, skeletons in world coordinates.

Files `aAA_sSS_eEE_skeleton3D.txt` (action, subject, repetition), in any folder; the release has 567, of which results
are reported on 557: the others are empty or noisy and are left out. For research; cite Li, Zhang, Liu, "Action
Recognition Based on a Bag of 3D Points", CVPR Workshops 2010.
"""

import re
from collections.abc import Sequence

from zeroskel.datasets._class_names import published_class_names
from zeroskel.datasets._recipe_types import LeftOut, Listing, Recording, Task
from zeroskel.datasets._source_files import SourceFile
from zeroskel.datasets.catalog._file_names import from_one, numbered_tasks
from zeroskel.skeleton.formats._kinect_text import MSR_ACTION3D

_PATTERN = re.compile(r"(?P<name>a(?P<action>\d\d)_s(?P<subject>\d\d)_e(?P<repetition>\d\d))_skeleton3D\.txt", re.ASCII)
_EXPECTED = "the folder of MSR-Action3D, with files such as a01_s01_e01_skeleton3D.txt"
_REASON = "not in the list of 557 recordings that results are reported on: empty or noisy"
# What 20 actions x 10 subjects x 3 repetitions have beyond the list of 557; the release lacks most of them anyway.
_NOT_LISTED = frozenset(
    name
    for names in (
        *("a01_s04_e01 a01_s04_e02 a01_s04_e03", "a02_s03_e02", "a02_s04_e01 a02_s04_e02 a02_s04_e03"),
        *("a03_s04_e01 a03_s04_e02 a03_s04_e03", "a04_s03_e01 a04_s03_e03", "a04_s04_e01 a04_s04_e02 a04_s04_e03"),
        *("a05_s04_e01 a05_s04_e02 a05_s04_e03", "a05_s06_e03", "a06_s04_e01 a06_s04_e02 a06_s04_e03", "a06_s06_e03"),
        *("a07_s04_e01 a07_s04_e03", "a07_s07_e03", "a13_s09_e01 a13_s09_e02 a13_s09_e03", "a14_s03_e01"),
        *("a15_s02_e03", "a15_s03_e01 a15_s03_e02 a15_s03_e03", "a15_s04_e01 a15_s04_e02 a15_s04_e03"),
        *("a15_s05_e01 a15_s05_e02 a15_s05_e03", "a20_s07_e01 a20_s07_e03", "a20_s10_e03"),
    )
    for name in names.split()
)


def find(files: Sequence[SourceFile]) -> Listing:
    """Return the recordings of MSR-Action3D among the files. Raises InputError where there is none."""
    names = published_class_names("msr-action3d")
    tasks = numbered_tasks(files, _PATTERN, _EXPECTED, from_one(len(names)))
    left_out = tuple(LeftOut(task.facts["name"], _REASON) for task in tasks if task.facts["name"] in _NOT_LISTED)
    remaining = tuple(task for task in tasks if task.facts["name"] not in _NOT_LISTED)
    return Listing(remaining, names, "kinect-20", left_out=left_out)


def read(task: Task) -> list[Recording]:
    """Return the recording of one file. Raises SkeletonFormatError where it is broken."""
    return [Recording(sequence=MSR_ACTION3D.parse(task.file.content(), task.file.origin), **task.facts)]

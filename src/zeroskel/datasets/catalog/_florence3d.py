"""Florence 3D Actions: 9 actions, 10 subjects, 215 recordings; Kinect v1, 15 joints.

Files `aNN_sN_idN.txt` (action, subject, number of the recording), in any folder. For research; cite Seidenari, Varano,
Berretti, Del Bimbo, Pala, "Recognizing Actions from Depth Cameras as Weakly Aligned Multi-part Bag-of-Poses", CVPR
Workshops 2013.
"""

import re
from collections.abc import Sequence

from zeroskel.datasets._class_names import published_class_names
from zeroskel.datasets._recipe_types import Listing, Recording, Task
from zeroskel.datasets._source_files import SourceFile
from zeroskel.datasets.catalog._file_names import from_one, numbered_tasks
from zeroskel.skeleton.formats._kinect_text import FLORENCE3D

_PATTERN = re.compile(r"(?P<name>a(?P<action>\d+)_s(?P<subject>\d+)_id(?P<repetition>\d+))\.txt", re.ASCII)
_EXPECTED = "the folder of Florence 3D Actions, with files such as a01_s1_id1.txt"


def find(files: Sequence[SourceFile]) -> Listing:
    """Return the recordings of Florence 3D Actions among the files. Raises InputError where there is none."""
    names = published_class_names("florence3d")
    return Listing(numbered_tasks(files, _PATTERN, _EXPECTED, from_one(len(names))), names, "kinect-15")


def read(task: Task) -> list[Recording]:
    """Return the recording of one file. Raises SkeletonFormatError where it is broken."""
    return [Recording(sequence=FLORENCE3D.parse(task.file.content(), task.file.origin), **task.facts)]

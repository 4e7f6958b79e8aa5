"""UTD-MHAD: 27 actions, 8 subjects, up to 4 trials; Kinect v1.

Files `aA_sS_tT_skeleton.mat` (action, subject, trial), in any folder. For research; cite Chen, Jafari, Kehtarnavaz,
"UTD-MHAD: A Multimodal Dataset for Human Action Recognition", ICIP 2015.
"""

import re
from collections.abc import Sequence

from zeroskel.datasets._class_names import published_class_names
from zeroskel.datasets._recipe_types import Listing, Recording, Task
from zeroskel.datasets._source_files import SourceFile
from zeroskel.datasets.catalog._file_names import from_one, numbered_tasks
from zeroskel.skeleton.formats._matlab import parse_utd_mhad

_PATTERN = re.compile(r"(?P<name>a(?P<action>\d+)_s(?P<subject>\d+)_t(?P<repetition>\d+))_skeleton\.mat", re.ASCII)
_EXPECTED = "the Skeleton folder of UTD-MHAD, with files such as a1_s1_t1_skeleton.mat"


def find(files: Sequence[SourceFile]) -> Listing:
    """Return the recordings of UTD-MHAD among the files. Raises InputError where there is none."""
    names = published_class_names("utd-mhad")
    return Listing(numbered_tasks(files, _PATTERN, _EXPECTED, from_one(len(names))), names, "kinect-20")


def read(task: Task) -> list[Recording]:
    """Return the recording of one file. Raises SkeletonFormatError where it is broken."""
    return [Recording(sequence=parse_utd_mhad(task.file.content(), task.file.origin), **task.facts)]

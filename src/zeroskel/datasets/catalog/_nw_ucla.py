"""Northwestern-UCLA Multiview Action 3D: 10 actions, 10 subjects, 3 views; Kinect v1.

Files `aAA_sSS_eEE_vVV.json` (action, subject, repetition, view), in any folder, as prepared for skeleton methods. The
usual protocol is cross-view: views 1 and 2 train, 3 tests. For research; cite Wang, Nie, Xia, Wu, Zhu, "Cross-view
Action Modeling, Learning and Recognition", CVPR 2014.
"""

import re
from collections.abc import Sequence

import numpy as np

from zeroskel.datasets._class_names import published_class_names
from zeroskel.datasets._recipe_types import Listing, Recording, Task
from zeroskel.datasets._source_files import SourceFile
from zeroskel.datasets.catalog._file_names import numbered_tasks
from zeroskel.skeleton.formats import _json_joints

_PATTERN = re.compile(
    r"(?P<name>a(?P<action>\d+)_s(?P<subject>\d+)_e(?P<repetition>\d+)_v(?P<camera>\d+))\.json", re.ASCII
)
_EXPECTED = "the folder of NW-UCLA, with files such as a01_s01_e00_v01.json"
_ACTIONS = (1, 2, 3, 4, 5, 6, 8, 9, 11, 12)  # the release has no other numbers
_TEST_VIEW = 3


def find(files: Sequence[SourceFile]) -> Listing:
    """Return the recordings of NW-UCLA among the files. Raises InputError where there is none."""
    labels = {action: label for label, action in enumerate(_ACTIONS)}
    tasks = numbered_tasks(files, _PATTERN, _EXPECTED, labels)
    return Listing(tasks, published_class_names("nw-ucla"), "kinect-20", ("cross-subject", "cross-view"))


def read(task: Task) -> list[Recording]:
    """Return the recording of one file; NaN where a joint is at the origin."""
    sequence = _json_joints.parse(task.file.content(), task.file.origin, layout="kinect-20")
    unseen = (sequence.joints == 0).all(axis=-1, keepdims=True)
    train = {"cross-subject": task.facts["subject"] % 2 == 1, "cross-view": task.facts["camera"] != _TEST_VIEW}
    return [Recording(sequence=sequence.replace(np.where(unseen, np.nan, sequence.joints)), train=train, **task.facts)]

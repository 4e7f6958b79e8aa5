"""Penn Action: 2,326 videos of 15 actions, 13 joints in the image, of which the hidden ones are marked.

Files `labels/NNNN.mat`, which say action, joints and whether the video trains; the frames are not needed. Who is seen
is not told: every subject is 0, so use the published training part. For research; cite Zhang, Zhu, Derpanis, "From
Actemes to Action: A Strongly-supervised Representation for Detailed Action Understanding", ICCV 2013.
"""

import re
from collections.abc import Sequence

from zeroskel.core import SkeletonFormatError
from zeroskel.datasets._classes import published_class_names
from zeroskel.datasets._recipe_parts import Listing, Recording, Task, named_recordings
from zeroskel.datasets._source_files import SourceFile
from zeroskel.skeleton.formats._matlab import parse_penn_action, penn_action_facts

_PATTERN = re.compile(r"(?P<name>\d{4})\.mat", re.ASCII)
_EXPECTED = "the folder of Penn Action, with files such as labels/0001.mat"


def find(files: Sequence[SourceFile]) -> Listing:
    """Return the videos of Penn Action among the files. Raises InputError where there is none."""
    tasks = tuple(Task(file, {"name": match["name"]}) for file, match in named_recordings(files, _PATTERN, _EXPECTED))
    return Listing(tasks, published_class_names("penn-action"), "penn-13", ("published",))


def read(task: Task) -> list[Recording]:
    """Return the video of one label file, subject 0. Raises SkeletonFormatError where it is broken."""
    content, origin, names = task.file.content(), task.file.origin, published_class_names("penn-action")
    action, train = penn_action_facts(content, origin)
    if (name := action.replace("_", " ")) not in names:
        raise SkeletonFormatError(
            f"{origin}, variable action: found {action[:60]!r}; expected one of {', '.join(names)}. Leave the file out"
        )
    sequence = parse_penn_action(content, origin)
    return [Recording(task.facts["name"], sequence, names.index(name), subject=0, train={"published": train})]

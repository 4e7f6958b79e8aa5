"""Penn Action and JHMDB: joints in the image, in MATLAB files; for research.

- Penn Action: 2,326 videos of 15 actions, 13 joints, of which the hidden ones are marked. Files `labels/NNNN.mat` say
  action, joints and whether the video trains; the frames are not needed. Cite Zhang, Zhu, Derpanis, "From Actemes to
  Action: A Strongly-supervised Representation for Detailed Action Understanding", ICCV 2013.
- JHMDB: 928 clips of 21 actions from films and the web, 15 joints. Files `<class>/<video>/joint_positions.mat`; the
  classes are the folders found. The published split 1 is in text files `<class>_test_split1.txt` with lines
  "video.avi 1" (trains) or "video.avi 2" (tests). Without them there is no protocol, and all clips test. Cite Jhuang,
  Gall, Zuffi, Schmid, Black, "Towards Understanding Action Recognition", ICCV 2013.

Neither says who is seen: every subject is 0, so use the published training part.
"""

import re
from collections.abc import Iterable, Sequence

from zeroskel.core import InputError, SkeletonFormatError
from zeroskel.datasets._classes import published_class_names
from zeroskel.datasets._recipe_parts import Listing, Recording, Task, named_recordings
from zeroskel.datasets._source_files import SourceFile
from zeroskel.skeleton.formats._matlab import parse_jhmdb, parse_penn_action, penn_action_facts
from zeroskel.skeleton.formats._matlab_loading import load_matlab
from zeroskel.skeleton.formats._parsing import text_of

_PENN_ACTION_FILE = re.compile(r"(?P<name>\d{4})\.mat", re.ASCII)
_PENN_ACTION = "the folder of Penn Action, with files such as labels/0001.mat"
_JOINTS = "joint_positions.mat"
_JHMDB = f"the folder of JHMDB, with files such as clap/<video>/{_JOINTS}"
_SPLIT = "_test_split1.txt"


def find_penn_action(files: Sequence[SourceFile]) -> Listing:
    """Return the videos of Penn Action among the files. Raises InputError where there is none."""
    recordings = named_recordings(files, _PENN_ACTION_FILE, _PENN_ACTION)
    tasks = tuple(Task(file, {"name": match["name"]}) for file, match in recordings)
    return Listing(tasks, published_class_names("penn-action"), "penn-13", ("published",))


def read_penn_action(task: Task) -> list[Recording]:
    """Return the video of one label file, subject 0. Raises SkeletonFormatError where it is broken."""
    origin, names = task.file.origin, published_class_names("penn-action")
    variables = load_matlab(task.file.content(), origin)
    action, train = penn_action_facts(variables)
    if (name := action.replace("_", " ")) not in names:
        raise SkeletonFormatError(
            f"{origin}, variable action: found {action[:60]!r}; expected one of {', '.join(names)}. Leave the file out"
        )
    sequence = parse_penn_action(variables)
    return [Recording(task.facts["name"], sequence, names.index(name), subject=0, train={"published": train})]


def find_jhmdb(files: Sequence[SourceFile]) -> Listing:
    """Return the clips of JHMDB among the files.

    Raises:
        InputError: there is none, two have the same name, or the split leaves one out; SkeletonFormatError: a broken
        line of a split file.
    """
    clips = {}
    for file in files:
        if file.name == _JOINTS and len(file.origin.parts) >= 3:
            action, video = file.origin.parts[-3:-1]
            if (action, video) in clips:
                raise InputError(f"{file.origin}: found {action}/{video} a second time; expected it once. Remove one")
            clips[action, video] = file
    if not clips:
        raise InputError(f"found {len(files)} files, none of them a recording; expected {_JHMDB}. Name its folder")
    train = _published_split(file for file in files if file.name.endswith(_SPLIT))
    folders = sorted({action for action, _ in clips})
    tasks = []
    for (action, video), file in sorted(clips.items()):
        if train and (action, video) not in train:
            raise InputError(
                f"{file.origin}: found no line of {video} in {action}{_SPLIT}; expected one, as there are files of "
                "split 1. Complete them, or leave all of them out"
            )
        published = {"published": train[action, video]} if train else {}
        tasks.append(Task(file, {"name": video, "label": folders.index(action), "subject": 0, "train": published}))
    names = tuple(folder.replace("_", " ") for folder in folders)
    return Listing(tuple(tasks), names, "jhmdb-15", ("published",) if train else ())


def read_jhmdb(task: Task) -> list[Recording]:
    """Return the clip of one file, subject 0. Raises SkeletonFormatError where it is broken."""
    return [Recording(sequence=parse_jhmdb(load_matlab(task.file.content(), task.file.origin)), **task.facts)]


def _published_split(files: Iterable[SourceFile]) -> dict[tuple[str, str], bool]:
    """Return (class folder, video) -> whether it trains."""
    train = {}
    for file in files:
        for number, line in enumerate(text_of(file.content(), file.origin).split("\n"), 1):
            video, _, part = line.strip().rpartition(" ")
            if part in ("1", "2") and video.strip():
                train[file.name.removesuffix(_SPLIT), video.strip().removesuffix(".avi")] = part == "1"
            elif line.strip():
                raise SkeletonFormatError(
                    f"{file.origin}, line {number}: found {line.strip()[:80]!r}; expected a video and 1 (trains) or 2 "
                    "(tests), such as clip.avi 1. Take the file from the release again"
                )
    return train

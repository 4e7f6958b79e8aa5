"""JHMDB: 928 clips of 21 actions from films and the web, 15 joints in the image.

Files `<class>/<video>/joint_positions.mat`; the classes are the folders found. The published split 1 is in text files
`<class>_test_split1.txt` with lines "video.avi 1" (trains) or "video.avi 2" (tests); without them there is no
protocol, and as who is seen is not told (every subject is 0), all clips would test. For research; cite Jhuang, Gall,
Zuffi, Schmid, Black, "Towards Understanding Action Recognition", ICCV 2013.
"""

from collections.abc import Iterable, Sequence

from zeroskel.core import InputError, SkeletonFormatError
from zeroskel.datasets._recipe_parts import Listing, Recording, Task
from zeroskel.datasets._source_files import SourceFile
from zeroskel.skeleton.formats._matlab import parse_jhmdb
from zeroskel.skeleton.formats._parsing import text_of

_JOINTS = "joint_positions.mat"
_EXPECTED = f"the folder of JHMDB, with files such as clap/<video>/{_JOINTS}"
_SPLIT = "_test_split1.txt"


def find(files: Sequence[SourceFile]) -> Listing:
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
        raise InputError(f"found {len(files)} files, none of them a recording; expected {_EXPECTED}. Name its folder")
    train = _published_split(file for file in files if file.name.endswith(_SPLIT))
    folders = sorted({action for action, _ in clips})
    tasks = []
    for (action, video), file in sorted(clips.items()):
        facts = {"name": video, "label": folders.index(action)}
        if train:
            if (action, video) not in train:
                raise InputError(
                    f"{file.origin}: found no line of {video} in {action}{_SPLIT}; expected one, as there are files of "
                    "split 1. Complete them, or leave all of them out"
                )
            facts["train"] = train[action, video]
        tasks.append(Task(file, facts))
    names = tuple(folder.replace("_", " ") for folder in folders)
    return Listing(tuple(tasks), names, "jhmdb-15", ("published",) if train else ())


def read(task: Task) -> list[Recording]:
    """Return the clip of one file, subject 0. Raises SkeletonFormatError where it is broken."""
    sequence = parse_jhmdb(task.file.content(), task.file.origin)
    train = {"published": task.facts["train"]} if "train" in task.facts else {}
    return [Recording(task.facts["name"], sequence, task.facts["label"], subject=0, train=train)]


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

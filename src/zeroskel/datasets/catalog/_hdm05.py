"""HDM05 cuts, optical motion capture of five actors: an Acclaim file a motion, sampled down to 30 frames a second.

Files `HDM_<actor>_<motion>_<take>_<rate>.amc`, and a skeleton `HDM_<actor>.asf` for each actor. A motion's code is its
class: eleven have names of their own, the others are spelled out. Creative Commons BY-SA 3.0. Cite Müller, Röder,
Clausen, Eberhardt, Krüger, Weber, "Documentation Mocap Database HDM05", Universität Bonn, CG-2007-2.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from zeroskel.core import InputError, SkeletonSequence
from zeroskel.core._files import resource_table
from zeroskel.datasets._recipe_parts import Listing, Recording, Task, named_recordings
from zeroskel.datasets._source_files import SourceFile
from zeroskel.skeleton.formats import _acclaim, _acclaim_skeleton
from zeroskel.skeleton.formats._motion_capture import MovingSkeleton

_SUBJECTS = {"bd": 1, "bk": 2, "dg": 3, "mm": 4, "tr": 5}
_FPS = 30
_PATTERN = re.compile(
    rf"(?P<name>HDM_(?P<actor>{'|'.join(_SUBJECTS)})_(?P<motion>\w+)_(?P<take>\d{{1,6}})_(?P<rate>\d{{1,4}}))\.amc",
    re.ASCII,
)
_EXPECTED = "the folder of the HDM05 cuts, with files such as HDM_bd_squat1Reps_001_120.amc and HDM_bd.asf"
_WORDS = re.compile(r"[LR](?=start|elbow|hand|foot|knee|leg|arm|hip)|[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[A-Z]")
_NAMES: dict[str, str] = resource_table("hdm05_motions.toml")["names"]
_SIDES = {"l": "left", "r": "right"}


def find(files: Sequence[SourceFile]) -> Listing:
    """Return the motions of HDM05 among the files, and the classes that they have.

    Raises:
        InputError: there is none, one is there twice, has no skeleton, or a rate that is no multiple of 30.
    """
    recordings = named_recordings(files, _PATTERN, _EXPECTED)
    codes = sorted({match["motion"] for _, match in recordings})
    class_names = list(dict.fromkeys(map(motion_name, codes)))
    skeletons = sorted(file for file in files if file.name.lower().endswith(".asf"))
    tasks = []
    for file, match in recordings:
        rate = int(match["rate"])
        if rate == 0 or rate % _FPS:
            raise InputError(
                f"{file.origin}: found a rate of {rate} in its name; expected a multiple of {_FPS}. Correct the name"
            )
        facts = {
            "name": match["name"],
            "label": class_names.index(motion_name(match["motion"])),
            "subject": _SUBJECTS[match["actor"]],
            "repetition": int(match["take"]),
            "rate": rate,
        }
        tasks.append(Task(file, facts, (_skeleton_of(file, match["actor"], skeletons),)))
    return Listing(tuple(tasks), tuple(class_names), "hdm05-31")


def read(task: Task) -> list[Recording]:
    """Return the motion of one file. Raises SkeletonFormatError where it, or its skeleton, is broken."""
    facts = dict(task.facts)
    rate = facts.pop("rate")
    skeleton = _skeleton(task.others[0])
    sequence = _acclaim.parse(task.file.content(), task.file.origin, skeleton, layout="hdm05-31", fps=rate)
    assert isinstance(sequence, SkeletonSequence)  # of this layout
    sampled = sequence.replace(sequence.joints[:, :: rate // _FPS], fps=_FPS)
    return [Recording(sequence=sampled, **facts)]


def motion_name(code: str) -> str:
    """Return the class name of a motion's code; one without a name of its own is spelled out from its camel case."""
    words = [word.lower() for word in _WORDS.findall(code)]
    return _NAMES.get(code) or " ".join(_SIDES.get(word, word) for word in words)


def _skeleton_of(file: SourceFile, actor: str, skeletons: Sequence[SourceFile]) -> SourceFile:
    """Return the actor's skeleton, that in the same folder first."""
    matching = [skeleton for skeleton in skeletons if skeleton.stem.lower() == f"hdm_{actor}"]
    if not matching:
        raise InputError(f"{file.origin}: found no skeleton HDM_{actor}.asf; expected one for each actor. Add it")
    return min(matching, key=lambda skeleton: skeleton.origin.parent != file.origin.parent)


@lru_cache(maxsize=16)
def _skeleton(file: SourceFile) -> MovingSkeleton:
    return _acclaim_skeleton.parse_asf(file.content(), file.origin)

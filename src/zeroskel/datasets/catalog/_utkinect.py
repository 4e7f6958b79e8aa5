"""UTKinect-Action3D: 10 actions, 10 subjects, each twice; Kinect v1.

A file `joints_sSS_eEE.txt` has all ten actions of one subject; `actionLabel.txt` says for each recording the first and
the last frame number of each action, both inclusive, or NaN for an action that was not recorded. For research; cite
Xia, Chen, Aggarwal, "View Invariant Human Action Recognition Using Histograms of 3D Joints", CVPR Workshops 2012.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zeroskel.core import InputError, Segment, SkeletonFormatError, SkeletonSequence
from zeroskel.datasets._classes import published_class_names, usual_rate
from zeroskel.datasets._recipe_parts import Listing, LongRecording, Recording, Task, named_recordings
from zeroskel.datasets._source_files import SourceFile
from zeroskel.skeleton.formats._kinect_text import UTKINECT
from zeroskel.skeleton.formats._parsing import text_of

_PATTERN = re.compile(r"joints_(?P<name>s(?P<subject>\d+)_e(?P<repetition>\d+))\.txt", re.ASCII)
_EXPECTED = "the folder of UTKinect, with files such as joints_s01_e01.txt and actionLabel.txt"
_LABEL_FILE = "actionLabel.txt"
_RECORDING = re.compile(r"s\d+_e\d+", re.ASCII)
_ACTION = re.compile(r"(?P<action>[A-Za-z]+)\s*:\s*(?P<first>\d{1,9}|NaN)\s+(?P<last>\d{1,9}|NaN)", re.ASCII)


def find(files: Sequence[SourceFile]) -> Listing:
    """Return the recordings of UTKinect. Raises InputError where there is none, or no actionLabel.txt."""
    actual = named_recordings(files, _PATTERN, _EXPECTED)
    labels = [file for file in files if file.name == _LABEL_FILE]
    if len(labels) != 1:
        raise InputError(
            f"{actual[0][0].origin}: found {len(labels)} files {_LABEL_FILE} beside it; expected one, which says where "
            "each action starts and ends. Name a folder that holds both"
        )
    tasks = []
    for file, match in actual:
        facts = {"name": match["name"], "subject": int(match["subject"]), "repetition": int(match["repetition"])}
        tasks.append(Task(file, facts, (labels[0],)))
    return Listing(tuple(tasks), published_class_names("utkinect"), "kinect-20")


def read(task: Task) -> list[Recording]:
    """Return the actions of one file, e.g. "s01_e01_walk"."""
    sequence, actions = _whole(task)
    return [
        Recording(
            sequence=sequence.replace(sequence.joints[:, inside]),
            label=label,
            **{**task.facts, "name": f"{task.facts['name']}_{action}"},
        )
        for action, label, inside in actions
    ]


def read_long(task: Task) -> LongRecording:
    """Return a whole file with its actions. The frames that the sensor skipped are not in it."""
    sequence, actions = _whole(task)
    names = published_class_names("utkinect")
    edges = [(label, np.flatnonzero(inside).tolist()) for _, label, inside in actions]
    return LongRecording(
        sequence,
        tuple(Segment(0, rows[0] / sequence.fps, (rows[-1] + 1) / sequence.fps, names[label]) for label, rows in edges),
    )


def _whole(task: Task) -> tuple[SkeletonSequence, list[tuple[str, int, np.ndarray]]]:
    """Return the sequence of one file, and the name, the label and the mask of the frames of each action."""
    name, (labels,) = task.facts["name"], task.others
    segments = _segments(labels.content(), labels.origin).get(name)
    if not segments:
        raise SkeletonFormatError(
            f"{labels.origin}: found no action of {name}; expected a line {name} and its actions, as there is "
            f"{task.file.origin}. Take the file from the release again"
        )
    frames, sequence = UTKINECT.parse_frames(task.file.content(), task.file.origin)
    actions = []
    for action, label, first, last in segments:
        inside = (frames >= first) & (frames <= last)
        if not inside.any():
            raise SkeletonFormatError(
                f"{task.file.origin}: has frames {frames.min()} to {frames.max()} and none of {action}, which "
                f"{labels.origin} places at {first} to {last}; expected one. Take both from the release"
            )
        actions.append((action, label, inside))
    return sequence.replace(sequence.joints, fps=usual_rate("utkinect")), actions


def _segments(content: bytes, file: Path) -> dict[str, list[tuple[str, int, int, int]]]:
    """Return recording -> (action, label, first frame, last frame) of each action, from what actionLabel.txt holds."""
    names = published_class_names("utkinect")
    actual: dict[str, list[tuple[str, int, int, int]]] = {}
    recording = None
    for number, line in enumerate(text_of(content, file).split("\n"), 1):
        line = line.strip()
        if _RECORDING.fullmatch(line):
            recording = line
            actual[recording] = []
        elif line:
            match = _ACTION.fullmatch(line)
            name = re.sub("([A-Z])", r" \1", match["action"]).lower() if match else ""
            if recording is None or match is None or name not in names or float(match["first"]) > float(match["last"]):
                raise SkeletonFormatError(
                    f"{file}, line {number}: found {line[:60]!r}; expected a recording (s01_e01), or under it an "
                    "action with its first and last frame (walk: 252 390). Take the file from the release again"
                )
            if "NaN" not in match.groups():
                frames = int(match["first"]), int(match["last"])
                actual[recording].append((match["action"], names.index(name), *frames))
    return actual

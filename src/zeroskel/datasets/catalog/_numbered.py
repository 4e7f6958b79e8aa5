"""Releases whose file names give action, subject and repetition (and view), one recording per file, in any folder.

All are for research, NTU RGB+D on application to the Rapid-Rich Object Search Lab:

- NTU RGB+D: 60 classes, 56,880 recordings; NTU RGB+D 120: 114,480; Kinect v2, `.skeleton` files. File names are
  SsssCcccPpppRrrrAaaa: set-up, camera, performer, repetition, action; those of other actions are passed over. Two main
  actors are chosen by the field's usual rules (`main_actors`). Cite Shahroudy, Liu, Ng, Wang, "NTU RGB+D", CVPR 2016;
  Liu et al., "NTU RGB+D 120", TPAMI 2019.
- UTD-MHAD: 27 actions, 8 subjects, up to 4 trials; Kinect v1. Cite Chen, Jafari, Kehtarnavaz, "UTD-MHAD: A Multimodal
  Dataset for Human Action Recognition", ICIP 2015.
- MSR-Action3D: 20 actions, 10 subjects, up to 3 repetitions; Kinect v1, world coordinates. The release has 567
  recordings, of which results are reported on 557: the others are empty or noisy and are left out. Cite Li, Zhang, Liu,
  "Action Recognition Based on a Bag of 3D Points", CVPR Workshops 2010.
- Northwestern-UCLA Multiview Action 3D: 10 actions, 10 subjects, 3 views; Kinect v1, as prepared for skeleton methods.
  The usual protocol is cross-view: views 1 and 2 train, 3 tests. Cite Wang, Nie, Xia, Wu, Zhu, "Cross-view Action
  Modeling, Learning and Recognition", CVPR 2014.
- KARD, the Kinect Activity Recognition Dataset: 18 activities, 10 subjects, 3 repetitions; OpenNI, 15 joints. Files in
  screen coordinates are left out. Cite Gaglio, Lo Re, Morana, "Human Activity Recognition Process Using 3-D Posture
  Data", IEEE THMS 2015.
- Florence 3D Actions: 9 actions, 10 subjects, 215 recordings; Kinect v1, 15 joints. Cite Seidenari, Varano, Berretti,
  Del Bimbo, Pala, "Recognizing Actions from Depth Cameras as Weakly Aligned Multi-part Bag-of-Poses", CVPR Workshops
  2013.
- Kinder-Gator: 58 motions of 10 adults and 10 children; Kinect v1. Files `POSE-pPID_NN-Name-stamp.csv`: participant,
  position in the session, motion, time. Cite Aloba, Flores, Woodward et al., "Kinder-Gator: The UF Kinect Database of
  Child and Adult Motion", Eurographics 2018.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core import InputError, SkeletonFormatError, SkeletonSequence
from zeroskel.core._files import resource_table
from zeroskel.datasets._classes import published_class_names, usual_rate
from zeroskel.datasets._recipe_parts import (
    MISSING,
    LeftOut,
    Listing,
    Recording,
    Task,
    broken_recordings,
    named_recordings,
)
from zeroskel.datasets._source_files import SourceFile
from zeroskel.skeleton.formats import _csv_joints, _json_joints, _kinect_text, _ntu
from zeroskel.skeleton.formats._matlab import parse_utd_mhad
from zeroskel.skeleton.formats._matlab_loading import load_matlab
from zeroskel.skeleton.formats._parsing import LARGEST, named_sequence, text_of
from zeroskel.skeleton.transforms import main_actors


@dataclass(frozen=True)
class NumberedRelease:
    """Recipe of a release whose file names give the numbers of action, subject and repetition.

    Attributes:
        data: The name of the dataset, by which its class names are known.
        parse: Returns the sequence of (content, file).
        pattern: The pattern of file names with groups `name`, `action`, `subject` and perhaps `repetition`, `camera`
            and `setup`.
        expected: What the user should name, for the message.
        layout: The layout of every sequence.
        actions: The actions of file names in the order of the class ids, without leading zeros; empty: from 1.
        broken: The list of recordings that are left out, of `broken_recordings`; "": none.
        reason: Why these are left out.
        train: Protocol -> group -> the numbers that train; empty: odd subjects train.
    """

    data: str
    parse: Callable[[bytes, Path], SkeletonSequence]
    pattern: str
    expected: str
    layout: str
    actions: Sequence[str] = ()
    broken: str = ""
    reason: str = MISSING
    train: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)

    def find(self, files: Sequence[SourceFile]) -> Listing:
        """Return the recordings of the release among the files.

        Raises:
            InputError: No file matches, a name occurs twice, or an action is none of the release.
        """
        names = published_class_names(self.data)
        actions = self.actions or [str(number) for number in range(1, len(names) + 1)]
        labels = {action: label for label, action in enumerate(actions)}
        broken = broken_recordings(self.broken) if self.broken else frozenset()
        tasks, left_out = [], []
        for file, match in named_recordings(files, re.compile(self.pattern, re.ASCII), self.expected):
            groups = match.groupdict()
            name, action = groups.pop("name"), groups.pop("action").lstrip("0")
            if action not in labels:
                raise InputError(
                    f"{file.origin}: found action {action}; expected one of {', '.join(actions)}. Remove the file"
                )
            if name in broken:
                left_out.append(LeftOut(name, self.reason))
            else:
                numbers = {key: int(value) for key, value in groups.items()}
                tasks.append(Task(file, {"name": name, "label": labels[action], **numbers}))
        return Listing(tuple(tasks), names, self.layout, tuple(self.train), tuple(left_out))

    def read(self, task: Task) -> list[Recording]:
        """Return the recording of one file. Raises SkeletonFormatError where it is broken."""
        train = {
            protocol: all(task.facts[group] in numbers for group, numbers in rule.items())
            for protocol, rule in self.train.items()
        }
        sequence = self.parse(task.file.content(), task.file.origin)
        sequence = sequence.replace(sequence.joints, fps=usual_rate(self.data))
        return [Recording(sequence=sequence, train=train, **task.facts)]


def _parse_ntu(content: bytes, file: Path) -> SkeletonSequence:
    return main_actors(_ntu.parse_bodies(content, file), 2)


def _parse_utd_mhad(content: bytes, file: Path) -> SkeletonSequence:
    return parse_utd_mhad(load_matlab(content, file))


def _parse_nw_ucla(content: bytes, file: Path) -> SkeletonSequence:
    parsed = _json_joints.parse(content, file)
    joints = parsed.joints if isinstance(parsed, SkeletonSequence) else parsed.coordinates
    return _without_origin(named_sequence(joints, None, "kinect-20", parsed.fps or 30.0, file))


def _parse_kinder_gator(content: bytes, file: Path) -> SkeletonSequence:
    fps = _frame_rate(content, file)
    points = _csv_joints.parse(content, file, fps=fps)
    if isinstance(points, SkeletonSequence):
        return _without_origin(points)
    joints = points.coordinates[:, ~np.isnan(points.coordinates).all(axis=(0, 2, 3))]  # without dropped frames
    return _without_origin(named_sequence(joints, points.names, "kinect-20", fps, file))


def _without_origin(sequence: SkeletonSequence) -> SkeletonSequence:
    """Return the sequence with NaN for joints whose coordinates are all 0."""
    unseen = (sequence.joints == 0).all(axis=-1, keepdims=True)
    return sequence.replace(np.where(unseen, np.nan, sequence.joints))


def _frame_rate(content: bytes, file: Path) -> float:
    """Return frames a second: one over the median step of the time stamps, which are milliseconds; 30 for one frame."""
    header, *rows = text_of(content, file).split("\n")
    cells = [row.split(",", 1)[0] for row in rows if row.strip(", ")]
    try:
        times = np.array(cells, dtype=np.float64)
    except ValueError:
        times = np.full(2, np.nan)
    finite = bool((np.abs(times) <= LARGEST).all())
    step = float(np.median(np.diff(times))) if finite and len(times) > 1 else np.nan
    if header.split(",", 1)[0].strip() != "Timestamp" or not (1e-3 < step < 1e6 or (finite and len(times) < 2)):
        raise SkeletonFormatError(
            f"{file}, first column: found {header[:40]!r} with a median step of {step:g}; expected Timestamp, "
            "milliseconds that grow. Take the file from the release again"
        )
    return 1000.0 / step if len(times) > 1 else 30.0


def _release(data: str, parse: Callable[[bytes, Path], SkeletonSequence], **rest: Any) -> NumberedRelease:
    return NumberedRelease(data, parse, **resource_table("numbered_releases.toml")[data], **rest)


NTU_60 = _release("ntu60", _parse_ntu)
NTU_120 = _release("ntu120", _parse_ntu)
UTD_MHAD = _release("utd-mhad", _parse_utd_mhad)
MSR_ACTION3D = _release("msr-action3d", _kinect_text.MSR_ACTION3D.parse)
NW_UCLA = _release("nw-ucla", _parse_nw_ucla)
KARD = _release("kard", _kinect_text.KARD.parse)
FLORENCE3D = _release("florence3d", _kinect_text.FLORENCE3D.parse)
KINDER_GATOR = _release(
    "kinder-gator", _parse_kinder_gator, actions=tuple(resource_table("kinder_gator_labels.toml")["classes"])
)

"""Releases whose file names give action, subject and repetition (and view), one recording per file, in any folder.

All are for research:

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
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from zeroskel.core import InputError, SkeletonSequence
from zeroskel.datasets._classes import published_class_names
from zeroskel.datasets._recipe_parts import (
    LeftOut,
    Listing,
    Recording,
    Task,
    broken_recordings,
    named_recordings,
    without_origin,
)
from zeroskel.datasets._source_files import SourceFile
from zeroskel.skeleton.formats import _json_joints, _kinect_text
from zeroskel.skeleton.formats._matlab import parse_utd_mhad

_NOT_LISTED = "not in the list of 557 recordings that results are reported on: empty or noisy"
_TEST_VIEW = 3  # of NW-UCLA


@dataclass(frozen=True)
class NumberedRelease:
    """Recipe of a release whose file names give the numbers of action, subject and repetition.

    Attributes:
        data: The name of the dataset, by which its class names are known.
        pattern: The pattern of file names with groups `name`, `action`, `subject`, `repetition` and perhaps `camera`.
        expected: What the user should name, for the message.
        layout: The layout of every sequence.
        parse: Returns the sequence of (content, file).
        actions: The action numbers of the release in the order of the class ids; empty: from 1.
        views: Whether the protocols are cross-subject and cross-view; otherwise odd subjects train.
    """

    data: str
    pattern: str
    expected: str
    layout: str
    parse: Callable[[bytes, Path], SkeletonSequence]
    actions: tuple[int, ...] = ()
    views: bool = False

    def find(self, files: Sequence[SourceFile]) -> Listing:
        """Return the recordings of the release among the files.

        Raises:
            InputError: No file matches, a name occurs twice, or an action is none of the release.
        """
        names = published_class_names(self.data)
        actions = self.actions or tuple(range(1, len(names) + 1))
        tasks, left_out = [], []
        for file, match in named_recordings(files, re.compile(self.pattern, re.ASCII), self.expected):
            numbers = {key: int(value) for key, value in match.groupdict().items() if key != "name"}
            action = numbers.pop("action")
            if action not in actions:
                raise InputError(
                    f"{file.origin}: found action {action}; expected one of {', '.join(map(str, actions))}. Remove the "
                    "file"
                )
            if match["name"] in broken_recordings(self.data):
                left_out.append(LeftOut(match["name"], _NOT_LISTED))
            else:
                tasks.append(Task(file, {"name": match["name"], "label": actions.index(action), **numbers}))
        protocols = ("cross-subject", "cross-view") if self.views else ()
        return Listing(tuple(tasks), names, self.layout, protocols, tuple(left_out))

    def read(self, task: Task) -> list[Recording]:
        """Return the recording of one file. Raises SkeletonFormatError where it is broken."""
        train = {}
        if self.views:
            train = {"cross-subject": task.facts["subject"] % 2 == 1, "cross-view": task.facts["camera"] != _TEST_VIEW}
        return [Recording(sequence=self.parse(task.file.content(), task.file.origin), train=train, **task.facts)]


def _parse_nw_ucla(content: bytes, file: Path) -> SkeletonSequence:
    return without_origin(_json_joints.parse(content, file, layout="kinect-20"))


UTD_MHAD = NumberedRelease(
    data="utd-mhad",
    pattern=r"(?P<name>a(?P<action>\d+)_s(?P<subject>\d+)_t(?P<repetition>\d+))_skeleton\.mat",
    expected="the Skeleton folder of UTD-MHAD, with files such as a1_s1_t1_skeleton.mat",
    layout="kinect-20",
    parse=parse_utd_mhad,
)
MSR_ACTION3D = NumberedRelease(
    data="msr-action3d",
    pattern=r"(?P<name>a(?P<action>\d\d)_s(?P<subject>\d\d)_e(?P<repetition>\d\d))_skeleton3D\.txt",
    expected="the folder of MSR-Action3D, with files such as a01_s01_e01_skeleton3D.txt",
    layout="kinect-20",
    parse=_kinect_text.MSR_ACTION3D.parse,
)
NW_UCLA = NumberedRelease(
    data="nw-ucla",
    pattern=r"(?P<name>a(?P<action>\d+)_s(?P<subject>\d+)_e(?P<repetition>\d+)_v(?P<camera>\d+))\.json",
    expected="the folder of NW-UCLA, with files such as a01_s01_e00_v01.json",
    layout="kinect-20",
    parse=_parse_nw_ucla,
    actions=(1, 2, 3, 4, 5, 6, 8, 9, 11, 12),
    views=True,
)
KARD = NumberedRelease(
    data="kard",
    pattern=r"(?P<name>a(?P<action>\d+)_s(?P<subject>\d+)_e(?P<repetition>\d+))_realworld\.txt",
    expected="the folder of KARD, with files such as a01_s01_e01_realworld.txt",
    layout="kinect-15",
    parse=_kinect_text.KARD.parse,
)
FLORENCE3D = NumberedRelease(
    data="florence3d",
    pattern=r"(?P<name>a(?P<action>\d+)_s(?P<subject>\d+)_id(?P<repetition>\d+))\.txt",
    expected="the folder of Florence 3D Actions, with files such as a01_s1_id1.txt",
    layout="kinect-15",
    parse=_kinect_text.FLORENCE3D.parse,
)

"""Facts of the skeletons of BVH files."""

from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import SkeletonFormatError
from zeroskel.skeleton.formats._bvh_hierarchy import read_hierarchy

FILE = Path("clip.bvh")
LINES = """HIERARCHY
ROOT Hips
{
  OFFSET 0 90 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Spine
  {
    OFFSET 0 20 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 1 0
    }
  }
  JOINT Left Leg
  {
    CHANNELS 0
    OFFSET 10 0 0
  }
}
MOTION""".split("\n")


def test_joints_stand_after_their_parents() -> None:
    joints, at = read_hierarchy(LINES, FILE)
    assert [(joint.name, joint.parent) for joint in joints] == [("Hips", -1), ("Spine", 0), ("Left Leg", 0)]
    assert joints[1].channels == ("zrotation", "xrotation", "yrotation") and joints[2].channels == ()
    np.testing.assert_array_equal(joints[2].offset, [10, 0, 0])
    assert at == len(LINES) - 1


def test_several_roots_are_read() -> None:
    joints, _ = read_hierarchy([*LINES[:-1], *LINES[1:]], FILE)
    assert [joint.parent for joint in joints] == [-1, 0, 0, -1, 3, 3]


def test_thousands_of_joints_deep_are_refused_at_once() -> None:
    deep = [line for _ in range(5000) for line in ("JOINT x", "{", "OFFSET 0 0 0", "CHANNELS 0")]
    with pytest.raises(SkeletonFormatError, match="over 1024 joints"):
        read_hierarchy([*LINES[:5], *deep], FILE)


@pytest.mark.parametrize(
    ("line", "text", "actual"),
    [
        (1, "MOTION", "'MOTION'"),
        (2, "Frames: 3", "'Frames: 3'"),
        (2, "JOINT Hips", "'JOINT Hips'"),
        (3, "", "'OFFSET 0 90 0'"),
        (4, "OFFSET 0 90", "'OFFSET 0 90'"),
        (4, "OFFSET 0 inf 0", "inf"),
        (4, "OFFSET 0 9_0 0", "9_0"),
        (5, "CHANNELS 3 Xposition Yposition", "CHANNELS 3"),
        (5, "CHANNELS 2 Xposition Xposition", "CHANNELS 2"),
        (5, "CHANNELS 1 Wrotation", "Wrotation"),
        (5, "", "JOINT before CHANNELS of Hips"),
        (6, "ROOT Spine", "'ROOT Spine'"),
        (6, "JOINT", "'JOINT'"),
        (7, "", "'OFFSET 0 20 0'"),
        (9, "OFFSET 1 2 3", "OFFSET 1 2 3"),
        (10, "End", "'End'"),
        (11, "{ {", ""),
        (12, "CHANNELS 0", "'CHANNELS 0'"),
        (12, "JOINT Deep", "JOINT Deep"),
        (12, "", r"} of Site"),
        (17, "", r"} of Left Leg"),
        (20, "", "'MOTION'"),
    ],
)
def test_a_wrong_line_is_named(line: int, text: str, actual: str) -> None:
    lines = [*LINES[: line - 1], text, *LINES[line:]]
    if text == "{ {":
        lines[line - 1 : line] = ["{", "{"]
    with pytest.raises(SkeletonFormatError, match=rf"clip\.bvh, line \d+: found .*{actual}.*expected.*export it again"):
        read_hierarchy(lines, FILE)


@pytest.mark.parametrize("remaining", range(20))
def test_a_file_cut_short_is_refused(remaining: int) -> None:
    with pytest.raises(SkeletonFormatError, match="line"):
        read_hierarchy(LINES[:remaining], FILE)

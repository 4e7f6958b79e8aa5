"""Facts of Acclaim skeletons; the fakes are written after the released files."""

from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import SkeletonFormatError
from zeroskel.skeleton.formats._acclaim_skeleton import parse_asf

FILE = Path("HDM_xx.asf")
LINES = """# made by hand in K\xf6ln
:version 1.10
:units
  length 0.5
  angle deg
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 0 1 0
   orientation 0 0 0
:bonedata
  begin
     id 1
     name thigh
     direction 0 -1 0
     length 2
     axis 0 0 0 XYZ
    dof rx ry rz
    limits (-160.0 20.0)
           (-70.0 70.0)
           (-60.0 70.0)
  end
  begin
     name shin
     direction 0 -1 0
     length 3
     axis 0 0 90 XYZ
    dof rx
  end
  begin
     name arm
     direction 1 0 0
     length 1
     axis 0 0 0 XYZ
  end
:hierarchy
  begin
    root arm thigh
    thigh shin
  end""".split("\n")


def spoilt(line: int, text: str) -> bytes:
    return "\n".join([*LINES[: line - 1], text, *LINES[line:]]).encode("latin-1")


def test_bones_stand_after_their_parents_the_root_first() -> None:
    skeleton = parse_asf("\n".join(LINES).encode("latin-1"), FILE)
    assert [(bone.name, bone.parent) for bone in skeleton.joints] == [
        ("root", -1),
        ("arm", 0),
        ("thigh", 0),
        ("shin", 2),
    ]
    assert skeleton.joints[2].channels == ("rx", "ry", "rz") and skeleton.joints[1].channels == ()
    assert skeleton.degrees


def test_lengths_are_parts_of_an_inch() -> None:
    skeleton = parse_asf("\n".join(LINES).encode("latin-1"), FILE)
    assert skeleton.metres == pytest.approx(0.0508)
    np.testing.assert_allclose(skeleton.joints[3].offset, [0, -3 * 0.0508, 0])
    np.testing.assert_allclose(skeleton.joints[0].offset, [0, 0.0508, 0])


def test_an_axis_turns_the_frame_of_its_bone() -> None:
    skeleton = parse_asf("\n".join(LINES).encode("latin-1"), FILE)
    np.testing.assert_allclose(skeleton.joints[3].axis @ [1, 0, 0], [0, 1, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("line", "text", "actual"),
    [
        (4, "length 0", "length 0"),
        (4, "length x", "length x"),
        (5, "angle turns", "angle turns"),
        (7, "order TX TX TZ", "order TX TX TZ"),
        (8, "axis XYX", "axis XYX"),
        (9, "position 0 0", "position 0 0"),
        (12, "  id 1", "'id 1'"),
        (14, "name", "name"),
        (15, "direction 0 nan 0", "nan"),
        (16, "length 1e999", "1e999"),
        (17, "axis 0 0 0", "axis 0 0 0"),
        (17, "axis 0 0_1 0 XYZ", "0_1"),
        (18, "dof rx tx", "dof rx tx"),
        (22, "begin", "begin inside a bone"),
        (24, "name thigh", "the bone thigh again"),
        (24, "id 7", "a bone without name"),
        (24, "name root", "the bone root again"),
        (38, "root arm leg", "the bone leg"),
        (39, "thigh arm", "arm below thigh"),
        (39, "shin root", "root below shin"),
    ],
)
def test_a_wrong_line_is_named(line: int, text: str, actual: str) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"HDM_xx\.asf, line \d+.*{actual}.*expected.*release again"):
        parse_asf(spoilt(line, text), FILE)


@pytest.mark.parametrize(("line", "text", "lost"), [(39, "shin thigh", "thigh"), (39, "", "shin")])
def test_a_cycle_and_a_lone_bone_are_refused(line: int, text: str, lost: str) -> None:
    content = spoilt(line, text).replace(b"root arm thigh", b"root arm" if text else b"root arm thigh")
    content = content.replace(b"shin thigh", b"shin thigh\nthigh shin")
    with pytest.raises(SkeletonFormatError, match=rf"HDM_xx\.asf: found .*{lost}.* leads to the root"):
        parse_asf(content, FILE)


@pytest.mark.parametrize("section", [":root", ":bonedata", ":hierarchy"])
def test_a_missing_section_is_refused(section: str) -> None:
    content = "\n".join(LINES).replace(section, ":other").encode("latin-1")
    with pytest.raises(SkeletonFormatError, match=f"section {section}"):
        parse_asf(content, FILE)


def test_a_file_cut_inside_a_bone_is_refused() -> None:
    content = "\n".join([*LINES[:10], *LINES[35:], *LINES[10:16]]).encode("latin-1")
    with pytest.raises(SkeletonFormatError, match="no end of the last bone"):
        parse_asf(content, FILE)

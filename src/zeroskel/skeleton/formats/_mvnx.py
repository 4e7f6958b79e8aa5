"""MVNX files of Xsens MVN: XML with the positions of 23 segments in each frame, z up, in metres."""

import io
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from zeroskel.skeleton.formats._parsing import LayoutChoice, finite_numbers, refuse, text_of, unobserved
from zeroskel.skeleton.inference._points import FilePoints

_EXPORT_AGAIN = "Export it again from MVN as MVNX, with positions of segments"
_JOINTS = {  # segment -> the joint at its origin; L5 and L3 lie between them
    "Pelvis": "hip_center",
    "T12": "spine",
    "T8": "chest",
    "Neck": "shoulder_center",
    "Head": "head",
} | {
    f"{prefix}{segment}": f"{joint}_{side}"
    for prefix, side in (("Left", "left"), ("Right", "right"))
    for segment, joint in {
        "Shoulder": "clavicle",
        "UpperArm": "shoulder",
        "ForeArm": "elbow",
        "Hand": "wrist",
        "UpperLeg": "hip",
        "LowerLeg": "knee",
        "Foot": "ankle",
        "Toe": "foot",
    }.items()
}
_POSES = ("identity", "tpose", "tpose-isb", "npose")  # of the calibration, before the recording


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so is MVNX."""
    return b"<mvnx" in head


def parse(content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None) -> FilePoints:
    """Parse an .mvnx file.

    The arguments are those of zeroskel.skeleton.formats.parse; layout and fps are applied later.

    Returns:
        Joints of each subject: the origins of the segments.

    Raises:
        SkeletonFormatError: The file is cut short or altered, or was exported without positions.
    """
    text = re.sub(r"^\s*<\?xml[^>]*>", "", text_of(content, file))  # the text is decoded, an encoding in it is void
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        refuse(file, "", "a document type or entities", "elements only, as MVN writes them", _EXPORT_AGAIN)
    subjects: list[_Subject] = []
    try:
        for event, element in ElementTree.iterparse(io.BytesIO(text.encode()), events=("start", "end")):
            tag = element.tag.rpartition("}")[2]
            if event == "start" and tag == "subject":
                subjects.append(_Subject(element.get("frameRate")))
            elif subjects and tag == "segments":  # other elements hold segments of fingers
                subjects[-1].names_follow = event == "start"
            elif event == "end" and subjects:
                subjects[-1].take(tag, element, file)
    except ElementTree.ParseError as error:
        refuse(file, f"line {error.position[0]}", f"broken XML ({error})", "well-formed XML", _EXPORT_AGAIN)
    recorded = [subject for subject in subjects if subject.frames]
    if not recorded:
        refuse(file, "", "no positions of segments", "frames with an element 'position'", _EXPORT_AGAIN)
    return _points(recorded, file)


class _Subject:
    """Segments and frames of one person, collected from the elements of the file."""

    def __init__(self, rate: str | None) -> None:
        self.rate = rate
        self.names_follow = False
        self.segments: list[str] = []
        self.frames: list[list[float]] = []

    def take(self, tag: str, element: ElementTree.Element, file: Path) -> None:
        """Keep what an element holds, and free its memory after a frame."""
        if tag == "segment" and self.names_follow:
            self.segments.append(element.get("label", ""))
        elif tag == "frame":
            position = next((child for child in element if child.tag.rpartition("}")[2] == "position"), None)
            if element.get("type", "normal") not in _POSES and position is not None:
                self.frames.append(self._numbers(position.text or "", file))
            element.clear()

    def _numbers(self, text: str, file: Path) -> list[float]:
        fields = text.split()
        numbers = finite_numbers(fields)
        if numbers is None or len(numbers) != 3 * len(self.segments):
            actual = f"{len(fields)} fields, {text.strip()[:40]!r}"
            expected = f"three finite numbers for each of {len(self.segments)} segments"
            refuse(file, f"frame {len(self.frames) + 1}", actual, expected, _EXPORT_AGAIN)
        return numbers


def _points(subjects: list[_Subject], file: Path) -> FilePoints:
    length = max(len(subject.frames) for subject in subjects)
    joints = unobserved((len(subjects), length, len(_JOINTS), 3), file)
    for person, subject in enumerate(subjects):
        positions = np.array(subject.frames, np.float32).reshape(len(subject.frames), -1, 3)
        for column, segment in enumerate(_JOINTS):
            if segment in subject.segments:
                joints[person, : len(positions), column] = positions[:, subject.segments.index(segment)]
    known = [column for column, segment in enumerate(_JOINTS) if segment in subjects[0].segments]
    if not known:
        actual = f"segments {', '.join(subjects[0].segments)[:200]}"
        refuse(file, "the segments", actual, f"those of a body, {', '.join(_JOINTS)}", _EXPORT_AGAIN)
    rate = finite_numbers([subjects[0].rate or ""])
    return FilePoints(
        joints[:, :, known],
        "MVNX",
        tuple(list(_JOINTS.values())[column] for column in known),
        "mocap-21",
        rate[0] if rate and 1e-3 < rate[0] < 1e6 else None,
        up="z",
        unit="m",
    )

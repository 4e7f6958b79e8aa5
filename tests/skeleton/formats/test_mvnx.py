"""Facts of MVNX files of Xsens MVN."""

from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import SkeletonFormatError
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton import formats

FILE = Path("take.mvnx")
SEGMENTS = {
    "Pelvis": "hip_center", "L5": None, "L3": None, "T12": "spine", "T8": None, "Neck": "neck", "Head": "head",
    "RightShoulder": None, "RightUpperArm": "shoulder_right", "RightForeArm": "elbow_right", "RightHand": "wrist_right",
    "LeftShoulder": None, "LeftUpperArm": "shoulder_left", "LeftForeArm": "elbow_left", "LeftHand": "wrist_left",
    "RightUpperLeg": "hip_right", "RightLowerLeg": "knee_right", "RightFoot": "ankle_right", "RightToe": "foot_right",
    "LeftUpperLeg": "hip_left", "LeftLowerLeg": "knee_left", "LeftFoot": "ankle_left", "LeftToe": "foot_left",
}  # fmt: skip


def mvnx_text(positions: np.ndarray, namespace: str = ' xmlns="http://www.xsens.com/mvn/mvnx"') -> str:
    segments = "".join(
        f'<segment label="{name}" id="{number}"><points><point label="p"/></points></segment>'
        for number, name in enumerate(SEGMENTS, 1)
    )
    frames = "".join(
        f'<frame time="{frame * 16}" index="{frame}" type="{kind}"><orientation>1 0 0 0</orientation>'
        f"<position>{' '.join(f'{value:.6f}' for value in rows.ravel())}</position></frame>"
        for frame, (kind, rows) in enumerate([("tpose", positions[0] + 9), *(("normal", rows) for rows in positions)])
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<mvnx version="4"{namespace}>\n<mvn version="2020"/>\n'
        f'<subject label="Anna" frameRate="60" segmentCount="23"><segments>{segments}</segments>\n'
        f'<frames segmentCount="23">{frames}</frames></subject>\n</mvnx>\n'
    )


def motion(frames: int = 12) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Positions (T, 23, 3) of segments, z up, and the true joints, y up."""
    sequence = generate_sequence("squat", 1, frames=frames)
    joints = dict(zip(sequence.layout.joints, np.moveaxis(np.nan_to_num(sequence.joints[0]), 1, 0), strict=True))
    rows = np.stack([joints[joint or "spine"] for joint in SEGMENTS.values()], axis=1)
    return np.stack([rows[..., 0], -rows[..., 2], rows[..., 1]], axis=-1), joints


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://www.xsens.com/mvn/mvnx"'])
def test_origins_of_segments_are_joints(namespace: str) -> None:
    positions, joints = motion()
    sequence = formats.parse(mvnx_text(positions, namespace).encode(), FILE)
    assert (sequence.layout.name, sequence.fps, sequence.frames) == ("mocap-21", 60, 12)
    for joint in ("hip_center", "knee_left", "wrist_right", "shoulder_left", "head", "foot_right"):
        np.testing.assert_allclose(sequence.joints[0, :, sequence.layout.index(joint)], joints[joint], atol=1e-5)


def test_segments_of_fingers_are_not_those_of_the_body() -> None:
    fingers = '</segments><fingerTrackingSegmentsLeft><segment label="Carpus"/></fingerTrackingSegmentsLeft>'
    text = mvnx_text(motion(2)[0]).replace("</segments>", fingers)
    assert formats.parse(text.encode(), FILE).frames == 2


def test_a_file_without_positions_is_refused() -> None:
    text = mvnx_text(motion(2)[0]).replace("position>", "velocity>")
    with pytest.raises(SkeletonFormatError, match=r"take\.mvnx: found no positions of segments.*with positions"):
        formats.parse(text.encode(), FILE)


def test_a_frame_of_other_numbers_is_refused() -> None:
    text = mvnx_text(motion(2)[0])
    with pytest.raises(SkeletonFormatError, match="frame 1: found 70 fields"):
        formats.parse(
            text.replace(
                'type="normal"><orientation>1 0 0 0</orientation><position>', 'type="normal"><position>1.5 ', 1
            ).encode(),
            FILE,
        )


def test_entities_are_refused() -> None:
    bomb = '<!DOCTYPE mvnx [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>\n<mvnx'
    with pytest.raises(SkeletonFormatError, match="a document type or entities"):
        formats.parse(mvnx_text(motion(2)[0]).replace("<mvnx", bomb, 1).encode(), FILE)


@pytest.mark.slow("hundreds of spoilt files")
def test_spoilt_files_are_read_or_refused(tmp_path: Path, withstands_mutations) -> None:
    path = tmp_path / "take.mvnx"
    path.write_bytes(mvnx_text(motion(2)[0]).encode())
    withstands_mutations("zeroskel.skeleton.formats._mvnx:parse", path)

"""`withstands_mutations`, the check that every reader has to pass, and `hung_motion`, a truth for skeleton files."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from zeroskel.datasets.synthetic import generate_sequence

OTHER_FORMATS = {  # small files of other formats, whose content a reader may be given under its own suffix
    "other.csv": b"frame,hip_x,hip_y,hip_z\n0,1,2,3\n",
    "other.json": b'{"layout": "kinect-20", "joints": [[[1, 2, 3]]]}',
    "other.skeleton": b"1\n1\n72057594037931101 0 1 1 1 1 0 -0.02 0.13 2\n25\n" + b"1 2 3 4 5 6 7 8 9 10 11 2\n" * 25,
    "other.bvh": b"HIERARCHY\nROOT hip\n{\nOFFSET 0 0 0\nCHANNELS 3 Xposition Yposition Zposition\n}\nMOTION\n",
    "other.txt": b"1 2 3\n" * 20,
    "other.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "other.zip": b"PK\x03\x04" + bytes(60),
}


@pytest.fixture
def withstands_mutations(tmp_path: Path):
    """Assert that 2,000 spoilt copies of a sample are each read, or refused as they should be, in time and memory.

    Called with the parser of (content, file) as "module:function" and the path of a small sound sample; returns
    how many were read and refused.
    """

    def check(reader: str, sample: Path, count: int = 2000, seed: int = 0) -> dict[str, int]:
        folder = tmp_path / "mutations"
        folder.mkdir()
        copy = folder / sample.name
        copy.write_bytes(sample.read_bytes())
        others = []
        for name, content in OTHER_FORMATS.items():
            if not name.endswith(copy.suffix):
                (folder / name).write_bytes(content)
                others.append(str(folder / name))
        script = Path(__file__).with_name("mutate.py")
        command = [sys.executable, str(script), reader, str(copy), str(count), str(seed), *others]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=600)
        assert shown.returncode == 0, shown.stderr[-3000:]
        result = json.loads(shown.stdout)
        assert not result["faults"], "\n".join(f"{what}: {fault}" for what, fault in result["faults"])
        assert result["refused"] > count / 4 and result["slowest"] < 1.5
        return result

    return check


MIXAMO = {  # joint of ntu-25 -> name and the joint above
    "hip_center": ("Hips", None),
    "spine": ("Spine", "hip_center"),
    "shoulder_center": ("Neck", "spine"),
    "head": ("Head", "shoulder_center"),
    **{
        f"{joint}_{side}": (
            f"{side.title()}{name}",
            above if above in ("shoulder_center", "hip_center") else f"{above}_{side}",
        )
        for side in ("left", "right")
        for joint, name, above in (
            ("shoulder", "Arm", "shoulder_center"),
            ("elbow", "ForeArm", "shoulder"),
            ("wrist", "Hand", "elbow"),
            ("hip", "UpLeg", "hip_center"),
            ("knee", "Leg", "hip"),
            ("ankle", "Foot", "knee"),
            ("foot", "ToeBase", "ankle"),
        )
    },
}


@dataclass(frozen=True)
class HungMotion:
    """A person who moves, as files of skeletons store it.

    Attributes:
        joints: (T, V, 3) in the world.
        names: V names of Mixamo.
        parents: index of the joint above, before each joint; -1 for the root.
        turns: (T, V, 3) degrees about z, x and y by which each joint turns those below it.
        local: (T, V, 3) of each joint in the frame of the one above.
        columns: index of each joint in ntu-25.
    """

    joints: np.ndarray
    names: list[str]
    parents: list[int]
    turns: np.ndarray
    local: np.ndarray
    columns: list[int]


@pytest.fixture(scope="session")
def hung_motion() -> HungMotion:
    """A synthetic kick whose joints also turn at random: only right forward kinematics give the positions back."""
    sequence = generate_sequence("kick sideways with the right leg", seed=3, frames=20)
    order = list(MIXAMO)
    columns = sequence.layout.indices(order)
    parents = [-1 if above is None else order.index(above) for _, above in MIXAMO.values()]
    joints = sequence.joints[0][:, columns].astype(float)
    turns = np.random.default_rng(0).uniform(-90, 90, size=joints.shape)
    local, frames = np.zeros_like(joints), []
    for index, above in enumerate(parents):
        frame = np.broadcast_to(np.eye(3), (20, 3, 3)) if above < 0 else frames[above]
        start = 0 if above < 0 else joints[:, above]
        local[:, index] = np.einsum("tji,tj->ti", frame, joints[:, index] - start)
        frames.append(frame @ Rotation.from_euler("ZXY", turns[:, index], degrees=True).as_matrix())
    return HungMotion(joints, [name for name, _ in MIXAMO.values()], parents, turns, local, list(columns))

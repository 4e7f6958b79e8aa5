"""Motion with markers at known landmarks of the body, named as the common marker sets name them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from zeroskel.datasets.synthetic import generate_sequence

SIDES = (("left", "L", -1.0), ("right", "R", 1.0))

# set -> landmark -> name; "#" is L or R
MARKER_SETS = {
    "plug-in gait": {
        "asis": "#ASI", "psis": "#PSI", "knee_out": "#KNE", "ankle_out": "#ANK", "heel": "#HEE", "toe": "#TOE",
        "shoulder": "#SHO", "elbow_out": "#ELB", "wrist_a": "#WRA", "wrist_b": "#WRB", "finger": "#FIN",
        "head_front": "#FHD", "head_back": "#BHD", "c7": "C7", "clavicle": "CLAV", "t10": "T10", "sternum": "STRN",
        "thigh": "#THI", "shank": "#TIB", "back": "RBAK",
    },
    "cmu": {
        "asis": "#FWT", "psis": "#BWT", "knee_out": "#KNE", "ankle_out": "#ANK", "heel": "#HEE", "toe": "#TOE",
        "shoulder": "#SHO", "elbow_out": "#ELB", "wrist_a": "#WRA", "wrist_b": "#WRB", "finger": "#FIN",
        "head_front": "#FHD", "head_back": "#BHD", "c7": "C7", "clavicle": "CLAV", "t10": "T10", "sternum": "STRN",
        "thigh": "#THI", "shank": "#SHN", "back": "RBAC",
    },
    "helen hayes": {
        "asis": "#.ASIS", "sacrum": "V.Sacral", "knee_out": "#.Knee", "ankle_out": "#.Ankle", "heel": "#.Heel",
        "toe": "#.Toe", "shoulder": "#.Shoulder", "elbow_out": "#.Elbow", "wrist": "#.Wrist", "top": "Top.Head",
        "front": "Front.Head", "rear": "Rear.Head", "knee_in": "#.Knee.Medial", "ankle_in": "#.Ankle.Medial",
        "thigh": "#.Thigh", "shank": "#.Shank", "back": "R.Offset",
    },
    "gait2392": {
        "asis": "#.ASIS", "sacrum": "V.Sacral", "knee_out": "#.Knee.Lat", "knee_in": "#.Knee.Med", "toe": "#.Toe.Tip",
        "ankle_out": "#.Ankle.Lat", "ankle_in": "#.Ankle.Med", "heel": "#.Heel", "shoulder": "#.Acromium",
        "elbow_out": "#.Elbow", "wrist_b": "#.Wrist.Med", "wrist_a": "#.Wrist.Lat", "temple": "#.Temple",
        "top": "Top.Head", "sternum": "Sternum",
    },
    "rajagopal": {
        "asis": "#ASI", "psis": "#PSI", "knee_out": "#LFC", "knee_in": "#MFC", "ankle_out": "#LMAL",
        "ankle_in": "#MMAL", "heel": "#CAL", "toe": "#TOE", "foot_out": "#MT5", "shoulder": "#ACR",
        "elbow_out": "#LEL", "elbow_in": "#MEL", "wrist_a": "#FAradius", "wrist_b": "#FAulna", "c7": "C7",
        "clavicle": "CLAV",
    },
    "opencap": {
        "asis": "#.ASIS_study", "psis": "#.PSIS_study", "hip": "#HJC_study", "knee_out": "#_knee_study",
        "knee_in": "#_mknee_study", "ankle_out": "#_ankle_study", "ankle_in": "#_mankle_study",
        "toe": "#_toe_study", "foot_out": "#_5meta_study", "heel": "#_calc_study", "shoulder": "#_shoulder_study",
        "elbow_out": "#_lelbow_study", "elbow_in": "#_melbow_study", "wrist_a": "#_lwrist_study",
        "wrist_b": "#_mwrist_study", "c7": "C7_study", "thigh": "#_thigh1_study", "shank": "#_sh1_study",
        "nose": "Nose",
    },
    "ior": {
        "asis": "#IAS", "psis": "#IPS", "knee_out": "#FLE", "knee_in": "#FME", "ankle_out": "#FAL",
        "ankle_in": "#TAM", "heel": "#FCC", "toe": "#FM2", "shoulder": "#CAJ", "elbow_out": "#HLE",
        "elbow_in": "#HME", "wrist_a": "#RSP", "wrist_b": "#USP", "c7": "CV7", "clavicle": "SJN", "sternum": "SXS",
        "hand_in": "#HM2", "hand_out": "#HM5", "temple": "#HGT", "t10": "TV10",
    },
    "qualisys sports": {
        "asis": "Waist#Front", "sacrum": "WaistBack", "knee_out": "#KneeOut", "knee_in": "#KneeIn",
        "ankle_out": "#AnkleOut", "ankle_in": "#AnkleIn", "heel": "#HeelBack", "toe": "#Forefoot2",
        "shoulder": "#ShoulderTop", "elbow_out": "#ElbowOut", "elbow_in": "#ElbowIn", "wrist_a": "#WristOut",
        "wrist_b": "#WristIn", "hand_in": "#HandIn", "hand_out": "#HandOut", "temple": "Head#", "front": "HeadFront",
        "sternum": "Chest", "t10": "SpineThoracic12", "c7": "SpineThoracic2",
    },
    "optitrack": {
        "asis": "Waist#Front", "psis": "Waist#Back", "knee_out": "#KneeOut", "knee_in": "#KneeIn",
        "ankle_out": "#AnkleOut", "ankle_in": "#AnkleIn", "heel": "#Heel", "foot_in": "#ToeIn", "foot_out": "#ToeOut",
        "shoulder": "#ShoulderTop", "elbow_out": "#ElbowOut", "elbow_in": "#ElbowIn", "wrist_a": "#WristOut",
        "wrist_b": "#WristIn", "hand_in": "#HandIn", "hand_out": "#HandOut", "top": "HeadTop", "front": "HeadFront",
        "side": "HeadSide", "sternum": "Chest", "c7": "BackTop",
    },
    "visual3d": {
        "asis": "#ASIS", "psis": "#PSIS", "knee_out": "#KL", "knee_in": "#KM", "ankle_out": "#AL", "ankle_in": "#AM",
        "heel": "#H", "foot_in": "#FM", "foot_out": "#FL", "shoulder": "#AC", "elbow_out": "#ElbLat",
        "elbow_in": "#ElbMed", "wrist_a": "#WristRad", "wrist_b": "#WristUln", "temple": "#HD",
    },
    "bts": {
        "asis": "# asis", "sacrum": "sacrum", "knee_out": "# knee 1", "ankle_out": "# mall", "heel": "# heel",
        "toe": "# met", "shoulder": "# should", "elbow_out": "# elbow", "wrist": "# wrist", "c7": "c7",
        "front": "forehead", "thigh": "# bar 1",
    },
    "human body model": {
        "asis": "#ASIS", "psis": "#PSIS", "hip": "#GTRO", "knee_out": "#LEK", "knee_in": "#MEK", "ankle_out": "#LM",
        "ankle_in": "#MM", "heel": "#HEE", "toe": "#TOE", "foot_out": "#MT5", "clavicle": "JN", "sternum": "XIPH",
        "t10": "T10", "c7": "C7", "shoulder": "#SHO", "elbow_out": "#LEE", "elbow_in": "#MEE", "wrist_a": "#LW",
        "wrist_b": "#MW", "finger": "#FIN", "front": "FHEAD", "temple": "#HEAD", "top": "THEAD",
    },
    "optitrack biomech": {
        "asis": "#IAS", "psis": "#IPS", "knee_out": "#FLE", "knee_in": "#FME", "ankle_out": "#FAL",
        "ankle_in": "#TAM", "heel": "#FCC", "toe": "#FM2", "shoulder": "#CAJ", "elbow_out": "#HLE",
        "elbow_in": "#HME", "wrist_a": "#RSP", "wrist_b": "#USP", "c7": "CV7", "clavicle": "SME", "sternum": "SXS",
        "finger": "#HM2", "head_front": "#AH", "head_back": "#PH",
    },
    "kit": {
        "asis": "#ASI", "psis": "#PSI", "knee_out": "#KNE", "ankle_out": "#ANK", "heel": "#HEE", "toe": "#TOE",
        "shoulder": "#SHO", "elbow_out": "#AEL", "elbow_in": "#AOL", "wrist_a": "#WTS", "wrist_b": "#WPS",
        "hand_in": "#HTS", "hand_out": "#HPS", "head_front": "#FHD", "head_back": "#BHD", "c7": "C7",
        "clavicle": "CLAV", "t10": "T10", "sternum": "STRN", "thigh": "#THI", "foot_out": "#MT5",
    },
    "epicondyles": {
        "asis": "#ASI", "sacrum": "SACR", "knee_out": "#LEPI", "knee_in": "#MEPI", "ankle_out": "#LMAL",
        "ankle_in": "#MMAL", "heel": "#HEEL", "toe": "#TOE", "foot_out": "#P5MT", "shoulder": "#SH",
        "elbow_out": "#ELB", "wrist": "#WR", "c7": "C7", "top": "Top.Head",
    },
    "xsens": {
        "asis": "p%ASI", "sacrum": "pSacrum", "knee_out": "p%KneeLatEpicondyle", "knee_in": "p%KneeMedEpicondyle",
        "ankle_out": "p%LatMalleolus", "ankle_in": "p%MedMalleolus", "heel": "p%HeelFoot", "toe": "p%Toe",
        "shoulder": "p%Acromion", "elbow_out": "p%ArmLatEpicondyle", "elbow_in": "p%ArmMedEpicondyle",
        "wrist_a": "p%RadialStyloid", "wrist_b": "p%UlnarStyloid", "c7": "pC7SpinalProcess", "top": "pTopOfHead",
    },
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class MarkerTrial:
    """Markers of one motion.

    Attributes:
        names: P names of markers.
        positions: (T, P, 3) metres, y up.
        joints: joint -> its true position (T, 3).
    """

    names: tuple[str, ...]
    positions: np.ndarray
    joints: dict[str, np.ndarray]


@pytest.fixture(params=list(MARKER_SETS))
def marker_set(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def marker_trial() -> Callable[..., MarkerTrial]:
    """Return a function that puts the markers of a set on a synthetic motion."""

    def make(marker_set: str, action: str = "squat", frames: int = 20, seed: int = 1) -> MarkerTrial:
        sequence = generate_sequence(action, seed, frames=frames)
        joints = {
            joint: _filled(sequence.joints[0, :, index].astype(float))
            for index, joint in enumerate(sequence.layout.joints)
        }
        markers: dict[str, np.ndarray] = {}
        landmarks = _landmarks(joints)
        for landmark, name in MARKER_SETS[marker_set].items():
            if "#" not in name and "%" not in name:
                markers[name] = landmarks[landmark]
                continue
            for side, letter, _ in SIDES:
                markers[name.replace("#", letter).replace("%", side.title())] = landmarks[f"{landmark}_{side}"]
        return MarkerTrial(tuple(markers), np.stack(list(markers.values()), axis=1), joints)

    return make


def _filled(position: np.ndarray) -> np.ndarray:
    """Return positions (T, 3) whose gaps are interpolated."""
    frames, seen = np.arange(len(position)), ~np.isnan(position[:, 0])
    return np.stack([np.interp(frames, frames[seen], axis[seen]) for axis in position.T], axis=1)


def _landmarks(joints: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return landmark -> (T, 3), around the true joints."""
    across = joints["hip_right"] - joints["hip_left"]
    width = np.linalg.norm(across, axis=-1, keepdims=True) / 0.72  # Bell: the hips lie 0.14 inside of the ASIS
    across = across / np.linalg.norm(across, axis=-1, keepdims=True)
    forward = np.cross([0.0, 1.0, 0.0], across)
    forward = forward - (forward * across).sum(axis=-1, keepdims=True) * across
    forward = forward / np.linalg.norm(forward, axis=-1, keepdims=True)
    middle = (joints["hip_left"] + joints["hip_right"]) / 2
    pelvis = middle + width * (0.22 * forward + 0.30 * np.cross(across, forward))
    head, chest = joints["head"], (joints["shoulder_left"] + joints["shoulder_right"]) / 2
    landmarks = {
        "sacrum": pelvis - 0.18 * forward,
        "c7": chest - 0.06 * forward,
        "clavicle": chest + 0.06 * forward,
        "t10": joints["spine"] - 0.1 * forward,
        "sternum": joints["spine"] + 0.1 * forward,
        "back": joints["spine"] + 0.1 * across,
        "top": head,
        "front": head + 0.09 * forward,
        "rear": head - 0.09 * forward,
        "side": head,
        "nose": head + 0.1 * forward,
    }
    for side, _, sign in SIDES:
        outward = sign * across

        def add(landmark: str, joint: np.ndarray, offset: np.ndarray, side: str = side) -> None:
            landmarks[f"{landmark}_{side}"] = joint + offset

        add("asis", pelvis, 0.5 * width * outward)
        add("psis", pelvis, 0.2 * width * outward - 0.18 * forward)
        for joint in ("knee", "ankle", "elbow"):
            add(f"{joint}_out", joints[f"{joint}_{side}"], 0.04 * outward)
            add(f"{joint}_in", joints[f"{joint}_{side}"], -0.04 * outward)
        add("hip", joints[f"hip_{side}"], 0 * outward)
        add("shoulder", joints[f"shoulder_{side}"], 0 * outward)
        add("wrist", joints[f"wrist_{side}"], 0 * outward)
        add("wrist_a", joints[f"wrist_{side}"], 0.03 * forward)
        add("wrist_b", joints[f"wrist_{side}"], -0.03 * forward)
        add("hand_in", joints[f"hand_{side}"], 0.03 * forward)
        add("hand_out", joints[f"hand_{side}"], -0.03 * forward)
        add("finger", joints[f"hand_{side}"], 0 * forward)
        add("toe", joints[f"foot_{side}"], 0 * forward)
        add("foot_in", joints[f"foot_{side}"], -0.03 * outward)
        add("foot_out", joints[f"foot_{side}"], 0.03 * outward)
        add("heel", joints[f"ankle_{side}"], -0.05 * forward)
        add("thigh", (joints[f"hip_{side}"] + joints[f"knee_{side}"]) / 2, 0.06 * outward)
        add("shank", (joints[f"ankle_{side}"] + joints[f"knee_{side}"]) / 2, 0.06 * outward)
        add("head_front", head, 0.08 * forward + 0.07 * outward)
        add("head_back", head, -0.08 * forward + 0.07 * outward)
        add("temple", head, 0.08 * outward)
    return landmarks

"""Axes and units of people: turned and scaled where it is beyond doubt, and lying people stay lying."""

import json
import time
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import SkeletonFormatError, get_layout
from zeroskel.datasets.synthetic import action_names, generate_sequence
from zeroskel.skeleton.formats import read
from zeroskel.skeleton.inference._axes import TURNS, upright

FILE = Path("clip.csv")
NTU = get_layout("ntu-25")
UNITS = {"m": 1.0, "cm": 100.0, "mm": 1000.0, "inch": 1 / 0.0254, "dm": 10.0}

STANDING = {  # action -> seed of a person
    "squat": 0,
    "wave both hands": 1,
    "walk in place": 2,
    "sit down": 3,
    "touch the toes with both hands": 5,
}


def stored(joints: np.ndarray, up: str, unit: str = "m") -> np.ndarray:
    """Joints in metres, y up, as a file stores them with that axis and unit."""
    turn = TURNS[up] if joints.shape[-1] == 3 else TURNS[up][:2, :2]
    return (joints @ turn * UNITS.get(unit, 1.0)).astype(np.float32)


@pytest.mark.parametrize("up", ["y", "-y", "z", "-z"])
@pytest.mark.parametrize("unit", list(UNITS))
def test_a_standing_person_is_turned_and_scaled(up: str, unit: str) -> None:
    for action, seed in STANDING.items():
        joints = generate_sequence(action, seed).joints
        result = upright(stored(joints, up, unit), NTU, None, None, FILE)
        assert (result.up, result.unit, result.inferred) == (up, unit, ("unit", "up"))
        np.testing.assert_allclose(result.joints, joints, atol=1e-4)


@pytest.mark.slow("every synthetic action in every direction")
@pytest.mark.parametrize("up", ["y", "-y", "z", "-z"])
def test_every_synthetic_action_is_turned(up: str) -> None:
    wrong = [
        action
        for seed, action in enumerate(action_names())
        if not action.startswith("turn the head")  # hardly moves: may lie as well as stand
        and upright(stored(generate_sequence(action, seed).joints, up, "mm"), NTU, None, None, FILE).up != up
    ]
    assert not wrong


def test_what_is_stated_is_obeyed() -> None:
    joints = generate_sequence("squat", 0).joints
    result = upright(joints, NTU, "z", "cm", FILE)
    assert (result.up, result.unit, result.inferred) == ("z", "cm", ())
    np.testing.assert_allclose(result.joints, joints @ TURNS["z"].T * 0.01, atol=1e-6)


@pytest.mark.parametrize("factor", [0.15, 4.0, 1e5])
def test_people_of_no_possible_size_are_asked_about(factor: float) -> None:
    with pytest.raises(SkeletonFormatError, match=r"clip\.csv: found people about .* expected .*--unit"):
        upright(generate_sequence("squat", 0).joints * factor, NTU, None, None, FILE)


def test_a_declared_unit_is_corrected_where_it_makes_giants() -> None:
    joints = generate_sequence("squat", 0).joints
    result = upright(joints * 1000, NTU, "y", None, FILE, declared_unit="m")
    assert result.unit == "mm" and "the file says m" in result.notes[0]
    np.testing.assert_allclose(result.joints, joints, atol=1e-4)
    assert upright(joints, NTU, "y", None, FILE, declared_unit="m").inferred == ()


def turned(vector: np.ndarray, angle: float) -> np.ndarray:
    """Vectors (3,) turned about z, which is across the body of `lying_person`: from the head's side up."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([cosine * vector[0] - sine * vector[1], sine * vector[0] + cosine * vector[1], vector[2]])


def lying_person(exercise: str, heading: float, seed: int = 0, frames: int = 90) -> np.ndarray:
    """A person on the back on the floor, (1, frames, 25, 3) metres, y up, the head towards an angle from x to -z."""
    joints = np.zeros((frames, 25, 3))
    index = {name: NTU.index(name) for name in NTU.joints}
    for frame, phase in enumerate((1 - np.cos(np.linspace(0, 6 * np.pi, frames))) / 2):
        trunk = np.deg2rad(85) * phase if exercise == "sit-ups" else 0.0
        leg = {"leg raises": 1.5 * phase, "knees to the chest": 1.5 * phase, "sit-ups": 0.6}.get(exercise, 0.0)
        knee = {"knees to the chest": 1.8 * phase, "sit-ups": 0.9}.get(exercise, 0.0)
        arm = {"sit-ups": 3.0, "arm raises": 1.5 * phase}.get(exercise, 0.0)
        hips = np.array([0.0, 0.1, 0.0])
        for name, length in {
            "hip_center": 0,
            "spine": 0.25,
            "shoulder_center": 0.48,
            "neck": 0.55,
            "head": 0.68,
        }.items():
            joints[frame, index[name]] = hips + turned(np.array([length, 0.0, 0.0]), trunk)
        for side, across in (("left", -1.0), ("right", 1.0)):
            chain = {f"hip_{side}": hips + np.array([0, 0, 0.09 * across])}
            chain[f"knee_{side}"] = chain[f"hip_{side}"] + turned(np.array([-0.42, 0, 0]), -leg)
            chain[f"ankle_{side}"] = chain[f"knee_{side}"] + turned(np.array([-0.4, 0, 0]), knee - leg)
            chain[f"foot_{side}"] = chain[f"ankle_{side}"] + turned(np.array([0, 0.15, 0]), knee - leg)
            chain[f"shoulder_{side}"] = hips + turned(np.array([0.45, 0, 0.18 * across]), trunk)
            chain[f"elbow_{side}"] = chain[f"shoulder_{side}"] + turned(np.array([-0.28, 0, 0.02]), trunk - arm)
            forearm = turned(np.array([-0.25, 0.0, 0.0]), trunk - arm)
            for name, part in {"wrist": 1.0, "hand": 1.3, "thumb": 1.3, "hand_tip": 1.5}.items():
                chain[f"{name}_{side}"] = chain[f"elbow_{side}"] + part * forearm
            for name, position in chain.items():
                joints[frame, index[name]] = position
    cosine, sine = np.cos(heading), np.sin(heading)
    joints = joints @ np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]]).T + [0.5, -0.8, 2.5]
    return (joints + np.random.default_rng(seed).normal(0, 0.005, joints.shape))[None].astype(np.float32)


@pytest.mark.parametrize("exercise", ["sleeping", "sit-ups", "leg raises", "knees to the chest"])
@pytest.mark.parametrize("heading", [0, 30, 60, 80, 90, 100, 135, 180, 225, 265, 270, 300])
def test_a_lying_person_stays_lying(exercise: str, heading: float) -> None:
    joints = lying_person(exercise, np.deg2rad(heading))
    result = upright(stored(joints, "y", "cm"), NTU, None, None, FILE)
    assert (result.up, result.unit) == ("y", "cm")
    np.testing.assert_allclose(result.joints, joints, atol=1e-4)
    assert exercise == "sit-ups" or result.notes[0].endswith("--up decides")


@pytest.mark.parametrize("exercise", ["sit-ups", "leg raises", "knees to the chest", "arm raises"])
@pytest.mark.parametrize("heading", [0, 30, 135, 180])
def test_a_lying_person_whose_y_points_down_is_turned(exercise: str, heading: float) -> None:
    joints = lying_person(exercise, np.deg2rad(heading))
    assert upright(stored(joints, "-y"), NTU, None, None, FILE).up == "-y"
    assert upright(stored(joints[..., :2], "-y"), NTU, None, None, FILE).up == "-y"
    assert upright(joints[..., :2], NTU, None, None, FILE).up == "y"


@pytest.mark.parametrize("up", ["y", "-y", "z", "-z"])
@pytest.mark.parametrize("heading", [0, 45, 90, 200])
def test_a_person_who_lies_down_shows_the_floor(up: str, heading: float) -> None:
    standing = generate_sequence("wave both hands", 0, frames=40).joints
    standing = standing - standing[:, :1, [NTU.index("hip_center")]] + np.float32([0.5, 0.05, 2.5])
    joints = np.concatenate([standing, lying_person("sleeping", np.deg2rad(heading))], axis=1)
    for centre in (np.zeros(3, np.float32), joints[:, :, [NTU.index("hip_center")]]):
        assert upright(stored(joints - centre, up), NTU, None, None, FILE).up == up


@pytest.mark.parametrize("up", ["y", "-y"])
def test_image_coordinates_are_told_from_their_people(up: str) -> None:
    joints = 300 * generate_sequence("jumping jacks", 3).joints[..., :2] + np.float32([320, 240])
    joints = joints if up == "y" else np.float32([0, 480]) + np.float32([1, -1]) * joints
    result = upright(joints, NTU, None, None, FILE)
    assert (result.up, result.unit, result.joints.shape[-1]) == (up, "pixel", 2)
    head, foot = result.joints[0, 0, [NTU.index("head"), NTU.index("foot_left")], 1]
    assert head > foot


def test_a_handstand_of_a_moment_turns_nothing() -> None:
    joints = generate_sequence("walk in place", 0, frames=100).joints.copy()
    joints[:, 40:55, :, 1] *= -1
    for channels in (2, 3):
        assert upright(joints[..., :channels], NTU, None, None, FILE).up == "y"


@pytest.mark.parametrize("height", [1.0, 480.0, 2160.0])
def test_points_of_a_picture_lose_their_depth(height: float) -> None:
    joints = generate_sequence("squat", 0).joints
    picture = height * (joints * 0.3 * np.float32([1, -1, 1]) + 0.5)
    picture[..., 2] -= picture[:, :, [NTU.index("hip_center")], 2]
    result = upright(picture, NTU, None, None, FILE)
    assert (result.up, result.unit, result.joints.shape[-1]) == ("-y", "pixel", 2)
    flat = joints.copy()
    flat[..., 2] = 0
    assert upright(flat, NTU, None, None, FILE).joints.shape[-1] == 2


@pytest.mark.parametrize("joints", [np.full((1, 5, 25, 3), np.nan), np.zeros((1, 1, 25, 3)), np.ones((2, 5, 25, 2))])
def test_nothing_to_see_changes_nothing(joints: np.ndarray) -> None:
    result = upright(joints, NTU, "y", None, FILE)
    np.testing.assert_array_equal(result.joints, joints[..., : result.joints.shape[-1]].astype(np.float32))


def test_numbers_that_are_no_body_are_not_turned() -> None:
    results = [
        upright(np.random.default_rng(seed).normal(size=(1, 30, 25, 3)), NTU, None, None, FILE) for seed in range(20)
    ]
    assert {(result.up, result.unit) for result in results} == {("y", "m")}
    assert "no body" in results[0].notes[0]


def test_ten_minutes_are_looked_at_in_no_time() -> None:
    joints = np.tile(generate_sequence("squat", 0, frames=100).joints, (4, 180, 1, 1))
    started = time.perf_counter()
    upright(stored(joints, "z", "mm"), NTU, None, None, FILE)
    assert time.perf_counter() - started < 3.0


@pytest.mark.parametrize("up", ["z", "-z"])
def test_a_person_who_does_not_move_along_z_is_in_doubt(up: str) -> None:
    joints = np.repeat(generate_sequence("squat", 0).joints[:, :1], 30, axis=1)
    result = upright(stored(joints, up), NTU, None, None, FILE)
    assert result.up == "y" and "--up decides" in result.notes[0]
    assert upright(stored(joints, "-y"), NTU, None, None, FILE).up == "-y"


@pytest.mark.parametrize("up", ["y", "-y", "z", "-z"])
def test_a_body_without_legs_is_enough(up: str) -> None:
    joints = generate_sequence("wave both hands", 1).joints.copy()
    joints[:, :, [NTU.index(f"{name}_{side}") for name in ("knee", "ankle", "foot") for side in ("left", "right")]] = (
        np.nan
    )
    result = upright(stored(joints, up, "mm"), NTU, None, None, FILE)
    assert (result.up, result.unit) == (up, "mm")


def test_files_say_how_they_were_read(tmp_path: Path) -> None:
    truth = generate_sequence("squat", 0)
    content = json.dumps({"layout": "ntu-25", "fps": 30, "joints": stored(truth.joints[0], "z", "mm").tolist()})
    (tmp_path / "clip.json").write_text(content)
    sequence = read(tmp_path / "clip.json")
    np.testing.assert_allclose(sequence.joints, truth.joints, atol=1e-4)
    assert "z up turned to y (inferred), millimetres turned to metres (inferred)" in str(sequence.reading)
    lying = read(tmp_path / "clip.json", up="y", unit="mm")
    np.testing.assert_allclose(lying.joints, stored(truth.joints, "z"), atol=1e-4)
    assert not {"up", "unit"} & set(lying.reading.inferred)


def person_in_push_ups(frames: int = 90) -> np.ndarray:
    """A person who does push-ups, (1, frames, 25, 3) metres, y up, the head towards z."""
    joints = np.full((frames, 25, 3), np.nan)
    for frame, phase in enumerate((1 - np.cos(np.linspace(0, 6 * np.pi, frames))) / 2):
        tilt = np.deg2rad(5 + 15 * phase)  # of the body, about the toes
        along = np.array([0.0, np.sin(tilt), np.cos(tilt)])
        spine = {"hip_center": 0.85, "spine": 1.1, "shoulder_center": 1.32, "neck": 1.4, "head": 1.53}
        body = {name: length * along for name, length in spine.items()}
        for side, across in (("left", 1.0), ("right", -1.0)):
            legs = {"foot": -0.02, "ankle": 0.08, "knee": 0.46, "hip": 0.85, "shoulder": 1.3}
            for name, length in legs.items():
                body[f"{name}_{side}"] = length * along + [(0.18 if name == "shoulder" else 0.09) * across, 0.03, 0]
            shoulder, wrist = body[f"shoulder_{side}"], np.array([0.2 * across, 0.02, 1.25])
            arm = wrist - shoulder
            bend = np.sqrt(max(0.27**2 - arm @ arm / 4, 0.0))
            back = np.cross(arm, [1, 0, 0]) / np.linalg.norm(np.cross(arm, [1, 0, 0]))
            body[f"elbow_{side}"] = shoulder + arm / 2 + bend * back
            body |= {
                f"{name}_{side}": wrist + np.array([0, 0, length]) for name, length in (("wrist", 0), ("hand", 0.08))
            }
        for name, position in body.items():
            joints[frame, NTU.index(name)] = position
    return (joints + np.random.default_rng(0).normal(0, 0.005, joints.shape))[None].astype(np.float32)


@pytest.mark.parametrize("up", ["y", "-y", "z", "-z"])
def test_push_ups_show_the_floor(up: str) -> None:
    joints = person_in_push_ups()
    for centre in (np.float32([0.3, 0.8, -2]), joints[:, :, [NTU.index("hip_center")]]):
        result = upright(stored(joints - centre, up), NTU, None, None, FILE)
        assert (result.up, result.notes) == (up, ())

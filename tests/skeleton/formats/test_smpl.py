"""Facts of SMPL rotations; the files are written here as AMASS, AIST++ and SMPL-X tools write them."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from zeroskel.core import SkeletonFormatError
from zeroskel.skeleton.formats import FORMATS, _npz, _smpl, read

FILE = Path("clip.npz")
JOINTS = (
    "pelvis left_hip right_hip spine1 left_knee right_knee spine2 left_ankle right_ankle spine3 left_foot right_foot "
    "neck left_collar right_collar head left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist"
).split()


def poses(frames: int = 1, joints: int = 52, **turned) -> np.ndarray:
    """Return (T, 3 times the joints) rotations of 0, but for the joints that are given as degrees about x, y, z."""
    vectors = np.zeros((frames, joints, 3))
    for name, degrees in turned.items():
        vectors[:, JOINTS.index(name)] = Rotation.from_euler("xyz", degrees, degrees=True).as_rotvec()
    return vectors.reshape(frames, -1)


def amass(rotations: np.ndarray, **more) -> dict[str, np.ndarray]:
    return {
        "trans": np.zeros((len(rotations), 3)),
        "gender": np.array("female"),
        "mocap_framerate": np.array(120.0),
        "betas": np.ones(16),
        "dmpls": np.zeros((len(rotations), 8)),
        "poses": rotations,
        **more,
    }


def joints_of(arrays: dict) -> dict[str, np.ndarray]:
    coordinates = _smpl.points_of(arrays, FILE).coordinates
    return dict(zip(JOINTS, coordinates[0, -1].astype(float), strict=True))


def test_the_rest_pose_is_an_average_adult_with_the_arms_out() -> None:
    joint = joints_of(amass(poses()))
    assert joint["pelvis"].tolist() == [0, 0, 0]
    assert 1.35 < joint["head"][1] - joint["left_foot"][1] < 1.65  # the skull's base of someone of 1.7 m
    for side, sign in (("left", 1), ("right", -1)):
        heights = [joint[f"{side}_{part}"][1] for part in ("shoulder", "elbow", "wrist")]
        np.testing.assert_allclose(heights, heights[0])
        assert joint[f"{side}_wrist"][0] * sign > 0.6 and joint[f"{side}_hip"][0] * sign > 0.05
        assert joint[f"{side}_foot"][2] > joint[f"{side}_ankle"][2]  # toes point ahead, along z


def test_rotations_move_what_hangs_below_a_joint() -> None:
    rest = joints_of(amass(poses()))
    bent = joints_of(amass(poses(left_elbow=(0, -90, 0))))  # the forearm points ahead
    np.testing.assert_allclose(bent["left_wrist"] - bent["left_elbow"], [0, 0, 0.25], atol=1e-6)
    moved = [name for name in JOINTS if not np.allclose(rest[name], bent[name])]
    assert moved == ["left_wrist"]
    raised = joints_of(amass(poses(right_hip=(-90, 0, 0), right_knee=(90, 0, 0))))
    np.testing.assert_allclose(raised["right_knee"] - raised["right_hip"], [0, 0, 0.42], atol=1e-6)
    np.testing.assert_allclose(raised["right_ankle"] - raised["right_knee"], [0, -0.42, 0], atol=1e-6)


def test_the_pelvis_turns_and_carries_the_body() -> None:
    rest = joints_of(amass(poses()))
    turned = joints_of(amass(poses(pelvis=(90, 0, 0)), trans=np.array([[1.0, 2.0, 3.0]])))
    turn = Rotation.from_euler("x", 90, degrees=True)  # upright in the world of AMASS, whose z points up
    for name in JOINTS:
        np.testing.assert_allclose(turned[name], turn.apply(rest[name]) + np.array([1, 2, 3]), atol=1e-6)


@pytest.mark.parametrize("joints", [22, 24, 52, 55])
def test_the_bodies_of_all_models_are_the_same(joints: int) -> None:
    bend = dict(left_elbow=(0, -90, 0), spine2=(20, 10, 0))
    expected = joints_of(amass(poses(**bend)))
    for name, value in joints_of(amass(poses(joints=joints, **bend))).items():
        np.testing.assert_allclose(value, expected[name])


def test_rotations_in_parts_or_as_matrices_are_the_same() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(5, 22, 3))
    matrices = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix().reshape(5, 22, 3, 3)
    expected = _smpl.points_of(amass(vectors.reshape(5, -1)), FILE).coordinates
    for arrays in (
        {"root_orient": vectors[:, 0], "pose_body": vectors[:, 1:].reshape(5, -1), "pose_hand": np.zeros((5, 90))},
        {"global_orient": vectors[:, :1], "body_pose": vectors[:, 1:], "transl": np.zeros((5, 3))},
        {"global_orient": matrices[:, :1], "body_pose": matrices[:, 1:]},
        {"global_orient": matrices[:, 0], "body_pose": matrices[:, 1:]},
        amass(matrices),
        amass(vectors),
    ):
        assert _smpl.has_rotations(arrays)
        np.testing.assert_allclose(_smpl.points_of(arrays, FILE).coordinates, expected, atol=1e-6)


def test_what_the_file_tells_is_stated() -> None:
    points = _smpl.points_of(amass(poses()), FILE)
    assert (points.layout, points.fps, points.unit, points.up) == ("smpl-22", 120, "m", "z")
    assert points.notes == ("bones of an average person, as the file has only rotations",)
    arrays = amass(poses())
    del arrays["mocap_framerate"]
    assert _smpl.points_of(arrays, FILE).fps is None
    del arrays["dmpls"]
    assert _smpl.points_of(arrays, FILE).up is None  # other sources have y up, or that of a camera
    assert _smpl.points_of({**arrays, "mocap_frame_rate": np.array([30])}, FILE).fps == 30


@pytest.mark.filterwarnings("ignore")
def test_an_npz_of_amass_is_read(tmp_path: Path) -> None:
    path = tmp_path / "clip_stageii.npz"
    arrays = amass(poses(3, pelvis=(90, 0, 0)), markers_latent_vids=np.array({"C7": 3}, dtype=object))
    np.savez(path, **arrays)  # with pickled objects, as in AMASS for SMPL-X
    points = _npz.parse(path.read_bytes(), path)
    assert points.format == "SMPL rotations" and points.coordinates.shape == (1, 3, 22, 3)
    np.savez(path, markers=np.array({}, dtype=object))
    with pytest.raises(SkeletonFormatError, match="pickled Python objects"):
        read(path)


@pytest.mark.parametrize("source", ["AMASS", "another"])
def test_a_person_stands_whichever_axis_points_up(source: str, tmp_path: Path) -> None:
    path = tmp_path / "wave_poses.npz"
    rotations = poses(60, pelvis=(90, 0, 0)).reshape(60, -1, 3)
    rotations[:, JOINTS.index("right_shoulder"), 2] = np.linspace(0, 1.2, 60)
    arrays = amass(rotations.reshape(60, -1), trans=np.tile([0, 0, 0.95], (60, 1)))
    if source != "AMASS":
        del arrays["dmpls"]
    np.savez(path, **arrays)
    sequence = read(path)
    assert (sequence.reading.up, sequence.layout.name, sequence.fps) == ("z", "smpl-22", 120)
    height = dict(zip(sequence.layout.joints, sequence.joints[0, 0, :, 1], strict=True))
    assert height["head"] > 1.4 and height["ankle_left"] < 0.1


def test_a_pickle_of_aist_is_read(tmp_path: Path) -> None:
    path = tmp_path / "gBR_sBM_cAll_d04_mBR0_ch01.pkl"
    content = {"smpl_loss": 0.5, "smpl_poses": poses(4, joints=24), "smpl_trans": np.full((4, 3), 90.0)}
    path.write_bytes(pickle.dumps({**content, "smpl_scaling": np.array([90.0])}))
    assert [name for name, known in FORMATS.items() if known.looks_like(path.read_bytes())] == ["SMPL pickle"]
    points = FORMATS["SMPL pickle"].parse(path.read_bytes(), path)
    assert points.coordinates[0, 0, 0].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("change", "actual"),
    [
        ({"poses": np.zeros((2, 60))}, r"poses \(2, 60\); expected rotations of 22 joints or more"),
        ({"poses": np.zeros((2, 65))}, r"array poses: found the shape \(2, 65\)"),
        ({"poses": np.zeros(66)}, r"array poses: found the shape \(66,\)"),
        ({"poses": np.zeros((0, 66))}, r"array poses: found the shape \(0, 66\)"),
        ({"poses": np.full((2, 66), np.nan)}, "array poses: found float64"),
        ({"poses": "none"}, "array poses: found object"),
        ({"trans": np.zeros((3, 3))}, r"array trans: found the shape \(3, 3\)"),
        ({"trans": np.full((2, 3), np.inf)}, "array trans: found float64"),
        ({"trans": np.full((2, 3), 3.4e38), "smpl_scaling": np.array(0.01)}, "joints beyond measure"),
    ],
)
def test_other_arrays_are_refused(change: dict, actual: str) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"clip\.npz.*{actual}"):
        _smpl.points_of({**amass(np.zeros((2, 156))), **change}, FILE)


def test_a_pickle_of_other_things_is_refused(tmp_path: Path) -> None:
    for content in ([1, 2], {"root_orient": np.zeros((2, 3))}):
        with pytest.raises(SkeletonFormatError, match="pose"):
            _smpl.parse(pickle.dumps(content), Path("clip.pkl"))


@pytest.mark.slow("hundreds of spoilt files")
@pytest.mark.parametrize("suffix", [".npz", ".pkl"])
def test_spoilt_files_are_read_or_refused(suffix: str, tmp_path: Path, withstands_mutations) -> None:
    path = tmp_path / f"clip{suffix}"
    arrays = amass(np.random.default_rng(0).normal(size=(2, 66)))
    if suffix == ".npz":
        np.savez(path, **arrays)
    else:
        path.write_bytes(pickle.dumps({name: value for name, value in arrays.items() if name != "gender"}))
    withstands_mutations(f"zeroskel.skeleton.formats.{'_npz' if suffix == '.npz' else '_smpl'}:parse", path)

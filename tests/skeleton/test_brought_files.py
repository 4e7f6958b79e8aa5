"""Files that people bring, as they are in shared/cases: each is read as its table says, and its motion is named."""

import numpy as np
import pytest

from zeroskel import ZeroShotRecognizer, read
from zeroskel.core import SkeletonFormatError
from zeroskel.skeleton.transforms import convert_layout

LIFT = "lift a barbell overhead"
ACTIONS = [LIFT, "bow forward", "squat", "sit down", "wave both hands", "kick a ball", "clap the hands", "run"]
FACTS = ("layout", "up", "unit")
# File of the barbell lift -> layout, axis that points up, unit, and the facts that a person has to state.
LIFTS = {
    "mp_world_csv_ydown/world.csv": ("mediapipe-33", "-y", "m", {}),
    "mp_world_csv_vis/world.csv": ("mediapipe-33", "-y", "m", {}),
    "mp_json_own_ydown/clip.json": ("mediapipe-33", "-y", "m", {}),
    "mp_json_own_yup/clip.json": ("mediapipe-33", "y", "m", {}),
    "mp_mirror/clip.json": ("mediapipe-33", "y", "m", {}),
    "mp_norm_csv/norm.csv": ("mediapipe-33", "-y", "pixel", {}),
    "coco_csv_pixels/keypoints.csv": ("coco-17", "-y", "pixel", {}),
    "coco_csv_yup/k.csv": ("coco-17", "y", "pixel", {}),
    "ros_zup/clip.json": ("mediapipe-33", "z", "m", {}),
    "freemocap_mm_zup/mediapipe_body_3d_xyz.csv": ("mediapipe-33", "z", "mm", {}),
    "freemocap_body_prefix/by_frame.csv": ("mediapipe-33", None, None, {}),
    "mp_x1y1z1v1_csv/coords.csv": ("mediapipe-33", None, None, {}),
    "mp_landmark_0_x/coords.csv": ("mediapipe-33", None, None, {}),
    "mp_long_csv/long.csv": ("mediapipe-33", "-y", "m", {}),
    "mp_json_landmarks/pose.json": ("mediapipe-33", "-y", None, {}),
    "noheader_75/k.csv": ("ntu-25", "y", "m", {}),
    "alphapose/alphapose-results.json": ("coco-17", "-y", "pixel", {}),
    "mmpose/results_clip.json": ("coco-17", "-y", None, {}),
    "openpose": ("body-25", "-y", "pixel", {}),
    "kinetics_skeleton/clip.json": ("coco-18", "-y", "pixel", {}),
    "azure_kinect/output.json": ("azure-kinect-32", "-y", "mm", {}),
    "azure_csv/azure.csv": ("azure-kinect-32", None, None, {}),
    "dlc/clipDLC_resnet50.csv": ("coco-17", "-y", "pixel", {}),
    "kinect2_csv/k.csv": ("ntu-25", "y", "m", {}),
    "kinect2_csv_X_first/k.csv": ("ntu-25", "y", "m", {}),
    "kinect2_csv_dot/k.csv": ("ntu-25", "y", "m", {}),
    "kinect2_csv_mm/k.csv": ("ntu-25", "y", "mm", {}),
    "kinect2_csv_paren/k.csv": ("ntu-25", "y", "m", {}),
    "kinect2_csv_s/k.csv": ("ntu-25", "y", "m", {}),
    "kinect2_17/k.csv": ("ntu-25", "y", "m", {}),
    "kinect2_21/k.csv": ("ntu-25", "y", "m", {}),
    "no_trunk_points/k.csv": ("ntu-25", "y", "m", {}),
    "time_epoch_s/k.csv": ("ntu-25", "y", "m", {}),
    "time_iso/k.csv": ("ntu-25", "y", "m", {}),
    "time_ns/k.csv": ("ntu-25", "y", "m", {}),
    "time_ticks/k.csv": ("ntu-25", "y", "m", {}),
    "time_usec/k.csv": ("ntu-25", "y", "m", {}),
    "semicolon_decimal_comma/k.csv": ("ntu-25", "y", "m", {}),
    "utf16/k.csv": ("ntu-25", "y", "m", {}),
    "pose2sim_trc/clip.trc": (None, None, "m", {}),
    "npy_npz/nice.npz": ("ntu-25", "y", "m", {}),
    "npy_npz/kp3d.npz": ("ntu-25", "y", "m", {"layout": "ntu-25", "fps": 30}),
    "npy_npz/plain.npz": ("ntu-25", "y", "m", {"layout": "ntu-25", "fps": 30}),
    "npy_npz/ntu_npy.npy": ("ntu-25", "y", "m", {"layout": "ntu-25", "fps": 30}),
}
FAMILIES = ("3dsmax_biped", "blender_rigify", "cmu", "mixamo", "poser_daz", "qualisys", "rokoko", "second_life", "smpl")
FAMILIES += ("unreal", "vrm_unity", "xsens_biovision")


@pytest.fixture(scope="module")
def recognizer():
    return ZeroShotRecognizer.load("default")


@pytest.mark.slow("the default bundle, and files of ten seconds")
@pytest.mark.parametrize("name", LIFTS)
def test_a_lift_is_read_and_named_whatever_the_file(name, shared, recognizer):
    layout, up, unit, stated = LIFTS[name]
    sequence = read(shared / "cases" / name, **stated)
    facts = sequence.reading.to_dict()
    for fact, expected in zip(FACTS, (layout, up, unit), strict=True):
        assert expected in (None, facts[fact]), facts["text"]
    assert sequence.bodies == 1
    assert 25 < sequence.fps < 35
    joints = convert_layout(sequence, "ntu-25")
    heights = {
        joint: np.nanmedian(joints.joints[0, :, joints.layout.index(joint), 1])
        for joint in ("head", "shoulder_left", "hip_left", "knee_left", "ankle_left")
    }
    assert list(heights.values()) == sorted(heights.values(), reverse=True), facts["text"]
    if sequence.channels == 3:
        assert 0.9 < heights["head"] - heights["ankle_left"] < 2.1, facts["text"]
    assert recognizer.predict(sequence, ACTIONS).best == LIFT


@pytest.mark.slow("real recordings")
@pytest.mark.parametrize("family", FAMILIES)
def test_a_kick_has_the_same_joints_in_every_family_of_names(family, shared):
    folder = shared / "cases" / "bvh_families"
    expected = convert_layout(read(folder / "mixamo.bvh"), "mocap-21")
    sequence = convert_layout(read(folder / f"{family}.bvh"), "mocap-21")
    main = ("hip_center", "head", "shoulder_left", "elbow_right", "wrist_left", "hip_right", "knee_left", "ankle_right")
    for joint in main:
        index = expected.layout.index(joint)
        difference = np.abs(sequence.joints[:, :, index] - expected.joints[:, :, index]).max()
        assert difference < 0.02, f"{joint}: {difference:.3f} m"


@pytest.mark.slow("real recordings")
@pytest.mark.parametrize(
    "name",
    [
        "bvh_blank_line/bvhio_example.bvh",
        "bvh_cmu_units/blender_rendering_example.bvh",
        "bvh_biovision_names/test_mocapbank.bvh",
        "bvh_daz_names/rightkick.bvh",
        "bvh_zup/bvh_example.bvh",
        "opensim_trc/subject01_walk1_head.trc",
    ],
)
def test_sound_files_of_people_who_stand_are_read_upright_and_life_size(name, shared):
    sequence = read(shared / "cases" / name)
    joints = convert_layout(sequence, "ntu-25").joints
    spread = np.nanmax(joints[0], axis=1) - np.nanmin(joints[0], axis=1)
    height = np.nanquantile(spread[:, 1], 0.95)  # one of them squats
    assert 1.2 < height < 2.2, str(sequence.reading)


@pytest.mark.slow("real recordings")
def test_files_that_cannot_be_understood_say_what_to_state(shared):
    with pytest.raises(SkeletonFormatError, match="Missing: shoulder_left"):
        read(shared / "cases" / "nuitrack" / "nuitrack.json")

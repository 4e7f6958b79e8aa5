"""Points of files become joints by the names that programs give them, by all names of a file together."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import FileLayoutError, SkeletonSequence, available_layouts, get_layout
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.formats._parsing import arrange_joints
from zeroskel.skeleton.inference._joint_names import Match, match_names, match_points
from zeroskel.skeleton.inference._points import FilePoints, Stated
from zeroskel.skeleton.inference._sequence import infer_sequence
from zeroskel.skeleton.transforms import convert_layout

FILE = Path("clip.bvh")
SIDES = ("left", "right")
TRUNK = ("hip_center", "spine", "chest", "shoulder_center", "head")
LIMBS = ("clavicle", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot")
FAMILIES = {  # names of the trunk, then of one side's limbs with {} for the side and the spelling of left and right
    "Mixamo": "Hips Spine Spine1 Neck Head|{}Shoulder {}Arm {}ForeArm {}Hand {}UpLeg {}Leg {}Foot {}ToeBase|Left Right",
    "Mixamo with a name space": "mixamorig:Hips mixamorig:Spine mixamorig:Spine1 mixamorig:Neck mixamorig:Head|"
    "mixamorig:{}Shoulder mixamorig:{}Arm mixamorig:{}ForeArm mixamorig:{}Hand mixamorig:{}UpLeg mixamorig:{}Leg "
    "mixamorig:{}Foot mixamorig:{}ToeBase|Left Right",
    "Mixamo in a glTF file": "mixamorigHips mixamorigSpine mixamorigSpine1 mixamorigNeck mixamorigHead|"
    "mixamorig{}Shoulder mixamorig{}Arm mixamorig{}ForeArm mixamorig{}Hand mixamorig{}UpLeg mixamorig{}Leg "
    "mixamorig{}Foot mixamorig{}ToeBase|Left Right",
    "Biovision": "Hips Chest Chest2 Neck Head|{}Collar {}Shoulder {}Elbow {}Wrist {}Hip {}Knee {}Ankle "
    "{}Toe|Left Right",
    "Qualisys": "Hips Spine Spine2 Neck Head|{}Shoulder {}Arm {}ForeArm {}Hand {}UpLeg {}Leg {}Foot "
    "{}ToeBase|Left Right",
    "Rokoko": "Hips Spine1 Spine2 Neck Head|{}Shoulder {}Arm {}ForeArm {}Hand {}Thigh {}Shin {}Foot {}Toe|Left Right",
    "Unity": "Hips Spine Chest Neck Head|{}Shoulder {}UpperArm {}LowerArm {}Hand {}UpperLeg {}LowerLeg {}Foot {}Toes|"
    "Left Right",
    "VRoid": "J_Bip_C_Hips J_Bip_C_Spine J_Bip_C_Chest J_Bip_C_Neck J_Bip_C_Head|J_Bip_{}_Shoulder J_Bip_{}_UpperArm "
    "J_Bip_{}_LowerArm J_Bip_{}_Hand J_Bip_{}_UpperLeg J_Bip_{}_LowerLeg J_Bip_{}_Foot J_Bip_{}_ToeBase|L R",
    "Unreal": "pelvis spine_01 spine_02 neck_01 head|clavicle_{} upperarm_{} lowerarm_{} hand_{} thigh_{} "
    "calf_{} foot_{} "
    "ball_{}|l r",
    "Biped": "Bip01,Bip01 Spine,Bip01 Spine1,Bip01 Neck,Bip01 Head|Bip01 {} Clavicle,Bip01 {} UpperArm,Bip01 {} "
    "Forearm,"
    "Bip01 {} Hand,Bip01 {} Thigh,Bip01 {} Calf,Bip01 {} Foot,Bip01 {} Toe0|L R",
    "Rigify": "spine spine.001 spine.002 spine.004 spine.006|shoulder.{} upper_arm.{} forearm.{} hand.{} "
    "thigh.{} shin.{} "
    "foot.{} toe.{}|L R",
    "Poser": "hip abdomen chest neck head|{}Collar {}Shldr {}ForeArm {}Hand {}Thigh {}Shin {}Foot {}Toe|l r",
    "Second Life": "mPelvis mTorso mChest mNeck mHead|mCollar{} mShoulder{} mElbow{} mWrist{} mHip{} mKnee{} mAnkle{} "
    "mFoot{}|Left Right",
    "SMPL": "Pelvis Spine1 Spine2 Neck Head|{}_Collar {}_Shoulder {}_Elbow {}_Wrist {}_Hip {}_Knee {}_Ankle "
    "{}_Foot|L R",
    "Xsens MVN": "Pelvis L3 T8 Neck Head|{}Shoulder {}UpperArm {}ForeArm {}Hand {}UpperLeg {}LowerLeg {}Foot {}Toe|"
    "Left Right",
    "Motive": "Skeleton 001:Hip,Skeleton 001:Ab,Skeleton 001:Chest,Skeleton 001:Neck,Skeleton 001:Head|"
    "Skeleton 001:{}Shoulder,Skeleton 001:{}UArm,Skeleton 001:{}FArm,Skeleton 001:{}Hand,Skeleton 001:{}Thigh,"
    "Skeleton 001:{}Shin,Skeleton 001:{}Foot,Skeleton 001:{}Toe|L R",
    "Character Creator": "CC_Base_Hip CC_Base_Waist CC_Base_Spine02 CC_Base_NeckTwist01 "
    "CC_Base_Head|CC_Base_{}_Clavicle "
    "CC_Base_{}_Upperarm CC_Base_{}_Forearm CC_Base_{}_Hand CC_Base_{}_Thigh CC_Base_{}_Calf CC_Base_{}_Foot "
    "CC_Base_{}_ToeBase|L R",
    "MakeHuman": "root spine04 spine02 neck01 head|clavicle.{} upperarm01.{} lowerarm01.{} wrist.{} upperleg01.{} "
    "lowerleg01.{} foot.{} toe1-1.{}|L R",
    "Acclaim bones in a BVH file": "root lowerback upperback lowerneck head|{}clavicle {}humerus {}radius {}wrist "
    "{}femur {}tibia {}foot {}toes|l r",
    "Blender with a prefix": "DEF-spine DEF-spine.001 DEF-spine.002 DEF-spine.004 DEF-spine.006|DEF-shoulder.{} "
    "DEF-upper_arm.{} DEF-forearm.{} DEF-hand.{} DEF-thigh.{} DEF-shin.{} DEF-foot.{} DEF-toe.{}|L R",
    "DAZ without capitals": "hip abdomen chest neck head|{}collar {}shoulder {}elbow {}hand {}hip {}knee {}foot "
    "{}toe|l r",
}
OPENPOSE = (
    "Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist MidHip RHip RKnee RAnkle LHip LKnee LAnkle REye "
    "LEye REar "
    "LEar LBigToe LSmallToe LHeel RBigToe RSmallToe RHeel"
).split()
KINECT = (
    "SpineBase SpineMid Neck Head ShoulderLeft ElbowLeft WristLeft HandLeft ShoulderRight ElbowRight WristRight "
    "HandRight "
    "HipLeft KneeLeft AnkleLeft FootLeft HipRight KneeRight AnkleRight FootRight SpineShoulder HandTipLeft ThumbLeft "
    "HandTipRight ThumbRight"
).split()


def named(family: str) -> dict[str, str]:
    """Return joint of mocap-21 -> its name in a family."""
    trunk, limbs, sides = (part.split("," if "," in part else None) for part in FAMILIES[family].split("|"))
    names = dict(zip(TRUNK, trunk, strict=True))
    for side, spelling in zip(("left", "right"), sides, strict=True):
        names |= {f"{joint}_{side}": limb.format(spelling) for joint, limb in zip(LIMBS, limbs, strict=True)}
    return names


def match(names, channels: int = 3, **stated) -> Match:
    points = FilePoints(np.zeros((1, 2, len(names), channels)), "a file", names=tuple(names))
    return match_points(points, Stated.of(FILE, **stated), FILE)


def numbered(count: int, channels: int = 3, **stated) -> Match:
    points = FilePoints(np.zeros((1, 2, count, channels)), "a file")
    return match_points(points, Stated.of(FILE, **stated), FILE)


@pytest.mark.parametrize("family", FAMILIES)
def test_names_of_a_family_are_its_joints_among_other_points(family: str) -> None:
    joints = named(family)
    fingers = [
        f"extra_{part}{number}_{side}" for part in ("finger", "lid", "tongue") for number in (1, 2) for side in "lr"
    ]
    names = np.random.default_rng(0).permutation([*joints.values(), *fingers]).tolist()
    matched = match(names)
    assert matched.layout.name == "mocap-21"
    assert {joint: names[index] for joint, index in matched.columns.items()} == joints
    assert not matched.inferred and not matched.notes


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        (OPENPOSE, "body-25"),
        ([name for name in OPENPOSE if "Toe" not in name and "Heel" not in name and name != "MidHip"], "coco-18"),
        (KINECT, "ntu-25"),
        ([f"{name} (m)" for name in KINECT], "ntu-25"),
        ([f"body1.{name}.pos" for name in KINECT], "ntu-25"),
        ([f"{name}_1" for name in KINECT], "ntu-25"),
        ([f"{name}1" for name in OPENPOSE], "body-25"),
        (
            "R_Hip R_Knee R_Ankle L_Hip L_Knee L_Ankle Pelvis Spine Thorax Neck Head L_Shoulder L_Elbow L_Wrist "
            "R_Shoulder R_Elbow R_Wrist".split(),
            "h36m-17",
        ),
        (KINECT[:7] + KINECT[8:11] + KINECT[12:15] + KINECT[16:19] + KINECT[20:21], "ntu-25"),
        ([name for name in KINECT if "Spine" not in name], "ntu-25"),
        (
            ["nose", *(f"{side} eye{part}" for side in SIDES for part in ("", " (inner)", " (outer)"))]
            + [f"mouth ({side})" for side in SIDES]
            + [
                f"{side} {joint}"
                for joint in "ear shoulder elbow wrist pinky index thumb hip knee ankle heel foot_index".split()
                for side in SIDES
            ],
            "mediapipe-33",
        ),
        (
            "head neck torso left_shoulder left_elbow left_hand right_shoulder right_elbow right_hand left_hip "
            "left_knee "
            "left_foot right_hip right_knee right_foot".split(),
            "kinect-15",
        ),
        (
            "HEAD SHOULDER_CENTER TORSO LEFT_SHOULDER LEFT_ELBOW LEFT_HAND RIGHT_SHOULDER RIGHT_ELBOW "
            "RIGHT_HAND LEFT_HIP "
            "LEFT_KNEE LEFT_FOOT RIGHT_HIP RIGHT_KNEE RIGHT_FOOT".split(),
            "kinect-15",
        ),
        (
            "CHip RHip RKnee RAnkle LHip LKnee LAnkle Neck Head Nose RShoulder RElbow RWrist LShoulder LElbow "
            "LWrist".split(),
            "halpe-26",
        ),
        (
            "root right_hip right_knee right_foot left_hip left_knee left_foot spine thorax neck_base head "
            "left_shoulder "
            "left_elbow left_wrist right_shoulder right_elbow right_wrist".split(),
            "h36m-17",
        ),
        (
            "pelvis left_hip right_hip spine1 left_knee right_knee spine2 left_ankle right_ankle spine3 left_foot "
            "right_foot neck left_collar right_collar head left_shoulder right_shoulder left_elbow right_elbow "
            "left_wrist "
            "right_wrist left_hand right_hand".split(),
            "smpl-24",
        ),
        (
            [f"{joint}_joint" for joint in ("hips", "spine_2", "spine_4", "spine_7", "neck_1", "head", "jaw")]
            + [
                f"{side}_{joint}_joint"
                for side in ("left", "right")
                for joint in (
                    "upLeg",
                    "leg",
                    "foot",
                    "toes",
                    "toesEnd",
                    "shoulder_1",
                    "arm",
                    "forearm",
                    "hand",
                    "handMid_1",
                )
            ],
            "arkit-91",
        ),
    ],
)
def test_names_of_sensors_and_estimators_are_their_layout(names: list[str], layout: str) -> None:
    matched = match(names)
    assert matched.layout.name == layout
    assert len(matched.columns) >= len(names) - 5  # fingers, toes and jaws are left out
    assert not matched.notes


@pytest.mark.parametrize("layout", available_layouts())
@pytest.mark.parametrize(
    "spell", [str.upper, str.title, lambda name: f"K4ABT_JOINT_{name.upper()}", lambda name: f"p1 {name}"]
)
def test_every_layout_is_found_by_its_own_names(layout: str, spell) -> None:
    joints = get_layout(layout).joints
    matched = match([spell(joint) for joint in reversed(joints)])
    assert matched.columns == {joint: len(joints) - 1 - index for index, joint in enumerate(joints)}
    assert set(matched.layout.joints) == set(joints)


def test_points_of_hands_are_no_joints_of_the_body() -> None:
    matched = match([*(f"LHand_{index}" for index in range(21)), *OPENPOSE])
    assert matched.layout.name == "body-25" and matched.columns["wrist_left"] == 28


def test_a_shoulder_is_what_the_other_names_say() -> None:
    for family, joint in (("Mixamo", "clavicle_left"), ("Biovision", "shoulder_left"), ("Rigify", "clavicle_left")):
        names = [*named(family).values()]
        spelled = next(name for name in names if name.lower() in ("leftshoulder", "shoulder.l"))
        assert names.index(spelled) == match(names).columns[joint]
    hips = [*named("Biovision").values()]
    assert hips[match(hips).columns["hip_left"]] == "LeftHip"


def test_under_half_of_the_main_joints_are_refused_with_what_is_missing() -> None:
    with pytest.raises(FileLayoutError) as refused:
        match(["Head", "Neck", "hand.L", "Elbow.L", "Tail"])
    message = str(refused.value)
    assert "clip.bvh: understood 3 of the 13 main joints" in message
    assert "Elbow.L is elbow_left" in message and "Tail" in message
    assert "Missing: shoulder_left, shoulder_right" in message and "joints" in message


def test_more_names_than_a_skeleton_has_are_refused() -> None:
    with pytest.raises(FileLayoutError, match="found 3000 named points"):
        match([*KINECT, *(f"vertex {index} of skin" for index in range(2975))])


def test_missing_main_joints_and_other_points_are_one_note_each() -> None:
    matched = match([*KINECT[:12], "Sword", "Shield", "Thumb3Right"])
    assert matched.notes == (
        "no hip_left, hip_right, knee_left, knee_right, ankle_left, ankle_right in the file",
        "2 other points were left out",
    )


@pytest.mark.parametrize(
    ("count", "channels", "layout"),
    [
        (33, 3, "mediapipe-33"),
        (553, 3, "mediapipe-33"),
        (33, 2, "mediapipe-33"),
        (25, 3, "ntu-25"),
        (25, 2, "body-25"),
        (17, 2, "coco-17"),
        (18, 2, "coco-18"),
        (26, 2, "halpe-26"),
        (32, 3, "azure-kinect-32"),
        (20, 3, "kinect-20"),
        (22, 3, "smpl-22"),
        (24, 3, "smpl-24"),
        (91, 3, "arkit-91"),
        (133, 2, "coco-wholebody-133"),
        (34, 3, "azure-kinect-32"),
    ],
)
def test_points_by_number_are_of_the_layout_with_as_many_and_it_is_said(count: int, channels: int, layout: str) -> None:
    matched = numbered(count, channels)
    assert matched.layout.name == layout and matched.inferred
    assert matched.notes == (f"{count} points without names are in the order of {layout} (--layout decides)",)
    assert list(matched.columns) == list(get_layout(layout).joints)
    assert not numbered(count, channels, layout=layout).inferred


def test_the_order_of_points_is_that_of_the_layout() -> None:
    assert numbered(91).columns["wrist_right"] == 66
    assert numbered(133, 2).columns["heel_right"] == 22
    assert match([f"landmark_{index}" for index in range(33)]).columns["foot_right"] == 32
    assert match([f"p{index}" for index in range(1, 18)], 2).columns["ankle_right"] == 16


@pytest.mark.parametrize(
    ("count", "channels", "candidates"),
    [
        (17, 3, ("h36m-17", "coco-17")),
        (75, 3, ("mediapipe-33",)),
        (55, 3, ("smpl-22",)),
        (15, 3, ("kinect-15", "jhmdb-15")),
        (21, 3, ("mocap-21",)),
        (14, 2, ("13 (penn-13)",)),
    ],
)
def test_an_ambiguous_number_asks_for_the_layout(count: int, channels: int, candidates: tuple[str, ...]) -> None:
    with pytest.raises(FileLayoutError) as refused:
        numbered(count, channels)
    assert all(name in str(refused.value) for name in (f"{count} points", *candidates))
    if count != 14:
        assert f"--layout {candidates[0]}" in str(refused.value)
        assert numbered(count, channels, layout=candidates[0]).layout.name == candidates[0]


def test_another_number_than_that_of_the_layout_is_refused() -> None:
    with pytest.raises(FileLayoutError, match="found 25 points without names; expected the 33 joints of mediapipe-33"):
        numbered(25, layout="mediapipe-33")


def test_names_of_the_caller_go_before_those_of_the_file() -> None:
    german = {name: f"Punkt {index}" for index, name in enumerate(KINECT)}
    assert match(german.values(), joints={spelled: name for name, spelled in german.items()}).layout.name == "ntu-25"
    assert match(german.values(), joints=KINECT).columns["thumb_right"] == 24


@pytest.mark.parametrize("layout", ["kinect-20", "ntu-25", "mediapipe-33", "coco-17"])
@pytest.mark.parametrize("absent", [("Spine",), ("Hand", "Thumb"), ("Spine", "Neck", "Hand")])
def test_joints_that_follow_are_the_same_with_and_without_a_layout(layout: str, absent: tuple[str, ...]) -> None:
    truth = generate_sequence("kick forward with the right leg", seed=1)
    remaining = [index for index, name in enumerate(KINECT) if not name.startswith(absent)]
    points = FilePoints(
        truth.joints[:, :, remaining], "a file", tuple(KINECT[index] for index in remaining), fps=30.0, up="y", unit="m"
    )
    alone = infer_sequence(points, Stated.of(FILE), "a file", FILE)
    wanted = infer_sequence(points, Stated.of(FILE, layout=layout), "a file", FILE)
    assert alone.layout.name == "ntu-25" and wanted.layout.name == layout
    np.testing.assert_allclose(wanted.joints, convert_layout(alone, layout).joints, atol=1e-6)
    for joint in ("hip_center", "spine", "shoulder_center", "hand_left", "wrist_right"):
        if joint in alone.layout.joints:
            away = alone.joints[:, :, alone.layout.index(joint)] - truth.joints[:, :, truth.layout.index(joint)]
            assert np.linalg.norm(away, axis=-1).max() < 0.12


def test_what_the_layout_of_the_caller_lacks_is_a_note() -> None:
    truth = generate_sequence("squat", seed=1)
    points = FilePoints(truth.joints, "a file", tuple(KINECT), fps=30.0, up="y", unit="m")
    assert infer_sequence(points, Stated.of(FILE, layout="coco"), "a file", FILE).reading.notes == (
        "coco-17 without nose",
    )
    assert infer_sequence(points, Stated.of(FILE, layout="kinect_v1"), "a file", FILE).reading.notes == ()


def test_points_of_one_eye_that_begin_alike_share_no_prefix():
    names = ["left_eye", "left_eye_inner", "left_eye_outer", "right_eye", "right_eye_inner", "right_eye_outer"]
    names += [
        f"{side}_{joint}" for side in ("left", "right") for joint in ("shoulder", "elbow", "wrist", "hip", "knee")
    ]
    names += ["nose", "left_ankle", "right_ankle", "left_thumb", "right_thumb", "left_pinky", "right_pinky"]
    match = match_names(names, None, Path("clip.csv"))
    assert match.layout.name == "mediapipe-33"
    assert len(match.columns) == len(names)


def test_arrays_with_joint_names_are_read_by_the_same_names() -> None:
    truth = generate_sequence("squat", seed=1)
    names = [name for name in KINECT if not name.startswith(("Spine", "Hand"))]
    joints = truth.joints[:, :, [KINECT.index(name) for name in names]]
    points = FilePoints(joints, "a file", tuple(names), fps=30.0, up="y", unit="m")
    for layout in (None, "kinect-20", "coco-17"):
        arranged, chosen = arrange_joints(joints, names, layout, file=FILE)
        expected = infer_sequence(points, Stated.of(FILE, layout=layout), "a file", FILE)
        assert chosen == expected.layout
        np.testing.assert_allclose(arranged, expected.joints, atol=1e-6)
    few, _ = arrange_joints(joints[:, :, :2], names[:2], "kinect-20", file=FILE)  # a named layout needs no half of it
    assert np.isfinite(few).any()
    with pytest.raises(FileLayoutError, match="understood 1 of the 13 main joints"):
        arrange_joints(joints[:, :, :2], names[:2], None, file=FILE)


def test_a_finished_recording_may_have_a_layout_of_its_own() -> None:
    worm = replace(get_layout("kinect-20"), name="worm-20")
    sequence = SkeletonSequence(generate_sequence("squat", seed=1).joints[:, :, :20], worm)
    read = infer_sequence(sequence, Stated.of(FILE), "lines", FILE)
    assert read.layout is worm
    np.testing.assert_array_equal(read.joints, sequence.joints)

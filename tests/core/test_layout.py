"""The joint layouts of the package are connected, symmetric and complete."""

from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import Layout, LayoutError, available_layouts, get_layout
from zeroskel.core._files import resource_table
from zeroskel.core._layout import canonical_joint, joint_rules, layout_of_joints

JOINT_COUNTS = {
    "arkit-91": 25,  # the joints of the body among 91
    "azure-kinect-32": 32,
    "body-25": 25,
    "coco-17": 17,
    "coco-18": 18,
    "coco-wholebody-133": 23,  # the points of body and feet among 133
    "h36m-17": 17,
    "halpe-26": 26,
    "hdm05-31": 31,
    "jhmdb-15": 15,
    "kinect-15": 15,
    "kinect-20": 20,
    "mediapipe-33": 33,
    "mocap-21": 21,
    "mpii-16": 16,
    "ntu-25": 25,
    "nuitrack-20": 20,
    "penn-13": 13,
    "smpl-22": 22,
    "smpl-24": 24,
}
PARTS = {"head", "torso", "left_arm", "right_arm", "left_leg", "right_leg"}


@pytest.fixture(params=JOINT_COUNTS)
def layout(request: pytest.FixtureRequest) -> Layout:
    return get_layout(request.param)


def test_every_layout_has_its_number_of_joints() -> None:
    assert {name: len(get_layout(name).joints) for name in available_layouts()} == JOINT_COUNTS


def test_the_graph_is_connected(layout: Layout) -> None:
    reached = {layout.centre}
    for _ in layout.joints:
        reached |= {joint for bone in layout.bones if reached & set(bone) for joint in bone}
    assert reached == set(layout.joints)


def test_bones_are_unique_and_connect_two_joints(layout: Layout) -> None:
    assert len({frozenset(bone) for bone in layout.bones}) == len(layout.bones)
    assert all(child != parent for child, parent in layout.bones)


@pytest.mark.parametrize("name", ["hdm05-31", "jhmdb-15", "kinect-15", "kinect-20", "ntu-25"])
def test_a_skeleton_of_a_sensor_is_a_tree(name: str) -> None:
    layout = get_layout(name)
    assert len(layout.bones) == len(layout.joints) - 1


def test_mirroring_twice_is_the_identity(layout: Layout) -> None:
    order = layout.mirror_order
    assert order[order].tolist() == list(range(len(layout.joints)))


def test_left_joints_mirror_to_right_ones(layout: Layout) -> None:
    for joint, mirrored in zip(layout.joints, layout.mirror_order, strict=True):
        swapped = joint.replace("left", "LEFT").replace("right", "left").replace("LEFT", "right")
        assert layout.joints[mirrored] == swapped


def test_bones_mirror_to_bones(layout: Layout) -> None:
    mirrored = {joint: layout.joints[index] for joint, index in zip(layout.joints, layout.mirror_order, strict=True)}
    bones = {frozenset(bone) for bone in layout.bones}
    assert {frozenset(mirrored[joint] for joint in bone) for bone in bones} == bones


def test_the_parts_cover_the_joints(layout: Layout) -> None:
    assert set(layout.parts) == PARTS
    assert {joint for part in layout.parts.values() for joint in part} == set(layout.joints)


def test_left_and_right_parts_mirror_each_other(layout: Layout) -> None:
    for limb in ("arm", "leg"):
        left = layout.mirror_order[layout.indices(layout.parts[f"left_{limb}"])]
        assert {layout.joints[index] for index in left} == set(layout.parts[f"right_{limb}"])


def test_centre_pelvis_and_chest_lie_in_the_middle(layout: Layout) -> None:
    assert layout.index(layout.centre) == layout.mirror_order[layout.index(layout.centre)]
    for joints in (layout.pelvis, layout.chest):
        indices = layout.indices(joints)
        assert joints and sorted(layout.mirror_order[indices]) == sorted(indices)


def test_derived_joints_are_not_joints_of_the_layout(layout: Layout) -> None:
    assert not set(layout.derived) & set(layout.joints)


def test_an_alias_is_no_joint_and_means_one(layout: Layout) -> None:
    assert not set(layout.aliases) & set(layout.joints)
    assert set(layout.aliases.values()) <= set(layout.joints)


def test_every_layout_has_a_source(layout: Layout) -> None:
    assert layout.source


def test_joint_order_of_the_kinects() -> None:
    kinect, ntu = get_layout("kinect-20"), get_layout("ntu-25")
    assert [kinect.index(joint) for joint in ("hip_center", "shoulder_center", "head", "foot_right")] == [0, 2, 3, 19]
    assert [ntu.index(joint) for joint in ("hip_center", "neck", "shoulder_center", "thumb_right")] == [0, 2, 20, 24]


def test_joint_names_in_any_order_and_spelling_identify_a_layout(layout: Layout) -> None:
    shuffled = np.random.default_rng(0).permutation(layout.joints).tolist()
    assert layout_of_joints(shuffled) == layout
    assert layout_of_joints(joint.replace("_", " ").upper() for joint in shuffled) == layout


def test_joints_of_no_layout_are_refused() -> None:
    with pytest.raises(LayoutError, match=r"exactly the 2 joints head, tail; known layouts: arkit-91"):
        layout_of_joints(["head", "tail"])


@pytest.mark.parametrize(
    ("spelled", "layout", "joint"),
    [
        ("HipCenter", "kinect-20", "hip_center"),
        (" left-hand ", "kinect-20", "hand_left"),
        ("SpineShoulder", "ntu-25", "shoulder_center"),
        ("lfemur", "hdm05-31", "knee_left"),
        ("left_foot_index", "mediapipe-33", "foot_left"),
        ("belly", "jhmdb-15", "spine"),
        ("left_wrist", "kinect-15", "hand_left"),
        ("tail", "ntu-25", "tail"),
    ],
)
def test_other_spellings_mean_a_joint(spelled: str, layout: str, joint: str) -> None:
    assert canonical_joint(spelled, get_layout(layout)) == joint


def test_an_unknown_layout_or_joint_is_refused() -> None:
    with pytest.raises(LayoutError, match=r"unknown layout 'kinect-21'; known layouts: .*kinect-20"):
        get_layout("kinect-21")
    with pytest.raises(LayoutError, match="penn-13 has no joint 'tail'; it has head"):
        get_layout("penn-13").index("tail")


@pytest.mark.parametrize(
    ("spelled", "layout"),
    [
        ("BODY_25", "body-25"),
        ("openpose-25", "body-25"),
        ("OpenPose 18", "coco-18"),
        ("mediapipe", "mediapipe-33"),
        ("COCO", "coco-17"),
        ("coco_17", "coco-17"),
        ("smpl", "smpl-24"),
        ("SMPLX", "smpl-22"),
        ("human3.6m", "h36m-17"),
        ("Azure Kinect", "azure-kinect-32"),
        ("NTU-RGB+D", "ntu-25"),
        ("kinect_v2", "ntu-25"),
    ],
)
def test_usual_spellings_name_a_layout(spelled: str, layout: str) -> None:
    assert get_layout(spelled) is get_layout(layout)


def test_usual_spellings_are_those_of_layouts() -> None:
    spellings = resource_table("joint_names.toml")["layouts"]
    assert set(spellings.values()) <= set(available_layouts())
    assert not set(spellings) & set(available_layouts())


def test_rules_of_joints_know_the_joints() -> None:
    vocabulary = {joint for name in available_layouts() for joint in get_layout(name).joints}
    for rule in joint_rules():
        assert {rule.joint, *rule.weights} <= vocabulary
        assert sum(rule.weights.values()) == pytest.approx(1)  # moving a body moves the joint along


def test_a_layout_stands_for_itself_and_is_shown_by_name() -> None:
    layout = get_layout("ntu-25")
    assert get_layout(layout) is layout is get_layout("ntu-25")
    assert repr(layout) == "Layout('ntu-25', 25 joints)"
    assert len({layout, get_layout("kinect-20")}) == 2


@pytest.mark.parametrize(
    "changed",
    [{"joints": ("head", "head")}, {"centre": "tail"}, {"bones": (("tail", "head"),)}, {"mirror": (("a", "b"),)}],
)
def test_a_layout_that_names_other_joints_is_refused(changed: dict[str, object]) -> None:
    fields: dict[str, object] = {
        "name": "worm-2",
        "joints": ("head", "end"),
        "bones": (("end", "head"),),
        "centre": "head",
        "pelvis": ("end",),
        "chest": ("head",),
        "mirror": (),
        "parts": {},
        "derived": {},
        "aliases": {},
        "source": "made up",
    }
    Layout(**fields)  # type: ignore[arg-type]
    with pytest.raises(LayoutError, match="worm-2"):
        Layout(**{**fields, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["hdm05_11", "jhmdb_2d", "kinder_gator", "msr_action3d", "penn_action_2d", "utkinect"])
def test_real_joint_names_are_known(name: str, shared: Path) -> None:
    with np.load(shared / "data" / f"{name}.npz", allow_pickle=False) as data:
        assert len(layout_of_joints(data["joint_names"].tolist()).joints) == len(data["joint_names"])

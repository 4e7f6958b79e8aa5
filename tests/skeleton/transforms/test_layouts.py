"""Converted recordings have the joints of the target layout, by name, as means, or as NaN."""

import logging
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from zeroskel.core import LayoutError, SkeletonSequence, available_layouts, get_layout
from zeroskel.skeleton.transforms import _arrays, convert_layout, layout_mapping, layouts
from zeroskel.skeleton.transforms._placing import missing_main_joints

NOTHING = {
    "bones": (),
    "mirror": (),
    "parts": {},
    "derived": {},
    "centre": "head",
    "pelvis": ("head",),
    "chest": ("head",),
}


@pytest.fixture(autouse=True)
def no_warning_logged_yet() -> None:
    layouts._warn_once.cache_clear()


@pytest.mark.parametrize(("source", "target"), [*pairwise(available_layouts()), ("ntu-25", "kinect-20")])
def test_joints_of_one_name_are_copied_and_missing_ones_are_nan(sequence_maker, source: str, target: str) -> None:
    sequence = sequence_maker(source, bodies=2)
    converted = convert_layout(sequence, target)
    mapping = layout_mapping(source, target)
    assert converted.layout == get_layout(target)
    for joint in mapping.shared:
        here, there = converted.layout.index(joint), sequence.layout.index(joint)
        np.testing.assert_array_equal(converted.joints[:, :, here], sequence.joints[:, :, there])
    assert not converted.observed[:, :, converted.layout.indices(mapping.missing)].any()
    assert converted.observed[:, :, converted.layout.indices(joint for joint, _ in mapping.derived)].all()


@pytest.mark.parametrize("source", available_layouts())
@pytest.mark.parametrize("target", available_layouts())
def test_a_mapping_accounts_for_every_joint_once(source: str, target: str) -> None:
    mapping = layout_mapping(source, target)
    joints = [*mapping.shared, *(joint for joint, _ in mapping.derived), *mapping.missing]
    assert sorted(joints) == sorted(get_layout(target).joints)
    used = {*mapping.shared, *(part for _, parts in mapping.derived for part in parts)}
    assert used | set(mapping.unused) == set(get_layout(source).joints)
    assert not used & set(mapping.unused)


def test_a_layout_is_itself(sequence_maker) -> None:
    sequence = sequence_maker("ntu-25")
    assert convert_layout(sequence, "ntu-25") is sequence
    mapping = layout_mapping("ntu-25", "ntu-25")
    assert (mapping.missing, mapping.unused, mapping.derived) == ((), (), ())


@pytest.mark.parametrize("one", available_layouts())
@pytest.mark.parametrize("other", available_layouts())
def test_any_layout_there_and_back_keeps_shared_joints(one: str, other: str, sequence_maker) -> None:
    sequence = sequence_maker(one)
    back = convert_layout(convert_layout(sequence, other), one)
    shared = [i for i, joint in enumerate(get_layout(one).joints) if joint in get_layout(other).joints]
    assert shared
    np.testing.assert_array_equal(back.joints[:, :, shared], sequence.joints[:, :, shared])


def test_there_and_back_keeps_the_joints_both_have(sequence_maker) -> None:
    sequence = sequence_maker("kinect-20")
    back = convert_layout(convert_layout(sequence, "ntu-25"), "kinect-20")
    both = get_layout("kinect-20").indices(layout_mapping("kinect-20", "ntu-25").shared)
    np.testing.assert_array_equal(back.joints[:, :, both], sequence.joints[:, :, both])


def test_coco_has_its_pelvis_half_way_between_the_hips(sequence_maker) -> None:
    sequence = sequence_maker("coco-17")
    converted = convert_layout(sequence, "kinect-20")
    hips = sequence.joints[:, :, sequence.layout.indices(["hip_left", "hip_right"])]
    pelvis = converted.joints[:, :, converted.layout.index("hip_center")]
    np.testing.assert_allclose(pelvis, hips.mean(axis=2), atol=1e-6)


def test_a_mean_with_a_hidden_part_is_hidden(sequence_maker) -> None:
    sequence = sequence_maker("coco-17")
    joints = sequence.joints.copy()
    joints[0, 2, sequence.layout.index("hip_left")] = np.nan
    converted = convert_layout(sequence.replace(joints), "kinect-20")
    seen = converted.observed[0, :, converted.layout.index("hip_center")]
    assert np.flatnonzero(~seen).tolist() == [2]


def test_main_joints_left_out_are_named_once_for_a_pair(sequence_maker, caplog: pytest.LogCaptureFixture) -> None:
    arms = replace(get_layout("kinect-20"), name="arms-3", joints=("head", "elbow_left", "elbow_right"), **NOTHING)
    sequence = SkeletonSequence(np.zeros((2, 3, 3)), arms)
    mapping = layout_mapping(arms, "kinect-20")
    with caplog.at_level(logging.WARNING):
        convert_layout(sequence, "kinect-20")
        convert_layout(sequence, "kinect-20")
    assert len(caplog.records) == 1
    assert all(joint in caplog.text for joint in mapping.missing)


def test_fingers_and_toes_left_out_are_not_mentioned(sequence_maker, caplog: pytest.LogCaptureFixture) -> None:
    assert {"thumb_left", "foot_left"} < set(layout_mapping("coco-17", "ntu-25").missing)
    with caplog.at_level(logging.WARNING):
        convert_layout(sequence_maker("coco-17"), "ntu-25")
    assert not caplog.records


@pytest.mark.parametrize("source", available_layouts())
@pytest.mark.parametrize("target", available_layouts())
def test_every_pair_of_layouts_shares_the_main_joints(source: str, target: str) -> None:
    mapping = layout_mapping(source, target)
    known = {*mapping.shared, *dict(mapping.derived)}
    lacking = set(missing_main_joints(get_layout(target), known))
    assert lacking <= {"nose", "foot_left", "foot_right"}  # unknown where the source has the head, or the ankles


@pytest.mark.parametrize("source", available_layouts())
def test_trunk_and_hands_follow_in_every_layout(source: str) -> None:
    mapping = layout_mapping(source, "kinect-20")
    assert set(mapping.missing) <= {"foot_left", "foot_right"}  # of layouts that end at the ankle


def test_a_joint_that_was_never_observed_follows_too(sequence_maker) -> None:
    sequence = sequence_maker("ntu-25")
    joints = sequence.joints.copy()
    joints[:, :, sequence.layout.index("hip_center")] = np.nan
    converted = convert_layout(sequence.replace(joints), "kinect-20")
    hips = sequence.joints[:, :, sequence.layout.indices(["hip_left", "hip_right"])].mean(axis=2)
    np.testing.assert_allclose(converted.joints[:, :, converted.layout.index("hip_center")], hips, atol=1e-6)


OF_DATASETS = ["coco-17", "hdm05-31", "jhmdb-15", "kinect-15", "mediapipe-33", "mocap-21", "ntu-25", "penn-13"]


@pytest.mark.parametrize("source", OF_DATASETS)
def test_conversion_places_joints_where_encoders_were_trained_to_expect_them(sequence_maker, source: str) -> None:
    """Encoders with a clock place what conversion leaves: the same rules in either order give the same joints."""
    sequence, target = sequence_maker(source), get_layout("kinect-20")
    plain = np.full((1, 12, 20, 3), np.nan, np.float32)
    for joint in target.joints:
        parts = [joint] if joint in sequence.layout.joints else sequence.layout.derived.get(joint, [])
        if parts:
            mean = sequence.joints[:, :, sequence.layout.indices(parts)].mean(axis=2)
            plain[:, :, target.index(joint)] = mean
    expected = _arrays.fill_limbs(plain[None], target)
    converted = _arrays.fill_limbs(convert_layout(sequence, target).joints[None], target)
    np.testing.assert_allclose(converted, expected, atol=1e-5)


def test_a_wrist_lies_between_elbow_and_hand_and_a_hand_beyond_it(sequence_maker) -> None:
    sequence = sequence_maker("kinect-15")
    wrists = convert_layout(sequence, "coco-17")
    elbow, hand = (sequence.joints[:, :, sequence.layout.index(f"{joint}_left")] for joint in ("elbow", "hand"))
    wrist = wrists.joints[:, :, wrists.layout.index("wrist_left")]
    np.testing.assert_allclose(wrist, 0.15 * elbow + 0.85 * hand, atol=1e-5)
    back = convert_layout(wrists, "kinect-15")
    np.testing.assert_allclose(back.joints[:, :, back.layout.index("hand_left")], hand, atol=1e-4)


def test_no_warning_is_logged_when_no_joint_is_missing(sequence_maker, caplog: pytest.LogCaptureFixture) -> None:
    assert not layout_mapping("coco-17", "penn-13").missing
    with caplog.at_level(logging.WARNING):
        convert_layout(sequence_maker("coco-17"), "penn-13")
    assert not caplog.records


def test_a_mapping_reads_as_a_sentence() -> None:
    mapping = layout_mapping("coco-17", "kinect-20")
    text = str(mapping)
    assert text.startswith(f"coco-17 to kinect-20: {len(mapping.shared)} joints by name")
    assert "hip_center" in text.split("from other joints")[1]
    assert all(joint in text.split("not observed")[1] for joint in mapping.missing)


def test_an_unknown_layout_is_an_error(sequence_maker) -> None:
    with pytest.raises(LayoutError, match="kinect-99"):
        convert_layout(sequence_maker(), "kinect-99")
    with pytest.raises(LayoutError, match="kinect-99"):
        layout_mapping("kinect-99", "ntu-25")

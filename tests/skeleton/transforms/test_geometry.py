"""Moving, turning, scaling and mirroring a body do not change what they must not."""

import numpy as np
import pytest

from zeroskel.core import InputError, SkeletonSequence, available_layouts
from zeroskel.skeleton.transforms import _arrays, centre, face_camera, mirror, rotate, scale_by_torso

SHIFT = np.array([1.5, -0.5, 3.0], np.float32)


def torso_length(sequence: SkeletonSequence) -> float:
    return float(_arrays.torso_lengths(sequence.joints[None], sequence.layout)[0])


def distances(sequence: SkeletonSequence) -> np.ndarray:
    return np.linalg.norm(sequence.joints[:, :, :, None] - sequence.joints[:, :, None], axis=-1)


def close(one: SkeletonSequence, other: SkeletonSequence, atol: float = 2e-5) -> None:
    np.testing.assert_allclose(one.joints, other.joints, atol=atol, rtol=0)


@pytest.mark.parametrize("layout", available_layouts())
def test_mirror_is_an_involution(sequence_maker, layout: str) -> None:
    sequence = sequence_maker(layout)
    np.testing.assert_array_equal(mirror(mirror(sequence)).joints, sequence.joints)


def test_mirror_makes_the_left_hand_the_right_one(sequence_maker) -> None:
    sequence = sequence_maker()
    left, right = sequence.layout.indices(["hand_left", "hand_right"])
    mirrored = mirror(sequence).joints
    np.testing.assert_array_equal(mirrored[:, :, right], sequence.joints[:, :, left] * [-1, 1, 1])
    np.testing.assert_array_equal(mirrored[:, :, left], sequence.joints[:, :, right] * [-1, 1, 1])


def test_mirror_leaves_its_argument_alone(sequence_maker) -> None:
    sequence = sequence_maker()
    before = sequence.joints.copy()
    mirror(sequence)
    np.testing.assert_array_equal(sequence.joints, before)


@pytest.mark.parametrize("angles", [(0.3, 0, 0), (0, 0.4, 0), (0, 0, 0.5), (2.0, -1.0, 0.7)])
def test_rotation_keeps_distances(sequence_maker, angles: tuple[float, float, float]) -> None:
    sequence = sequence_maker(bodies=2)
    np.testing.assert_allclose(distances(rotate(sequence, *angles)), distances(sequence), atol=1e-5)


def test_yaw_keeps_heights_and_is_undone_by_its_opposite(sequence_maker) -> None:
    sequence = sequence_maker()
    turned = rotate(sequence, yaw=1.1)
    np.testing.assert_allclose(turned.joints[..., 1], sequence.joints[..., 1], atol=1e-6)
    close(rotate(turned, yaw=-1.1), sequence)


def test_yaw_comes_before_pitch_and_pitch_before_roll(sequence_maker) -> None:
    sequence = sequence_maker()
    close(rotate(sequence, 0.3, 0.4, 0.5), rotate(rotate(rotate(sequence, yaw=0.3), pitch=0.4), roll=0.5))


def test_a_quarter_roll_takes_right_to_up_in_two_and_three_dimensions() -> None:
    for channels in (2, 3):
        joints = np.zeros((1, 13, channels), np.float32)
        joints[..., 0] = 1
        rolled = rotate(SkeletonSequence(joints, "penn-13"), roll=np.pi / 2).joints
        np.testing.assert_allclose(rolled[0, 0, 0], [0, 1, 0][:channels], atol=1e-6)


@pytest.mark.parametrize("angle", ["yaw", "pitch"])
def test_an_image_cannot_leave_its_plane(sequence_maker, angle: str) -> None:
    with pytest.raises(InputError, match="can only roll"):
        rotate(sequence_maker("penn-13", channels=2), **{angle: 0.1})


@pytest.mark.parametrize("layout", ["kinect-20", "ntu-25", "coco-17", "hdm05-31"])
@pytest.mark.parametrize("yaw", [0.5, 2.5, -3.0])
def test_facing_the_camera_undoes_any_yaw(sequence_maker, layout: str, yaw: float) -> None:
    sequence = sequence_maker(layout)
    close(face_camera(rotate(sequence, yaw=yaw)), face_camera(sequence))


@pytest.mark.parametrize("seed", range(5))
def test_facing_the_camera_puts_the_left_side_at_negative_x(sequence_maker, seed: int) -> None:
    sequence = sequence_maker(seed=seed)
    first = face_camera(sequence).joints[0, 0]
    index = sequence.layout.index
    across = (first[index("shoulder_left")] - first[index("shoulder_right")] + first[index("hip_left")]) - first[
        index("hip_right")
    ]
    assert across[0] < 0
    assert across[2] == pytest.approx(0, abs=1e-5)


def test_facing_the_camera_keeps_the_turns_within_a_motion(sequence_maker) -> None:
    sequence = sequence_maker(bodies=2)
    np.testing.assert_allclose(distances(face_camera(sequence)), distances(sequence), atol=1e-5)
    once = face_camera(sequence)
    close(face_camera(once), once)


def test_facing_the_camera_waits_for_the_first_frame_with_hips_and_shoulders(sequence_maker) -> None:
    sequence = sequence_maker()
    joints = sequence.joints.copy()
    joints[:, :3, sequence.layout.index("hip_left")] = np.nan
    late = SkeletonSequence(joints, sequence.layout)
    expected = face_camera(SkeletonSequence(sequence.joints[:, 3:], sequence.layout))
    np.testing.assert_allclose(face_camera(late).joints[:, 3:], expected.joints, atol=1e-5)


def test_images_and_bodies_without_hips_are_not_turned(sequence_maker) -> None:
    flat = sequence_maker("penn-13", channels=2)
    assert face_camera(flat) is flat
    hidden = sequence_maker()
    joints = hidden.joints.copy()
    joints[:, :, hidden.layout.index("hip_left")] = np.nan
    hidden = SkeletonSequence(joints, "kinect-20")
    np.testing.assert_array_equal(face_camera(hidden).joints, joints)


def test_scaled_bodies_have_a_torso_of_one(sequence_maker) -> None:
    assert torso_length(scale_by_torso(sequence_maker(bodies=2))) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("factor", [0.01, 2.0, 1000.0])
def test_scaling_forgets_the_size(sequence_maker, factor: float) -> None:
    sequence = sequence_maker()
    close(scale_by_torso(sequence.replace(sequence.joints * factor)), scale_by_torso(sequence))


def test_a_torso_never_observed_scales_nothing(sequence_maker) -> None:
    sequence = sequence_maker()
    joints = sequence.joints.copy()
    joints[:, :, sequence.layout.indices(sequence.layout.chest)] = np.nan
    hidden = SkeletonSequence(joints, "kinect-20")
    assert np.isnan(torso_length(hidden))
    np.testing.assert_array_equal(scale_by_torso(hidden).joints, joints)
    point = SkeletonSequence(np.zeros((4, 20, 3)), "kinect-20")
    np.testing.assert_array_equal(scale_by_torso(point).joints, 0)


@pytest.mark.parametrize("layout", ["kinect-20", "coco-17"])
def test_the_pelvis_starts_at_the_origin_wherever_the_body_stood(sequence_maker, layout: str) -> None:
    sequence = sequence_maker(layout, bodies=2)
    centred = centre(sequence)
    pelvis = centred.joints[0, 0, centred.layout.indices(centred.layout.pelvis)].mean(axis=0)
    np.testing.assert_allclose(pelvis, 0, atol=1e-6)
    close(centre(sequence.replace(sequence.joints + SHIFT)), centred)


def test_centring_keeps_paths_and_the_distance_of_two_bodies(sequence_maker) -> None:
    sequence = sequence_maker(bodies=2)
    moved = centre(sequence).joints - sequence.joints
    np.testing.assert_allclose(moved, np.broadcast_to(moved[0, 0, 0], moved.shape), atol=1e-6)


def test_without_a_pelvis_the_first_observed_joints_serve(sequence_maker) -> None:
    sequence = sequence_maker()
    joints = sequence.joints.copy()
    joints[:, :, sequence.layout.indices(sequence.layout.pelvis)] = np.nan
    joints[:, 0] = np.nan
    centred = centre(SkeletonSequence(joints, "kinect-20"))
    np.testing.assert_allclose(np.nanmean(centred.joints[0, 1], axis=0), 0, atol=1e-6)


def test_nothing_observed_stays_nothing() -> None:
    empty = SkeletonSequence(np.full((3, 20, 3), np.nan), "kinect-20")
    for transform in (centre, face_camera, scale_by_torso, mirror, rotate):
        assert not transform(empty).observed.any()

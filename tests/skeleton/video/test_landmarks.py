import numpy as np
import pytest

from zeroskel.core import get_layout
from zeroskel.skeleton.transforms import convert_layout
from zeroskel.skeleton.video import Landmarks, to_sequence
from zeroskel.skeleton.video._landmarks import LAYOUT

JOINTS = get_layout(LAYOUT)
HIPS = JOINTS.indices(JOINTS.pelvis)
SIZE = (720, 1280)


def filmed(way, *, field_of_view=60.0, seconds=None, seed=0):
    """Landmarks of a flat figure whose hips go along `way` (T, 3): metres, x left, y up, z away from the camera.

    The figure leans to a side. Its left limbs are as long as its right ones.
    """
    rng = np.random.default_rng(seed)
    figure = rng.uniform([-0.4, -0.9, 0.0], [0.4, 0.7, 0.0], (len(JOINTS.joints), 3))
    figure = (figure + figure[JOINTS.mirror_order] * [-1, 1, 1]) / 2
    figure = figure @ [[0.95, 0.31, 0], [-0.31, 0.95, 0], [0, 0, 1]]
    figure -= figure[HIPS].mean(axis=0)
    world = np.repeat(figure[None], len(way), axis=0)
    there = world + (way * [-1.0, -1.0, 1.0])[:, None]
    focal = max(SIZE) / 2 / np.tan(np.deg2rad(field_of_view) / 2)
    image = there[..., :2] / there[..., 2:] * focal + np.array(SIZE) / 2
    times = np.arange(len(way)) / 25 if seconds is None else seconds
    return Landmarks(times, image, world, np.ones(world.shape[:2]), SIZE)


def straight(frames=50):
    return np.linspace([0.3, -0.1, 3.0], [-0.5, 0.4, 3.0], frames)


def test_the_way_of_the_hips_comes_back():
    way = straight()
    sequence = to_sequence(filmed(way), visibility=0.1, field_of_view=60.0)
    assert sequence.layout.name == LAYOUT
    assert sequence.fps == pytest.approx(25.0)
    np.testing.assert_allclose(sequence.joints[0][:, HIPS].mean(axis=1), way, atol=0.01)


def test_what_is_aside_does_not_depend_on_the_field_of_view_and_the_distance_is_proportional():
    landmarks = filmed(straight())
    narrow, wide = (
        to_sequence(landmarks, visibility=0.1, field_of_view=fov).joints[0][:, HIPS].mean(axis=1) for fov in (40, 80)
    )
    np.testing.assert_allclose(narrow[:, :2], wide[:, :2], atol=1e-5)
    np.testing.assert_allclose(narrow[:, 2] / wide[:, 2], np.tan(np.deg2rad(40)) / np.tan(np.deg2rad(20)), rtol=1e-4)


def test_somebody_who_comes_nearer_gets_nearer():
    way = np.linspace([0.0, 0.0, 4.0], [0.0, 0.0, 2.0], 100)
    sequence = to_sequence(filmed(way), visibility=0.1, field_of_view=60.0)
    distance = sequence.joints[0][:, HIPS, 2].mean(axis=1)
    assert (np.diff(distance) < 0).all()
    np.testing.assert_allclose(distance, way[:, 2], atol=0.15)


def test_axes_turn_and_are_not_mirrored():
    landmarks = filmed(straight())
    joints = to_sequence(landmarks, visibility=0.1, field_of_view=60.0).joints[0]
    hips = joints[:, HIPS].mean(axis=1, keepdims=True)
    np.testing.assert_allclose((joints - hips) * [-1, -1, 1], landmarks.world, atol=0.03)


def test_what_is_hardly_visible_is_not_observed_and_moves_nothing_else():
    landmarks = filmed(straight())
    landmarks.visibility[10:20, JOINTS.index("wrist_left")] = 0.05
    landmarks.image[10:20, JOINTS.index("wrist_left")] = 5000.0
    sequence = to_sequence(landmarks, visibility=0.1, field_of_view=60.0)
    expected = np.ones((50, 33), bool)
    expected[10:20, JOINTS.index("wrist_left")] = False
    np.testing.assert_array_equal(sequence.observed[0], expected)
    np.testing.assert_allclose(sequence.joints[0][:, HIPS].mean(axis=1), straight(), atol=0.01)


def test_frames_without_a_person_are_not_observed_and_spoil_no_others():
    landmarks = filmed(straight())
    for array in (landmarks.image, landmarks.world, landmarks.visibility):
        array[20:30] = np.nan
    assert landmarks.detected.sum() == 40
    sequence = to_sequence(landmarks, visibility=0.1, field_of_view=60.0)
    np.testing.assert_array_equal(sequence.observed[0].all(axis=1), landmarks.detected)
    there = sequence.joints[0][landmarks.detected][:, HIPS].mean(axis=1)
    np.testing.assert_allclose(there, straight()[landmarks.detected], atol=0.01)


def test_uneven_times_become_even():
    seconds = np.sort(np.random.default_rng(1).uniform(0, 2, 60))
    seconds[[0, -1]] = 0.0, 2.0
    way = np.stack([seconds * 0.5, seconds * 0.1, np.full(60, 3.0)], axis=1)  # steadily aside at all times
    sequence = to_sequence(filmed(way, seconds=seconds), visibility=0.1, field_of_view=60.0)
    assert sequence.frames == 60
    assert sequence.fps == pytest.approx(59 / 2)
    np.testing.assert_allclose(sequence.joints[0][:, HIPS, 0].mean(axis=1), np.arange(60) / 29.5 * 0.5, atol=0.01)


@pytest.mark.parametrize("layout", ["kinect-20", "ntu-25", "kinect-15"])
def test_every_joint_of_a_depth_camera_comes_of_those_of_a_video(layout):
    """A joint never observed would stand at the pelvis; the spine's is between hips and shoulders."""
    sequence = to_sequence(filmed(straight()), visibility=0.1, field_of_view=60.0)
    converted = convert_layout(sequence, layout)
    assert converted.observed.all()
    spine = converted.joints[0][:, converted.layout.index("spine")]
    hips, shoulders = (
        sequence.joints[0][:, JOINTS.indices([f"{name}_left", f"{name}_right"])].mean(axis=1)
        for name in ("hip", "shoulder")
    )
    np.testing.assert_allclose(spine, hips * 2 / 3 + shoulders / 3, atol=1e-5)

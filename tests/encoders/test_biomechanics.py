"""Measures state facts of bodies for any layout, length and size."""

from dataclasses import replace

import numpy as np
import pytest

from zeroskel import encoders
from zeroskel.core import InputError, SkeletonSequence, available_layouts, get_layout
from zeroskel.encoders._measures import body_measures, relation_measures, role_joints
from zeroskel.encoders._series import angle, enclosed_area, reversals, statistics
from zeroskel.skeleton import Preprocessing

KINECT = get_layout("kinect-20")
UPRIGHT = {  # facing -z, left at negative x; torso of length 1
    "hip_center": (0, 0, 0),
    "spine": (0, 0.5, 0),
    "shoulder_center": (0, 1, 0),
    "head": (0, 1.5, 0),
    **{
        f"{joint}_{side}": (sign * x, y, 0)
        for side, sign in (("left", -1), ("right", 1))
        for joint, x, y in [
            *(("shoulder", 0.4, 0.9), ("elbow", 0.4, 0.4), ("wrist", 0.4, -0.1), ("hand", 0.4, -0.2)),
            *(("hip", 0.2, 0), ("knee", 0.2, -0.9), ("ankle", 0.2, -1.7), ("foot", 0.2, -1.8)),
        ]
    },
}
MEDIAN = 2  # of the nine statistics


def standing(frames=50, **moved):
    """Return (T, V, 3) joints of a standing person; keywords replace joints by (3,) or (T, 3) positions."""
    joints = {**UPRIGHT, **moved}
    return np.stack(
        [np.broadcast_to(np.asarray(joints[name], float), (frames, 3)) for name in KINECT.joints], axis=1
    ).astype(np.float32)


def measures(*bodies, layout=KINECT):
    return body_measures(np.stack(bodies), layout, moments=13, frequencies=6)


def medians(groups, name):
    """Return the medians (N, K) of a group of statistics."""
    group = groups[name]
    return group.reshape(len(group), 9, -1)[:, MEDIAN]


def walkers(count=24, frames=50, layout=KINECT, bodies=1, seed=0):
    """Return (N, 3, T, V, M) bodies that sway about a random pose."""
    rng = np.random.default_rng(seed)
    rest = rng.normal(size=(count, 3, 1, len(layout.joints), bodies))
    phase = np.linspace(0, 2 * np.pi, frames)[:, None, None]
    sway = np.sin(rng.integers(1, 4, (count, 3, 1, 1, 1)) * phase) * rng.normal(size=rest.shape) * 0.3
    return (rest + sway).astype(np.float32)


def fitted(batch, layout="kinect-20", **options):
    return encoders.create("biomechanics", layout, **options).fit(batch, np.arange(len(batch)) % 3)


def test_an_elbow_at_a_right_angle_shows_as_half_pi():
    bent = standing(wrist_right=(0.9, 0.4, 0), hand_right=(1, 0.4, 0))
    angles = medians(measures(standing(), bent), "angles")
    np.testing.assert_allclose(angles[:, 0], [np.pi, np.pi / 2], atol=5e-3)
    np.testing.assert_allclose(angles[:, 1], np.pi, atol=5e-3)
    np.testing.assert_allclose(angle(np.array([1.0, 0]), np.zeros(2), np.array([0.0, 2])), np.pi / 2, atol=1e-5)


def test_a_hand_above_the_head_is_higher_than_the_head():
    raised = standing(hand_right=(0.4, 2, 0), wrist_right=(0.4, 1.9, 0), elbow_right=(0.4, 1.4, 0))
    pelvis, head, hand = medians(measures(raised), "heights")[0]
    assert hand > head > pelvis
    np.testing.assert_allclose([pelvis, head, hand], [1.8, 3.3, 3.8], atol=1e-5)
    np.testing.assert_allclose(medians(measures(standing()), "heights")[0, 2], 1.6, atol=1e-5)


def test_a_circle_encloses_what_a_way_there_and_back_does_not():
    turn = np.linspace(0, 2 * np.pi, 50)
    circle = np.stack([0.4 + 0.3 * np.cos(turn), 1 + 0.3 * np.sin(turn), np.zeros(50)], axis=1)
    there_and_back = np.stack([0.4 + 0.3 * np.cos(turn), np.ones(50), np.zeros(50)], axis=1)
    round_, straight = measures(standing(hand_right=circle), standing(hand_right=there_and_back))["area"]
    np.testing.assert_allclose(round_[0], 2 * np.pi * 0.3**2, rtol=0.02)
    np.testing.assert_allclose(round_[[1, 2]], 0, atol=1e-5)
    np.testing.assert_allclose(straight, 0, atol=1e-5)
    backwards = enclosed_area(circle[None, ::-1])[0]
    np.testing.assert_allclose(backwards[:3], -enclosed_area(circle[None])[0, :3], atol=1e-6)


def test_a_wave_turns_back_twice_a_cycle():
    wave = np.stack([np.cos(np.arange(50) / 49 * 8 * np.pi), np.ones(50), np.zeros(50)], axis=1)  # 4 cycles
    assert reversals(wave[None])[0].tolist() == [7, 0, 0]
    assert reversals(wave[None] * 1e-3)[0].tolist() == [0, 0, 0]


def test_a_repeated_movement_resembles_itself_a_cycle_later():
    waving = np.stack([0.4 + 0.5 * np.sin(np.arange(50) / 50 * 10 * np.pi), np.ones(50), np.zeros(50)], axis=1)
    rhythm = measures(standing(hand_right=waving))["rhythm"][0]  # lags 1, 3, 5, … of 50, a cycle of 10
    assert rhythm[[4, 5]].min() > 0.5  # 9 and 11
    assert rhythm[2] < -0.5  # 5


def test_a_person_who_stands_still_has_no_speed():
    groups = measures(standing())
    for name in ("speed", "spread", "frequencies", "reversals", "area", "path"):
        np.testing.assert_allclose(groups[name], 0, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(groups["rhythm"], 0, atol=1e-3)


def test_statistics_are_quantiles_deviation_start_end_and_middle():
    ramp = np.arange(101.0)[None]
    np.testing.assert_allclose(
        statistics(ramp[..., None])[0, :, 0],
        [5, 25, 50, 75, 95, ramp.std(), np.arange(6).mean(), np.arange(95, 101).mean(), 50],
    )


def test_a_position_changes_the_measures_of_the_pelvis_only():
    body = walkers(1).transpose(0, 4, 2, 3, 1)[0, 0]
    here, there = body, body + np.float32([2, 0, -1])
    groups = measures(here, there)
    for name, (one, other) in groups.items():
        if name == "pelvis":
            assert np.abs(one - other).max() > 1
        else:
            np.testing.assert_allclose(one, other, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("layout", ["kinect-20", "ntu-25", "coco-17"])
def test_features_do_not_depend_on_position_and_size(layout, sequence_maker):
    small = sequence_maker(layout, frames=50)
    tall = SkeletonSequence(small.joints * 2, layout)
    away = SkeletonSequence(small.joints + np.float32([3, 0, 2]), layout)
    prepare = Preprocessing(layout)
    encoder = fitted(walkers(layout=get_layout(layout)), layout)
    first, *others = encoder.encode(np.stack([prepare(sequence) for sequence in (small, tall, away)]))
    for other in others:
        np.testing.assert_allclose(other, first, atol=2e-3)


@pytest.mark.parametrize("layout", available_layouts())
@pytest.mark.parametrize("bodies", [1, 2])
def test_every_layout_gives_finite_features_for_any_length(layout, bodies):
    batch = walkers(layout=get_layout(layout), bodies=bodies)
    batch[::3, ..., 1:] = 0  # the second body is absent
    encoder = fitted(batch, layout)
    for frames in (50, 7, 3, 2, 1):
        features = encoder.encode(batch[:, :, :frames])
        assert features.shape == (24, 23)  # as many as 24 centred sequences span
        assert features.dtype == np.float32
        assert np.isfinite(features).all()
        assert np.abs(features).max() < 100


@pytest.mark.parametrize("layout", ["coco-17", "penn-13", "jhmdb-15"])
def test_features_of_images_are_finite_although_depth_never_varied(layout):
    flat, deep = walkers(layout=get_layout(layout)), walkers(4, layout=get_layout(layout), seed=1)
    flat[:, 2] = 0
    features = fitted(flat, layout).encode(deep)
    assert np.isfinite(features).all()
    assert np.abs(features).max() < 100


def test_measures_that_never_varied_in_training_are_ignored():
    still = np.repeat(standing()[None], 12, axis=0)
    still[:, :, KINECT.index("hand_left")] += np.linspace(0, 1, 12, dtype=np.float32)[:, None, None]
    encoder = fitted(still.transpose(0, 3, 1, 2)[..., None])
    moving = encoder.encode(walkers(3))
    assert np.isfinite(moving).all()
    assert np.abs(moving).max() < 100


@pytest.mark.parametrize("layout", available_layouts())
def test_every_role_has_joints_in_every_layout(layout):
    roles = role_joints(get_layout(layout))
    assert len(roles) == 3 + 2 * 8
    assert all(roles.values())


def test_roles_fall_back_on_what_a_layout_has():
    named = {
        layout: {role: [get_layout(layout).joints[i] for i in indices] for role, indices in roles.items()}
        for layout in available_layouts()
        for roles in [role_joints(get_layout(layout))]
    }
    assert named["kinect-15"]["wrist_left"] == ["hand_left"]
    assert named["kinect-15"]["ankle_right"] == ["foot_right"]
    assert named["penn-13"]["hand_right"] == ["wrist_right"]
    assert named["penn-13"]["foot_left"] == ["ankle_left"]
    assert named["coco-17"]["head"] == ["ear_left", "ear_right"]
    assert named["mediapipe-33"]["hand_left"] == ["index_left", "pinky_left"]
    assert named["jhmdb-15"]["pelvis"] == ["hip_left", "hip_right"]
    assert named["kinect-20"]["chest"] == ["shoulder_center"]


def test_roles_that_a_layout_lacks_leave_their_numbers_out():
    trunk = ("hip_center", "spine", "shoulder_center", "head")
    layout = replace(KINECT, joints=trunk, bones=(), mirror=(), parts={}, derived={})
    groups = measures(standing()[:, :4], layout=layout)
    assert not {"distances", "heights", "reversals", "area"} & set(groups)
    assert groups["vectors"].shape == (1, 9 * 3)  # the head from the pelvis
    assert groups["angles"].shape == (1, 9 * 3)  # the lean
    assert relation_measures(np.stack([standing()[:, :4]] * 2)[None], layout).shape == (1, 9)  # the pelvises


def relation(one, other):
    return relation_measures(np.stack([one, other])[None], KINECT).reshape(9, 9)[MEDIAN]


def test_two_bodies_are_as_near_and_turned_as_they_stand():
    behind = standing() + np.float32([0, 0, -2])  # in front of the first, showing its back
    opposite = standing() * np.float32([-1, 1, -1]) + np.float32([0, 0, -2])
    computed = relation(standing(), opposite)
    np.testing.assert_allclose(computed[0], 2, atol=1e-5)
    np.testing.assert_allclose(computed[6:], [1, 1, -1], atol=1e-4)  # they look at each other
    np.testing.assert_allclose(relation(standing(), behind)[6:], [1, -1, 1], atol=1e-4)


def test_a_touch_brings_the_hand_to_the_other_head():
    other = standing() * np.float32([-1, 1, -1]) + np.float32([0, 0, -2])
    touching = standing(hand_left=(0, 1.5, -2))
    assert relation(touching, other)[1] < 1e-5 < relation(standing(), other)[1]
    np.testing.assert_allclose(relation(other, touching)[3], 0, atol=1e-5)  # the same from the other side


def test_an_absent_body_has_no_measures():
    pair = walkers(6, bodies=2)
    pair[0, ..., 1] = 0
    groups = encoders.create("biomechanics", "kinect-20")._measures(pair)
    single = encoders.create("biomechanics", "kinect-20")._measures(pair[..., :1])
    assert "relation" not in single
    np.testing.assert_array_equal(groups["relation"][0], 0)
    assert np.abs(groups["relation"][1]).max() > 0
    for name, numbers in single.items():
        # sums of float32 differ in the last digit by the strides of an array
        np.testing.assert_allclose(groups[name][:, : numbers.shape[1]], numbers, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(groups[name][0, numbers.shape[1] :], 0)


def test_the_saved_encoder_is_the_same(tmp_path):
    batch = walkers(bodies=2)
    encoder = fitted(batch, embed_dim=8, moments=5, frequencies=3, whiten=0.5, clip=3.0)
    encoder.save(tmp_path / "saved")
    loaded = encoders.load(tmp_path / "saved")
    assert loaded.options() == encoder.options()
    np.testing.assert_array_equal(loaded.encode(batch), encoder.encode(batch))


@pytest.mark.parametrize(
    "options",
    [
        {"embed_dim": 0},
        {"moments": 1},
        {"frequencies": 0},
        {"whiten": -0.1},
        {"whiten": float("nan")},
        {"clip": 0},
    ],
)
def test_wrong_options_are_refused_by_the_constructor(options):
    (name,) = options
    with pytest.raises(InputError, match=f"{name} .*expected") as error:
        encoders.create("biomechanics", "kinect-20", **options)
    assert "\n" not in str(error.value)


def test_other_bodies_or_channels_than_in_training_are_refused():
    encoder = fitted(walkers())
    with pytest.raises(InputError, match="2 bodies"):
        encoder.encode(walkers(bodies=2))
    with pytest.raises(InputError, match="2 channels"):
        encoder.encode(walkers()[:, :2])

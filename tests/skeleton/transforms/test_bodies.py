"""The main bodies are those that move most, and NTU recordings follow the rules of the field."""

import numpy as np
import pytest

from zeroskel.core import InputError, SkeletonSequence
from zeroskel.skeleton.transforms.bodies import choose_main_bodies, denoise_bodies, main_actors, merge_bodies


def scene(*bodies: np.ndarray) -> SkeletonSequence:
    return SkeletonSequence(np.stack(bodies), "kinect-20")


@pytest.fixture
def actor(sequence_maker) -> np.ndarray:
    return sequence_maker(frames=20, seed=1).joints[0]


@pytest.fixture
def furniture(actor) -> np.ndarray:
    """Return a person's shape that never moves."""
    return np.repeat(actor[:1], len(actor), axis=0) + 2


def test_a_static_ghost_is_dropped(actor, furniture) -> None:
    chosen = choose_main_bodies(scene(furniture, actor), count=1)
    np.testing.assert_array_equal(chosen.joints[0], actor)


def test_a_ghost_of_few_frames_loses_against_a_body_seen_throughout(actor) -> None:
    ghost = np.full_like(actor, np.nan)
    ghost[3:5] = actor[3:5] * 1.05
    chosen = choose_main_bodies(scene(ghost, actor), count=1)
    np.testing.assert_array_equal(chosen.joints[0], actor)


def test_bodies_come_in_falling_order_of_motion(actor, furniture) -> None:
    lively = actor[:1] + 3 * (actor - actor[:1])
    chosen = choose_main_bodies(scene(furniture, actor, lively), count=3)
    np.testing.assert_array_equal(chosen.joints, np.stack([lively, actor, furniture]))


def test_the_choice_does_not_depend_on_the_order_of_the_bodies(actor, furniture) -> None:
    lively = actor[:1] + 3 * (actor - actor[:1])
    one = choose_main_bodies(scene(furniture, actor, lively), count=2)
    other = choose_main_bodies(scene(lively, furniture, actor), count=2)
    np.testing.assert_array_equal(one.joints, other.joints)


@pytest.mark.parametrize(("given", "count", "expected"), [(1, 2, 1), (2, 2, 2), (3, 2, 2), (3, 5, 3)])
def test_a_recording_has_at_most_as_many_bodies_as_requested(
    sequence_maker, given: int, count: int, expected: int
) -> None:
    assert choose_main_bodies(sequence_maker(bodies=given), count=count).bodies == expected


def test_a_body_never_observed_comes_last(actor) -> None:
    chosen = choose_main_bodies(scene(np.full_like(actor, np.nan), actor))
    np.testing.assert_array_equal(chosen.joints[0], actor)


def test_half_observed_coordinates_do_not_count_as_motion(actor, furniture) -> None:
    flicker = furniture.copy()
    flicker[::2, :, 0] = np.nan
    flicker[::2, :, 1] += 100
    chosen = choose_main_bodies(scene(flicker, actor), count=1)
    np.testing.assert_array_equal(chosen.joints[0], actor)


def test_layout_and_frame_rate_stay(sequence_maker) -> None:
    sequence = SkeletonSequence(sequence_maker(bodies=3).joints, "kinect-20", fps=25)
    chosen = choose_main_bodies(sequence)
    assert (chosen.layout, chosen.fps) == (sequence.layout, 25)


def test_a_count_of_no_body_is_an_error(sequence_maker) -> None:
    with pytest.raises(InputError, match="count is 0"):
        choose_main_bodies(sequence_maker(bodies=2), count=0)


FRAMES = 40
REST = np.random.default_rng(5).uniform([-0.25, -0.8, 3.0], [0.25, 0.8, 3.2], size=(25, 3))  # a standing person's size


def person(seed: int = 0, shift: float = 0.0, walk: float = 0.3) -> np.ndarray:
    """Return (T, 25, 3) joints of a person who walks `walk` metres to and fro in depth."""
    rng = np.random.default_rng(seed)
    phase = np.linspace(0, 2 * np.pi, FRAMES)[:, None]
    path = np.concatenate([np.full_like(phase, shift), 0 * phase, walk * np.sin(phase)], axis=1)
    return REST + path[:, None] + rng.normal(size=(FRAMES, 25, 3)) * 0.005


def chair() -> np.ndarray:
    """Return furniture that was detected as a body: wider than high, and still."""
    return np.repeat((REST * [2.5, 0.4, 1.0])[None], FRAMES, axis=0)


def during(body: np.ndarray, start: int, stop: int) -> np.ndarray:
    """Return the body with only these frames observed."""
    partial = np.full_like(body, np.nan)
    partial[start:stop] = body[start:stop]
    return partial


def recording(*bodies: np.ndarray) -> SkeletonSequence:
    return SkeletonSequence(np.stack(bodies), "ntu-25")


def assert_bodies(sequence: SkeletonSequence, *bodies: np.ndarray) -> None:
    np.testing.assert_array_equal(sequence.joints, np.stack(bodies).astype(np.float32))


@pytest.mark.parametrize("seen", [5, 11])
def test_a_ghost_of_at_most_eleven_frames_goes(seen: int) -> None:
    assert_bodies(denoise_bodies(recording(during(person(1), 3, 3 + seen), person())), person())


def test_a_body_of_twelve_frames_stays() -> None:
    assert denoise_bodies(recording(during(person(1, 1.0), 3, 15), person())).bodies == 2


def test_frames_count_where_observed_not_from_first_to_last() -> None:
    flicker = during(person(1), 0, 5)
    flicker[-5:] = person(1)[-5:]
    assert_bodies(denoise_bodies(recording(person(), flicker)), person())


def test_furniture_is_removed_because_it_is_wider_than_high() -> None:
    assert_bodies(denoise_bodies(recording(chair(), person())), person())


@pytest.mark.parametrize(("noisy", "expected"), [(27, 2), (28, 1)])  # 27 / 40 = .675, 28 / 40 = .7; the limit is .69754
def test_a_body_may_have_a_share_of_wide_frames(noisy: int, expected: int) -> None:
    other = person(1, 1.0)
    other[:noisy] = chair()[:noisy]
    assert denoise_bodies(recording(person(), other)).bodies == expected


def test_two_persons_stay() -> None:
    both = recording(person(0, -0.5), person(1, 0.5))
    assert_bodies(denoise_bodies(both), *both.joints)
    assert_bodies(main_actors(recording(chair(), *both.joints)), *sorted(both.joints, key=variance, reverse=True))


def variance(body: np.ndarray) -> float:
    """Return the variance of all joints of all frames together, the definition of the thresholds."""
    return float(body[~np.isnan(body).any(axis=-1)].astype(np.float64).var(axis=0).sum())


def test_what_hardly_moves_or_jumps_about_goes_but_never_the_liveliest() -> None:
    doll = (REST * [0.2, 0.2, 1.0]) + person(2) * 0
    jumper = person(3, walk=4.0)
    assert variance(doll) < 0.089925 < variance(person()) < 2.0 < variance(jumper)
    assert_bodies(denoise_bodies(recording(doll, person())), person())
    assert_bodies(denoise_bodies(recording(person(), jumper)), person(), jumper)  # most motion, beyond the limit
    lively = person(4, walk=5.0)
    assert_bodies(denoise_bodies(recording(jumper, person(), lively)), person(), lively)
    assert denoise_bodies(recording(doll, jumper, lively), motion=(0, float("inf"))).bodies == 3


@pytest.mark.parametrize("body", [during(person(), 0, 3), chair(), REST[None] * 0.01 + person() * 0])
def test_a_single_body_is_untouched(body: np.ndarray) -> None:
    single = recording(body)
    np.testing.assert_array_equal(main_actors(single).joints, single.joints)


def test_of_bad_bodies_only_one_stays() -> None:
    assert_bodies(denoise_bodies(recording(during(person(), 0, 3), during(person(1), 0, 4))), during(person(1), 0, 4))
    better = chair()
    better[:5] = person()[:5]
    assert_bodies(denoise_bodies(recording(chair(), better)), better)


def test_a_person_whose_tracking_id_changed_is_joined() -> None:
    whole = person()
    parts = recording(during(whole, 0, 15), during(whole, 16, 40))
    joined = main_actors(parts)
    assert_bodies(joined, np.where(np.arange(FRAMES)[:, None, None] == 15, np.nan, whole))
    other = person(1, 1.0, walk=0.6)
    assert_bodies(main_actors(recording(*parts.joints, other)), other, joined.joints[0])


def test_a_body_that_overlaps_with_every_track_is_removed() -> None:
    lively, calm, calmest = person(0, walk=0.6), person(1, walk=0.4), person(2, walk=0.2)
    assert_bodies(merge_bodies(recording(calmest, calm, lively)), lively, calm)
    assert_bodies(merge_bodies(recording(calmest, calm, lively), 3), lively, calm, calmest)
    halves = recording(during(lively, 0, 20), during(calm, 20, 40), calmest * [1, 0.9, 1])
    assert_bodies(merge_bodies(halves, 1), np.concatenate([lively[:20], calm[20:]]))


def test_actors_do_not_depend_on_the_order_of_the_bodies() -> None:
    bodies = [person(0, walk=0.6), person(1, walk=0.4), chair(), during(person(2), 0, 5), during(person(3), 0, 20)]
    expected = main_actors(recording(*bodies)).joints
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(bodies))
        np.testing.assert_array_equal(main_actors(recording(*[bodies[i] for i in order])).joints, expected)


def test_equal_bodies_keep_their_order_and_inputs_are_not_changed() -> None:
    twins = recording(person(), person())
    before = twins.joints.copy()
    assert main_actors(twins).bodies == 2
    np.testing.assert_array_equal(twins.joints, before)


def test_a_body_never_observed_gets_no_track() -> None:
    assert_bodies(main_actors(recording(np.full((FRAMES, 25, 3), np.nan), person())), person())
    nobody = recording(np.full((FRAMES, 25, 3), np.nan), np.full((FRAMES, 25, 3), np.nan))
    assert main_actors(nobody).bodies == 1


@pytest.mark.parametrize("choose", [merge_bodies, main_actors])
def test_a_count_of_no_actor_is_an_error(choose) -> None:
    with pytest.raises(InputError, match="count is 0"):
        choose(recording(person(), person(1)), 0)

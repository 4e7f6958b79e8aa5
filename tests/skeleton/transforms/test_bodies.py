"""Facts of the choice of main bodies."""

import numpy as np
import pytest

from zeroskel.core import InputError, SkeletonSequence
from zeroskel.skeleton.transforms import choose_main_bodies


def scene(*bodies: np.ndarray) -> SkeletonSequence:
    return SkeletonSequence(np.stack(bodies), "kinect-20")


@pytest.fixture
def actor(sequence_maker) -> np.ndarray:
    return sequence_maker(frames=20, seed=1).joints[0]


@pytest.fixture
def furniture(actor) -> np.ndarray:
    """A person-shaped thing that never moves."""
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


@pytest.mark.parametrize(("there", "wanted", "kept"), [(1, 2, 1), (2, 2, 2), (3, 2, 2), (3, 5, 3)])
def test_never_more_bodies_than_wanted_or_there(sequence_maker, there: int, wanted: int, kept: int) -> None:
    assert choose_main_bodies(sequence_maker(bodies=there), count=wanted).bodies == kept


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


def test_no_body_wanted_is_an_error(sequence_maker) -> None:
    with pytest.raises(InputError, match="count is 0"):
        choose_main_bodies(sequence_maker(bodies=2), count=0)

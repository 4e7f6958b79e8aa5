"""Tracking: detections in any order become bodies of constant identity."""

import time

import numpy as np
import pytest

from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.inference._people import people

ACTIONS = ["walk in place", "squat", "wave both hands", "kick forward with the right leg", "bow forward", "jump"]


def crowd(count: int, frames: int = 60, apart: float = 1.0) -> np.ndarray:
    """(count, frames, 25, 3) people side by side."""
    bodies = [generate_sequence(ACTIONS[number % 6], number, frames=frames).joints[0] for number in range(count)]
    return np.stack([body + np.float32([apart * number, 0, 0]) for number, body in enumerate(bodies)])


def shuffled(bodies: np.ndarray, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([bodies[rng.permutation(len(bodies)), frame] for frame in range(bodies.shape[1])], axis=1)


def assert_same_people(result: np.ndarray, bodies: np.ndarray) -> None:
    remaining = [body for body in bodies]
    for body in result:
        matches = [index for index, other in enumerate(remaining) if np.array_equal(body, other, equal_nan=True)]
        assert matches
        remaining.pop(matches[0])
    assert not remaining


@pytest.mark.parametrize("scale", [1.0, 300.0])
@pytest.mark.parametrize("channels", [2, 3])
@pytest.mark.parametrize("count", [2, 3, 4])
def test_detections_in_any_order_are_sorted_by_person(count: int, channels: int, scale: float) -> None:
    bodies = crowd(count)[..., :channels] * np.float32(scale)
    result, notes = people(shuffled(bodies), None, tracked=False)
    assert_same_people(result, bodies)
    assert notes == ()


def test_gaps_of_half_a_second_are_bridged_and_people_enter_and_leave() -> None:
    bodies = crowd(3)
    bodies[0, 20:35] = np.nan
    bodies[1, :25] = np.nan
    bodies[2, 40:] = np.nan
    assert_same_people(people(shuffled(bodies), None, tracked=False)[0], bodies)


def test_four_people_are_kept_and_the_others_counted() -> None:
    bodies = crowd(6)
    bodies[4, 15:] = np.nan
    bodies[5, :45] = np.nan
    for detections, tracked in ((shuffled(bodies), False), (bodies, True)):
        result, notes = people(detections, None, tracked)
        assert_same_people(result, bodies[:4])
        assert notes == ("2 more people left out",)


def test_ghosts_of_a_few_frames_go() -> None:
    bodies = crowd(3)
    bodies[2, 5:] = np.nan
    result, notes = people(shuffled(bodies), None, tracked=False)
    assert_same_people(result, bodies[:2])
    assert notes == ("1 body of at most 10 frames left out",)


def test_identities_of_the_estimator_are_used() -> None:
    bodies = crowd(2, apart=0.0)  # at the same place: only the numbers tell them apart
    identities = np.tile(np.array([[7], [3]]), (1, 60))
    result, _ = people(
        np.where(np.arange(60)[:, None, None] % 2, bodies, bodies[::-1]),
        np.where(np.arange(60) % 2, identities, identities[::-1]),
        False,
    )
    assert_same_people(result, bodies)


def test_an_identity_that_changes_is_joined() -> None:
    bodies = crowd(2)
    identities = np.tile(np.array([[1], [2]]), (1, 60))
    identities[0, 30:] = 9
    assert_same_people(people(bodies, identities, False)[0], bodies)


def test_people_who_walk_past_each_other_keep_their_bodies() -> None:
    walk = generate_sequence("walk in place", 0, frames=90).joints[0]
    other = generate_sequence("walk in place and wave the right hand", 1, frames=90).joints[0]
    along = np.linspace(-1.5, 1.5, 90, dtype=np.float32)[:, None, None] * np.float32([1, 0, 0])
    bodies = np.stack([walk + along, other - along + np.float32([0, 0, 0.5])])
    assert_same_people(people(shuffled(bodies), None, tracked=False)[0], bodies)
    assert_same_people(people(shuffled(bodies)[..., :2], None, tracked=False)[0], bodies[..., :2])


def test_joints_that_come_and_go_do_not_split_a_person() -> None:
    bodies = crowd(2)
    bodies[np.random.default_rng(1).random(bodies.shape[:3]) < 0.3] = np.nan
    assert_same_people(people(shuffled(bodies), None, tracked=False)[0], bodies)


def test_a_single_frame_keeps_its_people() -> None:
    bodies = crowd(3, frames=2)[:, :1]
    assert_same_people(people(bodies, None, tracked=False)[0], bodies)


def test_nobody_is_one_empty_body() -> None:
    result, notes = people(np.full((3, 10, 25, 3), np.nan), None, tracked=False)
    assert result.shape == (1, 10, 25, 3) and notes == ()


@pytest.mark.slow("ten minutes of three people")
@pytest.mark.parametrize("numbered", [False, True])
def test_ten_minutes_are_tracked_in_seconds(numbered: bool) -> None:
    bodies = np.tile(crowd(3, frames=100), (1, 180, 1, 1))
    identities = np.random.default_rng(0).integers(0, 50_000, bodies.shape[:2]) if numbered else None
    started = time.perf_counter()
    people(bodies, identities, tracked=False)
    assert time.perf_counter() - started < 20.0

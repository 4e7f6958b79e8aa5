"""The people of a recording: ghosts and furniture are none, tracking ids change, people enter and leave."""

import numpy as np
import pytest

from zeroskel.core import SkeletonSequence
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton._people import people_of

FPS = 30


@pytest.fixture
def walker() -> np.ndarray:
    """Return a person (90, 25, 3) in metres who acts for three seconds."""
    clip = generate_sequence("walk in place", seed=3)
    return clip.joints[0, np.arange(90) % clip.frames]


def scene(*bodies: np.ndarray) -> SkeletonSequence:
    return SkeletonSequence(np.stack(bodies), "ntu-25", fps=FPS)


def beside(body: np.ndarray, metres: float = 1.5) -> np.ndarray:
    return body + np.array([metres, 0, 0], np.float32)


def during(body: np.ndarray, first: int, last: int) -> np.ndarray:
    cut = np.full_like(body, np.nan)
    cut[first:last] = body[first:last]
    return cut


def test_two_people_side_by_side_are_as_each_of_them_alone(walker) -> None:
    other = beside(walker[::-1])
    people = people_of(scene(walker, other))
    assert [person.bodies for person in people] == [(0,), (1,)]
    for person, body in zip(people, (walker, other), strict=True):
        np.testing.assert_array_equal(person.while_there().joints[0], body)


def test_a_recording_of_one_body_is_unchanged(walker) -> None:
    sequence = scene(np.zeros_like(walker))
    (person,) = people_of(sequence)
    assert person.sequence is sequence


def test_people_are_numbered_as_they_enter_and_are_there_until_they_leave(walker) -> None:
    late, early = during(beside(walker), 45, 90), during(walker, 0, 60)
    people = people_of(scene(late, early))
    assert [(person.number, person.start, person.end) for person in people] == [(0, 0.0, 2.0), (1, 1.5, 3.0)]
    assert [person.bodies for person in people] == [(1,), (0,)]
    assert people[1].there.sum() == 45


def test_a_person_under_a_new_tracking_id_is_one_person(walker) -> None:
    (person,) = people_of(scene(during(walker, 0, 40), during(walker, 44, 90)))
    assert person.bodies == (0, 1)
    assert person.there.sum() == 86


def test_whoever_enters_elsewhere_after_another_left_is_another_person(walker) -> None:
    assert len(people_of(scene(during(walker, 0, 40), during(beside(walker, 3.0), 50, 90)))) == 2


@pytest.mark.parametrize("absent", [np.nan, 0.0])
def test_an_absent_body_is_nobody(walker, absent: float) -> None:
    assert [person.bodies for person in people_of(scene(np.full_like(walker, absent), walker))] == [(1,)]


def test_a_ghost_of_few_frames_is_nobody(walker) -> None:
    assert len(people_of(scene(walker, during(beside(walker), 20, 34)))) == 1
    assert len(people_of(scene(walker, during(beside(walker), 20, 36)))) == 2


def test_a_short_recording_has_people_too(walker) -> None:
    assert len(people_of(scene(walker[:12], beside(walker)[:12]))) == 2


def test_a_body_of_two_joints_cannot_be_judged(walker) -> None:
    hands = np.full_like(walker, np.nan)
    hands[:, 3:8] = beside(walker)[:, 3:8]
    assert len(people_of(scene(walker, hands))) == 1


def test_a_chair_is_nobody_but_a_still_person_is_somebody(walker) -> None:
    still = np.repeat(beside(walker)[:1], len(walker), axis=0)
    chair = still * np.array([1, 0.3, 1], np.float32)
    chair = chair + np.array([0, -chair[..., 1].min(), 0], np.float32)
    assert np.ptp(chair[0, :, 0]) > 0.8 * np.ptp(chair[0, :, 1])
    assert len(people_of(scene(walker, chair))) == 1
    assert len(people_of(scene(walker, still))) == 2


def test_a_person_who_lies_and_moves_is_somebody(walker) -> None:
    lying = beside(walker[..., [1, 0, 2]], 3.0)
    assert len(people_of(scene(walker, lying))) == 2


def test_two_detections_of_one_person_are_one_person(walker) -> None:
    twin = during(walker + 0.02, 10, 80)
    (person,) = people_of(scene(twin, walker))
    assert person.bodies == (1,)


def test_a_recording_without_a_judgeable_body_still_has_a_person(walker) -> None:
    empty = np.full_like(walker, np.nan)
    (person,) = people_of(scene(empty, empty))
    assert (person.start, person.end) == (0.0, 3.0)

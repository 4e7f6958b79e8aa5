"""The people of a stream keep their identities while bodies change their order, and people enter and leave."""

import numpy as np
import pytest

from zeroskel.core import InputError
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition._following import FORGOTTEN, MOST_PEOPLE, RETURNS, Following

FPS = 30
ACTIONS = ["wave the right hand", "squat", "run in place"]


def person(action: str, metres: float = 0.0, seconds: float = 4.0, seed: int = 900) -> np.ndarray:
    """Return a person (T, 25, 3) who repeats an action at a place."""
    clip = generate_sequence(action, seed=seed)
    back_and_forth = np.concatenate([clip.joints[0], clip.joints[0, ::-1]])
    return back_and_forth[np.arange(int(seconds * FPS)) % len(back_and_forth)] + np.array([metres, 0, 0], np.float32)


def alone(simple_recognizer, joints: np.ndarray):
    stream = simple_recognizer.stream(ACTIONS, layout="ntu-25", seconds=2.0)
    for index, frame in enumerate(joints):
        stream.push(frame, index / FPS)
    return stream.predict()


def test_two_people_are_named_as_well_as_alone_whatever_the_order_of_their_bodies(simple_recognizer, stream) -> None:
    squatting, waving = person("squat"), person("wave the right hand", metres=1.5, seed=901)
    rng = np.random.default_rng(0)
    for index, bodies in enumerate(zip(squatting, waving, strict=True)):
        order = rng.permutation(2)
        stream.push(np.stack(bodies)[order], index / FPS)
    prediction = stream.predict()
    assert [one.person for one in prediction.people] == [0, 1]
    assert {one.body for one in prediction.people} == {0, 1}
    by_place = sorted(prediction.people, key=lambda one: order[one.body])
    for one, joints in zip(by_place, (squatting, waving), strict=True):
        expected = alone(simple_recognizer, joints)
        np.testing.assert_allclose(one.probabilities, expected.probabilities, atol=1e-3)
        assert one.best == expected.best and one.people == ()


def test_the_main_person_moves_most_and_stays_main_without_a_clear_lead(simple_recognizer, stream) -> None:
    still = np.repeat(person("squat", metres=1.5)[:1], 4 * FPS, axis=0)
    for index, bodies in enumerate(zip(still, person("run in place"), strict=True)):
        stream.push(np.stack(bodies), index / FPS)
    prediction = stream.predict()
    assert prediction.person == 1 and len(prediction.people) == 2
    assert prediction.best == prediction.people[1].best and prediction.time == prediction.people[1].time
    for index, bodies in enumerate(
        zip(person("run in place", metres=1.5, seed=902), person("run in place"), strict=True)
    ):
        stream.push(np.stack(bodies), 4 + index / FPS)
    assert stream.predict().person == 1


def test_people_enter_and_leave(stream) -> None:
    first, second = person("squat"), person("run in place", metres=2.0)
    lanes = []
    for index in range(4 * FPS):
        time = index / FPS
        bodies = [joints[index] for joints, start, end in ((first, 0, 1.9), (second, 1, 4)) if start <= time < end]
        stream.push(np.stack(bodies), time)
        if index % 15 == 14:
            lanes.append([one.person for one in stream.predict().people] if stream.predict() else [])
    assert lanes == [[], [0], [0], [0, 1], [0, 1], [0, 1], [1], [1]]


@pytest.mark.parametrize(("away", "number"), [(1.0, 0), (FORGOTTEN + 0.1, 0), (RETURNS - 0.1, 0), (RETURNS + 0.1, 1)])
def test_the_only_person_keeps_the_number_for_ten_seconds(stream, away, number) -> None:
    joints = person("squat")
    for index in range(4 * FPS):
        stream.push(joints[index, None] + 0.2 * (index >= 2 * FPS), index / FPS + away * (index >= 2 * FPS))
        if index == 2 * FPS - 1:
            assert [one.person for one in stream.predict().people] == [0]
    assert [one.person for one in stream.predict().people] == [number]


def test_who_of_two_people_comes_back_is_not_guessed(stream) -> None:
    first, second = person("squat"), person("run in place", metres=2.0)
    for index in range(2 * FPS):
        stream.push(np.stack([first[index], second[index]]), index / FPS)
    assert [one.person for one in stream.predict().people] == [0, 1]
    for index in range(2 * FPS):
        stream.push(second[index, None], 5 + index / FPS)
    assert [one.person for one in stream.predict().people] == [2]


def test_nobody_is_answered_for_after_everybody_has_left(stream) -> None:
    for index, frame in enumerate(person("squat", seconds=2)):
        stream.push(frame[None], index / FPS)
    assert len(stream.predict().people) == 1
    for index in range(int((FORGOTTEN + 0.1) * FPS)):
        stream.push(None, 2 + index / FPS)
    assert stream.predict() is None


def test_the_body_of_a_frame_without_a_body_axis_is_always_the_same_person(stream) -> None:
    for index, frame in enumerate(person("squat")):
        stream.push(frame + (index // 20) * 3.0, index / FPS)
    (only,) = stream.predict().people
    assert (only.person, only.body) == (0, 0)


def test_two_people_who_pass_each_other_keep_their_identities() -> None:
    following = Following()
    pose = person("walk in place", seconds=3)
    to_the_right, to_the_left = (np.linspace(sign * -1.5, sign * 1.5, len(pose))[:, None, None] for sign in (1, -1))
    right = pose + to_the_right * np.array([1, 0, 0])
    left = pose[::-1] + to_the_left * np.array([1, 0, 0]) + np.array([0, 0, 0.3])
    for index in range(0, len(pose), 2):  # 15 frames a second
        swapped = index % 4 == 0
        bodies = np.stack([left[index], right[index]] if swapped else [right[index], left[index]])
        matches = following.follow(bodies, index / FPS, alone=False)
        if index == 0:
            of_right = next(key for key, body in matches.items() if body == 1)
        assert matches[of_right] == int(swapped)


def test_the_number_of_people_is_bounded_and_ghosts_take_nobodys_place(stream) -> None:
    real = person("squat")
    rng = np.random.default_rng(0)
    for index, frame in enumerate(real):
        ghosts = [frame + rng.uniform(5, 500, (1, 3)).astype(np.float32) for _ in range(index % 3)]
        stream.push(np.stack([*ghosts, frame]), index / FPS)
        assert len(stream._following.people) <= MOST_PEOPLE
    (only,) = stream.predict().people
    assert only.person == 0
    crowd = np.stack([real[0] + 10.0 * number for number in range(MOST_PEOPLE + 3)])
    for index in range(FPS):
        stream.push(crowd, 4 + index / FPS)
    assert len(stream.predict().people) == MOST_PEOPLE
    assert len(stream._decoders) == MOST_PEOPLE


def test_late_frames_find_their_people(simple_recognizer, stream) -> None:
    bodies = np.stack([person("squat"), person("wave the right hand", metres=1.5)], axis=1)
    for index, frame in enumerate(bodies):
        stream.push(frame, index / FPS)
    expected = {number: parts[-1].joints for number, parts in stream.windows().items()}
    shuffled = simple_recognizer.stream(ACTIONS, layout="ntu-25", seconds=2.0)
    rng = np.random.default_rng(1)
    for index in np.argsort(np.arange(len(bodies)) + rng.uniform(0, 6, len(bodies))):
        shuffled.push(bodies[index][rng.permutation(2)], index / FPS)
    windows = shuffled.windows()
    assert len(windows) == 2
    for parts in windows.values():
        assert any(np.allclose(parts[-1].joints, other, atol=1e-5) for other in expected.values())


def test_a_person_who_cannot_be_judged_does_not_fail_the_others(stream) -> None:
    frames = person("squat")
    hand = np.full_like(frames, np.nan)
    hand[:, 7] = frames[:, 7] + 2
    for index, bodies in enumerate(zip(hand, frames, strict=True)):
        stream.push(np.stack(bodies), index / FPS)
    assert len(stream.predict().people) == 1
    for index in range(3 * FPS):
        stream.push(hand[index, None], 4 + index / FPS)
    with pytest.raises(InputError, match="1 of 25 joints"):
        stream.predict()

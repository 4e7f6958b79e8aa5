"""A person who hardly moves does none of the actions, except one whose text says that nothing moves."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from zeroskel import SkeletonSequence, ZeroShotRecognizer
from zeroskel.core import get_layout
from zeroskel.datasets.synthetic import action_names, generate_sequence
from zeroskel.recognition._motion import motion_of
from zeroskel.recognition._stillness import HARDLY_MOVES, PRESENCE, allows_stillness, hardly_moves
from zeroskel.skeleton.transforms.layouts import convert_layout

LAYOUTS = ("ntu-25", "kinect-20", "coco-17")
ACTIONS = ("walk", "bow", "wave one hand", "open a door", "pick up something", "brush teeth")


@pytest.fixture(scope="module")
def recognizer() -> ZeroShotRecognizer:
    return ZeroShotRecognizer.load("default")


def still_person(
    layout: str, seed: int, *, action: str = "squat", seconds: float = 3.0, noise: float = 0.015
) -> SkeletonSequence:
    """Return the first pose of a simulated recording with slow noise of a deviation in metres."""
    rng = np.random.default_rng(seed)
    first = generate_sequence(action, seed=900 + seed)
    frames = round(seconds * first.fps)
    pose = first.joints[:, :1]
    course = gaussian_filter1d(rng.normal(size=(frames, *pose.shape[2:])), 0.3 * first.fps, axis=0)
    still = first.replace((pose + noise * course / course.std()).astype(np.float32))
    return still if layout == still.layout.name else convert_layout(still, get_layout(layout))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_still_person_does_none_of_the_actions_and_the_answer_says_why(recognizer, layout):
    people = [still_person(layout, seed) for seed in range(6)]
    for person, prediction in zip(people, recognizer.predict(people, ACTIONS), strict=True):
        assert hardly_moves(motion_of(person, recognizer.layout))
        assert prediction.none_of_these and prediction.presence <= PRESENCE
        assert prediction.to_dict()["note"] == prediction.note == HARDLY_MOVES
    (of_people,) = recognizer.predict_people(people[0], ACTIONS)
    assert of_people.note == HARDLY_MOVES
    assert recognizer.explain(people[0], ACTIONS).prediction.note == HARDLY_MOVES


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_text_that_states_stillness_names_a_still_person_everywhere(recognizer, layout):
    actions, person = ("walk", "wave one hand", "stand still"), still_person(layout, 0)
    prediction = recognizer.predict(person, actions)
    assert (prediction.best, prediction.none_of_these, prediction.note) == ("stand still", False, "")
    (segment,) = recognizer.timeline(person, actions).segments
    assert segment.action == "stand still" and segment.end - segment.start > 2
    stream = recognizer.stream(actions, layout=layout)
    for index in range(person.frames):
        stream.push(person.joints[0, index], index / person.fps)
    now = stream.predict()
    assert now.best == now.answer == "stand still" and now.settled and not now.none_of_these
    assert recognizer.timeline(person, ACTIONS).segments == ()


def test_texts_say_whether_a_still_person_can_do_the_action(recognizer):
    still = ("stand still", "sit still", "hold a pose", "freeze", "balance on one leg", "meditate", "sleep", "listen")
    still += ("type on a keyboard", "read a book", "sitting", "plank")
    of_head = ("turn the head to the left", "shake the head", "nod", "tilt the head")
    moving = (*ACTIONS, "sit down", "stand up", "drink", "kick a ball", "point", "touch the head")
    listed = (*still, *of_head, *moving)
    allowed = allows_stillness(recognizer, recognizer.candidates(listed))
    assert [name for name, allows in zip(listed, allowed, strict=True) if allows] == [*still, *of_head]


def test_a_turn_of_the_head_that_moves_no_joint_keeps_its_name(recognizer):
    actions = ("walk", "wave one hand", "squat", "turn the head to the left")
    turns = [generate_sequence("turn the head to the left", seed) for seed in (5, 7)]
    assert all(hardly_moves(motion_of(turn, recognizer.layout)) for turn in turns)
    for prediction in recognizer.predict(turns, actions):
        assert (prediction.best, prediction.none_of_these, prediction.note) == (actions[-1], False, "")


def test_no_simulated_action_but_turns_of_the_head_counts_as_stillness():
    still = {name for name in action_names() if hardly_moves(motion_of(generate_sequence(name, seed=1), "kinect-20"))}
    assert still <= {"turn the head to the left", "turn the head to the right"}


@pytest.mark.parametrize(("noise", "amplitude"), [(0, 0.05), (0.015, 0.1)])
def test_a_small_motion_of_one_hand_is_a_motion(noise, amplitude):
    person = still_person("ntu-25", 1, noise=noise)
    joints, hand = person.joints.copy(), person.layout.indices(("wrist_right", "hand_right"))
    joints[:, :, hand, 1] += amplitude * np.sin(np.arange(person.frames) * 2 * np.pi * 3 / person.fps)[:, None]
    assert not hardly_moves(motion_of(person.replace(joints), "kinect-20"))


def test_a_pause_of_a_second_is_no_stillness():
    assert not hardly_moves(motion_of(still_person("ntu-25", 2, seconds=1.0), "kinect-20"))


def test_an_example_of_a_still_action_counts(recognizer):
    adapted = recognizer.adapt([still_person("ntu-25", 3)], ["ready position"])
    prediction = adapted.predict(still_person("ntu-25", 4), ("ready position", "walk"))
    assert (prediction.best, prediction.note) == ("ready position", "")

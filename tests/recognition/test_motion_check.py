"""A recording whose motion cannot be judged is refused in one line, and without warnings of NumPy."""

import warnings

import numpy as np
import pytest

from zeroskel import ZeroShotRecognizer
from zeroskel.core import InputError, SkeletonSequence
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition._motion_check import check_motion

ACTIONS = ["squat", "clap hands"]


@pytest.fixture(scope="module")
def joints():
    return generate_sequence("squat", seed=900).joints.astype(np.float64)


@pytest.mark.parametrize(
    ("factor", "offset", "message"),
    [
        (0, 0, "all its joints at one point"),
        (1e-6, 0, "size of .*expected metres"),
        (1e9, 0, "size of .*expected metres"),
        (1, 1e7, "distance of .*Move the origin"),
        (1e30, 0, "coordinates above 1e.12"),
        (1e300, 0, "infinite values"),
    ],
)
def test_coordinates_that_no_person_can_have_are_refused(joints, factor, offset, message):
    with warnings.catch_warnings(), pytest.raises(InputError, match=message) as error:
        warnings.simplefilter("error")
        check_motion(SkeletonSequence(joints * factor + offset, "ntu-25"), "Clip")
    assert "\n" not in str(error.value)


def test_one_value_that_is_too_large_is_refused_and_one_of_each_unit_is_not(joints):
    for factor in (1e-3, 39.37, 1e3, 1e6):
        check_motion(SkeletonSequence(joints * factor, "ntu-25"), "Clip")
    broken = joints.copy()
    broken[0, 10, 3, 1] = 1e30
    with pytest.raises(InputError, match="coordinates above 1e"):
        check_motion(SkeletonSequence(broken, "ntu-25"), "Clip")


def test_every_answer_refuses_coordinates_that_are_too_large(joints):
    recognizer = ZeroShotRecognizer.load("default")
    large = SkeletonSequence(np.concatenate([joints, joints * 1e30]), "ntu-25")
    for answer in (recognizer.predict, recognizer.timeline, recognizer.predict_people):
        with warnings.catch_warnings(), pytest.raises(InputError, match="coordinates above 1e"):
            warnings.simplefilter("error")
            answer(large, ACTIONS)


def test_the_default_bundle_answers_alike_in_each_unit(joints):
    recognizer = ZeroShotRecognizer.load("default")
    metres = recognizer.predict(SkeletonSequence(joints, "ntu-25"), ACTIONS)
    for factor in (1e-3, 1e6):
        other = recognizer.predict(SkeletonSequence(joints * factor, "ntu-25"), ACTIONS)
        np.testing.assert_allclose(other.probabilities, metres.probabilities, atol=0.01)


def test_frame_rates_that_show_no_motion_are_refused_by_prediction_and_timeline(joints):
    recognizer = ZeroShotRecognizer.load("default")
    slow = SkeletonSequence(joints, "ntu-25", fps=0.1)
    for answer in (recognizer.predict, recognizer.timeline, recognizer.predict_people):
        with pytest.raises(InputError, match=r"0\.1 frames per second.*expected 2 or more.*sampling rate"):
            answer(slow, ACTIONS)
    sensor = SkeletonSequence(joints[:, ::6], "ntu-25", fps=5)
    assert recognizer.timeline(sensor, ACTIONS).seconds == sensor.frames / 5

"""The course of a movement agrees with the quantities that summarise it, and is NaN where nothing was observed."""

import numpy as np
import pytest

from zeroskel.core import get_layout
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.encoders._movement_course import movement_course
from zeroskel.skeleton import Preprocessing

LAYOUT = get_layout("kinect-20")


def course_of(sequence, frames=72):
    prepared = Preprocessing("kinect-20", frames=frames, clock=True)(sequence)
    return movement_course(prepared[:3, ..., 0].transpose(1, 2, 0), float(prepared[3, -1, 0, 0]) / (frames - 1), LAYOUT)


def test_the_course_shows_when_the_hips_are_low():
    course = course_of(generate_sequence("squat", seed=3))
    lowest = int(course.lift.argmin())
    assert 0.2 < lowest / 72 < 0.8
    assert course.knee[lowest].min() > 80 > course.knee[0].max()
    assert course.postures[0].argmax() == 0
    assert course.postures.sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert not course.lies.any()


def test_the_way_and_the_turn_add_up():
    sequence = generate_sequence("turn around to the right", seed=3)
    assert course_of(sequence).turned[-1] == pytest.approx(180, abs=25)
    assert np.abs(course_of(sequence).way[-1]).max() < 0.3


def test_frames_without_an_arm_are_nan_and_the_others_are_as_before():
    sequence = generate_sequence("wave the right hand", seed=3)
    hidden = sequence.joints.copy()
    arm = sequence.layout.indices(sequence.layout.parts["right_arm"][1:])
    hidden[:, sequence.frames // 2 :, arm] = np.nan
    course, partly = course_of(sequence), course_of(sequence.replace(hidden))
    assert np.isnan(partly.reach[40:, 1]).all()
    assert np.isnan(partly.hands_apart[40:]).all()
    assert not np.isnan(partly.reach[:, 0]).any()
    np.testing.assert_allclose(partly.hand_above["neck"][:30, 1], course.hand_above["neck"][:30, 1], atol=1e-3)


def test_a_missing_head_leaves_the_heights_above_other_points():
    sequence = generate_sequence("raise the right arm overhead", seed=3)
    hidden = sequence.joints.copy()
    hidden[:, :, sequence.layout.indices(("head", "neck", "shoulder_center"))] = np.nan
    course = course_of(sequence.replace(hidden))
    assert np.isfinite(course.hand_above["neck"]).all()
    assert course.hand_above["neck"][:, 1].max() > 0.8

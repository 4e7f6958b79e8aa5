"""A film is refused where it shows too little of anybody, and a tilted camera is noticed and made up for."""

import re

import numpy as np
import pytest

from zeroskel.core.errors import SkeletonFormatError
from zeroskel.skeleton.transforms import face_camera
from zeroskel.skeleton.video import Landmarks, read_video
from zeroskel.skeleton.video._framing import camera_roll, turned_upright

MAN = {"front": (0.33, 1.0), "behind": (0.2, 0.8)}  # columns with the man alone


@pytest.mark.slow("networks find people in videos, frame by frame")
@pytest.mark.parametrize("view", MAN)
@pytest.mark.parametrize("rows", [(0.44, 1.0), (0.5, 1.0), (0.55, 1.0)])
def test_legs_alone_are_refused_in_one_line_that_says_what_is_needed(film, recordings, view, rows):
    legs = film("legs.mp4", recordings[view], frames=40, fps=30, moving=True, rows=rows, columns=MAN[view])
    with pytest.raises(
        SkeletonFormatError, match=r"found (nobody in any of|.*only.* in) 40 frames.*head and shoulders"
    ) as refusal:
        read_video(legs)
    assert "\n" not in str(refusal.value)


@pytest.mark.slow("networks find people in videos, frame by frame")
@pytest.mark.parametrize("view", MAN)
def test_a_person_without_legs_is_read_and_noted(film, recordings, view):
    half = film("half.mp4", recordings[view], frames=40, fps=30, moving=True, rows=(0.0, 0.44), columns=MAN[view])
    sequence = read_video(half)
    assert sequence.bodies == 1
    assert "the legs are not in the picture" in sequence.reading.notes


def lean_in_notes(sequence):
    """Degrees to the right, 0 without a note."""
    match = re.search(r"lean (\d+) degrees to the (left|right)", str(sequence.reading))
    return 0 if match is None else int(match[1]) * (1 if match[2] == "right" else -1)


@pytest.mark.slow("networks find people in videos, frame by frame")
def test_a_camera_that_is_rolled_further_is_noticed_and_gives_the_same_skeleton(film, recordings):
    """The camera of the front view itself is rolled by about 15 degrees, as its picture of the room shows."""
    options = {"frames": 100, "fps": 60, "moving": True}
    given = read_video(film("given.mp4", recordings["front"], **options), people=1)
    assert 10 <= lean_in_notes(given) <= 18
    for turned, lean in ((-10, 10), (-20, 20), (-90, 90), (90, -90)):
        rolled = read_video(film("rolled.mp4", recordings["front"], turned=turned, **options), people=1)
        assert lean_in_notes(rolled) == pytest.approx(lean_in_notes(given) + lean, abs=4)
        one, other = (face_camera(sequence).joints[0] for sequence in (given, rolled))
        hips = [given.layout.index(name) for name in ("hip_left", "hip_right")]
        one, other = (joints - joints[:, hips].mean(axis=1, keepdims=True) for joints in (one, other))
        assert np.nanmedian(np.linalg.norm(one - other, axis=-1)) < 0.08


def standing(frames=30, leans=(0.0,), frontal=True):
    """Landmarks of people who stand and lean by these angles in degrees, clockwise; profiles have narrow shoulders."""
    people = []
    wide = 40.0 if frontal else 5.0
    for lean in leans:
        heights = {
            0: 180,
            7: 178,
            8: 178,
            11: 150,
            12: 150,
            15: 90,
            16: 90,
            23: 90,
            24: 90,
            25: 45,
            26: 45,
            27: 0,
            28: 0,
        }
        image = np.zeros((frames, 33, 2))
        for number in range(33):
            side = wide / 2 if number % 2 else -wide / 2
            image[:, number] = side, -heights.get(number, 90)
        angle = np.deg2rad(np.broadcast_to(lean, frames))
        turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], axis=-1).reshape(frames, 2, 2)
        image = image @ turn.swapaxes(1, 2) + 320
        world = np.concatenate([image / 150, np.zeros((frames, 33, 1))], axis=-1)
        people.append(Landmarks(np.arange(frames) / 30, image, world, np.ones((frames, 33)), (640, 640)))
    return people


@pytest.mark.parametrize("lean", [-90, -20, -10, 10, 20, 90])
def test_the_same_lean_of_somebody_who_stands_is_that_of_the_camera(lean):
    people = standing(leans=(lean,))
    roll, note = camera_roll(people)
    assert roll == pytest.approx(lean, abs=0.1)
    assert f"{abs(lean)} degrees to the {'right' if lean > 0 else 'left'}" in note
    upright = turned_upright(people[0], roll)
    assert camera_roll([upright]) == (0.0, None)
    np.testing.assert_allclose(np.diff(upright.world[0, [23, 11], 0]), 0.0, atol=1e-6)


def test_a_level_camera_and_people_who_sway_or_lean_apart_are_left_alone():
    swaying = 25 * np.sin(np.arange(30))
    for people in (standing(leans=(3.0,)), standing(leans=(swaying,)), standing(leans=(9.0, -9.0))):
        assert camera_roll(people) == (0.0, None)


def test_who_lies_in_profile_or_is_upside_down_is_not_turned_but_said():
    roll, note = camera_roll(standing(leans=(88.0,), frontal=False))
    assert roll == 0.0 and "lie with the head to the right" in note
    roll, note = camera_roll(standing(leans=(178.0,)))
    assert roll == 0.0 and "upside down" in note

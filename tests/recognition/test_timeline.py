"""Tests of the decoder on windows made by hand, and of the timelines of recordings."""

import numpy as np
import pytest

import zeroskel
from zeroskel import SkeletonSequence, ZeroShotRecognizer
from zeroskel.core import InputError
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition._decoder import Choices, best_spans

ACTIONS = ["squat", "jumping jacks", "wave the right hand"]


@pytest.fixture(scope="module")
def recognizer() -> ZeroShotRecognizer:
    return ZeroShotRecognizer.load("default")


def choices(*windows: tuple[int, int, int, float]) -> Choices:
    """Return windows (start, end, action, wholeness) whose actions are certain, in the order of their starts."""
    starts, ends, actions, wholeness = (np.array(column) for column in zip(*sorted(windows), strict=True))
    return Choices(starts, ends, actions, np.ones(len(starts)), wholeness.astype(float))


def spans(of: Choices, rest: np.ndarray, threshold: float = 0.5) -> list[tuple[int, int, int]]:
    return [(span.start, span.end, span.action) for span in best_spans(of, rest, threshold)]


def test_the_best_sequence_has_the_windows_that_match_best():
    rest = np.repeat([0.1, 0.9, 0.1], 8)
    windows = choices((0, 8, 0, 0.9), (0, 12, 0, 0.5), (4, 12, 1, 0.3), (16, 24, 1, 0.8), (12, 24, 1, 0.5))
    assert spans(windows, rest) == [(0, 8, 0), (16, 24, 1)]


def test_rest_is_no_action_and_a_higher_threshold_leaves_more_of_it():
    rest = np.full(24, 0.6)
    windows = choices((0, 8, 0, 0.3), (8, 16, 1, 0.5), (16, 24, 0, 0.9))
    lasting = [sum(end - start for start, end, _ in spans(windows, rest, level)) for level in (0.0, 0.3, 0.5, 0.8, 1.0)]
    assert lasting == sorted(lasting, reverse=True)
    assert lasting[0] == 24 and lasting[-1] == 8


def test_windows_of_one_action_are_one_segment_unless_the_person_pauses():
    windows = choices((0, 8, 0, 0.9), (8, 16, 0, 0.9), (16, 24, 1, 0.9))
    assert spans(windows, np.full(24, 0.1)) == [(0, 16, 0), (16, 24, 1)]
    pausing = np.full(24, 0.1)
    pausing[8] = 0.9
    assert spans(windows, pausing) == [(0, 8, 0), (9, 16, 0), (16, 24, 1)]


def test_idle_ends_do_not_belong_to_a_segment():
    rest = np.array([0.9] * 3 + [0.1] * 6 + [0.9] * 3)
    assert spans(choices((0, 12, 1, 1.0)), rest, 0.1) == [(3, 9, 1)]
    assert spans(choices((0, 4, 1, 1.0)), np.full(4, 0.9), 0.1) == [(1, 4, 1)]  # three steps are left


def two_actions(idle: float = 2.0) -> tuple[SkeletonSequence, list[tuple[str, float, float]]]:
    first, second = generate_sequence("squat", seed=900), generate_sequence("jumping jacks", seed=901)
    held = np.repeat(first.joints[:, -1:], round(idle * first.fps), axis=1)
    joints = np.concatenate([first.joints, held, second.joints], axis=1)
    start = (first.frames + held.shape[1]) / first.fps
    true = [("squat", 0.0, first.frames / first.fps), ("jumping jacks", start, start + second.frames / first.fps)]
    return SkeletonSequence(joints, first.layout, first.fps), true


def test_two_actions_are_found_where_they_are(recognizer):
    sequence, true = two_actions()
    timeline = recognizer.timeline(sequence, ACTIONS)
    assert [segment.action for segment in timeline] == [action for action, _, _ in true]
    for segment, (_, start, end) in zip(timeline, true, strict=True):
        common = min(segment.end, end) - max(segment.start, start)
        assert common / (max(segment.end, end) - min(segment.start, start)) >= 0.5
    (lane,) = timeline.lanes
    np.testing.assert_allclose(lane.probabilities.sum(axis=1), 1, atol=1e-5)
    assert lane.probabilities.min() >= -1e-6


def test_the_order_of_the_actions_does_not_matter(recognizer):
    sequence, _ = two_actions()
    first, second = (recognizer.timeline(sequence, names) for names in (ACTIONS, ACTIONS[::-1]))
    assert first.to_dict(decimals=4)["segments"] == second.to_dict(decimals=4)["segments"]


def test_a_person_who_enters_has_no_segment_before(recognizer):
    sequence, _ = two_actions()
    late = np.full_like(sequence.joints, np.nan)
    late[:, 60:] = sequence.joints[:, :-60]
    pair = sequence.replace(np.concatenate([sequence.joints, late + np.array([3, 0, 0])]))
    timeline = recognizer.timeline(pair, ACTIONS)
    assert timeline.people == (0, 1)
    assert min(segment.start for segment in timeline if segment.person == 1) >= 1.5
    assert [s for s in timeline if s.person == 0] == [*recognizer.timeline(sequence, ACTIONS)]


def test_frames_without_observation_do_not_hide_an_action(recognizer):
    sequence, true = two_actions()
    joints = sequence.joints.copy()
    joints[:, ::2] = np.nan
    timeline = recognizer.timeline(sequence.replace(joints), ACTIONS)
    assert [segment.action for segment in timeline] == [action for action, _, _ in true]


@pytest.mark.parametrize("part", [np.nan, 0.0], ids=["unseen", "at the origin"])
def test_a_stretch_that_cannot_be_judged_does_not_end_a_timeline(recognizer, part):
    sequence, true = two_actions(idle=4.0)
    joints = sequence.joints.copy()
    end = round(true[0][2] * sequence.fps)
    joints[:, end + 15 : end + 105, 3 if np.isnan(part) else 0 :] = part
    timeline = recognizer.timeline(sequence.replace(joints), ACTIONS)
    assert [segment.action for segment in timeline] == [action for action, _, _ in true]


def test_a_recording_that_is_shorter_than_any_window(recognizer):
    clip = generate_sequence("squat", seed=900)
    short = clip.replace(clip.joints[:, :12])
    assert len(recognizer.timeline(short, ACTIONS).lanes[0].probabilities) == 2


@pytest.mark.parametrize("fps", [2, 3])
def test_a_recording_with_fewer_frames_than_steps(recognizer, fps):
    clip = generate_sequence("squat", seed=900)
    slow = SkeletonSequence(clip.joints[:, :5], clip.layout, fps)
    assert recognizer.timeline(slow, ACTIONS).seconds == pytest.approx(5 / fps)


def test_a_timeline_needs_calibration_and_a_threshold_that_is_a_probability(recognizer):
    sequence, _ = two_actions()
    with pytest.raises(InputError, match="threshold is 'x'"):
        recognizer.timeline(sequence, ACTIONS, threshold="x")
    with pytest.raises(InputError, match="threshold is 2"):
        recognizer.timeline(sequence, ACTIONS, threshold=2)


def test_progress_ends_with_all_seconds(recognizer):
    sequence, _ = two_actions()
    calls: list[tuple[str, int, int]] = []
    recognizer.timeline(sequence, ACTIONS, progress=lambda *call: calls.append(call))
    assert calls[0][1] == 0 and calls[-1][1] == calls[-1][2]


def test_the_kicks_of_a_long_recording_are_found(shared, recognizer):
    sequence = zeroskel.read(shared / "cases" / "long_recording" / "1_kick_normal_001.bvh")
    timeline = recognizer.timeline(sequence, ["kick", "punch", "walk", "run", "wave", "jump"])
    kicks = [segment for segment in timeline if segment.action == "kick"]
    for moment in (1.75, 6.25, 10.75):  # a foot is at the height of the hips
        assert any(segment.start <= moment <= segment.end for segment in kicks), timeline.segments

"""Facts of a stream of frames."""

from itertools import chain

import numpy as np
import pytest

from zeroskel.core import InputError
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition import Prediction, Stream
from zeroskel.recognition._frame_window import MAX_GAP, MAX_RATE

ACTIONS = ["wave the right hand", "squat", "run in place"]


@pytest.fixture(scope="module")
def clip():
    sequence = generate_sequence("squat", seed=5)
    assert sequence.layout.name == "ntu-25" and sequence.bodies == 1
    return sequence


def only_window(stream: Stream):
    (windows,) = stream.windows().values()
    return windows[-1]


def push(stream: Stream, clip, order=None, jitter=0.0):
    times = np.arange(clip.frames) / clip.fps
    for i in np.arange(clip.frames) if order is None else order:
        stream.push(clip.joints[:, i], float(times[i]) + jitter)


def test_frames_in_order_give_the_sequence_they_came_from(simple_recognizer, stream, clip):
    push(stream, clip)
    window = only_window(stream)
    count = window.frames
    np.testing.assert_allclose(window.joints, clip.joints[:, -count:], atol=1e-4)
    assert stream.predict().best == simple_recognizer.predict(window, ACTIONS).best


def test_late_repeated_and_missing_frames_do_no_harm(stream, simple_recognizer, clip):
    rng = np.random.default_rng(0)
    push(stream, clip)
    order = np.argsort(np.arange(clip.frames) + rng.uniform(0, 4, clip.frames))  # up to four frames late
    order = np.repeat(order, 1 + (rng.random(clip.frames) < 0.3))
    other = simple_recognizer.stream(ACTIONS, layout="ntu-25", seconds=2.0)
    push(other, clip, order)
    np.testing.assert_allclose(only_window(other).joints, only_window(stream).joints, atol=1e-5)
    holes = simple_recognizer.stream(ACTIONS, layout="ntu-25", seconds=2.0)
    push(holes, clip, [i for i in range(clip.frames) if i % 5 and not 10 < i < 15])
    ends = min(only_window(holes).frames, only_window(stream).frames)
    assert np.abs(only_window(holes).joints[:, -ends:] - only_window(stream).joints[:, -ends:]).max() < 0.1
    assert holes.predict().best == stream.predict().best


def test_a_long_gap_is_not_observed(stream, clip):
    push(stream, clip, [i for i in range(clip.frames) if not clip.frames - 45 < i < clip.frames - 15])
    missing = ~only_window(stream).observed.any(axis=(0, 2))
    assert 20 <= missing.sum() <= 30


def test_memory_is_bounded_by_the_window(stream):
    frame = np.zeros((25, 3))
    for step in range(5000):
        stream.push(frame, step / 1000)
    assert len(stream.frames.timestamps) <= MAX_RATE * 2 + 2
    assert len(stream.frames.timestamps) == len(stream.frames.frames)
    assert stream.time - stream.frames.timestamps[0] <= 2.0 + MAX_GAP


def test_a_clock_that_is_set_back_starts_the_stream_again_and_an_old_frame_is_dropped(stream, clip):
    push(stream, clip, jitter=1000.0)
    before = len(stream.frames.timestamps)
    stream.push(clip.joints[:, 0], stream.time - 3.0)
    assert len(stream.frames.timestamps) == before
    stream.push(clip.joints[:, 0], 0.0)
    assert stream.frames.timestamps == [0.0]
    assert stream.windows() == {} and stream.predict() is None


def test_there_is_no_prediction_for_few_frames_or_nobody(stream):
    assert stream.time is None and stream.predict() is None
    for _ in range(60):
        stream.push(None)
    assert stream.windows() == {} and stream.predict() is None


def test_people_come_and_go(stream, clip):
    for i in range(clip.frames):
        frame = clip.joints[:, i]
        stream.push(np.concatenate([frame, frame + 1]) if i % 2 else frame)
    assert [window.bodies for window in chain(*stream.windows().values())] == [1] * 6
    assert stream.predict().actions == tuple(ACTIONS)


def test_a_settled_answer_stays(stream, simple_recognizer, clip):
    push(stream, clip)
    sure = Prediction(tuple(ACTIONS), np.array([0.0, 3, 0]), np.array([0.05, 0.9, 0.05]), 0.95)
    other = Prediction(tuple(ACTIONS), np.array([3.0, 0, 0]), np.array([0.9, 0.05, 0.05]), 0.95)
    (windows,) = stream.windows().values()
    whole = windows[-1].frames
    assert [window.frames for window in windows] == [round(whole / 3), round(whole * 2 / 3), whole]
    settled = stream.settle({0: [sure] * 3})
    assert settled.settled and settled.best == "squat" and settled.settled_at == stream.time
    stream.push(clip.joints[:, -1], stream.time + 0.1)
    assert stream.settle({0: [other] * 3}).best == "squat"  # other evidence of the same size changes nothing
    stream.candidates = simple_recognizer.candidates(ACTIONS[:2])
    stream.push(clip.joints[:, -1], stream.time + 0.1)
    assert stream.predict().actions == tuple(ACTIONS[:2])


def test_rest_ends_an_answer(stream, clip):
    push(stream, clip)
    sure = Prediction(tuple(ACTIONS), np.array([0.0, 3, 0]), np.array([0.05, 0.9, 0.05]), 0.95)
    stream.windows()
    assert stream.settle({0: [sure] * 3}).answer == "squat"
    start = stream.time
    for index in range(45):
        stream.push(clip.joints[:, -1], start + (index + 1) / 30)
        windows = stream.windows()[0]
        last = stream.settle({0: [sure] * len(windows)})
    assert last.rests and last.answer is None and last.none_of_these and last.settled
    assert start < last.settled_at <= start + 1.5


@pytest.mark.parametrize(
    "frame",
    [np.zeros((24, 3)), np.zeros((25, 4)), np.full((25, 3), np.inf), "frame", np.zeros((1, 1, 25, 3)), [[1], []]],
)
def test_an_invalid_frame_is_refused_and_changes_nothing(stream, frame):
    stream.push(np.zeros((25, 3)))
    with pytest.raises(InputError, match="frame"):
        stream.push(frame)
    with pytest.raises(InputError, match="channels"):
        stream.push(np.zeros((25, 2)))
    with pytest.raises(InputError, match="time"):
        stream.push(np.zeros((25, 3)), float("nan"))
    assert len(stream.frames.timestamps) == 1


@pytest.mark.parametrize("seconds", [0.1, 31, float("nan")])
def test_a_window_has_bounds(simple_recognizer, seconds):
    with pytest.raises(InputError, match="window"):
        simple_recognizer.stream(ACTIONS, seconds=seconds)


@pytest.mark.parametrize("fps", [5, 15, 30, 60, 1000])
@pytest.mark.parametrize("jitter", [0.0, 0.3])
def test_the_shortest_window_gives_answers_at_any_frame_rate(simple_recognizer, clip, fps, jitter):
    stream = simple_recognizer.stream(ACTIONS, layout="ntu-25", seconds=0.5)
    rng = np.random.default_rng(0)
    for index in range(int(1.5 * fps)):
        stream.push(clip.joints[:, int(index / fps * clip.fps)], (index + rng.uniform(0, jitter)) / fps)
        if index > 0.9 * fps:
            assert only_window(stream).frames == 16
    assert stream.predict().actions == tuple(ACTIONS)


def test_actions_are_replaced_by_names_and_old_predictions_are_ignored(stream, clip):
    push(stream, clip)
    (parts,) = stream.windows().values()
    old = [Prediction(tuple(ACTIONS), np.array([0.0, 3, 0]), np.array([0.05, 0.9, 0.05]), 0.95) for _ in parts]
    stream.candidates = ACTIONS[:2]
    assert stream.settle({0: old}) is None
    assert stream.predict().actions == tuple(ACTIONS[:2])


def test_rest_is_settled_once(stream, clip):
    push(stream, clip)
    start, settled_at = stream.time, set()
    for index in range(60):
        stream.push(clip.joints[:, -1], start + (index + 1) / 30)
        prediction = stream.predict()
        if prediction.rests:
            settled_at.add(prediction.settled_at)
    assert len(settled_at) == 1


@pytest.mark.parametrize("time", ["1", [1.0]])
def test_a_time_is_a_number(stream, clip, time):
    with pytest.raises(InputError, match="Expected seconds"):
        stream.push(clip.joints[:, 0], time)

"""Settled answers of a stream: they do not flip within an action, and they say when they settled."""

from itertools import pairwise

import numpy as np
import pytest

from zeroskel import SkeletonSequence, ZeroShotRecognizer
from zeroskel.datasets.synthetic import generate_sequence

ACTIONS = ["squat", "wave the right hand", "clap the hands", "kick a ball", "jump"]


@pytest.fixture(scope="module")
def recognizer() -> ZeroShotRecognizer:
    return ZeroShotRecognizer.load("default")


def with_rest(names: list[str], seconds: float = 2.0) -> tuple[SkeletonSequence, list[tuple[float, float]]]:
    """Return a recording of synthetic actions, after each of which the person stands still, and their times."""
    parts, times = [], []
    for number, name in enumerate(names):
        clip = generate_sequence(name, seed=900 + number)
        joints = clip.joints[0].copy()
        if parts:
            joints += parts[-1][-1, 0] - joints[0, 0]
            shares = np.linspace(0, 1, 15)[:, None, None]
            parts.append(parts[-1][-1] * (1 - shares) + joints[0] * shares)
        start = sum(map(len, parts)) / clip.fps
        times.append((start, start + clip.frames / clip.fps))
        parts += [joints, np.repeat(joints[-1:], round(seconds * clip.fps), axis=0)]
    return SkeletonSequence(np.concatenate(parts), clip.layout, clip.fps), times


def answers(recognizer: ZeroShotRecognizer, sequence: SkeletonSequence) -> list:
    stream = recognizer.stream(ACTIONS, layout=sequence.layout.name)
    result = []
    for index in range(sequence.frames):
        stream.push(sequence.joints[:, index], index / sequence.fps)
        if index % 6 == 5 and (prediction := stream.predict()) is not None:
            result.append(prediction)
    return result


def test_a_settled_answer_changes_at_most_once_an_action(recognizer):
    names = ["squat", "wave the right hand", "clap the hands"]
    sequence, times = with_rest(names)
    predictions = answers(recognizer, sequence)
    for name, (start, end) in zip(names, times, strict=True):
        during = [each.answer for each in predictions if start <= each.time <= end + 1 and each.answer is not None]
        changes = sum(first != second for first, second in pairwise(during))
        assert changes <= 1, (name, during)
        assert name in during, (name, during)


def test_who_stands_still_does_none_of_the_actions(recognizer):
    sequence, ((_, end),) = with_rest(["squat"], seconds=2.5)
    last = answers(recognizer, sequence)[-1]
    assert last.rests and last.none_of_these and last.answer is None
    assert last.settled and end < last.settled_at < end + 1.5

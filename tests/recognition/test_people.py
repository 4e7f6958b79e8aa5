"""Each person of a recording is named as well as alone."""

import numpy as np
import pytest

from zeroskel import ZeroShotRecognizer
from zeroskel.core import SkeletonSequence
from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets.synthetic import generate_sequence

METRES = 1.5


def beside(first: SkeletonSequence, second: SkeletonSequence) -> SkeletonSequence:
    """Return one recording of two, the second 1.5 m to the side; the shorter one leaves when it ends."""
    joints = np.full((2, max(first.frames, second.frames), *first.joints.shape[2:]), np.nan, np.float32)
    joints[0, : first.frames] = first.joints[0]
    joints[1, : second.frames] = second.joints[0] + np.array([METRES, 0, 0], np.float32)
    return first.replace(joints)


@pytest.fixture(scope="module")
def recognizer() -> ZeroShotRecognizer:
    return ZeroShotRecognizer.load("default")


def test_two_recordings_side_by_side_are_named_as_alone(shared, recognizer) -> None:
    dataset = SkeletonDataset.from_npz(shared / "data" / "utd_mhad.npz", layout="kinect-20")
    rng = np.random.default_rng(17)
    rows = np.concatenate([rng.permutation(np.flatnonzero(dataset.labels == label))[:2] for label in range(27)])
    rows = rng.permutation(rows).reshape(-1, 2)
    candidates = recognizer.candidates(dataset.class_names)
    alone = recognizer.predict([dataset[int(row)] for row in rows.ravel()], candidates)
    lanes = [
        person
        for first, second in rows
        for person in recognizer.predict_people(beside(dataset[int(first)], dataset[int(second)]), candidates)
    ]
    assert [lane.person for lane in lanes] == [0, 1] * len(rows)
    for lane, expected, row in zip(lanes, alone, rows.ravel(), strict=True):
        np.testing.assert_allclose(lane.probabilities, expected.probabilities, atol=1e-3)
        assert (lane.start, lane.end) == (0.0, dataset[int(row)].frames / dataset[int(row)].fps)
    names = np.array(dataset.class_names)[dataset.labels[rows.ravel()]]
    right = np.array([[one.best for one in lanes], [one.best for one in alone]]) == names
    assert right[0].sum() == right[1].sum() > 27


def test_two_people_of_a_stream_are_named_as_alone(shared, recognizer) -> None:
    dataset = SkeletonDataset.from_npz(shared / "data" / "utd_mhad.npz", layout="kinect-20")
    candidates = recognizer.candidates(dataset.class_names)
    rng = np.random.default_rng(3)
    for first, second in rng.choice(len(dataset), (8, 2), replace=False):
        clips = dataset[int(first)], dataset[int(second)]
        scene = beside(*clips)
        stream = recognizer.stream(candidates, layout="kinect-20", seconds=10.0)
        for index in range(scene.frames):
            order = rng.permutation(2)
            stream.push(scene.joints[order, index], index / scene.fps)
        windows = stream.windows()
        assert len(windows) == 2
        by_place = sorted(
            (parts[-1] for parts in windows.values()), key=lambda window: np.nanmean(window.joints[..., 0])
        )
        expected = recognizer.predict(sorted(clips, key=lambda clip: clip is clips[1]), candidates)
        for one, of_clip in zip(recognizer.predict(by_place, candidates), expected, strict=True):
            np.testing.assert_allclose(one.probabilities, of_clip.probabilities, atol=0.02)


def test_one_person_is_one_entry_with_the_prediction(recognizer) -> None:
    clip = generate_sequence("squat", seed=900)
    (person,) = recognizer.predict_people(clip, ["squat", "clap hands"], threshold=0.9)
    prediction = recognizer.predict(clip, ["squat", "clap hands"], threshold=0.9)
    described = person.to_dict(decimals=4)
    end = round(clip.frames / clip.fps, 4)
    assert described == {"person": 0, "start": 0.0, "end": end, "bodies": [0], **prediction.to_dict(decimals=4)}


def test_a_person_who_enters_late_is_judged_from_then_on(recognizer) -> None:
    clip = generate_sequence("squat", seed=900)
    absent = np.full((1, 90, *clip.joints.shape[2:]), np.nan, np.float32)
    late = clip.replace(np.concatenate([absent, clip.joints, absent], axis=1))
    (person,) = recognizer.predict_people(late, ["squat", "clap hands"])
    assert (person.start, person.end) == (3.0, (90 + clip.frames) / clip.fps)
    alone = recognizer.predict(clip, ["squat", "clap hands"])
    np.testing.assert_allclose(person.probabilities, alone.probabilities, atol=1e-6)

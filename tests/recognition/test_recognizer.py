"""Facts of the recognizer."""

import json

import numpy as np
import pytest

import zeroskel
from zeroskel.core import InputError, MissingFileError
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition import TrainingConfig, ZeroShotRecognizer, train_bundle

SEEN = ["wave the right hand", "squat", "run in place"]


@pytest.fixture(scope="module")
def recognizer(small, cache):
    options = {"smie": {"epochs": 40, "learning_rate": 1e-3, "warmup_epochs": 2, "hidden": (64, 32)}}
    return train_bundle(small, TrainingConfig(options=options), cache=cache)


def test_a_new_person_doing_a_known_action_is_named(recognizer):
    right = [recognizer.predict(generate_sequence(a, seed=900 + s), SEEN).best == a for a in SEEN for s in range(3)]
    assert np.mean(right) > 0.7


def test_one_sequence_and_a_list_agree(recognizer):
    sequences = [generate_sequence(action, seed=1) for action in SEEN]
    predictions = recognizer.predict(sequences, SEEN)
    for sequence, prediction in zip(sequences, predictions, strict=True):
        single = recognizer.predict(sequence, SEEN)
        np.testing.assert_allclose(single.scores, prediction.scores, rtol=1e-4, atol=1e-4)
        assert single.actions == tuple(SEEN)
        assert single.probabilities.sum() == pytest.approx(1)
        assert single.best == SEEN[int(single.scores.argmax())]


def test_the_order_of_actions_does_not_matter(recognizer):
    sequence = generate_sequence("squat", seed=3)
    forth, back = recognizer.predict(sequence, SEEN), recognizer.predict(sequence, SEEN[::-1])
    np.testing.assert_allclose(forth.scores, back.scores[::-1], rtol=1e-4, atol=1e-4)


def test_a_bundle_keeps_its_answers(recognizer, tmp_path):
    recognizer.save(tmp_path / "bundle")
    loaded = zeroskel.ZeroShotRecognizer.load(tmp_path / "bundle")
    sequence = generate_sequence("squat", seed=3)
    np.testing.assert_allclose(
        loaded.predict(sequence, SEEN).scores, recognizer.predict(sequence, SEEN).scores, rtol=1e-4
    )
    assert loaded.facts["notice"] == "Synthetic."
    assert not list((tmp_path / "bundle").rglob("*.pkl"))


def test_another_layout_is_converted(recognizer):
    from zeroskel.skeleton.transforms import convert_layout

    sequence = convert_layout(generate_sequence("squat", seed=3), "kinect-20")
    assert np.isfinite(recognizer.predict(sequence, SEEN).scores).all()


def test_invalid_actions_and_sequences_are_refused(recognizer, sequence_maker):
    sequence = generate_sequence("squat", seed=3)
    for actions in ([], "squat", ["squat", "squat"], ["squat", " "]):
        with pytest.raises(InputError):
            recognizer.predict(sequence, actions)
    with pytest.raises(InputError, match="no sequences"):
        recognizer.predict([], SEEN)
    with pytest.raises(InputError, match="no observed joint"):
        recognizer.predict(sequence.replace(np.full_like(sequence.joints, np.nan)), SEEN)


def test_motion_that_cannot_be_judged_is_refused_with_a_reason(recognizer):
    sequence = generate_sequence("squat", seed=3)
    one_joint = sequence.joints.copy()
    one_joint[:, :, 1:] = np.nan
    with pytest.raises(InputError, match="has 1 of 25 joints"):
        recognizer.predict(sequence.replace(one_joint), SEEN)
    with pytest.raises(InputError, match="at one point"):
        recognizer.predict(sequence.replace(np.zeros_like(sequence.joints)), SEEN)
    without_legs = sequence.joints.copy()
    without_legs[:, :, [i for i, name in enumerate(sequence.layout.joints) if "knee" in name or "ankle" in name]] = (
        np.nan
    )
    assert recognizer.predict(sequence.replace(without_legs), SEEN).best in SEEN


def test_a_missing_or_invalid_bundle_is_refused(recognizer, tmp_path):
    with pytest.raises(MissingFileError, match="zeroskel train"):
        ZeroShotRecognizer.load(tmp_path / "nothing")
    recognizer.save(tmp_path / "bundle")
    file = tmp_path / "bundle" / "bundle.json"
    config = json.loads(file.read_text())
    file.write_text(json.dumps({**config, "text_fingerprint": "other"}))
    with pytest.raises(InputError, match="sentence encoder other"):
        ZeroShotRecognizer.load(tmp_path / "bundle")
    file.write_text("{}")
    with pytest.raises(InputError, match="not a bundle"):
        ZeroShotRecognizer.load(tmp_path / "bundle")


def test_a_bundle_accepts_texts_in_blocks_and_refuses_options_before_it_trains(small, cache, tmp_path):
    options = {"msf": {"epochs": 1}}
    config = TrainingConfig("small", method="msf", prompt="name+person", options=options)
    bundle = train_bundle(small, config, cache=cache)
    assert bundle.aligner.options()["text_blocks"] == (384, 384)
    assert len(bundle.predict(small[0], ["squat", "jump"]).scores) == 2
    with pytest.raises(InputError, match="method smie: hidden is 64"):
        train_bundle(small, TrainingConfig("small", options={"smie": {"hidden": 64}}), cache=tmp_path)
    assert not list(tmp_path.glob("encoder-*"))
    with pytest.raises(InputError, match="epochs"):
        train_bundle(small, TrainingConfig("small", encoder="stgcn", options={"stgcn": {"epochs": "x"}}), cache=cache)


def test_equal_lists_of_actions_are_embedded_once_and_the_last_128_lists_stay_in_memory(recognizer):
    first = recognizer.candidates(["squat", "jump"])
    assert recognizer.candidates({"squat": [], "jump": []}) is first
    assert recognizer.candidates({"squat": ["x"], "jump": []}).actions == ("squat", "jump")
    assert recognizer.candidates(["jump", "squat"]) is not first
    for number in range(129):
        recognizer.candidates(["jump", f"squat {number}"])
    assert recognizer.candidates(["squat", "jump"]) is not first

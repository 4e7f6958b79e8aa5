"""What a recognizer does for people: several texts, refusal, examples, explanations."""

import json

import numpy as np
import pytest

from zeroskel.core import InputError
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition import TrainingConfig, ZeroShotRecognizer, train_bundle

OPTIONS = {"kite": {"networks": 1, "epochs": 8}}
CONFIG = TrainingConfig(
    encoder="biomechanics", method="kite", prompt="aspects+best", options=OPTIONS, masked_views=0, calibrate=True
)
THREE = ["wave the right hand", "squat", "run in place"]


@pytest.fixture(scope="module")
def recognizer(small, cache):
    return train_bundle(small, CONFIG, cache=cache)


def clips(action, count, seed=100):
    return [generate_sequence(action, seed=seed + i) for i in range(count)]


def test_probabilities_and_presence_are_calibrated_numbers(recognizer):
    found = recognizer.predict(clips("squat", 3), THREE)
    for prediction in found:
        assert prediction.probabilities.sum() == pytest.approx(1)
        assert 0 <= prediction.presence <= 1
        assert prediction.scores.argmax() == prediction.probabilities.argmax()
        assert f"presence={prediction.presence:.2f}" in repr(prediction)


def test_what_is_none_of_the_actions_is_refused_more_often(recognizer):
    motions = [clip for action in ("squat", "run in place") for clip in clips(action, 5)]
    there = [p.presence for p in recognizer.predict(motions, ["squat", "run in place", "clap hands"])]
    gone = [p.presence for p in recognizer.predict(motions, ["wave the right hand", "clap hands", "kick a ball"])]
    assert np.mean(there) > np.mean(gone)


def test_the_threshold_decides(recognizer):
    clip = clips("squat", 1)[0]
    strict, lenient = (recognizer.predict(clip, THREE, threshold=t) for t in (1.0, 0.0))
    assert strict.none_of_these and not lenient.none_of_these
    assert strict.best == lenient.best
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(InputError, match="threshold"):
            recognizer.predict(clip, THREE, threshold=wrong)


def test_texts_of_an_action_count(recognizer):
    clip = clips("squat", 1)[0]
    named = recognizer.predict(clip, ["exercise 12", "exercise 7"])
    told = recognizer.predict(
        clip,
        {
            "exercise 12": ["bend both knees and lower the hips, then stand up again", "squat down deeply"],
            "exercise 7": "wave one hand to the left and right above the head",
        },
    )
    assert told.actions == named.actions == ("exercise 12", "exercise 7")
    assert told.best == "exercise 12"
    assert not np.allclose(told.scores, named.scores)
    for wrong in ({"a": [""]}, {"a": [3]}, {"a": "x" * 2000}, ["x" * 2000], {}):
        with pytest.raises(InputError, match="action"):
            recognizer.candidates(wrong)


def test_candidates_can_be_used_again(recognizer):
    clip, candidates = clips("squat", 1)[0], recognizer.candidates(THREE)
    np.testing.assert_allclose(recognizer.predict(clip, candidates).scores, recognizer.predict(clip, THREE).scores)
    assert recognizer.candidates(candidates) is candidates


def test_examples_help_where_words_do_not(recognizer, tmp_path):
    """Two names that say nothing, told apart by examples; actions with words only stay in the race."""
    asked = ["exercise A", "exercise B", "squat"]
    truth = ["wave the right hand", "run in place", "squat"]
    adapted = recognizer.adapt(
        [*clips(truth[0], 3, 300), *clips(truth[1], 3, 300)], ["exercise A"] * 3 + ["exercise B"] * 3
    )
    motions = [clip for action in truth for clip in clips(action, 5, 500)]
    labels = np.repeat(asked, 5)

    def right(model):
        return np.mean([p.best == label for p, label in zip(model.predict(motions, asked), labels, strict=True)])

    assert right(adapted) > right(recognizer) and right(adapted) > 0.7
    np.testing.assert_allclose(
        adapted.predict(motions[0], THREE).scores, recognizer.predict(motions[0], THREE).scores, rtol=1e-5
    )
    more = adapted.adapt(clips(truth[0], 1, 700), ["exercise A"])
    assert len(more.examples.labels) == 7 and len(adapted.examples.labels) == 6 and recognizer.examples is None
    more.save(tmp_path / "bundle")
    loaded = ZeroShotRecognizer.load(tmp_path / "bundle")
    assert loaded.calibration == recognizer.calibration
    np.testing.assert_allclose(
        loaded.predict(motions[0], asked).scores, more.predict(motions[0], asked).scores, rtol=1e-4, atol=1e-5
    )
    (tmp_path / "bundle" / "examples.safetensors").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"examples\.safetensors"):
        ZeroShotRecognizer.load(tmp_path / "bundle")
    config = json.loads((tmp_path / "bundle" / "bundle.json").read_text())
    config["calibration"] = {"temperature": 1}
    (tmp_path / "bundle" / "bundle.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=r"bundle\.json"):
        ZeroShotRecognizer.load(tmp_path / "bundle")


def test_what_cannot_be_learnt_from_is_said(recognizer, small, cache):
    with pytest.raises(InputError, match="labels"):
        recognizer.adapt(clips("squat", 2), ["squat"])
    with pytest.raises(InputError, match="labels"):
        recognizer.adapt(clips("squat", 1), [" "])
    with pytest.raises(InputError, match="no sequences"):
        recognizer.adapt([], [])
    plain = train_bundle(small, TrainingConfig(method="ridge"), cache=cache)
    for call in (
        lambda: plain.adapt(clips("squat", 1), ["squat"]),
        lambda: plain.predict(clips("squat", 1), THREE, threshold=0.5),
    ):
        with pytest.raises(InputError, match="--calibrate"):
            call()
    assert plain.predict(clips("squat", 1)[0], THREE).presence is None
    two = np.flatnonzero(np.isin(small.labels, (0, 1)))
    from zeroskel.recognition.training import train_on_rows

    with pytest.raises(InputError, match="too few"):
        train_on_rows(small, two, CONFIG, cache=cache)


def test_an_explanation_adds_up(recognizer):
    clip = clips("wave the right hand", 1)[0]
    told = recognizer.explain(clip, THREE)
    assert told.action == told.prediction.best
    assert told.information.shape == (10, 3) and told.information.max() <= np.log(3) + 1e-6
    np.testing.assert_allclose(told.information[-1], np.log(told.prediction.probabilities) + np.log(3), atol=1e-4)
    assert told.seconds[-1] == pytest.approx(clip.frames / clip.fps)
    assert told.moments[0, 0] == 0 and told.moments[-1, 1] == pytest.approx(clip.frames / clip.fps)
    assert told.moment_information.shape == (10,)
    assert set(told.parts) == {"head", "torso", "left arm", "right arm", "left leg", "right leg"}
    other = recognizer.explain(clip, THREE, action="squat")
    assert other.action == "squat" and other.parts != told.parts
    for actions, action in ((["squat"], None), (THREE, "fly")):
        with pytest.raises(InputError):
            recognizer.explain(clip, actions, action=action)


def test_the_arm_that_waves_is_what_tells(recognizer):
    told = [recognizer.explain(c, THREE, action="wave the right hand").parts for c in clips("wave the right hand", 6)]
    lost = {part: np.mean([parts[part] for parts in told]) for part in told[0]}
    assert lost["right arm"] == max(lost.values()) > 0


def test_a_still_and_an_unseen_start_can_be_explained(recognizer):
    clip = clips("squat", 1)[0]
    still = clip.replace(clip.joints[:, :1])
    assert np.isfinite(recognizer.explain(still, THREE).information).all()
    late = clip.joints.copy()
    late[:, : clip.frames // 2] = np.nan
    assert not recognizer.explain(clip.replace(late), THREE).information[0].any()

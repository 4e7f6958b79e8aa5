"""Facts of a calibrated bundle: texts of actions, presence, thresholds and examples."""

import json
from dataclasses import replace

import numpy as np
import pytest

from zeroskel.core import InputError
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition import TrainingConfig, ZeroShotRecognizer, train_bundle
from zeroskel.recognition._training import train_on_rows

THREE = ["wave the right hand", "squat", "run in place"]


def clips(action, count, seed=100):
    return [generate_sequence(action, seed=seed + i) for i in range(count)]


def test_probabilities_and_presence_are_calibrated_numbers(calibrated):
    for prediction in calibrated.predict(clips("squat", 3), THREE):
        assert prediction.probabilities.sum() == pytest.approx(1)
        assert 0 <= prediction.presence <= 1
        assert prediction.scores.argmax() == prediction.probabilities.argmax()
        assert f"presence={prediction.presence:.2f}" in repr(prediction)


def test_what_is_none_of_the_actions_is_refused_more_often(calibrated):
    motions = [clip for action in ("squat", "run in place") for clip in clips(action, 5)]
    there = [p.presence for p in calibrated.predict(motions, ["squat", "run in place", "clap hands"])]
    gone = [p.presence for p in calibrated.predict(motions, ["wave the right hand", "clap hands", "kick a ball"])]
    assert np.mean(there) > np.mean(gone)


def test_the_threshold_decides(calibrated):
    clip = clips("squat", 1)[0]
    strict, lenient = (calibrated.predict(clip, THREE, threshold=t) for t in (1.0, 0.0))
    assert strict.none_of_these and not lenient.none_of_these
    assert strict.best == lenient.best
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(InputError, match="threshold"):
            calibrated.predict(clip, THREE, threshold=wrong)


def test_texts_of_an_action_count(calibrated):
    clip = clips("squat", 1)[0]
    named = calibrated.predict(clip, ["exercise 12", "exercise 7"])
    described = calibrated.predict(
        clip,
        {
            "exercise 12": ["bend both knees and lower the hips, then stand up again", "squat down deeply"],
            "exercise 7": "wave one hand to the left and right above the head",
        },
    )
    assert described.actions == named.actions == ("exercise 12", "exercise 7")
    assert described.best == "exercise 12"
    assert not np.allclose(described.scores, named.scores)
    for wrong in ({"a": [""]}, {"a": [3]}, {"a": "x" * 2000}, ["x" * 2000], {}):
        with pytest.raises(InputError, match=r"[Aa]ction"):
            calibrated.candidates(wrong)


def test_candidates_can_be_used_again(calibrated):
    clip, candidates = clips("squat", 1)[0], calibrated.candidates(THREE)
    np.testing.assert_allclose(calibrated.predict(clip, candidates).scores, calibrated.predict(clip, THREE).scores)
    assert calibrated.candidates(candidates) is candidates


def test_examples_help_where_words_do_not(calibrated, tmp_path):
    """Examples separate two names without meaning; actions with words only remain candidates."""
    names = ["exercise A", "exercise B", "squat"]
    truth = ["wave the right hand", "run in place", "squat"]
    adapted = calibrated.adapt(
        [*clips(truth[0], 3, 300), *clips(truth[1], 3, 300)], ["exercise A"] * 3 + ["exercise B"] * 3
    )
    motions = [clip for action in truth for clip in clips(action, 5, 500)]
    labels = np.repeat(names, 5)

    def right(model):
        return np.mean([p.best == label for p, label in zip(model.predict(motions, names), labels, strict=True)])

    assert right(adapted) > right(calibrated) and right(adapted) > 0.7
    np.testing.assert_allclose(
        adapted.predict(motions[0], THREE).scores, calibrated.predict(motions[0], THREE).scores, rtol=1e-5
    )
    more = adapted.adapt(clips(truth[0], 1, 700), ["exercise A"])
    assert len(more.examples.labels) == 7 and len(adapted.examples.labels) == 6 and calibrated.examples is None
    more.save(tmp_path / "bundle")
    loaded = ZeroShotRecognizer.load(tmp_path / "bundle")
    assert loaded.calibration == calibrated.calibration
    np.testing.assert_allclose(
        loaded.predict(motions[0], names).scores, more.predict(motions[0], names).scores, rtol=1e-4, atol=1e-5
    )
    (tmp_path / "bundle" / "examples.safetensors").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"examples\.safetensors"):
        ZeroShotRecognizer.load(tmp_path / "bundle")
    config = json.loads((tmp_path / "bundle" / "bundle.json").read_text())
    config["calibration"] = {"temperature": 1}
    (tmp_path / "bundle" / "bundle.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=r"bundle\.json"):
        ZeroShotRecognizer.load(tmp_path / "bundle")


def test_one_example_names_its_own_recording_though_words_for_another_action_fit(calibrated):
    clip, other = clips("squat", 1, 300)[0], clips("wave the right hand", 1, 301)[0]
    names = ["exercise A", *THREE]
    assert calibrated.predict(clip, names).best == "squat"
    taught = calibrated.adapt([clip], ["exercise A"])
    answer = taught.predict(clip, names)
    assert answer.best == "exercise A" and not answer.none_of_these
    assert taught.predict(other, names).best == calibrated.predict(other, names).best
    candidates = [taught.candidates(names), taught.candidates(THREE)]
    features = taught.encode([clip, clip])
    for one, each in zip(candidates, taught.score_each(features, candidates, [None, None]), strict=True):
        np.testing.assert_allclose(each.scores, taught.score(features[:1], one)[0].scores, rtol=1e-5)


def test_invalid_examples_and_uncalibrated_bundles_are_refused(calibrated, calibrated_config, small, cache):
    with pytest.raises(InputError, match="labels"):
        calibrated.adapt(clips("squat", 2), ["squat"])
    with pytest.raises(InputError, match="labels"):
        calibrated.adapt(clips("squat", 1), [" "])
    with pytest.raises(InputError, match="no sequences"):
        calibrated.adapt([], [])
    plain = train_bundle(small, TrainingConfig(method="ridge"), cache=cache)
    for call in (
        lambda: plain.adapt(clips("squat", 1), ["squat"]),
        lambda: plain.predict(clips("squat", 1), THREE, threshold=0.5),
    ):
        with pytest.raises(InputError, match="--calibrate"):
            call()
    assert plain.predict(clips("squat", 1)[0], THREE).presence is None
    two = np.flatnonzero(np.isin(small.labels, (0, 1)))
    with pytest.raises(InputError, match="too few"):
        train_on_rows(small, two, calibrated_config, cache=cache)


def test_a_background_decides_on_presence_and_is_saved(with_background, tmp_path):
    recognizer, motions = with_background, clips("squat", 4)
    assert recognizer.background.shape[1] == recognizer.aligner.text_dim_ and len(recognizer.background) > 200
    assert len(recognizer.calibration.presence) == 5
    predictions = recognizer.predict(motions, THREE)
    recognizer.save(tmp_path / "bundle")
    loaded = ZeroShotRecognizer.load(tmp_path / "bundle")
    for first, second in zip(predictions, loaded.predict(motions, THREE), strict=True):
        assert first.presence == pytest.approx(second.presence, abs=1e-5)
        assert first.scores.shape == first.probabilities.shape == (3,)
    other = replace(recognizer, background=recognizer.background[:1])
    absent = [name for name in THREE if name != "squat"]
    unlisted = recognizer.predict(motions[0], absent).presence
    assert other.predict(motions[0], absent).presence != pytest.approx(unlisted, rel=1e-3)
    (tmp_path / "bundle" / "background.safetensors").unlink()
    with pytest.raises(InputError, match="not a bundle of this version"):
        ZeroShotRecognizer.load(tmp_path / "bundle")


def test_lists_of_different_length_share_the_background(with_background):
    features = with_background.encode(clips("squat", 3))
    lists = [with_background.candidates(names) for names in (THREE, ["squat"], ["clap hands", "squat"])]
    for row, prediction in enumerate(with_background.score_each(features, lists, [None] * 3)):
        alone = with_background.score(features[row : row + 1], lists[row])[0]
        np.testing.assert_allclose(prediction.scores, alone.scores, rtol=1e-4, atol=1e-4)
        assert prediction.presence == pytest.approx(alone.presence, abs=1e-4)


def test_motion_that_is_not_on_the_list_has_a_lower_presence(with_background):
    motions = clips("squat", 10) + clips("run in place", 10)
    listed = [p.presence for p in with_background.predict(motions, ["squat", "run in place", "clap hands"])]
    others = [p.presence for p in with_background.predict(motions, ["wave the right hand", "clap hands"])]
    assert np.mean(listed) > np.mean(others) + 0.2


def test_adapting_keeps_the_background(with_background):
    adapted = with_background.adapt(clips("squat", 2), ["squat", "squat"])
    assert adapted.background is with_background.background
    assert 0 <= adapted.predict(clips("squat", 1, 300)[0], THREE).presence <= 1

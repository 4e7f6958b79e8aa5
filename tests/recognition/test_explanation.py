"""Facts of explanations."""

import json

import numpy as np
import pytest

from zeroskel import ZeroShotRecognizer
from zeroskel.core import InputError
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition import TrainingConfig, train_bundle

THREE = ["wave the right hand", "squat", "run in place"]


def clips(action, count, seed=100):
    return [generate_sequence(action, seed=seed + i) for i in range(count)]


def test_an_explanation_adds_up(calibrated):
    clip = clips("wave the right hand", 1)[0]
    explanation = calibrated.explain(clip, THREE)
    assert explanation.action == explanation.prediction.best
    assert explanation.information.shape == (10, 3) and explanation.information.max() <= np.log(3) + 1e-6
    np.testing.assert_allclose(
        explanation.information[-1], np.log(explanation.prediction.probabilities) + np.log(3), atol=1e-4
    )
    assert explanation.seconds[-1] == pytest.approx(clip.frames / clip.fps)
    assert explanation.moments[0, 0] == 0 and explanation.moments[-1, 1] == pytest.approx(clip.frames / clip.fps)
    assert explanation.moment_information.shape == (10,)
    assert set(explanation.parts) == {"head", "torso", "left arm", "right arm", "left leg", "right leg"}
    second = calibrated.explain(clip, THREE, action="squat")
    assert second.action == "squat" and second.parts != explanation.parts
    for actions, action in ((["squat"], None), (THREE, "fly")):
        with pytest.raises(InputError):
            calibrated.explain(clip, actions, action=action)


def test_the_arm_that_waves_matters_most(calibrated):
    explanations = [calibrated.explain(clip, THREE, action="wave the right hand") for clip in clips(THREE[0], 6)]
    lost = {part: np.mean([each.parts[part] for each in explanations]) for part in explanations[0].parts}
    assert lost["right arm"] == max(lost.values()) > 0


def test_the_quantities_add_up_to_the_lead_over_the_best_other_action(calibrated):
    recognizer = ZeroShotRecognizer.load("default")
    explanation = recognizer.explain(clips("wave the right hand", 1)[0], THREE)
    scores = np.sort(explanation.prediction.scores)
    lead = (scores[-1] - scores[-2]) / recognizer.calibration.temperature
    assert sum(explanation.quantities.values()) == pytest.approx(lead, abs=1e-3)
    amounts = np.abs(list(explanation.quantities.values()))
    assert np.all(amounts[:-1] >= amounts[1:])
    assert calibrated.explain(clips("squat", 1)[0], THREE).quantities == {}  # another method compares no quantities


def test_an_explanation_says_in_words_what_the_motion_shows():
    recognizer = ZeroShotRecognizer.load("default")
    clip = generate_sequence("wave the right hand", seed=1)
    explanation = recognizer.explain(clip, THREE)
    assert any(phrase.startswith("right hand moving from side to side") for phrase in explanation.shown)
    assert explanation.rival in THREE[1:]
    assert any("right hand" in phrase for phrase in explanation.speaks_for)
    against = recognizer.explain(clip, THREE, action="squat")
    assert against.shown == explanation.shown
    assert against.rival == "wave the right hand"
    assert "both knees straight" in against.speaks_against
    assert against.to_dict()["speaks_against"] == list(against.speaks_against)


def test_another_encoder_or_method_explains_without_words(calibrated, small, cache):
    clip = clips("squat", 1)[0]
    explanation = calibrated.explain(clip, THREE)
    assert (explanation.shown, explanation.speaks_for, explanation.speaks_against) == ((), (), ())
    assert explanation.rival in THREE
    assert explanation.rival != explanation.action
    measured = train_bundle(small, TrainingConfig(encoder="movement", method="ridge"), cache=cache)
    explanation = measured.explain(clip, THREE)
    assert explanation.shown[0].startswith("standing, then sitting or squatting")
    assert (explanation.speaks_for, explanation.speaks_against) == ((), ())


def test_an_explanation_is_json(calibrated):
    explanation = calibrated.explain(clips("squat", 1)[0], THREE)
    exact, rounded = explanation.to_dict(), explanation.to_dict(decimals=2)
    assert json.loads(json.dumps(exact)) == exact
    assert exact["information"] == explanation.information.tolist()
    assert rounded["parts"]["head"] == round(explanation.parts["head"], 2)
    assert rounded["moment_information"] == explanation.moment_information.round(2).tolist()


def test_a_still_and_an_unseen_start_can_be_explained(calibrated):
    clip = clips("squat", 1)[0]
    still = clip.replace(clip.joints[:, :1])
    assert np.isfinite(calibrated.explain(still, THREE).information).all()
    late = clip.joints.copy()
    late[:, : clip.frames // 2] = np.nan
    assert not calibrated.explain(clip.replace(late), THREE).information[0].any()

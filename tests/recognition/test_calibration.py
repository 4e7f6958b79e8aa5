"""Facts of calibrated probabilities."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax

from zeroskel.core import InputError
from zeroskel.recognition._calibration import Calibration, Withheld, evidence_inputs, fit_calibration, presence_inputs

TRUE_TEMPERATURE = 0.25


def withheld(rng, recordings=1500, classes=12, people=6, spread=0.6):
    """Return recordings whose right class follows softmax(scores / 0.25) and whose features lie around their class."""
    scores = rng.normal(0, 0.5, (recordings, classes))
    draws = rng.gumbel(size=scores.shape)
    labels = (scores / TRUE_TEMPERATURE + draws).argmax(axis=1)
    centres = rng.normal(0, 1, (classes, 20))
    features = centres[labels] + rng.normal(0, spread, (recordings, 20))
    return Withheld(scores, labels, features, rng.integers(0, people, recordings))


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(0)
    return fit_calibration([withheld(rng), withheld(rng)], np.zeros(20))


def test_the_true_temperature_is_recovered(fitted):
    assert fitted.temperature == pytest.approx(TRUE_TEMPERATURE, rel=0.2)
    assert (fitted.recordings, fitted.classes) == (3000, 24)


def test_probabilities_come_true(fitted):
    new = withheld(np.random.default_rng(7), recordings=4000)
    shares = softmax(fitted.logits(new.scores), axis=1)
    right = shares.argmax(axis=1) == new.labels
    sure = shares.max(axis=1)
    for low, high in ((0.2, 0.4), (0.4, 0.6), (0.6, 0.8)):
        rows = (sure >= low) & (sure < high)
        assert right[rows].mean() == pytest.approx(sure[rows].mean(), abs=0.08)


def test_presence_is_higher_with_the_right_class_on_the_list(fitted):
    rng = np.random.default_rng(3)
    scores = rng.normal(0, 0.3, (2000, 12))
    scores[:, 0] += 1.2
    there, gone = (fitted.presences(fitted.logits(part)) for part in (scores[:, :8], scores[:, 1:9]))
    assert ((0 <= gone) & (there <= 1)).all()
    assert there.mean() > gone.mean() + 0.1
    assert (there > gone).mean() > 0.8


def test_examples_count_for_their_class_and_more_of_them_more(fitted):
    rng = np.random.default_rng(5)
    part = withheld(rng)
    queries, labels = part.features[:200], part.labels[:200]
    gains = []
    for shots in (1, 5):
        pools = {c: np.flatnonzero(part.labels[200:] == c)[:shots] + 200 for c in range(12)}
        evidence, _ = fitted.evidence_of(queries, {c: part.features[rows] for c, rows in pools.items()}, 12)
        assert evidence[np.arange(200), labels].mean() > 0 > evidence.mean()
        words = softmax(fitted.logits(part.scores[:200]), axis=1).argmax(axis=1) == labels
        both = softmax(fitted.logits(part.scores[:200], evidence), axis=1).argmax(axis=1) == labels
        assert both.mean() > words.mean()
        gains.append(both.mean())
    assert gains[1] >= gains[0]
    single, _ = fitted.evidence_of(queries, {3: part.features[pools[3]]}, 12)
    assert not single[:, np.arange(12) != 3].any()


def test_config_round_trip(fitted):
    assert Calibration.from_config(fitted.to_config()) == fitted
    for broken in ({}, {**fitted.to_config(), "temperature": "warm"}, {**fitted.to_config(), "presence": 3}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            Calibration.from_config(broken)


def test_a_single_class_cannot_be_calibrated_on():
    single = Withheld(np.zeros((5, 1)), np.zeros(5, int), np.zeros((5, 3)), np.zeros(5, int))
    with pytest.raises(InputError, match="withheld"):
        fit_calibration([single], np.zeros(3))


def test_one_person_is_enough():
    rng = np.random.default_rng(1)
    calibration = fit_calibration([withheld(rng, people=1)], np.zeros(20))
    assert calibration.evidence[2] != 0


def test_presence_ignores_actions_that_are_not_on_the_list():
    inputs = presence_inputs(np.array([[1.0, 2, -np.inf], [0, 0, 0]]))
    np.testing.assert_allclose(inputs[0], [1, 2, np.log((np.e + np.e**2) / 2), np.log(2)])
    np.testing.assert_allclose(inputs[1], [1, 0, 0, np.log(3)], atol=1e-12)


def test_presence_inputs_end_with_the_background_if_there_is_one():
    inputs = presence_inputs(np.array([[1.0, 2]]), np.array([[0.0, 3, 3]]))
    np.testing.assert_allclose(inputs, [[1, 2, np.log((np.e + np.e**2) / 2), np.log(2), np.log((1 + 2 * np.e**3) / 3)]])


def with_level(rng, recordings=1500):
    """Return recordings whose scores all rise and fall together, as those of motion that fits many texts do."""
    scores = rng.normal(0, 0.5, (recordings, 12))
    labels = (scores / TRUE_TEMPERATURE + rng.gumbel(size=scores.shape)).argmax(axis=1)
    level = rng.normal(0, 1.5, (recordings, 1))
    features = rng.normal(0, 1, (recordings, 5))
    background = level + rng.normal(0, 0.3, (recordings, 40))
    return Withheld(scores + level, labels, features, rng.integers(0, 6, recordings), background)


def test_a_background_tells_a_motion_that_fits_many_texts_from_one_that_fits_the_list():
    rng = np.random.default_rng(0)
    part, new = with_level(rng), with_level(rng, 2000)
    is_right = np.arange(12) == new.labels[:, None]
    right, others = new.scores[is_right][:, None], new.scores[~is_right].reshape(2000, 11)
    present, absent = np.concatenate([right, others[:, :4]], axis=1), others[:, :5]
    advantage = []
    for background in (True, False):
        fitted = fit_calibration([part if background else replace(part, background=None)], np.zeros(5))
        assert len(fitted.presence) == 4 + background
        scored = [fitted.presences(fitted.logits(s), new.background if background else None) for s in (present, absent)]
        advantage.append((scored[0][:, None] > scored[1]).mean())
    assert advantage[0] > advantage[1] + 0.05


def test_a_few_confident_errors_hardly_change_the_temperature():
    rng = np.random.default_rng(2)
    part = withheld(rng)
    labels = part.labels.copy()
    labels[:30] = part.scores[:30].argmin(axis=1)
    changed = fit_calibration([replace(part, labels=labels)], np.zeros(20)).temperature
    assert changed == pytest.approx(fit_calibration([part], np.zeros(20)).temperature, rel=0.15)


def test_each_class_has_the_same_weight():
    rng = np.random.default_rng(4)
    sharp, flat = withheld(rng), withheld(rng, recordings=200)
    flat = replace(flat, labels=rng.integers(0, 12, 200))
    many = Withheld(
        *(np.concatenate([array] * 5) for array in (flat.scores, flat.labels, flat.features, flat.subjects))
    )
    once, often = (fit_calibration([sharp, part], np.zeros(20)).temperature for part in (flat, many))
    assert once == pytest.approx(often, rel=0.1)


def test_evidence_is_computed_from_cosines():
    inputs, cosines = evidence_inputs(np.array([[2.0, 0], [0, 3]]), np.array([[1.0, 0], [1, 0], [0, 1]]))
    np.testing.assert_allclose(inputs[:, 0], 1)
    np.testing.assert_allclose(inputs[:, 1], 1)
    np.testing.assert_allclose(inputs[:, 2], [2 / 5**0.5, 1 / 5**0.5])
    np.testing.assert_allclose(inputs[:, 4], np.log(3))
    np.testing.assert_allclose(cosines, [[1, 1, 0], [0, 0, 1]])

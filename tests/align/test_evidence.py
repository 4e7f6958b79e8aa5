"""Evidence: what a text leaves open does not count, a true word more never hurts, and nothing has a veto."""

import numpy as np
import pytest
import torch

from zeroskel.align import Evidence, load
from zeroskel.align._quantity_model import QuantityModel
from zeroskel.core._vocabulary import vocabulary

WORDS = vocabulary()
Q = len(WORDS)


def text(**stated):
    """Return the embedding of a text that states some quantities and leaves the others as they usually are."""
    means, deviations = WORDS.usual.copy(), WORDS.deviations.copy()
    for name, value in stated.items():
        means[WORDS.index(name)], deviations[WORDS.index(name)] = value, 0.1
    return WORDS.standardised(means[None], deviations[None])[0].astype(np.float32)


def motions(rows, rng, known=1.0):
    """Return features like those of the encoder "movement": values, flags and two other numbers."""
    values = np.clip(rows + 0.05 * rng.normal(size=rows.shape), -1, 1)
    flags = np.full_like(values, known)
    return np.concatenate([values, flags, rng.normal(size=(len(rows), 2))], axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def fitted():
    """Return a method fitted on 40 random actions, six motions each."""
    rng = np.random.default_rng(0)
    actions = np.clip(rng.multivariate_normal(WORDS.usual, WORDS.covariance, size=40), -1, 1)
    texts = WORDS.standardised(actions, np.full_like(actions, 0.1)).astype(np.float32)
    labels = np.repeat(np.arange(40), 6)
    return Evidence(regressed=0.5).fit(motions(actions[labels], rng), labels, texts)


@pytest.fixture(scope="module")
def right_hand_up():
    rng = np.random.default_rng(1)
    values = WORDS.usual.copy()
    values[WORDS.index("arm_side")], values[WORDS.index("hand_highest")] = 1.0, 1.0
    return motions(np.repeat(values[None], 3, axis=0), rng)


def test_the_embedding_of_a_text_can_be_restored():
    means, variances = Evidence()._stated(text(arm_side=1.0)[None])
    assert means[0, WORDS.index("arm_side")] == pytest.approx(1.0, abs=1e-5)
    assert np.allclose(variances[0, WORDS.index("speed")], WORDS.deviations[WORDS.index("speed")] ** 2, atol=1e-5)


def test_a_true_statement_gains_a_false_one_loses_and_an_open_one_does_neither(fitted, right_hand_up):
    right, left, nothing = text(arm_side=1.0), text(arm_side=-1.0), text()
    scores = fitted.score_classes(right_hand_up, np.stack([right, left, nothing]))
    assert np.all(scores[:, 0] > scores[:, 2]) and np.all(scores[:, 2] > scores[:, 1])
    measured = fitted._measured.log_ratios(
        right_hand_up[:, :Q], np.ones((3, Q), np.float32), WORDS.usual[None], WORDS.deviations[None] ** 2, 0.06
    )
    assert np.allclose(measured, 0, atol=1e-4)


def test_a_description_that_truly_says_more_does_not_lower_the_score(fitted, right_hand_up):
    short, long = text(arm_side=1.0), text(arm_side=1.0, hand_highest=1.0)
    scores = fitted.score_classes(right_hand_up, np.stack([short, long]))
    assert np.all(scores[:, 1] >= scores[:, 0])


def test_the_floor_bounds_what_one_quantity_takes_away(fitted, right_hand_up):
    stated = fitted._stated(text(arm_side=-1.0)[None])
    before_correction = fitted._evidence(fitted._estimates(right_hand_up), stated)
    assert before_correction.min() >= 1.5 * np.log(fitted.floor) - 1e-4  # measured, and regressed at half the weight
    evidence = fitted.evidence(right_hand_up, text(arm_side=-1.0)[None])
    assert evidence.shape == (3, 1, Q)
    assert np.allclose(evidence.sum(axis=2), fitted.score_classes(right_hand_up, text(arm_side=-1.0)[None]), atol=1e-3)


@pytest.fixture(scope="module")
def with_sentences():
    """Return a method fitted on movements, numbers and sentences, with a correction for hubs, and its texts."""
    rng = np.random.default_rng(0)
    actions = np.clip(rng.multivariate_normal(WORDS.usual, WORDS.covariance, size=20), -1, 1)
    movements = WORDS.standardised(actions, np.full_like(actions, 0.1))
    texts = np.concatenate([movements, rng.normal(size=(20, 9))], axis=1).astype(np.float32) / 3**0.5
    labels = np.repeat(np.arange(20), 4)
    method = Evidence(hubness=0.5, text_blocks=(2 * Q, 4, 5))
    return method.fit(motions(actions[labels], rng), labels, texts), texts


def test_texts_after_the_movement_count_and_have_no_quantities(with_sentences, right_hand_up):
    fitted, texts = with_sentences
    other = texts.copy()
    other[0, 2 * Q :] = texts[1, 2 * Q :]
    scores, changed = fitted.score_classes(right_hand_up, texts), fitted.score_classes(right_hand_up, other)
    assert np.any(scores[:, 0] != changed[:, 0]) and np.allclose(scores[:, 1:], changed[:, 1:], atol=1e-4)
    assert fitted.evidence(right_hand_up, texts) is None


def test_a_method_with_sentences_is_saved_and_exported(with_sentences, right_hand_up, tmp_path):
    fitted, texts = with_sentences
    expected = fitted.score_classes(right_hand_up, texts)
    fitted.save(tmp_path / "saved")
    np.testing.assert_allclose(load(tmp_path / "saved").score_classes(right_hand_up, texts), expected, atol=1e-4)
    with torch.no_grad():
        exported = fitted.to_torch()(torch.from_numpy(right_hand_up), torch.from_numpy(texts)).numpy()
    np.testing.assert_allclose(exported, expected, rtol=1e-4, atol=2e-3)


def test_a_hub_loses_and_a_text_that_states_nothing_does_not(right_hand_up):
    rng = np.random.default_rng(0)
    actions = np.clip(rng.multivariate_normal(WORDS.usual, WORDS.covariance, size=20), -1, 1)
    labels = np.repeat(np.arange(20), 4)
    texts = WORDS.standardised(actions, np.full_like(actions, 0.1)).astype(np.float32)
    features = motions(actions[labels], rng)
    plain, corrected = (Evidence(hubness=share).fit(features, labels, texts) for share in (0.0, 0.5))
    candidates = np.stack([text(arm_side=1.0), text()])
    before, after = (method.score_classes(right_hand_up, candidates) for method in (plain, corrected))
    assert np.all(after[:, 0] < before[:, 0]) and np.allclose(after[:, 1], before[:, 1], atol=1e-3)
    of_quantities = corrected.evidence(right_hand_up, candidates)
    assert np.allclose(of_quantities.sum(axis=2), after, atol=1e-3)


def test_a_quantity_that_was_not_observed_says_nothing(fitted, right_hand_up):
    unknown = right_hand_up.copy()
    unknown[:, Q + WORDS.index("arm_side")] = 0
    known, hidden = (
        fitted._measured.log_ratios(rows[:, :Q], rows[:, Q : 2 * Q], np.ones((1, Q)), np.full((1, Q), 0.01), 0.06)
        for rows in (right_hand_up, unknown)
    )
    assert np.all(hidden[:, :, WORDS.index("arm_side")] == 0) and np.any(known[:, :, WORDS.index("arm_side")] != 0)


def test_the_exported_module_scores_as_the_method(fitted, right_hand_up):
    texts = np.stack([text(arm_side=1.0), text(hand_highest=0.4, arm_side=-1.0), text()])
    with torch.no_grad():
        exported = fitted.to_torch()(torch.from_numpy(right_hand_up), torch.from_numpy(texts)).numpy()
    np.testing.assert_allclose(exported, fitted.score_classes(right_hand_up, texts), rtol=1e-4, atol=1e-3)


def test_the_sums_by_products_of_matrices_are_those_of_the_ratios(fitted):
    rng = np.random.default_rng(0)
    values, means, variances = rng.random((5, Q)), rng.random((3, Q)), 0.1 * rng.random((3, Q))
    ratios = fitted._regressed.ratios(values[:, None], means, variances)
    np.testing.assert_allclose(fitted._regressed.sums(values, means, variances), ratios.sum(axis=2), rtol=1e-4)


def test_without_a_floor_the_evidence_is_the_log_ratio_of_two_gaussians():
    model = QuantityModel(*(np.array([value], np.float32) for value in (0.8, 0.1, 0.04, 0.5, 0.2)))
    value, mean, variance = 0.7, 0.6, 0.05
    spread = 0.8**2 * variance + 0.04

    def log_density(at, centre, width):
        return -((at - centre) ** 2) / (2 * width) - np.log(2 * np.pi * width) / 2

    expected = log_density(value, 0.1 + 0.8 * mean, spread) - log_density(value, 0.5, 0.2)
    arrays = (np.array([[number]]) for number in (value, 1.0, mean, variance))
    assert model.log_ratios(*arrays, 0.0) == pytest.approx(expected, rel=1e-5)


def test_what_texts_leave_open_is_no_noise():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(400), 5)
    means, variances = rng.uniform(0, 1, (400, 2)), np.repeat(rng.choice([0.001, 0.1], (400, 1)), 2, axis=1)
    truths = means[labels] + np.sqrt(variances[labels]) * rng.normal(size=(2000, 2))
    values = 0.1 + 0.8 * truths + 0.15 * rng.normal(size=truths.shape)
    usual = means.mean(axis=0), means.var(axis=0)
    model = QuantityModel.fitted(values, np.ones_like(values), labels, means, variances, usual)
    assert np.allclose(model.noise, 0.15**2, rtol=0.35)
    assert np.allclose(model.slope, 0.8, atol=0.1) and np.allclose(model.offset, 0.1, atol=0.06)
    exact = QuantityModel.fitted(values, np.ones_like(values), labels, means, 0 * variances, usual)
    assert np.all(exact.noise > 2 * model.noise)


def test_a_rate_counts_only_if_something_repeats(fitted):
    still, waving = WORDS.usual.copy(), WORDS.usual.copy()
    for name in ("hand_rate", "hand_repeats", "turn_side", "turns"):
        still[WORDS.index(name)], waving[WORDS.index(name)] = 0.0, 0.6
    waving[WORDS.index("hand_repeats")] = 1.0
    rows = np.concatenate([np.stack([still, waving]), np.ones((2, Q))], axis=1).astype(np.float32)
    features = np.concatenate([rows, np.zeros((2, 2), np.float32)], axis=1)
    evidence = Evidence(regressed=0.0)
    evidence._measured, evidence._blind, evidence._kite = fitted._measured, None, None
    stated = evidence._stated(np.stack([text(hand_rate=0.6, hand_repeats=1.0, turn_side=1.0)]))
    values = evidence._evidence(evidence._estimates(features), stated)[:, 0]
    rate, side, repeats = (WORDS.index(name) for name in ("hand_rate", "turn_side", "hand_repeats"))
    assert values[0, rate] == values[0, side] == 0 and values[0, repeats] < 0
    assert values[1, rate] > 0 and values[1, side] > 0 and values[1, repeats] > 0

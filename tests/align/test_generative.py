import math

import numpy as np
import pytest
import torch

from zeroskel.align._generative import fit_classifier
from zeroskel.align._variational import Gaussian
from zeroskel.align.cada_vae import CADAVAE
from zeroskel.align.sa_dvae import SADVAE
from zeroskel.align.synse import SynSE
from zeroskel.core import InputError, NotFittedError

FAST = {"epochs": 6, "batch_size": 32, "samples": 20, "classifier_epochs": 20}


@pytest.fixture(params=[CADAVAE, SynSE, SADVAE])
def method(request):
    return request.param


def test_the_classifier_separates_two_gaussians_where_they_are_equally_likely():
    latent = Gaussian(torch.tensor([[-2.0, 0.0], [4.0, 0.0]]), torch.zeros(2, 2))
    weight, bias = fit_classifier(latent, samples=500, epochs=200, learning_rate=0.05, seed=0).values()
    direction, offset = weight[1] - weight[0], bias[1] - bias[0]
    assert abs(direction[1]) < 0.3 * direction[0]
    assert math.isclose(-offset / direction[0], 1.0, abs_tol=0.3)


def test_candidates_of_one_text_are_one(method, toy):
    features, labels, texts = toy
    aligner = method(**FAST).fit(features, labels, texts)
    once = aligner.score_classes(features, texts[:3])
    np.testing.assert_array_equal(aligner.score_classes(features, texts[[2, 0, 1, 2, 0]]), once[:, [2, 0, 1, 2, 0]])


def test_given_candidates_are_scored_by_their_classifier_in_any_order(method, toy):
    features, labels, texts = toy
    aligner = method(**FAST).fit(features, labels, texts)
    on_the_spot = aligner.score_classes(features, texts[:5])
    given = aligner.fit_candidates(texts[:5], seed=9).score_classes(features, texts[:5])
    assert not np.array_equal(on_the_spot, given)
    order = np.array([3, 0, 4, 2, 1])
    np.testing.assert_array_equal(aligner.score_classes(features, texts[order]), given[:, order])
    np.testing.assert_array_equal(aligner.fit_candidates(texts[order], 9).score_classes(features, texts[:5]), given)


def test_other_candidates_leave_the_given_ones_as_they_were(method, toy, tmp_path):
    features, labels, texts = toy
    aligner = method(**FAST).fit(features, labels, texts)
    unseen = aligner.score_classes(features, texts[5:])
    given = aligner.fit_candidates(texts[:5], seed=9).score_classes(features, texts[:5])
    np.testing.assert_array_equal(aligner.score_classes(features, texts[5:]), unseen)
    np.testing.assert_array_equal(aligner.score_classes(features, texts[:5]), given)
    aligner.save(tmp_path / "saved")
    loaded = method._restore(
        tmp_path, {"options": aligner.options(), "feature_dim": 24, "text_dim": 6}, aligner._state()
    )
    np.testing.assert_array_equal(loaded.score_classes(features, texts[:5]), given)
    np.testing.assert_array_equal(loaded.score_classes(features, texts[5:]), unseen)


def test_a_new_fit_forgets_the_candidates(method, toy):
    features, labels, texts = toy
    aligner = method(**FAST).fit(features, labels, texts).fit_candidates(texts, seed=9)
    again = aligner.fit(features, labels, texts).score_classes(features, texts)
    np.testing.assert_array_equal(again, method(**FAST).fit(features, labels, texts).score_classes(features, texts))


def test_scores_do_not_depend_on_the_unit_of_features(method, toy):
    features, labels, texts = toy
    metres, double = (
        method(**FAST).fit(unit * features, labels, texts).score_classes(unit * features, texts) for unit in (1, 1024)
    )
    np.testing.assert_allclose(metres, double, rtol=1e-2, atol=1e-3)


def test_candidates_that_do_not_fit_are_refused(method, toy):
    with pytest.raises(NotFittedError, match="fit first"):
        method(**FAST).fit_candidates(toy[2])
    aligner = method(**FAST).fit(*toy)
    with pytest.raises(InputError, match="fitted with 24 and 6"):
        aligner.fit_candidates(toy[2][:, :5])
    with pytest.raises(InputError, match="row 0"):
        aligner.fit_candidates(np.full((2, 6), np.nan))


def test_each_cycle_begins_with_auto_encoding_and_texts_diverge_from_the_third_cycle_on():
    weights = {"motion_weight": 2.0, "text_weight": 3.0, "cross_weight": 5.0, "motion_start": 0.5, "cross_start": 0.8}
    annealed = SynSE(epochs=40, cycles=4, **weights)
    for cycle in range(4):
        assert annealed._weights(10 * cycle) == (0.0, 0.0, 0.0)
        motion, text, cross = annealed._weights(10 * cycle + 9)
        assert math.isclose(motion, 2.0 * 0.8)
        assert math.isclose(text, 3.0 * 0.5 if cycle >= 2 else 0.0)
        assert cross == 5.0
    assert SynSE(epochs=10, **weights)._weights(9)[1] > 0

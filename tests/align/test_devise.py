import numpy as np
import torch

from zeroskel import align
from zeroskel.align.devise import _first_violation, _rank_violations

SCORES = torch.tensor([[0.50, 0.45, 0.10], [0.20, 0.90, 0.85]])
LABELS = torch.tensor([0, 2])
FAST = {"epochs": 20, "learning_rate": 0.01, "batch_size": 16}


def test_a_wrong_text_costs_what_it_lacks_of_the_margin():
    # row 0: 0.1 - 0.50 + 0.45 = 0.05; 0.1 - 0.50 + 0.10 < 0.  row 1: 0.1 - 0.85 + 0.20 < 0; 0.1 - 0.85 + 0.90 = 0.15
    expected = torch.tensor([[0.0, 0.05, 0.0], [0.0, 0.15, 0.0]])
    torch.testing.assert_close(_rank_violations(SCORES, LABELS, 0.1), expected)


def test_the_first_violation_is_one_of_them_and_none_stays_none():
    terms = torch.tensor([[0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, 0.0]]).repeat(200, 1)
    first = _first_violation(terms, torch.rand(terms.shape, generator=torch.Generator().manual_seed(0)))
    assert ((first > 0).sum(dim=1) == torch.tensor([1, 0]).repeat(200)).all()
    assert set(first.sum(dim=1).tolist()) == {0.0, 1.0, 2.0, 3.0}


def test_a_score_is_linear_in_the_feature(toy):
    features, labels, texts = toy
    devise = align.create("devise", unit_length=False, **FAST).fit(features, labels, texts)
    first, second = devise.score_classes(features[:5], texts), devise.score_classes(features[5:10], texts)
    between = devise.score_classes((features[:5] + features[5:10]) / 2, texts)
    np.testing.assert_allclose(between, (first + second) / 2, atol=1e-4)


def test_a_cosine_does_not_pass_one(toy):
    scores = align.create("devise", score="cosine", **FAST).fit(*toy).score_classes(toy[0], toy[2])
    assert np.abs(scores).max() <= 1 + 1e-5


def test_unit_length_makes_scores_independent_of_a_features_length(toy):
    features, labels, texts = toy
    devise = align.create("devise", **FAST).fit(features, labels, texts)
    np.testing.assert_allclose(
        devise.score_classes(7 * features, texts), devise.score_classes(features, texts), atol=1e-4
    )


def test_a_penalty_makes_the_map_small(toy):
    free, held = (align.create("devise", penalty=p, **FAST).fit(*toy)._state()["network.weight"] for p in (0.0, 10.0))
    assert np.linalg.norm(held) < 0.5 * np.linalg.norm(free)


def test_first_violations_solve_the_toy_too(toy):
    devise = align.create("devise", violations="first", **FAST).fit(*toy)
    assert (devise.score_classes(toy[0], toy[2][:6]).argmax(axis=1) == toy[1]).mean() > 0.95

import numpy as np
import pytest

from zeroskel import align
from zeroskel.align.prototypes import Prototypes, _entropy, _most_certain, _standardised
from zeroskel.core import NotFittedError


class FixedScores:
    """Fake of a fitted aligner that returns fixed scores."""

    def __init__(self, scores):
        self.scores = np.asarray(scores, dtype=np.float32)

    def score_classes(self, features, class_embeddings):
        return self.scores


def test_entropies_are_those_of_the_softmax():
    np.testing.assert_allclose(_entropy(np.array([[0.0, 0.0], [np.log(3.0), 0.0]])), [np.log(2), 0.56233514], atol=1e-8)
    assert _entropy(np.array([[1000.0, 0.0, 0.0]]))[0] == 0


def test_standardised_scores_do_not_depend_on_scale_and_offset():
    scores = np.random.default_rng(0).normal(size=(6, 3))
    np.testing.assert_allclose(_standardised(scores), _standardised(1e-4 * scores + np.arange(6)[:, None]), atol=1e-8)
    np.testing.assert_array_equal(_standardised(np.ones((2, 2))), np.zeros((2, 2)))


def test_the_most_certain_of_each_group_are_trusted():
    uncertainty = np.array([0.3, 0.1, 0.2, 0.9, 0.8])
    groups = np.array([0, 0, 0, 1, 1])
    assert _most_certain(uncertainty, groups, 0.5).tolist() == [False, True, True, False, True]
    assert _most_certain(uncertainty, np.zeros(5), 0.4).tolist() == [False, True, True, False, False]
    assert _most_certain(np.zeros(4), np.zeros(4), 0.5).tolist() == [True, True, False, False]
    assert _most_certain(uncertainty, groups, 1.0).all()


def test_an_uncertain_motion_follows_the_certain_ones_next_to_it():
    features = np.array([[1.0, 0.1], [1.0, -0.1], [0.9, 0.0], [-1.0, 0.1], [-1.0, -0.1], [-0.9, 0.0]])
    fixed = FixedScores(
        [[5, 0], [5, 0], [0, 0.1], [0, 5], [0, 5], [0, 5]]
    )  # the third is predicted as the second class
    assert fixed.scores.argmax(axis=1).tolist() == [0, 0, 1, 1, 1, 1]
    adapted = Prototypes(fixed, share=0.5, weight=1.0).score_classes(features, np.eye(2))
    assert adapted.argmax(axis=1).tolist() == [0, 0, 0, 1, 1, 1]


def test_the_score_mixes_both_by_weight():
    rng = np.random.default_rng(0)
    fixed, features = FixedScores(rng.normal(size=(20, 3))), rng.normal(size=(20, 4))
    original, half, whole = (Prototypes(fixed, weight=w).score_classes(features, np.eye(3)) for w in (0.0, 0.5, 1.0))
    np.testing.assert_allclose(original, _standardised(fixed.scores), atol=1e-6)
    np.testing.assert_allclose(half, (original + whole) / 2, atol=1e-5)


def test_a_candidate_that_nothing_is_predicted_as_keeps_its_scores():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(20, 3))
    scores[:, 2] = scores.min() - 1
    adapted = Prototypes(FixedScores(scores), weight=1.0).score_classes(rng.normal(size=(20, 4)), np.eye(3))
    np.testing.assert_allclose(adapted[:, 2], _standardised(scores.astype(np.float32))[:, 2], atol=1e-6)


def test_order_of_motions_and_of_candidates_does_not_matter(toy):
    features, labels, texts = toy
    adapted = Prototypes(align.create("ridge").fit(features, labels, texts), rounds=2)
    scores = adapted.score_classes(features, texts)
    rng = np.random.default_rng(0)
    rows, columns = rng.permutation(96), rng.permutation(8)
    np.testing.assert_allclose(
        adapted.score_classes(features[rows], texts[columns]), scores[rows][:, columns], atol=1e-4
    )
    assert scores.dtype == np.float32


def test_adaptation_undoes_a_shift_between_seen_and_unseen_classes():
    rng = np.random.default_rng(1)
    texts = rng.normal(size=(30, 8))
    texts = (texts / np.linalg.norm(texts, axis=1, keepdims=True)).astype(np.float32)
    world, labels = rng.normal(size=(8, 24)), np.repeat(np.arange(30), 30)
    drift = 0.8 * rng.normal(size=(30, 24))  # shared by the motions of a class and unknown to its text
    features = texts[labels] @ world + drift[labels] + 0.6 * rng.normal(size=(900, 24))
    seen = labels < 22
    ridge = align.create("ridge").fit(features[seen], labels[seen], texts)
    before, after = (
        (22 + method.score_classes(features[~seen], texts[22:]).argmax(axis=1) == labels[~seen]).mean()
        for method in (ridge, Prototypes(ridge))
    )
    assert after > before + 0.02


def test_one_motion_and_one_candidate_are_enough(toy):
    adapted = Prototypes(align.create("ridge").fit(*toy))
    for count, candidates in ((1, 8), (5, 1), (1, 1)):
        scores = adapted.score_classes(toy[0][:count], toy[2][:candidates])
        assert scores.shape == (count, candidates)
        assert np.isfinite(scores).all()


def test_inputs_are_not_modified(toy):
    adapted = Prototypes(align.create("ridge").fit(*toy))
    features, texts = toy[0].copy(), toy[2].copy()
    adapted.score_classes(features, texts)
    np.testing.assert_array_equal(features, toy[0])
    np.testing.assert_array_equal(texts, toy[2])


def test_an_aligner_that_is_not_fitted_is_refused(toy):
    with pytest.raises(NotFittedError):
        Prototypes(align.create("ridge")).score_classes(toy[0], toy[2])

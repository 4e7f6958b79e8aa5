import numpy as np
import pytest

from zeroskel.align.contrastive import Contrastive
from zeroskel.align.kernel_ridge import KernelRidge
from zeroskel.align.kite import Kite

TRAINING = {"epochs": 4, "batch_size": 16}
BLOCKS = (6, 4)


@pytest.fixture(scope="module")
def two_texts(toy):
    """Return the toy with a second text of four numbers."""
    features, labels, texts = toy
    second = np.random.default_rng(1).normal(size=(8, 4)).astype(np.float32)
    return features, labels, np.concatenate((texts, second), axis=1) / np.float32(np.sqrt(2))


def deviation(scores, labels):
    """Return the deviation of the scores of the wrong classes of each motion, mean over motions."""
    return np.mean([np.delete(row, label).std() for row, label in zip(scores, labels, strict=True)])


def kernel_part(features, labels, texts, candidates):
    fitted = KernelRidge().fit(features, labels, texts)
    return fitted.score_classes(features, candidates) / deviation(fitted.score_classes(features, texts[:6]), labels)


def network_part(features, labels, texts, candidates, seed):
    fitted = Contrastive(**TRAINING).fit(features, labels, texts, seed=seed)
    return fitted.score_classes(features, candidates) / deviation(fitted.score_classes(features, texts[:6]), labels)


def test_without_networks_it_orders_as_kernel_ridge_on_the_first_text(two_texts):
    features, labels, texts = two_texts
    kite = Kite(networks=0, kernel_weight=1.5, text_blocks=BLOCKS).fit(features, labels, texts)
    scores, alone = kite.score_classes(features, texts), kernel_part(features, labels, texts[:, :6], texts[:, :6])
    np.testing.assert_allclose(scores, 1.5 * alone, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(scores.argmax(axis=1), alone.argmax(axis=1))
    other = texts.copy()
    other[:, 6:] = 7.0  # the second text has no effect
    np.testing.assert_array_equal(kite.score_classes(features, other), scores)


def test_without_kernel_weight_it_is_the_mean_of_networks_on_the_other_texts(two_texts):
    features, labels, texts = two_texts
    kite = Kite(networks=2, kernel_weight=0, text_blocks=BLOCKS, **TRAINING).fit(features, labels, texts, seed=3)
    second = texts[:, 6:]
    one, other = (network_part(features, labels, second, second, seed) for seed in (6, 7))
    assert not np.allclose(one, other)
    np.testing.assert_allclose(kite.score_classes(features, texts), (one + other) / 2, rtol=1e-4, atol=1e-4)


def test_both_parts_are_added_in_one_unit(two_texts):
    features, labels, texts = two_texts
    kite = Kite(networks=1, kernel_weight=2, text_blocks=BLOCKS, **TRAINING).fit(features, labels, texts)
    first, second = texts[:, :6], texts[:, 6:]
    expected = 2 * kernel_part(features, labels, first, first) + network_part(features, labels, second, second, seed=1)
    np.testing.assert_allclose(kite.score_classes(features, texts), expected, rtol=1e-4, atol=1e-4)


def test_one_text_goes_to_both_parts(toy):
    features, labels, texts = toy
    kite = Kite(networks=1, **TRAINING).fit(features, labels, texts)
    expected = 2 * kernel_part(features, labels, texts, texts) + network_part(features, labels, texts, texts, seed=1)
    np.testing.assert_allclose(kite.score_classes(features, texts), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("blank", "unmoved", "moved"),
    [
        (np.s_[6:], {"kernel_weight": 0}, {"networks": 0}),
        (np.s_[:6], {"networks": 0}, {"kernel_weight": 0}),
    ],
)
def test_a_class_without_the_text_of_a_part_trains_only_the_other_part(two_texts, blank, unmoved, moved):
    features, labels, texts = two_texts
    texts = texts[:6].copy()
    texts[4:, blank] = 0
    options = {"networks": 2, "text_blocks": BLOCKS, **TRAINING}
    known = labels < 4
    for part, same in ((unmoved, True), (moved, False)):
        (with_them, without) = (
            Kite(**{**options, **part}).fit(features[rows], labels[rows], texts, seed=2).score_classes(features, texts)
            for rows in (np.ones(len(labels), dtype=bool), known)
        )
        assert np.array_equal(with_them[:, :4], without[:, :4]) == same


def test_other_texts_of_several_blocks_keep_their_widths(toy):
    features, labels, texts = toy
    three = np.concatenate((texts, texts[:, ::-1], texts[:, :3]), axis=1)
    kite = Kite(networks=1, kernel_weight=0, text_blocks=(6, 6, 3), **TRAINING).fit(features, labels, three)
    alone = Contrastive(text_blocks=(6, 3), **TRAINING).fit(features, labels, three[:, 6:])
    ours, theirs = kite.score_classes(features, three), alone.score_classes(features, three[:, 6:])
    np.testing.assert_allclose(ours * deviation(theirs[:, :6], labels), theirs, rtol=1e-4, atol=1e-4)

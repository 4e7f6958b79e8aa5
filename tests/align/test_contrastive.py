import math

import numpy as np
import pytest
import torch

from zeroskel.align.contrastive import Contrastive, _multi_positive_loss
from zeroskel.core import InputError

SMALL = {"epochs": 30, "batch_size": 16, "warmup_epochs": 1, "hidden": 32, "embed_dim": 16, "dropout": 0.0}


def test_the_loss_on_hand_made_numbers():
    vectors = torch.eye(3)[[0, 1, 2]]
    labels = torch.tensor([4, 4, 9])
    # S = identity / 0.5: each row and column holds one 2 and two zeros
    diagonal, other = 2 - math.log(math.exp(2) + 2), -math.log(math.exp(2) + 2)
    pair = math.log(1 / 2) - (diagonal + other) / 2  # rows whose class has two texts: Y is 1/2, 1/2, 0
    single = -diagonal
    expected = (2 * pair + single) / 3  # both directions agree
    assert math.isclose(float(_multi_positive_loss(vectors, vectors, labels, 0.5)), expected, rel_tol=1e-6)


def test_both_directions_count():
    features, texts = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.eye(2)
    # S = [[1, 0], [1, 0]]: rows e/(e+1), 1/(e+1); columns 1/2, 1/2
    row = (-math.log(math.e / (math.e + 1)) - math.log(1 / (math.e + 1))) / 2
    expected = (row + math.log(2)) / 2
    assert math.isclose(float(_multi_positive_loss(features, texts, torch.tensor([0, 1]), 1.0)), expected, rel_tol=1e-6)


def test_the_loss_is_nothing_where_each_class_is_alone_with_itself():
    vectors = torch.eye(2)[[0, 0, 1]]
    assert float(_multi_positive_loss(vectors, vectors, torch.tensor([0, 0, 1]), 0.01)) < 1e-6
    assert abs(float(_multi_positive_loss(vectors, vectors, torch.zeros(3, dtype=torch.long), 1e6))) < 1e-5


def test_scores_are_cosines_with_the_texts_where_these_are_not_projected(toy):
    features, labels, texts = toy
    fitted = Contrastive(**SMALL, text_projection="none").fit(features, labels, texts)
    centre = texts[:6].mean(axis=0)
    one, two = fitted.score_classes(features, np.stack((centre + texts[7], centre + 3 * texts[7]))).T
    np.testing.assert_allclose(one, two, atol=1e-5)
    assert np.abs(one).max() <= 1 + 1e-5
    assert not any(name.startswith("network.texts") for name in fitted._state())


def test_several_texts_are_averaged(toy):
    features, labels, texts = toy
    both = np.concatenate((texts, texts[:, ::-1]), axis=1)
    fitted = Contrastive(**SMALL, text_blocks=(6, 6)).fit(features, labels, both)
    assert (fitted.score_classes(features, both[:6]).argmax(axis=1) == labels).mean() > 0.95
    with pytest.raises(InputError, match="text_blocks"):
        Contrastive(**SMALL, text_blocks=(6, 5)).fit(features, labels, both)

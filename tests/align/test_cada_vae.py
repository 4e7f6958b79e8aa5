import math

import numpy as np
import torch

from zeroskel.align._variational import Gaussian
from zeroskel.align.cada_vae import CADAVAE, _reconstruction, _wasserstein

FAST = {"epochs": 4, "batch_size": 200}


def test_the_distance_of_two_worked_gaussians():
    first = Gaussian(torch.tensor([[0.0, 3.0]]), torch.tensor([[1.0, 16.0]]).log())
    second = Gaussian(torch.tensor([[2.0, 0.0]]), torch.tensor([[9.0, 1.0]]).log())
    expected = math.sqrt(2**2 + 3**2 + (1 - 3) ** 2 + (4 - 1) ** 2)
    assert math.isclose(float(_wasserstein(first, second)), expected, rel_tol=1e-6)
    assert float(_wasserstein(first, first)) < 1e-5


def test_the_error_is_absolute_and_summed_over_coordinates():
    values, decoded = torch.tensor([[1.0, -2.0], [0.0, 4.0]]), torch.tensor([[0.0, 0.0], [0.5, 1.0]])
    assert math.isclose(float(_reconstruction(values, decoded)), (1 + 2 + 0.5 + 3) / 2)


def test_the_loss_is_the_weighted_sum_whose_weights_rise(toy):
    epochs = CADAVAE(**{**FAST, "epochs": 100}, latent=8, divergence_weight=2.0, cross_weight=3.0, distance_weight=5.0)
    history = epochs.fit(*toy).history_.epochs
    for epoch, beta, gamma, delta in (
        (0, 0, 0, 0),
        (14, 2 * 14 / 93, 0, 5 / 2),
        (48, 2 * 48 / 93, 1.5, 5),
        (99, 2, 3, 5),
    ):
        terms = history[epoch]
        expected = terms["reconstruction"] + beta * terms["divergence"]
        expected += gamma * terms["cross_reconstruction"] + delta * terms["distance"]
        assert math.isclose(terms["loss"], expected, rel_tol=1e-5)


def test_aligning_distributions_brings_them_together(toy):
    near, far = (
        CADAVAE(epochs=40, batch_size=16, cross_weight=0.0, distance_weight=weight).fit(*toy).history_.epochs[-1]
        for weight in (8.0, 0.0)
    )
    assert near["distance"] < 0.5 * far["distance"]


def test_published_hidden_layers_can_be_had(toy):
    features, labels, texts = toy
    scores = (
        CADAVAE(epochs=1, batch_size=200, hidden=(1560, 1660))
        .fit(features, labels, texts)
        .score_classes(features, texts)
    )
    assert np.isfinite(scores).all()

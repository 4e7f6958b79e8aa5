import math

import torch

from zeroskel.align.sa_dvae import SADVAE, _discrimination, _SADVAESpace, _shuffled_apart
from zeroskel.neural._training import seeded


def space(latent=3, residual=2):
    with seeded(0):
        return _SADVAESpace(5, 4, latent, (), residual)


def test_the_discriminator_loss_of_worked_logits():
    together, apart = torch.tensor([0.0, math.log(3.0)]), torch.tensor([-math.log(3.0), 0.0])
    expected = -0.5 * ((math.log(0.5) + math.log(0.75)) / 2 + (math.log(0.75) + math.log(0.5)) / 2)
    assert math.isclose(float(_discrimination(together, apart)), expected, rel_tol=1e-6)


def test_shuffling_keeps_semantic_latents_and_moves_residuals():
    semantic, residual = torch.arange(8.0).reshape(8, 1), torch.arange(8.0).reshape(8, 1)
    apart = _shuffled_apart(semantic, residual, torch.randperm(8, generator=torch.Generator().manual_seed(0)))
    assert torch.equal(apart[:, :1], semantic)
    assert not torch.equal(apart[:, 1:], residual)
    assert torch.equal(apart[:, 1:].sort(dim=0).values, residual)


def test_the_encoder_pays_for_being_told_apart_and_the_discriminator_does_not_learn_from_it():
    network, latents = space(), torch.randn(6, 5, generator=torch.Generator().manual_seed(0), requires_grad=True)
    belief = network.correlation(latents)
    torch.testing.assert_close(belief, torch.sigmoid(network.discriminator(latents)).mean())
    belief.backward()
    assert latents.grad is not None and latents.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in network.discriminator.parameters())


def test_the_discriminator_learns_from_latents_without_gradient():
    network, draws = space(), torch.Generator().manual_seed(0)
    semantic, residual = (torch.randn(6, width, generator=draws, requires_grad=True) for width in (3, 2))
    network.discriminator_loss((semantic, semantic), residual, (torch.arange(6), torch.randperm(6))).backward()
    assert semantic.grad is None and residual.grad is None
    assert all(parameter.grad is not None for parameter in network.discriminator.parameters())


def test_the_errors_of_networks_that_know_nothing_are_mean_squares(batch_of):
    fitted = SADVAE(
        epochs=10, latent=3, residual=2, cross_weight=2.0, motion_start=0.5, cross_start=0.8, correlation_weight=0.1
    )
    fitted.network_ = space()
    with torch.no_grad():
        for parameter in fitted.network_.parameters():
            parameter.zero_()
        terms = fitted._loss(batch_of(fitted, [[1.0, 2.0, 2.0, 0.0, 1.0]], [[3.0, 1.0, 1.0, 1.0]], epoch=9))
    errors = 10 / 5 + 12 / 4
    assert math.isclose(float(terms["reconstruction"]), errors, rel_tol=1e-6)
    assert math.isclose(float(terms["correlation"]), 0.5)
    assert math.isclose(float(terms["discriminator"]), math.log(2.0), rel_tol=1e-6)
    assert math.isclose(float(terms["loss"]), 3 * errors + 0.1 * 0.5 + math.log(2.0), rel_tol=1e-6)


def test_texts_do_not_move_the_residual(toy):
    features, labels, texts = toy
    fitted = SADVAE(epochs=2, latent=5, residual=3).fit(features, labels, texts)
    network = fitted.network_
    assert isinstance(network, _SADVAESpace)
    semantic, residual = network.parts(fitted._feature_tensor(features))
    assert semantic.mean.shape == (96, 5) == network.motion(fitted._feature_tensor(features)).mean.shape
    assert residual.mean.shape == (96, 3)
    assert network.text(fitted._text_tensor(texts)).mean.shape == (8, 5)

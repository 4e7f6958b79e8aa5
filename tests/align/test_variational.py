import math

import pytest
import torch

from zeroskel.align._variational import Decoder, Encoder, Gaussian, divergence, ramp
from zeroskel.neural._training import seeded


def gaussian(mean, variance):
    return Gaussian(torch.tensor(mean), torch.tensor(variance).log())


def test_the_divergence_of_two_worked_gaussians():
    first = 0.5 * (1.0 + 4.0 - 1 - math.log(4.0)) + 0.5 * (4.0 + 0.25 - 1 - math.log(0.25))
    assert math.isclose(float(divergence(gaussian([[1.0, -2.0]], [[4.0, 0.25]]))), first, rel_tol=1e-6)
    both = gaussian([[1.0, -2.0], [0.0, 0.0]], [[4.0, 0.25], [1.0, 1.0]])
    assert math.isclose(float(divergence(both)), first / 2, rel_tol=1e-6)


def test_samples_have_the_mean_and_the_deviation_of_their_gaussian():
    latent = gaussian([[3.0, -1.0]] * 20_000, [[4.0, 0.01]] * 20_000)
    drawn = latent.sample(torch.randn(20_000, 2, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(drawn.mean(dim=0), torch.tensor([3.0, -1.0]), atol=0.05, rtol=0)
    torch.testing.assert_close(drawn.std(dim=0), torch.tensor([2.0, 0.1]), atol=0.05, rtol=0)


def test_gradients_flow_through_samples():
    mean, log_variance = torch.zeros(2, 3, requires_grad=True), torch.zeros(2, 3, requires_grad=True)
    Gaussian(mean, log_variance).sample(torch.ones(2, 3)).sum().backward()
    assert mean.grad is not None and torch.equal(mean.grad, torch.ones(2, 3))
    assert log_variance.grad is not None and log_variance.grad.abs().sum() > 0


def test_join_undoes_split():
    latent = gaussian([[1.0, 2.0, 3.0]], [[1.0, 2.0, 3.0]])
    first, rest = latent.split(1)
    assert first.mean.tolist() == [[1.0]]
    assert rest.mean.tolist() == [[2.0, 3.0]]
    joined = first.join(rest)
    assert torch.equal(joined.mean, latent.mean) and torch.equal(joined.log_variance, latent.log_variance)


def test_networks_are_linear_without_hidden_layers_and_mirrored_with_them():
    with seeded(0):
        assert sum(1 for _ in Encoder(7, 3).parameters()) == 4
        encoder, decoder = Encoder(7, 3, (6, 5)), Decoder(3, 7, (6, 5))
    assert encoder(torch.zeros(2, 7)).mean.shape == (2, 3)
    assert decoder(torch.zeros(2, 3)).shape == (2, 7)
    widths = [layer.out_features for layer in [*encoder.body, *decoder.body] if isinstance(layer, torch.nn.Linear)]
    assert widths == [6, 5, 5, 6]


@pytest.mark.parametrize(("progress", "share"), [(0.0, 0.0), (0.2, 0.0), (0.4, 0.5), (0.6, 1.0), (1.0, 1.0)])
def test_a_ramp_rises_linearly(progress, share):
    assert math.isclose(ramp(progress, 0.2, 0.6), share, abs_tol=1e-12)

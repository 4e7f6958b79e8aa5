"""Convolutions over time by frequencies and directly; those over the graph are tested with the block."""

import pytest
import torch
from torch import nn

from zeroskel.encoders import graph_operations
from zeroskel.encoders.graph_operations import product, products, spectral_convolution, temporal_convolution


@pytest.fixture(params=[False, True], ids=["products", "convolutions"])
def avx512(request, monkeypatch):
    """Both ways of a product, whatever this processor prefers."""
    monkeypatch.setattr(graph_operations, "AVX512", request.param)
    monkeypatch.setattr(graph_operations, "ROWS_AT_ONCE", 3)


def test_products_and_their_gradients_are_those_of_torch(avx512):
    generator = torch.Generator().manual_seed(0)
    sizes = ((2, 7, 5), (2, 5, 4), (4,))
    x, weights, bias = (torch.randn(size, generator=generator, requires_grad=True) for size in sizes)
    ours, plain = products(x, weights.transpose(1, 2)), torch.bmm(x, weights)
    torch.testing.assert_close(ours, plain)
    torch.testing.assert_close(product(x[0], weights[0], bias), plain[0] + bias)
    torch.testing.assert_close(product(x[0], weights[0]), plain[0])
    gradient = torch.randn(plain.shape, generator=generator)
    for found, expected in zip(*(torch.autograd.grad(y, (x, weights), gradient) for y in (ours, plain)), strict=True):
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("frames", [1, 2, 8, 13])
@pytest.mark.parametrize("convolution", [spectral_convolution, temporal_convolution])
def test_a_convolution_over_time_is_the_plain_one(convolution, stride, frames, avx512):
    generator = torch.Generator().manual_seed(0)
    taps, bias = torch.randn(6, 5, 9, generator=generator), torch.randn(6, generator=generator)
    x = torch.randn(frames, 7, 5, generator=generator)
    expected = nn.functional.conv1d(x.permute(1, 2, 0), taps, bias, stride=stride, padding=4).permute(2, 0, 1)
    torch.testing.assert_close(convolution(taps, bias, stride)(x), expected, rtol=1e-5, atol=2e-5)


def test_gradients_pass_the_frequencies(avx512):
    taps = torch.randn(3, 4, 9, dtype=torch.float64, requires_grad=True)
    bias, x = torch.randn(3, dtype=torch.float64, requires_grad=True), torch.randn(6, 2, 4, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda t, b: spectral_convolution(t, b, 2)(x), (taps, bias))

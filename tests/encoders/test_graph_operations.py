"""Convolutions over time by frequencies and directly; those over the graph are tested with the block."""

import pytest
import torch
from torch import nn

from zeroskel.encoders.graph_operations import spectral_convolution, temporal_convolution


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("frames", [1, 2, 8, 13])
@pytest.mark.parametrize("convolution", [spectral_convolution, temporal_convolution])
def test_a_convolution_over_time_is_the_plain_one(convolution, stride, frames):
    generator = torch.Generator().manual_seed(0)
    taps, bias = torch.randn(6, 5, 9, generator=generator), torch.randn(6, generator=generator)
    x = torch.randn(frames, 7, 5, generator=generator)
    expected = nn.functional.conv1d(x.permute(1, 2, 0), taps, bias, stride=stride, padding=4).permute(2, 0, 1)
    torch.testing.assert_close(convolution(taps, bias, stride)(x), expected, rtol=1e-5, atol=2e-5)


def test_gradients_pass_the_frequencies():
    taps = torch.randn(3, 4, 9, dtype=torch.float64, requires_grad=True)
    bias, x = torch.randn(3, dtype=torch.float64, requires_grad=True), torch.randn(6, 2, 4, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda t, b: spectral_convolution(t, b, 2)(x), (taps, bias))

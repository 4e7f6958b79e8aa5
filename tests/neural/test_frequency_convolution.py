"""The convolution by frequencies is the convolution of torch."""

import pytest
import torch
from torch import nn

from zeroskel.neural._linear import frequency_convolution


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("frames", [1, 2, 8, 13])
def test_values_are_those_of_torch(frames, stride):
    generator = torch.Generator().manual_seed(0)
    taps, bias = torch.randn(6, 5, 9, generator=generator), torch.randn(6, generator=generator)
    x = torch.randn(frames, 7, 5, generator=generator)
    expected = nn.functional.conv1d(x.permute(1, 2, 0), taps, bias, stride=stride, padding=4).permute(2, 0, 1)
    torch.testing.assert_close(frequency_convolution(x, taps, bias, stride), expected, rtol=1e-5, atol=2e-5)


def test_gradients_are_those_of_finite_differences():
    taps = torch.randn(3, 4, 9, dtype=torch.float64, requires_grad=True)
    bias, x = torch.randn(3, dtype=torch.float64, requires_grad=True), torch.randn(6, 2, 4, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda t, b: frequency_convolution(x, t, b, 2), (taps, bias))

"""Products are those of torch, also where they are computed as convolutions."""

import pytest
import torch

from zeroskel.neural import _linear
from zeroskel.neural._linear import linear, products


@pytest.fixture(params=[False, True], ids=["products", "convolutions"], autouse=True)
def as_convolutions(request, monkeypatch):
    """Compute products one way and the other on any CPU."""
    monkeypatch.setattr(_linear, "convolutions_are_faster", lambda: request.param)


def assert_equal_gradients(values, expected, leaves):
    direction = torch.randn(expected.shape)
    for gradients in zip(*(torch.autograd.grad(y, leaves, direction) for y in (values, expected)), strict=True):
        torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("shape", [(4, 7), (2, 3, 7), (0, 7)])
def test_a_layer_is_that_of_torch(shape):
    torch.manual_seed(0)
    layer, x = torch.nn.Linear(7, 5), torch.randn(shape, requires_grad=True)
    y, expected = linear(x, layer.weight, layer.bias), layer(x)
    torch.testing.assert_close(y, expected)
    torch.testing.assert_close(linear(x, layer.weight), expected - layer.bias)
    assert_equal_gradients(y, expected, (x, layer.weight, layer.bias))


def test_products_of_stacks_are_those_of_torch():
    torch.manual_seed(0)
    x, weights = torch.randn(2, 7, 5, requires_grad=True), torch.randn(2, 4, 5, requires_grad=True)
    expected = torch.bmm(x, weights.transpose(1, 2))
    torch.testing.assert_close(products(x, weights), expected)
    assert_equal_gradients(products(x, weights), expected, (x, weights))

import torch
from torch import nn

from zeroskel.core._saved import with_prefix, without_prefix
from zeroskel.neural._tensors import arrays_of, load_arrays


def test_weights_survive_as_arrays_under_a_prefix():
    first, second = nn.Linear(3, 2), nn.Linear(3, 2)
    state = {"mean": 0, **with_prefix("network.", arrays_of(first))}
    assert set(state) == {"mean", "network.weight", "network.bias"}
    load_arrays(second, without_prefix("network.", state))
    torch.testing.assert_close(second.state_dict(), first.state_dict())

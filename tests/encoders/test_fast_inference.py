"""Fast inference gives the features of the plain network."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from zeroskel.core import InputError
from zeroskel.encoders import STGCN
from zeroskel.encoders.stgcn import _fast_inference


@pytest.fixture(scope="module", params=[("ntu-25", 2), ("kinect-20", 1)], ids=["25x2", "20x1"])
def trained(request):
    """A network whose norms and edge importances differ from the initial ones, and a number of bodies."""
    layout, bodies = request.param
    torch.manual_seed(0)
    network = STGCN(layout)
    for importance in network.edge_importance:
        nn.init.uniform_(importance, 0.5, 1.5)
    with torch.no_grad():
        for _ in range(3):
            network(2 * torch.randn(8, 3, 24, len(network.layout.joints), bodies) + 0.5)
    return network.eval(), bodies


def relative_difference(values, expected):
    return float((values - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize("frames", [4, 5, 20, 35, 50])
def test_features_are_those_of_the_plain_network(trained, frames):
    network, bodies = trained
    batch = torch.randn(5, 3, frames, len(network.layout.joints), bodies)
    with torch.no_grad():
        assert relative_difference(_fast_inference(network, batch), network(batch)) < 1e-5


def test_more_bodies_than_pass_at_once(trained, monkeypatch):
    network, bodies = trained
    monkeypatch.setattr("zeroskel.encoders.stgcn._BODIES_AT_ONCE", {"cpu": 3})
    batch = torch.randn(7, 3, 12, len(network.layout.joints), bodies)
    with torch.no_grad():
        assert relative_difference(_fast_inference(network, batch), network(batch)) < 1e-5


def test_absent_bodies_count_as_in_the_plain_network(trained):
    network, bodies = trained
    batch = torch.randn(6, 3, 12, len(network.layout.joints), bodies)
    batch[1::2, ..., -1] = 0
    with torch.no_grad():
        assert relative_difference(_fast_inference(network, batch), network(batch)) < 1e-5
        absent = torch.zeros_like(batch)
        assert relative_difference(_fast_inference(network, absent), network(absent)) < 1e-5
        assert _fast_inference(network, batch[:0]).shape == (0, 256)


def test_outputs_equal_the_published_code(reference):
    content = reference("stgcn_25")
    state = {key.removeprefix("state/"): value for key, value in content.items() if key.startswith("state/")}
    network = STGCN.from_smie(state, layout="ntu-25")
    for frames in ("", "_20_frames"):
        output = _fast_inference(network, content[f"input{frames}"]).numpy()
        np.testing.assert_allclose(output, content[f"output{frames}"], atol=1e-5, rtol=1e-4)


def test_half_precision_is_close_to_two_digits(trained):
    network, bodies = trained
    batch = torch.randn(4, 3, 20, len(network.layout.joints), bodies)
    with torch.no_grad():
        features = _fast_inference(copy.deepcopy(network).bfloat16(), batch)
        assert features.dtype == torch.bfloat16
        assert 1e-6 < relative_difference(features.float(), network(batch)) < 0.05


def test_another_number_of_joints_is_refused():
    with pytest.raises(InputError, match=r"expected \(N, 3, T, 20, M\)"):
        _fast_inference(STGCN("kinect-20").eval(), torch.zeros(1, 3, 12, 25, 1))

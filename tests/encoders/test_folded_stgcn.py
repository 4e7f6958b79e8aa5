"""The folded network gives the numbers of the plain one."""

import numpy as np
import pytest
import torch
from torch import nn

from zeroskel.core import InputError
from zeroskel.encoders import STGCN
from zeroskel.encoders.folded_stgcn import FoldedSTGCN


@pytest.fixture(scope="module", params=[("ntu-25", 2), ("kinect-20", 1)], ids=["25x2", "20x1"])
def trained(request):
    """A network whose norms and edge importances are not those of the beginning, and its bodies."""
    layout, bodies = request.param
    torch.manual_seed(0)
    network = STGCN(layout)
    for importance in network.edge_importance:
        nn.init.uniform_(importance, 0.5, 1.5)
    with torch.no_grad():
        for _ in range(3):
            network(2 * torch.randn(8, 3, 24, len(network.layout.joints), bodies) + 0.5)
    return network.eval(), bodies


def apart(found, expected):
    return float((found - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize("frames", [4, 5, 20, 35, 50])
def test_features_are_those_of_the_plain_network(trained, frames):
    network, bodies = trained
    batch = torch.randn(5, 3, frames, len(network.layout.joints), bodies)
    with torch.no_grad():
        assert apart(FoldedSTGCN(network)(batch), network(batch)) < 1e-5


def test_more_bodies_than_go_at_once(trained, monkeypatch):
    network, bodies = trained
    monkeypatch.setattr("zeroskel.encoders.folded_stgcn.BODIES_AT_ONCE", 3)
    batch = torch.randn(7, 3, 12, len(network.layout.joints), bodies)
    with torch.no_grad():
        assert apart(FoldedSTGCN(network)(batch), network(batch)) < 1e-5


def test_bodies_that_are_not_there_are_counted_as_before(trained):
    network, bodies = trained
    batch = torch.randn(6, 3, 12, len(network.layout.joints), bodies)
    batch[1::2, ..., -1] = 0
    folded = FoldedSTGCN(network)
    with torch.no_grad():
        assert apart(folded(batch), network(batch)) < 1e-5
        assert apart(folded(torch.zeros_like(batch)), network(torch.zeros_like(batch))) < 1e-5
        assert folded(batch[:0]).shape == (0, 256)


def test_outputs_equal_the_published_code(reference):
    content = reference("stgcn_25")
    state = {key.removeprefix("state/"): value for key, value in content.items() if key.startswith("state/")}
    folded = FoldedSTGCN(STGCN.from_smie(state, layout="ntu-25"))
    for frames in ("", "_20_frames"):
        output = folded(content[f"input{frames}"]).numpy()
        np.testing.assert_allclose(output, content[f"output{frames}"], atol=1e-5, rtol=1e-4)


def test_half_precision_keeps_two_digits(trained):
    network, bodies = trained
    batch = torch.randn(4, 3, 20, len(network.layout.joints), bodies)
    with torch.no_grad():
        found = FoldedSTGCN(network, torch.bfloat16)(batch)
        assert found.dtype == torch.float32
        assert 1e-6 < apart(found, network(batch)) < 0.05


def test_later_changes_of_the_network_do_not_count():
    network = STGCN("kinect-20").eval()
    folded, batch = FoldedSTGCN(network), torch.randn(2, 3, 12, 20, 1)
    before = folded(batch)
    nn.init.zeros_(network.blocks[9].temporal[2].weight)
    torch.testing.assert_close(folded(batch), before, rtol=0, atol=0)


def test_another_number_of_joints_is_refused():
    with pytest.raises(InputError, match=r"expected \(N, 3, T, 20, M\)"):
        FoldedSTGCN(STGCN("kinect-20").eval())(torch.zeros(1, 3, 12, 25, 1))

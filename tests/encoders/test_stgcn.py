"""STGCN gives the numbers of the published code."""

import numpy as np
import pytest
import torch
from torch import nn

from zeroskel.core import InputError
from zeroskel.encoders import STGCN
from zeroskel.encoders.stgcn import _Block, _GraphConvolution, _spatial_partition
from zeroskel.neural import _linear

CASES = [("stgcn_25", "ntu-25"), ("stgcn_20", "kinect-20")]


def published(content):
    return {key.removeprefix("state/"): value for key, value in content.items() if key.startswith("state/")}


@pytest.mark.parametrize(("file", "layout"), CASES)
def test_outputs_equal_the_published_code(reference, file, layout):
    content = reference(file)
    network = STGCN.from_smie(published(content), layout=layout)
    with torch.no_grad():
        for frames in ("", "_20_frames"):
            output = network(torch.from_numpy(content[f"input{frames}"])).numpy()
            np.testing.assert_allclose(output, content[f"output{frames}"], atol=1e-5, rtol=1e-4)


def published_graph_convolution(spatial, x, adjacency):
    """Mix channels first, then sum neighbours, on (B, C, T, V)."""
    mixed = nn.functional.conv2d(x, spatial.weight, spatial.bias)
    return torch.einsum("nkctv,kvw->nctw", mixed.unflatten(1, (len(adjacency), -1)), adjacency)


def test_the_graph_convolution_equals_the_published_order():
    torch.manual_seed(0)
    spatial = _GraphConvolution(6, 3 * 10, kernel_size=1)
    x, adjacency = torch.randn(2, 6, 7, 20), torch.from_numpy(_spatial_partition("kinect-20"))
    y = spatial(x.permute(0, 2, 3, 1), adjacency).permute(0, 3, 1, 2)
    torch.testing.assert_close(y, published_graph_convolution(spatial, x, adjacency), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("channels", [(6, 6), (6, 10)], ids=["same", "more"])
@pytest.mark.parametrize("least_channels", [1, 1000], ids=["frequencies", "direct"])
def test_a_block_equals_the_published_order(monkeypatch, least_channels, channels, stride):
    monkeypatch.setattr(_linear, "LEAST_CHANNELS", least_channels)
    torch.manual_seed(0)
    c_in, c_out = channels
    block = _Block(c_in, c_out, parts=3, stride=stride, shortcut=True, dropout=0.0).train()
    x, adjacency = torch.randn(2, c_in, 8, 20), torch.from_numpy(_spatial_partition("kinect-20"))
    norm, _, convolution, last_norm, _ = block.temporal

    def normalised(values, by):
        return nn.functional.batch_norm(values, None, None, by.weight, by.bias, training=True)

    y = torch.relu(normalised(published_graph_convolution(block.spatial, x, adjacency), norm))
    y = nn.functional.conv2d(y, convolution.weight, convolution.bias, stride=(stride, 1), padding=(4, 0))
    skipped = x[:, :, ::stride]
    if isinstance(block.shortcut, nn.Sequential):
        mix, shortcut_norm = block.shortcut
        skipped = normalised(nn.functional.conv2d(skipped, mix.weight, mix.bias), shortcut_norm)
    expected = torch.relu(normalised(y, last_norm) + skipped)
    features = block(x.permute(0, 2, 3, 1), adjacency).permute(0, 3, 1, 2)
    torch.testing.assert_close(features, expected, rtol=1e-4, atol=1e-4)


def test_the_shape_is_that_of_the_contract():
    network = STGCN(layout="ntu-25", hidden_channels=16, embed_dim=256).eval()
    assert network(torch.zeros(2, 3, 50, 25, 2)).shape == (2, 256)
    assert network.embed_dim == 256
    assert network(np.zeros((1, 3, 10, 25, 1), np.float32)).shape == (1, 256)


def test_the_order_of_bodies_does_not_matter():
    torch.manual_seed(0)
    network, batch = STGCN("kinect-20").eval(), torch.randn(2, 3, 12, 20, 2)
    torch.testing.assert_close(network(batch), network(batch.flip(4)))


def test_a_batch_of_another_layout_is_refused():
    with pytest.raises(InputError, match=r"expected \(N, 3, T, 20, M\) in layout kinect-20"):
        STGCN("kinect-20")(torch.zeros(1, 3, 10, 25, 1))


def test_weights_that_do_not_fit_are_refused(reference):
    state = published(reference("stgcn_20"))
    with pytest.raises(InputError, match="published SMIE encoder for ntu-25"):
        STGCN.from_smie(state, layout="ntu-25")
    with pytest.raises(InputError, match="published SMIE encoder"):
        STGCN.from_smie({}, layout="ntu-25")


@pytest.mark.parametrize(("file", "layout"), CASES)
def test_the_graph_equals_the_published_code(reference, file, layout):
    np.testing.assert_allclose(_spatial_partition(layout), reference(file)["state/A"], atol=1e-6)


@pytest.mark.parametrize("layout", ["ntu-25", "kinect-15", "coco-17", "mediapipe-33"])
def test_the_partition_adds_up_to_the_normalised_graph(layout):
    parts = _spatial_partition(layout)
    np.testing.assert_allclose(parts.sum(axis=(0, 1)), 1, atol=1e-6)
    assert ((parts > 0).sum(axis=0) <= 1).all()
    np.testing.assert_array_equal(parts[0] > 0, np.eye(parts.shape[1], dtype=bool))

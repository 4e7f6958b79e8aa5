import numpy as np
import pytest
import torch

from zeroskel.core import InputError
from zeroskel.encoders import STGCN, graph_operations
from zeroskel.encoders.graph import spatial_partition
from zeroskel.encoders.stgcn import GraphBlock

CASES = [("stgcn_25", "ntu-25"), ("stgcn_20", "kinect-20")]


def published(content):
    return {key.removeprefix("state/"): value for key, value in content.items() if key.startswith("state/")}


@pytest.mark.parametrize("avx512", [False, True])
@pytest.mark.parametrize(("file", "layout"), CASES)
def test_outputs_equal_the_published_code(reference, monkeypatch, file, layout, avx512):
    monkeypatch.setattr(graph_operations, "AVX512", avx512)
    content = reference(file)
    network = STGCN.from_smie(published(content), layout=layout)
    with torch.no_grad():
        for frames in ("", "_20_frames"):
            output = network(torch.from_numpy(content[f"input{frames}"])).numpy()
            np.testing.assert_allclose(output, content[f"output{frames}"], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("file", "layout"), CASES)
def test_the_graph_equals_the_published_code(reference, file, layout):
    np.testing.assert_allclose(spatial_partition(layout), reference(file)["state/A"], atol=1e-6)


@pytest.mark.parametrize("layout", ["ntu-25", "kinect-15", "coco-17", "mediapipe-33"])
def test_the_partition_adds_up_to_the_normalised_graph(layout):
    parts = spatial_partition(layout)
    np.testing.assert_allclose(parts.sum(axis=(0, 1)), 1, atol=1e-6)
    assert ((parts > 0).sum(axis=0) <= 1).all()
    np.testing.assert_array_equal(parts[0] > 0, np.eye(parts.shape[1], dtype=bool))


@pytest.mark.parametrize("channels", [(6, 10), (30, 40)], ids=["one matrix", "neighbours first"])
def test_the_graph_convolution_equals_the_published_order(channels):
    torch.manual_seed(0)
    c_in, c_out = channels
    block = GraphBlock(c_in, c_out, parts=3, stride=1, shortcut=False, dropout=0.0)
    x, adjacency = torch.randn(2, c_in, 7, 20), torch.from_numpy(spatial_partition("kinect-20"))
    plain = torch.einsum("nkctv,kvw->nctw", block.spatial(x).view(2, 3, c_out, 7, 20), adjacency)
    ours = block.convolve_graph(x.permute(2, 0, 3, 1).reshape(7, 2, 20 * c_in), adjacency).view(7, 2, 20, c_out)
    torch.testing.assert_close(ours.permute(1, 3, 0, 2), plain, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("channels", [(6, 6), (6, 10)], ids=["same", "more"])
@pytest.mark.parametrize("least", [1, 1000], ids=["by frequencies", "as it stands"])
def test_a_block_equals_the_published_order(monkeypatch, least, channels, stride):
    monkeypatch.setattr(graph_operations, "NARROW", least)
    monkeypatch.setattr(graph_operations, "WIDE", least)
    torch.manual_seed(0)
    c_in, c_out = channels
    block = GraphBlock(c_in, c_out, parts=3, stride=stride, shortcut=True, dropout=0.0).train()
    x, adjacency = torch.randn(2, c_in, 8, 20), torch.from_numpy(spatial_partition("kinect-20"))
    summed = torch.einsum("nkctv,kvw->nctw", block.spatial(x).view(2, 3, c_out, 8, 20), adjacency)
    norm, convolution, last_norm, _ = block.layers()

    def normed(values, by):
        return torch.nn.functional.batch_norm(values, None, None, by.weight, by.bias, training=True)

    expected = normed(convolution(torch.relu(normed(summed, norm))), last_norm)
    mixing = block.shortcut_layers()
    skipped = x[:, :, ::stride]
    if mixing is not None:
        mix, shortcut_norm = mixing
        skipped = normed(torch.nn.functional.conv2d(x, mix.weight, mix.bias, stride=(stride, 1)), shortcut_norm)
    expected = torch.relu(expected + skipped)
    ours = block(x.permute(0, 2, 3, 1).flatten(2), adjacency).unflatten(2, (20, -1))
    torch.testing.assert_close(ours.permute(0, 3, 1, 2), expected, rtol=1e-4, atol=1e-4)


def test_the_shape_is_that_of_the_contract():
    network = STGCN(layout="ntu-25", hidden_channels=16, embed_dim=256).eval()
    assert network(torch.zeros(2, 3, 50, 25, 2)).shape == (2, 256)
    assert network.embed_dim == 256
    assert network(np.zeros((1, 3, 10, 25, 1), np.float32)).shape == (1, 256)


def test_bodies_may_change_places():
    torch.manual_seed(0)
    network, batch = STGCN("kinect-20").eval(), torch.randn(2, 3, 12, 20, 2)
    torch.testing.assert_close(network(batch), network(batch.flip(4)))


def test_a_batch_of_another_layout_is_refused():
    with pytest.raises(InputError, match=r"expected \(N, 3, T, 20, M\)"):
        STGCN("kinect-20")(torch.zeros(1, 3, 10, 25, 1))


def test_weights_that_do_not_fit_are_refused(reference):
    state = published(reference("stgcn_20"))
    with pytest.raises(InputError, match="published SMIE encoder for ntu-25"):
        STGCN.from_smie(state, layout="ntu-25")
    with pytest.raises(InputError, match="published SMIE encoder"):
        STGCN.from_smie({}, layout="ntu-25")

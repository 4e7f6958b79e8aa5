"""The yardstick: ST-GCN step by step as it is published, with the weights of ours."""

import torch
from torch import Tensor, nn

from zeroskel.encoders import STGCN
from zeroskel.encoders.stgcn import GraphBlock, RowNorm


class PlainSTGCN(nn.Module):
    """(N, C, T, V, M) -> (N, D): mix to K C channels, sum neighbours by einsum, batch norms apart."""

    def __init__(self, network: STGCN) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: Tensor) -> Tensor:
        net = self.network
        n, c, t, v, m = batch.shape
        x = batch.permute(0, 4, 3, 1, 2).reshape(n * m, v * c, t)
        x = _norm(x, net.input_norm).view(n, m, v, c, t).permute(0, 1, 3, 4, 2).reshape(n * m, c, t, v)
        for block, importance in zip(net.blocks, net.edge_importance, strict=True):
            x = _block(block, x, net.adjacency * importance)
        return x.mean(dim=(2, 3)).view(n, m, -1).mean(dim=1)


def _block(block: GraphBlock, x: Tensor, adjacency: Tensor) -> Tensor:
    first, convolution, last, dropout = block.layers()
    mixed = block.spatial(x)
    n, channels, t, v = mixed.shape
    mixed = mixed.view(n, block.parts, channels // block.parts, t, v)
    summed = torch.einsum("nkctv,kvw->nctw", mixed, adjacency).contiguous()
    result = dropout(_norm(convolution(torch.relu(_norm(summed, first))), last))
    if isinstance(block.shortcut, nn.Identity):
        result = result + x
    elif block.shortcut is not None:
        mix, norm = block.shortcut
        strided = nn.functional.conv2d(x, mix.weight, mix.bias, stride=(block.stride, 1))
        result = result + _norm(strided, norm)
    return torch.relu(result)


def _norm(x: Tensor, norm: RowNorm) -> Tensor:
    """Batch norm of the second axis, by torch."""
    values = norm.running_mean, norm.running_var, norm.weight, norm.bias
    return nn.functional.batch_norm(x, *values, norm.training, norm.momentum or 0.0, norm.eps)

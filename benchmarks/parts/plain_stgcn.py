"""The yardstick: ST-GCN step by step as published, with the weights of our network."""

import torch
from torch import Tensor, nn

from zeroskel.encoders import STGCN


class PlainSTGCN(nn.Module):
    """Network (N, C, T, V, M) -> (N, D) that mixes to K C channels first, then sums the neighbours by einsum."""

    def __init__(self, network: STGCN) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: Tensor) -> Tensor:
        """Return features (N, D)."""
        net = self.network
        n, c, t, v, m = batch.shape
        x = batch.permute(0, 4, 3, 1, 2).reshape(n * m, v * c, t)
        x = _normalise(x, net.input_norm).view(n, m, v, c, t).permute(0, 1, 3, 4, 2).reshape(n * m, c, t, v)
        for block, importance in zip(net.blocks, net.edge_importance, strict=True):
            x = _block(block, x, net.adjacency * importance)
        return x.mean(dim=(2, 3)).view(n, m, -1).mean(dim=1)


def _block(block: nn.Module, x: Tensor, adjacency: Tensor) -> Tensor:
    norm, _, convolution, last_norm, dropout = block.temporal
    mixed = _convolve(block.spatial, x).unflatten(1, (len(adjacency), -1))
    summed = torch.einsum("nkctv,kvw->nctw", mixed, adjacency).contiguous()
    y = _convolve(convolution, torch.relu(_normalise(summed, norm)))
    y = dropout(_normalise(y, last_norm))
    if isinstance(block.shortcut, nn.Identity):
        y = y + x
    elif block.shortcut is not None:
        convolution, norm = block.shortcut
        y = y + _normalise(_convolve(convolution, x), norm)
    return torch.relu(y)


def _convolve(convolution: nn.Conv2d, x: Tensor) -> Tensor:
    return nn.functional.conv2d(
        x, convolution.weight, convolution.bias, stride=convolution.stride, padding=convolution.padding
    )


def _normalise(x: Tensor, norm: nn.BatchNorm1d) -> Tensor:
    """Return x (N, C, …) after the batch norm of torch along C."""
    values = norm.running_mean, norm.running_var, norm.weight, norm.bias
    return nn.functional.batch_norm(x, *values, norm.training, norm.momentum or 0.0, norm.eps)

"""ST-GCN, the skeleton encoder of SMIE.

Yan, Xiong and Lin, "Spatial Temporal Graph Convolutional Networks for Skeleton-Based Action Recognition", AAAI 2018.
Activations are (B, T, V, C): bodies, frames, joints, channels.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from zeroskel.core import InputError, Layout, get_layout
from zeroskel.neural._linear import frequencies_are_faster, frequency_convolution, linear

_BLOCK_WIDTHS = (1, 1, 1, 1, 2, 2, 2, 4, 4)  # times hidden_channels; the tenth block has embed_dim channels
_STRIDED_BLOCKS = (4, 7)  # 0-based; each halves the frames
_TEMPORAL_KERNEL = 9
_BODIES_AT_ONCE = {"cpu": 32, "cuda": 2048}  # activations of 32 bodies stay in the cache of a CPU core

_PUBLISHED_NAMES = (  # (published, ours) parts of the names of weights, in order of replacement
    ("data_bn.", "input_norm."),
    ("st_gcn_networks.", "blocks."),
    (".gcn.conv.", ".spatial."),
    (".tcn.", ".temporal."),
    (".residual.", ".shortcut."),
)


class _LastAxisBatchNorm(nn.BatchNorm1d):
    """Batch normalisation of the last axis, with statistics over all other axes.

    When several processes train together, the statistics cover the rows of all of them, as in `torch.nn.SyncBatchNorm`,
    which does not run on a CPU.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return (…, C) normalised along C."""
        rows = x.reshape(-1, x.shape[-1])
        if self.training and torch.distributed.is_available() and torch.distributed.is_initialized():
            return self._normalise_across_processes(rows).view(x.shape)
        return super().forward(rows).view(x.shape)

    def _normalise_across_processes(self, rows: Tensor) -> Tensor:
        from torch.distributed.nn.functional import all_reduce

        count = rows.new_full((1,), len(rows))
        sums = all_reduce(torch.cat((rows.sum(dim=0), rows.square().sum(dim=0), count)))
        total, squares, count = sums.split((rows.shape[1], rows.shape[1], 1))
        mean = total / count
        variance = squares / count - mean.square()
        with torch.no_grad():
            assert self.running_mean is not None and self.running_var is not None and self.momentum is not None
            assert self.num_batches_tracked is not None
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * (count / (count - 1)), self.momentum)
            self.num_batches_tracked.add_(1)
        return (rows - mean) * (self.weight * torch.rsqrt(variance + self.eps)) + self.bias


class _GraphConvolution(nn.Conv2d):
    """Spatial graph convolution: f_out = sum_k W_k (f_in (A_k * M_k)) + b_k (A_k * M_k), equation 10 of the paper.

    A_k is part k of the adjacency, M_k the learned importance of its edges, W_k and b_k a convolution of one joint. The
    neighbours are summed before W_k mixes the channels, because f_in has fewer channels than f_out.
    """

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:  # type: ignore[override]
        """Return (B, T, V, C_out) of activations (B, T, V, C_in) and edges A * M (K, V, V)."""
        parts, joints, _ = adjacency.shape
        frames = x.flatten(0, 1)
        edges = adjacency.permute(2, 0, 1).reshape(1, joints * parts, joints)
        neighbours = torch.bmm(edges.expand(frames.shape[0], -1, -1), frames)  # (B T, V K, C_in)
        neighbours = neighbours.view(*x.shape[:2], joints, parts * self.in_channels)
        weight = self.weight.view(parts, -1, self.in_channels).transpose(0, 1).reshape(-1, parts * self.in_channels)
        assert self.bias is not None
        bias = adjacency.sum(dim=1).T @ self.bias.view(parts, -1)  # (V, C_out)
        return linear(neighbours, weight) + bias


class _Convolution(nn.Conv2d):
    """Convolution over frames of activations (B, T, V, C)."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, T / stride, V, C_out)."""
        if self.kernel_size[0] > 1 and frequencies_are_faster(x, self.weight):
            frames_first = x.transpose(0, 1).flatten(1, 2)
            assert self.bias is not None
            y = frequency_convolution(frames_first, self.weight[..., 0], self.bias, self.stride[0])
            return y.unflatten(1, (x.shape[0], -1)).transpose(0, 1)
        channels_first = x.permute(0, 3, 1, 2)
        if self.in_channels % 16 or self.out_channels % 16:  # here PyTorch 2.13 corrupts memory with channels last
            channels_first = channels_first.contiguous()
        return super().forward(channels_first).permute(0, 2, 3, 1)


class _Block(nn.Module):
    """Spatial graph convolution, temporal convolution and shortcut; (B, T, V, C_in) -> (B, T / stride, V, C_out)."""

    def __init__(
        self, in_channels: int, out_channels: int, *, parts: int, stride: int, shortcut: bool, dropout: float
    ) -> None:
        super().__init__()
        kernel, padding = (_TEMPORAL_KERNEL, 1), (_TEMPORAL_KERNEL // 2, 0)
        self.spatial = _GraphConvolution(in_channels, out_channels * parts, kernel_size=1)
        self.temporal = nn.Sequential(
            _LastAxisBatchNorm(out_channels),
            nn.ReLU(),
            _Convolution(out_channels, out_channels, kernel, stride=(stride, 1), padding=padding),
            _LastAxisBatchNorm(out_channels),
            nn.Dropout(dropout),
        )
        self.shortcut: nn.Module | None = None
        if shortcut and (in_channels != out_channels or stride != 1):
            convolution = _Convolution(in_channels, out_channels, kernel_size=1, stride=(stride, 1))
            self.shortcut = nn.Sequential(convolution, _LastAxisBatchNorm(out_channels))
        elif shortcut:
            self.shortcut = nn.Identity()

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        y = self.temporal(self.spatial(x, adjacency))
        return torch.relu(y if self.shortcut is None else y + self.shortcut(x))


class STGCN(nn.Module):
    """Spatial temporal graph convolutional network in the size that SMIE uses.

    Ten blocks have 16, 16, 16, 16, 32, 32, 32, 64, 64 and 256 channels; blocks 5 and 8 halve the frames. Temporal
    kernels cover 9 frames. The spatial partition has three parts, and each block learns the importance of each edge.
    The input passes a batch norm; the output is the mean over frames, joints and bodies.

    Args:
        layout: Joint layout of the batches, or its name.
        hidden_channels: Channels of the first blocks.
        embed_dim: D, channels of the last block.
        in_channels: C, coordinates of a joint.
        dropout: Dropout rate after each temporal convolution, in training.

    Example:
        >>> import torch
        >>> from zeroskel.encoders import STGCN
        >>> network = STGCN("kinect-20", hidden_channels=4, embed_dim=16).eval()
        >>> network(torch.zeros(2, 3, 8, 20, 1)).shape
        torch.Size([2, 16])
    """

    adjacency: Tensor

    def __init__(
        self,
        layout: str | Layout = "ntu-25",
        hidden_channels: int = 16,
        embed_dim: int = 256,
        *,
        in_channels: int = 3,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.layout = get_layout(layout)
        self.in_channels, self.embed_dim = in_channels, embed_dim
        adjacency = torch.from_numpy(_spatial_partition(self.layout))
        self.register_buffer("adjacency", adjacency)
        self.input_norm = _LastAxisBatchNorm(in_channels * adjacency.shape[1])
        widths = [in_channels, *(hidden_channels * width for width in _BLOCK_WIDTHS), embed_dim]
        parts = len(adjacency)
        self.blocks = nn.ModuleList(
            _Block(*channels, parts=parts, stride=2 if i in _STRIDED_BLOCKS else 1, shortcut=i > 0, dropout=dropout)
            for i, channels in enumerate(pairwise(widths))
        )
        self.edge_importance = nn.ParameterList(nn.Parameter(torch.ones_like(adjacency)) for _ in self.blocks)

    def forward(self, batch: Tensor | np.ndarray) -> Tensor:
        """Return features of a batch.

        Args:
            batch: (N, C, T, V, M) with T >= 4.

        Returns:
            Features (N, D).

        Raises:
            InputError: The batch has other axes.
        """
        x = self.as_batch(batch)
        n, c, t, v, m = x.shape
        x = self.input_norm(x.permute(0, 4, 2, 3, 1).reshape(n * m, t, v * c)).view(n * m, t, v, c)
        for block, importance in zip(self.blocks, self.edge_importance, strict=True):
            x = block(x, self.adjacency * importance)
        return x.unflatten(0, (n, m)).mean(dim=(1, 2, 3))

    def as_batch(self, batch: Tensor | np.ndarray) -> Tensor:
        """Return a batch as a tensor with the number type and on the device of the weights.

        Args:
            batch: (N, C, T, V, M).

        Raises:
            InputError: The batch has other axes.
        """
        x = torch.as_tensor(batch, dtype=self.adjacency.dtype, device=self.adjacency.device)
        joints = len(self.layout.joints)
        if x.ndim != 5 or x.shape[1] != self.in_channels or x.shape[3] != joints:
            raise InputError(
                f"batch has shape {tuple(x.shape)}; expected (N, {self.in_channels}, T, {joints}, M) in layout "
                f"{self.layout.name}"
            )
        return x

    @classmethod
    def from_smie(cls, state_dict: Mapping[str, Any], layout: str | Layout = "ntu-25") -> "STGCN":
        """Return a network with the weights of the published SMIE code.

        Args:
            state_dict: Tensors or arrays under the published names (`data_bn.*`, `st_gcn_networks.*`, …). The sizes of
                the network follow from their shapes.
            layout: Joint layout of the weights, or its name.

        Returns:
            The network in evaluation mode.

        Raises:
            InputError: Names or shapes do not fit.
        """
        state = {}
        for name, value in state_dict.items():
            name = "adjacency" if name == "A" else name
            for published, ours in _PUBLISHED_NAMES:
                name = name.replace(published, ours)
            state[name] = torch.as_tensor(value)
        try:
            first, last = state["blocks.0.spatial.weight"], state["blocks.9.spatial.weight"]
            parts = state["edge_importance.0"].shape[0]
            network = cls(layout, first.shape[0] // parts, last.shape[0] // parts, in_channels=first.shape[1])
            network.load_state_dict(state)
        except (KeyError, RuntimeError) as error:
            raise InputError(f"these are not the weights of a published SMIE encoder for {layout}: {error}") from error
        return network.eval()


@torch.inference_mode()
def _fast_inference(network: STGCN, batch: Tensor | np.ndarray) -> Tensor:
    """Return the features of a batch; they equal `network(batch)` up to rounding.

    Two things save time:

    - A few bodies at a time pass through all blocks, so that a layer reads from the cache what the last one wrote.
    - Absent bodies (0 throughout, as pre-processing fills them) share one feature, which is computed once.

    The network is in evaluation mode. The features (N, D) are on its device.
    """
    x = network.as_batch(batch)
    bodies = x.permute(0, 4, 1, 2, 3).flatten(0, 1).unsqueeze(4)  # (N M, C, T, V, 1)
    is_present = bodies.flatten(1).any(dim=1)
    features = x.new_empty(len(bodies), network.embed_dim)
    if not is_present.all():
        features[~is_present] = network(torch.zeros_like(bodies[:1]))
    if is_present.any():
        parts = bodies[is_present].split(_BODIES_AT_ONCE.get(x.device.type, len(bodies)))
        features[is_present] = torch.cat([network(part) for part in parts])
    return features.unflatten(0, (len(x), x.shape[4])).mean(dim=1)


def _spatial_partition(layout: str | Layout) -> np.ndarray:
    """Return the adjacency of the joints in three parts (3, V, V).

    Part 0 holds each joint itself. Entry (v, w) with v != w is in part 2 if v is nearer to the centre than w, else in
    part 1 (Yan et al., "Spatial Temporal Graph Convolutional Networks", AAAI 2018, section 3.3, spatial configuration).
    Columns are normalised by the degree of the joint that is read (A D^-1 with self loops). As in the released code of
    ST-GCN and SMIE, distances of more than one bone from the centre count as equal, so part 2 holds only the two rings
    around the centre.
    """
    layout = get_layout(layout)
    count = len(layout.joints)
    adjacency = np.eye(count)
    for child, parent in layout.bones:
        adjacency[layout.index(child), layout.index(parent)] = 1
        adjacency[layout.index(parent), layout.index(child)] = 1
    normalised = adjacency / adjacency.sum(axis=0)
    distance = np.where(adjacency[layout.index(layout.centre)] > 0, 1, 2)
    distance[layout.index(layout.centre)] = 0
    itself, farther = np.eye(count, dtype=bool), distance[:, None] < distance[None]
    parts = [np.where(mask, normalised, 0) for mask in (itself, ~itself & ~farther, farther)]
    return np.stack(parts).astype(np.float32)

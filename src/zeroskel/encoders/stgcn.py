"""ST-GCN, the skeleton encoder of SMIE."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from zeroskel.core import InputError, Layout, get_layout
from zeroskel.encoders.graph import spatial_partition
from zeroskel.encoders.graph_operations import by_frequencies, graph_convolution, product, spectral_convolution

BLOCK_WIDTHS = (1, 1, 1, 1, 2, 2, 2, 4, 4)  # times hidden_channels; the tenth block has embed_dim channels
STRIDED_BLOCKS = (4, 7)  # 0-based; each halves the frames
TEMPORAL_KERNEL = 9

_PUBLISHED_NAMES = (  # published state name -> ours, in order of replacement
    ("data_bn.", "input_norm."),
    ("st_gcn_networks.", "blocks."),
    (".gcn.conv.", ".spatial."),
    (".tcn.", ".temporal."),
    (".residual.", ".shortcut."),
)


class RowNorm(nn.BatchNorm1d):
    """Batch norm of the last axis, whatever stands before it; in training of several processes over all their rows."""

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        if self.training and torch.distributed.is_available() and torch.distributed.is_initialized():
            return self._of_all_processes(rows).view(x.shape)
        return super().forward(rows).view(x.shape)

    def _of_all_processes(self, rows: Tensor) -> Tensor:
        """SyncBatchNorm's statistics, on any device."""
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


class GraphBlock(nn.Module):
    """One ST-GCN block: spatial graph convolution, temporal convolution, shortcut.

    (B, T, V C_in) -> (B, T / stride, V C_out) for B bodies.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, parts: int, stride: int, shortcut: bool, dropout: float
    ) -> None:
        super().__init__()
        self.parts = parts
        self.stride = stride
        self.spatial = nn.Conv2d(in_channels, out_channels * parts, kernel_size=1)
        self.temporal = nn.Sequential(
            RowNorm(out_channels),
            nn.ReLU(),
            nn.Conv2d(
                out_channels, out_channels, (TEMPORAL_KERNEL, 1), stride=(stride, 1), padding=(TEMPORAL_KERNEL // 2, 0)
            ),
            RowNorm(out_channels),
            nn.Dropout(dropout),
        )
        self.shortcut: nn.Module | None = None
        if shortcut and (in_channels != out_channels or stride != 1):
            self.shortcut = nn.Sequential(nn.Conv2d(in_channels, out_channels, kernel_size=1), RowNorm(out_channels))
        elif shortcut:
            self.shortcut = nn.Identity()

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        norm, convolution, last_norm, dropout = self.layers()
        taps, joints, over_time = convolution.weight.squeeze(-1), adjacency.shape[1], 1
        if by_frequencies(taps, gradients=True):  # that works on frames, first in memory
            x, over_time = x.transpose(0, 1), 0
        y = torch.relu(norm(self.convolve_graph(x, adjacency).view(*x.shape[:2], joints, -1)))
        assert convolution.bias is not None
        if over_time:
            y = convolution(y.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        else:
            rows = y.view(len(y), -1, y.shape[-1])
            y = spectral_convolution(taps, convolution.bias, self.stride)(rows).view(-1, *y.shape[1:])
        y = dropout(last_norm(y))
        if self.shortcut is not None:
            skipped = x[:, :: self.stride] if over_time else x[:: self.stride]
            mixing = self.shortcut_layers()
            if mixing is not None:
                mix, shortcut_norm = mixing
                mixed = product(skipped.reshape(-1, mix.in_channels), mix.weight[:, :, 0, 0].T, mix.bias)
                skipped = shortcut_norm(mixed.view(*y.shape))
            y = y + skipped.reshape(y.shape)
        y = torch.relu(y).flatten(2)
        return y if over_time else y.transpose(0, 1)

    def convolve_graph(self, x: Tensor, adjacency: Tensor) -> Tensor:
        """(…, …, V C_in) -> (…, …, V C_out) by the spatial convolution alone."""
        weight = self.spatial.weight.view(self.parts, -1, self.spatial.weight.shape[1])
        assert self.spatial.bias is not None
        bias = torch.einsum("ko,kw->wo", self.spatial.bias.view(self.parts, -1), adjacency.sum(dim=1))
        return graph_convolution(weight, adjacency, bias)(x)

    def layers(self) -> tuple[RowNorm, nn.Conv2d, RowNorm, nn.Module]:
        """Of `temporal`, with what they are: norm, convolution, norm, dropout."""
        norm, _, convolution, last_norm, dropout = self.temporal
        assert isinstance(norm, RowNorm) and isinstance(convolution, nn.Conv2d) and isinstance(last_norm, RowNorm)
        return norm, convolution, last_norm, dropout

    def shortcut_layers(self) -> tuple[nn.Conv2d, RowNorm] | None:
        """Of the shortcut, where it is more than the identity."""
        if not isinstance(self.shortcut, nn.Sequential):
            return None
        mix, norm = self.shortcut
        assert isinstance(mix, nn.Conv2d) and isinstance(norm, RowNorm)
        return mix, norm


class STGCN(nn.Module):
    """Spatial temporal graph convolutional network (Yan et al., AAAI 2018) in the size that SMIE uses.

    Ten blocks of 16, 16, 16, 16, 32, 32, 32, 64, 64, 256 channels; frames halved at blocks 5 and 8; temporal kernel 9;
    spatial partition with a learnable importance for each edge in each block; batch norm on the input; mean over
    frames, joints and bodies.

    Args:
        layout: joint layout of the batches.
        hidden_channels: channels of the first blocks.
        embed_dim: D, channels of the last block.
        in_channels: C.
        dropout: after each temporal convolution, in training.
    """

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
        self._embed_dim = embed_dim
        adjacency = torch.from_numpy(spatial_partition(self.layout))
        self.adjacency: Tensor
        self.register_buffer("adjacency", adjacency)
        self.input_norm = RowNorm(in_channels * adjacency.shape[1])
        widths = [in_channels, *(hidden_channels * width for width in BLOCK_WIDTHS), embed_dim]
        self.blocks = nn.ModuleList(
            GraphBlock(
                widths[i],
                widths[i + 1],
                parts=len(adjacency),
                stride=2 if i in STRIDED_BLOCKS else 1,
                shortcut=i > 0,
                dropout=dropout,
            )
            for i in range(len(widths) - 1)
        )
        self.edge_importance = nn.ParameterList(nn.Parameter(torch.ones_like(adjacency)) for _ in self.blocks)

    @property
    def embed_dim(self) -> int:
        """D, the length of a feature."""
        return self._embed_dim

    def forward(self, batch: Tensor | np.ndarray) -> Tensor:
        """(N, C, T, V, M) -> (N, D); any T of 4 frames or more. Raises InputError for a batch of other axes."""
        x = torch.as_tensor(batch, dtype=self.adjacency.dtype, device=self.adjacency.device)
        joints = self.adjacency.shape[1]
        channels = self.input_norm.num_features // joints
        if x.ndim != 5 or x.shape[1] != channels or x.shape[3] != joints:
            raise InputError(f"batch has shape {tuple(x.shape)}; expected (N, {channels}, T, {joints}, M)")
        n, c, t, v, m = x.shape
        x = self.input_norm(x.permute(0, 4, 2, 3, 1).reshape(n * m, t, v * c))
        for block, importance in zip(self.blocks, self.edge_importance, strict=True):
            x = block(x, self.adjacency * importance)
        frames_first = x.transpose(0, 1)  # as the last block leaves memory; gradients come in the order of this
        return frames_first.unflatten(2, (v, -1)).unflatten(1, (n, m)).mean(dim=(0, 2, 3))

    @classmethod
    def from_smie(cls, state_dict: Mapping[str, Any], layout: str | Layout = "ntu-25") -> "STGCN":
        """The network with weights under the names of the published SMIE code (`data_bn.*`, `st_gcn_networks.*`, …).

        Sizes are read from the weights; tensors and NumPy arrays are taken. The result is in evaluation mode.
        Raises InputError when names or shapes do not fit.
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

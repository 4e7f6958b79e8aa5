"""ST-GCN, the skeleton encoder of SMIE."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from zeroskel.core import InputError, Layout, get_layout
from zeroskel.encoders.graph import spatial_partition

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


class GraphBlock(nn.Module):
    """One ST-GCN block: spatial graph convolution, temporal convolution, shortcut.

    (N, C_in, T, V) -> (N, C_out, T / stride, V).
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, parts: int, stride: int, shortcut: bool, dropout: float
    ) -> None:
        super().__init__()
        self.parts = parts
        self.stride = stride
        self.spatial = nn.Conv2d(in_channels, out_channels * parts, kernel_size=1)
        self.temporal = nn.Sequential(
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(
                out_channels, out_channels, (TEMPORAL_KERNEL, 1), stride=(stride, 1), padding=(TEMPORAL_KERNEL // 2, 0)
            ),
            nn.BatchNorm2d(out_channels),
            nn.Dropout(dropout),
        )
        self.shortcut: nn.Module | None = None
        if shortcut and (in_channels != out_channels or stride != 1):
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1), nn.BatchNorm2d(out_channels)
            )
        elif shortcut:
            self.shortcut = nn.Identity()

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        result = self.temporal(self._graph_convolution(x, adjacency))
        # Frames are skipped here, not by a strided 1x1 convolution: the gradient of one varies from run to run on CPU.
        return torch.relu(result if self.shortcut is None else result + self.shortcut(x[:, :, :: self.stride]))

    def _graph_convolution(self, x: Tensor, adjacency: Tensor) -> Tensor:
        """sum_k W_k (x A_k) + b_k: neighbours are summed before channels are mixed, on channels-last memory.

        The published order (mix to 3 C_out channels, then sum) gives the same numbers and moves up to four times the
        memory.
        """
        n, c, t, v = x.shape
        k = self.parts
        frames = x.permute(0, 2, 3, 1).reshape(n * t, v, c)
        gathered = torch.matmul(adjacency.transpose(1, 2).reshape(k * v, v), frames).view(n * t, k, v, c)
        weight = self.spatial.weight.view(k, -1, c).transpose(1, 2).reshape(k * c, -1)
        bias = torch.einsum("ko,kw->wo", self._bias().view(k, -1), adjacency.sum(dim=1))
        mixed = (gathered.transpose(1, 2).reshape(n * t * v, k * c) @ weight).view(n, t, v, -1) + bias
        return mixed.permute(0, 3, 1, 2)

    def _bias(self) -> Tensor:
        assert self.spatial.bias is not None
        return self.spatial.bias


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
        self.input_norm = nn.BatchNorm1d(in_channels * adjacency.shape[1])
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
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

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
        x = x.permute(0, 4, 3, 1, 2).reshape(n * m, v * c, t)
        x = self.input_norm(x).view(n * m, v, c, t).permute(0, 2, 3, 1)
        for block, importance in zip(self.blocks, self.edge_importance, strict=True):
            x = block(x, self.adjacency * importance)
        return x.mean(dim=(2, 3)).view(n, m, -1).mean(dim=1)

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

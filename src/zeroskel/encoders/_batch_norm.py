"""Batch normalisation whose statistics cover the batches of all training processes."""

import torch
from torch import Tensor, nn


class LastAxisBatchNorm(nn.BatchNorm1d):
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

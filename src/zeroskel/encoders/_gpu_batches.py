"""Training batches for a GPU: the whole dataset is there if it fits, else each batch is read ahead."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from zeroskel.encoders.base import BatchSource

Key = TypeVar("Key")
Value = TypeVar("Value")

_LARGEST_SHARE = 0.5  # of the free memory of a GPU that a dataset takes
_ROWS_AT_ONCE = 1024  # sequences that are read at once to fill the GPU
_BATCHES_AHEAD = 2


class GpuBatches:
    """Batches of sequences and labels on a device.

    Args:
        batches: (N, C, T, V, M), read in parts.
        labels: (N,) class ids.
        device: Device of the batches.
        most_bytes: Largest size of a dataset that moves to the device as a whole; None for half of its free memory.
    """

    def __init__(
        self, batches: BatchSource, labels: np.ndarray, device: torch.device, most_bytes: int | None = None
    ) -> None:
        self._source, self._device = batches, device
        self._labels = torch.from_numpy(labels).to(device)
        if most_bytes is None:
            most_bytes = int(_LARGEST_SHARE * free_bytes(device))
        shape = np.shape(batches[np.arange(1)])[1:]
        self._sequences: Tensor | None = None
        if 4 * len(batches) * int(np.prod(shape)) <= most_bytes:
            self._sequences = torch.empty(len(batches), *shape, device=device)
            for rows in np.array_split(np.arange(len(batches)), max(1, len(batches) // _ROWS_AT_ONCE)):
                self._sequences[rows[0] : rows[-1] + 1] = self._read(rows)

    @property
    def is_resident(self) -> bool:
        """Return whether the whole dataset is on the device."""
        return self._sequences is not None

    def steps(self, index_batches: Sequence[np.ndarray]) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield sequences (B, C, T, V, M) float32 and labels (B,) of each index batch; the indices move once."""
        order = torch.from_numpy(np.concatenate(index_batches)).to(self._device)
        on_device = order.split([len(rows) for rows in index_batches])
        if self._sequences is not None:
            for rows in on_device:
                yield self._sequences[rows], self._labels[rows]
            return
        for rows, read in zip(on_device, read_ahead(self._read, index_batches), strict=True):
            yield read.to(self._device, non_blocking=True), self._labels[rows]

    def _read(self, rows: np.ndarray) -> Tensor:
        """Return sequences on the CPU, in memory from which a GPU copies without waiting."""
        sequences = torch.from_numpy(np.array(self._source[rows], dtype=np.float32))
        return sequences.pin_memory() if self._device.type == "cuda" else sequences


def free_bytes(device: torch.device) -> int:
    """Return the free memory of a GPU."""
    return int(torch.cuda.mem_get_info(device)[0])


def read_ahead(read: Callable[[Key], Value], keys: Sequence[Key]) -> Iterator[Value]:
    """Yield the values that `read` returns for the keys, while a thread reads the next two."""
    pending: deque[Future[Value]] = deque()
    with ThreadPoolExecutor(1) as pool:
        for key in keys:
            pending.append(pool.submit(read, key))
            if len(pending) > _BATCHES_AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()

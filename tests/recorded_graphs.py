"""Stands for a GPU on a CPU: a step is recorded as the operations that it runs on tensors, and these are repeated.

As a CUDA graph, it repeats what Python computed while it was recorded, and it cannot record what waits for a value.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from zeroskel.encoders import _gpu_batches
from zeroskel.neural import _cuda_graphs

WAITING = {"_local_scalar_dense", "nonzero", "_unique2", "unique_dim", "masked_select", "equal", "is_nonzero"}
FROM_PYTHON = {"lift_fresh"}  # a tensor of Python numbers, which is copied to the GPU


class Recorder(TorchDispatchMode):
    """Records operations on tensors; those that a CUDA graph cannot record are errors."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[tuple] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        check_recordable(func, args, kwargs)
        result = func(*args, **kwargs)
        self.operations.append((func, args, kwargs, result))
        return result

    def replay(self) -> None:
        """Repeat the operations on the same memory."""
        for func, args, kwargs, result in self.operations:
            for first, again in zip(tree_leaves(result), tree_leaves(func(*args, **kwargs)), strict=True):
                if isinstance(first, torch.Tensor) and not _share_memory(first, again):
                    first.copy_(again)


class OnOneDevice(TorchDispatchMode):
    """Refuses operations that wait for a value or that read a tensor of the CPU."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        check_recordable(func, args, kwargs)
        for value in tree_leaves((args, kwargs)):
            if isinstance(value, torch.Tensor) and value.device.type == "cpu":
                raise RuntimeError(f"{func} reads a tensor of the CPU")
        return func(*args, **kwargs)


def check_recordable(func, args, kwargs) -> None:
    """Raise RuntimeError for an operation that waits for a value, or that takes a number from Python."""
    name = func.overloadpacket.__name__
    by_mask = name.startswith("index") and any(
        isinstance(value, torch.Tensor) and value.dtype == torch.bool for value in tree_leaves(args[1:2])
    )
    draws_on_host = any(isinstance(value, torch.Generator) for value in tree_leaves((args, kwargs)))
    if name in WAITING | FROM_PYTHON or by_mask or draws_on_host:
        raise RuntimeError(f"{name} cannot be recorded")


def _share_memory(first: torch.Tensor, second: torch.Tensor) -> bool:
    return first.untyped_storage().data_ptr() == second.untyped_storage().data_ptr()


def recorded(update, inputs, stream, pool):
    """Return a function that runs an update and repeats it; stands for `_cuda_graphs.recorded`."""
    buffers, recorder, results = [value.clone() for value in inputs], Recorder(), []

    def run(*values):
        for buffer, value in zip(buffers, values, strict=True):
            buffer.copy_(value)
        if results:
            with torch.no_grad():
                recorder.replay()
        else:  # a GPU records without running
            with recorder:
                results.append(update(*buffers))
        return results[0].clone()

    return run, pool


@contextmanager
def trained_as_on_a_gpu(monkeypatch, *, graphs: int = 8) -> Iterator[list[tuple]]:
    """Train as on a GPU, on the CPU, with at most this many graphs; yields the inputs of each recorded step."""
    shapes: list[tuple] = []

    def noted(update, inputs, stream, pool):
        shapes.append(inputs)
        return recorded(update, inputs, stream, pool)

    with monkeypatch.context() as patch:
        patch.setattr(_cuda_graphs, "is_gpu", lambda device: True)
        patch.setattr(_cuda_graphs, "side_stream", lambda device: None)
        patch.setattr(_cuda_graphs, "on_stream", lambda stream, run: run())
        patch.setattr(_cuda_graphs, "recorded", noted)
        patch.setattr(_cuda_graphs, "_MOST_GRAPHS", graphs)
        patch.setattr(_gpu_batches, "free_bytes", lambda device: 1 << 30)
        yield shapes

"""Training steps as CUDA graphs: the GPU repeats recorded kernels, and Python launches one graph instead of hundreds.

A step of a small network takes the GPU less time than Python needs to launch its kernels. A graph repeats the kernels
of one step on the same memory, so everything that changes from step to step has to come in as a tensor.
"""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

logger = logging.getLogger(__name__)

Update = Callable[..., Tensor]
_WARM_UPDATES = 3  # run without a graph, so that libraries choose their kernels and Adam allocates its state
_MOST_GRAPHS = 8  # shapes of inputs beyond these run without a graph


def is_gpu(device: torch.device) -> bool:
    """Return whether a device repeats CUDA graphs and holds the data of a training."""
    return device.type == "cuda"


class GraphedUpdate:
    """Update that is recorded as one CUDA graph for each combination of shapes of its inputs.

    The first updates with new shapes run without a graph; they are ordinary steps. If recording fails, a warning is
    logged and all updates run without a graph from then on.

    Args:
        update: Called with tensors on the GPU; changes weights in place and returns a tensor. It must depend on nothing
            else that changes: a graph repeats what Python computed while it was recorded.
        device: The GPU.
    """

    def __init__(self, update: Update, device: torch.device) -> None:
        self._update = update
        self._stream = side_stream(device)
        self._pool: Any = None
        self._calls: Counter[Any] = Counter()
        self._graphs: dict[Any, Callable[..., Tensor]] = {}
        self._gave_up = False

    def __call__(self, *inputs: Tensor) -> Tensor:
        """Return the result of one update."""
        shapes = tuple((value.shape, value.dtype) for value in inputs)
        if shapes not in self._graphs and not self._gave_up:
            self._calls[shapes] += 1
            if self._calls[shapes] > _WARM_UPDATES and len(self._graphs) < _MOST_GRAPHS:
                self._record(shapes, inputs)
        if shapes in self._graphs:
            return self._graphs[shapes](*inputs)
        return on_stream(self._stream, lambda: self._update(*inputs))

    def _record(self, shapes: Any, inputs: tuple[Tensor, ...]) -> None:
        try:
            self._graphs[shapes], self._pool = recorded(self._update, inputs, self._stream, self._pool)
        except Exception as error:  # noqa: BLE001 - a driver, a library or an operation that cannot be recorded
            reason = str(error).partition("\n")[0]
            logger.warning("Training runs without CUDA graphs, which is slower: %s", reason)
            self._graphs.clear()
            self._gave_up = True


def side_stream(device: torch.device) -> Any:
    """Return a stream of a GPU on which updates run and are recorded."""
    return torch.cuda.Stream(device)


def on_stream(stream: Any, run: Callable[[], Tensor]) -> Tensor:
    """Run a function on a stream, after the work of the current stream and before what follows on that."""
    current = torch.cuda.current_stream(stream.device)
    stream.wait_stream(current)
    with torch.cuda.stream(stream):
        result = run()
    current.wait_stream(stream)
    return result


def recorded(update: Update, inputs: tuple[Tensor, ...], stream: Any, pool: Any) -> tuple[Callable[..., Tensor], Any]:
    """Record one update without running it.

    Args:
        update: See `GraphedUpdate`.
        inputs: Inputs of the shapes to record.
        stream: Stream on which the update is recorded.
        pool: Memory pool that the graphs share; None for a new one.

    Returns:
        A function that runs the update with other inputs of these shapes, and the memory pool.
    """
    graph, buffers = torch.cuda.CUDAGraph(), [value.clone() for value in inputs]
    generator = torch.cuda.default_generators[stream.device.index]
    random_state = generator.clone_state()
    try:
        with torch.cuda.graph(graph, pool=pool, stream=stream, capture_error_mode="thread_local"):
            result = update(*buffers)
    except Exception:
        generator.graphsafe_set_state(random_state)  # the generator believes that it is still being recorded
        raise

    def run(*values: Tensor) -> Tensor:
        for buffer, value in zip(buffers, values, strict=True):
            buffer.copy_(value)
        graph.replay()
        return result.clone()

    return run, graph.pool()

"""Number of threads that numerical libraries use."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController


@contextmanager
def one_thread(pools: ThreadpoolController | None = None) -> Iterator[None]:
    """Let every numerical library use one thread inside the context, and the previous number afterwards.

    Sums then do not depend on the number of cores. Small work also becomes faster, because threads that wait for the
    next millisecond's work do not occupy the cores.

    Args:
        pools: Thread pools to limit, in addition to torch's. None searches for the pools of all loaded libraries, which
            takes about two milliseconds.
    """
    from zeroskel.neural._tensors import one_torch_thread  # imports torch, which takes a second

    with one_torch_thread(), (pools or ThreadpoolController()).limit(limits=1):
        yield


@cache
def loaded_pools() -> ThreadpoolController:
    """Return the thread pools of the libraries that are loaded at the first call, for work of a few milliseconds."""
    return ThreadpoolController()

"""Number of threads that numerical libraries use."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib.util import find_spec

from threadpoolctl import ThreadpoolController


@contextmanager
def one_thread(pools: ThreadpoolController | None = None) -> Iterator[None]:
    """Let every numerical library use one thread inside the context, and the previous number afterwards.

    Sums then do not depend on the number of cores. Small work also becomes faster, because threads that wait for the
    next millisecond's work do not occupy the cores.

    Args:
        pools: Thread pools to limit, in addition to torch's if torch is loaded. None searches for the pools of all
            loaded libraries, which takes about two milliseconds, and loads torch if it is installed, so that work that
            imports it later has one thread too.
    """
    with ExitStack() as limits:
        if "torch" in sys.modules or (pools is None and find_spec("torch") is not None):
            from zeroskel.neural._tensors import one_torch_thread  # imports torch, which takes a second

            limits.enter_context(one_torch_thread())
        limits.enter_context((pools or ThreadpoolController()).limit(limits=1))
        yield


@cache
def loaded_pools() -> ThreadpoolController:
    """Return the thread pools of the libraries that are loaded at the first call, for work of a few milliseconds."""
    return ThreadpoolController()

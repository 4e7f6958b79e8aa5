"""How many threads numerical libraries use."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any


@contextmanager
def one_thread() -> Iterator[None]:
    """No numerical library uses more than one inside, so that sums do not depend on how many cores there are.

    It also makes small work faster: threads that wait for the next millisecond's work take the cores from those that do
    it.
    """
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch is not None else 0
    if torch is not None:
        torch.set_num_threads(1)
    try:
        with _pools("torch" in sys.modules, "scipy" in sys.modules).limit(limits=1):
            yield
    finally:
        if torch is not None:
            torch.set_num_threads(threads)


@lru_cache(maxsize=4)
def _pools(_torch: bool, _scipy: bool) -> Any:
    """Those that are loaded; looking for them takes milliseconds, so it is done anew only when a library has come."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()

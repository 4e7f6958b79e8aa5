"""Places where independent tasks run: processes of this machine, or the workers of a Dask cluster."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from typing import Any

from zeroskel.core import InputError
from zeroskel.core._optional import import_optional

CONNECT_SECONDS = 10


def check_workers(workers: int, scheduler: str | None) -> None:
    """Raise InputError for less than one process, and for a Dask scheduler that does not answer or has no workers."""
    if scheduler is None:
        if workers < 1:
            raise InputError(f"workers is {workers}; expected at least 1")
        return
    client_class = import_optional("distributed", f"The Dask scheduler {scheduler}").Client
    try:
        with client_class(scheduler, timeout=CONNECT_SECONDS, set_as_default=False) as client:
            dask_workers = client.scheduler_info(n_workers=-1)["workers"]
    except (OSError, TimeoutError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"no Dask scheduler answers at {scheduler} ({reason}); expected an address such as "
            "tcp://10.0.0.1:8786, as `dask scheduler` prints it"
        ) from error
    if not dask_workers:
        raise InputError(f"the Dask scheduler at {scheduler} has no workers; start some: dask worker {scheduler}")


def run_tasks(
    function: Callable[[Any], Any], tasks: Iterable[Any], workers: int, scheduler: str | None = None
) -> Iterator[Any]:
    """Yield function(task) of all tasks in the order in which they finish; tasks are created a few at a time.

    They run in `workers` processes of this machine, or on the workers of the Dask scheduler at an address. Those need
    this package and the modules of registered methods, but no data: each task carries its arrays. A task whose worker
    dies is given to another one.
    """
    from joblib import Parallel, delayed, parallel_config

    client: Any = nullcontext()
    if scheduler is not None:
        client = import_optional("distributed", "A Dask scheduler").Client(scheduler, timeout=CONNECT_SECONDS)
    backend, jobs = ("loky", workers) if scheduler is None else ("dask", -1)
    with warnings.catch_warnings(), client, parallel_config(backend, n_jobs=jobs):
        # joblib warns of tasks that an interruption stops, which is what an interruption is for
        warnings.filterwarnings("ignore", "\\d+ tasks which were", UserWarning)
        yield from Parallel(return_as="generator_unordered", batch_size=1)(delayed(function)(task) for task in tasks)

"""Where independent tasks run: processes of this machine, or the workers of a Dask cluster."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from zeroskel.core import InputError
from zeroskel.core._optional import import_optional

CONNECT_SECONDS = 10


@dataclass(frozen=True)
class Processes:
    """`workers` processes of this machine at a time."""

    workers: int

    def run(self, function: Callable[..., Any], tasks: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """Results of function(*task), as they are finished; tasks are made a few at a time."""
        from joblib import Parallel

        with warnings.catch_warnings():
            # on an interruption; that is meant
            warnings.filterwarnings("ignore", "\\d+ tasks which were", UserWarning)
            parallel = Parallel(
                n_jobs=self.workers, return_as="generator_unordered", pre_dispatch=2 * self.workers, batch_size=1
            )
            yield from parallel(_delayed(function, tasks))


class DaskWorkers:
    """All workers of a Dask cluster, wherever they are; a task whose worker dies is given to another.

    A worker needs this package (and the modules of methods that the user has added), nothing of the data: what a task
    needs goes with it.

    Args:
        scheduler: its address, such as "tcp://10.0.0.1:8786".

    Raises:
        InputError: the extra is not installed, no scheduler answers, or it has no worker.
    """

    def __init__(self, scheduler: str) -> None:
        client_class = import_optional("distributed", f"The Dask scheduler {scheduler}").Client
        try:
            with client_class(scheduler, timeout=CONNECT_SECONDS, set_as_default=False) as client:
                workers = client.scheduler_info(n_workers=-1)["workers"]
        except (OSError, TimeoutError, ValueError) as error:
            told = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(
                f"no Dask scheduler answers at {scheduler} ({told}); expected an address such as tcp://10.0.0.1:8786, "
                "as `dask scheduler` prints it"
            ) from error
        if not workers:
            raise InputError(f"the Dask scheduler at {scheduler} has no workers; start some: dask worker {scheduler}")
        self.scheduler = scheduler

    def run(self, function: Callable[..., Any], tasks: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """As `Processes.run`."""
        from distributed import Client
        from joblib import Parallel, parallel_config

        with (
            Client(self.scheduler, timeout=CONNECT_SECONDS),
            parallel_config(backend="dask", n_jobs=-1),
        ):
            yield from Parallel(return_as="generator_unordered", pre_dispatch="2*n_jobs", batch_size=1)(
                _delayed(function, tasks)
            )


def _delayed(function: Callable[..., Any], tasks: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
    from joblib import delayed

    return (delayed(function)(*task) for task in tasks)

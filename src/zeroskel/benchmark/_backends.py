"""Places where independent tasks run: processes of this machine, or the workers of a Dask cluster."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from zeroskel.core import InputError
from zeroskel.core._optional import import_optional

CONNECT_SECONDS = 10


@dataclass(frozen=True)
class Processes:
    """Processes of this machine, `workers` at a time."""

    workers: int

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise InputError(f"workers is {self.workers}; expected at least 1")

    def run(self, function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
        """Yield function(task) of all tasks in the order in which they finish; tasks are created a few at a time."""
        from joblib import Parallel

        with warnings.catch_warnings():
            # joblib warns of tasks that an interruption stops, which is what an interruption is for
            warnings.filterwarnings("ignore", "\\d+ tasks which were", UserWarning)
            parallel = Parallel(
                n_jobs=self.workers, return_as="generator_unordered", pre_dispatch=2 * self.workers, batch_size=1
            )
            yield from parallel(_delayed(function, tasks))


class DaskWorkers:
    """All workers of a Dask cluster. A task whose worker dies is given to another one.

    Workers need this package and the modules of registered methods. They need no data: each task carries its arrays.

    Args:
        scheduler: Address of the scheduler, such as "tcp://10.0.0.1:8786".

    Raises:
        InputError: The extra is not installed, no scheduler answers, or it has no workers.
    """

    def __init__(self, scheduler: str) -> None:
        client_class = import_optional("distributed", f"The Dask scheduler {scheduler}").Client
        try:
            with client_class(scheduler, timeout=CONNECT_SECONDS, set_as_default=False) as client:
                workers = client.scheduler_info(n_workers=-1)["workers"]
        except (OSError, TimeoutError, ValueError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(
                f"no Dask scheduler answers at {scheduler} ({reason}); expected an address such as "
                "tcp://10.0.0.1:8786, as `dask scheduler` prints it"
            ) from error
        if not workers:
            raise InputError(f"the Dask scheduler at {scheduler} has no workers; start some: dask worker {scheduler}")
        self.scheduler = scheduler

    def run(self, function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
        """Yield function(task) of all tasks in the order in which they finish."""
        from distributed import Client
        from joblib import Parallel, parallel_config

        with Client(self.scheduler, timeout=CONNECT_SECONDS), parallel_config(backend="dask", n_jobs=-1):
            parallel = Parallel(return_as="generator_unordered", pre_dispatch="2*n_jobs", batch_size=1)
            yield from parallel(_delayed(function, tasks))


def _delayed(function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
    from joblib import delayed

    return (delayed(function)(task) for task in tasks)

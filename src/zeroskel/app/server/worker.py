"""A thread that an event loop hands functions to, in order of priority."""

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable
from typing import Any


class Worker:
    """Thread that runs functions, the lowest priority number first and equal ones in the order of their arrival.

    Args:
        name: Name of the thread.
    """

    def __init__(self, name: str) -> None:
        self._arrivals = itertools.count()
        self._jobs: queue.PriorityQueue[tuple[float, int, Callable[[], None] | None]] = queue.PriorityQueue()
        threading.Thread(target=self._run_jobs, name=name, daemon=True).start()

    def _run_jobs(self) -> None:
        while (job := self._jobs.get()[2]) is not None:
            job()

    def close(self) -> None:
        """End the thread after it has finished its jobs."""
        self._jobs.put((float("inf"), next(self._arrivals), None))

    async def run(self, priority: int, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function in the thread, return its result and raise its exceptions.

        Args:
            priority: Functions with a lower number run first.
            function: Function to run.
            *arguments: Positional arguments of the function.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()

        def settle(result: Any, error: BaseException | None) -> None:
            if future.cancelled():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        def job() -> None:
            result, error = None, None
            if future.cancelled():
                return
            try:
                result = function(*arguments)
            except Exception as caught:  # noqa: BLE001  (the caller of `run` gets it)
                error = caught
            try:
                loop.call_soon_threadsafe(settle, result, error)
            except RuntimeError:  # the loop was closed in the meantime, so nobody waits for the result
                return

        self._jobs.put((priority, next(self._arrivals), job))
        return await future

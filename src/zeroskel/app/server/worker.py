"""One thread that does work in order of importance, asked from an event loop."""

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable
from typing import Any


class Worker:
    """Runs functions in one thread: those of the lowest order first, of the same order as they came."""

    def __init__(self, name: str) -> None:
        self._numbers = itertools.count()
        self._work: queue.PriorityQueue[tuple[float, int, Callable[[], None] | None]] = queue.PriorityQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def _run(self) -> None:
        while (work := self._work.get()[2]) is not None:
            work()

    def close(self) -> None:
        """End the thread once its work is done."""
        self._work.put((float("inf"), next(self._numbers), None))

    async def run(self, order: int, function: Callable[..., Any], *arguments: Any) -> Any:
        """What the function returns; raises what it raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()

        def settle(result: Any, error: BaseException | None) -> None:
            if future.cancelled():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        def work() -> None:
            result, error = None, None
            if future.cancelled():
                return
            try:
                result = function(*arguments)
            except Exception as caught:  # noqa: BLE001  (handed to the one who asked)
                error = caught
            try:
                loop.call_soon_threadsafe(settle, result, error)
            except RuntimeError:  # the loop was closed meanwhile: nobody waits any more
                return

        self._work.put((order, next(self._numbers), work))
        return await future

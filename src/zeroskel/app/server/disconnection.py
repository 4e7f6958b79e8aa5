"""Work for a client that ends when the client is gone."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import anyio
from starlette.exceptions import HTTPException
from starlette.requests import Request

Result = TypeVar("Result")


async def while_connected(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """Return the result of work for a request whose body has been read; cancel the work when the client disconnects.

    Raises:
        HTTPException: The client disconnected, so nobody reads the answer.
    """
    return await until(work, _wait_for_disconnect(request))


async def until(work: Coroutine[Any, Any, Result], watch: Coroutine[Any, Any, None]) -> Result:
    """Return the result of work; cancel the work when `watch` raises an exception, and raise that."""
    tasks = task, watching = asyncio.ensure_future(work), asyncio.ensure_future(watch)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            await watching
        return await task
    finally:
        task.cancel()
        watching.cancel()
        with anyio.CancelScope(shield=True):  # a cancelled caller gets its own cancellation, not that of the tasks
            await asyncio.gather(*tasks, return_exceptions=True)


async def _wait_for_disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
    raise HTTPException(400, "The client disconnected.")

"""Turns: who of several clients works next in a thread that they share."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from zeroskel.app.server.problem_codes import ProblemCode
from zeroskel.core import ZeroskelError

RETRY_SECONDS = 2
MAX_HOSTS = 1000  # hosts whose last turn is remembered


class Busy(ZeroskelError):
    """The server has no capacity left; the client may try again after `retry_after` seconds."""

    def __init__(self, message: str, retry_after: int = RETRY_SECONDS, code: ProblemCode = ProblemCode.BUSY) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.code = code


@dataclass(eq=False)
class Ticket:
    """Place of one request in the order of turns.

    Attributes:
        host: address of the client.
        served: seconds of the turns that the request has had.
    """

    host: str = ""
    served: float = 0.0


def ticket_of(connection: HTTPConnection) -> Ticket:
    """Return a ticket for the turns of a request or of a stream."""
    return Ticket(connection.client.host if connection.client else "")


@dataclass(eq=False)
class _Waiting:
    ticket: Ticket
    granted: asyncio.Future[None]


class Turns:
    """Gives turns to requests, fairly: long work is cut into many turns, and others have theirs in between.

    The next turn goes to the host whose last turn is longest ago. Of the requests of a host it goes to the one that was
    served least, so that little work does not wait for much work.
    """

    def __init__(self, parallel: int = 1) -> None:
        self._free = parallel
        self._waiting: list[_Waiting] = []
        self._last: dict[str, float] = {}  # host -> end of its last turn
        self._closed = False

    @asynccontextmanager
    async def turn(self, ticket: Ticket) -> AsyncIterator[None]:
        """Wait for a turn and hold it. Raises Busy where the server is stopping."""
        await self._acquire(ticket)
        started = time.monotonic()
        try:
            yield
        finally:
            now = time.monotonic()
            ticket.served += now - started
            if len(self._last) >= MAX_HOSTS:
                self._last.clear()
            self._last[ticket.host] = now
            self._release()

    def close(self) -> None:
        """Refuse all who wait, and all further ones."""
        self._closed = True
        for entry in self._waiting:
            if not entry.granted.done():
                entry.granted.set_exception(_stopping())
        self._waiting.clear()

    async def _acquire(self, ticket: Ticket) -> None:
        if self._closed:
            raise _stopping()
        if self._free:
            self._free -= 1
            return
        entry = _Waiting(ticket, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        try:
            await entry.granted
        except asyncio.CancelledError:
            if entry in self._waiting:
                self._waiting.remove(entry)
            elif entry.granted.done() and not entry.granted.cancelled() and entry.granted.exception() is None:
                self._release()
            raise

    def _release(self) -> None:
        waiting = [each for each in self._waiting if not each.granted.done()]  # others were cancelled a moment ago
        if not waiting:
            self._free += 1
            return
        entry = min(waiting, key=lambda each: (self._last.get(each.ticket.host, 0.0), each.ticket.served))
        self._waiting.remove(entry)
        entry.granted.set_result(None)


def _stopping() -> Busy:
    return Busy("The server is stopping. Try again in a moment.", code=ProblemCode.STOPPING)

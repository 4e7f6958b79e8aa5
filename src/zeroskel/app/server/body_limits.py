"""ASGI middleware that bounds the bodies of all requests and answers together."""

import asyncio
import time
from collections import Counter

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zeroskel.app.server.errors import problem
from zeroskel.app.server.problem_codes import ProblemCode
from zeroskel.app.server.settings import Limits
from zeroskel.app.server.streams import Metrics

SMALL_BODY = 256 * 2**10  # bytes of each body that do not count, so that small requests pass while large ones wait
CLIENT_SHARE = 0.5  # of the bytes in flight
PART = 64 * 2**10  # bytes of an answer that are handed over at once
RETRY = {"Retry-After": "5"}  # seconds
TOO_MANY_BYTES = "The server holds too many large requests and answers. Try again in a moment."


class BodyLimits:
    """Middleware that bounds the size of a body, the time that it takes to arrive and the bytes of all bodies together.

    The bytes of a body count from their arrival until the client has read the answer, and so do those of the answer. A
    request that exceeds a limit ends with 408, 413, or with 503 and `Retry-After`. Large answers are sent in parts, so
    that none waits for a slow client in the buffer of its connection.
    """

    def __init__(self, app: ASGIApp, limits: Limits, metrics: Metrics) -> None:
        self.app = app
        self.limits = limits
        self.metrics = metrics
        self._held: Counter[str] = Counter()  # client address -> bytes that count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand on a WebSocket."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(self, scope, receive, send)
        try:
            await self.app(scope, exchange.receive, exchange.send)
        finally:
            self._held[exchange.client] -= exchange.held
            self._held += Counter()  # drops the clients that hold nothing

    def hold(self, client: str, size: int) -> bool:
        """Count bytes of a client. Returns False, without counting them, where they are too many."""
        total = self.limits.bytes_in_flight
        if size and (self._held.total() + size > total or self._held[client] + size > CLIENT_SHARE * total):
            self.metrics.refused.labels("bytes").inc()
            return False
        self._held[client] += size
        return True


class _Exchange:
    """A request and its answer; both count as bytes of the client."""

    def __init__(self, owner: BodyLimits, scope: Scope, receive: Receive, send: Send) -> None:
        self.client = (scope.get("client") or ("",))[0]
        self.held = 0
        self._owner, self._limits = owner, owner.limits
        self._scope, self._receive, self._send = scope, receive, send
        self._ends_at = time.monotonic() + self._limits.body_seconds
        self._received, self._sent, self._complete = 0, 0, False
        self._start: Message | None = None  # of the answer, until its size is known
        self._refused = False

    async def receive(self) -> Message:
        """Return the next part of the body, or wait for the end of the connection after the last one."""
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout(min(self._limits.pause_seconds, self._ends_at - time.monotonic())):
                message = await self._receive()
        except TimeoutError:
            detail = "The body arrives too slowly or not at all. Send it again."
            raise HTTPException(408, detail, {"Connection": "close"}) from None
        if message["type"] == "http.disconnect":
            raise HTTPException(400, "The client disconnected.")
        before, length = self._received, Headers(scope=self._scope).get("content-length", "")
        self._received += len(message.get("body", b""))
        if max(self._received, int(length[:20]) if length.isdecimal() else 0) > self._limits.bytes:
            raise HTTPException(413, f"The body has more than {self._limits.bytes} bytes. Send a shorter recording.")
        if not self._hold(_counted(self._received) - _counted(before)):
            raise HTTPException(503, TOO_MANY_BYTES, RETRY)
        self._complete = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the answer, or 503 in its place where the answer is too large at present."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        body = message.get("body", b"")
        before, self._sent = self._sent, self._sent + len(body)
        allowed = self._refused or self._hold(_counted(self._sent) - _counted(before))
        if self._start is not None:
            start, self._start = self._start, None
            self._refused = not allowed
            if self._refused:
                await problem(ProblemCode.TOO_MANY_BYTES, TOO_MANY_BYTES, RETRY)(self._scope, self._receive, self._send)
            else:
                await self._send(start)
        elif not allowed:
            raise ConnectionAbortedError(TOO_MANY_BYTES)  # the answer has begun, so it can only end
        if self._refused:
            return
        for begin in range(0, len(body) - PART, PART):
            await self._send({**message, "body": body[begin : begin + PART], "more_body": True})
        await self._send({**message, "body": body[max(0, len(body) - 1) // PART * PART :]} if body else message)

    def _hold(self, size: int) -> bool:
        allowed = self._owner.hold(self.client, size)
        self.held += size if allowed else 0
        return allowed


def _counted(size: int) -> int:
    return max(0, size - SMALL_BODY)

"""ASGI middleware that bounds the bodies of all requests together."""

import asyncio
import math
import time
from collections import Counter

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zeroskel.app.server.settings import Limits
from zeroskel.app.server.streams import Metrics

SMALL_BODY = 256 * 2**10  # bytes of each body that do not count, so that small requests pass while large ones wait
CLIENT_SHARE = 0.5  # of the bytes in flight
PART = 64 * 2**10  # bytes of an answer that are handed over at once
RETRY_SECONDS = 5


class BodyLimits:
    """Middleware that bounds the size of a body, the time that it takes to arrive and the bytes of all bodies together.

    The bytes of a body count from their arrival until the request is answered. A request that exceeds a limit ends with
    408, 413, or with 503 and `Retry-After`. Large answers are sent in parts, so that none waits for a slow client in
    the buffer of its connection.
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
        client = (scope.get("client") or ("",))[0]
        length = Headers(scope=scope).get("content-length", "")
        too_large = length.isdecimal() and int(length[:20]) > self.limits.bytes
        ends_at = time.monotonic() + self.limits.body_seconds
        received, complete = 0, False

        async def receive_within_limits() -> Message:
            nonlocal received, complete
            if complete:
                return await receive()  # waits for the end of the connection
            message = await self._receive_in_time(receive, ends_at)
            if message["type"] == "http.disconnect":
                raise HTTPException(400, "The client disconnected.")
            size = len(message.get("body", b""))
            if too_large or received + size > self.limits.bytes:
                raise HTTPException(413, f"The body has more than {self.limits.bytes} bytes. Send a shorter recording.")
            self._hold(client, _counted(received + size) - _counted(received))
            received, complete = received + size, not message.get("more_body", False)
            return message

        try:
            await self.app(scope, receive_within_limits, _in_parts(send))
        finally:
            self._held[client] -= _counted(received)
            self._held += Counter()  # drops the clients that hold nothing

    async def _receive_in_time(self, receive: Receive, ends_at: float) -> Message:
        try:
            async with asyncio.timeout(min(self.limits.pause_seconds, ends_at - time.monotonic())):
                return await receive()
        except TimeoutError:
            message = "The body arrives too slowly or not at all. Send it again."
            raise HTTPException(408, message, {"Connection": "close"}) from None

    def _hold(self, client: str, size: int) -> None:
        total = self.limits.bytes_in_flight
        if size and (self._held.total() + size > total or self._held[client] + size > math.ceil(CLIENT_SHARE * total)):
            self.metrics.refused.labels("bytes").inc()
            message = "The server holds too many large bodies. Try again in a moment."
            raise HTTPException(503, message, {"Retry-After": str(RETRY_SECONDS)})
        self._held[client] += size


def _counted(size: int) -> int:
    return max(0, size - SMALL_BODY)


def _in_parts(send: Send) -> Send:
    async def send_in_parts(message: Message) -> None:
        body = message.get("body", b"")
        if message["type"] == "http.response.body" and len(body) > PART:
            for start in range(0, len(body) - PART, PART):
                await send({"type": "http.response.body", "body": body[start : start + PART], "more_body": True})
            message = {**message, "body": body[(len(body) - 1) // PART * PART :]}
        await send(message)

    return send_in_parts

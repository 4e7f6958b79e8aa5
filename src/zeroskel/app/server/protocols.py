"""The protocols of connections: uvicorn's, with deadlines and with room for new clients."""

import asyncio
import time
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

READ_SIZE = 16 * 2**10  # bytes that are read at once; many tiny parts in a large read would stop the event loop
COSTLY_READ = 0.005  # CPU seconds of a read, after which the connection rests
REST = 20  # duration of the rest, as a multiple of that time
WRITE_SECONDS = 20.0  # in which a client must read the next 48 KiB of an answer
CLOSE_SECONDS = 1.0  # in which a client must confirm that a WebSocket ends
MAX_UNREAD_MESSAGES = 32  # of one client
MAX_UNREAD_SIZE = 8 * 2**10  # bytes of a message; reading pauses after a larger one


class HttpProtocol(H11Protocol):
    """HTTP protocol that does not wait for its client for ever.

    uvicorn closes connections without a request after `timeout_keep_alive` seconds. This class also closes those whose
    headers are not complete after `header_seconds`, and those that do not read their answer. A new connection beyond
    `limit_concurrency` ends the one that waits longest for its client, so uvicorn answers 503 only where the server
    works for all others. A connection whose data take much time to parse is read more slowly.
    """

    def __init__(self, *arguments: Any, header_seconds: float, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.header_seconds = header_seconds
        self._header_deadline: asyncio.TimerHandle | None = None
        self._write_deadline: asyncio.TimerHandle | None = None
        self.since = self.loop.time()  # time of the connection, or of the latest answer

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for the headers of a request, and make room where the server is full."""
        super().connection_made(transport)
        transport.max_size = READ_SIZE  # type: ignore[attr-defined]
        self._expect_headers()
        self._make_room()

    def data_received(self, data: bytes) -> None:
        """Handle a part of a request; before a new request, make room where the server is full."""
        if self._without_request():
            self._make_room()
        started = time.thread_time()
        super().data_received(data)
        seconds = time.thread_time() - started
        if seconds > COSTLY_READ:  # a body in thousands of tiny chunks
            self.transport.pause_reading()
            self.loop.call_later(REST * seconds, self._end_rest)

    def connection_lost(self, exc: Exception | None) -> None:
        """End all deadlines."""
        _cancel(self._header_deadline, self._write_deadline)
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: Any) -> None:
        """Hand the connection to the protocol of WebSockets, which has other deadlines."""
        _cancel(self._header_deadline)
        super().handle_websocket_upgrade(event)

    def on_response_complete(self) -> None:
        """Start to wait for the headers of the next request."""
        self._expect_headers()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Give the client time to read."""
        super().pause_writing()
        self._write_deadline = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Continue to write the answer."""
        _cancel(self._write_deadline)
        super().resume_writing()

    def waits_for_client(self) -> bool:
        """Return whether the client must act: send headers or a body, or read."""
        return self._without_request() or self.flow.write_paused or self.cycle.more_body

    def priority(self) -> tuple[bool, float]:
        """Return the place in the order in which connections end: first those without a request, then the oldest."""
        return not self._without_request(), self.since

    def _end_rest(self) -> None:
        if not (self.flow.read_paused or self.transport.is_closing()):
            self.transport.resume_reading()

    def _make_room(self) -> None:
        """End the connections that wait longest for their clients until there is room for this one."""
        while self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency:
            others = [each for each in self.connections if isinstance(each, (HttpProtocol, StreamProtocol))]
            waiting = [each for each in others if each is not self and each.waits_for_client()]
            if not waiting:
                return
            longest = min(waiting, key=lambda each: each.priority())
            self.connections.discard(longest)
            longest.transport.abort()

    def _without_request(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect_headers(self) -> None:
        _cancel(self._header_deadline)
        self.since = self.loop.time()
        self._header_deadline = self.loop.call_later(self.header_seconds, self._end_without_headers)

    def _end_without_headers(self) -> None:
        if self._without_request():
            self.transport.close()


class StreamProtocol(WebSocketsSansIOProtocol):
    """WebSocket protocol that pauses reading when `MAX_UNREAD_MESSAGES` wait, instead of after every message.

    The two system calls for pausing and resuming cost more than a message. The order of messages does not change, and
    the socket still slows down a client that sends faster than the server reads.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.close_timeout = CLOSE_SECONDS
        self.since = self.loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the connection."""
        self.connections.add(self)  # the base class requires it, and `HttpProtocol` may have removed it to make room
        super().connection_lost(exc)

    def send_receive_event_to_app(self) -> None:
        """Hand a message to the application, and pause reading where too many wait."""
        if sum(map(len, self.frames)) > MAX_UNREAD_SIZE:
            super().send_receive_event_to_app()
            return
        paused, self.read_paused = self.read_paused, True  # so that the base class does not pause
        super().send_receive_event_to_app()
        self.read_paused = paused
        if not paused and self.queue.qsize() >= MAX_UNREAD_MESSAGES:
            self.read_paused = True
            self.transport.pause_reading()

    def waits_for_client(self) -> bool:
        """Return whether only the client's confirmation of the end is missing."""
        return self.close_sent

    def priority(self) -> tuple[bool, float]:
        """Return the place in the order in which connections end: among those without a request, the oldest first."""
        return False, self.since


def _cancel(*timers: asyncio.TimerHandle | None) -> None:
    for timer in timers:
        if timer is not None:
            timer.cancel()

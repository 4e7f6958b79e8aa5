"""One client's WebSocket: its messages in, its answers out."""

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import numpy as np
from pydantic_core import from_json
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from zeroskel.app.server.engine import Busy, Engine
from zeroskel.app.server.guard import HEADERS
from zeroskel.app.server.recordings import coordinates
from zeroskel.app.server.settings import Settings
from zeroskel.app.server.streams import LiveStream, Streams
from zeroskel.app.server.wire import Malformed, actions_of
from zeroskel.core import InputError, get_layout
from zeroskel.recognition import Stream

MOST_RATE = 300  # messages a second; a client that sends more is read more slowly
LATEST_TIME = 1e12  # seconds
PROTOCOL = 5  # times what a frame's JSON costs, with the WebSocket, the event loop and the window
POLICY_VIOLATION, TRY_AGAIN = 1008, 1013  # WebSocket close codes


class Connection:
    """Handles one stream from its first message to its end; nothing that a client sends ends the server."""

    def __init__(self, socket: WebSocket, engine: Engine, streams: Streams, settings: Settings) -> None:
        self.socket = socket
        self.engine = engine
        self.streams = streams
        self.settings = settings
        self.limits = settings.limits
        self.metrics = streams.metrics
        self.live: LiveStream | None = None
        self.heard = time.monotonic()
        self._frames = 0  # received and not yet counted

    async def run(self) -> None:
        """Let the client in, or turn it away with 503."""
        try:
            self.streams.take_place()
        except Busy as busy:
            self.metrics.refused.labels("capacity").inc()
            headers = {**HEADERS, "Retry-After": str(busy.retry_after)}
            await self.socket.send_denial_response(JSONResponse({"detail": str(busy)}, 503, headers))
            return
        try:
            await self.socket.accept()
            if await self._start():
                await self._talk()
        except WebSocketDisconnect:
            return  # the client is gone, and with it all that it sent
        finally:
            self.metrics.frames.inc(self._frames)
            if self.live is not None:
                self.streams.close(self.live)
            self.streams.leave_place()

    async def _start(self) -> bool:
        """Wait for a start that is none of the malformed; False where none came."""
        for _ in range(self.limits.malformed):
            try:
                with anyio.fail_after(self.limits.start_seconds):
                    message = self._message(await self.socket.receive())
                    if message.get("type") != "start":
                        raise Malformed('the first message is {"type": "start", "layout", "actions"}')
                if not self.settings.is_token(message.get("token")):
                    self.metrics.refused.labels("token").inc()
                    await self._end("a token is needed; send it as token in the start message")
                    return False
                stream = await self._stream(message)
            except TimeoutError:
                await self._end(f"no start came within {self.limits.start_seconds:g} seconds")
                return False
            except InputError as error:
                self.metrics.malformed.inc()
                await self._say({"type": "error", "message": _line(error)})
                continue
            self.heard = time.monotonic()
            self.live = LiveStream(stream, self.heard)
            await self._say({"type": "ready"})
            if self.streams.closing:
                await self._end("the server is stopping", TRY_AGAIN, 10)
                return False
            self.streams.open(self.live)
            return True
        await self._end("too many messages that cannot be used")
        return False

    async def _stream(self, message: dict[str, Any]) -> Stream:
        _only(message, {"type", "layout", "actions", "threshold", "token"})
        layout, threshold = message.get("layout", "kinect-20"), message.get("threshold")
        if not isinstance(layout, str) or len(layout) > 40:
            raise Malformed("layout is not the name of a joint layout")
        get_layout(layout)
        if threshold is not None and (isinstance(threshold, bool) or not isinstance(threshold, (int, float))):
            raise Malformed("threshold is not a number from 0 to 1")
        if threshold is not None and (not 0 <= threshold <= 1 or self.engine.recognizer.calibration is None):
            raise Malformed("threshold is not from 0 to 1, or this server's bundle is not calibrated and takes none")
        actions = actions_of(message.get("actions"), self.limits)
        candidates = await self.engine.embed(actions)
        return Stream(self.engine.recognizer, candidates, layout=layout, threshold=threshold)

    async def _talk(self) -> None:
        """Receive and send until one of the two ends, or nothing comes any more."""
        async with anyio.create_task_group() as group:

            async def until_the_end(work: Callable[[], Awaitable[None]]) -> None:
                try:
                    await work()
                except WebSocketDisconnect:
                    return  # the client is gone
                finally:
                    group.cancel_scope.cancel()

            group.start_soon(until_the_end, self._receive)
            group.start_soon(until_the_end, self._watch)
            group.start_soon(until_the_end, self._send)

    async def _send(self) -> None:
        assert self.live is not None
        while (message := await self.live.outbox.get()) is not None:
            await self._say(message)
        await self.socket.close(TRY_AGAIN)

    async def _receive(self) -> None:
        malformed, second, count = 0, self.heard, 0
        while malformed < self.limits.malformed:
            received = await self.socket.receive()
            self.heard = now = time.monotonic()
            if now - second >= 1:
                self.metrics.frames.inc(self._frames)
                second, count, self._frames = now, 0, 0
            count += 1
            if count > MOST_RATE:
                await anyio.sleep(max(0.0, second + 1 - now))
            try:
                await self._take(self._message(received))
                malformed = 0
            except InputError as error:
                malformed += 1
                self.metrics.malformed.inc()
                await self._say({"type": "error", "message": _line(error)})
        await self._end("too many messages that cannot be used")

    async def _watch(self) -> None:
        """End the stream when its client has been silent for too long."""
        while (left := self.heard + self.limits.silent_seconds - time.monotonic()) > 0:
            await anyio.sleep(left)
        await self._end(f"no message came for {self.limits.silent_seconds:g} seconds")

    async def _take(self, message: dict[str, Any]) -> None:
        """One message after the start."""
        assert self.live is not None
        kind = message.get("type")
        if kind == "frame":
            self._push(message)
        elif kind == "actions":
            _only(message, {"type", "actions"})
            actions = actions_of(message.get("actions"), self.limits)
            self.live.stream.candidates = await self.engine.embed(actions)
        else:
            raise Malformed('the type of a message is not "frame" or "actions"')

    def _push(self, message: dict[str, Any]) -> None:
        assert self.live is not None
        moment, joints = message.get("time"), message.get("joints")
        if moment is not None and (
            isinstance(moment, bool) or not isinstance(moment, (int, float)) or not abs(moment) < LATEST_TIME
        ):
            raise Malformed("time of a frame is not a number of seconds")
        stream = self.live.stream
        stream.push(None if not joints and joints in (None, []) else self._frame(joints), moment)
        self._frames += 1
        self.live.arrived = time.monotonic()

    def _frame(self, joints: object) -> np.ndarray:
        if not isinstance(joints, list) or len(joints) > self.limits.joints:
            raise Malformed(f"joints are no list of at most {self.limits.joints}")
        first = next((joint for joint in joints if joint is not None), None)
        several = isinstance(first, list) and any(part is None or isinstance(part, list) for part in first)
        if several and len(joints) > self.limits.bodies:
            raise Malformed(f"found {len(joints)} bodies; expected at most {self.limits.bodies}")
        return coordinates(joints, 3 if several else 2)

    def _message(self, received: Any) -> dict[str, Any]:
        """What came, as a JSON object."""
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1005))
        content = received.get("text") or received.get("bytes") or ""
        if len(content) > self.limits.message_bytes:
            raise Malformed(f"the message has more than {self.limits.message_bytes} bytes")
        try:
            message = from_json(content)
        except ValueError:
            raise Malformed("the message is not JSON") from None
        if not isinstance(message, dict):
            raise Malformed("the message is not a JSON object")
        return message

    async def _say(self, message: dict[str, Any]) -> None:
        try:
            await self.socket.send_text(json.dumps(message))
        except RuntimeError as error:  # Starlette's word for a socket that was closed meanwhile
            raise WebSocketDisconnect(1006) from error

    async def _end(self, message: str, code: int = POLICY_VIOLATION, retry_after: int | None = None) -> None:
        more = {} if retry_after is None else {"retry_after": retry_after}
        await self._say({"type": "error", "message": message, **more})
        await self.socket.close(code)


def seconds_a_frame(frames: int = 300) -> float:
    """Processor seconds that a message with a frame costs on this machine until it is in its stream's window."""
    rest = np.random.default_rng(0).normal(size=(20, 3)).round(4).tolist()
    texts = [json.dumps({"type": "frame", "time": number / 30, "joints": rest}) for number in range(frames)]
    times: list[float] = []
    start = time.thread_time()
    for text in texts:
        message = from_json(text)
        times.append(message["time"])
        np.isinf(coordinates(message["joints"], 2)).any()
    return PROTOCOL * (time.thread_time() - start) / frames


def _only(message: dict[str, Any], known: set[str]) -> None:
    if not set(message) <= known:
        raise Malformed(f"the message has other fields than {', '.join(sorted(known))}")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]

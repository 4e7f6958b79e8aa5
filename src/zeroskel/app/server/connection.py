"""The WebSocket of one client: its messages and the answers to them."""

import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import numpy as np
from anyio.abc import TaskGroup
from pydantic_core import from_json
from starlette.websockets import WebSocket, WebSocketDisconnect

from zeroskel.app.server.disconnection import until
from zeroskel.app.server.engine import Engine
from zeroskel.app.server.errors import problem
from zeroskel.app.server.guard import SECURITY_HEADERS
from zeroskel.app.server.problem_codes import ProblemCode, code_of
from zeroskel.app.server.recordings import parse_coordinates
from zeroskel.app.server.settings import Settings
from zeroskel.app.server.start_deadlines import StartDeadlines
from zeroskel.app.server.streams import LiveStream, Streams
from zeroskel.app.server.teaching import Teaching, Teachings
from zeroskel.app.server.turns import Busy, ticket_of
from zeroskel.app.server.wire import (
    Malformed,
    ParsedActions,
    StreamActions,
    StreamStart,
    one_line,
    parse_actions,
    parse_model,
)
from zeroskel.core import InputError
from zeroskel.recognition import Candidates, Stream

MAX_MESSAGE_RATE = 300  # messages a second; the server reads a faster client more slowly
MAX_TIMESTAMP = 1e12  # seconds
OVERHEAD = 5  # a frame costs this many times its JSON, with the WebSocket, the event loop and the window
MAX_MALFORMED = 20  # consecutive unusable messages, after which the server closes a stream
MAX_ERROR_LENGTH = 300  # characters
MAX_EARLY_MESSAGES, MAX_EARLY_SIZE = 64, 256 * 2**10  # messages, and their characters, before the stream has started
POLICY_VIOLATION, TRY_AGAIN = 1008, 1013  # WebSocket close codes
TOO_MANY_MALFORMED = "Too many consecutive messages cannot be used. The server closes the stream."


class Connection:
    """Handles one stream from its first message to its end. No message of a client can stop the server."""

    def __init__(
        self,
        socket: WebSocket,
        engine: Engine,
        streams: Streams,
        teachings: Teachings,
        starting: StartDeadlines,
        settings: Settings,
    ) -> None:
        self.socket = socket
        self.engine = engine
        self.streams = streams
        self.teachings = teachings
        self.starting = starting
        self.settings = settings
        self.limits = settings.limits
        self.metrics = streams.metrics
        self.last_received = time.monotonic()
        self._reading = anyio.CancelScope()  # of the latest actions
        self._early: deque[Any] = deque()  # messages that arrived while the words of the start were read
        self.malformed = 0  # consecutive unusable messages

    async def run(self) -> None:
        """Serve the client until its stream ends; answer 503 where all streams are in use."""
        try:
            self.streams.check_capacity()
        except Busy as busy:
            self.metrics.refused.labels("capacity").inc()
            headers = {**SECURITY_HEADERS, "Retry-After": str(busy.retry_after)}
            await self.socket.send_denial_response(problem(busy.code, str(busy), headers))
            return
        try:
            await self.socket.accept()
            message = await self._receive_start()
            while message is not None and not await self._serve(message):
                message = await self._receive_start()
        except* (WebSocketDisconnect, Busy):  # the client has gone, or the server is stopping
            pass

    async def _receive_start(self) -> dict[str, Any] | None:
        """Return the start message of a client that may use the server. Returns None after closing the connection."""
        while self.malformed < MAX_MALFORMED:
            try:
                with self.starting.wait():
                    message = self._parse_message(await self._next_message())
                if message.get("type") != "start":
                    raise Malformed('The first message must be {"type": "start", "layout": …, "actions": …}.')
            except TimeoutError:
                seconds = f"{self.limits.start_seconds:g} seconds, and less when many clients connect"
                await self._close_with_error(
                    ProblemCode.TOO_SLOW, f"No start message arrived in time. The server waits {seconds}."
                )
                return None
            except InputError as error:
                await self._report_malformed(error)
                continue
            if "authorization" in self.socket.headers or self.settings.is_token(message.get("token")):
                return message  # the guard checked the header
            self.metrics.refused.labels("token").inc()
            await self._close_with_error(
                ProblemCode.TOKEN_REQUIRED, "This server requires a token. Send it as token in the start message."
            )
            return None
        await self._close_with_error(ProblemCode.MALFORMED, TOO_MANY_MALFORMED)
        return None

    async def _serve(self, start: dict[str, Any]) -> bool:
        """Serve a stream until it ends. Returns False where its start message cannot be used."""
        try:
            self.streams.reserve()
        except Busy as busy:  # all streams were taken after this client connected
            await self._refuse(busy)
            return True
        live = None
        try:
            live, answer = await self._create_stream(start)
            await self._send_json({"type": "ready", **answer})
            self.streams.open(live)
            await self._exchange_messages(live)
            return True
        except InputError as error:
            await self._report_malformed(error)
            return False
        except Busy as busy:
            await self._refuse(busy)
            return True
        finally:
            self.streams.release(live)

    async def _create_stream(self, message: dict[str, Any]) -> tuple[LiveStream, dict[str, Any]]:
        start = parse_model(StreamStart, message)
        if start.threshold is not None and self.engine.recognizer.calibration is None:
            reason = "The bundle of this server is not calibrated, so a stream cannot have a threshold."
            raise Malformed(reason, ProblemCode.NOT_CALIBRATED)
        teaching = self._find_teaching(start.teaching)
        work = self._embed_actions(parse_actions(start.actions, self.limits))
        candidates, answer = await until(work, self._keep_messages())
        self.last_received = time.monotonic()
        stream = Stream(self.engine.recognizer, candidates, layout=start.layout, threshold=start.threshold)
        live = LiveStream(stream, self.last_received)
        live.teaching = teaching
        return live, answer

    async def _embed_actions(self, parsed: ParsedActions) -> tuple[Candidates, dict[str, Any]]:
        """Return embedded actions, and, where some cannot be used, the fields that say which ones are."""
        actions, faults = parsed
        candidates = await self.engine.candidates(actions, ticket_of(self.socket))
        name_problems = [fault.to_dict() for fault in faults]
        return candidates, {"actions": list(candidates.actions), "name_problems": name_problems} if faults else {}

    async def _keep_messages(self) -> None:
        """Receive messages for later. Raises WebSocketDisconnect where the client leaves.

        After too many messages the client must wait, so that those who send before the answer take little memory.
        """
        size = sum(_size(message) for message in self._early)
        while len(self._early) < MAX_EARLY_MESSAGES and size < MAX_EARLY_SIZE:
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005))
            self._early.append(message)
            size += _size(message)
        await anyio.sleep_forever()

    async def _next_message(self) -> Any:
        return self._early.popleft() if self._early else await self.socket.receive()

    def _find_teaching(self, identifier: str | None) -> Teaching | None:
        """Return the teaching session of that id; None where there is no id."""
        return None if identifier is None else self.teachings.get(identifier)

    async def _exchange_messages(self, live: LiveStream) -> None:
        """Receive and send messages until one side ends the stream or the client is silent for too long."""
        async with anyio.create_task_group() as group:

            async def run_and_cancel(work: Callable[..., Awaitable[None]], *arguments: Any) -> None:
                await work(*arguments)
                group.cancel_scope.cancel()

            group.start_soon(run_and_cancel, self._receive, live, group)
            group.start_soon(run_and_cancel, self._close_when_silent)
            group.start_soon(run_and_cancel, self._send, live)

    async def _send(self, live: LiveStream) -> None:
        while (message := await live.outbox.get()) is not None:
            await self._send_json(message)
        await self.socket.close(TRY_AGAIN)

    async def _receive(self, live: LiveStream, group: TaskGroup) -> None:
        self.malformed, second, count = 0, self.last_received, 0
        while self.malformed < MAX_MALFORMED:
            received = await self._next_message()
            self.last_received = now = time.monotonic()
            if now - second >= 1:
                second, count = now, 0
            count += 1
            if count > MAX_MESSAGE_RATE:
                await anyio.sleep(max(0.0, second + 1 - now))
            try:
                self._handle(live, self._parse_message(received), group)
                self.malformed = 0
            except InputError as error:
                await self._report_malformed(error)
        await self._close_with_error(ProblemCode.MALFORMED, TOO_MANY_MALFORMED)

    async def _close_when_silent(self) -> None:
        """Close the stream when its client has sent nothing for too long."""
        limit = self.limits.silent_seconds
        while (remaining := self.last_received + limit - time.monotonic()) > 0:
            await anyio.sleep(remaining)
        await self._close_with_error(ProblemCode.TOO_SLOW, f"No message arrived for {limit:g} seconds.")

    def _handle(self, live: LiveStream, message: dict[str, Any], group: TaskGroup) -> None:
        """Handle one message after the start."""
        kind = message.get("type")
        if kind == "frame":
            self._push(live, message)
        elif kind == "actions":
            change = parse_model(StreamActions, message)
            teaching = live.teaching if "teaching" not in message else self._find_teaching(change.teaching)
            parsed = parse_actions(change.actions, self.limits)
            self._reading.cancel()  # of the actions before these
            self._reading = anyio.CancelScope()
            group.start_soon(self._change_actions, live, parsed, teaching, self._reading)
        else:
            raise Malformed('The type of a message must be "frame" or "actions".')

    async def _change_actions(
        self, live: LiveStream, parsed: ParsedActions, teaching: Teaching | None, scope: anyio.CancelScope
    ) -> None:
        """Let a stream choose among other actions, once their texts are read; frames go on arriving meanwhile."""
        with scope:
            live.stream.candidates, answer = await self._embed_actions(parsed)
            live.teaching = teaching
            if answer:
                live.send({"type": "actions", **answer})

    def _push(self, live: LiveStream, message: dict[str, Any]) -> None:
        """Add a frame to the window. It is checked by hand: a model in `wire` makes it half as expensive again."""
        timestamp, joints = message.get("time"), message.get("joints")
        if timestamp is not None and (
            isinstance(timestamp, bool) or not isinstance(timestamp, (int, float)) or not abs(timestamp) < MAX_TIMESTAMP
        ):
            raise Malformed("The field time of a frame must be a number of seconds.")
        live.stream.push(None if not joints and joints in (None, []) else self._parse_joints(joints), timestamp)
        self.metrics.frames.inc()
        live.arrived = time.monotonic()

    def _parse_joints(self, joints: object) -> np.ndarray:
        """Return the joints of one body (V, C), or of a list of bodies (M, V, C)."""
        if not isinstance(joints, list) or len(joints) > self.limits.joints:
            raise Malformed(f"The field joints must be a list of at most {self.limits.joints} joints.")
        first = next((joint for joint in joints if joint is not None), None)
        has_bodies = isinstance(first, list) and any(part is None or isinstance(part, list) for part in first)
        if has_bodies and len(joints) > self.limits.bodies:
            raise Malformed(f"The frame has {len(joints)} bodies; expected at most {self.limits.bodies}.")
        return parse_coordinates(joints, 3 if has_bodies else 2)

    def _parse_message(self, received: Any) -> dict[str, Any]:
        """Return the JSON object that arrived. Raises Malformed for anything else."""
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1005))
        content = received.get("text") or received.get("bytes") or ""
        if len(content) > self.limits.message_bytes:
            raise Malformed(f"The message has more than {self.limits.message_bytes} bytes.")
        try:
            message = from_json(content)
        except ValueError:
            raise Malformed("The message is not JSON.") from None
        if not isinstance(message, dict):
            raise Malformed("The message is not a JSON object.")
        return message

    async def _send_json(self, message: dict[str, Any]) -> None:
        try:
            await self.socket.send_text(json.dumps(message))
        except RuntimeError as error:  # Starlette raises it where the socket was closed in the meantime
            raise WebSocketDisconnect(1006) from error

    async def _report_malformed(self, error: InputError) -> None:
        self.malformed += 1
        self.metrics.malformed.inc()
        await self._send_error(code_of(error), one_line(error, MAX_ERROR_LENGTH))

    async def _refuse(self, busy: Busy) -> None:
        self.metrics.refused.labels("capacity").inc()
        await self._send_error(busy.code, str(busy), retry_after=busy.retry_after)
        await self.socket.close(TRY_AGAIN)

    async def _close_with_error(self, code: ProblemCode, message: str) -> None:
        await self._send_error(code, message)
        await self.socket.close(POLICY_VIOLATION)

    async def _send_error(self, code: ProblemCode, message: str, **further: Any) -> None:
        await self._send_json({"type": "error", "code": code, "message": message, **further})


def measure_frame_seconds(frames: int = 300) -> float:
    """Return the CPU seconds that one frame costs on this machine, from its message to the window of its stream."""
    pose = np.random.default_rng(0).normal(size=(20, 3)).round(4).tolist()
    text = json.dumps({"type": "frame", "time": 1 / 30, "joints": pose})
    started = time.thread_time()
    for _ in range(frames):
        np.isinf(parse_coordinates(from_json(text)["joints"], 2)).any()
    return OVERHEAD * (time.thread_time() - started) / frames


def _size(message: Any) -> int:
    return len(message.get("text") or message.get("bytes") or "")

"""All open streams, the order in which they are answered, and the metrics of the server."""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from zeroskel.app.server.answers import stream_answer
from zeroskel.app.server.engine import Engine, Person, Scored
from zeroskel.app.server.problem_codes import ProblemCode, code_of
from zeroskel.app.server.teaching import Teaching
from zeroskel.app.server.turns import Busy
from zeroskel.core import InputError
from zeroskel.recognition import Candidates, Stream
from zeroskel.recognition._bundle import Bundle

BATCH_SIZE = 25  # streams whose windows are encoded together
BATCH_WINDOWS = 75  # after which a batch takes no further stream; the windows of one stream stay together
CORE_SHARE = 0.8  # share of a core that the measured number of streams needs
FRAME_RATE = 30  # frames a second that a stream is expected to send
BUSY_SHARE = 0.9  # largest share of the time in which answers are computed
MIN_INTERVAL = 0.1  # seconds between two answers of a stream
MAX_INTERVAL = 0.9  # seconds between two answers of a stream that the measured number of streams allows
OUTBOX_SIZE = 8  # answers that wait for a client to read them; the server drops further ones
POLL_INTERVAL = 0.005  # seconds between two checks for streams that are due
RETRY_SECONDS = 10  # for clients that are refused
MAX_MEASURED_STREAMS = 200  # even if the measurement allows more
LATENCY_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0)  # seconds
GOODBYE = {
    "type": "error",
    "code": ProblemCode.STOPPING,
    "message": "The server is stopping.",
    "retry_after": RETRY_SECONDS,
}

log = logging.getLogger(__name__)


class Metrics:
    """Prometheus metrics of one server, in a registry that no other server of the process shares.

    They count requests and messages and never contain what a client sent.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        counter, histogram = partial(Counter, registry=registry), partial(Histogram, registry=registry)
        gauge = partial(Gauge, registry=registry)
        self.requests = counter("zeroskel_requests", "Number of answered requests.", ["path", "status"])
        self.request_seconds = histogram("zeroskel_request_seconds", "Seconds from a request to its answer.", ["path"])
        self.streams = gauge("zeroskel_streams", "Number of open streams.")
        self.capacity = gauge("zeroskel_streams_capacity", "Largest number of open streams.")
        self.frames = counter("zeroskel_frames", "Number of frames received in streams.")
        self.answers = counter("zeroskel_answers", "Number of answers sent in streams.")
        self.dropped = counter(
            "zeroskel_answers_dropped", "Number of answers dropped because the client did not read them."
        )
        self.answer_seconds = histogram(
            "zeroskel_answer_seconds",
            "Seconds from the arrival of the latest frame of an answer to that answer.",
            buckets=LATENCY_BUCKETS,
        )
        self.malformed = counter("zeroskel_malformed", "Number of messages that could not be used.")
        self.refused = counter("zeroskel_refused", "Number of refused requests and streams, by reason.", ["reason"])

    def text(self) -> bytes:
        """Return the metrics in Prometheus's text format."""
        return generate_latest(self.registry)


class LiveStream:
    """Stream of one client that started at `now`, with the messages that wait to be sent to it."""

    def __init__(self, stream: Stream, now: float) -> None:
        self.stream = stream
        self.teaching: Teaching | None = None  # whose examples count
        self.outbox: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(OUTBOX_SIZE)
        self.answered = now
        self.arrived: float | None = None  # arrival of the latest frame that no answer covers yet
        self.nobody = True  # whether the client knows that nobody is there

    @property
    def recognizer(self) -> Bundle:
        """Return the recognizer with the examples of now."""
        if self.teaching is None:
            return self.stream.recognizer
        self.teaching.used = time.monotonic()
        return self.teaching.recognizer(self.stream.candidates.actions)

    def send(self, message: dict[str, Any]) -> bool:
        """Put a message into the outbox. Returns False where the outbox is full and the message is dropped."""
        if self.outbox.full():
            return False
        self.outbox.put_nowait(message)
        return True

    def say_goodbye(self) -> None:
        """Put the message that the server is stopping into the outbox, and end the stream."""
        while self.outbox.qsize() > OUTBOX_SIZE - 2:
            self.outbox.get_nowait()
        self.outbox.put_nowait(GOODBYE)
        self.outbox.put_nowait(None)


class Streams:
    """Answers open streams in batches, the one that waited longest first.

    Each stream is answered ten times a second while there is time. After each batch the recognizer rests for a tenth of
    the time that it worked, so that the event loop can receive frames. With more streams the interval between two
    answers of a stream therefore grows. The capacity, the largest number of open streams, is chosen so that it does not
    grow beyond a second while each stream shows one person.
    """

    def __init__(self, engine: Engine, metrics: Metrics, capacity: int) -> None:
        self.engine = engine
        self.metrics = metrics
        self.capacity = capacity
        self.closing = False
        self._reserved = 0
        self._open: set[LiveStream] = set()
        self._any_open = asyncio.Event()
        metrics.capacity.set(capacity)

    def check_capacity(self) -> None:
        """Check whether another stream may be opened.

        Raises:
            Busy: The server is stopping, or all streams are in use.
        """
        if self.closing:
            raise Busy("The server is stopping. Try again in a moment.", RETRY_SECONDS, ProblemCode.STOPPING)
        if self._reserved >= self.capacity:
            message = f"All {self.capacity} streams of this server are in use. Try again later."
            raise Busy(message, RETRY_SECONDS, ProblemCode.STREAMS_IN_USE)

    def reserve(self) -> None:
        """Count a client before its stream is open.

        Raises:
            Busy: The server is stopping, or all streams are in use.
        """
        self.check_capacity()
        self._reserved += 1
        self.metrics.streams.set(self._reserved)

    def open(self, stream: LiveStream) -> None:
        """Start answering a stream, or end it where the server is stopping."""
        self._open.add(stream)
        if self.closing:
            stream.say_goodbye()
        self._any_open.set()

    def release(self, stream: LiveStream | None) -> None:
        """Stop counting a client, and stop answering its stream where one is open."""
        self._reserved -= 1
        self.metrics.streams.set(self._reserved)
        if stream is not None:
            self._open.discard(stream)
        if not self._open:
            self._any_open.clear()

    def announce_shutdown(self) -> None:
        """Tell all streams that the server is stopping, and end them."""
        self.closing = True
        for live in self._open:
            live.say_goodbye()

    async def answer_all(self) -> None:
        """Answer streams until the task is cancelled."""
        while True:
            await self._any_open.wait()
            due = self._due(time.monotonic())
            if not due:
                await asyncio.sleep(POLL_INTERVAL)
                continue
            try:
                await self._answer(due)
            except Exception as error:  # noqa: BLE001  (a fault in one batch must not end the answers to all streams)
                log.error("Answering %d streams failed with %s.", len(due), type(error).__name__)
                for live in due:
                    live.arrived = None
                await asyncio.sleep(MIN_INTERVAL)

    def _due(self, now: float) -> list[LiveStream]:
        waiting = [s for s in self._open if s.arrived is not None and s.answered <= now - MIN_INTERVAL]
        return sorted(waiting, key=lambda live: live.answered)[:BATCH_SIZE]

    async def _answer(self, due: Iterable[LiveStream]) -> None:
        started = time.monotonic()
        pending: list[_Pending] = []
        people: list[Person] = []
        for live in due:
            if sum(len(person.windows) for person in people) >= BATCH_WINDOWS:
                break
            stream, arrived = live.stream, live.arrived
            windows = stream.windows()
            live.answered, live.arrived = started, None
            if windows and arrived is not None:
                pending.append(_Pending(live, [*windows], stream.candidates, stream.time, arrived))
                context = (stream.candidates, stream.threshold, live.recognizer)
                people += [Person(of_person, *context) for of_person in windows.values()]
            elif not windows and not live.nobody:
                live.nobody = live.send({"type": "nobody", "time": stream.time})
        if not people:
            return
        scored, cpu_seconds = await self.engine.motion.run_for_stream(self.engine.timed_scores, people)
        now, rest = time.monotonic(), iter(scored)
        for each in pending:
            results = dict(zip(each.people, islice(rest, len(each.people)), strict=True))
            if each.live.stream.candidates is each.candidates and each.live in self._open:  # else they were changed
                self._send(each, results, now - each.arrived)
        await asyncio.sleep(cpu_seconds * (1 / BUSY_SHARE - 1))

    def _send(self, pending: "_Pending", results: Mapping[int, Scored | InputError], latency: float) -> None:
        live = pending.live
        scored = {person: result for person, result in results.items() if isinstance(result, Scored)}
        if not scored:
            error = next(result for result in results.values() if isinstance(result, InputError))
            live.send({"type": "error", "code": code_of(error), "message": str(error)[:300]})
            return
        predictions = {person: result.predictions for person, result in scored.items()}
        settled = live.stream.settle(predictions, {person: result.motion for person, result in scored.items()})
        if settled is None:  # the clock was set back, or everybody has left in the meantime
            return
        live.nobody = False
        if live.send({"type": "scores", **stream_answer(settled), "time": pending.timestamp}):
            self.metrics.answers.inc()
            self.metrics.answer_seconds.observe(latency)
        else:
            self.metrics.dropped.inc()


class _Pending(NamedTuple):
    """Stream whose windows are being scored.

    Attributes:
        live: the stream.
        people: numbers of its people.
        candidates: the actions when the windows were taken.
        timestamp: timestamp of the latest frame in the windows.
        arrived: arrival of that frame.
    """

    live: LiveStream
    people: list[int]
    candidates: Candidates
    timestamp: float | None
    arrived: float


def stream_capacity(answer_seconds: float, frame_seconds: float) -> int:
    """Return the number of streams that a share of a core can serve, each answered about once a second.

    Args:
        answer_seconds: CPU seconds of an answer about one person, from `Engine.measure_answer_seconds`.
        frame_seconds: CPU seconds of one frame, from `connection.measure_frame_seconds`.
    """
    stream_seconds = answer_seconds / MAX_INTERVAL + FRAME_RATE * frame_seconds
    return max(1, min(MAX_MEASURED_STREAMS, int(CORE_SHARE / stream_seconds)))

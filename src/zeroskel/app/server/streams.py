"""All open streams, and who is answered next."""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Any

from zeroskel.app.server.engine import Busy, Engine
from zeroskel.app.server.metrics import Metrics
from zeroskel.app.server.wire import prediction_as
from zeroskel.core import InputError
from zeroskel.recognition import Candidates, Prediction, Stream

BATCH = 50  # windows encoded at a time
SHARE = 0.8  # of a core, that the measured number of streams needs
RATE = 30  # frames a second that a stream is taken to send
BUSY = 0.9  # of the time, at most, in which answers are worked out
SOONEST = 0.1  # seconds from one answer of a stream to the next
LATEST = 0.9  # the same, that the measured number of streams keeps to
UNREAD = 8  # answers that wait for a client to read them; further ones are dropped
TICK = 0.005  # seconds between two looks for streams that are due
RETRY_AFTER = 10  # seconds, for clients that are turned away
MOST_MEASURED = 200  # streams, whatever was measured

log = logging.getLogger(__name__)


class LiveStream:
    """One client's stream: its frames, when it was answered, what waits to be sent to it."""

    def __init__(self, stream: Stream, now: float) -> None:
        self.stream = stream
        self.outbox: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(UNREAD)
        self.answered = now
        self.arrived: float | None = None  # when the latest frame did that no answer is about yet

    def send(self, message: dict[str, Any]) -> bool:
        """Put a message in the outbox; False where it is full, and the message dropped."""
        if self.outbox.full():
            return False
        self.outbox.put_nowait(message)
        return True


class Streams:
    """Answers open streams, the one that waited longest first, in batches.

    Each stream is answered ten times a second while there is time for it. After each batch the recognizer rests for a
    tenth of the time that it worked, so that frames are taken in time; with more streams, therefore, the time between
    two answers of a stream grows. How many streams are let in is such that it does not grow beyond a second.

    Args:
        engine: does the work.
        metrics: counts it.
        capacity: streams at a time.
    """

    def __init__(self, engine: Engine, metrics: Metrics, capacity: int) -> None:
        self.engine = engine
        self.metrics = metrics
        self.capacity = capacity
        self.closing = False
        self._places = 0
        self._open: set[LiveStream] = set()
        self._some = asyncio.Event()
        metrics.capacity.set(capacity)

    def take_place(self) -> None:
        """Count a client in, before its stream is open. Raises Busy when there is no place."""
        if self.closing:
            raise Busy("the server is stopping; come again in a moment", RETRY_AFTER)
        if self._places >= self.capacity:
            raise Busy(f"all {self.capacity} streams of this server are in use; come again later", RETRY_AFTER)
        self._places += 1
        self.metrics.streams.set(self._places)

    def leave_place(self) -> None:
        """Count a client out."""
        self._places -= 1
        self.metrics.streams.set(self._places)

    def open(self, stream: LiveStream) -> None:
        """Answer a stream from now on."""
        self._open.add(stream)
        self._some.set()

    def close(self, stream: LiveStream) -> None:
        """Answer a stream no more."""
        self._open.discard(stream)
        if not self._open:
            self._some.clear()

    def say_goodbye(self) -> None:
        """Tell all streams that the server stops, and end them."""
        self.closing = True
        goodbye = {"type": "error", "message": "the server is stopping", "retry_after": RETRY_AFTER}
        for live in self._open:
            while live.outbox.qsize() > UNREAD - 2:
                live.outbox.get_nowait()
            live.outbox.put_nowait(goodbye)
            live.outbox.put_nowait(None)

    async def answer_all(self) -> None:
        """Answer streams until cancelled."""
        while True:
            await self._some.wait()
            due = self._due(time.monotonic())
            if not due:
                await asyncio.sleep(TICK)
                continue
            try:
                await self._answer(due)
            except Exception as error:  # noqa: BLE001  (a fault in one batch must not end the answers of all)
                log.error("answers to %d streams failed: %s", len(due), type(error).__name__)
                for live in due:
                    live.arrived = None
                await asyncio.sleep(SOONEST)

    def _due(self, now: float) -> list[LiveStream]:
        waiting = [s for s in self._open if s.arrived is not None and s.answered <= now - SOONEST]
        return sorted(waiting, key=lambda live: live.answered)[:BATCH]

    async def _answer(self, due: Iterable[LiveStream]) -> None:
        started = time.monotonic()
        asked: list[tuple[LiveStream, Candidates, float | None, float]] = []
        windows = []
        for live in due:
            window, arrived = live.stream.window(), live.arrived
            live.answered, live.arrived = started, None
            if window is not None and arrived is not None:
                asked.append((live, live.stream.candidates, live.stream.time, arrived))
                windows.append((window, live.stream.candidates, live.stream.threshold))
        if not windows:
            return
        found, worked = await self.engine.live(self.engine.timed_answer, windows)
        now = time.monotonic()
        for (live, candidates, of, arrived), prediction in zip(asked, found, strict=True):
            if live.stream.candidates is candidates and live in self._open:  # else it asks for other actions by now
                self._send(live, prediction, of, now - arrived)
        await asyncio.sleep(worked * (1 / BUSY - 1))

    def _send(self, live: LiveStream, prediction: Prediction | InputError, of: float | None, late: float) -> None:
        if isinstance(prediction, InputError):
            live.send({"type": "error", "message": str(prediction)[:300]})
            return
        settled = live.stream.settle(prediction)
        answer = prediction_as(settled)
        del answer["scores"]
        if live.send({"type": "scores", "time": of, "settled": bool(settled.settled), **answer}):
            self.metrics.answers.inc()
            self.metrics.answer_seconds.observe(late)
        else:
            self.metrics.dropped.inc()


def measured_capacity(seconds_a_window: float, seconds_a_frame: float) -> int:
    """Streams whose frames can be taken, and each answered once a second, in a share of a core.

    The arguments are what `Engine.seconds_a_window` and `connection.seconds_a_frame` measure.
    """
    return max(1, min(MOST_MEASURED, int(SHARE / (seconds_a_window / LATEST + RATE * seconds_a_frame))))

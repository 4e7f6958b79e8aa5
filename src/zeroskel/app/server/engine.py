"""The threads in which the recognizer works, and the order of their work."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from itertools import chain, islice
from typing import Any, NamedTuple, TypeVar

import numpy as np

from zeroskel.app.server.turns import Busy, Ticket, Turns
from zeroskel.app.server.wire import Actions
from zeroskel.core import InputError, SkeletonSequence
from zeroskel.recognition import Candidates, Prediction, Stream, ZeroShotRecognizer
from zeroskel.recognition._action_texts import UnreadText
from zeroskel.recognition._bundle import Bundle
from zeroskel.recognition._motion import Motion, motions_of

PROBED = 32  # people in the measurement at startup
PARALLEL_TIMELINES = 2
ENCODED_AT_ONCE = 32  # windows of a timeline; after them others may use the motion thread
READING_SECONDS = 0.02  # after which a reader of short texts gives up its turn
STOP_CHECK_SECONDS = 0.1  # between two checks whether a timeline is still wanted

Result = TypeVar("Result")


class Person(NamedTuple):
    """Person of a stream whose windows wait to be scored; the longest window is the last one."""

    windows: Sequence[SkeletonSequence]
    candidates: Candidates
    threshold: float | None
    recognizer: Bundle


class Scored(NamedTuple):
    """A prediction for each window of a person, and the motion in the longest one."""

    predictions: list[Prediction]
    motion: Motion


class Stopped(Exception):
    """The client of a computation has gone, or the server is stopping."""


class Worker:
    """Thread that runs functions: one of a request at a time, and those of streams before the next request."""

    def __init__(self, name: str) -> None:
        self.thread = ThreadPoolExecutor(1, name)
        self.turns = Turns()  # of the requests, so that only one of them is ahead of the streams

    async def run_for_stream(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function in the thread, return its result and raise its exceptions."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, function, *arguments)

    async def run_for_request(self, function: Callable[..., Any], *arguments: Any, ticket: Ticket | None = None) -> Any:
        """Run a function in the thread after the waiting functions of streams."""
        async with self.turns.turn(ticket or Ticket()):
            return await self.run_for_stream(function, *arguments)

    def close(self) -> None:
        """Refuse waiting functions, and end the thread after its current one."""
        self.turns.close()
        self.thread.shutdown(wait=False, cancel_futures=True)


class Engine:
    """Runs the recognizer in two threads: one reads texts, the other encodes motion.

    Answers to streams go before answers to requests, of which `waiting` may wait at the same time. Texts are read one
    by one, and timelines are encoded in small parts; other clients have their turn after each of them.
    """

    def __init__(self, recognizer: ZeroShotRecognizer, *, waiting: int = 64) -> None:
        self.recognizer = recognizer
        self.waiting = waiting
        self._waiting_requests = 0
        self.texts, self.motion = Worker("texts"), Worker("motion")
        self._timelines = Turns(PARALLEL_TIMELINES)
        self._timeline_threads = ThreadPoolExecutor(PARALLEL_TIMELINES, "timelines")
        self._stopping = threading.Event()

    def close(self) -> None:
        """Refuse waiting work and end the threads after their current text or batch. Returns at once."""
        self._stopping.set()
        self._timelines.close()
        self.texts.close()
        self.motion.close()
        self._timeline_threads.shutdown(wait=False, cancel_futures=True)

    async def candidates(self, actions: Actions, ticket: Ticket | None = None) -> Candidates:
        """Return actions with embedded texts. Known texts do not wait for texts of others that must be read."""
        ticket = ticket or Ticket()
        known = self.recognizer.action_texts
        unread = [text for name, texts in actions.items() for text in known.unread(name, tuple(texts))]
        while unread:
            unread = await self.texts.run_for_request(self._read_some, unread, ticket=ticket)
        return await asyncio.to_thread(self.recognizer.candidates, actions)

    def _read_some(self, texts: Sequence[UnreadText]) -> Sequence[UnreadText]:
        """Read one text, and further ones while there is time. Returns the others."""
        started = time.monotonic()
        for number, text in enumerate(texts, 1):
            self.recognizer.action_texts.read(text)
            if time.monotonic() - started > READING_SECONDS:
                return texts[number:]
        return ()

    async def run_for_request(self, function: Callable[..., Any], *arguments: Any, ticket: Ticket | None = None) -> Any:
        """Run a function in the motion thread, after all functions of streams.

        Raises:
            Busy: Too many requests wait.
        """
        with self._queued():
            return await self.motion.run_for_request(function, *arguments, ticket=ticket)

    async def answer(
        self, method: Callable[..., Any], sequence: SkeletonSequence, actions: Actions, ticket: Ticket, **options: Any
    ) -> Any:
        """Return the answer of a function of a sequence and candidates, such as `predict`, to a request.

        Raises:
            Busy: Too many requests wait.
        """
        with self._queued():
            candidates = await self.candidates(actions, ticket)
            return await self.motion.run_for_request(partial(method, sequence, candidates, **options), ticket=ticket)

    async def run_long(
        self, recognizer: ZeroShotRecognizer, work: Callable[[ZeroShotRecognizer], Result], ticket: Ticket
    ) -> Result:
        """Run work that encodes many windows in a thread of its own; it shares the motion thread with all others.

        Args:
            recognizer: recognizer that the work uses.
            work: function of a recognizer with the same results.
            ticket: ticket of the request.

        Raises:
            Busy: Too many requests wait.
        """
        loop, gone = asyncio.get_running_loop(), threading.Event()

        def is_wanted() -> bool:
            return not (gone.is_set() or self._stopping.is_set())

        def run(function: Callable[..., Any], *arguments: Any) -> Any:
            if not is_wanted():
                raise Stopped
            task = self.motion.run_for_request(function, *arguments, ticket=ticket)
            future = asyncio.run_coroutine_threadsafe(task, loop)
            while is_wanted():
                try:
                    return future.result(STOP_CHECK_SECONDS)
                except TimeoutError:
                    continue
                except CancelledError:  # with the event loop
                    break
            future.cancel()
            raise Stopped

        with self._queued():
            async with self._timelines.turn(ticket):
                shared = SharingRecognizer.of(recognizer, run)
                try:
                    return await loop.run_in_executor(self._timeline_threads, work, shared)
                finally:
                    gone.set()

    @contextmanager
    def _queued(self) -> Iterator[None]:
        """Count a request that waits. Raises Busy where too many wait already."""
        if self._waiting_requests >= self.waiting:
            raise Busy("Too many requests are waiting. Try again in a moment.")
        self._waiting_requests += 1
        try:
            yield
        finally:
            self._waiting_requests -= 1

    def timed_scores(self, people: Sequence[Person]) -> tuple[list[Scored | InputError], float]:
        """Return the result of `score_people` and the CPU seconds that it took."""
        started = time.thread_time()
        scored = self.score_people(people)
        return scored, time.thread_time() - started

    def score_people(self, people: Sequence[Person]) -> list[Scored | InputError]:
        """Return the result of each person, or the error that it causes; all windows are scored as one batch."""
        try:
            features = self.recognizer.encode([*chain(*(person.windows for person in people))])
            motions = motions_of([person.windows[-1] for person in people], self.recognizer.layout)
            predictions = iter(self._predictions(people, features))
        except InputError as error:
            if len(people) == 1:
                return [error]
            return [self.score_people([person])[0] for person in people]  # one bad window must not fail the others
        return [
            Scored([*islice(predictions, len(person.windows))], motion)
            for person, motion in zip(people, motions, strict=True)
        ]

    def _predictions(self, people: Sequence[Person], features: np.ndarray) -> list[Prediction]:
        """Return a prediction for each row of features; people with the same recognizer are scored together."""
        owners = [person for person in people for _ in person.windows]
        predictions: list[Any] = [None] * len(owners)
        recognizers = {id(owner.recognizer): owner.recognizer for owner in owners}
        for recognizer in recognizers.values():
            rows = [index for index, owner in enumerate(owners) if owner.recognizer is recognizer]
            candidates = [owners[row].candidates for row in rows]
            thresholds = [owners[row].threshold for row in rows]
            for row, each in zip(rows, recognizer.score_each(features[rows], candidates, thresholds), strict=True):
                predictions[row] = each
        return predictions

    def measure_answer_seconds(self) -> float:
        """Return the CPU seconds that an answer about one person costs in a batch; the best of three runs."""
        candidates = self.recognizer.candidates(["wave a hand", "sit down", "kick a ball"])
        stream = Stream(self.recognizer, candidates, layout="kinect-20")
        rng = np.random.default_rng(0)
        pose = rng.normal(size=(20, 3))
        for frame in range(95):
            stream.push(pose + 0.01 * rng.normal(size=pose.shape), frame / 30)
        seconds = []
        for _ in range(3):
            started = time.thread_time()
            people = [Person(stream.windows()[0], candidates, None, self.recognizer) for _ in range(PROBED)]
            for scored in self.score_people(people):
                if isinstance(scored, Scored):
                    stream.settle({0: scored.predictions}, {0: scored.motion})
            seconds.append((time.thread_time() - started) / PROBED)
        return min(seconds)


class SharingRecognizer(ZeroShotRecognizer):
    """Recognizer that encodes a few sequences at a time in a thread that it shares, and scores there."""

    _run: Callable[..., Any]

    @classmethod
    def of(cls, recognizer: ZeroShotRecognizer, run: Callable[..., Any]) -> "SharingRecognizer":
        """Return a recognizer with the same results, whose work is done by `run(function, *arguments)`."""
        shared = cls(**{part.name: getattr(recognizer, part.name) for part in fields(recognizer)})
        object.__setattr__(shared, "_run", run)
        return shared

    def encode(self, sequences: Sequence[SkeletonSequence]) -> np.ndarray:
        """Return the features (N, D) of N sequences, as `ZeroShotRecognizer.encode` does."""
        parts = [sequences[start : start + ENCODED_AT_ONCE] for start in range(0, len(sequences), ENCODED_AT_ONCE)]
        encode = super().encode
        return np.concatenate([self._run(encode, part) for part in parts])

    def score(
        self, features: np.ndarray, candidates: Candidates, *, threshold: float | None = None
    ) -> list[Prediction]:
        """Return a prediction for each row of features, as `ZeroShotRecognizer.score` does."""
        return list(self._run(partial(super().score, features, candidates, threshold=threshold)))

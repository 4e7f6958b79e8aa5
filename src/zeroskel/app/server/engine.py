"""The threads in which the recognizer works, and the order of their work."""

import asyncio
import itertools
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import numpy as np

from zeroskel.app.server.wire import Actions
from zeroskel.core import InputError, SkeletonSequence, ZeroskelError
from zeroskel.recognition import Candidates, Prediction, Stream, ZeroShotRecognizer

CACHED_CANDIDATES = 128  # lists of actions whose embeddings stay in memory
STREAM_PRIORITY, REQUEST_PRIORITY = 0, 1  # answers to streams go before answers to requests
PROBE_WINDOWS = 32  # windows in the measurement at startup
RETRY_SECONDS = 2

Window = tuple[SkeletonSequence, Candidates, float | None]


class Busy(ZeroskelError):
    """The server has no capacity left.

    Args:
        message: One sentence for the client.
        retry_after: Seconds after which the client may try again.
    """

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Worker:
    """Thread that runs functions, the lowest priority number first and equal ones in the order of their arrival.

    Args:
        name: Name of the thread.
    """

    def __init__(self, name: str) -> None:
        self._arrivals = itertools.count()
        self._jobs: queue.PriorityQueue[tuple[float, int, Callable[[], None] | None]] = queue.PriorityQueue()
        threading.Thread(target=self._run_jobs, name=name, daemon=True).start()

    def _run_jobs(self) -> None:
        while (job := self._jobs.get()[2]) is not None:
            job()

    def close(self) -> None:
        """End the thread after it has finished its jobs."""
        self._jobs.put((float("inf"), next(self._arrivals), None))

    async def run(self, priority: int, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function in the thread, return its result and raise its exceptions.

        Args:
            priority: Functions with a lower number run first.
            function: Function to run.
            *arguments: Positional arguments of the function.
        """
        future: Future[Any] = Future()

        def job() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(function(*arguments))
                except Exception as error:  # noqa: BLE001  (the caller of `run` gets it)
                    future.set_exception(error)

        self._jobs.put((priority, next(self._arrivals), job))
        return await asyncio.wrap_future(future)


class Engine:
    """Runs the recognizer in two threads: one embeds texts, the other encodes motion.

    Answers to streams go before answers to requests.

    Args:
        recognizer: Recognizer that computes every answer.
        waiting: Largest number of requests that may wait at the same time.
    """

    def __init__(self, recognizer: ZeroShotRecognizer, *, waiting: int = 64) -> None:
        self.recognizer = recognizer
        self.waiting = waiting
        self._waiting_requests = 0
        self._cached_candidates: OrderedDict[object, Candidates] = OrderedDict()
        self._text_worker, self._motion_worker = Worker("texts"), Worker("motion")

    def close(self) -> None:
        """End the threads after they have finished their work."""
        self._text_worker.close()
        self._motion_worker.close()

    async def run_for_stream(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function in the motion thread, before all functions of requests."""
        return await self._motion_worker.run(STREAM_PRIORITY, function, *arguments)

    async def run_for_request(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function in the motion thread, after all functions of streams.

        Raises:
            Busy: Too many requests wait.
        """
        with self._queued():
            return await self._motion_worker.run(REQUEST_PRIORITY, function, *arguments)

    async def embed_for_stream(self, actions: Actions) -> Candidates:
        """Return the embedded actions of a stream. No limit applies, since the number of streams is limited."""
        return cast(Candidates, await self._text_worker.run(STREAM_PRIORITY, self.candidates, actions))

    async def answer(
        self, method: Callable[..., Any], sequence: SkeletonSequence, actions: Actions, **options: Any
    ) -> Any:
        """Return the answer of a method of the recognizer to a request.

        Args:
            method: Method `predict` or `explain` of the recognizer.
            sequence: Recording of the request.
            actions: Actions of the request, not yet embedded.
            **options: Further arguments of the method.

        Raises:
            Busy: Too many requests wait.
        """
        with self._queued():
            candidates = await self._text_worker.run(REQUEST_PRIORITY, self.candidates, actions)
            work = partial(method, sequence, candidates, **options)
            return await self._motion_worker.run(REQUEST_PRIORITY, work)

    @contextmanager
    def _queued(self) -> Iterator[None]:
        """Count a request that waits. Raises Busy where too many wait already."""
        if self._waiting_requests >= self.waiting:
            raise Busy("Too many requests are waiting. Try again in a moment.", RETRY_SECONDS)
        self._waiting_requests += 1
        try:
            yield
        finally:
            self._waiting_requests -= 1

    def candidates(self, actions: Actions) -> Candidates:
        """Return the embedded actions. Clients that sent the same list recently share one result."""
        key = tuple((name, tuple(actions[name])) for name in actions) if isinstance(actions, dict) else tuple(actions)
        candidates = self._cached_candidates.pop(key, None)
        if candidates is None:
            candidates = self.recognizer.candidates(actions)
        self._cached_candidates[key] = candidates
        if len(self._cached_candidates) > CACHED_CANDIDATES:
            self._cached_candidates.popitem(last=False)
        return candidates

    def timed_predictions(self, windows: Sequence[Window]) -> tuple[list[Prediction | InputError], float]:
        """Return the result of `predict_windows` and the CPU seconds that it took."""
        started = time.thread_time()
        predictions = self.predict_windows(windows)
        return predictions, time.thread_time() - started

    def predict_windows(self, windows: Sequence[Window]) -> list[Prediction | InputError]:
        """Return the predictions of many windows, encoded and scored as one batch.

        Args:
            windows: Sequence, candidates and threshold of each window; each may have its own actions.

        Returns:
            A prediction for each window, or the error that it causes.
        """
        sequences, candidates, thresholds = zip(*windows, strict=True)
        try:
            features = self.recognizer.encode(sequences)
            return [*self.recognizer.score_each(features, candidates, thresholds)]
        except InputError as error:
            if len(windows) == 1:
                return [error]
            return [self.predict_windows([window])[0] for window in windows]  # one bad window must not fail the others

    def measure_window_seconds(self) -> float:
        """Return the CPU seconds that one window of a batch costs on this machine; the best of three runs."""
        candidates = self.candidates(["wave a hand", "sit down", "kick a ball"])
        stream = Stream(self.recognizer, candidates, layout="kinect-20")
        rng = np.random.default_rng(0)
        pose = rng.normal(size=(20, 3))
        for frame in range(95):
            stream.push(pose + 0.01 * rng.normal(size=pose.shape), frame / 30)
        seconds = []
        for _ in range(3):
            started = time.thread_time()
            windows = [stream.window() for _ in range(PROBE_WINDOWS)]
            self.predict_windows([(window, candidates, None) for window in windows if window is not None])
            seconds.append((time.thread_time() - started) / PROBE_WINDOWS)
        return min(seconds)

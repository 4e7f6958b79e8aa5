"""The threads in which the recognizer works, and the order of their work."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from zeroskel.app.server.wire import Actions
from zeroskel.core import InputError, SkeletonSequence, ZeroskelError
from zeroskel.recognition import Candidates, Prediction, Stream, ZeroShotRecognizer

PROBE_WINDOWS = 32  # windows in the measurement at startup
RETRY_SECONDS = 2

Window = tuple[SkeletonSequence, Candidates, float | None]


class Busy(ZeroskelError):
    """The server has no capacity left; the client may try again after `retry_after` seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Worker:
    """Thread that runs functions: one of a request at a time, and those of streams before the next request."""

    def __init__(self, name: str) -> None:
        self.thread = ThreadPoolExecutor(1, name)
        self._turn = asyncio.Lock()  # of the requests, so that only one of them is ahead of the streams

    async def run_for_stream(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function in the thread, return its result and raise its exceptions."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, function, *arguments)

    async def run_for_request(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function in the thread after the waiting functions of streams."""
        async with self._turn:
            return await self.run_for_stream(function, *arguments)


class Engine:
    """Runs the recognizer in two threads: one embeds texts, the other encodes motion.

    Answers to streams go before answers to requests, of which `waiting` may wait at the same time.
    """

    def __init__(self, recognizer: ZeroShotRecognizer, *, waiting: int = 64) -> None:
        self.recognizer = recognizer
        self.waiting = waiting
        self._waiting_requests = 0
        self.texts, self.motion = Worker("texts"), Worker("motion")

    def close(self) -> None:
        """End the threads after they have finished their current job."""
        for worker in (self.texts, self.motion):
            worker.thread.shutdown(wait=False, cancel_futures=True)

    async def run_for_request(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function in the motion thread, after all functions of streams.

        Raises:
            Busy: Too many requests wait.
        """
        with self._queued():
            return await self.motion.run_for_request(function, *arguments)

    async def answer(
        self, method: Callable[..., Any], sequence: SkeletonSequence, actions: Actions, **options: Any
    ) -> Any:
        """Return the answer of a function of a sequence and candidates, such as `predict`, to a request.

        Raises:
            Busy: Too many requests wait.
        """
        with self._queued():
            candidates = await self.texts.run_for_request(self.recognizer.candidates, actions)
            return await self.motion.run_for_request(partial(method, sequence, candidates, **options))

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

    def timed_predictions(self, windows: Sequence[Window]) -> tuple[list[Prediction | InputError], float]:
        """Return the result of `predict_windows` and the CPU seconds that it took."""
        started = time.thread_time()
        predictions = self.predict_windows(windows)
        return predictions, time.thread_time() - started

    def predict_windows(self, windows: Sequence[Window]) -> list[Prediction | InputError]:
        """Return a prediction for each window, or the error that it causes; encoded and scored as one batch."""
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
        candidates = self.recognizer.candidates(["wave a hand", "sit down", "kick a ball"])
        stream = Stream(self.recognizer, candidates, layout="kinect-20")
        rng = np.random.default_rng(0)
        pose = rng.normal(size=(20, 3))
        for frame in range(95):
            stream.push(pose + 0.01 * rng.normal(size=pose.shape), frame / 30)
        seconds = []
        for _ in range(3):
            started = time.thread_time()
            windows = [window for _ in range(PROBE_WINDOWS) for window in chain(*stream.windows().values())]
            self.predict_windows([(window, candidates, None) for window in windows])
            seconds.append((time.thread_time() - started) / PROBE_WINDOWS)
        return min(seconds)

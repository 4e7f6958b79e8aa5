"""The threads in which the recognizer works, and the order of its work."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from zeroskel.app.server.wire import Actions
from zeroskel.app.server.worker import Worker
from zeroskel.core import InputError, SkeletonSequence, ZeroskelError, get_layout
from zeroskel.recognition import Candidates, Explanation, Prediction, Stream, ZeroShotRecognizer

KEPT_LISTS = 128  # of actions whose embeddings are kept
LIVE, ASKED = 0, 1  # what comes first: answers of streams, then requests
PROBE = 32  # windows in the measurement at the start

Window = tuple[SkeletonSequence, Candidates, float | None]


class Busy(ZeroskelError):
    """The server has as much to do as it can."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Engine:
    """Runs the recognizer's work in two threads: one embeds texts, one sees motion, answers of streams first.

    Args:
        recognizer: does all the work.
        waiting: requests that may wait.
    """

    def __init__(self, recognizer: ZeroShotRecognizer, *, waiting: int = 64) -> None:
        self.recognizer = recognizer
        self.waiting = waiting
        self._asked = 0
        self._known: OrderedDict[object, Candidates] = OrderedDict()
        self._texts, self._motion = Worker("texts"), Worker("motion")

    def close(self) -> None:
        """End the threads once their work is done."""
        self._texts.close()
        self._motion.close()

    async def live(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function of streams."""
        return await self._motion.run(LIVE, function, *arguments)

    async def ask(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function of a request. Raises Busy when too many wait."""
        with self._place():
            return await self._motion.run(ASKED, function, *arguments)

    async def embed(self, actions: Actions) -> Candidates:
        """Embedded actions of a stream, of which there are only so many."""
        found: Candidates = await self._texts.run(LIVE, self.candidates, actions)
        return found

    async def predict(self, sequence: SkeletonSequence, actions: Actions, threshold: float | None) -> Prediction:
        """As `ZeroShotRecognizer.predict`. Raises Busy when too many wait."""
        with self._place():
            candidates = await self._texts.run(ASKED, self.candidates, actions)
            work = partial(self.recognizer.predict, sequence, candidates, threshold=threshold)
            found: Prediction = await self._motion.run(ASKED, work)
            return found

    async def explain(self, sequence: SkeletonSequence, actions: Actions, action: str | None) -> Explanation:
        """As `ZeroShotRecognizer.explain`. Raises Busy when too many wait."""
        with self._place():
            candidates = await self._texts.run(ASKED, self.candidates, actions)
            work = partial(self.recognizer.explain, sequence, candidates, action=action)
            found: Explanation = await self._motion.run(ASKED, work)
            return found

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self._asked >= self.waiting:
            raise Busy("too many requests wait; come again in a moment", 2)
        self._asked += 1
        try:
            yield
        finally:
            self._asked -= 1

    def candidates(self, actions: Actions) -> Candidates:
        """Embedded actions; those asked for lately are remembered, so that clients with the same list share them."""
        key = tuple((name, tuple(actions[name])) for name in actions) if isinstance(actions, dict) else tuple(actions)
        found = self._known.pop(key, None)
        if found is None:
            found = self.recognizer.candidates(actions)
        self._known[key] = found
        if len(self._known) > KEPT_LISTS:
            self._known.popitem(last=False)
        return found

    def timed_answer(self, windows: Sequence[Window]) -> tuple[list[Prediction | InputError], float]:
        """As answer, and the processor seconds that it took."""
        started = time.thread_time()
        found = self.answer(windows)
        return found, time.thread_time() - started

    def answer(self, windows: Sequence[Window]) -> list[Prediction | InputError]:
        """Predictions of many windows, each with its own actions: encoded and scored in one batch."""
        sequences, candidates, thresholds = zip(*windows, strict=True)
        try:
            features = self.recognizer.encode(sequences)
            return [*self.recognizer.score_each(features, candidates, thresholds)]
        except InputError as error:
            if len(windows) == 1:
                return [error]
            return [self.answer([window])[0] for window in windows]  # so that one does no harm to the others

    def seconds_a_window(self, actions: Sequence[str] = ("wave a hand", "sit down", "kick a ball")) -> float:
        """Processor seconds that one answer of a stream costs on this machine, in a batch; the best of three."""
        layout = get_layout("kinect-20")
        candidates = self.candidates(list(actions))
        rng = np.random.default_rng(0)
        rest = rng.normal(size=(len(layout.joints), 3))
        streams = []
        for _ in range(PROBE):
            stream = Stream(self.recognizer, candidates, layout=layout.name)
            for frame in range(95):
                stream.push(rest + 0.01 * rng.normal(size=rest.shape), frame / 30)
            streams.append(stream)
        took = []
        for _ in range(3):
            start = time.thread_time()
            windows = [(window, candidates, None) for s in streams if (window := s.window()) is not None]
            self.answer(windows)
            took.append((time.thread_time() - start) / PROBE)
        return min(took)

"""The one thread in which the recognizer works, and the order of its work."""

import asyncio
import itertools
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from zeroskel.app.server.wire import Actions
from zeroskel.core import InputError, SkeletonSequence, ZeroskelError, get_layout
from zeroskel.pipeline import Candidates, Prediction, Stream, ZeroShotRecognizer

KEPT_LISTS = 128  # of actions whose embeddings are kept
SHARE = 0.5  # of the time of a core that answers of streams may take
LIVE, ASKED = 0, 1  # what comes first: answers of streams, then requests
PROBE = 16  # windows in the measurement at the start

Window = tuple[SkeletonSequence, Candidates, float | None]


class Busy(ZeroskelError):
    """The server has as much to do as it can."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Engine:
    """Runs the recognizer's work in one thread, answers of streams before requests.

    Args:
        recognizer: does all the work.
        waiting: requests that may wait.
    """

    def __init__(self, recognizer: ZeroShotRecognizer, *, waiting: int = 64) -> None:
        self.recognizer = recognizer
        self.waiting = waiting
        self._asked = 0
        self._known: OrderedDict[object, Candidates] = OrderedDict()
        self._numbers = itertools.count()
        self._work: queue.PriorityQueue[tuple[int, int, Callable[[], None] | None]] = queue.PriorityQueue()
        self._thread = threading.Thread(target=self._run, name="recognizer", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (work := self._work.get()[2]) is not None:
            work()

    def close(self) -> None:
        """End the thread once its work is done."""
        self._work.put((ASKED + 1, next(self._numbers), None))

    async def live(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function of streams."""
        return await self._submit(LIVE, function, arguments)

    async def ask(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function of a request. Raises Busy when too many wait."""
        if self._asked >= self.waiting:
            raise Busy("too many requests wait; come again in a moment", 2)
        self._asked += 1
        try:
            return await self._submit(ASKED, function, arguments)
        finally:
            self._asked -= 1

    async def _submit(self, order: int, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()

        def settle(result: Any, error: BaseException | None) -> None:
            if future.cancelled():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        def work() -> None:
            result, error = None, None
            try:
                result = function(*arguments)
            except Exception as caught:  # noqa: BLE001  (handed to the one who asked)
                error = caught
            try:
                loop.call_soon_threadsafe(settle, result, error)
            except RuntimeError:  # the loop was closed meanwhile: nobody waits any more
                return

        self._work.put((order, next(self._numbers), work))
        return await future

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

    def predict(self, sequence: SkeletonSequence, actions: Actions, threshold: float | None) -> Prediction:
        """As `ZeroShotRecognizer.predict`."""
        return self.recognizer.predict(sequence, self.candidates(actions), threshold=threshold)

    def explain(self, sequence: SkeletonSequence, actions: Actions, action: str | None) -> Any:
        """As `ZeroShotRecognizer.explain`."""
        return self.recognizer.explain(sequence, self.candidates(actions), action=action)

    def timed_answer(self, windows: Sequence[Window]) -> tuple[list[Prediction | InputError], float]:
        """As answer, and the processor seconds that it took."""
        started = time.thread_time()
        found = self.answer(windows)
        return found, time.thread_time() - started

    def answer(self, windows: Sequence[Window]) -> list[Prediction | InputError]:
        """Predictions of many windows, each with its own actions: encoded in one batch, scored a list at a time."""
        try:
            features = self.recognizer.encode([sequence for sequence, _, _ in windows])
        except InputError as error:
            if len(windows) == 1:
                return [error]
            return [self.answer([window])[0] for window in windows]  # so that one does no harm to the others
        groups: dict[tuple[int, float | None], list[int]] = {}
        for place, (_, candidates, threshold) in enumerate(windows):
            groups.setdefault((id(candidates), threshold), []).append(place)
        found: list[Prediction | InputError] = [InputError("no answer")] * len(windows)
        for (_, threshold), places in groups.items():
            candidates = windows[places[0]][1]
            try:
                scored: Sequence[Prediction | InputError] = self.recognizer.score(
                    features[places], candidates, threshold=threshold
                )
            except InputError as error:
                scored = [error] * len(places)
            for place, prediction in zip(places, scored, strict=True):
                found[place] = prediction
        return found

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

"""Naming actions while frames come in."""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from zeroskel.core import InputError, SkeletonSequence, get_layout
from zeroskel.core._rows import softmax
from zeroskel.recognition.prediction import Candidates, Prediction, Scorer

RATE = 30.0  # frames a second of the window
MOST_RATE = 240.0  # frames a second that are kept
LEAST_SECONDS, MOST_SECONDS = 0.5, 30.0  # before there is an answer; that a window may have
LEAST_FRAMES = 8
LONGEST_GAP = 0.35  # seconds between two frames that are bridged
SMOOTHING = 0.4  # seconds: an answer this old counts 1 / e as much as a new one
SETTLED = 0.6  # seconds that the best action must have been the same


@dataclass(frozen=True, eq=False, repr=False)
class StreamPrediction(Prediction):
    """A prediction about the last seconds of a stream.

    Attributes:
        time: of the last frame, in the stream's seconds.
        settled: whether the best action has been the same for a while.
    """

    time: float = 0.0
    settled: bool = False


class Stream:
    """Takes frames as they come, keeps the last seconds of them and says which action is happening.

    Frames may be late, missing or repeated: each has its place by its time. A frame older than the window is dropped, a
    second frame of the same time too; a clock that jumps back by more than the window starts anew. Memory is bounded by
    the window.

    Args:
        recognizer: a bundle.
        candidates: actions to choose among; may be replaced while the stream runs, what was settled is then forgotten.
        layout: joints of the frames.
        seconds: length of the window, 0.5 to 30.
        threshold: as in `ZeroShotRecognizer.predict`.
    """

    _logs: np.ndarray | None  # smoothed log p
    _presence: float | None  # smoothed
    _asked: float | None  # when
    _best: int  # place of the best action
    _since: float  # from when on

    def __init__(
        self,
        recognizer: Scorer,
        candidates: Candidates,
        *,
        layout: str = "kinect-20",
        seconds: float = 3.0,
        threshold: float | None = None,
    ) -> None:
        if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
            raise InputError(f"a window of {seconds} seconds; expected {LEAST_SECONDS} to {MOST_SECONDS:g}")
        self.recognizer = recognizer
        self.layout = get_layout(layout)
        self.seconds = float(seconds)
        self.threshold = threshold
        self.candidates = candidates
        self._times: list[float] = []
        self._frames: list[np.ndarray] = []
        self._forget()

    @property
    def candidates(self) -> Candidates:
        """The actions to choose among."""
        return self._candidates

    @candidates.setter
    def candidates(self, candidates: Candidates) -> None:
        self._candidates = candidates
        self._forget()

    @property
    def time(self) -> float | None:
        """Time of the latest frame, in seconds; None before the first."""
        return self._times[-1] if self._times else None

    def push(self, joints: np.ndarray | None, time: float | None = None) -> None:
        """Take one frame.

        Args:
            joints: (V, C) or (M, V, C), metres, y up, NaN where not observed; None for a frame without anyone.
            time: in seconds, of whatever clock; None: 1/30 second after the latest.

        Raises:
            InputError: another number of joints or channels, infinite values, or a time that is no number.
        """
        if time is None:
            time = 0.0 if self.time is None else self.time + 1 / RATE
        if not np.isfinite(time):
            raise InputError(f"time of a frame is {time}; expected seconds")
        frame = self._checked(joints)
        if self.time is not None and time < self.time - self.seconds:
            if time > self.time - 2 * self.seconds:
                return  # late, and out of the window
            self._times, self._frames = [], []  # the clock was set back
            self._forget()
        place = bisect_left(self._times, time)
        if place < len(self._times) and self._times[place] == time:
            return
        self._times.insert(place, float(time))
        self._frames.insert(place, frame)
        old = bisect_left(self._times, self._times[-1] - self.seconds)
        excess = max(old, len(self._times) - int(MOST_RATE * self.seconds))
        del self._times[:excess], self._frames[:excess]

    def window(self) -> SkeletonSequence | None:
        """The last seconds, 30 frames each; None while there are too few frames or nobody is in them.

        Moments between two frames are on a straight line; those in a gap of more than 0.35 seconds are not observed.
        """
        if len(self._times) < LEAST_FRAMES or self._times[-1] - self._times[0] < LEAST_SECONDS:
            return None
        times = np.array(self._times)
        count = int((times[-1] - times[0]) * RATE) + 1
        moments = times[-1] - np.arange(count - 1, -1, -1) / RATE
        after = np.clip(np.searchsorted(times, moments), 1, len(times) - 1)
        before = after - 1
        gaps = times[after] - times[before]
        share = (np.clip((moments - times[before]) / gaps, 0, 1)).astype(np.float32)
        bodies = max(len(frame) for frame in self._frames)
        used = np.unique(np.concatenate([before, after]))
        joints = np.stack([_with_bodies(self._frames[i], bodies) for i in used])
        first, second = joints[np.searchsorted(used, before)], joints[np.searchsorted(used, after)]
        first, second = np.where(np.isnan(first), second, first), np.where(np.isnan(second), first, second)
        share = share[:, None, None, None]
        result = first * (1 - share) + second * share
        alone = (gaps > LONGEST_GAP) & (np.minimum(moments - times[before], times[after] - moments) > 1 / RATE)
        result[alone] = np.nan
        if np.isnan(result).any(axis=-1).all():
            return None
        return SkeletonSequence(result.transpose(1, 0, 2, 3), self.layout, RATE)

    def settle(self, prediction: Prediction) -> StreamPrediction:
        """Take a prediction about `window` and smooth it over time.

        z = mean of log p of the predictions so far, each weighted with exp(-age / 0.4 s)
        """
        time = self.time or 0.0
        logs = np.log(np.maximum(prediction.probabilities, 1e-12))
        presence = prediction.presence
        if self._logs is not None and self._asked is not None:
            kept = float(np.exp(-max(time - self._asked, 0) / SMOOTHING))
            logs = kept * self._logs + (1 - kept) * logs
            if presence is not None and self._presence is not None:
                presence = kept * self._presence + (1 - kept) * presence
        self._logs, self._asked, self._presence = logs, time, presence
        best = int(logs.argmax())
        if best != self._best:
            self._best, self._since = best, time
        return StreamPrediction(
            prediction.actions,
            logs.astype(np.float32),
            softmax(logs),
            presence,
            prediction.threshold,
            time=time,
            settled=time - self._since >= SETTLED,
        )

    def predict(self) -> StreamPrediction | None:
        """What is happening now; None while there is too little to say."""
        window = self.window()
        if window is None:
            return None
        features = self.recognizer.encode([window])
        return self.settle(self.recognizer.score(features, self.candidates, threshold=self.threshold)[0])

    def _forget(self) -> None:
        self._logs, self._presence, self._asked = None, None, None
        self._best, self._since = -1, 0.0

    def _checked(self, joints: np.ndarray | None) -> np.ndarray:
        """(M, V, C) float32."""
        count = len(self.layout.joints)
        if joints is None:
            return np.full((1, count, 3), np.nan, dtype=np.float32)
        try:
            frame = np.asarray(joints, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise InputError(f"a frame's joints are not numbers in even rows ({error})") from error
        frame = frame[None] if frame.ndim == 2 else frame
        if frame.ndim != 3 or not len(frame) or frame.shape[1] != count or frame.shape[2] not in (2, 3):
            raise InputError(
                f"a frame has shape {frame.shape}; expected ({count}, 3) joints of layout {self.layout.name}, or "
                "several bodies of these"
            )
        if np.isinf(frame).any():
            raise InputError("a frame holds infinite values; use NaN for what was not observed")
        if self._frames and frame.shape[2] != self._frames[0].shape[2]:
            raise InputError(f"a frame has {frame.shape[2]} channels, those before {self._frames[0].shape[2]}")
        return frame


def _with_bodies(frame: np.ndarray, bodies: int) -> np.ndarray:
    """(bodies, V, C) of (M, V, C), bodies that are not there NaN."""
    missing = bodies - len(frame)
    if not missing:
        return frame
    return np.concatenate([frame, np.full((missing, *frame.shape[1:]), np.nan, dtype=np.float32)])

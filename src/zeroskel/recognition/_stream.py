"""Stream: predictions while frames arrive, for the window of the last seconds."""

from bisect import bisect_left

import numpy as np

from zeroskel.core import InputError, Layout, SkeletonSequence, get_layout
from zeroskel.recognition._bundle import Bundle
from zeroskel.recognition._prediction import Candidates, Prediction, Smoothing, StreamPrediction

WINDOW_RATE = 30.0  # frames per second of the window's sequence
MAX_RATE = 240.0  # frames per second that are stored
MIN_SECONDS, MAX_SECONDS = 0.5, 30.0  # of frames before there is a sequence; of the window
MIN_FRAMES = 8
MAX_GAP = 0.35  # seconds between two frames that are interpolated


class FrameWindow:
    """Frames of the last seconds, ordered by timestamp.

    Args:
        layout: joint layout of the frames.
        seconds: length of the window, 0.5 to 30.

    Raises:
        InputError: if the length is out of bounds.
    """

    def __init__(self, layout: Layout, seconds: float) -> None:
        if not MIN_SECONDS <= seconds <= MAX_SECONDS:
            raise InputError(f"The window has {seconds} seconds. Expected {MIN_SECONDS} to {MAX_SECONDS:g}.")
        self.layout = layout
        self.seconds = float(seconds)
        self.timestamps: list[float] = []
        self.frames: list[np.ndarray] = []

    @property
    def time(self) -> float | None:
        """Return the timestamp of the latest frame in seconds; None before the first frame."""
        return self.timestamps[-1] if self.timestamps else None

    def push(self, joints: np.ndarray | None, time: float | None) -> bool:
        """Insert one frame, and drop frames that are older than the window.

        Args:
            joints: (V, C) or (M, V, C) in metres with y up, NaN where not observed; None for a frame without people.
            time: timestamp in seconds; None is 1/30 second after the latest frame.

        Returns:
            Whether the clock was set back by more than twice the window, so that the window starts again.

        Raises:
            InputError: if the frame has other joints or channels than before, is infinite, or has no valid timestamp.
        """
        if time is None:
            time = 0.0 if self.time is None else self.time + 1 / WINDOW_RATE
        if not np.isfinite(time):
            raise InputError(f"The time of a frame is {time}. Expected seconds.")
        frame = self._checked(joints)
        clock_set_back = self.time is not None and time <= self.time - 2 * self.seconds
        if clock_set_back:
            self.timestamps, self.frames = [], []
        elif self.time is not None and time < self.time - self.seconds:
            return False  # a late frame, older than the window
        index = bisect_left(self.timestamps, time)
        if index == len(self.timestamps) or self.timestamps[index] != time:
            self.timestamps.insert(index, float(time))
            self.frames.insert(index, frame)
            expired = bisect_left(self.timestamps, self.timestamps[-1] - self.seconds)
            excess = max(expired, len(self.timestamps) - int(MAX_RATE * self.seconds))
            del self.timestamps[:excess], self.frames[:excess]
        return clock_set_back

    def sequence(self) -> SkeletonSequence | None:
        """Return the window at 30 frames per second; None while it has too few frames or nobody is in it.

        Frames are interpolated linearly. Within a gap of more than 0.35 seconds nothing counts as observed.
        """
        times = np.array(self.timestamps)
        if len(times) < MIN_FRAMES or times[-1] - times[0] < MIN_SECONDS:
            return None
        bodies = max(len(frame) for frame in self.frames)
        joints = np.full((len(times), bodies, *self.frames[0].shape[1:]), np.nan, dtype=np.float32)
        for index, frame in enumerate(self.frames):
            joints[index, : len(frame)] = frame
        count = int((times[-1] - times[0]) * WINDOW_RATE) + 1
        moments = times[-1] - np.arange(count - 1, -1, -1) / WINDOW_RATE
        after = np.clip(np.searchsorted(times, moments), 1, len(times) - 1)
        before = after - 1
        gaps = times[after] - times[before]
        share = np.clip((moments - times[before]) / gaps, 0, 1).astype(np.float32)[:, None, None, None]
        first, second = joints[before], joints[after]
        first, second = np.where(np.isnan(first), second, first), np.where(np.isnan(second), first, second)
        resampled = first * (1 - share) + second * share
        distance = np.minimum(moments - times[before], times[after] - moments)
        resampled[(gaps > MAX_GAP) & (distance > 1 / WINDOW_RATE)] = np.nan
        if np.isnan(resampled).any(axis=-1).all():
            return None
        return SkeletonSequence(resampled.transpose(1, 0, 2, 3), self.layout, WINDOW_RATE)

    def _checked(self, joints: np.ndarray | None) -> np.ndarray:
        """Return a frame as (M, V, C) float32."""
        count = len(self.layout.joints)
        if joints is None:
            return np.full((1, count, 3), np.nan, dtype=np.float32)
        try:
            frame = np.asarray(joints, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise InputError(f"The joints of a frame are not rows of numbers of equal length ({error}).") from error
        frame = frame[None] if frame.ndim == 2 else frame
        if frame.ndim != 3 or not len(frame) or frame.shape[1] != count or frame.shape[2] not in (2, 3):
            raise InputError(
                f"A frame has shape {frame.shape}. Expected ({count}, 3), the joints of layout {self.layout.name}, or "
                f"(bodies, {count}, 3)."
            )
        if np.isinf(frame).any():
            raise InputError("A frame has infinite values. Use NaN for joints that are not observed.")
        if self.frames and frame.shape[2] != self.frames[0].shape[2]:
            raise InputError(f"A frame has {frame.shape[2]} channels. Frames before had {self.frames[0].shape[2]}.")
        return frame


class Stream:
    """Stream that takes frames as they arrive and predicts the current action from the last seconds.

    Frames may be late, missing or repeated; they are ordered by their timestamps. A frame older than the window and a
    second frame with the same timestamp are ignored. A clock that is set back by more than twice the window starts the
    stream again. The window bounds the memory.

    Args:
        recognizer: a recognizer.
        candidates: actions to choose among, from `ZeroShotRecognizer.candidates`. They may be replaced while the stream
            runs; the smoothing then starts again.
        layout: name of the joint layout of the frames.
        seconds: length of the window, 0.5 to 30.
        threshold: presence from which on one of the actions counts as happening, 0 to 1; None is 0.5.

    Raises:
        InputError: if the layout is unknown or the length is out of bounds.

    Example:
        >>> from zeroskel import ZeroShotRecognizer
        >>> from zeroskel.datasets.synthetic import generate_sequence
        >>> recognizer = ZeroShotRecognizer.load("default")
        >>> stream = recognizer.stream(["squat", "clap hands"], layout="ntu-25", seconds=2.0)
        >>> clip = generate_sequence("squat", seed=900)
        >>> for index in range(clip.frames):
        ...     stream.push(clip.joints[:, index], index / clip.fps)
        >>> stream.predict().best
        'squat'
    """

    def __init__(
        self,
        recognizer: Bundle,
        candidates: Candidates,
        *,
        layout: str = "kinect-20",
        seconds: float = 3.0,
        threshold: float | None = None,
    ) -> None:
        self.recognizer = recognizer
        self.threshold = threshold
        self.frames = FrameWindow(get_layout(layout), seconds)
        self.candidates = candidates

    @property
    def candidates(self) -> Candidates:
        """Return the actions to choose among."""
        return self._candidates

    @candidates.setter
    def candidates(self, candidates: Candidates) -> None:
        self._candidates = candidates
        self._smoothing = Smoothing()

    @property
    def time(self) -> float | None:
        """Return the timestamp of the latest frame in seconds; None before the first frame."""
        return self.frames.time

    def push(self, joints: np.ndarray | None, time: float | None = None) -> None:
        """Take one frame.

        Args:
            joints: (V, C) or (M, V, C) in metres with y up, NaN where not observed; None for a frame without people.
            time: timestamp in seconds of any clock; None is 1/30 second after the latest frame.

        Raises:
            InputError: if the frame has other joints or channels than before, is infinite, or has no valid timestamp.
        """
        if self.frames.push(joints, time):
            self._smoothing = Smoothing()

    def predict(self) -> StreamPrediction | None:
        """Return the smoothed prediction for the current window; None while it has too few frames or nobody in it."""
        window = self.window()
        if window is None:
            return None
        features = self.recognizer.encode([window])
        (prediction,) = self.recognizer.score(features, self.candidates, threshold=self.threshold)
        return self.settle(prediction)

    def window(self) -> SkeletonSequence | None:
        """Return the window at 30 frames per second; None while it has too few frames or nobody is in it.

        A server that scores many streams at once uses `window` and `settle` instead of `predict`.
        """
        return self.frames.sequence()

    def settle(self, prediction: Prediction) -> StreamPrediction:
        """Return a prediction for the current window smoothed with the predictions before.

        Args:
            prediction: prediction for the sequence that `window` returned.
        """
        return self._smoothing.smoothed(prediction, self.time or 0.0)

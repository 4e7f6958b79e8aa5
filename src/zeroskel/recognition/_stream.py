"""Stream: predictions while frames arrive."""

import numpy as np

from zeroskel.core import SkeletonSequence, get_layout
from zeroskel.recognition._bundle import Bundle
from zeroskel.recognition._prediction import Candidates, Prediction, Smoothing, StreamPrediction
from zeroskel.recognition._stream_window import FrameWindow


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

"""Predictions of a stream, smoothed over time."""

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from zeroskel.recognition._prediction import Prediction

SMOOTHING = 0.4  # seconds after which a prediction counts 1 / e as much as a new one
SETTLED = 0.6  # seconds for which the best action must have been the same
MIN_PROBABILITY = 1e-12


@dataclass(frozen=True, eq=False, repr=False)
class StreamPrediction(Prediction):
    """Prediction for the last seconds of a stream.

    Args:
        actions: as in `Prediction`.
        scores: (A,) float32, the smoothed logarithms of the probabilities.
        probabilities: (A,) as in `Prediction`, smoothed over time.
        presence: as in `Prediction`, smoothed over time.
        threshold: as in `Prediction`.
        time: timestamp of the latest frame, in seconds.
        settled: whether the best action has been the same for at least 0.6 seconds.

    Example:
        >>> import numpy as np
        >>> from zeroskel.recognition import StreamPrediction
        >>> StreamPrediction(("sit down", "jump"), np.array([-0.3, -1.4]), np.array([0.75, 0.25]), time=2.5).settled
        False
    """

    time: float = 0.0
    settled: bool = False


class Smoothing:
    """Exponential smoothing of the predictions of one stream.

    z = mean of log p of the predictions so far, each weighted with exp(-age / 0.4 s)
    """

    def __init__(self) -> None:
        self._logs: np.ndarray | None = None
        self._presence: float | None = None
        self._time = 0.0  # of the last prediction
        self._best = -1
        self._best_since = 0.0

    def smoothed(self, prediction: Prediction, time: float) -> StreamPrediction:
        """Return a prediction smoothed with those before.

        Args:
            prediction: prediction for the current window.
            time: timestamp of the latest frame, in seconds.
        """
        logs = np.log(np.maximum(prediction.probabilities, MIN_PROBABILITY))
        presence = prediction.presence
        if self._logs is not None:
            weight = float(np.exp(-max(time - self._time, 0) / SMOOTHING))
            logs = weight * self._logs + (1 - weight) * logs
            if presence is not None and self._presence is not None:
                presence = weight * self._presence + (1 - weight) * presence
        self._logs, self._presence, self._time = logs, presence, time
        best = int(logs.argmax())
        if best != self._best:
            self._best, self._best_since = best, time
        return StreamPrediction(
            prediction.actions,
            logs.astype(np.float32),
            softmax(logs),
            presence,
            prediction.threshold,
            time=time,
            settled=time - self._best_since >= SETTLED,
        )

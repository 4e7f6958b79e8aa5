"""Online decoder: what one person of a stream does now, and since when that is settled."""

from collections.abc import Sequence

import numpy as np
from scipy.special import softmax

from zeroskel.core import SkeletonSequence
from zeroskel.recognition._bundle import Bundle
from zeroskel.recognition._decoder import REST_GAIN, window_gains
from zeroskel.recognition._motion import Motion
from zeroskel.recognition._prediction import MIN_PROBABILITY, Prediction, StreamPrediction
from zeroskel.recognition._windows import STEP, rest_probabilities, shown_inputs, wholeness, window_inputs

SHARES = (1 / 3, 2 / 3, 1.0)  # of the length of the window; each of these ends now
LEAST_SECONDS = 0.5  # of a shorter window
_SHARPNESS = 6.0  # by which windows with a larger total count more, per second of gain
_SETTLE = 0.6  # times the threshold: wholeness times probability from which on an answer is settled
_CORRECT = 0.15  # by which another action must exceed a settled one of the same motion to replace it, once
_NEW = 0.5  # seconds; a window that begins at most so long before the last support of an answer is another motion
_SUPPORT = 0.9  # share of its largest evidence with which an answer is still supported
_REST = 0.7  # probability of rest
_REST_SECONDS = 0.5  # after which the person rests


class OnlineDecoder:
    """Online form of the search of `best_spans` for one person, with hysteresis.

    The windows that end now are weighted by the total gain of the best sequence that they complete. An answer is
    settled when the wholeness of these windows times the probability of their best action reaches 0.6 times the
    threshold. A settled answer changes

    - once the person rests for half a second, then only an action that allows stillness is an answer;
    - when the windows have left the motion that settled it, for an action that is settled in turn;
    - once within this motion, for an action with clearly more evidence.

    Args:
        bundle: the bundle that predicts.
        threshold: presence from which on one of the actions counts as happening.
        allows_stillness: (A,) mask of the actions that a person at rest may do.
    """

    def __init__(self, bundle: Bundle, threshold: float, allows_stillness: np.ndarray) -> None:
        self._bundle, self._threshold, self._allows_stillness = bundle, threshold, allows_stillness
        self._times: list[float] = []
        self._totals: list[float] = []  # of the best sequence until each time
        self._answer: int | None = None
        self._evidence = 0.0  # largest for the answer
        self._supported = 0.0  # last time at which the answer had nearly that evidence
        self._corrected = False
        self._settled_at: float | None = None
        self._resting_since: float | None = None
        self._rests = False

    def decide(
        self, predictions: Sequence[Prediction], windows: Sequence[SkeletonSequence], motion: Motion, time: float
    ) -> StreamPrediction:
        """Return what the person does now.

        Args:
            predictions: a prediction for each window.
            windows: windows of one body that end now; the longest is the last one.
            motion: motion in the longest window.
            time: timestamp of the latest frame, in seconds.
        """
        rest = rest_probabilities(motion)
        total = motion.frames / motion.fps
        lengths = np.array([window.frames / window.fps for window in windows])
        inputs = window_inputs(
            motion, total - lengths, np.full(len(lengths), total), rest, shown_inputs(self._bundle, predictions)
        )
        whole = wholeness(inputs)
        probabilities = np.stack([prediction.probabilities for prediction in predictions])
        totals = np.array([self._total_at(time - length) for length in lengths])
        totals += window_gains(lengths, whole, probabilities.max(axis=1))
        self._remember(time, max(float(totals.max()), self._total_at(time) + self._rest_gain(time, rest)), total)
        weights = softmax(_SHARPNESS * totals)
        self._rest(rest, time)
        if not self._rests:
            self._settle(weights @ probabilities, float(weights @ whole), time - float(weights @ lengths), time)
        return self._prediction(predictions, weights, weights @ probabilities, time)

    def _total_at(self, time: float) -> float:
        """Return the total of the best sequence until a time."""
        index = int(np.searchsorted(self._times, time + 1e-6, side="right"))
        return self._totals[index - 1] if index else 0.0

    def _rest_gain(self, time: float, rest: np.ndarray) -> float:
        """Return the gain of resting since the last decision."""
        seconds = time - self._times[-1] if self._times else 0.0
        steps = max(1, min(len(rest), round(seconds / STEP)))
        return 2 * self._threshold * REST_GAIN * seconds * float(rest[-steps:].mean())

    def _remember(self, time: float, total: float, seconds: float) -> None:
        """Store the total until now, and forget totals from before the longest window."""
        while self._times and self._times[-1] >= time:
            self._times.pop(), self._totals.pop()
        self._times.append(time)
        self._totals.append(total)
        while len(self._times) > 2 and self._times[1] < time - seconds - 1:
            self._times.pop(0), self._totals.pop(0)

    def _settle(self, probabilities: np.ndarray, whole: float, start: float, time: float) -> None:
        """Settle an answer, support it or replace it."""
        best = int(probabilities.argmax())
        evidence = whole * float(probabilities[best])
        if best == self._answer:
            self._evidence = max(self._evidence, evidence)
            if evidence > _SUPPORT * self._evidence:
                self._supported = time
            return
        is_new = self._answer is None or start >= self._supported - _NEW
        corrects = not self._corrected and evidence >= self._evidence + _CORRECT
        if evidence >= _SETTLE * self._threshold and (is_new or corrects):
            self._answer, self._evidence, self._supported = best, evidence, time
            self._corrected, self._settled_at = not is_new, time

    def _rest(self, rest: np.ndarray, time: float) -> None:
        """End the answer when the person has rested for half a second, and the rest when the person moves again."""
        if rest[-1] <= _REST:
            self._resting_since = None
        elif self._resting_since is None:
            steps = int(np.argmax(rest[::-1] <= _REST)) or len(rest)
            self._resting_since = time - steps * STEP
        rested, self._rests = (
            self._rests,
            self._resting_since is not None and (time - self._resting_since >= _REST_SECONDS),
        )
        if self._rests and not rested:
            self._answer, self._evidence, self._corrected, self._settled_at = None, 0.0, False, time
        elif rested and not self._rests:
            self._settled_at = None

    def _prediction(
        self, predictions: Sequence[Prediction], weights: np.ndarray, probabilities: np.ndarray, time: float
    ) -> StreamPrediction:
        last = predictions[-1]
        presence = None
        if last.presence is not None:
            presence = float(sum(w * (each.presence or 0.0) for w, each in zip(weights, predictions, strict=True)))
        answer, rests, best = self._answer, self._rests, int(probabilities.argmax())
        if rests and self._allows_stillness[best] and (presence or 0.0) >= self._threshold:
            answer, rests = best, False
        return StreamPrediction(
            last.actions,
            np.log(np.maximum(probabilities, MIN_PROBABILITY)).astype(np.float32),
            probabilities,
            presence,
            last.threshold,
            time=time,
            answer=None if answer is None else last.actions[answer],
            settled_at=self._settled_at,
            rests=rests,
        )

"""Windows of several lengths over a recording: what each shows, and how likely it holds one whole action."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from scipy.special import expit, logit

from zeroskel.core import SkeletonSequence
from zeroskel.core._progress import Progress
from zeroskel.recognition._bundle import Bundle
from zeroskel.recognition._motion import Motion
from zeroskel.recognition._motion_check import is_judged
from zeroskel.recognition._prediction import MIN_PROBABILITY, Candidates, Prediction

STEP = 0.25  # seconds between the starts of windows, and between the moments of a timeline
LENGTHS = (0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)  # seconds
_BLOCK = 32.0  # seconds of starts that are scored at once; more than the longest window
_ENCODED_AT_ONCE = 256
_LEAST_SEEN = 0.5  # share of the frames of a window in which the person is observed
_ALIKE = 0.4  # overlap (intersection over union) from which on windows share what they show
_FARTHEST = 4.0  # deviations from the mean that an input of the wholeness may have
CONSTANTS = "timeline.json"


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of one person in the order of their starts.

    Args:
        starts: (W,) in steps of 0.25 seconds.
        ends: (W,) in steps.
        inputs: (W, 18) what `wholeness` looks at.
        probabilities: (W, A) probability of each action, given that one of them happens.
        wholeness: (W,) estimate, from 0 to 1, of how well the window matches one whole action of the list.
    """

    starts: np.ndarray
    ends: np.ndarray
    inputs: np.ndarray
    probabilities: np.ndarray
    wholeness: np.ndarray

    def shared(self, others: "Windows") -> np.ndarray:
        """Return (W, A) probabilities averaged over windows that overlap, weighted by overlap and wholeness.

        Args:
            others: windows about these, among them these.
        """
        lengths = others.ends - others.starts
        rows = []
        for start, end in zip(self.starts, self.ends, strict=True):
            common = np.maximum(np.minimum(others.ends, end) - np.maximum(others.starts, start), 0)
            overlap = common / (lengths + end - start - common)
            weights = np.where(overlap >= _ALIKE, overlap**2 * others.wholeness, 0) + 1e-9 * (overlap == 1)
            rows.append(weights @ others.probabilities / weights.sum())
        return np.array(rows)


def window_blocks(
    bundle: Bundle,
    sequence: SkeletonSequence,
    motion: Motion,
    rest: np.ndarray,
    candidates: Candidates,
    progress: Progress,
) -> Iterator[Windows]:
    """Score the windows of a person, block by block.

    Args:
        bundle: calibrated bundle.
        sequence: recording of one body.
        motion: the motion of this recording.
        rest: (S,) probability of rest in each step.
        candidates: actions to choose among.
        progress: called with the seconds that are done, and all seconds.
    """
    seconds = sequence.frames / sequence.fps
    steps = len(rest)
    seen = np.concatenate([[0], np.cumsum(motion.there)])
    starts_of_blocks = range(0, steps, round(_BLOCK / STEP))
    for first in starts_of_blocks:
        progress("scoring windows", round(first * STEP), round(seconds))
        bounds = []
        for start in range(first, min(first + round(_BLOCK / STEP), steps)):
            for length in window_lengths(steps):
                frames = window_frames(start, start + length, sequence)
                is_seen = seen[frames.stop] - seen[frames.start] >= _LEAST_SEEN * (frames.stop - frames.start)
                if start + length <= steps and is_seen and is_judged(sequence.replace(sequence.joints[:, frames])):
                    bounds.append((start, start + length))
        if bounds:
            yield _scored(bundle, sequence, motion, candidates, np.array(bounds), rest)
    progress("scoring windows", round(seconds), round(seconds))


def window_lengths(steps: int) -> list[int]:
    """Return the lengths of windows in steps, for a recording of some steps; a short recording is one window."""
    return [length for length in (round(seconds / STEP) for seconds in LENGTHS) if length <= steps] or [steps]


def window_frames(start: int, end: int, sequence: SkeletonSequence) -> slice:
    """Return the frames between two steps."""
    first, last = (min(round(step * STEP * sequence.fps), sequence.frames) for step in (start, end))
    first = min(first, sequence.frames - 1)
    return slice(first, max(last, first + 1))


def rest_probabilities(motion: Motion) -> np.ndarray:
    """Return the probability (S,) that the person does nothing in each step; 1 where the person is not observed."""
    count = max(1, round(motion.frames / motion.fps / STEP))
    moments = (np.arange(count) + 0.5) * STEP
    constants = timeline_constants()["rest"]
    inputs = (motion.rest_inputs(moments) - constants["mean"]) / constants["scale"]
    frames = np.minimum((moments * motion.fps).astype(int), motion.frames - 1)
    return np.where(motion.there[frames], expit(inputs @ constants["weights"] + constants["intercept"]), 1.0)


def wholeness(inputs: np.ndarray) -> np.ndarray:
    """Return how well windows match one whole action, (W,) from 0 to 1, by a quadratic function of the inputs (W, 18).

    It is fitted to the intersection over union of a window with the action that it matches best: 0 stands for 0.2 or
    less, 1 for 0.8 or more. `benchmarks/timelines.py` fits it on recordings of datasets that the scoring bundle was not
    trained on.
    """
    constants = timeline_constants()["wholeness"]
    scaled = np.clip((inputs - constants["mean"]) / constants["scale"], -_FARTHEST, _FARTHEST)
    squares = np.vecdot(scaled @ constants["products"], scaled)
    return np.clip(constants["intercept"] + scaled @ constants["weights"] + squares, 0.0, 1.0)


@cache
def timeline_constants() -> dict[str, Any]:
    """Return the constants of the package, with lists as arrays."""
    text = (resources.files("zeroskel.resources") / CONSTANTS).read_text(encoding="utf-8")

    def arrays(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: arrays(entry) for name, entry in value.items()}
        return np.array(value) if isinstance(value, list) else value

    return dict(arrays(json.loads(text)))


def _scored(
    bundle: Bundle,
    sequence: SkeletonSequence,
    motion: Motion,
    candidates: Candidates,
    bounds: np.ndarray,
    rest: np.ndarray,
) -> Windows:
    predictions: list[Prediction] = []
    for first in range(0, len(bounds), _ENCODED_AT_ONCE):
        frames = [window_frames(a, b, sequence) for a, b in bounds[first : first + _ENCODED_AT_ONCE].tolist()]
        features = bundle.encode([sequence.replace(sequence.joints[:, part]) for part in frames])
        predictions += bundle.score(features, candidates)
    starts, ends = bounds.T
    probabilities = np.stack([prediction.probabilities for prediction in predictions])
    inputs = window_inputs(motion, starts * STEP, ends * STEP, rest, shown_inputs(bundle, predictions))
    return Windows(starts, ends, inputs, probabilities.astype(np.float32), wholeness(inputs))


def shown_inputs(bundle: Bundle, predictions: Sequence[Prediction]) -> np.ndarray:
    """Return (W, 3): log-odds of the presence, best logit, and log-probability of the best action."""
    temperature = 1.0 if bundle.calibration is None else bundle.calibration.temperature
    presence = [0.5 if each.presence is None else each.presence for each in predictions]
    best = [each.scores.max() / temperature for each in predictions]
    probability = [each.probabilities.max() for each in predictions]
    certain = np.clip(presence, MIN_PROBABILITY, 1 - MIN_PROBABILITY)
    return np.stack([logit(certain), best, np.log(np.maximum(probability, MIN_PROBABILITY))], axis=1)


def window_inputs(
    motion: Motion, starts: np.ndarray, ends: np.ndarray, rest: np.ndarray, shown: np.ndarray
) -> np.ndarray:
    """Return the inputs (W, 18) of the wholeness of windows.

    Args:
        motion: motion of the person.
        starts: (W,) seconds from the start of this motion.
        ends: (W,) seconds.
        rest: (S,) probability of rest in each step of this motion.
        shown: (W, 3) from `shown_inputs`.
    """
    lengths = np.log(ends - starts)
    moving = motion.window_inputs(starts, ends)
    return np.column_stack([*shown.T, lengths, lengths**2, moving, _pauses(starts / STEP, ends / STEP, rest)])


def _pauses(starts: np.ndarray, ends: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Return (W, 4) of the log-odds of rest: maximum of the middle 60 %, the same of step pairs, share, roughness."""
    odds = logit(np.clip(rest, 1e-4, 1 - 1e-4))
    paired = (odds + np.concatenate([odds[:1], odds[:-1]])) / 2
    rows = []
    for start, end in zip(np.rint(starts).astype(int), np.rint(ends).astype(int), strict=True):
        inside, margin = odds[start:end], max(1, (end - start) // 5)
        middle = slice(start + margin, end - margin) if end - start > 2 * margin else slice(start, end)
        rough = float((np.diff(inside) ** 2).mean()) if len(inside) > 1 else 0.0
        rows.append((odds[middle].max(), paired[middle].max(), float((inside > 0).mean()), rough))
    return np.array(rows)

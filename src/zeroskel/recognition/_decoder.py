"""Decoder of timelines: the best sequence of windows and rest (a segmental Viterbi search)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from scipy.special import expit

from zeroskel.recognition._windows import STEP, Windows, timeline_constants

REST_GAIN = 0.65  # seconds of gain for a second of certain rest, at a threshold of 0.5
_CHANGE = 0.05  # seconds of gain that a segment costs
_DOUBT = 0.5  # power of the probability of an action: below 1, an uncertain name does not count against a segment
_GAP = 1  # steps; segments of one action that are nearer than that are one segment
_LEAST_EVIDENCE = 1e-3
_PAUSE = 0.4  # probability of rest from which on the person pauses between two segments
_IDLE = 0.8  # probability of rest from which on a step at an end of a segment does not belong to it
_LEAST_STEPS = 3  # of a segment whose ends are idle


@dataclass(frozen=True, eq=False)
class Choices:
    """Best action of each window.

    Args:
        starts: (W,) in steps.
        ends: (W,) in steps.
        actions: (W,) index of the action.
        probabilities: (W,) probability of the action, given that one of them happens.
        wholeness: (W,) see `Windows`.
    """

    starts: np.ndarray
    ends: np.ndarray
    actions: np.ndarray
    probabilities: np.ndarray
    wholeness: np.ndarray

    @property
    def gains(self) -> np.ndarray:
        """Return the gain (W,) of each window in seconds."""
        return window_gains((self.ends - self.starts) * STEP, self.wholeness, self.probabilities)


def window_gains(seconds: np.ndarray, whole: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the gains (W,) of windows of some seconds, with their wholeness and the probability of their action."""
    return np.asarray(seconds * whole * probabilities**_DOUBT - _CHANGE)


@dataclass(frozen=True)
class Span:
    """Segment of the best sequence.

    Args:
        start: in steps.
        end: in steps.
        action: index of the action.
        evidence: wholeness, and probability of the action given that one of them happens; means over its windows.
    """

    start: int
    end: int
    action: int
    evidence: tuple[float, float]

    @property
    def probability(self) -> float:
        """Return the probability that the action is right and that at least half of the span is shared with it."""
        constants = timeline_constants()["probability"]
        logs = np.log(np.maximum(self.evidence, _LEAST_EVIDENCE))
        return float(expit(constants["intercept"] + constants["weights"] @ logs))


def choices_of(blocks: Iterable[Windows], course: np.ndarray) -> Choices:
    """Return the best action of each window, and add what all windows show to the course of a person.

    Only three blocks are in memory at a time.

    Args:
        blocks: windows in the order of their starts.
        course: (S, A + 2) zeros; receives for each step the sum over its windows of the probability of each action,
            weighted by the square of the wholeness, the sum of these weights, and the largest wholeness.
    """
    parts: list[tuple[np.ndarray, ...]] = []
    for before, block, after in _with_neighbours(blocks):
        about = [part for part in (before, block, after) if part is not None]
        shared = block.shared(about[0] if len(about) == 1 else _joined(about))
        best = shared.argmax(axis=1)
        parts.append((block.starts, block.ends, best, shared[np.arange(len(best)), best], block.wholeness))
        for start, end, row, whole in zip(block.starts, block.ends, shared, block.wholeness, strict=True):
            course[start:end, :-2] += whole**2 * row
            course[start:end, -2] += whole**2
            course[start:end, -1] = np.maximum(course[start:end, -1], whole)
    if not parts:
        nothing = np.zeros(0, dtype=int)
        return Choices(nothing, nothing, nothing, np.zeros(0), np.zeros(0))
    return Choices(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def best_spans(choices: Choices, rest: np.ndarray, threshold: float) -> list[Span]:
    """Return the sequence of windows, with rest between them, whose gains have the largest sum.

        gain(window, a) = seconds * wholeness * p(a)^0.5 - 0.05        gain(step of rest) = 0.25 * 1.3 * threshold * r

    The wholeness estimates the share of the window's time that belongs to one action of the list, so the sum is close
    to the number of seconds that are named rightly. r is the probability of rest.

    Args:
        choices: windows and their best actions.
        rest: (S,) probability of rest in each step.
        threshold: from 0 to 1; a higher one leaves more time to rest.
    """
    gains, steps = choices.gains, len(rest)
    rest_gains = 2 * threshold * REST_GAIN * STEP * rest
    order = np.argsort(choices.ends, kind="stable")
    edges = np.searchsorted(choices.ends[order], np.arange(steps + 2))
    totals, chosen = np.zeros(steps + 1), np.full(steps + 1, -1)
    for step in range(1, steps + 1):
        totals[step] = totals[step - 1] + rest_gains[step - 1]
        ending = order[edges[step] : edges[step + 1]]
        if len(ending):
            sums = totals[choices.starts[ending]] + gains[ending]
            best = int(sums.argmax())
            if sums[best] > totals[step]:
                totals[step], chosen[step] = sums[best], ending[best]
    windows, step = [], steps
    while step > 0:
        window = int(chosen[step])
        if window >= 0:
            windows.append(window)
        step = step - 1 if window < 0 else int(choices.starts[window])
    return _spans(choices, windows[::-1], rest)


def _spans(choices: Choices, windows: list[int], rest: np.ndarray) -> list[Span]:
    """Return the chosen windows as spans; windows of one action without a pause between them are one span."""
    groups: list[list[int]] = []
    for window in windows:
        start = int(choices.starts[window])
        if groups:
            last = groups[-1][-1]
            end = int(choices.ends[last])
            paused = rest[max(end - 1, 0) : start + 1].max() >= _PAUSE
            if choices.actions[last] == choices.actions[window] and start - end <= _GAP and not paused:
                groups[-1].append(window)
                continue
        groups.append([window])
    return [
        Span(
            *_without_idle_ends(int(choices.starts[group[0]]), int(choices.ends[group[-1]]), rest),
            int(choices.actions[group[0]]),
            _evidence(choices, group),
        )
        for group in groups
    ]


def _without_idle_ends(start: int, end: int, rest: np.ndarray) -> tuple[int, int]:
    """Return the bounds without steps of almost certain rest at the ends: half at each end at most; three are left."""
    earliest, latest = start, end
    most = (end - start) // 2
    while rest[start] >= _IDLE and start - earliest < most and end - start > _LEAST_STEPS:
        start += 1
    while rest[end - 1] >= _IDLE and latest - end < most and end - start > _LEAST_STEPS:
        end -= 1
    return start, end


def _evidence(choices: Choices, group: list[int]) -> tuple[float, float]:
    """Return the mean wholeness and the mean probability of the windows of a span, weighted by their length."""
    weights = (choices.ends[group] - choices.starts[group]).astype(float)
    whole, probability = (np.average(of[group], weights=weights) for of in (choices.wholeness, choices.probabilities))
    return float(whole), float(probability)


def _with_neighbours(blocks: Iterable[Windows]) -> Iterator[tuple[Windows | None, Windows, Windows | None]]:
    """Yield each block with the one before and the one after it."""
    before: Windows | None = None
    block: Windows | None = None
    for after in chain(blocks, [None]):
        if block is not None:
            yield before, block, after
        before, block = block, after


def _joined(blocks: list[Windows]) -> Windows:
    columns = ("starts", "ends", "inputs", "probabilities", "wholeness")
    return Windows(*(np.concatenate([getattr(block, name) for block in blocks]) for name in columns))

"""Decoder of timelines: windows of several lengths, scored once, and the most likely course of actions over them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from zeroskel.core import Segment, SkeletonSequence
from zeroskel.core._progress import Progress
from zeroskel.recognition._bundle import Bundle
from zeroskel.recognition._prediction import Candidates

STEP = 0.25  # seconds between the moments of a timeline, and between the starts of windows
LENGTHS = (1.0, 2.0, 4.0)  # seconds of the windows
SWITCH = 3.0  # cost of a change of action
_WINDOWS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Windows:
    """Scored windows of one person.

    Args:
        starts: (W,) seconds.
        ends: (W,) seconds.
        probabilities: (W, A + 1) probability of each action, and of none of them.
    """

    starts: np.ndarray
    ends: np.ndarray
    probabilities: np.ndarray


def scored_windows(bundle: Bundle, sequence: SkeletonSequence, candidates: Candidates, progress: Progress) -> Windows:
    """Score the windows of a sequence of one body."""
    bounds = []
    duration = sequence.frames / sequence.fps
    seen = np.asarray(sequence.observed.any(axis=(0, 2)))
    for length in LENGTHS:
        for start in np.arange(0, max(duration - length, 0) + STEP, STEP):
            first, last = round(start * sequence.fps), min(round((start + length) * sequence.fps), sequence.frames)
            if last - first > 1 and seen[first:last].any():
                bounds.append((first, last))
    rows = []
    for block in range(0, len(bounds), _WINDOWS_AT_ONCE):
        progress("scoring windows", block, len(bounds))
        part = [sequence.replace(sequence.joints[:, a:b]) for a, b in bounds[block : block + _WINDOWS_AT_ONCE]]
        for prediction in bundle.score(bundle.encode(part), candidates):
            presence = prediction.presence or 0.0
            rows.append([*(prediction.probabilities * presence), 1 - presence])
    edges = np.array(bounds, dtype=float).reshape(-1, 2) / sequence.fps
    return Windows(edges[:, 0], edges[:, 1], np.array(rows).reshape(len(bounds), len(candidates.actions) + 1))


def frame_probabilities(windows: Windows, duration: float) -> np.ndarray:
    """Return the probabilities (T, A + 1) at the moments of a timeline: the mean of all windows about a moment."""
    moments = max(1, round(duration / STEP))
    change = np.zeros((moments + 1, windows.probabilities.shape[1]))  # of the sum, where a window begins or ends
    for edges, sign in ((windows.starts, 1), (windows.ends, -1)):
        np.add.at(change, np.clip(np.ceil(edges / STEP - 0.5), 0, moments).astype(int), sign * windows.probabilities)
    total = np.maximum(change[:-1].cumsum(axis=0), 0)
    total[:, -1] += 1e-6
    return np.asarray(total / total.sum(axis=1, keepdims=True), dtype=np.float32)


def decoded_segments(
    probabilities: np.ndarray, actions: tuple[str, ...], person: int, duration: float, threshold: float
) -> list[Segment]:
    """Return the segments of the most likely course of states (Viterbi), in which each change has the same cost."""
    bias = np.zeros(probabilities.shape[1])
    bias[-1] = np.log(threshold) - np.log1p(-threshold) if 0 < threshold < 1 else 0.0
    logs = np.log(np.maximum(probabilities, 1e-6)) + bias
    best = logs[0]
    previous = []
    for row in logs[1:]:
        change = best.max() - SWITCH
        previous.append(np.where(best >= change, np.arange(len(best)), best.argmax()))
        best = np.maximum(best, change) + row
    states = [int(best.argmax())]
    for choices in reversed(previous):
        states.append(int(choices[states[-1]]))
    path = np.array(states[::-1])
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1), len(path)]
    return [
        Segment(
            person,
            first * STEP,
            min(last * STEP, duration),
            actions[path[first]],
            float(probabilities[first:last, path[first]].mean()),
        )
        for first, last in pairwise(edges)
        if path[first] < len(actions)
    ]

"""Spans: the times during which something is true, in the frames of a recording, and their wording."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

_BRIDGED = 0.2  # seconds; a shorter interruption does not end a span
_SHORTEST = 0.1  # seconds of a span in a short recording
_WHOLE = 0.97  # share of the frames that counts as the whole recording
_WORTH_SAYING = 0.15  # seconds; a shorter recording is a still picture, which has no durations


@dataclass(frozen=True)
class Clock:
    """Clock of a recording.

    Args:
        frames: number of frames T.
        seconds: from one frame to the next; 0 for a still picture.
    """

    frames: int
    seconds: float

    @property
    def duration(self) -> float:
        """Return the seconds from the first frame to the last."""
        return (self.frames - 1) * self.seconds

    def spans(self, mask: np.ndarray, *, least: float = 0.2, bridged: float = _BRIDGED) -> "Spans":
        """Return the spans of a mask (T,).

        Args:
            mask: True in the frames in which something is true.
            least: seconds; shorter spans are noise. In a short recording it is a tenth of the duration, or 0.1 seconds
                if that is more.
            bridged: seconds; shorter interruptions are ignored.
        """
        edges = np.flatnonzero(np.diff(mask.astype(int), prepend=0, append=0)).tolist()
        bounds = [[start, stop] for start, stop in zip(edges[::2], edges[1::2], strict=True)]
        joined: list[list[int]] = []
        for start, stop in bounds:
            if joined and (start - joined[-1][1]) * self.seconds < bridged:
                joined[-1][1] = stop
            else:
                joined.append([start, stop])
        least = min(least, max(self.duration / 10, _SHORTEST if self.duration > 0 else 0.0))
        lengths = [(self.length(start, stop), start, stop) for start, stop in joined]
        return Spans(self, tuple((start, stop) for length, start, stop in lengths if length >= least))

    def length(self, start: int, stop: int) -> float:
        """Return the seconds of frames start to stop - 1; of the first and last frame half a step is outside."""
        return (stop - start - 0.5 * (start == 0) - 0.5 * (stop == self.frames)) * self.seconds


@dataclass(frozen=True)
class Spans:
    """Spans of a recording in temporal order.

    Args:
        clock: clock of the recording.
        bounds: first frame and the frame after the last one of each span.
    """

    clock: Clock
    bounds: tuple[tuple[int, int], ...]

    @property
    def total(self) -> float:
        """Return the sum of the durations in seconds."""
        return sum(self.clock.length(start, stop) for start, stop in self.bounds)

    @property
    def mask(self) -> np.ndarray:
        """Return a mask (T,) that is true within the spans."""
        mask = np.zeros(self.clock.frames, dtype=bool)
        for start, stop in self.bounds:
            mask[start:stop] = True
        return mask

    @property
    def share(self) -> float:
        """Return the share of the frames that lie within the spans."""
        return float(self.mask.mean())

    def within(self, most: float) -> "Spans":
        """Return the spans of at most some seconds that begin after the first frame and end before the last one."""
        inside = (bounds for bounds in self.bounds if bounds[0] > 0 and bounds[1] < self.clock.frames)
        return Spans(self.clock, tuple(bounds for bounds in inside if self.clock.length(*bounds) <= most))

    def __len__(self) -> int:
        return len(self.bounds)

    def wording(self) -> str:
        """Return for how long, and how many times: "for 1.2 s", "3 times, 2.4 s in all", "throughout"."""
        if self.clock.duration < _WORTH_SAYING:
            return ""
        if self.share >= _WHOLE:
            return "throughout"
        if len(self) == 1:
            return f"for {self.total:.1f} s"
        return f"{len(self)} times, {self.total:.1f} s in all"


def runs_of(labels: np.ndarray, clock: Clock, *, least: float) -> list[tuple[int, float]]:
    """Return the runs of equal labels (T,) in temporal order: label and seconds.

    Args:
        labels: a number for each frame; -1 where it is not known.
        clock: clock of the recording.
        least: seconds; shorter runs are left out, and their neighbours of equal label are one run.
    """
    changes = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    runs: list[tuple[int, float]] = []
    for start, stop in pairwise(changes):
        label, length = int(labels[start]), clock.length(start, stop)
        if label < 0 or length < min(least, clock.duration / 10):
            continue
        if runs and runs[-1][0] == label:
            runs[-1] = (label, runs[-1][1] + length)
        else:
            runs.append((label, length))
    return runs

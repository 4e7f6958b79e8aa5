"""Segment: what one person does from one moment to another."""

import math
from dataclasses import dataclass

from zeroskel.core.errors import InputError


@dataclass(frozen=True)
class Segment:
    """Action of one person between two moments of a recording.

    Args:
        person: number of the person, from 0.
        start: seconds from the start of the recording.
        end: seconds from the start of the recording; more than `start`.
        action: name of the action.
        probability: probability of the action, from 0 to 1; 1 for a segment that a person annotated.

    Raises:
        InputError: if the end is not after the start, the person is negative, or the probability is none.

    Example:
        >>> from zeroskel.core import Segment
        >>> Segment(0, 1.5, 3.0, "sit down").seconds
        1.5
    """

    person: int
    start: float
    end: float
    action: str
    probability: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and math.isfinite(self.end) and self.start < self.end):
            raise InputError(f"A segment lasts from {self.start} to {self.end} s. Expected an end after the start.")
        if self.person < 0 or not 0 <= self.probability <= 1:
            raise InputError(
                f"A segment has person {self.person} and probability {self.probability}. Expected a person from 0 and "
                "a probability from 0 to 1."
            )

    @property
    def seconds(self) -> float:
        """Return the duration in seconds."""
        return self.end - self.start

    def overlap(self, other: "Segment") -> float:
        """Return the intersection over union of two segments in time, from 0 to 1; action and person do not count."""
        intersection = min(self.end, other.end) - max(self.start, other.start)
        return max(intersection, 0.0) / (max(self.end, other.end) - min(self.start, other.start))

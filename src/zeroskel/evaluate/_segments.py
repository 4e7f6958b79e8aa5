"""Segments as metrics see them: labels of frames, lanes of people, and matches of predicted with true segments."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from zeroskel.core import InputError, Segment

Recording = Sequence[Segment]
"""Segments of all people of one recording, in any order."""


class Lane(NamedTuple):
    """Segments of one person of one recording, in temporal order.

    Attributes:
        recording: index of the recording.
        predicted: predicted segments.
        true: true segments.
    """

    recording: int
    predicted: list[Segment]
    true: list[Segment]


def lanes(predicted: Sequence[Recording], true: Sequence[Recording], none: str | None = None) -> Iterator[Lane]:
    """Yield a lane for each person who has a segment; a recording without any segment has one empty lane.

    Args:
        predicted: N recordings of predicted segments.
        true: N recordings of true segments.
        none: action whose segments are left out.

    Raises:
        InputError: The numbers of recordings differ.
    """
    if len(predicted) != len(true):
        raise InputError(f"{len(predicted)} predicted and {len(true)} true recordings; expected one for each")
    for recording, pair in enumerate(zip(predicted, true, strict=True)):
        people = {segment.person for segments in pair for segment in segments} or {0}
        for person in sorted(people):
            predicted_part, true_part = (
                sorted((each for each in segments if each.person == person and each.action != none), key=in_time)
                for segments in pair
            )
            yield Lane(recording, predicted_part, true_part)


def in_time(segment: Segment) -> tuple[float, float, str, float]:
    """Return a key that sorts segments of one person by time, so that the order of a list does not count."""
    return segment.start, segment.end, segment.action, segment.probability


def best_match(segment: Segment, true: Sequence[Segment], overlap: float, *, last: bool = False) -> int | None:
    """Return the index of the true segment of the same action that overlaps most, None if it overlaps too little.

    Of equal overlaps the first counts, or the last.
    """
    overlaps = [segment.overlap(each) if each.action == segment.action else 0.0 for each in true]
    largest = max(overlaps, default=0.0)
    if largest < overlap:
        return None
    return max(i for i, each in enumerate(overlaps) if each == largest) if last else overlaps.index(largest)


def check_overlap(overlap: float) -> None:
    """Raise InputError unless a threshold of the intersection over union is above 0 and at most 1."""
    if not 0 < overlap <= 1:
        raise InputError(f"overlap is {overlap}; expected a share above 0 and at most 1")


def one_lane(segments: Recording) -> list[Segment]:
    """Return the segments of all people as those of person 0, for annotations that do not say who acts.

    Overlapping segments of the same action become one with the largest of their probabilities. Where segments of
    different actions overlap, the more probable one has the time; the other keeps its longest remaining part.
    """
    merged: list[Segment] = []
    for segment in sorted(segments, key=lambda each: (each.action, *in_time(each))):
        last = merged[-1] if merged else None
        if last is not None and last.action == segment.action and segment.start < last.end:
            probability = max(last.probability, segment.probability)
            merged[-1] = Segment(0, last.start, max(last.end, segment.end), segment.action, probability)
        else:
            merged.append(Segment(0, segment.start, segment.end, segment.action, segment.probability))
    remaining: list[Segment] = []
    for segment in sorted(merged, key=lambda each: (-each.probability, *in_time(each))):
        edges = [segment.start]
        for other in sorted(remaining, key=in_time):
            edges += [min(max(edge, segment.start), segment.end) for edge in (other.start, other.end)]
        edges.append(segment.end)
        start, end = max(zip(edges[::2], edges[1::2], strict=True), key=lambda part: part[1] - part[0])
        if start < end:
            remaining.append(Segment(0, start, end, segment.action, segment.probability))
    return sorted(remaining, key=in_time)


def frame_labels(segments: Recording, frames: int, *, fps: float = 30.0, none: str = "") -> np.ndarray:
    """Return the action of one person in each frame.

    Frame t is the moment (t + 0.5) / fps. Where segments overlap, the more probable one counts, then the later one.

    Args:
        segments: segments of one person.
        frames: number of frames T.
        fps: frames per second.
        none: label of frames without an action.

    Returns:
        (T,) labels.

    Raises:
        InputError: The segments are of more than one person, or `frames` or `fps` is not positive.

    Example:
        >>> from zeroskel.core import Segment
        >>> from zeroskel.evaluate import frame_labels
        >>> frame_labels([Segment(0, 1.0, 2.0, "jump")], frames=6, fps=2.0, none="-").tolist()
        ['-', '-', 'jump', 'jump', '-', '-']
    """
    if frames < 1 or not fps > 0:
        raise InputError(f"{frames} frames at {fps} frames per second; expected a positive number of each")
    if len(people := sorted({segment.person for segment in segments})) > 1:
        raise InputError(f"segments of the people {people}; expected the segments of one person at a time")
    moments = (np.arange(frames) + 0.5) / fps
    labels = np.full(frames, none, dtype=object)
    for segment in sorted(segments, key=lambda each: (each.probability, each.start, each.end, each.action)):
        labels[(moments >= segment.start) & (moments < segment.end)] = segment.action
    return labels.astype(str)


def label_segments(labels: np.ndarray, *, fps: float = 30.0, none: str | None = "", person: int = 0) -> list[Segment]:
    """Return a segment for each run of equal labels.

    Args:
        labels: (T,) labels of frames.
        fps: frames per second.
        none: label that gives no segment. With None each label gives segments, so that time without an action is
            scored as an action is.
        person: number of the person.

    Returns:
        The segments in temporal order.

    Raises:
        InputError: The labels have another number of axes.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import label_segments
        >>> [(each.start, each.end) for each in label_segments(np.array(["", "jump", "jump", ""]), fps=2.0)]
        [(0.5, 1.5)]
    """
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise InputError(f"labels have shape {labels.shape}; expected (T,), a label for each frame")
    edges = [0, *(np.flatnonzero(labels[1:] != labels[:-1]) + 1).tolist(), len(labels)]
    return [
        Segment(person, first / fps, last / fps, str(labels[first]))
        for first, last in pairwise(edges)
        if first < last and (none is None or labels[first] != none)
    ]

"""Average precision of detected segments, as PKU-MMD defines it."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from zeroskel.core import InputError
from zeroskel.evaluate._segments import Recording, best_match, check_overlap, lanes

RULES = ("interpolated", "released")
GROUPS = ("action", "recording")


def mean_average_precision(
    predicted: Sequence[Recording],
    true: Sequence[Recording],
    *,
    overlap: float = 0.5,
    by: str = "action",
    rule: str = "interpolated",
) -> float:
    """Return the mean average precision of detected segments, as PKU-MMD defines it.

    The segments of all recordings are sorted by their probability. A segment detects the true segment of the same
    recording, person and action that it overlaps most, if the overlap (intersection over union) is at least `overlap`.
    A true segment that more than one segment detects counts once, so that repeated detections lower the precision:

        precision(p) = detected true segments / segments, recall(p) = detected true segments / true segments,

    both among segments of probability p or more, and with the largest precision at a recall of at least r

        AP = sum over the steps of recall of (r_k - r_(k-1)) * max { precision(r) : r >= r_k }

    Args:
        predicted: N recordings of predicted segments.
        true: N recordings of true segments.
        overlap: smallest intersection over union of a detection, above 0 and at most 1.
        by: "action" averages over the actions that have true segments (mAP_a), "recording" over the recordings that
            have true segments (mAP_v).
        rule: "interpolated" is the equation above, the definition of the paper. "released" counts as the program that
            was released with PKU-MMD: it removes the least probable segment again and again, and measures the precision
            only after a segment that detects something, so that its result is mostly smaller. Equal probabilities are
            then taken in the order of recordings and time, and of equal overlaps the last counts.

    Returns:
        A share from 0 to 1; NaN where there is no true segment.

    Raises:
        InputError: The numbers of recordings differ, the overlap is out of range, or `by` or `rule` is unknown.

    References:
        Liu, Hu, Li, Song, Liu: PKU-MMD: A Large Scale Benchmark for Continuous Multi-Modal Human Action Understanding,
        arXiv 1703.07475, and its program evaluate.py.

    Example:
        >>> from zeroskel.core import Segment
        >>> from zeroskel.evaluate import mean_average_precision
        >>> true = [[Segment(0, 0.0, 2.0, "jump"), Segment(0, 5.0, 7.0, "jump")]]
        >>> predicted = [[Segment(0, 0.0, 2.0, "jump", 0.9), Segment(0, 3.0, 4.0, "jump", 0.5)]]
        >>> mean_average_precision(predicted, true)
        0.5
    """
    for name, value, known in (("by", by, GROUPS), ("rule", rule, RULES)):
        if value not in known:
            raise InputError(f"{name} is {value!r}; expected one of {', '.join(known)}")
    precisions = list(average_precisions(predicted, true, overlap=overlap, by=by, rule=rule).values())
    return float(np.mean(precisions)) if precisions else float("nan")


@dataclass
class _Detections:
    """Detections of the true segments of a group, in the order of recordings, people and time.

    Attributes:
        true: number of true segments.
        probabilities: probability of each predicted segment.
        matches: identity of the true segment that each predicted segment detects, or None.
    """

    true: int = 0
    probabilities: list[float] = field(default_factory=list)
    matches: list[Hashable | None] = field(default_factory=list)


def average_precisions(
    predicted: Sequence[Recording],
    true: Sequence[Recording],
    *,
    overlap: float = 0.5,
    by: str = "action",
    rule: str = "interpolated",
) -> dict[str | int, float]:
    """Return the average precision of each action, or of each recording by its index, that has true segments.

    The arguments are those of `mean_average_precision`.
    """
    check_overlap(overlap)
    groups: dict[str | int, _Detections] = {}
    for number, lane in enumerate(lanes(predicted, true)):
        for segment in lane.true:
            groups.setdefault(segment.action if by == "action" else lane.recording, _Detections()).true += 1
        for segment in lane.predicted:
            group = groups.setdefault(segment.action if by == "action" else lane.recording, _Detections())
            best = best_match(segment, lane.true, overlap, last=rule == "released")
            group.probabilities.append(segment.probability)
            group.matches.append(None if best is None else (number, best))
    average = _interpolated if rule == "interpolated" else _released
    return {key: average(group) for key, group in sorted(groups.items(), key=lambda item: item[0]) if group.true}


def _interpolated(detections: _Detections) -> float:
    """Return the area below the largest precision at a recall of at least r."""
    first_detected: dict[Hashable, float] = {}  # true segment -> largest probability of a segment that detects it
    for probability, match in zip(detections.probabilities, detections.matches, strict=True):
        if match is not None:
            first_detected[match] = max(probability, first_detected.get(match, 0.0))
    probabilities = np.sort(detections.probabilities)
    thresholds = np.unique(probabilities)[::-1]
    detected_at = np.sort(list(first_detected.values()))
    segments = len(probabilities) - np.searchsorted(probabilities, thresholds)
    detected = len(detected_at) - np.searchsorted(detected_at, thresholds)
    precision = np.maximum.accumulate((detected / segments)[::-1])[::-1]
    return float(precision @ np.diff(detected / detections.true, prepend=0.0))


def _released(detections: _Detections) -> float:
    """Return the average precision as the program released with PKU-MMD computes it.

    Segments are removed from the least probable on. After each that detected something, the step of recall (which is 0
    where another segment detects the same) counts with the largest precision so far.
    """
    order = np.argsort(detections.probabilities, kind="stable")
    remaining: dict[Hashable, int] = {}  # true segment -> number of segments left that detect it
    for match in detections.matches:
        if match is not None:
            remaining[match] = remaining.get(match, 0) + 1
    segments, detected, area = len(order), len(remaining), 0.0
    largest = detected / segments if segments else 0.0
    for index in order:
        segments -= 1
        match = detections.matches[index]
        if match is None:
            continue
        remaining[match] -= 1
        lost = remaining[match] == 0
        detected -= lost
        largest = max(largest, detected / segments if segments else 0.0)
        area += largest * lost / detections.true
    return float(area)

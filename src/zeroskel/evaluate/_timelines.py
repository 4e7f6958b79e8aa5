"""Metrics of timelines: frame accuracy, segmental F1, edit score, and all metrics of timelines together.

A recording is a list of `zeroskel.core.Segment`. Each metric of segments takes a list of recordings, and compares the
segments of each person with the true segments of the same person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zeroskel.core import InputError
from zeroskel.evaluate._average_precision import average_precisions, mean_average_precision
from zeroskel.evaluate._segments import Recording, best_match, check_overlap, frame_labels, lanes

F1_OVERLAPS = (0.1, 0.25, 0.5)
AP_OVERLAPS = (0.1, 0.3, 0.5, 0.7)


@dataclass(frozen=True)
class TimelineResult:
    """Metrics of predicted timelines, each a share from 0 to 1.

    Attributes:
        frame_accuracy: share of the frames that have the right label, "none of the actions" included.
        action_frame_accuracy: the same among frames in which an action truly happens.
        f1: overlap -> segmental F1.
        edit: mean edit score.
        map_by_action: overlap -> mean over actions of the average precision (PKU-MMD's mAP_a).
        map_by_recording: overlap -> mean over recordings of the average precision (PKU-MMD's mAP_v).
        map_by_action_released: `map_by_action` as PKU-MMD's program counts.
        map_by_recording_released: `map_by_recording` as PKU-MMD's program counts.
        average_precisions: action -> overlap -> average precision.

    Example:
        >>> from zeroskel.core import Segment
        >>> from zeroskel.evaluate import evaluate_timelines
        >>> true = [[Segment(0, 1.0, 3.0, "jump")]]
        >>> evaluate_timelines(true, true, seconds=[4.0]).f1
        {0.1: 1.0, 0.25: 1.0, 0.5: 1.0}
    """

    frame_accuracy: float
    action_frame_accuracy: float
    f1: Mapping[float, float]
    edit: float
    map_by_action: Mapping[float, float]
    map_by_recording: Mapping[float, float]
    map_by_action_released: Mapping[float, float]
    map_by_recording_released: Mapping[float, float]
    average_precisions: Mapping[str, Mapping[float, float]]


def frame_accuracy(predicted: np.ndarray, labels: np.ndarray, *, ignore: str | None = None) -> float:
    """Return the share of frames with the right label.

    Args:
        predicted: (T,) predicted labels.
        labels: (T,) true labels.
        ignore: true label whose frames do not count, such as that of frames without an action. None counts all frames.

    Returns:
        A share from 0 to 1; NaN where no frame counts.

    Raises:
        InputError: Shapes differ.

    Example:
        >>> import numpy as np
        >>> from zeroskel.evaluate import frame_accuracy
        >>> predicted, labels = np.array(["", "jump", "jump", "sit"]), np.array(["", "", "jump", "jump"])
        >>> frame_accuracy(predicted, labels), frame_accuracy(predicted, labels, ignore="")
        (0.5, 0.5)
    """
    predicted, labels = np.asarray(predicted), np.asarray(labels)
    if predicted.shape != labels.shape:
        raise InputError(f"predictions {predicted.shape}, labels {labels.shape}; expected one for each frame")
    counted = np.ones(labels.shape, bool) if ignore is None else labels != ignore
    return float((predicted == labels)[counted].mean()) if counted.any() else float("nan")


def segmental_f1(
    predicted: Sequence[Recording], true: Sequence[Recording], *, overlap: float = 0.5, none: str | None = None
) -> float:
    """Return the segmental F1 at an overlap, F1 = 2 TP / (2 TP + FP + FN).

    A predicted segment is compared with the true segment of the same person and action that it overlaps most
    (intersection over union in time). It is a true positive (TP) if the overlap is at least `overlap` and no earlier
    predicted segment has matched that true segment, otherwise a false positive (FP). True segments without a match are
    false negatives (FN). Counts are summed over all recordings.

    Args:
        predicted: N recordings of predicted segments.
        true: N recordings of true segments.
        overlap: smallest intersection over union of a match, above 0 and at most 1.
        none: action whose segments do not count, such as "background".

    Returns:
        A share from 0 to 1; 1 where there is nothing to predict and nothing predicted.

    Raises:
        InputError: The numbers of recordings differ, or the overlap is out of range.

    References:
        Lea, Flynn, Vidal, Reiter, Hager: Temporal Convolutional Networks for Action Segmentation and Detection, CVPR
        2017. Its authors average over recordings; counts are summed as in Abu Farha and Gall, MS-TCN, CVPR 2019.

    Example:
        >>> from zeroskel.core import Segment
        >>> from zeroskel.evaluate import segmental_f1
        >>> true = [[Segment(0, 0.0, 2.0, "jump"), Segment(0, 2.0, 4.0, "sit")]]
        >>> segmental_f1([[Segment(0, 0.0, 2.5, "jump")]], true) == 2 / 3
        True
    """
    check_overlap(overlap)
    positives = errors = 0
    for lane in lanes(predicted, true, none):
        matched: set[int] = set()
        for segment in lane.predicted:
            best = best_match(segment, lane.true, overlap)
            if best is not None:
                matched.add(best)
        positives += len(matched)
        errors += len(lane.predicted) + len(lane.true) - 2 * len(matched)
    return 2 * positives / (2 * positives + errors) if positives or errors else 1.0


def edit_score(predicted: Sequence[Recording], true: Sequence[Recording], *, none: str | None = None) -> float:
    """Return the mean edit score: how well the order of the actions is right, no matter when they happen.

    score = 1 - L(P, Y) / max(|P|, |Y|) with the Levenshtein distance L between the predicted and the true list of
    actions of a person, averaged over the people of all recordings.

    Args:
        predicted: N recordings of predicted segments.
        true: N recordings of true segments.
        none: action whose segments do not count, such as "background".

    Returns:
        A share from 0 to 1; a person without any segment counts as 1.

    Raises:
        InputError: The numbers of recordings differ, or there is no recording.

    References:
        Lea, Reiter, Vidal, Hager: Segmental Spatiotemporal CNNs for Fine-grained Action Segmentation, ECCV 2016.

    Example:
        >>> from zeroskel.core import Segment
        >>> from zeroskel.evaluate import edit_score
        >>> true = [[Segment(0, 0.0, 2.0, "jump"), Segment(0, 2.0, 4.0, "sit")]]
        >>> edit_score([[Segment(0, 0.0, 3.5, "jump")]], true)
        0.5
    """
    scores = []
    for lane in lanes(predicted, true, none):
        actions = [segment.action for segment in lane.predicted]
        true_actions = [segment.action for segment in lane.true]
        longest = max(len(actions), len(true_actions))
        scores.append(1 - _levenshtein(actions, true_actions) / longest if longest else 1.0)
    if not scores:
        raise InputError("There are no recordings. Pass one or more.")
    return float(np.mean(scores))


def evaluate_timelines(
    predicted: Sequence[Recording],
    true: Sequence[Recording],
    seconds: Sequence[float],
    *,
    none: str | None = None,
    fps: float = 30.0,
) -> TimelineResult:
    """Evaluate predicted timelines with all metrics.

    Args:
        predicted: N recordings of predicted segments.
        true: N recordings of true segments.
        seconds: N durations in seconds.
        none: action whose segments count as time without an action.
        fps: frames per second at which labels of frames are compared.

    Returns:
        Frame accuracies, segmental F1 at 10, 25 and 50 % overlap, edit score, and mean average precision at 10, 30, 50
        and 70 % overlap. Frames are counted for each person who has a true or a predicted segment.

    Raises:
        InputError: The numbers of recordings differ, or there is no recording.

    Example:
        >>> from zeroskel.core import Segment
        >>> from zeroskel.evaluate import evaluate_timelines
        >>> predicted, true = [[Segment(0, 1.0, 2.0, "jump", 0.8)]], [[Segment(0, 1.0, 3.0, "jump")]]
        >>> evaluate_timelines(predicted, true, seconds=[4.0]).frame_accuracy
        0.75
    """
    if len(seconds) != len(true):
        raise InputError(f"{len(seconds)} durations and {len(true)} recordings; expected one for each")
    labels: list[np.ndarray] = []
    true_labels: list[np.ndarray] = []
    for lane in lanes(predicted, true, none):
        frames = max(1, round(seconds[lane.recording] * fps))
        labels.append(frame_labels(lane.predicted, frames, fps=fps))
        true_labels.append(frame_labels(lane.true, frames, fps=fps))
    edit = edit_score(predicted, true, none=none)  # raises InputError where there are no recordings
    f1 = {theta: segmental_f1(predicted, true, overlap=theta, none=none) for theta in F1_OVERLAPS}
    predicted, true = (
        [[each for each in recording if each.action != none] for recording in recordings]
        for recordings in (predicted, true)
    )
    by_action = {theta: average_precisions(predicted, true, overlap=theta) for theta in AP_OVERLAPS}

    def means(by: str, rule: str) -> dict[float, float]:
        return {
            theta: mean_average_precision(predicted, true, overlap=theta, by=by, rule=rule) for theta in AP_OVERLAPS
        }

    return TimelineResult(
        frame_accuracy=frame_accuracy(np.concatenate(labels), np.concatenate(true_labels)),
        action_frame_accuracy=frame_accuracy(np.concatenate(labels), np.concatenate(true_labels), ignore=""),
        f1=f1,
        edit=edit,
        map_by_action=means("action", "interpolated"),
        map_by_recording=means("recording", "interpolated"),
        map_by_action_released=means("action", "released"),
        map_by_recording_released=means("recording", "released"),
        average_precisions={
            str(action): {theta: by_action[theta][action] for theta in AP_OVERLAPS} for action in by_action[0.5]
        },
    )


def _levenshtein(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the smallest number of insertions, deletions and substitutions that turn one list into the other."""
    row = list(range(len(second) + 1))
    for i, action in enumerate(first, start=1):
        above, row = row, [i]
        for j, other in enumerate(second, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (action != other)))
    return row[-1]

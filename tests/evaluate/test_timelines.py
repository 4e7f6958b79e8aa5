"""Metrics of timelines: values computed by hand, and properties that hold for any timeline."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zeroskel.core import InputError, Segment
from zeroskel.evaluate import (
    edit_score,
    evaluate_timelines,
    frame_accuracy,
    frame_labels,
    label_segments,
    mean_average_precision,
    segmental_f1,
)
from zeroskel.evaluate._average_precision import average_precisions
from zeroskel.evaluate._segments import one_lane

ACTIONS = ("jump", "sit", "wave")
TRUE = [Segment(0, 0, 2, "jump"), Segment(0, 3, 5, "sit"), Segment(0, 6, 8, "jump")]


def detection(start: float, end: float, action: str = "jump", probability: float = 1.0, person: int = 0) -> Segment:
    return Segment(person, start, end, action, probability)


@st.composite
def lanes(draw, person: int = 0, smallest: int = 0) -> list[Segment]:
    """Segments of one person that do not overlap, with gaps between some of them."""
    edges = sorted(draw(st.sets(st.integers(0, 60), min_size=2 * smallest, max_size=16)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    names, probabilities = st.sampled_from(ACTIONS), st.sampled_from((0.2, 0.5, 0.9))
    return [Segment(person, start / 2, end / 2, draw(names), draw(probabilities)) for start, end in pairs]


recordings = st.lists(lanes(), min_size=1, max_size=3)
METRICS = {
    "f1": segmental_f1,
    "edit": edit_score,
    "mAP_a": mean_average_precision,
    "mAP_v": lambda predicted, true: mean_average_precision(predicted, true, by="recording"),
    "mAP_a released": lambda predicted, true: mean_average_precision(predicted, true, rule="released"),
}


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
@given(true=st.lists(lanes(smallest=1), min_size=1, max_size=3))
def test_the_truth_scores_one(metric, true) -> None:
    assert metric(true, true) == pytest.approx(1)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
@given(true=recordings, data=st.data())
def test_the_order_of_segments_and_recordings_does_not_count(metric, true, data) -> None:
    predicted = data.draw(st.lists(lanes(), min_size=len(true), max_size=len(true)))
    expected = metric(predicted, true)
    shuffled = [
        ([*data.draw(st.permutations(one))], [*data.draw(st.permutations(other))])
        for one, other in zip(predicted, true, strict=True)
    ]
    assert metric([one for one, _ in shuffled], [other for _, other in shuffled]) == pytest.approx(
        expected, nan_ok=True
    )
    if metric is not METRICS["mAP_a released"]:  # takes equal probabilities in the order of recordings
        assert metric(predicted[::-1], true[::-1]) == pytest.approx(expected, nan_ok=True)
    assert math.isnan(expected) or 0 <= expected <= 1 + 1e-9


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
@given(true=st.lists(lanes(smallest=1), min_size=1, max_size=3))
def test_other_people_and_other_names_score_zero(metric, true) -> None:
    others = [[replace(each, person=each.person + 1) for each in recording] for recording in true]
    assert metric(others, true) == 0
    renamed = [[replace(each, action=f"not {each.action}") for each in recording] for recording in true]
    assert metric(renamed, true) == 0


@given(
    labels=st.lists(st.sampled_from(["", *ACTIONS]), min_size=1, max_size=50), fps=st.sampled_from((5.0, 29.97, 30.0))
)
def test_labels_become_segments_and_labels_again(labels: list[str], fps: float) -> None:
    segments = label_segments(np.array(labels), fps=fps)
    assert frame_labels(segments, len(labels), fps=fps).tolist() == labels
    assert sum(each.seconds for each in segments) * fps == pytest.approx(sum(label != "" for label in labels))


def test_time_without_an_action_gives_segments_on_demand() -> None:
    segments = label_segments(np.array(["", "jump", ""]), fps=1, none=None, person=2)
    assert [(each.person, each.start, each.action) for each in segments] == [(2, 0, ""), (2, 1, "jump"), (2, 2, "")]
    assert label_segments(np.array([], str)) == []


def test_where_segments_overlap_the_more_probable_one_counts_then_the_later() -> None:
    assert frame_labels([detection(0, 3, "a", 0.9), detection(1, 4, "b", 0.5)], 4, fps=1).tolist() == list("aaab")
    assert frame_labels([detection(0, 3, "a"), detection(1, 4, "b")], 4, fps=1).tolist() == list("abbb")


def test_frame_accuracy_with_and_without_none() -> None:
    predicted, labels = np.array(["", "a", "a", "b", ""]), np.array(["", "", "a", "a", "b"])
    assert frame_accuracy(predicted, labels) == pytest.approx(2 / 5)
    assert frame_accuracy(predicted, labels, ignore="") == pytest.approx(1 / 3)
    assert math.isnan(frame_accuracy(predicted[:1], labels[:1], ignore=""))


def test_f1_by_hand() -> None:
    predicted = [detection(0, 1.0), detection(1.0, 2.0), detection(3.5, 5.5, "sit"), detection(6, 8, "wave")]
    # the halves of the first jump overlap it by 1/2, sit by 1.5 of 2.5 s, wave by nothing of its name
    assert segmental_f1([predicted], [TRUE], overlap=0.5) == pytest.approx(2 * 2 / (4 + 3))
    assert segmental_f1([predicted], [TRUE], overlap=0.6) == pytest.approx(2 * 1 / (4 + 3))
    assert segmental_f1([predicted], [TRUE], overlap=0.61) == 0


def test_f1_sums_counts_over_recordings_and_people() -> None:
    second = [replace(each, person=1) for each in TRUE]
    assert segmental_f1([TRUE, [], TRUE], [TRUE, TRUE, [*TRUE, *second]]) == pytest.approx(2 * 6 / (6 + 12))


def test_splitting_and_merging_cost_f1_and_edit_but_no_frame_accuracy() -> None:
    split = [detection(0, 1), detection(1, 2), *TRUE[1:]]
    assert segmental_f1([split], [TRUE], overlap=0.5) == pytest.approx(2 * 3 / (4 + 3))
    assert edit_score([split], [TRUE]) == pytest.approx(3 / 4)
    assert evaluate_timelines([split], [TRUE], [8]).frame_accuracy == 1
    merged = [detection(0, 8)]  # overlaps a jump by a quarter
    assert segmental_f1([merged], [TRUE], overlap=0.25) == pytest.approx(2 * 1 / (1 + 3))
    assert segmental_f1([merged], [TRUE], overlap=0.5) == 0
    assert edit_score([merged], [TRUE]) == pytest.approx(1 / 3)


def test_edit_score_by_hand() -> None:
    def lane(actions: str) -> list[Segment]:
        return [detection(i, i + 1, action) for i, action in enumerate(actions)]

    assert edit_score([lane("abc")], [lane("bcd")]) == pytest.approx(1 - 2 / 3)
    assert edit_score([lane("abc"), []], [lane("abc"), lane("abc")]) == pytest.approx(1 / 2)
    assert edit_score([[]], [[]]) == 1
    assert edit_score([lane("xaxbx")], [lane("ab")], none="x") == 1


@given(true=lanes(smallest=1), factor=st.sampled_from((0.5, 3.0)))
def test_edit_score_knows_no_time_and_f1_no_unit_of_time(true: list[Segment], factor: float) -> None:
    scaled = [replace(each, start=each.start * factor, end=each.end * factor) for each in true]
    assert edit_score([scaled], [true]) == 1
    shifted = [replace(each, start=each.start + 0.2, end=each.end + 0.2) for each in true]
    both = [[replace(each, start=each.start * factor, end=each.end * factor) for each in shifted]]
    assert segmental_f1(both, [scaled], overlap=0.45) == segmental_f1([shifted], [true], overlap=0.45)


@given(predicted=lanes(), true=lanes(smallest=1))
def test_f1_and_average_precision_fall_with_the_overlap(predicted: list[Segment], true: list[Segment]) -> None:
    for metric in (segmental_f1, mean_average_precision):
        values = [metric([predicted], [true], overlap=theta) for theta in (0.1, 0.3, 0.5, 0.7, 1.0)]
        assert values == sorted(values, reverse=True)


def test_average_precision_by_hand() -> None:
    """The precisions at recalls of 1/3, 2/3 are 1 and 2/4; the envelope keeps them."""
    predicted = [
        detection(0, 2, probability=0.9),
        detection(10, 12, probability=0.8),
        detection(0.1, 2, probability=0.7),  # detects the first again: only the precision falls
        detection(6, 8, probability=0.6),
        detection(20, 22, probability=0.5),
    ]
    true = [*TRUE, detection(30, 32)]
    assert average_precisions([predicted], [true]) == {"jump": pytest.approx((1 + 2 / 4) / 3), "sit": 0.0}
    assert mean_average_precision([predicted], [true]) == pytest.approx((1 + 2 / 4) / 6)
    assert average_precisions([predicted], [true], by="recording") == {0: pytest.approx((1 + 2 / 4) / 4)}


def test_precision_is_interpolated() -> None:
    """Precision is 1/2 at the first and 2/3 at the second step of recall, which counts for both."""
    predicted = [detection(10, 12, probability=0.9), detection(0, 2, probability=0.8), detection(6, 8, probability=0.7)]
    true = [TRUE[0], TRUE[2]]
    assert mean_average_precision([predicted], [true]) == pytest.approx(2 / 3)


def test_the_released_program_looks_at_fewer_precisions() -> None:
    """Without the least probable detection precision is 1/2; after the error, 1, at which the program does not look."""
    predicted = [detection(0, 2, probability=0.9), detection(10, 12, probability=0.5), detection(6, 8, probability=0.2)]
    true = [TRUE[0], TRUE[2]]
    assert mean_average_precision([predicted], [true]) == pytest.approx((1 + 2 / 3) / 2)
    assert mean_average_precision([predicted], [true], rule="released") == pytest.approx(2 / 3)


def test_the_released_program_counts_repeated_detections_as_the_paper_does() -> None:
    predicted = [detection(0, 2, probability=0.9), detection(0, 1.9, probability=0.5), detection(6, 8, probability=0.2)]
    true = [TRUE[0], TRUE[2], detection(30, 32)]
    assert mean_average_precision([predicted], [true]) == pytest.approx((1 + 2 / 3) / 3)
    assert mean_average_precision([predicted], [true], rule="released") == pytest.approx((1 + 2 / 3) / 3)


@given(true=st.lists(lanes(smallest=1), min_size=1, max_size=2), data=st.data())
def test_the_released_program_never_gives_more(true, data) -> None:
    predicted = data.draw(st.lists(lanes(), min_size=len(true), max_size=len(true)))
    order = iter(np.random.default_rng(0).permutation(100) / 100)
    predicted = [[replace(each, probability=float(next(order))) for each in recording] for recording in predicted]
    for by in ("action", "recording"):
        released = mean_average_precision(predicted, true, by=by, rule="released", overlap=0.2)
        assert released <= mean_average_precision(predicted, true, by=by, overlap=0.2) + 1e-9


def test_equal_probabilities_are_one_step() -> None:
    predicted = [detection(0, 2), detection(10, 12)]
    for order in (predicted, predicted[::-1]):
        assert mean_average_precision([order], [TRUE[:1]]) == pytest.approx(1 / 2)


@given(true=st.lists(lanes(smallest=1), min_size=1, max_size=2), data=st.data())
def test_an_improbable_error_does_not_change_the_average_precision(true, data) -> None:
    predicted = data.draw(st.lists(lanes(), min_size=len(true), max_size=len(true)))
    action = data.draw(st.sampled_from(ACTIONS))
    worse = [[*predicted[0], Segment(0, 100, 101, action, 0.01)], *predicted[1:]]
    for by in ("action", "recording"):
        assert mean_average_precision(worse, true, by=by) == pytest.approx(
            mean_average_precision(predicted, true, by=by)
        )


def test_confidence_is_compared_over_all_recordings() -> None:
    predicted = [[detection(0, 2, probability=0.4)], [detection(20, 21, probability=0.6)]]
    assert mean_average_precision(predicted, [TRUE[:1], []]) == pytest.approx(1 / 2)
    assert mean_average_precision(predicted, [TRUE[:1], []], by="recording") == 1


def test_all_metrics_together() -> None:
    predicted = [[*TRUE[:2], detection(6, 7, "wave", 0.5)]]
    result = evaluate_timelines(predicted, [TRUE], [10.0])
    assert (result.frame_accuracy, result.action_frame_accuracy) == pytest.approx((8 / 10, 4 / 6))
    assert result.f1 == pytest.approx({0.1: 4 / 6, 0.25: 4 / 6, 0.5: 4 / 6})
    assert result.edit == pytest.approx(2 / 3)
    assert result.map_by_action == pytest.approx({theta: (1 / 2 + 1) / 2 for theta in (0.1, 0.3, 0.5, 0.7)})
    assert result.map_by_recording == pytest.approx({theta: 2 / 3 for theta in (0.1, 0.3, 0.5, 0.7)})
    assert list(result.average_precisions) == ["jump", "sit"]


def test_the_name_of_none_can_be_left_out() -> None:
    gap = [detection(2, 3, "nothing"), detection(5, 6, "nothing")]
    result = evaluate_timelines([[*TRUE, *gap]], [TRUE], [8.0], none="nothing")
    assert (result.frame_accuracy, result.f1[0.5], result.edit, result.map_by_action[0.5]) == (1, 1, 1, 1)
    assert segmental_f1([[*TRUE, *gap]], [TRUE], none="nothing") == 1
    assert segmental_f1([[*TRUE, *gap]], [TRUE]) == pytest.approx(6 / 8)


def test_people_become_one_lane() -> None:
    segments = [
        detection(0, 4, "shake hands", 0.6),
        detection(1, 5, "shake hands", 0.8, person=1),
        detection(4, 8, "sit", 0.7),
        detection(5.5, 6, "wave", 0.9, person=1),
    ]
    assert one_lane(segments) == [
        detection(0, 5, "shake hands", 0.8),
        detection(5.5, 6, "wave", 0.9),
        detection(6, 8, "sit", 0.7),
    ]


@given(first=lanes(person=0), second=lanes(person=1))
def test_one_lane_has_no_overlaps_and_keeps_a_single_person(first: list[Segment], second: list[Segment]) -> None:
    merged = one_lane([*first, *second])
    assert all(one.end <= other.start for one, other in pairwise(merged))
    assert one_lane(first) == sorted(first, key=lambda each: each.start)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_recordings_must_correspond(metric) -> None:
    with pytest.raises(InputError, match="1 predicted and 2 true recordings"):
        metric([TRUE], [TRUE, TRUE])


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(InputError, match="overlap is 0"):
        segmental_f1([TRUE], [TRUE], overlap=0)
    with pytest.raises(InputError, match="rule is 'voc'; expected one of interpolated, released"):
        mean_average_precision([TRUE], [TRUE], rule="voc")
    with pytest.raises(InputError, match="no recordings"):
        edit_score([], [])
    with pytest.raises(InputError, match="no recordings"):
        evaluate_timelines([], [], [])
    with pytest.raises(InputError, match=r"people \[0, 1\]"):
        frame_labels([*TRUE, detection(0, 1, person=1)], 9)
    with pytest.raises(InputError, match="0 frames"):
        frame_labels(TRUE, 0)
    with pytest.raises(InputError, match="expected one for each"):
        frame_accuracy(np.array(["a"]), np.array(["a", "b"]))
    with pytest.raises(InputError, match=r"shape \(1, 1\)"):
        label_segments(np.array([["a"]]))
    with pytest.raises(InputError, match="1 durations and 2 recordings"):
        evaluate_timelines([TRUE, TRUE], [TRUE, TRUE], [8.0])

"""Spans are the times in which something is true: their number, duration and wording."""

import numpy as np
import pytest

from zeroskel.recognition._spans import Clock, runs_of

CLOCK = Clock(frames=101, seconds=0.05)  # five seconds


def mask_of(*spans):
    mask = np.zeros(CLOCK.frames, dtype=bool)
    for start, stop in spans:
        mask[start:stop] = True
    return mask


@pytest.mark.parametrize(
    ("spans", "wording"),
    [
        ([(20, 44)], "for 1.2 s"),
        ([(20, 40), (60, 88)], "2 times, 2.4 s in all"),
        ([(0, 101)], "throughout"),
        ([(20, 30), (32, 44)], "for 1.2 s"),  # an interruption of a tenth of a second is bridged
        ([(20, 44), (60, 62)], "for 1.2 s"),  # a tenth of a second is noise
        ([(0, 21)], "for 1.0 s"),  # half of the first step is before the recording
    ],
)
def test_a_span_is_said_as_it_is(spans, wording):
    assert CLOCK.spans(mask_of(*spans)).wording() == wording


def test_the_duration_of_a_span_is_unbiased():
    rng = np.random.default_rng(0)
    times = np.arange(CLOCK.frames) * CLOCK.seconds
    starts = rng.uniform(0.5, 3, 200)
    measured = [CLOCK.spans((times > start) & (times < start + 1.234)).total for start in starts]
    assert np.mean(measured) == pytest.approx(1.234, abs=0.005)
    assert np.ptp(measured) <= CLOCK.seconds + 1e-9


def test_nothing_true_is_no_span_and_a_still_picture_has_no_durations():
    assert len(CLOCK.spans(mask_of())) == 0
    still = Clock(frames=96, seconds=0.0).spans(np.ones(96, dtype=bool))
    assert len(still) == 1
    assert still.wording() == ""


def test_only_short_spans_inside_the_recording_remain():
    spans = CLOCK.spans(mask_of((0, 10), (30, 40), (50, 80), (95, 101)))
    assert spans.within(0.9).bounds == ((30, 40),)


def test_runs_of_labels_skip_short_and_unknown_ones():
    labels = np.repeat([0, 2, 0, -1, 1], [40, 2, 18, 11, 30])
    assert [label for label, _ in runs_of(labels, CLOCK, least=0.3)] == [0, 1]
    assert sum(seconds for _, seconds in runs_of(labels, CLOCK, least=0.3)) == pytest.approx(4.35)

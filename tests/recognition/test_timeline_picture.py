"""Pictures of timelines: what a reader can see and read in them."""

import logging

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from zeroskel.core import Segment
from zeroskel.recognition import Timeline
from zeroskel.recognition._timeline import Lane
from zeroskel.recognition._timeline_picture import plot_timeline
from zeroskel.recognition._timeline_style import COLOURS

ACTIONS = ("wave the right hand", "jump", "costs $5 and $6", "_hidden")


def random_timeline(seconds, people, actions, lengths, seed=0):
    rng = np.random.default_rng(seed)
    segments = []
    for person in range(people):
        start = rng.uniform(0, 3)
        while (end := start + rng.uniform(*lengths)) < seconds:
            segments.append(Segment(person, start, end, actions[rng.integers(len(actions))], 0.8))
            start = end + rng.uniform(0, 4)
    return Timeline(tuple(segments), tuple(actions), seconds)


def texts_in(axes):
    return [text.get_text().replace("\n", " ") for text in axes.texts]


def overlaps(figure, renderer):
    """Return whether two texts of the lanes of a figure cover each other."""
    for axes in figure.axes:
        boxes = [text.get_window_extent(renderer) for text in axes.texts]
        if any(one.overlaps(two) for i, one in enumerate(boxes) for two in boxes[i + 1 :]):
            return True
    return False


def test_a_segment_shows_its_name_where_it_fits_and_else_its_number():
    wide = Timeline((Segment(0, 1, 9, ACTIONS[0]), Segment(0, 10, 18, ACTIONS[2])), ACTIONS, 20.0)
    (axes,) = plot_timeline(wide).axes
    assert texts_in(axes) == [ACTIONS[0], ACTIONS[2]]
    assert axes.get_legend() is None
    narrow = Timeline((Segment(0, 1, 9, ACTIONS[0]), Segment(0, 10, 10.4, ACTIONS[3])), ACTIONS, 20.0)
    (axes,) = plot_timeline(narrow).axes
    assert texts_in(axes) == [ACTIONS[0], "2"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [f"1  {ACTIONS[0]}", f"2  {ACTIONS[3]}"]


def test_people_have_lanes_and_names_are_no_formulas():
    timeline = Timeline((Segment(2, 1, 9, ACTIONS[2]), Segment(0, 2, 3, ACTIONS[1])), ACTIONS, 10.0)
    figure = plot_timeline(timeline)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["person 0", "person 2"]
    assert not any(text.get_parse_math() for text in axes.texts)
    upper, lower = sorted(text.get_position()[1] for text in axes.texts)
    assert axes.get_ylim()[0] > lower > upper  # person 0 is at the top


def test_a_colour_depends_on_the_position_among_the_candidates():
    for action, colour in zip(ACTIONS, COLOURS, strict=False):
        (axes,) = plot_timeline(Timeline((Segment(0, 1, 9, action),), ACTIONS, 10.0)).axes
        _band, bar = (part for part in axes.collections if isinstance(part, PolyCollection))
        assert to_hex(bar.get_facecolor()[0]) == colour


@pytest.mark.parametrize(("seconds", "unit"), [(30.0, "time (s)"), (600.0, "time (min:s)"), (4000.0, "time (h:min:s)")])
def test_the_time_axis_has_the_unit_of_the_recording(seconds, unit):
    figure = plot_timeline(Timeline((), ACTIONS, seconds))
    assert figure.axes[-1].get_xlabel() == unit
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels[0] == {"time (s)": "0", "time (min:s)": "0:00", "time (h:min:s)": "0:00:00"}[unit]
    assert len(set(labels)) == len(labels)


def test_an_hour_of_sixty_actions_is_broken_into_rows_without_overlapping_texts():
    actions = [f"action number {number}" for number in range(60)]
    timeline = random_timeline(3600.0, 1, actions, (2, 8))
    figure = plot_timeline(timeline)
    starts = [axes.get_xlim() for axes in figure.axes]
    assert len(starts) == 12
    assert starts[0] == (0, 300)
    assert starts[-1] == (3300, 3600)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    assert not overlaps(figure, canvas.get_renderer())
    legend = figure.axes[-1].get_legend()
    assert len(legend.get_texts()) == 60
    box = legend.get_window_extent(canvas.get_renderer())
    assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
    assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1
    assert len({(patch.get_facecolor(), patch.get_hatch()) for patch in legend.get_patches()}) == 60


def test_the_axes_of_a_user_hold_one_row():
    figure = Figure(figsize=(5, 2))
    axes = figure.add_subplot()
    timeline = random_timeline(120.0, 3, ACTIONS, (1, 6))
    assert plot_timeline(timeline, ax=axes) is figure
    assert figure.axes == [axes]
    assert axes.get_xlim() == (0, 120)


def test_probabilities_are_stacked_below_the_lane():
    probabilities = np.tile(np.array([0.5, 0.2, 0.0, 0.0, 0.3], np.float32), (40, 1))
    lane = Lane(0, 0.0, 0.25, probabilities)
    timeline = Timeline((Segment(0, 1, 9, ACTIONS[0]),), ACTIONS, 10.0, (lane,))
    plain, strip = (plot_timeline(timeline, probabilities=shown).axes[0] for shown in (False, True))
    mine, others = strip.collections[len(plain.collections) :][:2]
    heights = [np.ptp(part.get_paths()[0].vertices[:, 1]) for part in (mine, others)]
    assert heights[1] / heights[0] == pytest.approx(0.4)
    assert mine.get_paths()[0].vertices[:, 0].max() == pytest.approx(10.0)


def test_pictures_are_files_of_their_kind_and_the_same_each_time(tmp_path):
    timeline = random_timeline(40.0, 2, ACTIONS, (2, 6))
    for name in ("t.png", "t.svg", "again.png", "again.svg"):
        timeline.save(tmp_path / name)
    assert (tmp_path / "t.png").read_bytes().startswith(b"\x89PNG")
    assert "costs $5" in (tmp_path / "t.svg").read_text()
    for suffix in ("png", "svg"):
        assert (tmp_path / f"t.{suffix}").read_bytes() == (tmp_path / f"again.{suffix}").read_bytes()


def test_a_missing_font_is_reported_in_one_line(tmp_path, caplog):
    timeline = Timeline((Segment(0, 1, 9, "\U0001e2d1 wave"),), ("\U0001e2d1 wave",), 10.0)  # a letter of Wancho
    with caplog.at_level(logging.WARNING):
        timeline.save(tmp_path / "t.png")
    (record,) = caplog.records
    assert "No installed font has 1 of the characters" in record.getMessage()

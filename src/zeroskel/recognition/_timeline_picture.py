"""Pictures of timelines: one lane for each person, over one or more rows of time."""

import io
import math
import textwrap
import warnings
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from zeroskel.core import Segment
from zeroskel.recognition._timeline_style import INK, SIZE, Style, ink_on, style_of, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LANE, STRIP, GAP = 0.42, 0.3, 0.12  # heights in inches
WIDTH, TOP, BOTTOM = 11.0, 0.1, 0.5  # of a figure in inches; BOTTOM is under each row
LEFT, NAMELESS, RIGHT = 0.8, 0.3, 0.3  # margins in inches; NAMELESS is the left one where one person needs no name
NARROW = 0.3  # inches that half of the segments should have at least, before time is broken into rows
MOST_ROWS, MOST_LANES = 12, 24  # rows of time in a figure, and lanes in all of them
ROW_SECONDS = (10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 14400, 28800, 86400)
TICK_SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 1200, 1800, 3600, 7200, 21600)
SOFT, BAND, OTHERS = "#59616b", "#eef0f3", "#c9ced6"


class TimelineLike(Protocol):
    """Timeline as pictures and files see it; `Timeline` imports them."""

    @property
    def segments(self) -> tuple[Segment, ...]: ...
    @property
    def actions(self) -> tuple[str, ...]: ...
    @property
    def seconds(self) -> float: ...
    @property
    def lanes(self) -> tuple[Any, ...]: ...
    @property
    def people(self) -> tuple[int, ...]: ...
    def to_dict(self, *, decimals: int | None = None) -> dict[str, Any]: ...


def plot_timeline(timeline: TimelineLike, *, ax: "Axes | None" = None, probabilities: bool = False) -> "Figure":
    """Draw a timeline: one lane for each person, with the actions as coloured segments.

    A segment shows the name of its action where the name fits, else a number, which a legend explains. The colour of
    an action depends only on its position among the candidates, so timelines of the same candidates can be compared.

    Args:
        timeline: timeline to draw.
        ax: axes of matplotlib to draw on, whose size at the time of the call decides what fits. None creates a figure,
            which breaks a long recording into several rows of equal duration.
        probabilities: whether a strip below each lane shows the probabilities of the actions over time, stacked; grey
            are actions that the person does not do, and the rest is none of them.

    Returns:
        The figure of the axes.

    Example:
        >>> from zeroskel.core import Segment
        >>> from zeroskel.recognition import Timeline
        >>> from zeroskel.plot import plot_timeline
        >>> timeline = Timeline((Segment(0, 1.0, 2.5, "jump", 0.8),), ("jump", "sit down"), 4.0)
        >>> len(plot_timeline(timeline).axes)
        1
    """
    style = style_of(timeline.actions, {segment.action for segment in timeline.segments})
    strip = probabilities and len(timeline.lanes) > 0
    if ax is not None:
        all_named = _draw(ax, timeline, style, 0.0, timeline.seconds, strip)
        if not all_named:
            _legend(ax, style, ax.get_window_extent().width / ax.figure.dpi)
        return _figure_of(ax)
    from matplotlib.figure import Figure

    duration = _row_seconds(timeline)
    rows = max(1, math.ceil(round(timeline.seconds / duration, 6)))
    height = _height(timeline, strip)
    figure = Figure(figsize=(WIDTH, TOP + rows * (height + BOTTOM)))
    all_named = True
    for row in range(rows):
        axes = figure.add_axes((0, 0, 1, 1))
        _put(axes, _left(timeline), TOP + row * (height + BOTTOM), height)
        start = row * duration
        all_named &= _draw(axes, timeline, style, start, start + duration, strip, last=row == rows - 1)
    if not all_named:
        space = _legend(axes, style, WIDTH - _left(timeline) - RIGHT)
        figure.set_figheight(figure.get_figheight() + space)
        for row, axes in enumerate(figure.axes):
            _put(axes, _left(timeline), TOP + row * (height + BOTTOM), height)
    return figure


def picture(timeline: TimelineLike, suffix: str) -> bytes:
    """Return the picture of a timeline as a PNG or SVG file; one row of time also shows the probabilities."""
    import matplotlib

    figure = plot_timeline(timeline, probabilities=_row_seconds(timeline) >= timeline.seconds)
    buffer = io.BytesIO()
    metadata = {"Date": None} if suffix == "svg" else {}
    with matplotlib.rc_context({"svg.hashsalt": "zeroskel", "svg.fonttype": "none"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # _families has said so
        figure.savefig(buffer, format=suffix, dpi=200, metadata=metadata)
    return buffer.getvalue()


def _figure_of(axes: "Axes") -> "Figure":
    figure = axes.get_figure(root=True)
    assert figure is not None, "the axes were removed from their figure"
    return figure


def _left(timeline: TimelineLike) -> float:
    return LEFT if len(timeline.people) > 1 else NAMELESS


def _put(axes: "Axes", left: float, top: float, height: float) -> None:
    """Put axes at a distance from the left and the top of their figure, in inches."""
    whole = _figure_of(axes).get_figheight()
    axes.set_position((left / WIDTH, 1 - (top + height) / whole, 1 - (left + RIGHT) / WIDTH, height / whole))


def _row_seconds(timeline: TimelineLike) -> float:
    """Return the duration of a row of time: one row, unless half of the segments would be too narrow to be read."""
    most_rows = max(1, min(MOST_ROWS, MOST_LANES // max(1, len(timeline.people))))
    lengths = [segment.seconds for segment in timeline.segments]
    readable = float(np.median(lengths)) / NARROW * (WIDTH - _left(timeline) - RIGHT) if lengths else timeline.seconds
    if timeline.seconds <= max(readable, ROW_SECONDS[0]) or most_rows == 1:
        return max(timeline.seconds, 1e-3)
    shortest = max(readable, timeline.seconds / most_rows)
    return next((float(seconds) for seconds in ROW_SECONDS if seconds >= shortest), timeline.seconds)


def _height(timeline: TimelineLike, strip: bool) -> float:
    """Return the height of a row of time in inches."""
    return GAP + max(1, len(timeline.people)) * (LANE + GAP + (STRIP if strip else 0))


def _draw(
    axes: "Axes", timeline: TimelineLike, style: Style, start: float, end: float, strip: bool, *, last: bool = True
) -> bool:
    """Draw the lanes of a stretch of time, and return whether each segment shows the name of its action."""
    axes.set(xlim=(start, end), ylim=(_height(timeline, strip), 0))
    box = axes.get_window_extent()
    points = 72 / axes.figure.dpi
    per_second, per_inch = box.width * points / (end - start), box.height * points / _height(timeline, strip)
    all_named, middles = True, []
    for number, person in enumerate(timeline.people):
        top = GAP + number * (LANE + GAP + (STRIP if strip else 0))
        middles.append(top + LANE / 2)
        axes.broken_barh([(start, min(end, timeline.seconds) - start)], (top, LANE), facecolor=BAND)
        for segment in timeline.segments:
            first, past = max(segment.start, start), min(segment.end, end)
            if segment.person == person and first < past:
                axes.broken_barh(
                    [(first, past - first)], (top, LANE), facecolor=style.colours[segment.action], edgecolor="white",
                    hatch=style.hatches[segment.action], linewidth=0.4, hatch_linewidth=0.5,
                )  # fmt: skip
                all_named &= _label(axes, style, segment.action, (first, past), top, per_second, per_inch * LANE)
        for lane in timeline.lanes if strip else ():
            if lane.person == person:
                _strip(axes, timeline, style, lane, start, end, top + LANE)
    if len(middles) < 2:
        middles = []  # one person needs no name
    axes.set_yticks(middles, [f"person {person}" for person in timeline.people[: len(middles)]])
    _time_axis(axes, timeline.seconds, start, end, last)
    return all_named


def _label(
    axes: "Axes", style: Style, action: str, span: tuple[float, float], top: float, per_second: float, height: float
) -> bool:
    """Write the name of an action into its segment, else its number; return whether the name fitted."""
    width = (span[1] - span[0]) * per_second - 4
    text = wrapped(action, style, width, int(height // (SIZE * 1.15)))
    named, rotation = text is not None, 0
    if text is None and width + 4 >= SIZE:
        text = str(style.numbers[action])
        rotation = 0 if style.width(text) <= width + 3 else 90
    if text is not None:
        background, hatched = style.colours[action], style.hatches[action] is not None
        axes.text(
            sum(span) / 2, top + LANE / 2, text, ha="center", va="center", fontsize=SIZE, linespacing=1.0,
            rotation=rotation,
            color=ink_on(background), parse_math=False, fontfamily=list(style.families), clip_on=True,
            bbox={"facecolor": background, "edgecolor": "none", "pad": 0.6} if hatched else None,
        )  # fmt: skip
    return named


def _strip(axes: "Axes", timeline: TimelineLike, style: Style, lane: Any, start: float, end: float, top: float) -> None:
    """Draw the stacked probabilities of a person's actions below the lane."""
    first = max(0, math.floor((start - lane.start) / lane.step))
    rows = np.asarray(lane.probabilities[first : math.ceil((end - lane.start) / lane.step)], dtype=float)
    if len(rows) == 0:
        return
    edges = np.minimum(lane.start + lane.step * (first + np.arange(len(rows) + 1)), timeline.seconds)
    done = {segment.action for segment in timeline.segments if segment.person == lane.person}
    columns = [(style.colours[name], rows[:, i]) for i, name in enumerate(timeline.actions) if name in done]
    others = [rows[:, i] for i, name in enumerate(timeline.actions) if name not in done]
    columns.append((OTHERS, np.sum(others, axis=0) if others else np.zeros(len(rows))))
    floor = np.full(len(edges), top + STRIP)
    for colour, values in columns:
        ceiling = floor - STRIP * 0.92 * np.append(values, values[-1])
        axes.fill_between(edges, floor, ceiling, step="post", facecolor=colour, linewidth=0)
        floor = ceiling
    axes.hlines(top + STRIP, start, min(end, timeline.seconds), color=SOFT, linewidth=0.4)


def _time_axis(axes: "Axes", seconds: float, start: float, end: float, last: bool) -> None:
    """Label the time in seconds, minutes or hours, as the recording needs."""
    length = end - start
    steps = [step for step in TICK_SECONDS if length / step <= 12 and (length not in ROW_SECONDS or length % step == 0)]
    step = next(iter(steps), length)
    ticks = [tick * step for tick in range(math.ceil(start / step - 1e-9), math.floor(end / step + 1e-9) + 1)]
    if seconds < 120:
        labels, unit = [f"{tick:.1f}" if step < 1 else f"{tick:.0f}" for tick in ticks], "time (s)"
    elif seconds < 3600:
        labels, unit = [f"{tick // 60:.0f}:{tick % 60:02.0f}" for tick in ticks], "time (min:s)"
    else:
        labels = [f"{tick // 3600:.0f}:{tick // 60 % 60:02.0f}:{tick % 60:02.0f}" for tick in ticks]
        unit = "time (h:min:s)"
    axes.set_xticks(ticks, labels)
    axes.tick_params(labelsize=8, labelcolor=INK, color=SOFT)
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "top", "right"]].set_visible(False)
    axes.spines["bottom"].set_color(SOFT)
    if last:
        axes.set_xlabel(unit, fontsize=8, color=INK)


def _legend(axes: "Axes", style: Style, width: float) -> float:
    """Add the numbered names of the actions below the axes, and return the height in inches that they need."""
    from matplotlib.patches import Patch
    from matplotlib.transforms import ScaledTranslation

    names = [textwrap.fill(f"{number}  {name}", 44) for name, number in style.numbers.items()]
    widest = max(style.width(line) for name in names for line in name.split("\n"))
    columns = max(1, min(len(names), int(width * 72 / (widest + 36))))
    handles = [
        Patch(facecolor=style.colours[name], hatch=style.hatches[name], edgecolor="white", linewidth=0, label=" ")
        for name in style.numbers
    ]
    legend = axes.legend(
        handles, [" "] * len(names), ncols=columns, loc="upper left", bbox_to_anchor=(0, 0), borderaxespad=0,
        bbox_transform=axes.transAxes + ScaledTranslation(0, -BOTTOM, axes.figure.dpi_scale_trans), frameon=False,
        prop={"size": SIZE, "family": list(style.families)}, labelcolor=INK, handlelength=1.6, columnspacing=1.2,
    )  # fmt: skip
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_parse_math(False)  # names are never formulas
        text.set_text(name)
    per_column = math.ceil(len(names) / columns)
    heights = [
        sum(name.count("\n") + 1.5 for name in names[first : first + per_column])
        for first in range(0, len(names), per_column)
    ]
    return max(heights) * SIZE * 1.2 / 72 + 0.1

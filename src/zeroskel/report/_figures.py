"""Figures of the report, drawn by matplotlib as SVG that stands inside a page and follows its colours."""

import html
import io
import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeroskel.core._records import FeatureMap
from zeroskel.report._settings import NOTHING_KNOWN, Row, Setting
from zeroskel.report._text import RULES, mean_percent, number, percent, spread_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_LINES = 6
"""Number of lines in one panel; more lines get a panel each."""

COLUMNS = 4
"""Number of panels side by side."""

COLOURS = ("#1f6fb8", "#c24d14", "#178257", "#8546ad", "#946a00", "#bd3272", "#0b7f8f", "#5c6672")
INK, SOFT, LINE, CARD = "#1b1f24", "#59616b", "#c3c8cf", "#ffffff"
VARIABLES = {colour: f"s{i}" for i, colour in enumerate(COLOURS)} | {
    INK: "ink",
    SOFT: "soft",
    LINE: "hair-strong",
    CARD: "card",
}
"""Colour in a drawing -> variable of the page that has its light and its dark value."""

MARKERS = ("o", "s", "^", "D")


@dataclass(frozen=True)
class Drawing:
    """A figure of the page: heading, markup with a description for those who cannot see it, and number of panels."""

    title: str
    unit: str
    svg: str
    panels: int


def over_frames(setting: Setting, series: Mapping[str, int], name: str) -> list[Drawing]:
    """Draw the accuracy of all honest rows as more frames are observed, and the information that some estimate.

    `series` maps the label of a row to the number of its colour and marker; the ids of the drawings begin with `name`.
    """
    chance = setting.rows[0].chance
    information = ("Estimated mutual information", "Jensen-Shannon", "mutual_information")
    numbers = (
        ("Accuracy", "%", "accuracy", chance, f"chance {percent(chance)} %", percent),
        (*information, NOTHING_KNOWN, f"nothing known {number(NOTHING_KNOWN)}", number),
    )
    drawings = []
    for title, unit, key, level, meaning, text in numbers:
        rows = [row for row in setting.honest if key in row.curves]
        if not rows:
            continue
        last = {row.label: f"{spread_text(list(row.curves[key].values())[-1], text)} {unit}" for row in rows}
        panels = [rows] if len(rows) <= MOST_LINES else [[row] for row in rows]
        figure, axes = _panels(len(panels), single=(6.2, 3.8), in_percent="xy" if unit == "%" else "x")
        for panel, shown in zip(axes, panels, strict=True):
            panel.axhline(level, color=INK, linewidth=1, linestyle=(0, (5, 4)), label=meaning)
            if len(panels) > 1:
                _range(panel, [np.array([(x, s.mean) for x, s in row.curves[key].items()]) for row in rows])
                _title(panel, shown[0].label, last[shown[0].label])
            for row in shown:
                _line(panel, row, key, series[row.label], f"{row.label}  {last[row.label]}")
            panel.set_xlim(0, 1.02)
        axes[-1].set_xlabel("frames observed, %")
        if unit == "%":
            axes[0].set_ylim(bottom=0)
        if len(panels) == 1:
            _legend(figure, axes[0])
        ends = "; ".join(f"{label} {value}" for label, value in last.items())
        about = f"{title} against the share of frames observed. At the last point: {ends}; {meaning}."
        drawings.append(Drawing(title, unit, _svg(figure, about, f"{name}-{key}"), len(panels)))
    return drawings


def trade_offs(setting: Setting, series: Mapping[str, int], name: str) -> Drawing | None:
    """Draw the seen-unseen curves of all honest rows that have one, a panel each; None where none has."""
    curves = [(row, row.trade_off) for row in setting.honest if row.trade_off is not None]
    if not curves:
        return None
    figure, axes = _panels(len(curves), single=(3.4, 3.2), in_percent="xy")
    abouts = []
    for panel, (row, curve) in zip(axes, curves, strict=True):
        colour = COLOURS[series[row.label] % len(COLOURS)]
        if len(curves) > 1:
            _range(panel, [other[::-1] for _, other in curves])
        panel.plot(*curve.T, color=colour, linewidth=2)
        means = [f"AUC {mean_percent(row.spreads['gzsl_auc'])}"]
        for (title, rule), marker in zip(RULES, MARKERS, strict=False):
            seen, unseen = row.spreads[f"{rule}_seen"], row.spreads[f"{rule}_unseen"]
            if seen and unseen:
                fill = CARD if rule == "gzsl" else colour
                panel.plot(seen.mean, unseen.mean, marker, color=colour, markerfacecolor=fill, markersize=6)
                means.append(f"{title} H {mean_percent(row.spreads[f'{rule}_harmonic_mean'])}")
        _title(panel, row.label, ", ".join(means))
        abouts.append(f"{row.label}: {', '.join(means)}")
    axes[0].set_ylabel("unseen, %")
    axes[-1].set_xlabel("seen, %")
    axes[0].set_xlim(left=0)
    axes[0].set_ylim(bottom=0)
    about = f"Unseen against seen accuracy. {'; '.join(abouts)}."
    return Drawing("Seen against unseen", "%", _svg(figure, about, name), len(curves))


def feature_map(drawn: FeatureMap, name: str) -> Drawing:
    """Draw the map of features and texts; unseen classes in colour, seen ones in grey unless there are no others."""
    points, texts = np.array(drawn.points, float).reshape(-1, 2), np.array(drawn.texts, float).reshape(-1, 2)
    labels, seen = np.array(drawn.labels, int), np.array(drawn.seen)
    coloured = np.flatnonzero(~seen) if not seen.all() else np.arange(len(seen))
    others = np.setdiff1d(np.arange(len(seen)), coloured)
    figure, (axes,) = _panels(1, single=(7.5, 5.6))
    axes.set_axis_off()
    grey = np.isin(labels, others)
    axes.plot(*points[grey].T, "o", color=LINE, markersize=3, markeredgewidth=0)
    axes.plot(*texts[others].T, "x", color=SOFT, markersize=5)
    for rank, c in enumerate(coloured):
        colour, of_class = COLOURS[rank % len(COLOURS)], labels == c
        label = f"{drawn.classes[c]}  {of_class.sum()}"
        axes.plot(*points[of_class].T, _marker(rank), color=colour, markersize=5, markeredgecolor=CARD, label=label)
        axes.plot(*texts[c], "X", color=colour, markersize=10, markeredgecolor=CARD)
    axes.margins(0.06)
    axes.autoscale_view()
    _legend(figure, axes, columns=3)
    for c in coloured:
        inwards = 1 if texts[c, 0] < np.mean(axes.get_xlim()) else -1  # a name beside the frame would be cut off
        axes.annotate(
            drawn.classes[c],
            texts[c],
            (8 * inwards, 0),
            textcoords="offset points",
            horizontalalignment="left" if inwards > 0 else "right",
            verticalalignment="center",
            fontsize=9,
            color=INK,
        )
    encoder = f"encoder {drawn.encoder}" if drawn.encoder else ""
    where = ", ".join(part for part in (f"split {drawn.split}", drawn.protocol, encoder) if part)
    about = f"Map of features and texts; classes: {', '.join(drawn.classes[c] for c in coloured)}"
    return Drawing(drawn.data, where, _svg(figure, about, name), 1)


def _panels(count: int, single: tuple[float, float], in_percent: str = "") -> "tuple[Figure, list[Axes]]":
    """Return a figure with panels that share their axes, those named in `in_percent` ("x", "xy") in per cent."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    width, height = single if count == 1 else (2.75, 2.6)
    columns = min(count, COLUMNS)
    rows = math.ceil(count / columns)
    figure = Figure(figsize=(columns * width, rows * height), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel().tolist()
    for unused in panels[count:]:
        unused.remove()
    for panel in panels[:count]:
        panel.patch.set_visible(False)
        panel.spines[["top", "right", "left"]].set_visible(False)
        panel.spines["bottom"].set_color(LINE)
        panel.grid(axis="y", color=LINE, linewidth=0.5)
        panel.tick_params(colors=SOFT, length=0, labelsize=8, labelbottom=True, labelleft=True)
        for name, axis in (("x", panel.xaxis), ("y", panel.yaxis)):
            axis.set_major_locator(MaxNLocator(5))
            axis.label.set(color=SOFT, fontsize=8)
            if name in in_percent:
                axis.set_major_formatter(PercentFormatter(1.0, symbol="", decimals=None))
    figure.patch.set_visible(False)
    return figure, panels[:count]


def _marker(rank: int) -> str:
    return MARKERS[(rank + rank // len(COLOURS)) % len(MARKERS)]


def _line(axes: "Axes", row: Row, key: str, rank: int, label: str) -> None:
    """Draw the mean over seeds, and a band of one standard deviation where there is more than one seed."""
    shares, spreads = list(row.curves[key]), list(row.curves[key].values())
    means = np.array([spread.mean for spread in spreads])
    deviations = np.array([np.nan if spread.std is None else spread.std for spread in spreads])
    colour = COLOURS[rank % len(COLOURS)]
    axes.plot(shares, means, color=colour, linewidth=2, marker=_marker(rank), markersize=4, label=label)
    if np.isfinite(deviations).sum() > 1:
        axes.fill_between(shares, means - deviations, means + deviations, color=colour, alpha=0.13, linewidth=0)


def _range(axes: "Axes", curves: Sequence[np.ndarray]) -> None:
    """Fill in grey the range of all rows, of which each has a (P, 2) curve that rises in x."""
    x = np.linspace(min(curve[0, 0] for curve in curves), max(curve[-1, 0] for curve in curves), 28)
    values = np.array([np.interp(x, *curve.T) for curve in curves])
    lowest, highest = values.min(axis=0), values.max(axis=0)
    axes.fill_between(x, lowest, highest, color=LINE, alpha=0.35, linewidth=0)


def _title(axes: "Axes", label: str, numbers: str) -> None:
    lines = [*textwrap.wrap(label, 42, max_lines=3, placeholder=" …"), *textwrap.wrap(numbers, 42)]
    axes.set_title("\n".join(lines), loc="left", fontsize=7.5, color=INK, x=0)


def _legend(figure: "Figure", axes: "Axes", columns: int = 1) -> None:
    """Add a legend under the panel, and its height to the figure."""
    handles, labels = axes.get_legend_handles_labels()
    labels = [textwrap.fill(label, 80 // columns) for label in labels]
    lines = math.ceil(sum(label.count("\n") + 1 for label in labels) / columns)
    figure.set_figheight(figure.get_figheight() + 0.2 * lines)
    figure.legend(handles, labels, loc="outside lower left", ncols=columns, frameon=False, fontsize=8.5, labelcolor=INK)


def _svg(figure: "Figure", description: str, name: str) -> str:
    """Return a figure as markup for a page: no metadata, ids that begin with a name, colours and font of the page."""
    import matplotlib
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_parse_math(False)  # names are never formulas
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "zeroskel", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert size is not None
    for pattern, replacement in (
        (r'<g id="[^"]*"', "<g"),
        (r'( id="|xlink:href="#|url\(#)', rf"\g<1>{name}-"),
        (r";? ?font(?:-family)?: (?:([\d.]+px) )?[^;\"]*", r"; font-size: \1"),
        (r"; font-size: (?=[;\"])", ""),
    ):
        svg = re.sub(pattern, replacement, svg)
    svg = re.sub(r"<[^>]*>", lambda tag: re.sub(r"\d+\.\d{2,}", lambda digits: f"{float(digits[0]):.1f}", tag[0]), svg)
    svg = re.sub(r"#[0-9a-f]{6}\b", lambda colour: f"var(--{VARIABLES.get(colour[0], 'ink')})", svg)
    head = f'<svg viewBox="0 0 {size[1]} {size[2]}" style="--width: {float(size[1]):.0f}pt" role="img"'
    svg = re.sub(r"<svg [^>]*>", lambda _: f'{head} aria-label="{html.escape(description)}">', svg, count=1)
    return re.sub(r"\n\s*", "\n", svg)

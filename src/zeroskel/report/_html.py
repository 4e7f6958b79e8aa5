"""report.html: the benchmark's records as one file that a reader opens anywhere; no script, no network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from zeroskel.core.records import FeatureMap
from zeroskel.evaluate._grouping import Curve
from zeroskel.evaluate.metrics import recalls
from zeroskel.report._figures import MAP_HEIGHT, MAP_WIDTH, SQUARE, Scale, nice_ticks, read_map, trade_offs
from zeroskel.report._leaderboard import REFERENCE, boards_of, main_boards
from zeroskel.report._published import published_tables
from zeroskel.report._settings import NOTHING_KNOWN, Row, Setting, settings_of
from zeroskel.report._wording import (
    either,
    number,
    number_short,
    number_spread,
    p_text,
    percent,
    percent_mean,
    percent_spread,
    percent_whole,
    points,
    seconds,
)

if TYPE_CHECKING:
    import pandas as pd

MOST_LINES = 6  # in one figure
WIDTH, HEIGHT = 480, 300  # of a plot, in the units of its view box
LEFT, RIGHT, TOP, BOTTOM = 54, 20, 14, 46
FRAME = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "bottom": HEIGHT - BOTTOM}


@dataclass(frozen=True)
class Line:
    """A row's curve in plot units: points, the band of one standard deviation as a polygon, and its last value."""

    label: str
    series: int
    points: tuple[tuple[float, float], ...]
    band: str
    last: str


@dataclass(frozen=True)
class Plot:
    """A figure with the share of frames observed on its x axis, ready to be drawn."""

    title: str
    unit: str
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    reference: tuple[float, str]
    lines: tuple[Line, ...]

    @property
    def many(self) -> bool:
        """True for so many lines that each is drawn in a figure of its own."""
        return len(self.lines) > MOST_LINES

    @property
    def description(self) -> str:
        """The figure in words, for those who cannot see it."""
        ends = "; ".join(f"{line.label} {line.last}" for line in self.lines)
        return f"{self.title} against the share of frames observed. At the last point: {ends}; {self.reference[1]}."


def report_page(table: "pd.DataFrame", command: str, maps: Sequence[FeatureMap] = ()) -> str:
    """Return one self-contained HTML page. Equal records in any order give equal text.

    Args:
        table: what `records_table` returned; without rows the page says so.
        command: how to reproduce the records, shown as it is.
        maps: features and texts in two dimensions.
    """
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        percent=percent,
        spread=percent_spread,
        mean=percent_mean,
        ends=ends,
        points=points,
        p=p_text,
        either=either,
        seconds=seconds,
        short=short_notice,
        shares=recalls,
    )
    source = (resources.files("zeroskel.resources") / "report.html.j2").read_text(encoding="utf-8")
    settings = settings_of(table)
    series = series_of(settings)
    boards = boards_of(table)
    main = main_boards(boards)
    page = environment.from_string(source).render(
        command=command,
        settings=settings,
        boards=main,
        other_boards=[board for board in boards if board not in main],
        reference=REFERENCE,
        published=published_tables(settings) if settings else [],
        maps=[read_map(given) for given in maps],
        map_frame=(MAP_WIDTH, MAP_HEIGHT),
        square=SQUARE,
        trade_offs=[trade_offs(setting) for setting in settings],
        data=list(dict.fromkeys(setting.data for setting in settings)),
        facts=facts(table),
        labels=list(series),
        honest_of=[{row.label: row for row in setting.honest} for setting in settings],
        series=series,
        frame=FRAME,
        plots=[_plots(setting, series) for setting in settings],
        nothing_known=number(NOTHING_KNOWN),
    )
    return page.lstrip()  # of the lines that the macros leave before the doctype


def ends(found: tuple[float, float] | None) -> str:
    """The ends of an interval in per cent; empty where there is none."""
    return f"{percent(found[0])}\u2009–\u2009{percent(found[1])}" if found else ""


def facts(table: "pd.DataFrame") -> dict[str, Any]:
    """Return the distinct values of what the summary names in words, sorted."""
    names = ("method", "text", "prompt", "seed", "selection", "version")
    distinct = {name: sorted(value for value in table[name].unique() if value != "") for name in names}
    noticed = table[table["notice"] != ""].groupby("notice")["data"].unique()
    encoders = {
        ", ".join((name, *options)) for name, options in zip(table["encoder"], table["encoder_options"], strict=True)
    }
    notices = [(notice, sorted(data)) for notice, data in noticed.items()]
    return {**distinct, "encoder": sorted(encoders), "notice": notices, "cells": len(table)}


def series_of(settings: Sequence[Setting]) -> dict[str, int]:
    """Label of every honest row -> its colour and marker, the same in the whole report."""
    return {label: i for i, label in enumerate(sorted({row.label for s in settings for row in s.honest}))}


def _plots(setting: Setting, series: Mapping[str, int]) -> list[Plot]:
    """Accuracy of every honest row, then mutual information of those that estimate it."""
    found = []
    if accuracies := _curves(setting, "accuracy"):
        chance = setting.honest[0].chance
        top = max(chance, *(p.mean + (p.std or 0) for _, curve in accuracies for p in curve.values()))
        reference = (chance, f"chance {percent(chance)} %")
        found.append(_plot("Accuracy", "%", accuracies, series, (0.0, min(1.0, top * 1.04)), reference, percent_whole))
    if estimates := _curves(setting, "mutual_information"):
        low = min(NOTHING_KNOWN, *(p.mean - (p.std or 0) for _, curve in estimates for p in curve.values()))
        reference = (NOTHING_KNOWN, f"nothing known {number(NOTHING_KNOWN)}")
        title = "Estimated mutual information"
        found.append(_plot(title, "Jensen-Shannon", estimates, series, (low * 1.06, 0.0), reference, number_short))
    return found


def _curves(setting: Setting, name: str) -> list[tuple[Row, Curve]]:
    return [(row, row.curves[name]) for row in setting.honest if name in row.curves]


def _plot(
    title: str,
    unit: str,
    curves: Sequence[tuple[Row, Curve]],
    series: Mapping[str, int],
    limits: tuple[float, float],
    reference: tuple[float, str],
    tick_text: Callable[[float], str],
) -> Plot:
    ticks = nice_ticks(*limits)
    x = Scale(0.0, 1.0, LEFT, WIDTH - RIGHT)
    y = Scale(min(limits[0], ticks[0]), max(limits[1], ticks[-1]), HEIGHT - BOTTOM, TOP)
    value_text = percent_spread if unit == "%" else number_spread
    lines = (
        Line(
            row.label,
            series[row.label],
            tuple((x(share), y(found.mean)) for share, found in curve.items()),
            _band(curve, x, y),
            f"{value_text(list(curve.values())[-1])} {unit}",
        )
        for row, curve in curves
    )
    return Plot(
        title,
        unit,
        tuple((x(share), percent_whole(share)) for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        tuple((y(tick), tick_text(tick)) for tick in ticks),
        (y(reference[0]), reference[1]),
        tuple(lines),
    )


def _band(curve: Curve, x: Scale, y: Scale) -> str:
    """Points of the polygon between mean plus and mean minus one standard deviation; empty for a single seed."""
    spreads = [(x(share), found.mean, found.std) for share, found in curve.items() if found.std is not None]
    upper = [f"{left},{y(mean + std)}" for left, mean, std in spreads]
    lower = [f"{left},{y(mean - std)}" for left, mean, std in reversed(spreads)]
    return " ".join(upper + lower) if len(spreads) > 1 else ""


def short_notice(notice: str) -> str:
    """A notice's words before its colon, to stand beside a name; the whole is in the banner."""
    return notice.partition(":")[0] if ":" in notice[:40] else "see notice"

"""HTML report: a benchmark as one file that opens anywhere, without scripts and without a network."""

from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

from zeroskel.core._records import FeatureMap
from zeroskel.evaluate._metrics import recalls
from zeroskel.report._figures import COLOURS, feature_map, over_frames, trade_offs
from zeroskel.report._leaderboard import REFERENCE, boards_of, main_boards
from zeroskel.report._published import published_tables
from zeroskel.report._settings import NOTHING_KNOWN, settings_of
from zeroskel.report._wording import FILTERS, number

if TYPE_CHECKING:
    import pandas as pd


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
    environment.filters.update(FILTERS, short=_short_notice, shares=recalls)
    source = (resources.files("zeroskel.resources") / "report.html.j2").read_text(encoding="utf-8")
    settings = settings_of(table)
    labels = sorted({row.label for setting in settings for row in setting.honest})
    series = {label: rank for rank, label in enumerate(labels)}
    boards = boards_of(table)
    main = main_boards(boards)
    page = environment.from_string(source).render(
        command=command,
        settings=settings,
        boards=main,
        other_boards=[board for board in boards if board not in main],
        reference=REFERENCE,
        published=published_tables(settings) if settings else [],
        maps=[feature_map(drawn, f"map-{i}") for i, drawn in enumerate(maps)],
        notes=[drawn.note for drawn in maps],
        trade_offs=[trade_offs(setting, series, f"curves-{i}") for i, setting in enumerate(settings)],
        plots=[over_frames(setting, series, f"frames-{i}") for i, setting in enumerate(settings)],
        data=list(dict.fromkeys(setting.data for setting in settings)),
        facts=_facts(table),
        labels=labels,
        honest_of=[{row.label: row for row in setting.honest} for setting in settings],
        series=series,
        colours=len(COLOURS),
        nothing_known=number(NOTHING_KNOWN),
    )
    return page.lstrip()  # the macros leave empty lines before the doctype


def _facts(table: "pd.DataFrame") -> dict[str, Any]:
    """Return the distinct values of what the summary names in words, sorted."""
    names = ("method", "text", "prompt", "seed", "selection", "version")
    distinct = {name: sorted(value for value in table[name].unique() if value != "") for name in names}
    noticed = table[table["notice"] != ""].groupby("notice")["data"].unique()
    encoders = {
        ", ".join((name, *options)) for name, options in zip(table["encoder"], table["encoder_options"], strict=True)
    }
    notices = [(notice, sorted(data)) for notice, data in noticed.items()]
    return {**distinct, "encoder": sorted(encoders), "notice": notices, "cells": len(table)}


def _short_notice(notice: str) -> str:
    """Return the words of a notice before its colon, to stand beside a name; the banner has the whole."""
    return notice.partition(":")[0] if ":" in notice[:40] else "see notice"

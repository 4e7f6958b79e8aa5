"""Report as a file: one HTML page without scripts and without a network, or tables in Markdown."""

import re
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zeroskel.core import InputError
from zeroskel.core._files import atomic_path
from zeroskel.core._records import CellRecord, FeatureMap
from zeroskel.evaluate._grouping import records_table
from zeroskel.evaluate._metrics import recalls
from zeroskel.report._figures import COLOURS, feature_map, over_frames, trade_offs
from zeroskel.report._leaderboard import REFERENCE, Board, boards_of, main_boards
from zeroskel.report._markdown import board_tables, selections_text, text_tables
from zeroskel.report._published import published_tables
from zeroskel.report._settings import NOTHING_KNOWN, Setting, settings_of
from zeroskel.report._text import FILTERS, number

if TYPE_CHECKING:
    import pandas as pd

BASELINE = "ridge"
"""The method whose means the Markdown page compares the others with."""


def write_report(
    records: Iterable[CellRecord], path: Path, *, commands: Sequence[str] = (), maps: Sequence[FeatureMap] = ()
) -> None:
    """Write the report of a benchmark; the file appears whole or not at all.

    Args:
        records: lines of results.jsonl; none gives a page that says so. Equal records give equal bytes.
        path: FILE.html for one self-contained page, or FILE.md for tables in Markdown.
        commands: how to reproduce the records, shown as they are.
        maps: features and texts in two dimensions, for the HTML page.

    Raises:
        InputError: The file has another ending.

    Example:
        >>> from pathlib import Path
        >>> import tempfile
        >>> from zeroskel.report import write_report
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_report([], Path(folder) / "results.md")
        ...     print((Path(folder) / "results.md").read_text().splitlines()[2])
        No cell is finished yet.
    """
    if path.suffix not in (".html", ".md"):
        ending = path.suffix or "none"
        raise InputError(f"{path}: ending {ending}; expected FILE.html for a report or FILE.md for tables")
    table = records_table(records)
    boards = boards_of(table)
    if path.suffix == ".md":
        page = _render("report.md.j2", table, commands, **_markdown_context(boards))
        page = re.sub(r"\n{3,}", "\n\n", page).rstrip() + "\n"
    else:
        page = _render("report.html.j2", table, commands, **_html_context(boards, settings_of(table), maps))
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _render(template: str, table: "pd.DataFrame", commands: Sequence[str], **context: Any) -> str:
    """Return a page. Equal records in any order give equal text."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=template.endswith(".html.j2"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {**FILTERS, "short": _short_notice, "shares": recalls}
    source = (resources.files("zeroskel.resources") / template).read_text(encoding="utf-8")
    page = environment.from_string(source).render(
        command="\n".join(commands),
        facts=_facts(table),
        reference=REFERENCE,
        nothing_known=number(NOTHING_KNOWN),
        **context,
    )
    return page.lstrip()  # the macros leave empty lines before the text


def _markdown_context(boards: Sequence[Board]) -> dict[str, Any]:
    within = [board for board in boards if not board.cross]
    return {
        "boards": main_boards(within),
        "cross_boards": [board for board in boards if board.cross],
        "texts": text_tables(within),
        "tables_of": board_tables,
        "selections": selections_text,
        "baseline": BASELINE,
    }


def _html_context(boards: Sequence[Board], settings: Sequence[Setting], maps: Sequence[FeatureMap]) -> dict[str, Any]:
    labels = sorted({row.label for setting in settings for row in setting.honest})
    series = {label: rank for rank, label in enumerate(labels)}
    main = main_boards(boards)
    return {
        "settings": settings,
        "boards": main,
        "other_boards": [board for board in boards if board not in main],
        "published": published_tables(settings) if settings else [],
        "maps": [feature_map(drawn, f"map-{i}") for i, drawn in enumerate(maps)],
        "notes": [drawn.note for drawn in maps],
        "trade_offs": [trade_offs(setting, series, f"curves-{i}") for i, setting in enumerate(settings)],
        "plots": [over_frames(setting, series, f"frames-{i}") for i, setting in enumerate(settings)],
        "data": list(dict.fromkeys(setting.data for setting in settings)),
        "labels": labels,
        "honest_of": [{row.label: row for row in setting.honest} for setting in settings],
        "series": series,
        "colours": len(COLOURS),
    }


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

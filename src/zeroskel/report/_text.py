"""Numbers and tables as text, for the terminal, the report and the results page."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from zeroskel.core._records import CellRecord
from zeroskel.evaluate._grouping import LEAKING, Spread, records_table, spreads
from zeroskel.report._standing import Estimate

if TYPE_CHECKING:
    from rich.table import Table

MINUS = "\u2212"
MISSING = "\u2013"

RULES = (("plain", "gzsl"), ("stacked", "stacked"), ("gated", "gated"))
"""Rules of generalised recognition: title, and start of the names of their numbers."""

TITLE = "Unseen actions named, %"
AXES = ("data", "split", "protocol", "encoder", "text", "prompt", "selection")
COLUMNS = {
    "by sample": "zsl_accuracy",
    "by class": "zsl_per_class_accuracy",
    "chance": "chance",
    "GZSL H": "gzsl_harmonic_mean",
    "stacked H": "stacked_harmonic_mean",
    "seen": "seen_class_accuracy",
}


def percent(value: float | None) -> str:
    """Return a share in per cent with one decimal."""
    return MISSING if value is None or np.isnan(value) else f"{value * 100:.1f}"


def number(value: float) -> str:
    """Return three decimals with a true minus sign."""
    return f"{value:.3f}".replace("-", MINUS)


def points(value: float) -> str:
    """Return a difference in points with its sign: 0.031 becomes "+3.1"."""
    return f"{value * 100:+.1f}".replace("-", MINUS)


def p_text(p: float) -> str:
    """Return a p value with two or three decimals; never 0."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def spread_text(spread: Spread | None, text: Callable[[float], str] = percent) -> str:
    """Return mean and standard deviation; the mean alone where there is one value."""
    if spread is None:
        return MISSING
    return text(spread.mean) + (f"\u202f±\u202f{text(spread.std)}" if spread.std is not None else "")


def estimate_text(estimate: Estimate | None, text: Callable[[float], str] = percent) -> str:
    """Return mean and interval."""
    if estimate is None:
        return MISSING
    return text(estimate.mean) + (f" [{', '.join(map(text, estimate.interval))}]" if estimate.interval else "")


def mean_percent(numbers: Spread | Estimate | None) -> str:
    """Return the mean alone, in per cent."""
    return percent(numbers.mean if numbers else None)


def seconds(spread: Spread | None) -> str:
    """Return the mean seconds of a cell with three digits or, from 100 on, as a whole number."""
    if spread is None:
        return MISSING
    return f"{spread.mean:.0f}" if spread.mean >= 100 else f"{spread.mean:.3g}"


def either(values: Sequence[int]) -> str:
    """Return one value as it is, more values as their range."""
    return MISSING.join(str(value) for value in sorted({values[0], values[-1]})) if values else MISSING


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; pipes and line breaks in cells cannot break it."""
    lines = [[markdown_text(text) for text in row] for row in (header, ["---"] * len(header), *rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def markdown_text(text: str) -> str:
    """Return text on one line in which nothing breaks a table or is read as HTML."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


FILTERS: dict[str, Callable[..., str]] = {
    "percent": percent,
    "points": points,
    "p": p_text,
    "spread": spread_text,
    "mean": mean_percent,
    "seconds": seconds,
    "either": either,
    "md": markdown_text,
}
"""Name of a filter in the templates of the pages -> its function."""


def results_table(records: Sequence[CellRecord]) -> "Table":
    """Return means and standard deviations over seeds as a table for the terminal.

    Args:
        records: lines of results.jsonl.

    Returns:
        A row for each method within each dataset, split, encoder, text, prompt and selection. What all records share
        is in the title.

    Example:
        >>> from zeroskel.core import CellRecord
        >>> from zeroskel.report import results_table
        >>> record = CellRecord(
        ...     cell="a", data="utd-mhad", split="purls-5", encoder="stgcn", method="smie", seed=0, selection="last",
        ...     classes_unseen=("wave", "squat"), chance=0.5, zsl_accuracy=0.8,
        ... )
        >>> [column.header for column in results_table([record]).columns]
        ['method', 'by sample', 'chance']
    """
    from rich.table import Table

    if not records:
        return Table(title=TITLE)
    table = records_table(records)
    varying = [axis for axis in AXES if table[axis].nunique() > 1]
    shared = ", ".join(value for axis in AXES if axis not in varying and (value := records[0].identity[axis]))
    seeds = len({record.seed for record in records})
    caption = f"mean ± standard deviation over {seeds} seeds" if seeds > 1 else None
    result = Table(title=f"{TITLE} ({shared})" if shared else TITLE, caption=caption)
    columns = [axis for axis in varying if axis != "selection"]
    for name in columns:
        result.add_column(name, overflow="fold")
    result.add_column("method", overflow="fold", min_width=19)
    shown = {head: name for head, name in COLUMNS.items() if table[name].notna().any()}
    for head in shown:
        result.add_column(head, justify="right")
    methods = {record.cell: _method(record, selection="selection" in varying) for record in records}
    table = table.assign(method=[methods[record.cell] for record in table["record"]])
    groups = spreads(table, [*columns, "method"], list(shown.values()))
    for key in dict.fromkeys(
        (*(record.identity[name] for name in columns), methods[record.cell]) for record in records
    ):
        result.add_row(*key, *map(_text, groups[key if columns else key[0]].values()))
    return result


def _method(record: CellRecord, *, selection: bool) -> str:
    """Return name, options and, where it varies or leaks, how the constants were chosen."""
    details = [f"{name}={value}" for name, value in record.options.items()]
    if record.selection == LEAKING:
        details.append("leaks")
    elif selection:
        details.append(record.selection)
    return record.method + (f" ({', '.join(details)})" if details else "")


def _text(spread: Spread | None) -> str:
    if spread is None:
        return ""
    std = 100 * (spread.std or 0.0)
    return f"{100 * spread.mean:.1f}" + (f" ± {std:.1f}" if std >= 0.05 else "")

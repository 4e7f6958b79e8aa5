"""Numbers and tables as text, for the terminal, the report and the results page."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from zeroskel.core._records import CellRecord
from zeroskel.evaluate._grouping import LEAKING, Spread, records_table, spreads
from zeroskel.report._standing import Estimate, Leak

if TYPE_CHECKING:
    from rich.table import Table

MINUS = "\u2212"
MISSING = "\u2013"

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


def percent_spread(spread: Spread | None) -> str:
    """Return mean and standard deviation in per cent; the mean alone where there is one value."""
    if spread is None:
        return MISSING
    return percent(spread.mean) + (f"\u202f±\u202f{percent(spread.std)}" if spread.std is not None else "")


def number(value: float) -> str:
    """Return three decimals with a true minus sign."""
    return f"{value:.3f}".replace("-", MINUS)


def number_spread(spread: Spread) -> str:
    """Return mean and standard deviation with three decimals."""
    return number(spread.mean) + (f"\u202f±\u202f{number(spread.std)}" if spread.std is not None else "")


def seconds(spread: Spread | None) -> str:
    """Return the mean seconds of a cell with three digits or, from 100 on, as a whole number."""
    if spread is None:
        return MISSING
    return f"{spread.mean:.0f}" if spread.mean >= 100 else f"{spread.mean:.3g}"


def either(values: Sequence[int]) -> str:
    """Return one value as it is, more values as their range."""
    if not values:
        return MISSING
    return str(values[0]) if len(values) == 1 else f"{values[0]}{MISSING}{values[-1]}"


def points(value: float) -> str:
    """Return a difference in points with its sign: 0.031 becomes "+3.1"."""
    return f"{value * 100:+.1f}".replace("-", MINUS)


def p_text(p: float) -> str:
    """Return a p value with two or three decimals; never 0."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def percent_mean(spread: Spread | None) -> str:
    """Return the mean alone, in per cent."""
    return percent(spread.mean if spread else None)


def interval_ends(ends: tuple[float, float] | None) -> str:
    """Return the ends of an interval in per cent; empty where there is none."""
    return f"{percent(ends[0])}\u2009–\u2009{percent(ends[1])}" if ends else ""


def interval(estimate: Estimate | None) -> str:
    """Return mean and interval in per cent."""
    if estimate is None:
        return MISSING
    ends = f" [{percent(estimate.interval[0])}, {percent(estimate.interval[1])}]" if estimate.interval else ""
    return percent(estimate.mean) + ends


def leak_text(leak: Leak) -> str:
    """Return the points of a leak with their interval."""
    ends = leak.gain.interval
    return points(leak.gain.mean) + (f" [{points(ends[0])}, {points(ends[1])}]" if ends else "")


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; pipes and line breaks in cells cannot break it."""
    lines = [[markdown_text(text) for text in row] for row in (header, ["---"] * len(header), *rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def markdown_text(text: str) -> str:
    """Return text on one line in which nothing breaks a table or is read as HTML."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


FILTERS: dict[str, Callable[..., str]] = {
    "percent": percent,
    "spread": percent_spread,
    "mean": percent_mean,
    "ends": interval_ends,
    "points": points,
    "p": p_text,
    "either": either,
    "seconds": seconds,
}
"""Name of a filter in the template of the report -> its function."""


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
    order = {record.cell: position for position, record in enumerate(records)}
    methods = [_method(record, selection="selection" in varying) for record in table["record"]]
    table = table.assign(method=methods, order=[order[record.cell] for record in table["record"]])
    groups = spreads(table, [*columns, "method"], list(shown.values()))
    first = table.groupby([*columns, "method"])["order"].min()
    for key in sorted(groups, key=lambda key: int(first[key])):
        result.add_row(*(key if columns else (key,)), *map(_text, groups[key].values()))
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

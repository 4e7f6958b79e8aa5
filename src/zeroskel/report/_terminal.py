"""Table of results for the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zeroskel.core._records import CellRecord
from zeroskel.evaluate._grouping import LEAKING, Spread, records_table, spreads

if TYPE_CHECKING:
    from rich.table import Table

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


def results_table(records: Sequence[CellRecord]) -> "Table":
    """Return means and standard deviations over seeds as a table for the terminal.

    Args:
        records: lines of results.jsonl.

    Returns:
        A row for each method within each data set, split, encoder, text, prompt and selection. What all records share
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

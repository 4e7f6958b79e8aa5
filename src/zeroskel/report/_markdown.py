"""Tables of the results page in Markdown; the page around them is `report.md.j2` in the resources."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from zeroskel.report._leaderboard import REFERENCE, Board, by_features
from zeroskel.report._standing import Standing
from zeroskel.report._text import (
    MISSING,
    RULES,
    estimate_text,
    markdown_table,
    markdown_text,
    mean_percent,
    number,
    p_text,
    percent,
    points,
    spread_text,
)

Column = tuple[str, Callable[[Standing], str]]
"""Head of a column and the text of a row in it."""

SHARES = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
FEWER = "\u2020"
"""Marks means that are not over the same cells."""

METHOD: Column = ("method", lambda row: row.label)
RANK: Column = ("rank", lambda row: str(row.rank or MISSING))
BY_CLASS: Column = ("by class", lambda row: estimate_text(row.per_class))


def board_tables(board: Board) -> dict[str, str]:
    """Return the tables of a board by name; one without numbers is empty."""
    honest = board.honest
    splits = sorted({split for row in honest for split in row.by_split})
    validated = [row for row in honest if row.selection == "validation"]
    plain = board.preferred(REFERENCE)
    of_reference = [row for row in honest if row.method == REFERENCE]
    rules = [
        column
        for title, rule in RULES
        for column in (_sides(f"{title} s / u", rule), _spread(f"{title} H", f"{rule}_harmonic_mean"))
    ]
    choices = {(row.options, row.variant) for row in of_reference}
    return {
        "accuracy": _table(
            honest,
            RANK,
            METHOD,
            BY_CLASS,
            ("by sample", lambda row: estimate_text(row.per_sample)),
            *(_of_split(f"{split}, by class", split) for split in splits if len(splits) > 1),
            *_known(
                honest,
                _difference(f"less {REFERENCE}"),
                _against("p", lambda comparison: p_text(comparison.adjusted)),
                _against("least p", lambda comparison: p_text(comparison.least)),
                _spread("transductive", "transductive_per_class_accuracy"),
            ),
            ("seeds", lambda row: ", ".join(map(str, row.seeds))),
        ),
        "chosen": _table(
            [row for row in validated if row.chosen or row.spreads["validation_accuracy"]],
            METHOD,
            ("chosen options (cells)", lambda row: "; ".join(f"{o} ({count})" for o, count in row.chosen) or MISSING),
            _mean("by class on validation classes", "validation_accuracy"),
            ("on the test", lambda row: mean_percent(row.per_class)),
        ),
        "generalised": _table(honest, METHOD, *_known(honest, *rules, _spread("AUC", "gzsl_auc"))),
        "observed": _table(
            [row for row in honest if row.curves],
            METHOD,
            *_known(honest, *_at_shares("accuracy", percent), _mean("settles at", "settling")),
        ),
        "information": _table(
            [row for row in honest if "mutual_information" in row.curves],
            ("estimated information", METHOD[1]),
            *_known(honest, *_at_shares("mutual_information", number)),
        ),
        "options": _table(
            sorted(of_reference, key=lambda row: (row is not plain, row.label)) if len(choices) > 1 else [],
            ("row", METHOD[1]),
            BY_CLASS,
            _difference(f"less {plain.label if plain else ''}"),
            _against("p", lambda comparison: p_text(comparison.adjusted)),
            _against("common cells", lambda comparison: str(comparison.pairs)),
        ),
        "leaks": _table(
            [row for row in honest if row.leak],
            METHOD,
            ("points by class", lambda row: estimate_text(row.leak, points)),
            ("against selection", lambda row: row.selection),
            ("cells", lambda row: str(row.leak.count) if row.leak else MISSING),
        ),
        "across": _table(
            honest,
            RANK,
            METHOD,
            *(_of_split(f"{split} (chance {percent(board.chance[split])})", split) for split in board.splits),
            ("mean", BY_CLASS[1]),
            _spread("transductive", "transductive_per_class_accuracy"),
        ),
    }


def selections_text(board: Board) -> str:
    """Name the selection of most honest rows, and the rows of each rarer one; empty without honest rows."""
    selections = [row.selection for row in board.honest]
    if not selections:
        return ""
    most, *others = sorted(set(selections), key=lambda name: (-selections.count(name), name))
    parts = [f"`{most}`"]
    for name in sorted(others):
        parts.append(f"`{name}`: {', '.join(sorted(row.label for row in board.honest if row.selection == name))}")
    return markdown_text(f"Selection: {'; '.join(parts)}.")


def text_tables(boards: Sequence[Board]) -> list[tuple[str, str]]:
    """Return title and table of each data, protocol and encoder on which a method was run with more than one text."""
    tables = []
    for group in by_features(boards):
        if columns := _text_columns(group):
            axes = ["text", "prompt", "variant"] if any(board.variant for board in group) else ["text", "prompt"]
            lines = [
                [getattr(board, axis) for axis in axes]
                + [column.get(board.name, MISSING) for column in columns.values()]
                for board in group
                if any(board.name in column for column in columns.values())
            ]
            tables.append((group[0].features_name, markdown_table([*axes, *columns], lines)))
    return tables


def _table(rows: Sequence[Standing], *columns: Column) -> str:
    """Return a table; an empty text without rows, or with one column only."""
    if not rows or len(columns) < 2:
        return ""
    return markdown_table([head for head, _ in columns], [[text(row) for _, text in columns] for row in rows])


def _known(rows: Sequence[Standing], *columns: Column) -> list[Column]:
    """Return the columns in which some row has a number."""
    return [column for column in columns if any(column[1](row).strip(f"{MISSING} /") for row in rows)]


def _spread(head: str, name: str) -> Column:
    return head, lambda row: spread_text(row.spreads[name])


def _mean(head: str, name: str) -> Column:
    return head, lambda row: mean_percent(row.spreads[name])


def _sides(head: str, rule: str) -> Column:
    return head, lambda row: " / ".join(mean_percent(row.spreads[f"{rule}_{side}"]) for side in ("seen", "unseen"))


def _of_split(head: str, split: str) -> Column:
    return head, lambda row: spread_text(row.by_split.get(split))


def _against(head: str, text: Callable[[Any], str]) -> Column:
    return head, lambda row: text(row.against) if row.against else MISSING


def _difference(head: str) -> Column:
    return _against(head, lambda comparison: points(comparison.difference))


def _at_shares(name: str, text: Callable[[float], str]) -> list[Column]:
    """Return a column for each share of the frames."""

    def mean(share: float) -> Callable[[Standing], str]:
        return lambda row: text(curve[share].mean) if share in (curve := row.curves.get(name, {})) else MISSING

    return [(f"{share:.0%}", mean(share)) for share in SHARES]


def _text_columns(group: Sequence[Board]) -> dict[str, dict[str, str]]:
    """Return head -> name of the board -> mean, of methods that were run with more than one text and one selection."""
    methods: dict[tuple[str, str], dict[str, Standing]] = {}
    for board in group:
        for method in sorted({row.method for row in board.honest if row.plain}):
            row = board.preferred(method)
            if row is not None and row.accuracy:
                methods.setdefault((method, row.selection), {})[board.name] = row
    columns = {}
    for (method, selection), rows in sorted(methods.items()):
        if len(rows) > 1:
            common = set.intersection(*(set(row.accuracy) for row in rows.values()))
            counts = f"{len(common)} {'cell' if len(common) == 1 else 'cells'}" if common else "no common cell"
            columns[f"{method}, {selection} ({counts})"] = {
                name: percent(float(np.mean([row.accuracy[cell] for cell in sorted(common or row.accuracy)])))
                + ("" if common else FEWER)
                for name, row in rows.items()
            }
    return columns

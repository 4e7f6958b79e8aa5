"""Results page: the tables of a benchmark in Markdown, for the documentation."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from zeroskel.report._leaderboard import REFERENCE, Board, boards_of, by_features, main_boards
from zeroskel.report._settings import NOTHING_KNOWN
from zeroskel.report._standing import Standing
from zeroskel.report._text import (
    MISSING,
    interval,
    leak_text,
    markdown_table,
    markdown_text,
    number,
    p_text,
    percent,
    percent_mean,
    percent_spread,
    points,
)

if TYPE_CHECKING:
    import pandas as pd

Column = tuple[str, Callable[[Standing], str]]
"""Head of a column and the text of a row in it."""

SHARES = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
BASELINE = "ridge"
FEWER = "\u2020"
"""Marks means that are not over the same cells."""

TRANSDUCTIVE = "transductive_per_class_accuracy"
RULES = (("plain", "gzsl"), ("stacked", "stacked"), ("gated", "gated"))
"""Rules of generalised recognition: their title, and the start of the names of their numbers."""

INTRODUCTION = f"""\
Accuracies are in per cent, *by class* the mean over classes, *by sample* the share of test sequences. A mean is over
splits and seeds; only seeds that all splits of a row have count, and rows that lack a split, or one of the first three
seeds, have no rank. In brackets stands the 95 % percentile bootstrap interval, splits resampled first and seeds within
them. Such intervals are **too narrow** when there are few splits and seeds: with three splits of three seeds one in six
misses the mean. Where one split gives one number for every seed there is no interval.

*p* belongs to the two-sided sign-flip test against `{REFERENCE}`; every (split, seed) that both rows have is a pair. It
is Holm-adjusted: the tests of other methods in a table together, and those of `{REFERENCE}` with other options.
Splits as the pairs would be the stricter choice, but three splits cannot give a p below 0.25. Cells of one split are
alike, and seeds repeat the number of a method that draws nothing at random, so p is too small rather than too large.
*Least p* is the smallest that the differing pairs can give before the adjustment.

Rows whose selection is `leaking-test` chose on the unseen test classes. They never rank; they only measure the leak."""


def results_page(table: "pd.DataFrame", commands: Sequence[str]) -> str:
    """Return the tables of the records as Markdown. Equal records in any order give equal text.

    Args:
        table: what `records_table` returned; without rows the page says so.
        commands: how to reproduce the records, shown as they are.
    """
    boards = boards_of(table)
    parts = ["# Results", INTRODUCTION if boards else "No cell is finished yet."]
    for board in main_boards([board for board in boards if not board.cross]):
        parts += _board_parts(board)
    parts += _text_ablation([board for board in boards if not board.cross])
    parts += _cross_parts([board for board in boards if board.cross])
    parts += ["## How to reproduce", "```\n" + "\n".join(commands) + "\n```"]
    versions = sorted({row.version for board in boards for row in (*board.honest, *board.leaking) if row.version})
    if versions:
        parts.append(f"Package version {', '.join(versions)}.")
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[Standing], *columns: Column) -> str:
    return markdown_table([head for head, _ in columns], [[text(row) for _, text in columns] for row in rows])


METHOD: Column = ("method", lambda row: row.label)
RANK: Column = ("rank", lambda row: str(row.rank or MISSING))
BY_CLASS: Column = ("by class", lambda row: interval(row.per_class))


def _spread(head: str, name: str) -> Column:
    return head, lambda row: percent_spread(row.spreads[name])


def _mean(head: str, name: str) -> Column:
    return head, lambda row: percent_mean(row.spreads[name])


def _of_split(head: str, split: str) -> Column:
    return head, lambda row: percent_spread(row.by_split.get(split))


def _against(head: str, text: Callable[[Any], str]) -> Column:
    return head, lambda row: text(row.against) if row.against else MISSING


def _has(board: Board, name: str) -> bool:
    return any(row.spreads[name] for row in board.honest)


def _board_parts(board: Board) -> list[str]:
    chance = ", ".join(f"{split} {percent(board.chance[split])}" for split in sorted(board.chance))
    about = f"Chance: {markdown_text(chance)}. {_selections(board)}".strip()
    sections = (_zsl, _below_baseline, _chosen, _gzsl, _anytime, _information, _option_ablation, _leaks)
    parts = [part for section in sections for part in section(board)]
    return [f"## {markdown_text(board.name)}", *_notice(board), about, *parts]


def _notice(board: Board) -> list[str]:
    return [f"**{markdown_text(board.notice)}**"] if board.notice else []


def _selections(board: Board) -> str:
    """Name the selection of most honest rows, and the rows of each rarer one."""
    selections = [row.selection for row in board.honest]
    if not selections:
        return ""
    most, *others = sorted(set(selections), key=lambda name: (-selections.count(name), name))
    parts = [f"`{most}`"]
    for name in sorted(others):
        parts.append(f"`{name}`: {', '.join(sorted(row.label for row in board.honest if row.selection == name))}")
    return markdown_text(f"Selection: {'; '.join(parts)}.")


def _zsl(board: Board) -> list[str]:
    if not board.honest:
        return ["No honest row is finished here."]
    splits = sorted({split for row in board.honest for split in row.by_split})
    tests = (
        _against(f"less {REFERENCE}", lambda comparison: points(comparison.difference)),
        _against("p", lambda comparison: p_text(comparison.adjusted)),
        _against("least p", lambda comparison: p_text(comparison.least)),
    )
    transductive = [_spread("transductive", TRANSDUCTIVE)] if _has(board, TRANSDUCTIVE) else []
    columns = [
        RANK,
        METHOD,
        BY_CLASS,
        ("by sample", lambda row: interval(row.per_sample)),
        *(_of_split(f"{split}, by class", split) for split in splits if len(splits) > 1),
        *(tests if board.tested else ()),
        *transductive,
        ("seeds", lambda row: ", ".join(map(str, row.seeds))),
    ]
    parts = ["### Zero-shot accuracy", _table(board.honest, *columns)]
    if transductive:
        parts.append(
            "*Transductive*: accuracy by class when the whole unlabelled test set is used at test time; not to be "
            "compared with the other columns."
        )
    others = [row.against.least for row in board.tested if row.against and row.method != REFERENCE]
    if others:
        parts.append(
            f"{len(others)} other {'row is' if len(others) == 1 else 'rows are'} tested against "
            f"`{markdown_text(board.reference or '')}`; the least p of the adjustment is "
            f"{p_text(min(1.0, min(others) * len(others)))}."
        )
    notes = [markdown_text(f"- {row.label}: {'; '.join(row.notes)}.") for row in board.honest if row.notes]
    return [*parts, *(["Not every row has every cell:\n\n" + "\n".join(notes)] if notes else [])]


def _below_baseline(board: Board) -> list[str]:
    bar = board.preferred(BASELINE)
    if bar is None or len(board.honest) < 2:
        return []
    name = f"`{markdown_text(bar.label)}`"
    rows = [f"{row.label} by {-gap * 100:.1f} points ({cells} cells)" for row, gap, cells in board.below(BASELINE)]
    if not rows:
        return [f"No row is below {name} over the cells that both have."]
    return [f"Below {name} in accuracy by class, over the cells that both have: {markdown_text('; '.join(rows))}."]


def _chosen(board: Board) -> list[str]:
    """Return what validation chose, and how much of its accuracy is left on the test."""
    rows = [row for row in board.honest if row.selection == "validation"]
    rows = [row for row in rows if row.chosen or row.spreads["validation_accuracy"]]
    if not rows:
        return []
    columns = (
        METHOD,
        ("chosen options (cells)", lambda row: "; ".join(f"{o} ({count})" for o, count in row.chosen) or MISSING),
        _mean("by class on validation classes", "validation_accuracy"),
        ("on the test", lambda row: percent(row.per_class.mean if row.per_class else None)),
    )
    return ["### What was chosen on validation classes", _table(rows, *columns)]


def _gzsl(board: Board) -> list[str]:
    columns: list[Column] = []
    for title, rule in RULES:
        if _has(board, f"{rule}_harmonic_mean"):
            columns += [
                (f"{title} s / u", partial(_seen_and_unseen, rule=rule)),
                _spread(f"{title} H", f"{rule}_harmonic_mean"),
            ]
    if _has(board, "gzsl_auc"):
        columns.append(_spread("AUC", "gzsl_auc"))
    if not columns:
        return []
    return [
        "### Generalised: seen and unseen classes as candidates",
        _table(board.honest, METHOD, *columns),
        "*s* and *u* are the accuracies by class on seen and unseen classes, *H* their harmonic mean. *Plain* takes "
        "the best score; *stacked* lowers seen scores by a constant chosen on validation classes; *gated* asks first "
        "whether the class is seen. *AUC* is the area under the curve of seen against unseen accuracy over all such "
        "constants, in per cent of the square. Mean ± standard deviation over splits and seeds.",
    ]


def _seen_and_unseen(row: Standing, rule: str) -> str:
    return f"{percent_mean(row.spreads[f'{rule}_seen'])} / {percent_mean(row.spreads[f'{rule}_unseen'])}"


def _shares(rows: Sequence[Standing], name: str, text: Callable[[float], str]) -> list[Column]:
    """Return a column for each share of the frames at which a row has the number."""

    def mean(row: Standing, share: float) -> str:
        spread = row.curves.get(name, {}).get(share)
        return text(spread.mean) if spread else MISSING

    shares = [share for share in SHARES if any(share in row.curves.get(name, {}) for row in rows)]
    return [(f"{share:.0%}", partial(mean, share=share)) for share in shares]


def _anytime(board: Board) -> list[str]:
    columns = _shares(board.honest, "accuracy", percent)
    if not columns:
        return []
    text = "Accuracy by sample at each share of the frames."
    if _has(board, "settling"):
        columns.append(_mean("settles at", "settling"))
        text += " *Settles at*: the mean share of frames, in per cent, from which the answer stays as it is."
    rows = [row for row in board.honest if row.curves]
    return ["### As more frames are observed", _table(rows, METHOD, *columns), text]


def _information(board: Board) -> list[str]:
    rows = [row for row in board.honest if "mutual_information" in row.curves]
    columns = _shares(rows, "mutual_information", number)
    if not columns:
        return []
    return [
        _table(rows, ("estimated information", METHOD[1]), *columns),
        f"Jensen-Shannon estimate of motion and text on the test sequences: at most 0; {number(NOTHING_KNOWN)} means "
        "that nothing is known, and a lower value that the critic is confident and wrong.",
    ]


def _option_ablation(board: Board) -> list[str]:
    """Return the rows of the reference with other options or variants, against the plain one."""
    plain = board.preferred(REFERENCE)
    rows = [row for row in board.honest if row.method == REFERENCE]
    if plain is None or len({(row.options, row.variant) for row in rows}) < 2:
        return []
    columns = (
        ("row", METHOD[1]),
        BY_CLASS,
        _against(f"less {plain.label}", lambda comparison: points(comparison.difference)),
        _against("p", lambda comparison: p_text(comparison.adjusted)),
        _against("common cells", lambda comparison: str(comparison.pairs)),
    )
    rows = sorted(rows, key=lambda row: (row is not plain, row.label))
    return [f"### Options of {REFERENCE}", _table(rows, *columns)]


def _leaks(board: Board) -> list[str]:
    rows = [(row, row.leak) for row in board.honest if row.leak]
    if not rows:
        return []
    lines = [[row.label, leak_text(leak), leak.against, str(leak.gain.count)] for row, leak in rows]
    mean_leak = np.mean([leak.gain.mean for _, leak in rows])
    return [
        "### What choosing on the test classes adds",
        markdown_table(["method", "points by class", "against selection", "cells"], lines),
        "Accuracy by class with selection `leaking-test` less that with the selection named, over the cells that both "
        f"have; {points(float(mean_leak))} points in the mean over these rows.",
    ]


def _text_ablation(boards: Sequence[Board]) -> list[str]:
    """Return one table for each data, protocol and encoder on which a method was run with more than one text."""
    parts: list[str] = []
    for group in by_features(boards):
        if columns := _text_columns(group):
            variants = any(board.variant for board in group)
            lines = [
                [board.text, board.prompt, *([board.variant] if variants else [])]
                + [column.get(board.name, MISSING) for column in columns.values()]
                for board in group
                if any(board.name in column for column in columns.values())
            ]
            header = ["text", "prompt", *(["variant"] if variants else []), *columns]
            parts += [f"### {markdown_text(group[0].features_name)}", markdown_table(header, lines)]
    about = (
        "Mean accuracy by class of the methods as they are by default, over the (split, seed) cells that all texts of "
        f"a column have; {FEWER} marks means of a column whose texts have no cell in common, not to be compared."
    )
    return ["## Texts", about, *parts] if parts else []


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


def _cross_parts(boards: Sequence[Board]) -> list[str]:
    if not boards:
        return []
    parts = [
        "## Across datasets",
        "All recordings of one dataset are named by a model that was trained on the others, on classes that the set "
        "does not have. Accuracy by class; the mean is over the sets.",
    ]
    for board in boards:
        splits = [_of_split(f"{split} (chance {percent(board.chance[split])})", split) for split in board.splits]
        columns = (RANK, METHOD, *splits, ("mean", BY_CLASS[1]), _spread("transductive", TRANSDUCTIVE))
        parts += [f"### {markdown_text(board.name)}", *_notice(board), _table(board.honest, *columns)]
        parts += [*_below_baseline(board), *_leaks(board)]
    return parts

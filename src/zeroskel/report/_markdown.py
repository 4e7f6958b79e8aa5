"""results.md: the benchmark's records as tables that stand in the documentation."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core.files import atomic_path
from zeroskel.report._leaderboard import REFERENCE, Board, leaderboards, main_boards
from zeroskel.report._standing import Standing
from zeroskel.report._wording import (
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

SHARES = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
BASELINE = "ridge"
FEWER = "\u2020"  # marks means that are not over the same cells

INTRODUCTION = f"""\
Accuracies are in per cent, *by class* the mean over classes, *by sample* the share of test sequences. A mean is over
splits and seeds; only seeds that all splits of a row have count, and rows that lack a split, or one of the first three
seeds, have no rank. In brackets stands the 95 % percentile bootstrap interval, splits resampled first and seeds within
them. Such intervals are **too narrow** when there are few splits and seeds: with three splits of three seeds one in six
misses the mean. Where one split gives one number for every seed there is no interval.

*p* belongs to the two-sided sign-flip test against `{REFERENCE}`; every (split, seed) that both rows have is a pair. It
is Holm-adjusted: other methods' tests of a table together, and those of `{REFERENCE}` with other options together.
Splits as the pairs would be the stricter choice, but three splits cannot give a p below 0.25. Cells of one split are
alike, and seeds repeat the number of a method that draws nothing at random, so p comes out rather too small. *Least p*
is the smallest that the differing pairs can give before the adjustment.

Rows whose selection is `leaking-test` chose on the unseen test classes. They never rank; they only measure the leak."""


def write_results_page(records: Sequence[Mapping[str, Any]], path: Path, *, commands: Sequence[str]) -> None:
    """Write the records' tables as Markdown; the file appears whole or not at all.

    Args:
        records: lines of results.jsonl, whole or partial; none gives a page that says so. Equal records in any order
            give equal bytes.
        path: the file to write.
        commands: how to reproduce the records, shown as they are.

    Raises:
        InputError: a record lacks a field that no table can do without.
    """
    boards = leaderboards(records)
    main = main_boards([board for board in boards if not board.cross])
    parts = ["# Results", INTRODUCTION if boards else "No cell is finished yet."]
    for board in main:
        parts += _board_parts(board)
    parts += _text_ablation(boards)
    parts += _cross_parts([board for board in boards if board.cross])
    parts += ["## How to reproduce", "```\n" + "\n".join(commands) + "\n```"]
    versions = sorted({row.version for board in boards for row in (*board.honest, *board.leaking) if row.version})
    if versions:
        parts.append(f"Package version {', '.join(versions)}.")
    with atomic_path(path) as temporary:
        temporary.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _board_parts(board: Board) -> list[str]:
    parts = [f"## {markdown_text(board.name)}"]
    if board.notice:
        parts.append(f"**{markdown_text(board.notice)}**")
    chance = ", ".join(f"{split} {percent(board.chance[split])}" for split in sorted(board.chance))
    parts.append(f"Chance: {markdown_text(chance)}. {_selections(board)}".strip())
    sections = (_zsl, _below_baseline, _chosen, _gzsl, _anytime, _information, _option_ablation, _leaks)
    return parts + [part for section in sections for part in section(board)]


def _selections(board: Board) -> str:
    """Which selection the honest rows have; those of the rarer one by name."""
    rows_of: dict[str, list[str]] = {}
    for row in board.honest:
        rows_of.setdefault(row.selection, []).append(row.label)
    if not rows_of:
        return ""
    most = max(sorted(rows_of), key=lambda selection: len(rows_of[selection]))
    others = [f"`{name}`: {', '.join(sorted(rows_of[name]))}" for name in sorted(rows_of) if name != most]
    return markdown_text(f"Selection: `{most}`{'; ' if others else ''}{'; '.join(others)}.")


def _zsl(board: Board) -> list[str]:
    if not board.honest:
        return ["No honest row is finished here."]
    splits = sorted({split for row in board.honest for split in row.by_split})
    transductive = any(row.spreads["transductive_per_class_accuracy"] for row in board.honest)
    header = [
        *("rank", "method", "by class", "by sample"),
        *(f"{split}, by class" for split in splits if len(splits) > 1),
        *((f"less {REFERENCE}", "p", "least p") if board.tested else ()),
        *(("transductive",) if transductive else ()),
        "seeds",
    ]
    rows = []
    for row in board.honest:
        against = row.against
        rows.append(
            [
                str(row.rank or MISSING),
                row.label,
                interval(row.per_class),
                interval(row.per_sample),
                *(percent_spread(row.by_split.get(split)) for split in splits if len(splits) > 1),
                *(
                    (points(against.difference), p_text(against.adjusted), p_text(against.least))
                    if against
                    else (MISSING,) * 3
                    if board.tested
                    else ()
                ),
                *((percent_spread(row.spreads["transductive_per_class_accuracy"]),) if transductive else ()),
                ", ".join(map(str, row.seeds)),
            ]
        )
    parts = ["### Zero-shot accuracy", markdown_table(header, rows)]
    if transductive:
        parts.append(
            "*Transductive*: accuracy by class when the whole unlabelled test set is used at test time; not to be held "
            "against the other columns."
        )
    if board.tested:
        others = [row.against for row in board.tested if row.against and row.method != REFERENCE]
        floor = min((found.least for found in others), default=1.0) * len(others)
        if others:
            parts.append(
                f"{len(others)} other {'row is' if len(others) == 1 else 'rows are'} tested against "
                f"`{markdown_text(board.reference or '')}`; the least p of the adjustment is {p_text(min(1.0, floor))}."
            )
    notes = [f"- {row.label}: {'; '.join(row.notes)}." for row in board.honest if row.notes]
    return parts + (["Not every row has every cell:\n\n" + "\n".join(map(markdown_text, notes))] if notes else [])


def _below_baseline(board: Board) -> list[str]:
    bar = board.preferred(BASELINE)
    if bar is None or len(board.honest) < 2:
        return []
    below = board.below(BASELINE)
    if not below:
        return [f"No row is below `{markdown_text(bar.label)}` over the cells that both have."]
    named = "; ".join(
        f"{row.label} by {-difference * 100:.1f} points ({cells} cells)" for row, difference, cells in below
    )
    return [
        f"Below `{markdown_text(bar.label)}` in accuracy by class, over the cells that both have: "
        f"{markdown_text(named)}."
    ]


def _chosen(board: Board) -> list[str]:
    """What validation chose, and how much of its accuracy is left on the test."""
    chosen = [row for row in board.honest if row.selection == "validation"]
    rows = [row for row in chosen if row.chosen or row.spreads["validation_accuracy"]]
    lines = [
        [
            row.label,
            "; ".join(f"{options} ({count})" for options, count in row.chosen) or MISSING,
            percent_mean(row.spreads["validation_accuracy"]),
            percent(row.per_class.mean if row.per_class else None),
        ]
        for row in rows
    ]
    header = ["method", "chosen options (cells)", "by class on validation classes", "on the test"]
    return ["### What was chosen on validation classes", markdown_table(header, lines)] if rows else []


def _gzsl(board: Board) -> list[str]:
    kinds = (("plain", "gzsl"), ("stacked", "stacked"), ("gated", "gated"))
    names = [(title, [f"{key}_{part}" for part in ("seen", "unseen", "harmonic_mean")]) for title, key in kinds]
    have = [(title, keys) for title, keys in names if any(row.spreads[keys[2]] for row in board.honest)]
    area = any(row.spreads["gzsl_auc"] for row in board.honest)
    if not have and not area:
        return []
    header = ["method", *(text for title, _ in have for text in (f"{title} s / u", f"{title} H"))]
    rows = []
    for row in board.honest:
        cells = []
        for _, (seen, unseen, harmonic) in have:
            cells += [
                f"{percent_mean(row.spreads[seen])} / {percent_mean(row.spreads[unseen])}",
                percent_spread(row.spreads[harmonic]),
            ]
        rows.append([row.label, *cells, *((percent_spread(row.spreads["gzsl_auc"]),) if area else ())])
    return [
        "### Generalised: seen and unseen classes as candidates",
        markdown_table([*header, *(("AUC",) if area else ())], rows),
        "*s* and *u* are the accuracies by class on seen and unseen classes, *H* their harmonic mean. *Plain* takes "
        "the best score; *stacked* lowers seen scores by a constant chosen on validation classes; *gated* asks first "
        "whether the class is seen. *AUC* is the area under the curve of seen against unseen accuracy over all such "
        "constants, in per cent of the square. Mean ± standard deviation over splits and seeds.",
    ]


def _anytime(board: Board) -> list[str]:
    shares = [share for share in SHARES if any("accuracy" in _at(row, share) for row in board.honest)]
    if not shares:
        return []
    settling = any(row.spreads["settling"] for row in board.honest)
    header = ["method", *(f"{share:.0%}" for share in shares), *(("settles at",) if settling else ())]
    rows = [
        [
            row.label,
            *(percent(_at(row, share).get("accuracy")) for share in shares),
            *((percent_mean(row.spreads["settling"]),) if settling else ()),
        ]
        for row in board.honest
        if row.observed
    ]
    parts = ["### As more frames are observed", markdown_table(header, rows)]
    text = "Accuracy by sample at each share of the frames."
    if settling:
        text += " *Settles at*: the mean share of frames, in per cent, from which the answer stays as it is."
    return [*parts, text]


def _information(board: Board) -> list[str]:
    rows = [row for row in board.honest if any("mutual_information" in found for found in row.observed.values())]
    shares = [share for share in SHARES if any("mutual_information" in _at(row, share) for row in rows)]
    if not shares:
        return []
    lines = [[row.label, *(_information_at(row, share) for share in shares)] for row in rows]
    return [
        markdown_table(["estimated information", *(f"{share:.0%}" for share in shares)], lines),
        f"Jensen-Shannon estimate of motion and text on the test sequences: at most 0; {number(-2 * np.log(2))} means "
        "that nothing is known, and a lower value that the critic is confident and wrong.",
    ]


def _option_ablation(board: Board) -> list[str]:
    """SMIE's rows with other options or variants, against the plain one."""
    plain = board.preferred(REFERENCE)
    rows = [row for row in board.honest if row.method == REFERENCE]
    if plain is None or len({(row.options, row.variant) for row in rows}) < 2:
        return []
    lines = []
    for row in sorted(rows, key=lambda row: (row is not plain, row.label)):
        against = [MISSING] * 3
        if row.against:
            found = row.against
            against = [points(found.difference), p_text(found.adjusted), str(found.pairs)]
        lines.append([row.label, interval(row.per_class), *against])
    title = f"### Options of {REFERENCE}"
    header = ["row", "by class", f"less {plain.label}", "p", "common cells"]
    return [title, markdown_table(header, lines)]


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
    """One table for each data, protocol and encoder on which a method met several texts."""
    groups: dict[tuple[Any, ...], list[Board]] = {}
    for board in boards:
        if not board.cross:
            groups.setdefault(board.features, []).append(board)
    parts: list[str] = []
    for group in groups.values():
        columns = _text_columns(group)
        if columns:
            lines = [
                [board.text, board.prompt, *((board.variant,) if any(b.variant for b in group) else ())]
                + [column.get(board.name, MISSING) for column in columns.values()]
                for board in group
                if any(board.name in column for column in columns.values())
            ]
            header = ["text", "prompt", *(("variant",) if any(board.variant for board in group) else ()), *columns]
            parts += [f"### {markdown_text(group[0].features_name)}", markdown_table(header, lines)]
    if not parts:
        return []
    about = (
        "Mean accuracy by class of the methods as they are by default, over the (split, seed) cells that all texts of "
        f"a column have; {FEWER} marks means of a column whose texts have no cell in common, not to be compared."
    )
    return ["## Texts", about, *parts]


def _text_columns(group: Sequence[Board]) -> dict[str, dict[str, str]]:
    """Column head -> name of the board -> mean; of methods that were run with several texts and one selection."""
    found: dict[tuple[str, str], dict[str, Standing]] = {}
    for board in group:
        for method in sorted({row.method for row in board.honest if row.plain}):
            row = board.preferred(method)
            if row is not None and row.accuracy:
                found.setdefault((method, row.selection), {})[board.name] = row
    columns = {}
    for (method, selection), rows in sorted(found.items()):
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
        "## Across data sets",
        "All recordings of one data set are named by a model that was trained on the others, on classes that the set "
        "does not have. Accuracy by class; the mean is over the sets.",
    ]
    for board in boards:
        header = ["rank", "method", *(f"{split} (chance {percent(board.chance[split])})" for split in board.splits)]
        lines = [
            [
                str(row.rank or MISSING),
                row.label,
                *(percent_spread(row.by_split.get(split)) for split in board.splits),
                interval(row.per_class),
                percent_spread(row.spreads["transductive_per_class_accuracy"]),
            ]
            for row in board.honest
        ]
        parts += [f"### {markdown_text(board.name)}", *([f"**{markdown_text(board.notice)}**"] if board.notice else [])]
        parts += [markdown_table([*header, "mean", "transductive"], lines), *_below_baseline(board), *_leaks(board)]
    return parts


def _information_at(row: Standing, share: float) -> str:
    found = _at(row, share).get("mutual_information")
    return MISSING if found is None else number(found)


def _at(row: Standing, share: float) -> Mapping[str, float]:
    """What was observed at a share, which may be off by rounding."""
    return next((found for own, found in row.observed.items() if abs(own - share) < 1e-6), {})

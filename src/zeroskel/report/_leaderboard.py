"""Benchmark records over splits and seeds: who stands where, how sure that is, and what choosing on the test adds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zeroskel.evaluate.statistics import holm, least_p, paired_test
from zeroskel.evaluate.summary import LEAKING, Record, options_text, unique_cells
from zeroskel.report._standing import Comparison, Leak, Standing, estimate, row_key, standing_of, text_of

REFERENCE = "smie"  # the method that the others are tested against
ENOUGH_SEEDS = 3  # of the seeds that the reference has, for a rank


@dataclass(frozen=True)
class Board:
    """Rows that share data, protocol, encoder and texts.

    Attributes:
        data, protocol, encoder, encoder_options, text, prompt: what they share.
        variant: name of a variant that several methods share, e.g. of the texts; else "".
        cross: True for splits of which training and test data differ (named cross-...).
        notice: what limits the use of the data; empty for none.
        splits: those that a row needs to be ranked.
        chance: split -> accuracy of a uniform guess.
        reference: label of the row that the others are tested against, or None.
        honest: by rank, then those without one.
        leaking: rows that chose on the unseen test classes, by label; never ranked.
    """

    data: str
    protocol: str
    encoder: str
    encoder_options: tuple[str, ...]
    text: str
    prompt: str
    variant: str
    cross: bool
    notice: str
    splits: tuple[str, ...]
    chance: Mapping[str, float]
    reference: str | None
    honest: tuple[Standing, ...]
    leaking: tuple[Standing, ...]

    @property
    def features(self) -> tuple[Any, ...]:
        """What boards share that differ in their texts only."""
        return self.data, self.protocol, self.encoder, self.encoder_options, self.cross

    @property
    def guess(self) -> float:
        """Mean over the splits of the accuracy of a uniform guess."""
        return float(np.mean([self.chance[split] for split in self.splits])) if self.splits else 0.0

    @property
    def features_name(self) -> str:
        """Data, protocol and encoder in words."""
        encoder = (f"encoder {self.encoder}", *self.encoder_options)
        return ", ".join(part for part in (self.data, self.protocol, *encoder) if part)

    @property
    def name(self) -> str:
        """What its rows share, in words."""
        texts = (f"text {self.text}" if self.text else "", f"prompt {self.prompt}" if self.prompt else "", self.variant)
        return ", ".join(part for part in (self.features_name, *texts) if part)

    def preferred(self, method: str) -> Standing | None:
        """The honest row that stands for a method: without changed options if there is one, validation before last."""
        own = [row for row in self.honest if row.method == method]
        return min(own, key=_preference, default=None)

    @property
    def tested(self) -> list[Standing]:
        """Rows that were compared with the reference."""
        return [row for row in self.honest if row.against]

    def below(self, method: str) -> list[tuple[Standing, float, int]]:
        """Honest rows whose mean is below a method's over the cells that both have: row, how far, cells; far first."""
        bar = self.preferred(method)
        if bar is None:
            return []
        found = [(row, *_difference(row, bar)) for row in self.honest if row is not bar]
        return sorted(
            (entry for entry in found if entry[2] and entry[1] < 0), key=lambda entry: (entry[1], entry[0].label)
        )


def leaderboards(records: Sequence[Record]) -> list[Board]:
    """Boards in the order of their names, those with a notice last; a repeated cell counts once.

    A row's mean is over the cells of those seeds that all its splits have, so that every split counts alike; splits
    beyond those of the reference do not count. Intervals
    resample splits, then seeds within them (`bootstrap_interval`). Every cell is a pair of the test against the
    reference: with splits as the pairs, three splits could give no p below 0.25; but cells of one split are alike, so
    p comes out too small rather than too large.

    Args:
        records: lines of results.jsonl, whole or partial.

    Raises:
        InputError: a record lacks a field that no table can do without.
    """
    cells = unique_cells(records)
    methods_of: dict[str, set[str]] = {}
    for cell in cells:
        methods_of.setdefault(text_of(cell, "variant"), set()).add(str(cell["method"]))
    shared = {variant for variant, methods in methods_of.items() if len(methods) > 1}
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for cell in cells:
        groups.setdefault(_board_key(cell, shared), []).append(cell)
    boards = [_board(key, groups[key]) for key in sorted(groups)]
    return sorted(boards, key=lambda board: bool(board.notice))


def main_boards(boards: Sequence[Board]) -> list[Board]:
    """Of boards that differ in their texts only, the one with the most cells."""
    best: dict[tuple[Any, ...], Board] = {}
    for board in boards:
        if board.features not in best or _size(board) > _size(best[board.features]):
            best[board.features] = board
    return list(best.values())


def _size(board: Board) -> int:
    return sum(len(row.cells) for row in board.honest)


def _board_key(record: Record, shared: set[str]) -> tuple[Any, ...]:
    data, protocol, encoder, text, prompt = (
        text_of(record, name) for name in ("data", "protocol", "encoder", "text", "prompt")
    )
    variant = text_of(record, "variant")
    cross = str(record["split"]).startswith("cross-")
    if cross:
        protocol = protocol.partition(":")[0]  # which says what is held out, as the split does
    options = options_text(record.get("encoder_options"))
    return data, protocol, encoder, options, text, prompt, variant if variant in shared else "", cross


def _board(key: tuple[Any, ...], records: Sequence[Record]) -> Board:
    data, protocol, encoder, encoder_options, text, prompt, variant, cross = key
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for record in records:
        groups.setdefault(row_key(record, variant), []).append(record)
    measure_key = min(
        (row for row in groups if row[-1] != LEAKING), key=lambda row: _measure(row, groups), default=None
    )
    splits = sorted({str(record["split"]) for record in groups.get(measure_key, records)})  # type: ignore[arg-type]
    rows = {row: standing_of(row, groups, splits) for row in sorted(groups)}
    measure = rows.get(measure_key)  # type: ignore[arg-type]
    reference = measure if measure and measure.method == REFERENCE else None
    leaking = [row for row in rows.values() if row.selection == LEAKING]
    honest = [row for row in rows.values() if row.selection != LEAKING]
    honest = [replace(row, leak=_leak(row, honest, leaking), notes=_notes(row, measure)) for row in honest]
    return Board(
        *(data, protocol, encoder, encoder_options, text, prompt, variant, cross),
        notice=" ".join(sorted({record["notice"] for record in records if record.get("notice")})),
        splits=tuple(splits),
        chance={str(record["split"]): float(record["chance"]) for record in sorted(records, key=lambda r: r["chance"])},
        reference=reference.label if reference else None,
        honest=tuple(_ranked(_tested(honest, reference), splits, measure)),
        leaking=tuple(leaking),
    )


def _measure(row: tuple[Any, ...], groups: Mapping[tuple[Any, ...], Sequence[Record]]) -> tuple[Any, ...]:
    """Least for the row that says what a whole row is: plain SMIE, chosen on validation; else the longest."""
    method, options, variant, version, selection = row
    of_reference = (bool(options or variant), selection != "validation") if method == REFERENCE else (False, False)
    return method != REFERENCE, *of_reference, -len(groups[row]), method, options, variant, version, selection


def _preference(row: Standing) -> tuple[Any, ...]:
    return not row.plain, row.selection != "validation", -len(row.cells), row.label


def _difference(row: Standing, other: Standing) -> tuple[float, int]:
    """Mean difference in accuracy by class over the common cells, and their number."""
    common = sorted(set(row.accuracy) & set(other.accuracy))
    return float(np.mean([row.accuracy[c] - other.accuracy[c] for c in common])) if common else 0.0, len(common)


def _tested(rows: Sequence[Standing], reference: Standing | None) -> list[Standing]:
    """The rows with their comparison; tests of other methods are adjusted together."""
    compared: list[tuple[int, Comparison]] = []
    for position, row in enumerate(rows):
        if reference is None or row.label == reference.label:
            continue
        common = sorted(set(row.accuracy) & set(reference.accuracy))
        if common:
            own, other = ([found.accuracy[cell] for cell in common] for found in (row, reference))
            p = paired_test(np.array(own), np.array(other))
            least = least_p(int(np.count_nonzero(np.subtract(own, other))))
            difference, pairs = _difference(row, reference)
            compared.append((position, Comparison(reference.label, difference, pairs, p, p, least)))
    result = list(rows)
    for of_reference in (True, False):  # the reference's method with other options, and other methods: two questions
        family = [entry for entry in compared if (rows[entry[0]].method == REFERENCE) == of_reference]
        if not family:
            continue
        adjusted = holm(np.array([found.p for _, found in family]))
        for (position, found), value in zip(family, adjusted, strict=True):
            result[position] = replace(rows[position], against=replace(found, adjusted=float(value)))
    return result


def _leak(row: Standing, honest: Sequence[Standing], leaking: Sequence[Standing]) -> Leak | None:
    """What the leaking twin of a row gains on it; a row of the last epoch has none where validation was run."""
    base = (row.method, row.options, row.variant, row.version)
    twins = [r for r in leaking if (r.method, r.options, r.variant, r.version) == base]
    better = [r for r in honest if (r.method, r.options, r.variant, r.version) == base and r.selection == "validation"]
    if not twins or (better and row.selection != "validation"):
        return None
    common = set(twins[0].accuracy) & set(row.accuracy)
    gain = estimate({cell: twins[0].accuracy[cell] - row.accuracy[cell] for cell in common})
    return Leak(gain, row.selection) if gain else None


def _notes(row: Standing, measure: Standing | None) -> tuple[str, ...]:
    """What a row lacks against the one that the board is measured by, and what of it is not counted."""
    lacking = sorted(set(measure.splits) - set(row.splits)) if measure else []
    fewer = sorted(set(measure.seeds) - set(row.seeds)) if measure else []
    uncounted = [f"{split} seed {seed}" for split, seed in row.cells if (split, seed) not in row.counted]
    notes = (
        f"lacks {', '.join(lacking)}" if lacking else "",
        f"lacks seed {', '.join(map(str, fewer))}" if fewer else "",
        f"not counted, as not on every split: {', '.join(uncounted)}" if uncounted else "",
        "" if row.accuracy else "no accuracy by class",
    )
    return tuple(note for note in notes if note)


def _ranked(rows: Sequence[Standing], splits: Sequence[str], measure: Standing | None) -> list[Standing]:
    """Rows that have all splits and enough of the measure's seeds, best first, then the others; equal means share."""
    seeds = set(measure.seeds[:ENOUGH_SEEDS]) if measure else set()

    def mean(row: Standing) -> float:
        return row.per_class.mean if row.per_class else -1.0

    complete = [row for row in rows if row.per_class and set(splits) <= set(row.by_split) and seeds <= set(row.seeds)]
    ranked = [replace(row, rank=1 + sum(mean(r) > mean(row) for r in complete)) for row in complete]
    others = [row for row in rows if row not in complete]
    return [
        *sorted(ranked, key=lambda row: (row.rank or 0, row.label)),
        *sorted(others, key=lambda row: (-mean(row), row.label)),
    ]

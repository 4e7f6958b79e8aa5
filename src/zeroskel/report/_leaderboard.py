"""Leaderboards: ranks over splits and seeds, their certainty, and the gain from choosing on the test classes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from zeroskel.core._records import CellRecord
from zeroskel.evaluate._grouping import LEAKING, records_table
from zeroskel.evaluate._statistics import holm, least_p, paired_test
from zeroskel.report._settings import notice_of
from zeroskel.report._standing import ROW, Comparison, Estimate, RowKey, Standing, estimate, standings

if TYPE_CHECKING:
    import pandas as pd

REFERENCE = "smie"
"""The method that the others are tested against."""

ENOUGH_SEEDS = 3
"""Number of the first seeds of the reference that a row needs for a rank."""

BOARD = ["data", "protocol", "encoder", "encoder_options", "text", "prompt", "board_variant", "cross"]
FIELDS = [*BOARD[:-2], "variant", "cross"]


@dataclass(frozen=True)
class Board:
    """Rows that share data, protocol, encoder and texts.

    Attributes:
        data, protocol, encoder, encoder_options, text, prompt: what the rows share.
        variant: name of a variant that more than one method has, e.g. of the texts; else "".
        cross: whether training and test data of the splits differ (splits named cross-...).
        notice: what limits the use of the data; empty for none.
        splits: the splits that a row needs to be ranked.
        chance: split -> accuracy of a uniform guess.
        reference: label of the row that the others are tested against, or None.
        honest: rows by rank, then those without a rank.
        leaking: rows that chose on the unseen test classes, by label. They are never ranked.

    Example:
        >>> from zeroskel.core import CellRecord
        >>> from zeroskel.report import leaderboards
        >>> record = CellRecord(
        ...     cell="a", data="utd-mhad", split="purls-5", encoder="stgcn", method="smie", seed=0, selection="last",
        ...     classes_unseen=("wave", "squat"), chance=0.5, zsl_accuracy=0.8, zsl_per_class_accuracy=0.7,
        ... )
        >>> board = leaderboards([record])[0]
        >>> board.name, board.reference
        ('utd-mhad, encoder stgcn', 'smie')
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
        """Return the key that boards share if only their texts differ."""
        return self.data, self.protocol, self.encoder, self.encoder_options, self.cross

    @property
    def guess(self) -> float:
        """Return the mean over the splits of the accuracy of a uniform guess."""
        return float(np.mean([self.chance[split] for split in self.splits]))

    @property
    def features_name(self) -> str:
        """Return data, protocol and encoder as text."""
        encoder = (f"encoder {self.encoder}", *self.encoder_options)
        return ", ".join(part for part in (self.data, self.protocol, *encoder) if part)

    @property
    def name(self) -> str:
        """Return data, protocol, encoder and texts of the rows as text."""
        texts = (f"text {self.text}" if self.text else "", f"prompt {self.prompt}" if self.prompt else "", self.variant)
        return ", ".join(part for part in (self.features_name, *texts) if part)

    @property
    def tested(self) -> list[Standing]:
        """Return the rows that were compared with the reference."""
        return [row for row in self.honest if row.against]

    def preferred(self, method: str) -> Standing | None:
        """Return the honest row that represents a method: default options before others, validation before last."""
        rows = [row for row in self.honest if row.method == method]
        return min(
            rows,
            key=lambda row: (not row.plain, row.selection != "validation", -len(row.cells), row.label),
            default=None,
        )

    def below(self, method: str) -> list[tuple[Standing, float, int]]:
        """Return the honest rows whose mean over common cells is below that of a method.

        Returns:
            Row, difference of the means, number of cells; the largest distance first.
        """
        bar = self.preferred(method)
        gaps = [(row, _differences(row, bar)) for row in self.honest] if bar else []
        below = [(row, float(gap.mean()), len(gap)) for row, gap in gaps if len(gap) and gap.mean() < 0]
        return sorted(below, key=lambda entry: (entry[1], entry[0].label))


def leaderboards(records: Iterable[CellRecord]) -> list[Board]:
    """Return the leaderboards of the records of a benchmark.

    The mean of a row is over the cells of those seeds that all its splits have, so that every split counts alike;
    splits that the reference lacks do not count. Intervals resample splits, then seeds within them
    (`bootstrap_interval`). Every cell is a pair of the test against the reference: with splits as the pairs, three
    splits could give no p below 0.25. Cells of one split are alike, so p is too small rather than too large.

    Args:
        records: lines of results.jsonl. Of several records of one cell the last one counts.

    Returns:
        Boards in the order of their names; those with a notice come last.

    Example:
        >>> from zeroskel.core import CellRecord
        >>> from zeroskel.report import leaderboards
        >>> names = dict(data="d", split="s", encoder="e", selection="last", classes_unseen=("a", "b"), chance=0.5)
        >>> records = [
        ...     CellRecord(cell=m, method=m, seed=0, zsl_accuracy=a, zsl_per_class_accuracy=a, **names)
        ...     for m, a in (("smie", 0.7), ("ridge", 0.8))
        ... ]
        >>> [(row.rank, row.method) for row in leaderboards(records)[0].honest]
        [(1, 'ridge'), (2, 'smie')]
    """
    return boards_of(records_table(records))


def boards_of(table: "pd.DataFrame") -> list[Board]:
    """Return the leaderboards of what `records_table` returned."""
    if not len(table):
        return []
    methods = table.groupby("variant")["method"].nunique()
    shared = table["variant"].isin(methods[methods > 1].index)
    cross = table["split"].str.startswith("cross-")
    member_free = table["protocol"].str.partition(":")[0]  # the rest names the held-out dataset, as the split does
    table = table.assign(
        cross=cross,
        protocol=table["protocol"].where(~cross, member_free),
        board_variant=table["variant"].where(shared, ""),
        variant=table["variant"].where(~shared, ""),
    )
    boards = [_board(key, members) for key, members in table.groupby(BOARD, sort=True)]
    return sorted(boards, key=lambda board: bool(board.notice))


def main_boards(boards: Sequence[Board]) -> list[Board]:
    """Return, of boards that differ in their texts only, the one with the most cells."""
    return [max(group, key=lambda board: sum(len(row.cells) for row in board.honest)) for group in by_features(boards)]


def by_features(boards: Sequence[Board]) -> list[list[Board]]:
    """Return groups of boards that differ in their texts only."""
    groups: dict[tuple[Any, ...], list[Board]] = {}
    for board in boards:
        groups.setdefault(board.features, []).append(board)
    return list(groups.values())


def _board(key: tuple[Any, ...], members: "pd.DataFrame") -> Board:
    groups: dict[RowKey, pd.DataFrame] = dict(iter(members.groupby(ROW, sort=True)))
    honest_keys = [row for row in groups if row[-1] != LEAKING]
    measure_key = min(honest_keys, key=lambda row: _measure(row, len(groups[row])), default=None)
    splits = sorted((groups[measure_key] if measure_key else members)["split"].unique())
    rows = standings(groups, splits)
    measure = rows[measure_key] if measure_key else None
    reference = measure if measure and measure.method == REFERENCE else None
    leaking = [row for row in rows.values() if row.selection == LEAKING]
    honest = [row for row in rows.values() if row.selection != LEAKING]
    honest = [replace(row, leak=_leak(row, honest, leaking), notes=_notes(row, measure)) for row in honest]
    return Board(
        **dict(zip(FIELDS, key, strict=True)),
        notice=notice_of(members),
        splits=tuple(splits),
        chance={split: float(chance) for split, chance in members.groupby("split")["chance"].max().items()},
        reference=reference.label if reference else None,
        honest=tuple(_ranked(_tested(honest, reference), splits, measure)),
        leaking=tuple(leaking),
    )


def _measure(row: RowKey, cells: int) -> tuple[Any, ...]:
    """Return a key that is least for the row that defines completeness: plain SMIE on validation, or the longest."""
    method, options, variant, _, selection = row
    of_reference = (bool(options or variant), selection != "validation") if method == REFERENCE else (False, False)
    return method != REFERENCE, *of_reference, -cells, row


def _differences(row: Standing, other: Standing) -> np.ndarray:
    """Return the (P,) differences in accuracy by class over the cells that both rows have."""
    common = sorted(set(row.accuracy) & set(other.accuracy))
    return np.array([row.accuracy[cell] - other.accuracy[cell] for cell in common])


def _tested(rows: Sequence[Standing], reference: Standing | None) -> list[Standing]:
    """Return the rows with their comparison; the tests of each family are adjusted together."""
    if reference is None:
        return list(rows)
    pairs = {row.label: _differences(row, reference) for row in rows if row.label != reference.label}
    compared: dict[str, Comparison] = {}
    for of_reference in (True, False):  # two questions: other options of the reference, and other methods
        family = {row.label for row in rows if (row.method == REFERENCE) == of_reference}
        tested = {label: values for label, values in pairs.items() if label in family and len(values)}
        p_values = [paired_test(values, np.zeros_like(values)) for values in tested.values()]
        adjusted = holm(np.array(p_values)).tolist() if tested else []
        for (label, values), p, p_adjusted in zip(tested.items(), p_values, adjusted, strict=True):
            least = least_p(int(np.count_nonzero(values)))
            compared[label] = Comparison(float(values.mean()), len(values), p, p_adjusted, least)
    return [replace(row, against=compared.get(row.label)) for row in rows]


def _leak(row: Standing, honest: Sequence[Standing], leaking: Sequence[Standing]) -> Estimate | None:
    """Return the gain of the leaking twin. A row of the last epoch has none where validation was run."""
    twin = next((r for r in leaking if r.base == row.base), None)
    validated = any(r.base == row.base and r.selection == "validation" for r in honest)
    if twin is None or (validated and row.selection != "validation"):
        return None
    return estimate({cell: twin.accuracy[cell] - row.accuracy[cell] for cell in set(twin.accuracy) & set(row.accuracy)})


def _notes(row: Standing, measure: Standing | None) -> tuple[str, ...]:
    """Return what a row lacks against the row that defines completeness, and which of its cells do not count."""
    splits = sorted(measure.splits - row.splits) if measure else []
    seeds = sorted(set(measure.seeds) - set(row.seeds)) if measure else []
    uncounted = [f"{split} seed {seed}" for split, seed in row.cells if (split, seed) not in row.counted]
    notes = (
        f"lacks {', '.join(splits)}" if splits else "",
        f"lacks seed {', '.join(map(str, seeds))}" if seeds else "",
        f"not counted, as not on every split: {', '.join(uncounted)}" if uncounted else "",
        "" if row.accuracy else "no accuracy by class",
    )
    return tuple(note for note in notes if note)


def _ranked(rows: Sequence[Standing], splits: Sequence[str], measure: Standing | None) -> list[Standing]:
    """Return the rows with all splits and enough seeds, best first, then the others; equal means share a rank."""
    seeds = set(measure.seeds[:ENOUGH_SEEDS]) if measure else set()
    complete = [row for row in rows if row.per_class and set(splits) <= set(row.by_split) and seeds <= set(row.seeds)]
    ranked = [replace(row, rank=1 + sum(other.mean > row.mean for other in complete)) for row in complete]
    others = [row for row in rows if row not in complete]
    return [
        *sorted(ranked, key=lambda row: (row.rank or 0, row.label)),
        *sorted(others, key=lambda row: (-row.mean, row.label)),
    ]

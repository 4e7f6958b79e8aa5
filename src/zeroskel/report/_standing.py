"""One method's cells over splits and seeds: means, intervals, and what it is set against."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zeroskel.evaluate.metrics import recalls
from zeroskel.evaluate.statistics import bootstrap_interval
from zeroskel.evaluate.summary import LEAKING, Record, Spread, options_text, spread

ACCURACY = "zsl_per_class_accuracy"  # ranks, and measures the leak
SPREADS = (
    *("gzsl_seen", "gzsl_unseen", "gzsl_harmonic_mean", "gzsl_auc"),
    *("stacked_seen", "stacked_unseen", "stacked_harmonic_mean"),
    *("gated_seen", "gated_unseen", "gated_harmonic_mean"),
    *("transductive_accuracy", "transductive_per_class_accuracy", "settling", "validation_accuracy", "seconds"),
)

Cell = tuple[str, int]
"""Split and seed."""


@dataclass(frozen=True)
class Estimate:
    """Mean of `count` cells with a 95 % bootstrap interval; None where nothing tells its width."""

    mean: float
    interval: tuple[float, float] | None
    count: int


@dataclass(frozen=True)
class Comparison:
    """A row against another over the (split, seed) cells that both have.

    Attributes:
        label: of the other row.
        difference: mean of own less other accuracy by class.
        pairs: how many cells.
        p: of the sign-flip test with every cell a pair of its own; `adjusted` by Holm over the tests of its family.
        least: the least p that so many differing pairs can give, before adjusting.
    """

    label: str
    difference: float
    pairs: int
    p: float
    adjusted: float
    least: float


@dataclass(frozen=True)
class Leak:
    """Accuracy by class that choosing on the test classes adds, over the `cells` that both selections have."""

    gain: Estimate
    against: str


@dataclass(frozen=True)
class Standing:
    """One method with one choice of options and selection on a board.

    Attributes:
        rank: from 1 by mean accuracy by class; None for leaking rows and where splits are lacking.
        method, options, variant, selection, version: what it is.
        details: what tells it from other rows of that method.
        cells: (split, seed) of all its numbers; `counted` those behind its means: of the board's splits
            and the seeds that all of them have.
        accuracy: cell -> ZSL accuracy by class.
        per_class, per_sample: ZSL accuracy over the counted cells, or None.
        by_split: split -> spread of the accuracy by class over its seeds.
        spreads: name of `SPREADS` -> its spread over the counted cells, or None.
        observed: share of frames -> name -> mean over the counted cells.
        chosen: options that selection chose, in words, and in how many counted cells; most frequent first.
        against: comparison with the board's reference; None for itself and without common cells.
        leak: None where only one of the selections was run.
        notes: what it lacks, in words.
    """

    rank: int | None
    method: str
    options: tuple[str, ...]
    variant: str
    selection: str
    version: str
    details: tuple[str, ...]
    cells: tuple[Cell, ...]
    counted: tuple[Cell, ...]
    accuracy: Mapping[Cell, float]
    per_class: Estimate | None
    per_sample: Estimate | None
    by_split: Mapping[str, Spread]
    spreads: Mapping[str, Spread | None]
    observed: Mapping[float, Mapping[str, float]]
    chosen: tuple[tuple[str, int], ...] = ()
    against: Comparison | None = None
    leak: Leak | None = None
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The method's name with what tells the row from others."""
        return ", ".join((self.method, *self.details))

    @property
    def plain(self) -> bool:
        """True when it has neither changed options, but how the prompt's texts part, nor a variant's name."""
        return not self.variant and all(option.startswith("text_blocks=") for option in self.options)

    @property
    def splits(self) -> tuple[str, ...]:
        """Sorted, each once."""
        return tuple(sorted({split for split, _ in self.cells}))

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of the counted cells, sorted, each once."""
        return tuple(sorted({seed for _, seed in self.counted}))


def text_of(record: Record, name: str) -> str:
    """A field as text, empty where the record lacks it."""
    value = record.get(name)
    return "" if value is None else str(value)


def row_key(record: Record, variant: str) -> tuple[Any, ...]:
    """Method, options, variant (unless it is the board's), version and selection: what the records of a row share."""
    own = text_of(record, "variant")
    return (
        str(record["method"]),
        options_text(record.get("options")),
        "" if own == variant else own,
        text_of(record, "version"),
        str(record["selection"]),
    )


def standing_of(
    key: tuple[Any, ...], groups: Mapping[tuple[Any, ...], Sequence[Record]], splits: Sequence[str]
) -> Standing:
    """The row of a key among the rows of its board, without rank and comparisons.

    Args:
        key: what `row_key` gave.
        groups: key -> records, of all rows of the board.
        splits: those whose cells count.
    """
    method, options, variant, version, selection = key
    by_cell: dict[Cell, list[Record]] = {}
    for record in groups[key]:
        by_cell.setdefault((str(record["split"]), int(record["seed"])), []).append(record)
    cells = tuple(sorted(by_cell))
    counted = _counted(cells, splits)

    def values(name: str) -> dict[Cell, float]:
        found = {cell: spread(sorted(_values(by_cell[cell], name))) for cell in cells}
        return {cell: value.mean for cell, value in found.items() if value is not None}

    def of_counted(name: str) -> dict[Cell, float]:
        return {cell: value for cell, value in values(name).items() if cell in counted}

    accuracy = values(ACCURACY)
    same = {row[-1] for row in groups if row[:-1] == key[:-1] and row[-1] != LEAKING}
    details = (
        *options,
        *((variant,) if variant else ()),
        *((f"selection {selection}",) if len(same) > 1 and selection != LEAKING else ()),
        *((f"version {version}",) if len({row[3] for row in groups}) > 1 else ()),
    )
    by_split = {
        split: spread(accuracy.get(cell) for cell in _counted([c for c in cells if c[0] == split], [split]))
        for split in sorted({split for split, _ in cells})
    }
    return Standing(
        *(None, method, options, variant, selection, version, details, cells, counted, accuracy),
        per_class=estimate(of_counted(ACCURACY)),
        per_sample=estimate(of_counted("zsl_accuracy")),
        by_split={split: found for split, found in by_split.items() if found is not None},
        spreads={name: spread(of_counted(name).values()) for name in SPREADS},
        observed=_observed([record for cell in counted for record in by_cell[cell]]),
        chosen=_chosen([record for cell in counted for record in by_cell[cell]]),
    )


def _counted(cells: Sequence[Cell], splits: Sequence[str]) -> tuple[Cell, ...]:
    """Cells of those of the splits that are there, with the seeds that all of these have; all cells where none is."""
    own = {split for split, _ in cells} & set(splits)
    seeds = [{seed for split, seed in cells if split == name} for name in own]
    common = set.intersection(*seeds) if seeds else set()
    return tuple(cell for cell in cells if cell[0] in own and cell[1] in common) or tuple(cells)


def _chosen(records: Sequence[Record]) -> tuple[tuple[str, int], ...]:
    """Selected options in words and in how many of the records, most frequent first."""
    found = Counter(", ".join(options_text(record.get("selected_options"))) for record in records)
    return tuple(sorted(((text, n) for text, n in found.items() if text), key=lambda entry: (-entry[1], entry[0])))


def _values(records: Sequence[Record], name: str) -> list[float]:
    """The numbers that the records have under a name; "settling" is in `observed`, accuracy by class in `confusion`."""
    found = []
    for record in records:
        value = (record.get("observed") or {}).get(name) if name == "settling" else record.get(name)
        if value is None and name == ACCURACY and record.get("confusion"):
            shares = recalls(np.asarray(record["confusion"]))
            value = float(np.nanmean(shares)) if np.isfinite(shares).any() else None
        if value is not None and np.isfinite(value):
            found.append(float(value))
    return found


def _observed(records: Sequence[Record]) -> dict[float, dict[str, float]]:
    """Share of frames -> name -> mean over the records that have it there."""
    found: dict[float, dict[str, list[float]]] = {}
    for record in records:
        observed = record.get("observed") or {}
        for name in ("accuracy", "mutual_information", "settled"):
            for share, value in zip(observed.get("share") or (), observed.get(name) or (), strict=False):
                if value is not None and np.isfinite(value):
                    found.setdefault(float(share), {}).setdefault(name, []).append(float(value))
    return {
        share: {name: float(np.mean(sorted(values))) for name, values in found[share].items()}
        for share in sorted(found)
    }


def estimate(values: Mapping[Cell, float]) -> Estimate | None:
    """Mean over cells, splits resampled for its interval; None without cells."""
    if not values:
        return None
    cells = sorted(values)
    numbers = np.array([values[cell] for cell in cells])
    splits = np.array([split for split, _ in cells])
    nothing_random = len(set(splits)) == 1 and len(set(numbers)) == 1  # seeds that repeat one number tell no width
    interval = None if nothing_random else bootstrap_interval(numbers, groups=splits)
    return Estimate(float(numbers.mean()), interval, len(numbers))

"""One method on a leaderboard: its means over splits and seeds, their intervals, and its comparisons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeroskel.evaluate._grouping import ACCURACY, LEAKING, NUMBERS, Curve, Spread, Spreads, curves, spreads
from zeroskel.evaluate._statistics import bootstrap_interval

if TYPE_CHECKING:
    import pandas as pd

ROW = ["method", "options", "variant", "version", "selection"]
"""Columns that the records of one row share."""

RowKey = tuple[str, tuple[str, ...], str, str, str]
"""Values of `ROW`."""

Cell = tuple[str, int]
"""Split and seed."""


@dataclass(frozen=True)
class Estimate:
    """Mean of `count` cells with a 95 % bootstrap interval; None where the data do not determine its width."""

    mean: float
    interval: tuple[float, float] | None
    count: int


@dataclass(frozen=True)
class Comparison:
    """A row against the reference, over the (split, seed) cells that both have.

    Attributes:
        difference: mean of the accuracy by class of the row less that of the reference.
        pairs: number of cells.
        p, adjusted: p value of the sign-flip test in which every cell is a pair; after the correction of Holm.
        least: the smallest p that so many differing pairs can give, before the correction.
    """

    difference: float
    pairs: int
    p: float
    adjusted: float
    least: float


@dataclass(frozen=True)
class Standing:
    """One method with one choice of options and selection on a board.

    Attributes:
        details: what distinguishes it from other rows of the method.
        cells: (split, seed) of all its records.
        counted: the cells behind its means: of the splits of the board and the seeds that all of these have.
        accuracy: cell -> ZSL accuracy by class.
        per_class, per_sample: ZSL accuracy over the counted cells, or None.
        by_split: split -> spread of the accuracy by class over its seeds.
        spreads: name of a number -> its spread over the counted cells.
        curves: name of a number -> its spreads as more frames are observed, over the counted cells.
        chosen: options that the selection chose, in words, and in how many counted cells; most frequent first.
        rank: from 1 by mean accuracy by class; None for leaking rows and where splits are missing.
        against: comparison with the reference of the board; None for itself and without common cells.
        leak: gain in accuracy by class from choosing on the test classes; None where only one selection was run.
        notes: what is missing, in words.
    """

    method: str
    options: tuple[str, ...]
    variant: str
    version: str
    selection: str
    details: tuple[str, ...]
    cells: tuple[Cell, ...]
    counted: tuple[Cell, ...]
    accuracy: Mapping[Cell, float]
    per_class: Estimate | None
    per_sample: Estimate | None
    by_split: Mapping[str, Spread]
    spreads: Spreads
    curves: Mapping[str, Curve]
    chosen: tuple[tuple[str, int], ...] = ()
    rank: int | None = None
    against: Comparison | None = None
    leak: Estimate | None = None
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return the name of the method and the options that distinguish the row."""
        return ", ".join((self.method, *self.details))

    @property
    def plain(self) -> bool:
        """Return whether the row has no variant and only default options; `text_blocks` follows the prompt."""
        return not self.variant and all(option.startswith("text_blocks=") for option in self.options)

    @property
    def base(self) -> tuple[object, ...]:
        """Return the key that rows share if only their selection differs."""
        return self.method, self.options, self.variant, self.version

    @property
    def splits(self) -> set[str]:
        """Return the splits of the cells."""
        return {split for split, _ in self.cells}

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the counted cells, sorted."""
        return tuple(sorted({seed for _, seed in self.counted}))

    @property
    def mean(self) -> float:
        """Mean accuracy by class; -1 where it is not known."""
        return self.per_class.mean if self.per_class else -1.0


def standings(groups: Mapping[RowKey, "pd.DataFrame"], splits: Sequence[str]) -> dict[RowKey, Standing]:
    """Return the rows of a board, whose records are given by their values of `ROW`, without ranks and comparisons."""
    import pandas as pd

    counted = {key: _counted(group, splits) for key, group in groups.items()}
    together = pd.concat([group.assign(row=row) for row, group in enumerate(counted.values())])
    numbers, observed = spreads(together, ["row"], NUMBERS), curves(together, "row")
    versions = len({key[3] for key in groups})
    rows = {}
    for row, key in enumerate(groups):
        _, options, variant, version, selection = key
        selections = {other[-1] for other in groups if other[:-1] == key[:-1] and other[-1] != LEAKING}
        details = (
            *options,
            variant,
            f"selection {selection}" if len(selections) > 1 and selection != LEAKING else "",
            f"version {version}" if versions > 1 else "",
        )
        by_split = spreads(groups[key], ["split"], [ACCURACY])
        choices = counted[key]["selected_options"].map(", ".join).value_counts()
        rows[key] = Standing(
            *key,
            details=tuple(detail for detail in details if detail),
            cells=_cells(groups[key]),
            counted=_cells(counted[key]),
            accuracy=_values(groups[key], ACCURACY),
            per_class=estimate(_values(counted[key], ACCURACY)),
            per_sample=estimate(_values(counted[key], "zsl_accuracy")),
            by_split={split: spread for split, number in by_split.items() if (spread := number[ACCURACY])},
            spreads=numbers[row],
            curves=observed.get(row, {}),
            chosen=tuple(sorted(((t, n) for t, n in choices.items() if t), key=lambda entry: (-entry[1], entry[0]))),
        )
    return rows


def estimate(values: Mapping[Cell, float]) -> Estimate | None:
    """Return the mean over cells with an interval for which splits are resampled; None without cells."""
    if not values:
        return None
    cells = sorted(values)
    numbers = np.array([values[cell] for cell in cells])
    splits = np.array([split for split, _ in cells])
    constant = len(set(splits)) == 1 and len(set(numbers)) == 1  # seeds that repeat one number determine no width
    interval = None if constant else bootstrap_interval(numbers, groups=splits)
    return Estimate(float(numbers.mean()), interval, len(numbers))


def _counted(group: "pd.DataFrame", splits: Sequence[str]) -> "pd.DataFrame":
    """Return the records of the splits with the seeds that all of these have; all records where there is none."""
    of_splits = group[group["split"].isin(splits)]
    seeds = [set(seeds) for _, seeds in of_splits.groupby("split")["seed"]]
    common = of_splits[of_splits["seed"].isin(set.intersection(*seeds))] if seeds else of_splits
    return common if len(common) else group


def _cells(group: "pd.DataFrame") -> tuple[Cell, ...]:
    return tuple(sorted(zip(group["split"], map(int, group["seed"]), strict=True)))


def _values(group: "pd.DataFrame", name: str) -> dict[Cell, float]:
    """Return the numbers of the cells that have one."""
    return group.dropna(subset=name).set_index(["split", "seed"])[name].to_dict()

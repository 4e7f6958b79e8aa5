"""Settings of the report: the methods that can be compared on one split, each over its seeds."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zeroskel.evaluate._grouping import LEAKING, Curve, Spreads, curves, spreads

if TYPE_CHECKING:
    import pandas as pd

NOTHING_KNOWN = -2 * math.log(2)
"""Jensen-Shannon estimate of a critic that scores every pair 0."""

SETTING = ["data", "split", "protocol", "encoder", "encoder_options", "classes_unseen"]
SIZES = ("classes_seen", "train_sequences", "test_sequences")
VARIANTS = ["text", "prompt", "variant", "selection", "version"]
"""Columns that are named beside a method where they differ within the report."""


@dataclass(frozen=True, eq=False)
class Row:
    """One method with one choice of options, text, prompt and selection in one setting, over its seeds.

    Attributes:
        method: e.g. "smie".
        details: what distinguishes the row, e.g. ("negatives=corrected", "prompt description").
        selection: "last", "validation" or "leaking-test".
        seeds: sorted, each once.
        spreads: name of a number -> its spread over the seeds.
        selected_epochs: sorted, each once; empty for methods without epochs.
        chance: accuracy of a uniform guess among the unseen classes.
        majority: accuracy of always predicting the most frequent unseen class, or None.
        confusion: (U, U) counts summed over seeds, rows true and columns predicted, or None.
        curves: name of a number -> its spreads as more frames are observed.
        trade_off: (P, 2) seen and unseen accuracy as seen scores are lowered, mean over seeds point by point, or None.
        texts: sentence encoder and prompt, as far as they are known.
    """

    method: str
    details: tuple[str, ...]
    selection: str
    seeds: tuple[int, ...]
    spreads: Spreads
    selected_epochs: tuple[int, ...]
    chance: float
    majority: float | None
    confusion: np.ndarray | None
    curves: Mapping[str, Curve]
    trade_off: np.ndarray | None
    texts: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return the name of the method and the options that distinguish the row."""
        return ", ".join((self.method, *self.details))

    @property
    def leaks(self) -> bool:
        """Return whether the epoch was chosen on the unseen test classes."""
        return self.selection == LEAKING

    @property
    def verdict(self) -> str:
        """Return a warning about the accuracy; empty if the mean minus one standard deviation beats a guess."""
        zsl = self.spreads["zsl_accuracy"]
        if zsl is None:
            return "no accuracy"
        low = zsl.mean - (zsl.std or 0.0)
        if low <= self.chance:
            return "not above chance"
        if self.majority is not None and low <= self.majority:
            return "not above the majority class"
        return "" if zsl.count > 1 else "one seed, spread unknown"


@dataclass(frozen=True, eq=False)
class Setting:
    """Rows that share data, split, protocol and encoder, and so can be compared.

    Attributes:
        encoder_options: changed options of the encoder, e.g. ("epochs=30",).
        classes_unseen: U names, in the order of the confusion matrices.
        notice: what limits the use of the data, e.g. that motion is synthetic; empty for none.
        classes_seen, train_sequences, test_sequences: one number each, unless records differ.
        rows: sorted by method, options and variant.
    """

    data: str
    split: str
    protocol: str
    encoder: str
    encoder_options: tuple[str, ...]
    classes_unseen: tuple[str, ...]
    notice: str
    classes_seen: tuple[int, ...]
    train_sequences: tuple[int, ...]
    test_sequences: tuple[int, ...]
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """The encoder with its options."""
        return ", ".join((self.encoder, *self.encoder_options))

    @property
    def title(self) -> str:
        """Everything that the rows share, in words."""
        return ", ".join(part for part in (self.data, self.split, self.protocol, self.name) if part)

    @property
    def honest(self) -> list[Row]:
        """The rows in which the unseen test classes chose nothing."""
        return [row for row in self.rows if not row.leaks]

    @property
    def leaking(self) -> list[Row]:
        """The rows whose epoch was chosen on the unseen test classes. They are never compared with honest ones."""
        return [row for row in self.rows if row.leaks]


def settings_of(table: "pd.DataFrame") -> list[Setting]:
    """Return the settings of all records, sorted by name; those with a notice come last."""
    if not len(table):
        return []
    honest = table[table["selection"] != LEAKING]
    varying = [name for name in VARIANTS if honest[name].nunique() > 1]
    table = table.assign(row=table.groupby([*SETTING, "method", "options", *VARIANTS], sort=True).ngroup())
    numbers, observed = spreads(table, ["row"]), curves(table, "row")
    settings = []
    for key, members in table.groupby(SETTING, sort=True):
        groups = members.groupby("row", sort=True)
        rows = [_row(group, varying, numbers[row], observed.get(row, {})) for row, group in groups]
        fields: dict[str, Any] = dict(zip(SETTING, key, strict=True))
        fields |= {name: _distinct(members, name) for name in SIZES}
        settings.append(Setting(**fields, notice=notice_of(members), rows=tuple(rows)))
    return sorted(settings, key=lambda setting: bool(setting.notice))


def notice_of(table: "pd.DataFrame") -> str:
    """Return the distinct notices of the records, joined."""
    return " ".join(sorted(notice for notice in table["notice"].unique() if notice))


def _row(group: "pd.DataFrame", varying: list[str], numbers: Spreads, observed: Mapping[str, Curve]) -> Row:
    records = list(group["record"])
    first = records[0]
    shown = [name for name in varying if getattr(first, name) not in ("", LEAKING)]
    confusions = [np.array(record.confusion) for record in records if record.confusion]
    return Row(
        method=first.method,
        details=(*group["options"].iloc[0], *(f"{name} {getattr(first, name)}" for name in shown)),
        selection=first.selection,
        seeds=_distinct(group, "seed"),
        spreads=numbers,
        selected_epochs=_distinct(group, "selected_epoch"),
        chance=first.chance,
        majority=first.majority,
        confusion=np.sum(confusions, axis=0) if confusions else None,
        curves=observed,
        trade_off=_trade_off([record.gzsl_curve for record in records if record.gzsl_curve]),
        texts=tuple(text for text in (first.text, first.prompt) if text),
    )


def _distinct(table: "pd.DataFrame", name: str) -> tuple[int, ...]:
    values = {getattr(record, name) for record in table["record"]}
    return tuple(sorted(value for value in values if value is not None))


def _trade_off(curves: list[Any]) -> np.ndarray | None:
    """Return the (P, 2) mean over those curves that have as many points as the longest; None without any."""
    points = [np.array([curve.seen, curve.unseen], np.float64).T for curve in curves if curve.seen]
    longest = max((len(curve) for curve in points), default=0)
    return np.mean([curve for curve in points if len(curve) == longest], axis=0) if longest else None

"""Benchmark records to tables: one `Row` a method, mean and standard deviation over its seeds, grouped by `Setting`."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zeroskel.core.errors import InputError

Record = Mapping[str, Any]

LEAKING = "leaking-test"
NOTHING_KNOWN = -2 * math.log(2)  # the Jensen-Shannon estimate of a critic that says 0 for every pair
METRICS = (
    "zsl_accuracy",
    "zsl_per_class_accuracy",
    "gzsl_seen",
    "gzsl_unseen",
    "gzsl_harmonic_mean",
    "gzsl_auc",
    "stacked_seen",
    "stacked_unseen",
    "stacked_harmonic_mean",
    "gated_seen",
    "gated_unseen",
    "gated_harmonic_mean",
    "seen_class_accuracy",
    "seconds",
)
REQUIRED = ("data", "split", "encoder", "method", "seed", "selection", "classes_unseen", "chance", "zsl_accuracy")
VARIANTS = (
    "text",
    "prompt",
    "variant",
    "selection",
    "version",
)  # shown beside a method's name where they differ in the report


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation (ddof=1) of `count` values; `std` is None for a single value."""

    mean: float
    std: float | None
    count: int


@dataclass(frozen=True)
class Curve:
    """A number against the share of frames observed: (share, spread over seeds) in rising order of the share."""

    points: tuple[tuple[float, Spread], ...]

    @property
    def last(self) -> Spread:
        """The number at the largest share."""
        return self.points[-1][1]


@dataclass(frozen=True)
class Row:
    """One method with one choice of options, text, prompt and selection in one setting, over its seeds.

    Attributes:
        method: e.g. "smie".
        details: what tells it from other rows of that method, e.g. ("negatives=corrected", "prompt description").
        selection: "last", "validation" or "leaking-test".
        seeds: sorted, each once.
        metrics: name of `METRICS` -> its spread, or None where no record has the number.
        selected_epochs: sorted, each once; empty where the method chooses none.
        chance: accuracy of a uniform guess among the unseen classes.
        majority: accuracy of always answering the most frequent unseen class, or None.
        confusion: (U, U) counts summed over seeds, rows true and columns predicted, or None.
        accuracy: accuracy against the share of frames observed, or None.
        mutual_information: the Jensen-Shannon estimate against the share of frames observed, or None.
        trade_off: (P, 2) seen and unseen accuracy as seen scores are lowered, mean over seeds point by point, or None.
        texts: sentence encoder and prompt, as far as they are known.
    """

    method: str
    details: tuple[str, ...]
    selection: str
    seeds: tuple[int, ...]
    metrics: Mapping[str, Spread | None]
    selected_epochs: tuple[int, ...]
    chance: float
    majority: float | None
    confusion: np.ndarray | None
    accuracy: Curve | None
    mutual_information: Curve | None
    trade_off: np.ndarray | None = None
    texts: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The method's name with what tells the row from others."""
        return ", ".join((self.method, *self.details))

    @property
    def leaks(self) -> bool:
        """True when the epoch was chosen on the unseen test classes."""
        return self.selection == LEAKING

    @property
    def verdict(self) -> str:
        """What must not be read into the row's accuracy; empty when one standard deviation below it beats a guess."""
        zsl = self.metrics["zsl_accuracy"]
        if zsl is None:
            return "no accuracy"
        low = zsl.mean - (zsl.std or 0.0)
        if low <= self.chance:
            return "not above chance"
        if self.majority is not None and low <= self.majority:
            return "not above the majority class"
        return "" if zsl.count > 1 else "one seed, spread unknown"


@dataclass(frozen=True)
class Setting:
    """What rows must share to be compared: data, split, protocol and encoder.

    Attributes:
        data: name of the data set.
        split: name of the class split.
        protocol: which recordings train, e.g. "cross-subject"; "" where it is not known.
        encoder: name of the skeleton encoder.
        encoder_options: its changed options, e.g. ("epochs=30",).
        notice: what limits the use of the data, e.g. that motion is synthetic; empty for none.
        classes_unseen: U names, in the order of the confusion matrices.
        classes_seen: number of seen classes; one value unless records differ. So for the sequences.
        train_sequences: sequences of seen classes that were trained on.
        test_sequences: sequences of unseen classes that were tested on.
        rows: sorted by label.
    """

    data: str
    split: str
    protocol: str
    encoder: str
    encoder_options: tuple[str, ...]
    notice: str
    classes_unseen: tuple[str, ...]
    classes_seen: tuple[int, ...]
    train_sequences: tuple[int, ...]
    test_sequences: tuple[int, ...]
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """Encoder with its options."""
        return ", ".join((self.encoder, *self.encoder_options))

    @property
    def honest(self) -> list[Row]:
        """Rows in which the unseen test classes chose nothing."""
        return [row for row in self.rows if not row.leaks]

    @property
    def leaking(self) -> list[Row]:
        """Rows whose epoch was chosen on the unseen test classes; never to be compared with honest ones."""
        return [row for row in self.rows if row.leaks]


def spread(values: Iterable[float | None]) -> Spread | None:
    """Mean and sample standard deviation (ddof=1) without None, NaN and infinities; None when nothing is left."""
    found = np.array([value for value in values if value is not None], dtype=np.float64)
    found = found[np.isfinite(found)]
    if not len(found):
        return None
    return Spread(float(found.mean()), float(found.std(ddof=1)) if len(found) > 1 else None, len(found))


def unique_cells(records: Sequence[Record]) -> list[Record]:
    """The records without repeats of a cell: of several with the same `cell` the last counts.

    Raises:
        InputError: a record lacks a field that the report cannot do without.
    """
    for position, record in enumerate(records):
        missing = [name for name in REQUIRED if record.get(name) is None]
        if missing:
            raise InputError(f"benchmark record {position}: lacks {', '.join(missing)}; run that cell again")
    return list({record.get("cell", f"record {i}"): record for i, record in enumerate(records)}.values())


def summarise(records: Sequence[Record]) -> list[Setting]:
    """Settings in the order of their names, those with a notice last; a repeated cell counts once.

    Rows are grouped by method, options, text, prompt, selection and package version within data, split (with its unseen
    classes), protocol and encoder (with its options).

    Raises:
        InputError: a record lacks a field that the report cannot do without.
    """
    cells = unique_cells(records)
    varying = [name for name in VARIANTS if len({cell.get(name) or "" for cell in cells if not _leaks(cell)}) > 1]
    settings = [_setting(group, varying) for group in _grouped(cells, _setting_key)]
    return sorted(settings, key=lambda setting: bool(setting.notice))


def options_text(options: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Options as "name=value", sorted by name."""
    return tuple(
        f"{name}={value if isinstance(value, str) else json.dumps(value, default=str)}"
        for name, value in sorted((options or {}).items())
    )


def _leaks(record: Record) -> bool:
    return bool(record["selection"] == LEAKING)


def _setting_key(record: Record) -> tuple[Any, ...]:
    names = (str(record.get(name) or "") for name in ("data", "split", "protocol", "encoder"))
    return (*names, options_text(record.get("encoder_options")), tuple(map(str, record["classes_unseen"])))


def _row_key(record: Record) -> tuple[Any, ...]:
    variant = (str(record.get(name) or "") for name in VARIANTS)
    return (str(record["method"]), options_text(record.get("options")), *variant)


def _grouped(records: Sequence[Record], key: Any) -> list[list[Record]]:
    groups: dict[Any, list[Record]] = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return [sorted(groups[name], key=lambda record: int(record["seed"])) for name in sorted(groups)]


def _setting(records: Sequence[Record], varying: Sequence[str]) -> Setting:
    data, split, protocol, encoder, encoder_options, classes_unseen = _setting_key(records[0])
    return Setting(
        data=data,
        split=split,
        protocol=protocol,
        encoder=encoder,
        encoder_options=encoder_options,
        notice=" ".join(sorted({record["notice"] for record in records if record.get("notice")})),
        classes_unseen=classes_unseen,
        classes_seen=_distinct(records, "classes_seen"),
        train_sequences=_distinct(records, "train_sequences"),
        test_sequences=_distinct(records, "test_sequences"),
        rows=tuple(_row(group, varying) for group in _grouped(records, _row_key)),
    )


def _row(records: Sequence[Record], varying: Sequence[str]) -> Row:
    first = records[0]
    shown = [name for name in varying if first.get(name) and (name != "selection" or not _leaks(first))]
    details = (*options_text(first.get("options")), *(f"{name} {first.get(name)}" for name in shown))
    return Row(
        method=str(first["method"]),
        details=details,
        selection=str(first["selection"]),
        seeds=_distinct(records, "seed"),
        metrics={name: spread(record.get(name) for record in records) for name in METRICS},
        selected_epochs=_distinct(records, "selected_epoch"),
        chance=float(first["chance"]),
        majority=first.get("majority"),
        confusion=_confusion(records),
        accuracy=_curve(records, "accuracy"),
        mutual_information=_curve(records, "mutual_information"),
        trade_off=_trade_off(records),
        texts=tuple(str(first[name]) for name in ("text", "prompt") if first.get(name)),
    )


def _distinct(records: Sequence[Record], name: str) -> tuple[int, ...]:
    return tuple(sorted({int(record[name]) for record in records if record.get(name) is not None}))


def _confusion(records: Sequence[Record]) -> np.ndarray | None:
    """(U, U) counts summed over the records that have them."""
    counts = [np.asarray(record["confusion"], dtype=np.int64) for record in records if record.get("confusion")]
    return np.sum(counts, axis=0) if counts else None


def _trade_off(records: Sequence[Record]) -> np.ndarray | None:
    """(P, 2) seen and unseen accuracy, mean over those records whose curve has as many points as the longest."""
    given = [record.get("gzsl_curve") or {} for record in records]
    curves = [np.array([curve["seen"], curve["unseen"]], np.float64).T for curve in given if curve.get("seen")]
    longest = max((len(curve) for curve in curves), default=0)
    return np.mean([curve for curve in curves if len(curve) == longest], axis=0) if longest else None


def _curve(records: Sequence[Record], name: str) -> Curve | None:
    """One of the observed numbers at every share that any record has, over the records that have it there."""
    values: dict[float, list[float | None]] = {}
    for record in records:
        observed = record.get("observed") or {}
        for share, value in zip(observed.get("share") or (), observed.get(name) or (), strict=False):
            values.setdefault(float(share), []).append(value)
    spreads = ((share, spread(values[share])) for share in sorted(values))
    points = tuple((share, found) for share, found in spreads if found is not None)
    return Curve(points) if points else None

"""Records of cells as a pandas table, and means over groups of its rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zeroskel.core._records import CellRecord
from zeroskel.evaluate._metrics import recalls

if TYPE_CHECKING:
    import pandas as pd

LEAKING = "leaking-test"
ACCURACY = "zsl_per_class_accuracy"
"""The number that ranks methods and measures the leak."""

NUMBERS = (
    *("zsl_accuracy", ACCURACY, "transductive_accuracy", "transductive_per_class_accuracy"),
    *("gzsl_seen", "gzsl_unseen", "gzsl_harmonic_mean", "gzsl_auc"),
    *("stacked_seen", "stacked_unseen", "stacked_harmonic_mean"),
    *("gated_seen", "gated_unseen", "gated_harmonic_mean"),
    *("seen_class_accuracy", "validation_accuracy", "chance", "settling", "seconds"),
)
"""Columns of the table that have a mean."""

TEXTS = tuple("data split protocol encoder method text prompt variant selection version notice".split())
COLUMNS = [*TEXTS, "seed", "classes_unseen", "options", "encoder_options", "selected_options", *NUMBERS, "record"]
OBSERVED = ("accuracy", "mutual_information", "settled")


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation (ddof=1) of `count` values; `std` is None for a single value."""

    mean: float
    std: float | None
    count: int


Spreads = Mapping[str, Spread | None]
"""Name of a number -> its spread, or None where no record of the group has it."""

Curve = Mapping[float, Spread]
"""Share of the observed frames -> spread of a number there, in rising order."""


def records_table(records: Iterable[CellRecord]) -> "pd.DataFrame":
    """Return the records as a table in an order that depends on their content only.

    Of several records of one cell the last one counts. Options are tuples of texts; "record" is the record itself.
    Numbers that are absent or not finite are NaN; an absent accuracy by class comes from the confusion matrix.
    """
    import pandas as pd

    rows = [_row(record) for record in {record.cell: record for record in records}.values()]
    rows.sort(key=lambda row: (*(row[name] for name in TEXTS), row["options"], row["seed"], row["record"].cell))
    table = pd.DataFrame(rows, columns=COLUMNS)
    numbers = table[list(NUMBERS)].astype(float)
    table[list(NUMBERS)] = numbers.where(np.isfinite(numbers))
    return table


def spreads(table: "pd.DataFrame", by: Sequence[str], names: Sequence[str] = NUMBERS) -> dict[Any, Spreads]:
    """Return the spread of numbers over each group of rows that have equal values of `by`; groups are sorted.

    Returns:
        Values of `by` (a tuple when there is more than one) -> name -> spread, or None where no row of the group has
        the number.
    """
    groups = table.groupby(list(by), sort=True)[list(names)]
    statistics = groups.agg(["mean", "std", "count"])
    values = statistics.to_numpy(float).reshape(len(statistics), len(names), 3)
    return {
        key: {
            name: Spread(float(mean), float(std) if count > 1 else None, int(count)) if count else None
            for name, (mean, std, count) in zip(names, row, strict=True)
        }
        for key, row in zip(statistics.index, values, strict=True)
    }


def curves(table: "pd.DataFrame", by: str) -> dict[Any, Mapping[str, Curve]]:
    """Return the numbers of growing shares of the frames, over each group of rows that have equal values of `by`.

    Returns:
        Value of `by` -> name, of `OBSERVED` -> share of the frames -> spread; shares rise, and those at which no row
        has the number are left out.
    """
    import pandas as pd

    parts = [
        pd.DataFrame({name: getattr(record.observed, name) for name in ("share", *OBSERVED)}).assign(**{by: key})
        for key, record in zip(table[by], table["record"], strict=True)
        if record.observed is not None
    ]
    if not parts:
        return {}
    observed = pd.concat([part.astype(dict.fromkeys(OBSERVED, float)) for part in parts]).round({"share": 6})
    result: dict[Any, dict[str, dict[float, Spread]]] = {}
    for (key, share), at_share in spreads(observed, [by, "share"], OBSERVED).items():
        for name, spread in at_share.items():
            if spread is not None:
                result.setdefault(key, {}).setdefault(name, {})[float(share)] = spread
    return dict(result)


def options_text(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return options as "name=value", sorted by name."""
    return tuple(
        f"{name}={value if isinstance(value, str) else json.dumps(value, default=str)}"
        for name, value in sorted(options.items())
    )


def _row(record: CellRecord) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(record, name) for name in (*TEXTS, "seed", "classes_unseen")}
    row |= {name: options_text(getattr(record, name)) for name in ("options", "encoder_options", "selected_options")}
    row |= {name: getattr(record, name) for name in NUMBERS if name != "settling"}
    row |= {"settling": record.observed.settling if record.observed else None, "record": record}
    if row[ACCURACY] is None and record.confusion:
        shares = recalls(np.array(record.confusion))
        row[ACCURACY] = float(np.nanmean(shares)) if np.isfinite(shares).any() else None
    return row

"""Published figures beside those of the records, each with what prevents a comparison."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from zeroskel.core._files import resource_table
from zeroskel.report._settings import Setting

TITLES = {"zsl_accuracy": "ZSL accuracy by sample", "gzsl_harmonic_mean": "GZSL harmonic mean"}

Column = tuple[str, tuple[str, ...]]
"""Data and splits in our naming; a figure of more than one split is their mean."""


@dataclass(frozen=True)
class Figure:
    """One published share; it is not verified where it was quoted from memory of the paper."""

    column: Column
    metric: str
    value: float
    verified: bool


@dataclass(frozen=True)
class Published:
    """Figures that share method, features, texts and source.

    Attributes:
        method: as its authors call it; `ours` is our name of it, or "".
        features, text: the skeleton features and the class texts, in words.
        source: where the figures were seen.
        selection: the classes that epochs and settings were chosen on, in words; "" where it is not known.
        note: a remark; "" for none.
        transductive: whether the whole unlabelled test set is used at test time.
        figures: the numbers.
    """

    method: str
    features: str
    text: str
    source: str
    selection: str
    figures: tuple[Figure, ...]
    ours: str = ""
    note: str = ""
    transductive: bool = False


@dataclass(frozen=True)
class Line:
    """A row of a table.

    Attributes:
        about: features, texts and source in words.
        values: column -> share, and whether it is verified.
        ours: whether it comes from the records.
        reasons: why it is not comparable with ours.
    """

    method: str
    about: tuple[str, ...]
    values: dict[Column, tuple[float, bool]]
    ours: bool = False
    transductive: bool = False
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """Figures of one metric on splits of one family; the lines of the records come first."""

    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


@cache
def published_results() -> tuple[Published, ...]:
    """Return all published figures that the package knows, in the order of their file.

    Returns:
        One entry for each method, features, texts and source.

    Example:
        >>> from zeroskel.report import published_results
        >>> published_results()[0].method
        'SMIE'
    """
    results = []
    for entry in resource_table("published.toml")["result"]:
        figures = tuple(
            Figure((f["data"], tuple(f["splits"])), f["metric"], f["value"] / 100, f["verified"])
            for f in entry.pop("figures")
        )
        results.append(Published(**entry, figures=figures))
    return tuple(results)


def published_tables(settings: Sequence[Setting]) -> list[Table]:
    """Return the published figures with ours of the same data and splits.

    There is a table for each metric and family of splits. Each published row says why it is not comparable with ours.
    """
    results = published_results()
    families: dict[tuple[str, bool], dict[Column, None]] = {}
    for figure in (figure for result in results for figure in result.figures):
        families.setdefault((figure.metric, len(figure.column[1]) > 1), {})[figure.column] = None
    tables = []
    for (metric, means), columns in families.items():
        lines = _our_lines(settings, metric, columns)
        for result in results:
            values = {
                f.column: (f.value, f.verified) for f in result.figures if f.metric == metric and f.column in columns
            }
            if values:
                about = (result.features, result.text, result.source)
                reasons = tuple(_differences(result, list(values), settings))
                lines.append(Line(result.method, about, values, transductive=result.transductive, reasons=reasons))
        title = f"{TITLES[metric]}, {'means of the three splits of SMIE' if means else 'splits of SynSE'}"
        tables.append(Table(title, tuple(columns), tuple(lines)))
    return tables


def _our_lines(settings: Sequence[Setting], metric: str, columns: Iterable[Column]) -> list[Line]:
    """Return the honest rows of the records that have all splits of a column: the mean over splits of their means."""
    means: dict[tuple[str, str, str, str], dict[tuple[str, str], float]] = {}
    for setting in settings:
        for row in setting.honest:
            if spread := row.spreads[metric]:
                key = (row.label, setting.protocol, setting.name, ", ".join(row.texts))
                means.setdefault(key, {})[setting.data, setting.split] = spread.mean
    lines = []
    for (label, protocol, encoder, texts), of_split in sorted(means.items()):
        values = {
            (data, splits): (float(np.mean([of_split[data, split] for split in splits])), True)
            for data, splits in columns
            if all((data, split) in of_split for split in splits)
        }
        if values:
            about = (encoder, texts, f"this report, {protocol}" if protocol else "this report")
            lines.append(Line(label, about, values, ours=True))
    return lines


def _differences(result: Published, columns: Sequence[Column], settings: Sequence[Setting]) -> list[str]:
    """Return in words how a result differs from ours."""
    same = [s for s in settings if any(s.data == data and s.split in splits for data, splits in columns)]
    reasons = []
    if not {data for data, _ in columns} & {setting.data for setting in settings}:
        reasons.append("other data")
    elif not same:
        reasons.append("other splits")
    else:
        encoders = sorted({setting.encoder for setting in same})
        if result.features not in encoders:
            reasons.append(f"other features (ours: {', '.join(encoders)})")
        texts = sorted({", ".join(row.texts) for setting in same for row in setting.honest})
        if result.text not in texts:
            reasons.append(f"other texts (ours: {'; '.join(texts) or 'none'})")
    selection = result.selection.replace("unseen test classes", "the test classes")
    reasons.append(f"chosen on {selection}, one seed" if selection else "how it was chosen is not known")
    if result.transductive:
        reasons.append("uses the whole test set at test time")
    return [*reasons, *([result.note] if result.note else [])]

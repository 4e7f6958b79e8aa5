"""Published figures beside ours, each with what keeps it from being compared."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from zeroskel.report._settings import Setting

TITLES = {"zsl_accuracy": "ZSL accuracy by sample", "gzsl_harmonic_mean": "GZSL harmonic mean"}


@dataclass(frozen=True)
class Figure:
    """One number: data and splits in our naming (of several, the mean), a field of our results, a share from 0 to 1.

    `verified` is False for a figure quoted from memory of the paper and not seen.
    """

    data: str
    splits: tuple[str, ...]
    metric: str
    value: float
    verified: bool

    @property
    def place(self) -> tuple[str, tuple[str, ...]]:
        """Data and splits."""
        return self.data, self.splits


@dataclass(frozen=True)
class Published:
    """Figures that share method, features, texts and source.

    Attributes:
        method: as its authors call it; `ours` is our name of it, or "".
        features, text: what skeleton features and class texts were, in words.
        source: where the figures were seen.
        selection: what epochs and settings were chosen on, in words; "" where it is not known.
        note: what else to know; "" for nothing.
        transductive: True when the whole unlabelled test set is used at test time.
        figures: the numbers.
    """

    method: str
    ours: str
    features: str
    text: str
    source: str
    selection: str
    note: str
    transductive: bool
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Line:
    """A row of a table: a column's place -> its share and whether it was verified, and why it is not comparable."""

    method: str
    about: tuple[str, ...]
    values: dict[tuple[str, tuple[str, ...]], tuple[float, bool]]
    ours: bool
    transductive: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Figures of one metric on splits of one family; lines of ours come first."""

    title: str
    places: tuple[tuple[str, tuple[str, ...]], ...]
    lines: tuple[Line, ...]


@cache
def published_results() -> tuple[Published, ...]:
    """All published figures that we know, in the order of their file."""
    text = (resources.files("zeroskel.resources") / "published.toml").read_text(encoding="utf-8")
    return tuple(
        Published(
            *(entry["method"], entry.get("ours", ""), entry["features"], entry["text"], entry["source"]),
            *(entry["selection"], entry.get("note", ""), entry.get("transductive", False)),
            figures=tuple(
                Figure(own["data"], tuple(own["splits"]), own["metric"], own["value"] / 100, own["verified"])
                for own in entry["figures"]
            ),
        )
        for entry in tomllib.loads(text)["result"]
    )


def published_tables(settings: Sequence[Setting]) -> list[Table]:
    """Published figures with ours of the same data and splits, and for each row why the two are not comparable.

    Args:
        settings: what `settings_of` returned.
    """
    results = published_results()
    kinds: dict[tuple[str, bool], list[Figure]] = {}
    for figure in (figure for result in results for figure in result.figures):
        kinds.setdefault((figure.metric, len(figure.splits) > 1), []).append(figure)
    tables = []
    for (metric, several), figures in kinds.items():
        places = tuple(dict.fromkeys(figure.place for figure in figures))
        family = "means of SMIE's three splits" if several else "SynSE's splits"
        lines = _ours(settings, metric, places)
        for result in results:
            own = {f.place: (f.value, f.verified) for f in result.figures if f.metric == metric and f.place in places}
            if own:
                about = (result.features, result.text, result.source)
                reasons = tuple(_differences(result, list(own), settings))
                lines.append(Line(result.method, about, own, False, result.transductive, reasons))
        tables.append(Table(f"{TITLES[metric]}, {family}", places, tuple(lines)))
    return tables


def _ours(settings: Sequence[Setting], metric: str, places: Sequence[tuple[str, tuple[str, ...]]]) -> list[Line]:
    """Honest rows of ours on these places: the mean over splits of the mean over seeds; only where all splits are."""
    found: dict[tuple[str, ...], dict[tuple[str, tuple[str, ...]], dict[str, float]]] = {}
    texts: dict[tuple[str, ...], tuple[str, ...]] = {}
    for setting in settings:
        for place in places:
            if setting.data != place[0] or setting.split not in place[1]:
                continue
            for row in setting.honest:
                value = row.spreads[metric]
                if value is not None:
                    key: tuple[str, ...] = (row.label, setting.protocol, setting.name)
                    found.setdefault(key, {}).setdefault(place, {})[setting.split] = value.mean
                    texts[key] = row.texts
    lines = []
    for key in sorted(found):
        label, protocol, encoder = key
        whole = {p: (float(np.mean(list(v.values()))), True) for p, v in found[key].items() if len(v) == len(p[1])}
        if whole:
            about = (encoder, ", ".join(texts[key]), ", ".join(part for part in ("this report", protocol) if part))
            lines.append(Line(label, about, whole, True, False, ()))
    return lines


def _differences(
    result: Published, places: Sequence[tuple[str, tuple[str, ...]]], settings: Sequence[Setting]
) -> list[str]:
    """In words, what differs from our results; empty where nothing does."""
    data = sorted({setting.data for setting in settings})
    same = [s for s in settings if any(s.data == place[0] and s.split in place[1] for place in places)]
    reasons = []
    if not any(place[0] in data for place in places):
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
    if result.selection == "unseen test classes":
        reasons.append("chosen on the test classes, one seed")
    elif result.selection:
        reasons.append(f"chosen on {result.selection}, one seed")
    else:
        reasons.append("how it was chosen is not known")
    if result.transductive:
        reasons.append("uses the whole test set at test time")
    return [*reasons, *((result.note,) if result.note else ())]

"""The report's maps and seen-unseen curves in plot units, ready to be drawn."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zeroskel.core.records import FeatureMap
from zeroskel.report._settings import Row, Setting
from zeroskel.report._wording import percent_mean, percent_whole

SQUARE = {"side": 220, "height": 220, "left": 30, "right": 213, "top": 20, "bottom": 186}  # of a seen-unseen plot
MAP_WIDTH, MAP_HEIGHT, MARGIN = 640, 480, 24
KINDS = (("plain", "gzsl"), ("stacked", "stacked"), ("gated", "gated"))
LETTER, LINE = 6.6, 14.0  # width and height of a label's letters in plot units
ASIDE = ((8, 4), (8, -8), (8, 16), (0, -9), (0, 19), (8, -20), (8, 28), (0, -21), (0, 31))  # where a label may stand


@dataclass(frozen=True)
class Scale:
    """A linear map from values to plot units."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        clipped = min(max(value, self.low), self.high)
        return round(self.start + (clipped - self.low) / (self.high - self.low) * (self.end - self.start), 2)


@dataclass(frozen=True)
class TradeOff:
    """A row's seen-unseen curve: points and marked points (kind, x, y) in plot units, its area and means in words."""

    row: Row
    points: tuple[tuple[float, float], ...]
    marks: tuple[tuple[str, float, float], ...]
    area: str
    values: tuple[tuple[str, str], ...]

    @property
    def description(self) -> str:
        """The curve in words, for those who cannot see it."""
        means = "; ".join(f"{kind} harmonic mean {value}" for kind, value in self.values)
        return f"{self.row.label}: unseen against seen accuracy, area {self.area}{'; ' if means else ''}{means}."


@dataclass(frozen=True)
class TradeOffs:
    """The seen-unseen curves of a setting, all on one scale of the same ticks."""

    curves: tuple[TradeOff, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class MapClass:
    """One class on a map: its points, its text's place and where its label stands (x, y, anchor)."""

    name: str
    seen: bool
    series: int
    points: tuple[tuple[float, float], ...]
    text: tuple[float, float]
    label: tuple[float, float, str] | None


@dataclass(frozen=True)
class Map:
    """A map of features and texts."""

    data: str
    split: str
    protocol: str
    encoder: str
    note: str
    classes: tuple[MapClass, ...]

    @property
    def unseen(self) -> list[MapClass]:
        """Classes in colour: the unseen ones, or all where none is said to be unseen."""
        return [c for c in self.classes if not c.seen] or list(self.classes)

    @property
    def others(self) -> list[MapClass]:
        """Classes in grey: the seen ones, unless there are no others."""
        return [c for c in self.classes if c.seen] if any(not c.seen for c in self.classes) else []


def trade_offs(setting: Setting) -> TradeOffs | None:
    """Curves of all honest rows that have one; None where none has."""
    rows = [(row, row.trade_off) for row in setting.honest if row.trade_off is not None]
    if not rows:
        return None
    stacked = np.concatenate([curve for _, curve in rows])
    marked = [
        (row, kind, seen.mean, unseen.mean)
        for row, _ in rows
        for kind, key in KINDS
        if (seen := row.spreads[f"{key}_seen"]) and (unseen := row.spreads[f"{key}_unseen"])
    ]
    x_ticks = nice_ticks(0.0, max(float(stacked[:, 0].max()), *(seen for *_, seen, _ in marked), 0.05), most=5)
    y_ticks = nice_ticks(0.0, max(float(stacked[:, 1].max()), *(unseen for *_, unseen in marked), 0.05), most=5)
    x_top = max(float(stacked[:, 0].max()), x_ticks[-1])
    y_top = max(float(stacked[:, 1].max()), y_ticks[-1])
    x = Scale(0.0, x_top, SQUARE["left"], SQUARE["right"])
    y = Scale(0.0, y_top, SQUARE["bottom"], SQUARE["top"])
    curves = tuple(
        TradeOff(
            row,
            tuple((x(seen), y(unseen)) for seen, unseen in curve),
            tuple((kind, x(seen), y(unseen)) for own, kind, seen, unseen in marked if own is row),
            percent_mean(row.spreads["gzsl_auc"]),
            tuple((kind, percent_mean(h)) for kind, key in KINDS if (h := row.spreads[f"{key}_harmonic_mean"])),
        )
        for row, curve in rows
    )
    return TradeOffs(
        curves,
        tuple((x(tick), percent_whole(tick)) for tick in x_ticks),
        tuple((y(tick), percent_whole(tick)) for tick in y_ticks),
    )


def read_map(given: FeatureMap) -> Map:
    """Return a map in plot units."""
    names = given.classes
    points = np.array(given.points, np.float64).reshape(-1, 2)
    texts, labels, seen = (np.array(values) for values in (given.texts, given.labels, given.seen))
    everything = np.concatenate([points, texts.astype(np.float64)])
    low, high = everything.min(axis=0), everything.max(axis=0)
    span = np.maximum(high - low, 1e-9)
    room = np.array([MAP_WIDTH - 2 * MARGIN, MAP_HEIGHT - 2 * MARGIN])
    placed = np.round((everything - low) / span * room + MARGIN, 1)
    placed_texts = placed[len(points) :]
    coloured = np.flatnonzero(~seen.astype(bool)) if not seen.all() else np.arange(len(names))
    series = {int(own): rank for rank, own in enumerate(coloured)}
    labelled = dict(zip(series, _labels([names[c] for c in series], placed_texts[list(series)]), strict=True))
    classes = tuple(
        MapClass(
            name,
            bool(seen[own]),
            series.get(own, 0),
            tuple((float(a), float(b)) for a, b in placed[: len(points)][labels == own]),
            (float(placed_texts[own, 0]), float(placed_texts[own, 1])),
            labelled.get(own),
        )
        for own, name in enumerate(names)
    )
    return Map(given.data, given.split, given.protocol, given.encoder, given.note, classes)


def _labels(names: Sequence[str], places: np.ndarray) -> list[tuple[float, float, str]]:
    """(x, y, anchor) of each label: the first place beside its mark, right or left of it, that is free."""
    taken: list[tuple[float, float, float, float]] = [(x - 6, y - 6, x + 6, y + 6) for x, y in places]
    found = []
    for name, (x, y) in zip(names, places, strict=True):
        width = len(name) * LETTER
        best: tuple[float, tuple[float, float, str], tuple[float, float, float, float]] | None = None
        for right, down in ASIDE:
            for anchor, sign in (("start", 1), ("end", -1)):
                at = float(x) + sign * right
                left = at if sign > 0 else at - width
                box = (left, y + down - 11, left + width, y + down + 3)
                outside = max(0.0, 2 - left) + max(0.0, left + width - MAP_WIDTH + 2)
                outside += max(0.0, 2 - box[1]) + max(0.0, box[3] - MAP_HEIGHT + 2)
                cost = 100 * outside + sum(_overlap(box, other) for other in taken)
                if best is None or cost < best[0]:
                    best = cost, (round(at, 1), round(float(y) + down, 1), anchor), box
        assert best is not None
        taken.append(best[2])
        found.append(best[1])
    return found


def _overlap(box: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    """Area that two boxes (left, top, right, bottom) share."""
    wide = min(box[2], other[2]) - max(box[0], other[0])
    high = min(box[3], other[3]) - max(box[1], other[1])
    return wide * high if wide > 0 and high > 0 else 0.0


def nice_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Round numbers within `low` to `high`, at most `most`, in steps of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10((high - low) / (most - 1)))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power * (most - 1) >= high - low)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 10) + 0.0 for i in range(first, last + 1)]

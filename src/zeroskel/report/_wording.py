"""Numbers and tables as text, the same in the report and on the results page."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from zeroskel.evaluate._grouping import Spread
from zeroskel.report._standing import Estimate, Leak

MINUS = "\u2212"
MISSING = "\u2013"


def percent(value: float | None) -> str:
    """Return a share in per cent with one decimal."""
    return MISSING if value is None or np.isnan(value) else f"{value * 100:.1f}"


def percent_spread(spread: Spread | None) -> str:
    """Return mean and standard deviation in per cent; the mean alone where there is one value."""
    if spread is None:
        return MISSING
    return percent(spread.mean) + (f"\u202f±\u202f{percent(spread.std)}" if spread.std is not None else "")


def number(value: float) -> str:
    """Return three decimals with a true minus sign."""
    return f"{value:.3f}".replace("-", MINUS)


def number_spread(spread: Spread) -> str:
    """Return mean and standard deviation with three decimals."""
    return number(spread.mean) + (f"\u202f±\u202f{number(spread.std)}" if spread.std is not None else "")


def seconds(spread: Spread | None) -> str:
    """Return the mean seconds of a cell with three digits or, from 100 on, as a whole number."""
    if spread is None:
        return MISSING
    return f"{spread.mean:.0f}" if spread.mean >= 100 else f"{spread.mean:.3g}"


def either(values: Sequence[int]) -> str:
    """Return one value as it is, more values as their range."""
    if not values:
        return MISSING
    return str(values[0]) if len(values) == 1 else f"{values[0]}{MISSING}{values[-1]}"


def points(value: float) -> str:
    """Return a difference in points with its sign: 0.031 becomes "+3.1"."""
    return f"{value * 100:+.1f}".replace("-", MINUS)


def p_text(p: float) -> str:
    """Return a p value with two or three decimals; never 0."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def percent_mean(spread: Spread | None) -> str:
    """Return the mean alone, in per cent."""
    return percent(spread.mean if spread else None)


def interval_ends(ends: tuple[float, float] | None) -> str:
    """Return the ends of an interval in per cent; empty where there is none."""
    return f"{percent(ends[0])}\u2009–\u2009{percent(ends[1])}" if ends else ""


def interval(estimate: Estimate | None) -> str:
    """Return mean and interval in per cent."""
    if estimate is None:
        return MISSING
    ends = f" [{percent(estimate.interval[0])}, {percent(estimate.interval[1])}]" if estimate.interval else ""
    return percent(estimate.mean) + ends


def leak_text(leak: Leak) -> str:
    """Return the points of a leak with their interval."""
    ends = leak.gain.interval
    return points(leak.gain.mean) + (f" [{points(ends[0])}, {points(ends[1])}]" if ends else "")


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; pipes and line breaks in cells cannot break it."""
    lines = [[markdown_text(text) for text in row] for row in (header, ["---"] * len(header), *rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def markdown_text(text: str) -> str:
    """Return text on one line in which nothing breaks a table or is read as HTML."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


FILTERS: dict[str, Callable[..., str]] = {
    "percent": percent,
    "spread": percent_spread,
    "mean": percent_mean,
    "ends": interval_ends,
    "points": points,
    "p": p_text,
    "either": either,
    "seconds": seconds,
}
"""Name of a filter in the template of the report -> its function."""

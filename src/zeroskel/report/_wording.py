"""Numbers and tables in words: one way to write them in the report and on the results page."""

from collections.abc import Iterable, Sequence

import numpy as np

from zeroskel.evaluate._grouping import Spread
from zeroskel.report._standing import Estimate, Leak

MINUS = "\u2212"
MISSING = "\u2013"


def percent(value: float | None) -> str:
    """0.312 -> "31.2"."""
    return MISSING if value is None or np.isnan(value) else f"{value * 100:.1f}"


def percent_whole(value: float) -> str:
    """0.2 -> "20"; a decimal only where it is needed."""
    return f"{value * 100:.3g}"


def percent_spread(found: Spread | None) -> str:
    """Mean and standard deviation in per cent; the mean alone where there is one value."""
    if found is None:
        return MISSING
    return percent(found.mean) + (f"\u202f±\u202f{percent(found.std)}" if found.std is not None else "")


def number(value: float) -> str:
    """Three decimals with a true minus sign."""
    return f"{value:.3f}".replace("-", MINUS)


def number_short(value: float) -> str:
    """As few digits as a tick needs, with a true minus sign."""
    return f"{value:.4g}".replace("-", MINUS)


def number_spread(found: Spread) -> str:
    """Mean and standard deviation with three decimals."""
    return number(found.mean) + (f"\u202f±\u202f{number(found.std)}" if found.std is not None else "")


def seconds(found: Spread | None) -> str:
    """Mean seconds of a cell with three digits or, when long, as a whole number."""
    if found is None:
        return MISSING
    return f"{found.mean:.0f}" if found.mean >= 100 else f"{found.mean:.3g}"


def either(values: Sequence[int]) -> str:
    """One value as it is, several as their range."""
    if not values:
        return MISSING
    return str(values[0]) if len(values) == 1 else f"{values[0]}{MISSING}{values[-1]}"


def points(value: float) -> str:
    """0.031 -> "+3.1", with a true minus sign."""
    return f"{value * 100:+.1f}".replace("-", MINUS)


def p_text(p: float) -> str:
    """Two digits, or three decimals at most; never 0."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def percent_mean(found: Spread | None) -> str:
    """The mean alone, in per cent."""
    return percent(found.mean if found else None)


def interval_ends(ends: tuple[float, float] | None) -> str:
    """Return the ends of an interval in per cent; empty where there is none."""
    return f"{percent(ends[0])}\u2009–\u2009{percent(ends[1])}" if ends else ""


def interval(found: Estimate | None) -> str:
    """Mean and interval in per cent."""
    if found is None:
        return MISSING
    ends = f" [{percent(found.interval[0])}, {percent(found.interval[1])}]" if found.interval else ""
    return percent(found.mean) + ends


def leak_text(leak: Leak) -> str:
    """Points with their interval."""
    ends = leak.gain.interval
    return points(leak.gain.mean) + (f" [{points(ends[0])}, {points(ends[1])}]" if ends else "")


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; pipes and line breaks in cells are kept from breaking it."""
    lines = [[markdown_text(text) for text in row] for row in (header, ["---"] * len(header), *rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def markdown_text(text: str) -> str:
    """Text on one line in which nothing breaks a table or is taken for HTML."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")

"""A measured line of the table, and timing of several ways in turn."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line.

    Attributes:
        what: is measured.
        yardstick: what it is set against, and how long that takes, in words; "" for a plain figure.
        found: how long ours takes, in words.
        figure: the number that the target is about.
        unit: of the figure, such as "times as fast" or "ms".
        target: the figure asked for; None where none is.
        more_is_better: whether the figure should be at least, or at most, the target.
        note: what else there is to know.
    """

    what: str
    yardstick: str
    found: str
    figure: float
    unit: str
    target: float | None = None
    more_is_better: bool = True
    note: str = ""

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return bool(self.figure >= self.target if self.more_is_better else self.figure <= self.target)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "figure": float(self.figure), "met": self.met}


def in_turn(
    ways: Mapping[str, Callable[[], object]],
    rounds: int,
    warm: int = 1,
    finish: Callable[[], object] = lambda: None,
) -> dict[str, float]:
    """Median seconds of each way, all of them once a round, so that a slow moment of the machine meets all.

    Args:
        ways: what is measured.
        rounds, warm: how often it counts, after how many that do not.
        finish: waits for what a way has only set going, as on a GPU.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(warm + rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            finish()
            if number >= warm:
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def said(seconds: float) -> str:
    """A time as a person says it."""
    if seconds < 1:
        return f"{1000 * seconds:.3g} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"

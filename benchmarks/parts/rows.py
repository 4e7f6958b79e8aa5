"""Rows of the performance table, and the timing of alternatives in turn."""

import math
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One row of the performance table.

    Attributes:
        what: The work that is measured.
        yardstick: The alternative that it is compared with, and its time; "" for a figure without a comparison.
        ours: The time of zeroskel, as text.
        figure: The number that is compared with the target.
        unit: The unit of the figure, such as "times as fast" or "ms".
        target: The required figure; None if there is no requirement.
        more_is_better: Whether the target is a lower bound of the figure; otherwise it is an upper bound.
        note: A remark for the last column.
    """

    what: str
    yardstick: str
    ours: str
    figure: float
    unit: str
    target: float | None = None
    more_is_better: bool = True
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Return whether the figure meets the target; None without a target."""
        if self.target is None:
            return None
        return bool(self.figure >= self.target if self.more_is_better else self.figure <= self.target)

    def as_json(self) -> dict[str, Any]:
        """Return the row as a dictionary for a JSON file."""
        return {**asdict(self), "figure": float(self.figure), "met": self.met}


def time_in_turn(
    alternatives: Mapping[str, Callable[[], object]],
    rounds: int,
    warm: int = 1,
    finish: Callable[[], object] = lambda: None,
    clock: Callable[[], float] = time.perf_counter,
    seconds_at_most: float = math.inf,
) -> dict[str, float]:
    """Return the median seconds of each alternative.

    Each round runs every alternative once, so that a slow moment of the machine affects all of them.

    Args:
        alternatives: The functions to time, by name.
        rounds: The number of timed rounds.
        warm: The number of rounds before the timed ones.
        finish: A function that waits for asynchronous work, for example on a GPU.
        clock: The clock that is read.
        seconds_at_most: After this time no further round begins; at least one round is timed.
    """
    begin = time.perf_counter()
    seconds: dict[str, list[float]] = {name: [] for name in alternatives}
    for number in range(warm + rounds):
        if number > warm and time.perf_counter() - begin > seconds_at_most:
            break
        for name, run in alternatives.items():
            start = clock()
            run()
            finish()
            if number >= warm:
                seconds[name].append(clock() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def duration_text(seconds: float) -> str:
    """Return a duration with three significant digits and a readable unit."""
    if seconds < 1:
        return f"{1000 * seconds:.3g} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"

"""Time columns of tables: seconds, clocks, dates and counts of ticks, and the frame rate that follows."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

_UNITS = {  # word of a column name -> seconds
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "msecs", "milli", "millis", "millisec", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("us", "usec", "usecs", "µs", "μs", "micros", "microsec", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ns", "nsec", "nsecs", "nanos", "nanosec", "nanosecond", "nanoseconds"), 1e-9),
    **dict.fromkeys(("tick", "ticks", "100ns", "filetime"), 1e-7),
}
_WORDS = {"time", "times", "timestamp", "timestamps", "timecode", "stamp", "t", "clock", "elapsed", "epoch", "datetime"}
_WORDS |= {"date", "zeit", "temps", "tiempo", "tempo", "utc", "unix"}
_NAMES = {"secs", "sec", "seconds", "ms", "msec", "millis", "milliseconds", "usec", "microseconds", "ticks"}
_NAMES |= {"nanoseconds", "us", "ns"}
_EPOCHS = {1e-9: (0.9e18, 4e18), 1e-7: (5e17, 8e17), 1e-6: (0.5e15, 4e15), 1e-3: (0.5e12, 4e12), 1.0: (0.5e9, 4e9)}
_FILETIME = (1e17, 2e17)
# Steps of 8 to 1000 frames a second in each unit; those of ticks up to 64, since only depth sensors count them.
_STEPS = ((1e-6, 1.0, 1.0), (1.0, 1e3, 1e-3), (1e3, 125e3, 1e-6), (156_250, 1.25e6, 1e-7), (1.25e6, 1.25e8, 1e-9))
_MOST_SPAN = 10  # frames may be this many times those that are there, or 1000


@dataclass(frozen=True)
class Clock:
    """Rate of a time column.

    Attributes:
        fps: frames a second.
        step: usual step of the column from frame to frame.
    """

    fps: float
    step: float


def time_columns(labels: Sequence[str]) -> list[int]:
    """Return the columns of time, those whose name states a unit first."""
    columns = [index for index, label in enumerate(labels) if _words(label) and _is_time(_words(label))]
    return sorted(columns, key=lambda index: unit_of(labels[index]) is None)


def _is_time(words: list[str]) -> bool:
    return bool(_WORDS & set(words)) or (len(words) == 1 and words[0] in _NAMES)


def _words(label: str) -> list[str]:
    """Return the words of a column name in small letters; T8 and T12 are vertebrae, not times."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label).lower()
    return re.findall(r"[a-zµμ]+|100ns", re.sub(r"\bt\d", "", spaced))


def unit_of(label: str) -> float | None:
    """Return the seconds of the unit that a column name states; None without."""
    return next((_UNITS[word] for word in reversed(_words(label)) if word in _UNITS), None)


def times_of(cells: "pd.Series", texts: Sequence[str], label: str) -> tuple[np.ndarray, float | None]:
    """Return (rows,) times from the first one, NaN where there is none, and the seconds of their unit; None: unknown.

    Args:
        cells: cells of the column as numbers or texts.
        texts: the same as texts.
        label: name of the column.
    """
    if cells.dtype.kind in "iu":
        values = cells.to_numpy()
        return (values - values[0]).astype(np.float64), unit_of(label) or _epoch_unit(float(values[0]))
    if cells.dtype.kind == "f":
        values = cells.to_numpy(np.float64)
        first = values[np.isfinite(values)][:1]
        if not len(first):
            return values, None
        return np.where(np.isfinite(values), values - first[0], np.nan), unit_of(label) or _epoch_unit(float(first[0]))
    return _from_clocks(texts), 1.0


def _epoch_unit(value: float) -> float | None:
    for unit, (least, most) in _EPOCHS.items():
        if least <= value <= most:
            return unit
    return 1e-7 if _FILETIME[0] <= value <= _FILETIME[1] else None


def _from_clocks(texts: Sequence[str]) -> np.ndarray:
    """Return seconds from the first of clocks and dates; NaN where a text is none."""
    import pandas as pd

    series = pd.Series([re.sub(r"(?<=\d)[,:](?=\d{3,9}$)", ".", text) for text in texts])
    first = next((text for text in series if text), "")
    if re.fullmatch(r"\d+:\d+(\.\d*)?", first):
        series = "00:" + series
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if re.fullmatch(r"(\d+:)?\d+:\d+(\.\d*)?|\d+ days?.*", first):
            seconds = pd.to_timedelta(series, errors="coerce").dt.total_seconds().to_numpy(np.float64, copy=True)
        else:
            dates = pd.to_datetime(series, errors="coerce", utc=True)
            if dates.isna().mean() > 0.5:
                dates = pd.to_datetime(series, errors="coerce", utc=True, format="ISO8601")
            seconds = (dates - dates.min()).dt.total_seconds().to_numpy(np.float64, copy=True)
    days = np.cumsum(np.diff(seconds, prepend=seconds[:1]) < -43_200)  # a clock that passes midnight
    return seconds + 86_400 * days - (np.nanmin(seconds) if np.isfinite(seconds).any() else 0)


def clock_of(times: np.ndarray, frames: np.ndarray, unit: float | None) -> Clock | None:
    """Return the rate of times (n,) of frames (n,) that grow, whose unit is known or told by size; None: no sense.

    The step is the mean of those within half and one and a half of the median step, so that gaps do not count. Clocks
    that are coarser than frames give the mean number of frames between two of their values.
    """
    steps = np.diff(times) / np.diff(frames)
    steps = steps[np.isfinite(steps)]
    if not len(steps):
        return None
    if (steps == 0).mean() > 0.5:
        known = np.isfinite(times)
        step = _coarse_step(times[known], frames[known])
    else:
        forward = steps[steps > 0]
        if not len(forward) or len(forward) * 2 < len(steps):
            return None
        typical = np.median(forward)
        usual = forward[(forward >= 0.5 * typical) & (forward <= 1.5 * typical)]
        step = float(usual.mean()) if len(usual) else 0.0
    if unit is None:
        unit = next((unit for least, most, unit in _STEPS if least <= step < most and step != 1), None)
    if unit is None or not step * unit >= 1e-6:
        return None
    return Clock(float(f"{1 / (step * unit):.9g}"), step)  # 30, not 30.000000000000004


def _coarse_step(times: np.ndarray, frames: np.ndarray) -> float:
    """Return the step a frame of a clock that shows one value for several frames; 0 where that is not regular."""
    turns = np.flatnonzero(np.diff(times) > 0) + 1
    if len(turns) < 3 or (np.diff(times) < 0).any():
        return 0.0
    counts = np.diff(frames[turns])
    if counts.std() > 0.25 * counts.mean():
        return 0.0
    return float((times[turns[-1]] - times[turns[0]]) / (frames[turns[-1]] - frames[turns[0]]))


def frames_with_gaps(times: np.ndarray, step: float) -> np.ndarray | None:
    """Return (n,) frames of times, with numbers left free for dropped frames; None for irregular times."""
    if not np.isfinite(times).all() or not len(times) or (np.diff(times) <= 0).any():
        return None
    steps = np.diff(times) / step
    frames = np.concatenate([[0], np.cumsum(np.maximum(np.rint(steps), 1))])
    regular = np.abs(steps - np.rint(steps)) <= 0.3
    if regular.mean() < 0.9 or frames[-1] > max(_MOST_SPAN * len(times), 1000):
        return None
    return frames.astype(np.int64)

"""Rows of a table in people and frames."""

import math
import re
from collections.abc import Sequence

import numpy as np

from zeroskel.skeleton.formats._csv_people import Placement, person_of_rows, placed
from zeroskel.skeleton.formats._csv_table import Table, column_named, plain
from zeroskel.skeleton.formats._csv_time import clock_of, frames_with_gaps, time_columns, times_of
from zeroskel.skeleton.formats._parsing import refuse, refuse_line

_FRAMES = (
    "frame frameid frameno framenumber frameindex frameidx framenum framecount frames frm framenr fr"
    " imageid image imagename filename file index"
).split()
_MOST_SPAN = 10  # frame numbers may span this many times the frames that are there, or 1000


def place_rows(
    table: Table, labels: Sequence[str], point: np.ndarray | None, name_column: int | None, fps: float | None
) -> Placement:
    """Return person and frame of each row, and the rate.

    Args:
        table: the rows.
        labels: names of the columns.
        point: (rows,) index of the point of a row; None where a row has all points.
        name_column: column of the point, which names no person.
        fps: rate that the caller states, so that none needs to be found.

    Raises:
        SkeletonFormatError: frame numbers or times that make no sense, or that rows lack.
    """
    used = [] if name_column is None else [name_column]
    person_column, person = person_of_rows(table, labels, used)
    frame_names = _FRAMES if point is None else _FRAMES[:-1]
    frame_column = column_named(labels, frame_names, used if person_column is None else [*used, person_column])
    times = _Times(table, labels, used)
    notes: tuple[str, ...] = ()
    shared = point is not None or person.any()
    if frame_column is not None and (shared or not _is_index(labels[frame_column])):
        frame, notes = _numbered_frames(table, labels, frame_column)
    elif not shared:
        frame = np.arange(len(person))
    elif times.columns:
        frame = times.distinct()
    elif point is not None and person_column is None and (blocks := _blocks(point)) is not None:
        frame = blocks
    else:
        refuse_line(table.file, 1, "rows of bodies or joints without a frame", "a column frame or time", "Add one")
    rate, step = times.rate(frame, fps)
    rate = rate or _stated_rate(table, labels)
    if frame_column is None and step and (gaps := times.gaps(frame, step)) is not None:
        frame = gaps
    return placed(table, person, frame, point, rate, notes)


def _is_index(label: str) -> bool:
    return plain(label) in ("index", "file", "filename", "image", "imageid", "imagename")


def _blocks(point: np.ndarray) -> np.ndarray | None:
    """Return (rows,) frame of rows that name the points in turn, without frame or time; None where they do not."""
    count = int(point.max()) + 1
    frames, rest = divmod(len(point), count)
    if count < 2 or rest or frames < 2 or not (point.reshape(frames, count) == np.arange(count)).all():
        return None
    return np.repeat(np.arange(frames), count)


def _numbered_frames(table: Table, labels: Sequence[str], column: int) -> tuple[np.ndarray, tuple[str, ...]]:
    if table.cells[column].dtype.kind in "fiub":
        numbers = table.numbers([column], labels)[:, 0]
    else:  # frame_0001.jpg
        digits = [re.findall(r"\d+", text) for text in table.texts(column)]
        numbers = np.array([float(last[-1]) if last and len(last[-1]) < 16 else np.nan for last in digits])
    wrong = ~((np.abs(numbers) < 2**53) & (numbers == np.floor(numbers)))
    if wrong.any():
        row = int(np.argmax(wrong))
        table.refuse(row, f"frame {table.texts(column)[row][:60] or 'nan'}", "a whole number")
    present = np.unique(numbers)
    step = math.gcd(*np.diff(present).astype(np.int64).tolist()) if len(present) > 2 else 1
    span = (numbers.max() - numbers.min()) / step + 1
    if span > max(_MOST_SPAN * len(present), 1000):
        actual = f"frame {numbers.max():.0f}, so {len(present)} frames spread over {span:.0f}"
        table.refuse(int(np.argmax(numbers)), actual, f"a span of at most {_MOST_SPAN} times the frames, or 1000")
    notes = (f"frame numbers go up in steps of {step}",) if step > 1 else ()
    return ((numbers - numbers.min()) / step).astype(np.int64), notes


def _stated_rate(table: Table, labels: Sequence[str]) -> float | None:
    """Return the rate that a column fps or cells above the header state, as Motive and Vicon do; None without."""
    column = column_named(labels, ("fps", "framerate"))
    if column is not None and table.cells[column].dtype.kind in "fiu":
        rate = float(table.cells[column].iloc[0])
        if 0 < rate < 10_000 and (table.cells[column] == rate).all():
            return rate
    cells = [cell for row in table.head for cell in row]
    for cell, after in zip(cells, [*cells[1:], ""], strict=False):
        match = re.search(r"(?:frame ?rate|fps|sampling ?rate|data ?rate|trajectories)\W*([\d.]*)", cell, re.IGNORECASE)
        number = match and (match[1] or after)
        if number and re.fullmatch(r"\d{1,4}(\.\d*)?", number) and float(number) > 0:
            return float(number)
    return None


class _Times:
    """Time columns of a table, the first that makes sense."""

    def __init__(self, table: Table, labels: Sequence[str], used: Sequence[int]) -> None:
        self.table, self.labels = table, labels
        self.columns = [column for column in time_columns(labels) if column not in used]
        self._times: np.ndarray | None = None

    def _read(self, column: int) -> tuple[np.ndarray, float | None]:
        return times_of(self.table.cells[column], self.table.texts(column), self.labels[column])

    def distinct(self) -> np.ndarray:
        """Return (rows,) index of the time of each row among all times."""
        times, _ = self._read(self.columns[0])
        if np.isnan(times).any():
            self.table.refuse(int(np.argmax(np.isnan(times))), "no time", "a number or clock in every row")
        return np.unique(times, return_inverse=True)[1]

    def rate(self, frame: np.ndarray, fps: float | None) -> tuple[float | None, float | None]:
        """Return frames a second and the usual step of the first time column with sense; None without a column."""
        frames, first = np.unique(frame, return_index=True)
        if len(frames) < 2 or not self.columns:
            return fps, None
        for column in self.columns:
            times, unit = self._read(column)
            if clock := clock_of(times[first], frames, unit):
                self._times = times
                return fps or clock.fps, clock.step
        if fps is not None:
            return fps, None
        times, _ = self._read(self.columns[0])
        steps = np.diff(times[first]) / np.diff(frames)
        actual = f"steps of {np.nanmedian(steps):g}" if np.isfinite(steps).any() else "no clock or number"
        remedy = "Give fps (--fps), or name the column time_s, time_ms or time_us"
        expected = "seconds, milliseconds or ticks that grow"
        refuse(self.table.file, f"column {self.labels[self.columns[0]][:60]}", actual, expected, remedy)

    def gaps(self, frame: np.ndarray, step: float) -> np.ndarray | None:
        """Return (rows,) frames with dropped ones left free, of frames that stand in order; None where irregular."""
        frames, first = np.unique(frame, return_index=True)
        numbered = None if self._times is None else frames_with_gaps(self._times[first], step)
        return None if numbered is None else numbered[np.searchsorted(frames, frame)]

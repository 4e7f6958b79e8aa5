"""Detections of people, frame by frame, and the arrays that they make."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from zeroskel.skeleton.formats._parsing import refuse, unobserved

_SCALES = (1.0, 1e-3, 1e-6, 1e-7, 1e-9)  # seconds, ms, µs, ticks of 100 ns, ns
_USUAL_STEP = (1 / 130, 1 / 7)  # seconds between frames
_MOST_GAP = 10  # frames without anybody for each frame with a record: more are no frame numbers


@dataclass(frozen=True, eq=False)
class Person:
    """Detection of a person in one frame.

    Attributes:
        coordinates: (P, C) numbers; NaN where not observed.
        identity: what the file calls this person; None without.
    """

    coordinates: np.ndarray
    identity: str | None = None


@dataclass(frozen=True, eq=False)
class Frame:
    """Detections of one frame.

    Attributes:
        people: in the order of the file; none where nobody was seen.
        number: of the frame in its recording; None where the file does not tell.
        time: timestamp in the unit of the file; None without.
    """

    people: Sequence[Person]
    number: int | None = None
    time: float | None = None


@dataclass(frozen=True, eq=False)
class Table:
    """Arrays of frames: coordinates (M, T, P, C), identities (M, T) or None, and frames per second, or None."""

    coordinates: np.ndarray
    identities: np.ndarray | None
    fps: float | None


def tabulate(frames: Sequence[Frame], file: Path) -> Table:
    """Return the arrays of frames, each at the position that its number or timestamp tells.

    Raises:
        SkeletonFormatError: nobody is seen in any frame, or detections differ in their number of points.
    """
    frames = [
        replace(frame, people=[one for one in frame.people if np.isfinite(one.coordinates).any()])
        for frame in _joined(frames)
    ]
    shapes = {person.coordinates.shape for frame in frames for person in frame.people}
    if len(shapes) != 1:
        actual = " and ".join(str(shape[0]) for shape in sorted(shapes)[:4]) + " points" if shapes else "nobody"
        refuse(file, "people of the frames", actual, "people with one number of points in every frame", "Correct it")
    positions = _positions(frames)
    most = max(len(frame.people) for frame in frames)
    coordinates = unobserved((most, positions[-1] + 1, *shapes.pop()), file)
    names = [["" if one.identity is None else one.identity for one in frame.people] for frame in frames]
    numbers = _numbered(names)
    identities = None if numbers is None else np.full(coordinates.shape[:2], -1, np.int64)
    for position, frame, known in zip(positions, frames, names, strict=True):
        for slot, person in enumerate(frame.people):
            coordinates[slot, position] = person.coordinates
            if identities is not None and numbers is not None:
                identities[slot, position] = numbers.get(known[slot], -1)
    return Table(coordinates, identities, _rate(frames, positions))


def _joined(frames: Sequence[Frame]) -> list[Frame]:
    """Return frames in the order of their numbers; those of one number, a detection each, become one frame."""
    if any(frame.number is None for frame in frames):
        return list(frames)
    by_number: dict[int, list[Frame]] = {}
    for frame in frames:
        by_number.setdefault(frame.number or 0, []).append(frame)
    return [
        Frame([person for frame in same for person in frame.people], number, same[0].time)
        for number, same in sorted(by_number.items())
    ]


def _positions(frames: Sequence[Frame]) -> list[int]:
    """Return the index of each frame in time; frames between are those of which the file has nothing."""
    in_order = list(range(len(frames)))
    numbers = [frame.number for frame in frames if frame.number is not None]
    if len(numbers) == len(frames):
        step = math.gcd(*[number - numbers[0] for number in numbers]) or 1
        positions = [(number - numbers[0]) // step for number in numbers]
    else:
        seconds = _seconds(frames)
        if seconds is None:
            return in_order
        steps = np.diff(seconds)
        positions = [0, *np.cumsum(np.maximum(np.round(steps / np.median(steps)), 1)).astype(int).tolist()]
    return positions if positions[-1] < _MOST_GAP * len(frames) + 100 else in_order


def _seconds(frames: Sequence[Frame]) -> np.ndarray | None:
    """Return the times of all frames in seconds; None where they are missing or do not increase."""
    times = np.array([math.nan if frame.time is None else frame.time for frame in frames])
    steps = np.diff(times)
    if len(frames) < 2 or not (steps > 0).all():
        return None
    usual = float(np.median(steps))
    fitting = [scale for scale in _SCALES if _USUAL_STEP[0] <= usual * scale <= _USUAL_STEP[1]]
    return times * fitting[0] if fitting else None


def _rate(frames: Sequence[Frame], positions: Sequence[int]) -> float | None:
    seconds = _seconds(frames)
    if seconds is None:
        return None
    step_count = positions[-1] - positions[0]
    steps = np.diff(seconds) / np.maximum(np.diff(positions), 1)
    usual = float(np.median(steps))
    mean = float(seconds[-1] - seconds[0]) / step_count
    rate = 1 / (mean if abs(mean - usual) < 0.1 * usual else usual)  # a mean, as timestamps may be rounded to 1 ms
    return round(rate, 3)


def _numbered(names: Sequence[Sequence[str]]) -> dict[str, int] | None:
    """Return identity -> number where names of people last: each once in a frame, and again in other frames."""
    every = [name for frame in names for name in frame if name]
    if not every or any(len([name for name in frame if name]) != len({*frame} - {""}) for frame in names):
        return None
    distinct = list(dict.fromkeys(every))
    if len(distinct) > 1 and len(distinct) > len(every) / 2:
        return None  # a number for each detection, not for each person
    return {name: index for index, name in enumerate(distinct)}


def timestamp(value: object) -> float | None:
    """Return a timestamp as a number: of a number, a string of one, a clock, or a date and time in ISO 8601."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        pass
    try:
        return datetime.fromisoformat(str(value)[:40]).timestamp()
    except (ValueError, OverflowError, OSError):
        return None

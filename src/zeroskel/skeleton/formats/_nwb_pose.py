"""Pose estimation in NWB files (the extension ndx-pose): a series of times and positions for each point."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.skeleton.formats._parsing import refuse, unobserved
from zeroskel.skeleton.inference._points import FilePoints

_MOST_FRAMES = 2**20
_EXPORT_AGAIN = "Export it again with PoseEstimation"

_Series = tuple[str, str, np.ndarray, np.ndarray]  # person, point, positions (T, C), times (T,)


def nwb_points(arrays: dict[str, np.ndarray], attributes: dict[str, dict[str, Any]], file: Path) -> FilePoints:
    """Return the points of all PoseEstimation containers, one of which is one person.

    Args:
        arrays: Path -> array.
        attributes: Path -> name -> value.
        file: The path of the file, for messages.

    Raises:
        SkeletonFormatError: There is no series of points, or its times are those of no recording.
    """
    series: list[_Series] = []
    for path, values in attributes.items():
        if values.get("neurodata_type") == "PoseEstimationSeries":
            data = arrays[f"{path}/data"].astype(np.float64)
            if f"{path}/confidence" in arrays:
                data[arrays[f"{path}/confidence"] == 0] = np.nan
            person, _, point = path.rpartition("/")
            series.append((person, point, data, _times(path, len(data), arrays, attributes)))
    if not series:
        refuse(file, "", "no PoseEstimationSeries", "points of an estimated pose", _EXPORT_AGAIN)
    people = list(dict.fromkeys(person for person, *_ in series))
    points = [point.removeprefix(_prefix(person, series)) for person, point, *_ in series]
    names = tuple(dict.fromkeys(points))
    times = np.unique(np.concatenate([times for *_, times in series]))
    rate = 1 / float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    length = round((times[-1] - times[0]) * rate) + 1
    if not 0 < length <= _MOST_FRAMES:
        refuse(file, "timestamps", f"{length} frames", f"at most {_MOST_FRAMES}", _EXPORT_AGAIN)
    coordinates = unobserved((len(people), length, len(names), series[0][2].shape[1]), file)
    for point, (person, _, data, moments) in zip(points, series, strict=True):
        frames = np.rint((moments - times[0]) * rate).astype(np.int64)
        coordinates[people.index(person), frames, names.index(point)] = data
    return FilePoints(
        coordinates, "NWB", names, fps=float(f"{rate:.6g}") if 1 < rate < 1e6 else None
    )  # 1: frame numbers


def _times(path: str, count: int, arrays: dict[str, np.ndarray], attributes: dict[str, dict[str, Any]]) -> np.ndarray:
    """Return the times of a series in seconds, by its timestamps or by its start and rate."""
    if f"{path}/timestamps" in arrays:
        return arrays[f"{path}/timestamps"].astype(np.float64)
    start = f"{path}/starting_time"
    return float(arrays[start]) + np.arange(count) / float(attributes[start]["rate"])


def _prefix(person: str, series: Sequence[_Series]) -> str:
    """Return what the names of all points of a person begin with: the name of the individual, or of the type."""
    names = [point for owner, point, *_ in series if owner == person]
    for prefix in ("PoseEstimationSeries", names[0].partition("_")[0] + "_"):
        if all(name.startswith(prefix) for name in names):
            return prefix
    return ""

"""JSON of pose estimators and sensors: people of frames under the keys of many tools."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core._files import resource_table
from zeroskel.skeleton.formats._detections import Frame, Person, tabulate
from zeroskel.skeleton.formats._json_facts import frame_rate, listed_names, picture_order, picture_size
from zeroskel.skeleton.formats._json_families import NUITRACK, family_of
from zeroskel.skeleton.formats._json_frames import Record, records
from zeroskel.skeleton.formats._json_people import Detection, point_key
from zeroskel.skeleton.formats._json_space import placed
from zeroskel.skeleton.formats._parsing import refuse, unobserved
from zeroskel.skeleton.inference._people import tracks_by_place
from zeroskel.skeleton.inference._points import FilePoints

_BODIES_FIRST = {68: 26, 49: 25}  # points -> those of the body, which come first
_FROM_THE_HIPS = ("poseworldlandmarks", "worldlandmarks", "keypoints3d")
_OF_THE_PICTURE = ("poselandmarks", "landmarks", "keypoints")
_MOST_NAMES = 1000
_REMEDY = "Correct the file, or convert it to one of the formats in docs/recordings.md"


def estimator_points(value: Any, file: Path, frames: Sequence[Record] | None = None) -> FilePoints | None:
    """Return the points of people in a JSON value; None where it has no points under a known key.

    Args:
        value: the value of the file, or those of the files of a folder.
        file: its path, for messages.
        frames: frames of the value that the caller has grouped; None takes those of the value.
    """
    key = point_key(value)
    if key is None:
        return None
    frames = records(value, key) if frames is None else frames
    detections = [detection for record in frames for detection in record.people]
    if not detections:
        return None
    columns, names, scores = _stacked(detections, file)
    family = family_of(key, value)
    named_axes = detections[0].points.named_axes
    points = placed(columns, scores, family, picture_size(value) or family.picture, named_axes=named_axes)
    names = names or listed_names(value, columns.shape[1])
    layout = None if names else points.family.layouts.get(columns.shape[1])
    names, layout = _ordered(names, layout, family.name)
    used = len(names) if names else _BODIES_FIRST.get(columns.shape[1])
    people = (
        Person(coordinates[:used], detection.identity)
        for coordinates, detection in zip(points.coordinates, detections, strict=True)
    )
    order = picture_order(value)
    table = tabulate([_frame(record, people, order) for record in frames], file)
    identities = table.identities
    if identities is None and key in _FROM_THE_HIPS and len(table.coordinates) > 1:
        identities = _identities_in_picture(value, table.coordinates.shape[:2], file)
    return FilePoints(
        table.coordinates,
        points.family.name,
        names,
        layout,
        frame_rate(value) or table.fps,
        points.family.up,
        points.family.unit,
        identities,
        tracked=len(table.coordinates) == 1 and identities is None,
        notes=points.notes,
    )


def _identities_in_picture(value: Any, shape: tuple[int, ...], file: Path) -> np.ndarray | None:
    """Return identities (M, T) of people whose points are relative to their hips, by their places in the picture."""
    for key in _OF_THE_PICTURE:
        frames = [
            Frame([Person(one.points.columns[:, :2]) for one in record.people], record.number, record.time)
            for record in records(value, key)
        ]
        if any(frame.people for frame in frames):
            joints = tabulate(frames, file).coordinates
            if joints.shape[:2] == shape:
                return tracks_by_place(joints, np.isfinite(joints).all(axis=(2, 3)))
    return None


def _ordered(
    names: tuple[str, ...] | None, layout: str | None, family: str
) -> tuple[tuple[str, ...] | None, str | None]:
    """Return names and layout of points, with the names that a list of point_orders.toml has for their numbers."""
    orders = resource_table("point_orders.toml")
    if layout in orders:
        return tuple(orders[layout]), None
    if names and family == NUITRACK and all(name.isdecimal() for name in names):
        joints = orders["nuitrack"]
        return tuple(joints[int(name)] if int(name) < len(joints) else name for name in names), None
    return names, layout


def _stacked(
    detections: Sequence[Detection], file: Path
) -> tuple[np.ndarray, tuple[str, ...] | None, np.ndarray | None]:
    """Return columns (N, P, K), names and scores (N, P) of all detections, whose points are matched by name."""
    names = detections[0].points.names
    if any(one.points.names != names for one in detections):
        names = tuple(dict.fromkeys(name for one in detections for name in one.points.names or ()))
    counts = {len(one.points.columns) for one in detections}
    mixed = any(not one.points.names for one in detections) if names else len(counts) > 1
    if mixed or len(names or ()) > _MOST_NAMES:
        actual = f"{', '.join(map(str, sorted(counts)[:5]))} points"
        refuse(file, "people of the frames", actual, "people with the same points in every frame", _REMEDY)
    count = len(names) if names else counts.pop()
    width = max(one.points.columns.shape[1] for one in detections)
    columns = unobserved((len(detections), count, width), file)
    scores = unobserved(columns.shape[:2], file)
    index = {name: at for at, name in enumerate(names or ())}
    for row, detection in enumerate(detections):
        points = detection.points
        at = [index[name] for name in points.names] if points.names else slice(None)
        columns[row, at, : points.columns.shape[1]] = points.columns
        if points.scores is not None:
            scores[row, at] = points.scores
    return columns, names, None if np.isnan(scores).all() else scores


def _frame(record: Record, people: Iterator[Person], order: Mapping[Any, int]) -> Frame:
    position = record.number if not order else order.get(record.number, record.number)
    return Frame([next(people) for _ in record.people], position, record.time)

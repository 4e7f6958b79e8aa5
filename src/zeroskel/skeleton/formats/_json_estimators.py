"""JSON of pose estimators and sensors: people of frames under the keys of many tools."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core._files import resource_table
from zeroskel.skeleton.formats._detections import Frame, Person, tabulate
from zeroskel.skeleton.formats._json_families import MOVENET, OTHER, Family, family_of
from zeroskel.skeleton.formats._json_frames import Detection, Record, point_key, records
from zeroskel.skeleton.formats._json_points import number, plain
from zeroskel.skeleton.formats._parsing import refuse
from zeroskel.skeleton.inference._points import FilePoints

_NAME_LISTS = (
    "jointnames",
    "keypointnames",
    "landmarknames",
    "keypointid2name",
    "pointnames",
    "bodyparts",
    "joints",
    "names",
    "keypoints",
    "labels",
)
_RATES = ("fps", "framerate", "framespersecond", "videofps", "fpsrate")
_SIZES = (("width", "height"), ("imagewidth", "imageheight"), ("videowidth", "videoheight"), ("imgwidth", "imgheight"))
_SIZES += (("canvaswidth", "canvasheight"), ("framewidth", "frameheight"))
_SIZE_LISTS = ("resolution", "imagesize", "imgsize", "videosize", "framesize")
_BODIES_FIRST = {68: 26, 49: 25}  # points -> those of the body, which come first
_HIPS = {33: (23, 24)}
_NORMALISED = 3.0  # coordinates of a picture below this are shares of its width and height
_REMEDY = "Correct the file, or convert it to one of the formats in docs/data.md"


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
    family = family_of(key, value)
    columns, names, scores = _stacked(detections, file)
    named_axes = detections[0].points.named_axes
    space = _Space(family, named_axes, _listed(value, _picture_size) or family.picture)
    coordinates, family, notes = space.coordinates(columns, scores)
    names = names or _listed_names(value, columns.shape[1])
    layout = None if names else family.layouts.get(columns.shape[1])
    orders = resource_table("point_orders.toml")
    if layout in orders:
        names, layout = tuple(orders[layout]), None
    elif layout is not None:
        coordinates = coordinates[:, : _BODIES_FIRST.get(columns.shape[1])]
    elif names and family.name == "Nuitrack JSON" and all(name.isdecimal() for name in names):
        names = tuple(orders["nuitrack"][int(name)] if int(name) < 25 else name for name in names)
    coordinates = coordinates[:, : len(names)] if names else coordinates
    people = iter(Person(points, detection.identity) for points, detection in zip(coordinates, detections, strict=True))
    order = _picture_order(value)
    table = tabulate([_frame(record, people, order) for record in frames], file)
    rate = _listed(value, _frame_rate) or table.fps
    tracked = len(table.coordinates) == 1 and table.identities is None
    return FilePoints(
        table.coordinates,
        family.name,
        names,
        layout,
        rate,
        family.up,
        family.unit,
        table.identities,
        tracked,
        notes,
    )


def _stacked(
    detections: Sequence[Detection], file: Path
) -> tuple[np.ndarray, tuple[str, ...] | None, np.ndarray | None]:
    """Return columns (N, P, K), names and scores (N, P) of all detections, whose points are matched by name."""
    names = detections[0].points.names
    if any(one.points.names != names for one in detections):
        names = tuple(dict.fromkeys(name for one in detections for name in one.points.names or ()))
    counts = {len(one.points.columns) for one in detections}
    if (len(counts) > 1 and not names) or (
        names and (len(names) > 1000 or any(not d.points.names for d in detections))
    ):
        actual = f"{', '.join(map(str, sorted(counts)[:5]))} points"
        refuse(file, "people of the frames", actual, "people with the same points in every frame", _REMEDY)
    count = len(names) if names else counts.pop()
    width = max(one.points.columns.shape[1] for one in detections)
    columns = np.full((len(detections), count, width), np.nan)
    scores = np.full((len(detections), count), np.nan)
    index = {name: at for at, name in enumerate(names or ())}
    for row, detection in enumerate(detections):
        points = detection.points
        at = [index[name] for name in points.names] if points.names else slice(None)
        columns[row, at, : points.columns.shape[1]] = points.columns
        if points.scores is not None:
            scores[row, at] = points.scores
    return columns, names, None if np.isnan(scores).all() else scores


@dataclass(frozen=True)
class _Space:
    """Meaning of the columns of points.

    Attributes:
        family: of the file.
        named_axes: whether the file names x, y and z.
        picture: width and height; None where unknown.
    """

    family: Family
    named_axes: bool
    picture: tuple[float, float] | None

    def coordinates(self, columns: np.ndarray, scores: np.ndarray | None) -> tuple[np.ndarray, Family, tuple[str, ...]]:
        """Return coordinates (N, P, C), the family with the axes of these points, and what to say."""
        family = self.family
        if columns.shape[2] == 4:
            columns, scores = columns[..., :3], columns[..., 3]
        if family is OTHER and scores is None and _is_movenet(columns, self.named_axes):
            family, columns = MOVENET, columns[..., [1, 0, 2]]
        with np.errstate(invalid="ignore"):
            world = _from_the_hips(columns)
            depth = _has_depth(columns, scores, family) and (not self.named_axes or family.name == "MediaPipe JSON")
            image = family.image and not world and not depth
            third = columns[..., 2] if columns.shape[2] == 3 else None
            if third is not None and (image or _no_depth(columns, self.named_axes)):
                if scores is None and not self.named_axes and not np.nanmin(third) < 0:
                    scores = third
                columns = columns[..., :2]
        if family.image and not image and columns.shape[2] == 3:
            up, unit = ("-y", "m") if world else (None, None)
            family = Family(family.name, layouts={**family.layouts, 17: "h36m-17"}, up=up, unit=unit)
        unseen = (columns == 0).all(axis=2)
        if scores is not None:
            unseen |= (scores <= family.threshold) | np.isnan(scores)
        if family is OTHER and scores is None and columns.shape[2] == 3:
            unseen[:] = False
        coordinates = np.where(unseen[..., None], np.nan, columns)
        return (*self._scaled(coordinates, family),)

    def _scaled(self, coordinates: np.ndarray, family: Family) -> tuple[np.ndarray, Family, tuple[str, ...]]:
        """Return points of a picture in pixels, where they are shares of its width and height."""
        sizes = np.abs(coordinates[np.isfinite(coordinates)])
        if coordinates.shape[2] != 2 or not len(sizes) or np.quantile(sizes, 0.99) > _NORMALISED:
            return coordinates, family, ()
        if self.picture is None:
            return coordinates, family, ("picture taken as square, its size is not in the file",)
        return coordinates * np.array(self.picture), family, ()


def _from_the_hips(columns: np.ndarray) -> bool:
    """Return whether points are in metres from the middle of the hips, as the world landmarks of MediaPipe."""
    hips = _HIPS.get(columns.shape[1])
    if hips is None or columns.shape[2] != 3:
        return False
    middle = np.nanmedian(columns[:, hips].mean(axis=1), axis=0)
    return bool((np.abs(middle) < 0.02).all() and np.nanmin(columns) < -0.1)


def _is_movenet(columns: np.ndarray, named_axes: bool) -> bool:
    """Return whether points without keys are y, x and score, each from 0 to 1, as the arrays of MoveNet."""
    if columns.shape[1:] != (17, 3) or named_axes or not ((columns >= 0) & (columns <= 1)).all():
        return False
    below = np.median(columns[:, 15:].mean(axis=1) - columns[:, 0], axis=0)  # ankles against the nose
    return bool(below[0] > abs(below[1]))


def _has_depth(columns: np.ndarray, scores: np.ndarray | None, family: Family) -> bool:
    """Return whether a third column is the depth of points that are not those of a picture."""
    if columns.shape[2] != 3 or not np.nanstd(columns[..., 2]) > 0:
        return False
    if family.name == "MediaPipe JSON":  # which has a depth for points of a picture as well
        least, largest = np.nanquantile(columns[..., :2], (0.01, 0.99))
        return bool(least < -0.3 and largest < 10)
    return scores is not None


def _no_depth(columns: np.ndarray, named_axes: bool) -> bool:
    """Return whether a third column is a confidence, or without values."""
    third = columns[..., 2][np.isfinite(columns[..., 2])]
    if not len(third) or (third == 0).all():
        return True
    flat = np.abs(columns[..., :2][np.isfinite(columns[..., :2])])
    in_pixels = bool(len(flat)) and np.quantile(flat, 0.9) > 10
    return not named_axes and bool(in_pixels) and third.min() >= 0 and third.max() <= 1.05


def _frame(record: Record, people: Any, order: dict[Any, int]) -> Frame:
    position = record.number if not order else order.get(record.number, record.number)
    return Frame([next(people) for _ in record.people], position, record.time)


def _picture_order(value: Any) -> dict[Any, int]:
    """Return id of a picture -> its index, of the pictures that a COCO file lists."""
    pictures = value.get("images") if isinstance(value, dict) else None
    if not isinstance(pictures, list) or not all(isinstance(one, dict) and "id" in one for one in pictures):
        return {}
    names = sorted(pictures, key=lambda one: (str(one.get("file_name", "")), str(one["id"]).zfill(20)))
    return {one["id"]: index for index, one in enumerate(names) if isinstance(one["id"], int | str)}


def _listed(value: Any, accept: Callable[[dict[str, Any]], Any], depth: int = 0) -> Any:
    """Return the first result of an object of the value, its first few levels and entries only; None without."""
    if isinstance(value, dict):
        result = accept({plain(key): child for key, child in value.items()})
        if result is not None:
            return result
        children = [child for key, child in value.items() if "box" not in key.lower()][:100]
    else:
        children = value[:2] if isinstance(value, list) else []
    if depth < 3:
        for child in children:
            if isinstance(child, dict | list) and (result := _listed(child, accept, depth + 1)) is not None:
                return result
    return None


def _frame_rate(keys: dict[str, Any]) -> float | None:
    rates = [number(keys[key]) for key in _RATES if key in keys]
    return next((rate for rate in rates if 0 < rate < 10_000), None)


def _picture_size(keys: dict[str, Any]) -> tuple[float, float] | None:
    pairs = [(keys[wide], keys[high]) for wide, high in _SIZES if wide in keys and high in keys]
    pairs += [tuple(keys[key]) for key in _SIZE_LISTS if isinstance(keys.get(key), list) and len(keys[key]) == 2]
    for width, height in pairs:
        if number(width) > 1 and number(height) > 1:
            return number(width), number(height)
    return None


def _listed_names(value: Any, count: int) -> tuple[str, ...] | None:
    def accept(keys: dict[str, Any]) -> tuple[str, ...] | None:
        for key in _NAME_LISTS:
            names = keys.get(key)
            if isinstance(names, dict):
                names = [names.get(str(index)) for index in range(count)] if len(names) == count else None
            if isinstance(names, list) and len(names) == count and all(isinstance(name, str) for name in names):
                return tuple(name[:100] for name in names) if len(set(names)) == count else None
        return None

    return _listed(value, accept)

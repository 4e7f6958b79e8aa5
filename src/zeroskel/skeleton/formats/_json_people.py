"""People in a JSON value of any nesting: the objects that have the key under which points are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from zeroskel.skeleton.formats._json_points import Points, points_in
from zeroskel.skeleton.formats._json_positions import plain
from zeroskel.skeleton.formats._json_text import embedded

POINT_KEYS = (  # in order of preference: three dimensions before two
    "poseworldlandmarks",
    "worldlandmarks",
    "landmarks3d",
    "posekeypoints3d",
    "keypoints3d",
    "points3d",
    "kpts3d",
    "pose3d",
    "joints3d",
    "smpljoints3d",
    "predjoints",
    "jointpositions",
    "jointcoordinates",
    "jointmodeltransforms",
    "poselandmarks",
    "landmarks",
    "landmark",
    "posekeypoints2d",
    "posekeypoints",
    "keypoints",
    "keypoint",
    "kpts",
    "keypoints2d",
    "joints2d",
    "joints",
    "skeleton",
    "pose",
    "poses",
    "points",
    "bodyparts",
    "positions",
)
BARE = ""  # the key of points that stand in lists without a key
_IDENTITIES = ("trackid", "trackingid", "personid", "idx", "bodyid", "playerid", "userid", "skeletonid", "id", "tid")
NUMBERED = re.compile(r"(?:.*[^\d.])?(\d{1,20})(?:_keypoints)?(?:\.[a-z]{3,4})?", re.IGNORECASE)
DEEPEST = 12
_SAMPLE = 60
_MOST_KEYS = 2000
_MOST_ENTRIES = 4000  # of a list that are looked at to find the key of its points
_OTHER_PARTS = ("hand", "face", "orientation", "box", "rotation")


@dataclass(frozen=True, eq=False)
class Detection:
    """Points of a person, with the identity that the file gives them."""

    points: Points
    identity: str | None


def point_key(value: Any) -> str | None:
    """Return the key that holds the points of people in a file; BARE where they have none, None without points."""
    counts = dict.fromkeys((*POINT_KEYS, BARE), 0)
    for key, _ in detections(value, None):
        counts[key] += 1
        if counts[key] >= _SAMPLE:
            break
    most = max(counts.values())
    return next((key for key, count in counts.items() if count and 2 * count >= most), None)


def detections(
    value: Any, wanted: str | None, depth: int = 0, identity: str | None = None
) -> Iterator[tuple[str, Detection]]:
    """Yield (key, detection) of people below a value; `wanted` is their key, None looks for every one."""
    if isinstance(value, str):
        value = embedded(value)
    if depth > DEEPEST or not isinstance(value, dict | list):
        return
    if isinstance(value, dict):
        yield from _of_object(value, wanted, depth, identity)
        return
    if wanted in (None, BARE) and (bare := points_in(value)) is not None:
        yield BARE, Detection(bare, identity)
        if wanted == BARE:
            return
    if value and not isinstance(value[0], int | float):
        for child in value if wanted is not None else spread(value):
            if child:
                yield from detections(child, wanted, depth + 1, identity)


def spread(values: list[Any]) -> list[Any]:
    """Return some of the values over the whole list."""
    return values if len(values) <= _MOST_ENTRIES else values[:: len(values) // _MOST_ENTRIES]


def _of_object(
    value: dict[str, Any], wanted: str | None, depth: int, identity: str | None
) -> Iterator[tuple[str, Detection]]:
    if len(value) > _MOST_KEYS:  # an object of frames or people
        for name in value if wanted is not None else spread(list(value)):
            yield from detections(value[name], wanted, depth + 1, identity or name)
        return
    keys = {plain(name): child for name, child in value.items()}
    if keys.get("tracked") is False or keys.get("istracked") is False:
        return
    identity = _identity(keys) or identity
    used = set()
    for key in [key for key in POINT_KEYS if key in keys] if wanted is None else [wanted]:
        for points in people_under(keys.get(key), key, keys):
            used.add(key)
            yield key, Detection(points, identity)
    if not used and wanted in (None, BARE) and (bare := points_in(value)) is not None:
        yield BARE, Detection(bare, identity)
        return
    if not used or wanted is None:
        for name, child in value.items():
            if not child or isinstance(child, int | float):
                continue
            key = plain(name)
            if key not in used and not any(part in key for part in _OTHER_PARTS):
                named = name if NUMBERED.fullmatch(name) else None
                yield from detections(child, wanted, depth + 1, identity or named)


def people_under(value: Any, key: str, siblings: dict[str, Any]) -> list[Points]:
    """Return the points under a key: of one person, or of each in a list."""
    if value is None or key == BARE:
        return []
    points = points_in(value, key, siblings)
    if points is not None:
        return [points]
    if not isinstance(value, list) or len(value) > 200:
        return []
    every = [points_in(child, key, siblings if len(value) == 1 else None) for child in value]
    return [points for points in every if points is not None] if value and isinstance(value[0], list) else []


def _identity(keys: dict[str, Any]) -> str | None:
    """Return what the file calls a person; -1 and null are nobody's."""
    for key in _IDENTITIES:
        value = keys.get(key)
        while isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, int | float | str) and not isinstance(value, bool) and value not in (-1, "-1", ""):
            return f"{value:g}" if isinstance(value, float) else str(value)[:100]
    return None

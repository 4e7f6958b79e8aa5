"""Frames and people in a JSON value of any nesting, found by their keys.

One key holds the points of all people in a file, such as "keypoints". People are the objects that have it. Frames are
what holds people: the entries of a list, or objects under frame numbers or file names of pictures.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from zeroskel.skeleton.formats._detections import timestamp
from zeroskel.skeleton.formats._json_points import Points, plain, points_in
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
_NUMBERS = ("frame", "frameid", "frameindex", "framenumber", "frameidx", "framenum", "frameno", "imageid")
_PICTURES = ("imageid", "imagename", "filename", "imgname", "imagepath", "imgpath", "image", "framename", "frame")
_TIMES = ("timestampusec", "timestampms", "timestampus", "timestampns", "timestamp", "times", "time", "t")
_IDENTITIES = ("trackid", "trackingid", "personid", "idx", "bodyid", "playerid", "userid", "skeletonid", "id", "tid")
_PEOPLE = ("people", "bodies", "instances", "persons", "skeletons", "bodylist", "users", "humans", "players")
_NUMBERED = re.compile(r"(?:.*[^\d.])?(\d{1,20})(?:_keypoints)?(?:\.[a-z]{3,4})?", re.IGNORECASE)
_LAST_NUMBER = re.compile(r"(\d{1,12})\D*$")
_DEEPEST = 12
_SAMPLE = 60
_OTHER_PARTS = ("hand", "face", "orientation", "box", "rotation")


@dataclass(frozen=True, eq=False)
class Detection:
    """Points of a person, with the identity that the file gives them."""

    points: Points
    identity: str | None


@dataclass(frozen=True, eq=False)
class Record:
    """People of one frame, and its number, picture and timestamp where the file tells them."""

    people: list[Detection]
    number: int | None = None
    picture: str | None = None
    time: float | None = None


def point_key(value: Any) -> str | None:
    """Return the key that holds the points of people in a file; BARE where they have none, None without points."""
    counts = dict.fromkeys((*POINT_KEYS, BARE), 0)
    for key, _ in _detections(value, None):
        counts[key] += 1
        if counts[key] >= _SAMPLE:
            break
    most = max(counts.values())
    return next((key for key, count in counts.items() if count and 2 * count >= most), None)


def _detections(
    value: Any, wanted: str | None, depth: int = 0, identity: str | None = None
) -> Iterator[tuple[str, Detection]]:
    """Yield (key, detection) of people below a value; `wanted` is their key, None looks for every one."""
    if isinstance(value, str):
        value = embedded(value)
    if depth > _DEEPEST or not isinstance(value, dict | list):
        return
    if isinstance(value, dict):
        yield from _of_object(value, wanted, depth, identity)
        return
    if wanted in (None, BARE) and (bare := points_in(value)) is not None:
        yield BARE, Detection(bare, identity)
        if wanted == BARE:
            return
    if value and not isinstance(value[0], int | float):
        for child in value:
            yield from _detections(child, wanted, depth + 1, identity)


def _of_object(
    value: dict[str, Any], wanted: str | None, depth: int, identity: str | None
) -> Iterator[tuple[str, Detection]]:
    keys = {plain(name): child for name, child in value.items()}
    if keys.get("tracked") is False or keys.get("istracked") is False:
        return
    identity = _identity(keys) or identity
    used = set()
    for key in POINT_KEYS if wanted is None else (wanted,):
        for points in _people(keys.get(key), key, keys):
            used.add(key)
            yield key, Detection(points, identity)
    if not used and wanted in (None, BARE) and (bare := points_in(value)) is not None:
        yield BARE, Detection(bare, identity)
        return
    if not used or wanted is None:
        for name, child in value.items():
            key = plain(name)
            if key not in used and not any(part in key for part in _OTHER_PARTS):
                named = name if _NUMBERED.fullmatch(name) else None
                yield from _detections(child, wanted, depth + 1, identity or named)


def _people(value: Any, key: str, siblings: dict[str, Any]) -> list[Points]:
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


def records(value: Any, key: str) -> list[Record]:
    """Return the frames of a file whose points are under a key, in the order of the file."""
    return [_record(name, entry, key) for name, entry in _entries(value, key)]


def _entries(value: Any, key: str, depth: int = 0) -> list[tuple[str | None, Any]]:
    """Return (name of the entry or None, entry) for each frame."""
    if isinstance(value, str):
        value = embedded(value)
    if isinstance(value, list):
        return [(None, value)] if key == BARE and points_in(value) is not None else [(None, child) for child in value]
    if not isinstance(value, dict) or depth > _DEEPEST:
        return []
    keys = {plain(name): child for name, child in value.items()}
    if _is_series(keys.get(key), key):
        return [(None, entry) for entry in _series(keys, key)]
    if _people(keys.get(key), key, keys) or any(_holds(keys[people], key) for people in _PEOPLE if people in keys):
        return [(None, value)]
    holders = {name: child for name, child in value.items() if _holds(child, key)}
    if not holders:
        return [(None, value)]
    numbered = [name for name, child in value.items() if _NUMBERED.fullmatch(name) and isinstance(child, dict | list)]
    if numbered and set(holders) <= set(numbered):
        series = {name: _entries_of_person(child, key) for name, child in holders.items()}
        if all(series.values()):
            return [(None, {"id": name, "of": one}) for name, entries in series.items() for one in entries]
        return [(name, value[name]) for name in numbered]
    largest = max(holders, key=lambda name: len(holders[name]))
    return _entries(holders[largest], key, depth + 1)


def _holds(value: Any, key: str) -> bool:
    return next(_detections(value, key), None) is not None


def _is_series(value: Any, key: str) -> bool:
    """Return whether a value is the points of frame after frame, rather than of one."""
    if not isinstance(value, list) or len(value) < 2 or points_in(value, key) is not None:
        return False
    first = next((child for child in value if child), None)
    return isinstance(first, list) and bool(_people(first, key, {}))


def _series(keys: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return an object for each frame of one that has lists over all frames."""
    entries = [{key: child} for child in keys[key]]
    for name in ("frameids", "frames", "frameid", "timestamps", "times", "timestamp", "time"):
        values = keys.get(name)
        if isinstance(values, list) and len(values) == len(entries):
            for entry, child in zip(entries, values, strict=True):
                entry["frame" if name.startswith("frame") else "time"] = child
    return entries


def _entries_of_person(value: Any, key: str) -> list[Any]:
    """Return the entries of one person over time; none where a value is not such."""
    if isinstance(value, dict):
        keys = {plain(name): child for name, child in value.items()}
        return _series(keys, key) if _is_series(keys.get(key), key) else []
    first = value[0] if isinstance(value, list) and value else None
    return value if isinstance(first, dict) and any(plain(name) in _NUMBERS for name in first) else []


def _record(name: str | None, entry: Any, key: str) -> Record:
    if isinstance(entry, str):
        entry = embedded(entry)
    people = [detection for _, detection in _detections(entry, key)]
    inner = entry["of"] if isinstance(entry, dict) and set(entry) == {"id", "of"} else entry
    keys = {plain(spelled): child for spelled, child in inner.items()} if isinstance(inner, dict) else {}
    time = next((stamp for stamp in (timestamp(keys.get(time)) for time in _TIMES) if stamp is not None), None)
    pictures = [keys[picture] for picture in _PICTURES if isinstance(keys.get(picture), str)]
    picture = name or next((shown for shown in pictures if len(shown) < 300), None)
    number = next((keys[one] for one in _NUMBERS if type(keys.get(one)) is int and abs(keys[one]) < 10**12), None)
    if number is None and picture is not None and (match := _LAST_NUMBER.search(re.sub(r"\.\w{2,4}$", "", picture))):
        number = int(match[1])
    return Record(people, number, picture, time)

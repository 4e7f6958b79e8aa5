"""Frames in a JSON value of any nesting: what holds people.

They are the entries of a list, or objects under frame numbers or file names of pictures.
"""

import re
from dataclasses import dataclass
from typing import Any

from zeroskel.skeleton.formats._detections import timestamp
from zeroskel.skeleton.formats._json_people import BARE, DEEPEST, NUMBERED, Detection, detections, people_under, spread
from zeroskel.skeleton.formats._json_points import points_in
from zeroskel.skeleton.formats._json_positions import plain
from zeroskel.skeleton.formats._json_text import embedded

_NUMBERS = ("frame", "frameid", "frameindex", "framenumber", "frameidx", "framenum", "frameno", "imageid")
_PICTURES = ("imageid", "imagename", "filename", "imgname", "imagepath", "imgpath", "image", "framename", "frame")
_TIMES = ("timestampusec", "timestampms", "timestampus", "timestampns", "timestamp", "times", "time", "t")
_PEOPLE = ("people", "bodies", "instances", "persons", "skeletons", "bodylist", "users", "humans", "players")
_LAST_NUMBER = re.compile(r"(\d{1,12})\D*$")


@dataclass(frozen=True, eq=False)
class Record:
    """People of one frame, and its number, picture and timestamp where the file tells them."""

    people: list[Detection]
    number: int | None = None
    picture: str | None = None
    time: float | None = None


def records(value: Any, key: str) -> list[Record]:
    """Return the frames of a file whose points are under a key, in the order of the file."""
    return [_record(name, entry, key) for name, entry in _entries(value, key)]


def _entries(value: Any, key: str, depth: int = 0) -> list[tuple[str | None, Any]]:
    """Return (name of the entry or None, entry) for each frame."""
    if isinstance(value, str):
        value = embedded(value)
    if isinstance(value, list):
        return [(None, value)] if key == BARE and points_in(value) is not None else [(None, child) for child in value]
    if not isinstance(value, dict) or depth > DEEPEST:
        return []
    keys = {plain(name): child for name, child in value.items()}
    if _is_series(keys.get(key), key):
        return [(None, entry) for entry in _series(keys, key)]
    if people_under(keys.get(key), key, keys) or any(_holds(keys[people], key) for people in _PEOPLE if people in keys):
        return [(None, value)]
    numbered = {name: child for name, child in value.items() if NUMBERED.fullmatch(name)}
    sample = dict(spread(list(numbered.items())))
    if numbered and any(_holds(child, key) for child in sample.values()):
        if _are_people(sample):
            tracks = {name: child for name, child in numbered.items() if isinstance(child, dict)}
            return [(at, {"id": name, "of": one}) for name, child in tracks.items() for at, one in child.items()]
        if all(_entries_of_person(child, key) for child in sample.values()):
            series = {name: _entries_of_person(child, key) for name, child in numbered.items()}
            return [(None, {"id": name, "of": one}) for name, entries in series.items() for one in entries]
        if not any(_holds(child, key) for name, child in value.items() if name not in numbered):
            return [(name, child) for name, child in numbered.items() if isinstance(child, dict | list | str)]
    holders = [child for child in value.values() if _holds(child, key)]
    return _entries(max(holders, key=len), key, depth + 1) if holders else [(None, value)]


def _holds(value: Any, key: str) -> bool:
    return next(detections(value, key), None) is not None


def _are_people(holders: dict[str, Any]) -> bool:
    """Return whether the entries of an object are people, each with an object of frames, and not frames of people."""
    if not all(isinstance(child, dict) and all(map(NUMBERED.fullmatch, child)) for child in holders.values()):
        return False
    return len({at for child in holders.values() for at in child}) > len(holders)


def _is_series(value: Any, key: str) -> bool:
    """Return whether a value is the points of frame after frame, rather than of one."""
    if not isinstance(value, list) or len(value) < 2 or points_in(value, key) is not None:
        return False
    first = next((child for child in value if child), None)
    return isinstance(first, list) and bool(people_under(first, key, {}))


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
    people = [detection for _, detection in detections(entry, key)]
    inner = entry["of"] if isinstance(entry, dict) and set(entry) == {"id", "of"} else entry
    keys = {plain(spelled): child for spelled, child in inner.items()} if isinstance(inner, dict) else {}
    time = next((stamp for stamp in (timestamp(keys.get(time)) for time in _TIMES) if stamp is not None), None)
    pictures = [keys[picture] for picture in _PICTURES if isinstance(keys.get(picture), str)]
    picture = name or next((shown for shown in pictures if len(shown) < 300), None)
    number = next((keys[one] for one in _NUMBERS if type(keys.get(one)) is int and abs(keys[one]) < 10**12), None)
    if number is None and picture is not None and (match := _LAST_NUMBER.search(re.sub(r"\.\w{2,4}$", "", picture))):
        number = int(match[1])
    return Record(people, number, picture, time)

"""Facts in a JSON value beside its points: names of points, size of the picture, frame rate, order of pictures."""

from collections.abc import Callable
from typing import Any

from zeroskel.skeleton.formats._json_positions import number, plain

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
_SIZES = tuple((f"{what}width", f"{what}height") for what in ("", "image", "img", "video", "frame", "canvas"))
_SIZE_LISTS = ("resolution", "imagesize", "imgsize", "videosize", "framesize")


def picture_order(value: Any) -> dict[Any, int]:
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


def frame_rate(value: Any) -> float | None:
    """Return the frames per second that a file states."""

    def accept(keys: dict[str, Any]) -> float | None:
        rates = [number(keys[key]) for key in _RATES if key in keys]
        return next((rate for rate in rates if 0 < rate < 10_000), None)

    return _listed(value, accept)


def picture_size(value: Any) -> tuple[float, float] | None:
    """Return width and height of the picture that a file states."""

    def accept(keys: dict[str, Any]) -> tuple[float, float] | None:
        pairs = [(keys[wide], keys[high]) for wide, high in _SIZES if wide in keys and high in keys]
        pairs += [tuple(keys[key]) for key in _SIZE_LISTS if isinstance(keys.get(key), list) and len(keys[key]) == 2]
        sizes = [(number(width), number(height)) for width, height in pairs]
        return next((size for size in sizes if min(size) > 1), None)

    return _listed(value, accept)


def listed_names(value: Any, count: int) -> tuple[str, ...] | None:
    """Return the names of so many points that a file lists."""

    def accept(keys: dict[str, Any]) -> tuple[str, ...] | None:
        for key in _NAME_LISTS:
            names = keys.get(key)
            if isinstance(names, dict):
                names = [names.get(str(index)) for index in range(count)] if len(names) == count else None
            if isinstance(names, list) and len(names) == count and all(isinstance(name, str) for name in names):
                return tuple(name[:100] for name in names) if len(set(names)) == count else None
        return None

    return _listed(value, accept)

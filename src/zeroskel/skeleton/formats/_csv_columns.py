"""Names of CSV columns: which point of the body, which axis or confidence, and in which unit."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_SEPARATORS = r"[_.\-\s:/|]"
_UNITS = {
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), "m"),
    **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), "cm"),
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "millimetres"), "mm"),
    **dict.fromkeys(("px", "pixel", "pixels", "pix"), "pixel"),
    **dict.fromkeys(("in", "inch", "inches"), "inch"),
}
_AXIS_PATTERNS = [
    re.compile(pattern)
    for pattern in (
        r"(?P<axis>[xyzXYZ])[_.]?(?P<point>\d+)",  # x1
        rf"(?P<point>.*?){_SEPARATORS}+(?:[tTpP]|[Pp]os|[Ll]oc)(?P<axis>[xyzXYZ])",  # Hips_tx
        rf"(?P<point>.*?){_SEPARATORS}+(?P<axis>[wxyzWXYZ])",  # hand_left_x
        r"(?P<point>.*[a-z0-9])(?P<axis>[WXYZ])",  # HandLeftX
        r"(?P<point>.*\d)(?P<axis>[wxyz])",  # kp0x
        rf"(?P<axis>[wxyzWXYZ]){_SEPARATORS}+(?P<point>.+)",  # X_HandLeft
        r"(?P<axis>[xyz])(?P<point>[A-Z].*)",  # xHandLeft
        r"(?P<point>)(?P<axis>[wxyzWXYZ])",  # x
    )
]
_CONFIDENCE_PATTERNS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:v|vis|visibility|c|conf|confidence|s|score|p)_?(?P<point>\d+)",
        rf"(?P<point>.*?){_SEPARATORS}*(?:visibility|vis|confidence|conf|likelihood|score|probability|prob|presence)",
        rf"(?P<point>.*?){_SEPARATORS}*(?:tracking{_SEPARATORS}?state|tracked|state|quality)",
        rf"(?P<point>.*?){_SEPARATORS}+(?:v|c|s|p)",
        rf"(?:v|c|s|p|vis|visibility|confidence|conf|likelihood|score){_SEPARATORS}+(?P<point>.+)",
    )
]
_POSITION = {"position", "positions", "pos", "posi", "translation", "trans", "location", "loc", "coord", "coords"}
_POSITION |= {"coordinate", "coordinates"}
_OTHER_KINDS = {"rotation", "rotations", "rot", "quaternion", "quat", "q", "orientation", "orient", "ori", "euler"}
_OTHER_KINDS |= {"velocity", "velocities", "vel", "velo", "speed", "acceleration", "accel", "acce", "acc", "gyro"}
_OTHER_KINDS |= {"angle", "angles", "angular", "ang", "force", "moment", "torque", "scale", "bbox", "box", "magn"}
_OTHER_KINDS |= {"normal", "normals", "gravity", "bearing", "std", "sigma", "error", "variance"}
_PICTURE = {
    "color",
    "colour",
    "depth",
    "image",
    "img",
    "pixel",
    "px",
    "screen",
    "norm",
    "normalized",
    "normalised",
    "2d",
}
_WORLD = {"world", "3d", "global", "camera", "cam"}
_AXES = ("x", "y", "z")


@dataclass(frozen=True)
class Column:
    """Axis ("x", "y", "z", "w") or "confidence" of a point that a column holds; the point "" is that of the row."""

    point: str
    kind: str
    unit: str | None = None
    variant: str = ""


@lru_cache(4096)
def column_of(label: str) -> Column | None:
    """Return what a column of that name holds; None for anything but coordinates and confidences of points."""
    text, unit = _without_unit(label.strip())
    for pattern in _AXIS_PATTERNS:
        if match := pattern.fullmatch(text):
            point, is_position = _without_words(match["point"])
            words = _words(point)
            if not is_position and words & _OTHER_KINDS:
                return None
            variant = "picture" if words & _PICTURE else "world" if words & _WORLD else ""
            return Column(_without_variant(point), match["axis"].lower(), unit, variant)
    for pattern in _CONFIDENCE_PATTERNS:
        if match := pattern.fullmatch(text):
            return Column(_without_variant(_without_words(match["point"])[0]), "confidence")
    return None


def _without_unit(text: str) -> tuple[str, str | None]:
    """Return a label whose brackets are resolved: an axis moved to the end, a unit taken out."""
    unit = None
    match = re.fullmatch(r"([xyzXYZ])\s*[\[(](.+)[\])]", text)  # x(Head)
    if match and match[2].strip().lower() not in _UNITS:
        text = f"{match[2]}_{match[1]}"
    elif match := re.fullmatch(r"\((?:'.*', )?'(.+)', '(.+)'\)", text):  # ('Head', 'x')
        text = f"{match[1]}_{match[2]}"
    for bracket in re.findall(r"[\[(][^\[\]()]*[\])]", text):
        content = bracket[1:-1].strip().lower()
        if content in _AXES:
            text = text.replace(bracket, f"_{content}").strip()
        elif content in _UNITS or content in ("", "-", "global", "world"):
            unit = _UNITS.get(content, unit)
            text = text.replace(bracket, "").strip()
    match = re.fullmatch(rf"(.*{_SEPARATORS}[xyzXYZ])(?:{_SEPARATORS}+|(?=[23][dD]$))(\w+)", text)
    if match and match[2].lower() in _UNITS:
        return match[1], _UNITS[match[2].lower()]
    if match and match[2].lower() in _POSITION | _WORLD | _PICTURE:
        return f"{match[1][:-2]}_{match[2]}_{match[1][-1]}", unit
    return text, unit


def _without_words(point: str) -> tuple[str, bool]:
    """Return a name without the word position at either end, and whether it had one."""
    plain = re.sub(r"(?<=[a-z0-9])(Position|Pos|Posi|Translation|Location|Coord)$", "", point)
    parts = [part for part in re.split(rf"({_SEPARATORS}+)", plain) if part]
    while parts and (parts[-1].lower() in _POSITION or re.fullmatch(rf"{_SEPARATORS}+", parts[-1])):
        parts.pop()
    while parts and (parts[0].lower() in _POSITION or re.fullmatch(rf"{_SEPARATORS}+", parts[0])):
        parts.pop(0)
    had_word = "".join(parts) != point.strip("_.- :/|")
    if had_word and len(parts) > 2 and parts[-1] == "Joint" and "-" in parts[-2]:  # Hips-Joint-Posi-x of Axis Studio
        parts = parts[:-2]
    return "".join(parts), had_word


def _words(point: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|\d[dD]\b|[A-Z]+(?![a-z])", point)}


def _without_variant(point: str) -> str:
    parts = re.split(rf"({_SEPARATORS}+)", point)
    words = _PICTURE | _WORLD
    remaining = [index for index in range(0, len(parts), 2) if parts[index].lower() not in words]
    text = "".join(parts[index] + (parts[index + 1] if index + 1 < len(parts) else "") for index in remaining)
    text = re.sub(r"(?<=[a-z0-9])(Color|Colour|Depth|Image|World)$", "", text)
    return text.strip("_.- :/|")


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Columns of the points of a table.

    Attributes:
        columns: point -> axis or "confidence" -> index of the column.
        axes: the axes of every point, "xy" or "xyz".
        unit: unit that the labels state; None without.
        incomplete: point -> axes, of points that lack one.
    """

    columns: dict[str, dict[str, int]]
    axes: str
    unit: str | None
    incomplete: dict[str, str]


def coordinates_of(labels: Sequence[str]) -> Coordinates:
    """Return the columns of points among labelled columns; quaternions, velocities and texts are left out."""
    variants: dict[str, dict[str, dict[str, int]]] = {}
    confidences: dict[str, int] = {}
    units: Counter[str] = Counter()
    for index, label in enumerate(labels):
        column = column_of(label)
        if column is None:
            continue
        if column.kind == "confidence":
            confidences.setdefault(column.point, index)
        else:
            variants.setdefault(column.variant, {}).setdefault(column.point, {}).setdefault(column.kind, index)
            if column.unit:
                units[column.unit] += 1
    for points in variants.values():
        if "" in points and "1" in points and "0" not in points:  # x, y, z, x.1, y.1, z.1
            points["0"] = points.pop("")
        for point in [point for point, axes in points.items() if "w" in axes]:  # a quaternion
            del points[point]
    best = max(variants, key=lambda name: _rank(name, variants[name]), default="")
    points = variants.get(best, {})
    coordinates = Counter("".join(sorted(axes)) for axes in points.values())
    axes = max(("xy", "xyz"), key=lambda text: (coordinates[text], text))
    complete = {point: columns for point, columns in points.items() if set(axes) <= set(columns)}
    incomplete = {point: "".join(sorted(has)) for point, has in points.items() if point not in complete}
    for point, columns in complete.items():
        if point in confidences:
            columns["confidence"] = confidences[point]
    return Coordinates(complete, axes, units.most_common(1)[0][0] if units else None, incomplete)


def _rank(variant: str, points: dict[str, dict[str, int]]) -> tuple[bool, int, int]:
    """Return the preference of world coordinates before others, and of these before those of a picture."""
    complete = sum({"x", "y"} <= set(axes) for axes in points.values())
    return complete > 0, ("picture", "", "world").index(variant), complete

"""Match of the points of a file with joints: by a stated layout, by names, or by their number."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from zeroskel.core._files import resource_table
from zeroskel.core._joint_spelling import Spelling, name_words, spellings
from zeroskel.core._layout import Layout, available_layouts, get_layout
from zeroskel.core.errors import FileLayoutError, LayoutError
from zeroskel.skeleton.inference._points import FilePoints, Stated
from zeroskel.skeleton.transforms._placing import MAIN_JOINTS, missing_main_joints

_LONGEST_PREFIX = 3  # words
_LEAST_SHARING = 3  # names that begin alike, for their beginning to be a prefix
_MOST_PREFIXES = 12
_MOST_NAMES = 2048
_SIDES = {"left", "right", "l", "r"}
_FINE_JOINTS = re.compile("eye|ear|mouth|thumb|hand_tip|index|pinky|big_toe|small_toe|heel")
_LEAVES = re.compile(  # points that nobody misses
    "finger|thumb|index|middle|ring|pinky|little|carpal|palm|hand|toe|foot|heel|ball|eye|ear|nose|mouth|jaw|chin|lip|"
    "brow|lid|cheek|teeth|tongue|face|oris|oculi|orbicularis|levator|risorius|temporalis|special|end|site|nub|tip|"
    "twist|roll|spine|neck|chest|lowerback|clavicle|collar|buttock|hipjoint|root|reference|armature|[tlc][0-9]+$"
)


@dataclass(frozen=True)
class Match:
    """Joints of a layout that a file has.

    Attributes:
        layout: the layout of the file's points.
        columns: joint of the layout -> index of its point.
        inferred: whether the points have numbers only and neither the file nor the caller names their layout.
        notes: what to say of points that were not used.
    """

    layout: Layout
    columns: dict[str, int]
    inferred: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Family:
    """Names of joints that programs use together.

    Attributes:
        layout: layout of the joints.
        names: joint -> its names, the likeliest first, each with the credit of a point of that name.
    """

    layout: Layout
    names: dict[str, tuple[tuple[Spelling, int], ...]]

    def columns(self, points: Mapping[Spelling, tuple[int, int]]) -> tuple[dict[str, int], int]:
        """Return joint -> index of its point, and the sum of credits; no point is two joints.

        Args:
            points: spelling -> index of the point, and the rank of this spelling among those of its name.
        """
        columns: dict[str, int] = {}
        used: set[int] = set()
        credit = 0
        for joint, names in self.names.items():
            for name, credit_of_name in names:
                point, rank = points.get(name, (-1, 0))
                if point >= 0 and point not in used:
                    columns[joint] = point
                    used.add(point)
                    credit += 0 if rank else credit_of_name
                    break
        return columns, credit


def match_points(points: FilePoints, stated: Stated, file: Path) -> Match:
    """Return which points are which joints.

    Raises:
        FileLayoutError: no layout fits, more than one does, or under half of its main joints are there.
    """
    points = _renamed(points, stated, file)
    try:
        declared = _declared_layout(points, stated)
    except LayoutError as error:
        raise FileLayoutError(f"{file}: {error}") from error
    if points.names is None or _are_numbers(points.names):
        count, channels = points.coordinates.shape[2:]
        return match_numbers(count, channels, declared or stated.layout, file)
    if declared is not None and points.names == declared.joints:
        return Match(declared, {joint: index for index, joint in enumerate(declared.joints)})
    return match_names(points.names, stated.layout, file, declared)


def _declared_layout(points: FilePoints, stated: Stated) -> Layout | None:
    if points.layout is None:
        return None
    if stated.layout is not None and stated.layout.name == points.layout:
        return stated.layout
    return get_layout(points.layout)


def _renamed(points: FilePoints, stated: Stated, file: Path) -> FilePoints:
    """Return the points with the names that the caller gives them."""
    if stated.joints is None:
        return points
    if isinstance(stated.joints, Mapping):
        names = points.names or tuple(map(str, range(points.coordinates.shape[2])))
        unknown = sorted(set(stated.joints) - set(names))
        if unknown:
            raise FileLayoutError(f"{file}: no point {', '.join(unknown)}; the file has {', '.join(names)[:300]}")
        return replace(points, names=tuple(stated.joints.get(name, name) for name in names), layout=None)
    if len(stated.joints) != points.coordinates.shape[2]:
        raise FileLayoutError(
            f"{file}: {len(stated.joints)} names given for {points.coordinates.shape[2]} points; expected a name each"
        )
    return replace(points, names=tuple(stated.joints), layout=None)


def _are_numbers(names: Sequence[str]) -> bool:
    """Return whether names are one word and the numbers from 0 or 1, such as "landmark_0"."""
    parts = [re.fullmatch(r"(\D*)(\d{1,4})\D?", name.strip()) for name in names]
    numbers = [int(part[2]) for part in parts if part]
    return (
        len(numbers) == len(names) > 1
        and len({part[1] for part in parts if part}) == 1
        and numbers in (list(range(len(names))), list(range(1, len(names) + 1)))
    )


def match_numbers(count: int, channels: int, layout: Layout | None, file: Path) -> Match:
    """Return which points are which joints where points have numbers only.

    Args:
        count: number of points.
        channels: 2 or 3 coordinates.
        layout: layout that the file or the caller names; None takes the usual one of as many points.
        file: the path, for messages.

    Raises:
        FileLayoutError: more than one layout has as many points, or none.
    """
    inferred = layout is None
    rows: list[dict[str, Any]] = resource_table("joint_names.toml")["numbers"]
    entry = next((row for row in rows if row["points"] == count), {})
    usual = entry.get("solid" if channels == 3 else "flat", [])
    if layout is None:
        if len(usual) != 1 or entry.get("ask"):
            equal = [name for name in available_layouts() if len(get_layout(name).joints) == count]
            raise FileLayoutError(_number_message(count, list(dict.fromkeys([*usual, *equal])), file))
        layout = get_layout(usual[0])
    if len(layout.joints) != count and layout.name not in usual:
        raise FileLayoutError(
            f"{file}: found {count} points without names; expected the {len(layout.joints)} joints of {layout.name}. "
            f"Name another layout{f', such as --layout {usual[0]}' if usual else ''}, or the points"
        )
    order = entry.get("order") if len(layout.joints) != count else None
    notes = (f"{count} points without names are in the order of {layout.name} (--layout decides)",) if inferred else ()
    return Match(layout, dict(zip(layout.joints, order or range(count), strict=False)), inferred, notes)


def _number_message(count: int, fitting: Sequence[str], file: Path) -> str:
    if fitting:
        return (
            f"{file}: found {count} points without names, which may be {' or '.join(fitting)}. "
            f"Name the layout, such as --layout {fitting[0]}"
        )
    rows = resource_table("joint_names.toml")["numbers"]
    known = ", ".join(f"{row['points']} ({' or '.join(row['solid'])})" for row in rows)
    return (
        f"{file}: found {count} points without names; expected {known}. Name the points in the file or with the option "
        "joints"
    )


def match_names(names: Sequence[str], wanted: Layout | None, file: Path, declared: Layout | None = None) -> Match:
    """Return which names are which joints.

    Args:
        names: names of the points of a file.
        wanted: layout that the caller wants the joints in; it decides between layouts that fit equally.
        file: the path, for messages.
        declared: layout that the file declares; None takes the best of all.

    Raises:
        FileLayoutError: there are too many names, or under half of the main joints of the layout are among them.
    """
    if len(names) > _MOST_NAMES:
        raise FileLayoutError(
            f"{file}: found {len(names)} named points; expected at most {_MOST_NAMES}. Remove those that are no joints"
        )
    layout, columns = _best_family(tuple(names), declared, wanted)
    return Match(layout, columns, notes=_checked_notes(names, layout, columns, file))


@lru_cache(maxsize=64)  # files of one program have equal names
def _best_family(
    names: tuple[str, ...], declared: Layout | None, wanted: Layout | None
) -> tuple[Layout, dict[str, int]]:
    """Return the layout, and joint -> index of its name, of the family that explains the most of the body."""
    families = [family for family in _families() if declared in (None, family.layout)]
    for layout in (declared, wanted):
        if layout is not None and (layout == declared or not any(family.layout == layout for family in families)):
            families = [_family_of_layout(layout, [*layout.aliases]), *families]
    best: tuple[tuple[float, ...], Layout, dict[str, int]] | None = None
    names = _without_common_end(names)
    for prefix in _prefixes(names):
        points = _points_by_spelling(names, prefix)
        for family in families:
            columns, credit = family.columns(points)
            main = sum(any(joint in columns for joint in group) for group in MAIN_JOINTS)
            body = sum(not _FINE_JOINTS.match(joint) for joint in columns)
            missing = len(family.layout.joints) - len(columns)
            whole = missing == 0
            score = (main, body, whole and family.layout == wanted, credit + 3 * whole, -missing, -len(prefix))
            if best is None or score > best[0]:
                best = score, family.layout, columns
    assert best is not None
    return best[1:]


def _checked_notes(names: Sequence[str], layout: Layout, columns: dict[str, int], file: Path) -> tuple[str, ...]:
    """Return what to say of the match. Raises FileLayoutError where it has under half of the main joints."""
    missing = missing_main_joints(layout, columns)
    count = len(missing_main_joints(layout, ()))
    if 2 * (count - len(missing)) < count:
        understood = ", ".join(f"{names[index]} is {joint}" for joint, index in columns.items()) or "none"
        raise FileLayoutError(
            f"{file}: understood {count - len(missing)} of the {count} main joints. Understood: {understood[:300]}. "
            f"Missing: {', '.join(missing)}. Names in the file: {', '.join(names)[:300]}. "
            "Give a table from these names to joints with the option joints"
        )
    used = set(columns.values())
    others = sum(
        index not in used and not _LEAVES.search("".join(name_words(name))) for index, name in enumerate(names)
    )
    notes = [f"no {', '.join(missing)} in the file"] if missing else []
    if others:
        notes.append(f"{others} other point{'s were' if others > 1 else ' was'} left out")
    return tuple(notes)


def _without_common_end(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names without a word or number that all end with, such as the number of a person in "Head_1"."""
    ends = takewhile(lambda letters: len(set(letters)) == 1, zip(*(name[::-1] for name in names), strict=False))
    shared = re.search(r"([_\-. ]\w*|\d+)$", "".join(letters[0] for letters in ends)[::-1])
    return tuple(name.removesuffix(shared[0]) or name for name in names) if shared and len(names) > 1 else names


def _prefixes(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return beginnings that several names share and that name no joint, such as ("body",), and the empty one."""
    counts = Counter(
        words[:length] for words in map(name_words, names) for length in range(1, min(_LONGEST_PREFIX, len(words)) + 1)
    )
    shared = [
        prefix
        for prefix, count in counts.most_common()
        if count >= _LEAST_SHARING and not _SIDES.intersection(prefix) and "".join(prefix) not in _joint_words()
    ]
    return [(), *shared[:_MOST_PREFIXES]]


@cache
def _joint_words() -> frozenset[str]:
    return frozenset(word for family in _families() for names in family.names.values() for (_, word), _credit in names)


def _points_by_spelling(names: Sequence[str], prefix: tuple[str, ...]) -> dict[Spelling, tuple[int, int]]:
    """Return spelling -> index of the first point of that name, and its rank among the spellings of the name."""
    ranked: list[tuple[int, int, Spelling]] = []
    for index, name in enumerate(names):
        words = name_words(name)
        if prefix and words[: len(prefix)] == prefix:
            words = words[len(prefix) :] or ("root",)
        ranked += [(rank, index, spelling) for rank, spelling in enumerate(spellings(words))]
    points: dict[Spelling, tuple[int, int]] = {}
    for rank, index, spelling in sorted(ranked):
        points.setdefault(spelling, (index, rank))
    return points


@cache
def _families() -> tuple[_Family, ...]:
    table = resource_table("joint_names.toml")
    mocap = get_layout("mocap-21")
    return (
        *(
            _family_of_layout(layout, () if layout.name in table["bone_ends"] else [*layout.aliases])
            for layout in map(get_layout, available_layouts())
        ),
        *(
            _Family(mocap, _both_sides({**trunk, **limbs}, credit=2))
            for trunk in table["trunks"]
            for limbs in table["limbs"].values()
        ),
    )


def _family_of_layout(layout: Layout, known_aliases: Sequence[str]) -> _Family:
    words = _both_sides(resource_table("joint_names.toml")["words"], credit=0)
    aliases: dict[str, list[tuple[Spelling, int]]] = {}
    for alias in known_aliases:
        aliases.setdefault(layout.aliases[alias], []).append((_own_spelling(alias), 1))
    return _Family(
        layout,
        {joint: ((_own_spelling(joint), 2), *aliases.get(joint, ()), *words.get(joint, ())) for joint in layout.joints},
    )


def _both_sides(names: Mapping[str, Sequence[str]], credit: int) -> dict[str, tuple[tuple[Spelling, int], ...]]:
    return {
        joint.replace("*", side): tuple(((side, word), credit) for word in words)
        for joint, words in names.items()
        for side in (("left", "right") if "*" in joint else ("",))
    }


@lru_cache(maxsize=1024)
def _own_spelling(joint: str) -> Spelling:
    return spellings(name_words(joint))[0]

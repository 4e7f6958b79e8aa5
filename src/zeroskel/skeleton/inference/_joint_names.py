"""Match of the points of a file with joints: by a stated layout, by names, or by their number."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from zeroskel.core._layout import Layout, available_layouts, canonical_joint, get_layout, layout_of_joints
from zeroskel.core.errors import FileLayoutError, LayoutError
from zeroskel.skeleton.inference._points import FilePoints, Stated


@dataclass(frozen=True)
class Match:
    """Joints of a layout that a file has.

    Attributes:
        layout: the layout of the file's points.
        columns: joint of the layout -> index of its point.
        inferred: whether neither the file nor the caller names the layout.
        notes: what to say of points that were not used.
    """

    layout: Layout
    columns: dict[str, int]
    inferred: bool = False
    notes: tuple[str, ...] = ()


def match_points(points: FilePoints, stated: Stated, file: Path) -> Match:
    """Return which points are which joints.

    Raises:
        FileLayoutError: no layout fits, more than one does, or under half of its main joints are there.
    """
    points = _renamed(points, stated, file)
    count = points.coordinates.shape[2]
    if points.names is None:
        layout, inferred = _by_count(points, count, stated, file)
        return Match(layout, {joint: index for index, joint in enumerate(layout.joints)}, inferred)
    try:
        layout = stated.layout or get_layout(points.layout or layout_of_joints(points.names))
    except LayoutError as error:
        raise FileLayoutError(f"{file}: {error}") from error
    columns: dict[str, int] = {}
    for index, name in enumerate(points.names):
        joint = canonical_joint(name, layout)
        if joint in layout.joints:
            columns.setdefault(joint, index)
    if not columns:
        raise FileLayoutError(
            f"{file}: none of the joints {', '.join(points.names)[:300]} is in {layout.name}; name another layout"
        )
    return Match(layout, columns, inferred=stated.layout is None and points.layout is None)


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


def _by_count(points: FilePoints, count: int, stated: Stated, file: Path) -> tuple[Layout, bool]:
    chosen = stated.layout or (get_layout(points.layout) if points.layout else None)
    if chosen is not None and len(chosen.joints) == count:
        return chosen, False
    known = [get_layout(name) for name in available_layouts()] if chosen is None else [chosen]
    fitting = [candidate for candidate in known if len(candidate.joints) == count]
    if len(fitting) != 1:
        counts = ", ".join(f"{len(layout.joints)} ({layout.name})" for layout in known)
        raise FileLayoutError(
            f"{file}: found {count} joints without names; expected {counts}. Name the layout, or the joints in the file"
        )
    return fitting[0], True

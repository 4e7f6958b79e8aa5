"""The way from the points of a file to a recording."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from zeroskel.core._layout import Layout
from zeroskel.core._reading import Reading
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.inference._axes import upright
from zeroskel.skeleton.inference._joint_names import Match, match_points
from zeroskel.skeleton.inference._markers import joints_of_markers
from zeroskel.skeleton.inference._mirror import mirrored, unmirrored
from zeroskel.skeleton.inference._people import people
from zeroskel.skeleton.inference._points import FilePoints, Stated
from zeroskel.skeleton.transforms import layout_mapping
from zeroskel.skeleton.transforms._placing import fill_joints, missing_main_joints, place_joints

_USUAL_RATE = 30.0


def infer_sequence(
    content: FilePoints | SkeletonSequence, stated: Stated, format_name: str, file: Path
) -> SkeletonSequence:
    """Return the recording of a file, with `reading` that says how it came about.

    Args:
        content: what the parser returned: points of which something is open, or a finished recording.
        stated: what the caller states; it goes before what the file states.
        format_name: name of the format of a finished recording.
        file: its path, for messages.

    Raises:
        FileLayoutError: the joints fit no layout.
        SkeletonFormatError: axes or unit cannot be inferred; the message names the option that states them.
    """
    points = content if isinstance(content, FilePoints) else _points_of(content, format_name)
    points, stated = joints_of_markers(points, stated, file)
    if isinstance(content, SkeletonSequence) and stated.joints is None:  # also of a layout of the caller's own
        match = Match(content.layout, {joint: index for index, joint in enumerate(content.layout.joints)})
    else:
        match = match_points(points, stated, file)
    joints = np.full(
        (*points.coordinates.shape[:2], len(match.layout.joints), points.coordinates.shape[3]), np.nan, np.float32
    )
    joints[:, :, match.layout.indices(match.columns)] = points.coordinates[:, :, list(match.columns.values())]
    joints = fill_joints(joints, match.layout, match.columns)
    joints, people_notes = people(joints, points.identities, points.tracked)
    unit = stated.unit or (None if points is content else points.unit)  # a finished recording is in metres for sure
    result = upright(joints, match.layout, stated.up or points.up, unit, file, declared_unit=points.unit)
    if stated.mirror:
        joints, mirror_notes = mirrored(result.joints)
    elif points is content and stated.mirror is None:
        joints, mirror_notes = unmirrored(result.joints, match.layout)
    else:
        joints, mirror_notes = result.joints, ()
    inferred = [*(["layout"] if match.inferred else []), *result.inferred]
    rate = stated.fps or points.fps
    if rate is None:
        inferred.append("fps")
        rate = _USUAL_RATE
    reading = Reading(
        points.format,
        match.layout.name,
        len(match.columns),
        result.up,
        result.unit,
        rate,
        len(result.joints),
        tuple(inferred),
        (*points.notes, *match.notes, *people_notes, *result.notes, *mirror_notes),
    )
    return _converted(SkeletonSequence(joints, match.layout, rate, reading=reading), reading, stated.layout)


def _converted(sequence: SkeletonSequence, reading: Reading, target: Layout | None) -> SkeletonSequence:
    """Return the recording in the layout that the caller wants; main joints that stay NaN are a note."""
    if target is None or target == sequence.layout:
        return sequence
    mapping = layout_mapping(sequence.layout, target)
    missing = missing_main_joints(target, mapping.known)
    if missing:
        reading = replace(reading, notes=(*reading.notes, f"{target.name} without {', '.join(missing)}"))
    joints = place_joints(sequence.joints, sequence.layout, target)
    return SkeletonSequence(joints, target, sequence.fps, reading=reading)


def _points_of(sequence: SkeletonSequence, format_name: str) -> FilePoints:
    """Return the points of a recording whose parser knew its joints, axes and unit."""
    return FilePoints(
        sequence.joints,
        format_name,
        sequence.layout.joints,
        sequence.layout.name,
        sequence.fps,
        up="y",
        unit="pixel" if sequence.channels == 2 else "m",
        notes=() if sequence.reading is None else sequence.reading.notes,
    )

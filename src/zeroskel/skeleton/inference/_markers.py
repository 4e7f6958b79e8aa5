"""Joints from the markers of optical motion capture: anatomical landmarks by name, joints as means of landmarks.

The tables of common marker sets are data: resources/marker_sets.toml.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core._files import resource_table
from zeroskel.core._layout import get_layout
from zeroskel.core.errors import FileLayoutError
from zeroskel.skeleton.inference._points import FilePoints, Stated
from zeroskel.skeleton.transforms._placing import missing_main_joints

_LAYOUT = (
    "kinect-20"  # the layout whose joints follow from markers best: middle of the body, joint centres, hands, toes
)
_LEAST_EVIDENCE = 3
_SIDES = {"left": "l", "right": "r"}
_MOST_SUBJECTS = 16

_Term = tuple[tuple[str, float], ...]  # landmarks and their weights


_SKELETONS = ("BVH", "glTF", "Acclaim motion")  # have joints only, whose names may be like those of markers


def joints_of_markers(points: FilePoints, stated: Stated, file: Path) -> tuple[FilePoints, Stated]:
    """Return points whose markers are replaced by the joints that follow from them, and what the caller still states.

    Points are markers where their names are those of a common marker set, or where a table of the caller gives several
    of them to one joint, which is then their mean. Other points are returned unchanged.

    Raises:
        FileLayoutError: under half of the main joints follow from the markers.
    """
    table = stated.joints if isinstance(stated.joints, Mapping) else {}
    if points.names is None or (stated.joints is not None and not table) or not set(table) <= set(points.names):
        return points, stated
    landmarks = _landmarks(points.names)
    evidence = set(_table()["evidence"]) & set(landmarks)
    holds_markers = points.format not in _SKELETONS and len(evidence) >= _LEAST_EVIDENCE
    if not holds_markers and max(Counter(table.values()).values(), default=0) < 2:
        return points, stated
    joints = _computed(points.coordinates, landmarks) if holds_markers else {}
    for joint in dict.fromkeys(table.values()):
        columns = [points.names.index(name) for name, target in table.items() if target == joint]
        joints[joint] = points.coordinates[:, :, columns].mean(axis=2)
    if holds_markers:
        _check_joints(joints, points.names, file)
    used = len(set(landmarks.values()) | {points.names.index(name) for name in table})
    note = f"{len(joints)} joints computed from {used} of {len(points.names)} markers"
    return (
        replace(
            points,
            coordinates=np.stack(list(joints.values()), axis=2),
            names=tuple(joints),
            layout=_LAYOUT if holds_markers else points.layout,
            notes=(*points.notes, note),
        ),
        replace(stated, joints=None),
    )


def _check_joints(joints: Mapping[str, np.ndarray], markers: Sequence[str], file: Path) -> None:
    missing, main = (missing_main_joints(get_layout(_LAYOUT), known) for known in (joints, ()))
    if 2 * len(missing) > len(main):
        raise FileLayoutError(
            f"{file}: the markers give {len(main) - len(missing)} of the {len(main)} main joints. Missing: "
            f"{', '.join(missing)}. Markers in the file: {', '.join(markers)[:300]}. Give a table from markers to "
            "joints with the option joints, or record the whole body"
        )


def subjects_of_labels(
    coordinates: np.ndarray, labels: Sequence[str]
) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
    """Return points (M, T, P, C) of the people whose names are prefixes of labels, their names, and notes.

    Args:
        coordinates: (T, P, C) points of a file.
        labels: P labels such as "Anna:LASI"; empty ones, and names of markers that were not identified, are left out.
    """
    named = [
        (*_split(label), column)
        for column, label in enumerate(labels)
        if not re.match(r"\*|unlabel|unnamed|uname|$", label.strip(), re.IGNORECASE)
    ]
    unlabelled = len(labels) - len(named)
    notes = [f"{unlabelled} point{'s' if unlabelled > 1 else ''} without a label left out"] if unlabelled else []
    sizes = Counter(subject for subject, _, _ in named)
    most = max(sizes.values(), default=0)
    subjects = [subject for subject, size in sizes.items() if 2 * size > most][:_MOST_SUBJECTS]
    if len(subjects) < len(sizes):
        notes.append(f"{len(sizes) - len(subjects)} groups of fewer markers left out")
    names = tuple(dict.fromkeys(name for subject, name, _ in named if subject in subjects))
    position = {name: index for index, name in enumerate(names)}
    points = np.full((len(subjects), len(coordinates), len(names), coordinates.shape[2]), np.nan, np.float32)
    for subject, name, column in named:
        if subject in subjects:
            target = points[subjects.index(subject), :, position[name]]
            missing = np.isnan(target).any(axis=-1)
            target[missing] = coordinates[missing, column]
    return points, names, tuple(notes)


def _split(label: str) -> tuple[str, str]:
    subject, _, name = label.strip().rpartition(":")
    return subject.strip(), name.strip()


def _landmarks(names: Sequence[str]) -> dict[str, int]:
    """Return landmark -> index of its marker; the order of the table decides between several names."""
    indices: dict[str, int] = {}
    if len({name.partition("_")[0] for name in names}) == 1:  # the subject, as in Q_LElbowOut of Qualisys
        names = [name.partition("_")[2] for name in names]
    for index, name in enumerate(names):
        if _plain(name) not in indices or name.lower().endswith("_study"):  # augmented markers go before keypoints
            indices[_plain(name)] = index
    columns: dict[str, int] = {}
    for landmark, spellings in _table()["landmarks"].items():
        for spelling in spellings:
            if spelling in indices:
                columns.setdefault(landmark, indices[spelling])
    return columns


def _plain(name: str) -> str:
    """Return a name in small letters without separators, with r and l for right and left."""
    plain = re.sub(r"[^a-z0-9]", "", name.rpartition(":")[2].lower()).removesuffix("study")
    return plain.replace("right", "r").replace("left", "l")


def _computed(coordinates: np.ndarray, landmarks: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Return joint -> (M, T, C): in each frame the first term of the joint whose landmarks are all observed."""
    known = {landmark: coordinates[:, :, index] for landmark, index in landmarks.items()}
    if coordinates.shape[3] == 3:
        known |= _hips_of_pelvis(known)
    joints: dict[str, np.ndarray] = {}
    for joint, terms in _table()["joints"].items():
        position = np.full(coordinates[:, :, 0].shape, np.nan, np.float32)
        for term in terms:
            if all(landmark in known for landmark, _ in term):
                value = sum(weight * known[landmark] for landmark, weight in term)
                position = np.where(np.isnan(position).any(axis=-1, keepdims=True), value, position)
        if not np.isnan(position).all():
            joints[joint] = known[joint] = position
    return joints


def _hips_of_pelvis(known: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the centres of the hips by the regression of Bell et al. 1990, in units of the distance of the ASIS."""
    if "asis_left" not in known or "asis_right" not in known:
        return {}
    behind = [known[landmark] for landmark in ("psis_left", "psis_right") if landmark in known]
    if len(behind) < 2:
        behind = [known["sacrum"]] if "sacrum" in known else []
    if not behind:
        return {}
    left, right = known["asis_left"], known["asis_right"]
    middle = (left + right) / 2
    across = right - left
    width = np.linalg.norm(across, axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        across = across / width
        forward = middle - sum(behind) / len(behind)
        forward = forward - (forward * across).sum(axis=-1, keepdims=True) * across
        forward = forward / np.linalg.norm(forward, axis=-1, keepdims=True)
    centre = middle - width * (0.22 * forward + 0.30 * np.cross(across, forward))
    return {"hip_of_pelvis_left": centre - 0.36 * width * across, "hip_of_pelvis_right": centre + 0.36 * width * across}


@cache
def _table() -> dict[str, Any]:
    """Return the table of marker sets with an entry for each side."""
    table = resource_table("marker_sets.toml")
    return {
        "evidence": tuple(table["evidence"]),
        "landmarks": {
            side_landmark: tuple(name for spelling in spellings for name in _spellings(spelling, letter))
            for landmark, spellings in table["landmarks"].items()
            for side_landmark, letter in _both_sides(landmark)
        },
        "joints": {
            side_joint: tuple(_term(term, side_joint) for term in terms)
            for joint, terms in table["joints"].items()
            for side_joint, _ in _both_sides(joint)
        },
    }


def _both_sides(name: str) -> list[tuple[str, str]]:
    if "*" not in name:
        return [(name, "")]
    return [(name.replace("*", side), letter) for side, letter in _SIDES.items()]


def _spellings(spelling: str, letter: str) -> list[str]:
    names = [spelling.replace("*", letter)]
    return [*names, spelling[1:] + letter] if spelling.startswith("*") else names


def _term(landmarks: Sequence[str | list[Any]], joint: str) -> _Term:
    side = joint.rpartition("_")[2]
    weighted = [
        (landmark, 1 / len(landmarks)) if isinstance(landmark, str) else (landmark[0], landmark[1])
        for landmark in landmarks
    ]
    return tuple((landmark.replace("*", side), weight) for landmark, weight in weighted)

"""People in tables: by a column, by the names of columns, or as detections without identity."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from zeroskel.skeleton.formats._csv_table import Table, column_named

_PEOPLE = (  # of the column that names the person, letters and digits only, the best first
    "body bodyid bodyindex bodyidx person personid personindex personidx trackid track trackingid trackindex userid"
    " user player playerid skeleton skeletonid skeletonindex actor actorid individual individuals idx instance"
    " instanceid human humanid poseid poseindex personname objectid id"
).split()
_PERSON = re.compile(
    r"(?:(?:person|body|skeleton|user|player|subject|actor|human|p|s)_?(\d{1,2})[_.\-: ]|([^:]{1,60}):|(\d)_)(.+)",
    re.IGNORECASE,
)
_MOST_IDENTITIES = 4  # above, detections of each frame keep their number instead of an indices place


@dataclass(frozen=True, eq=False)
class Placement:
    """Person and frame of each row.

    Attributes:
        person: (rows,) index of a detection.
        frame: (rows,) frame from 0.
        fps: frames a second by the time column or the header; None without.
        identities: (M, T) number of the person of each detection; None where `person` is the person.
        tracked: whether one index is one person.
        notes: what to say of frames.
    """

    person: np.ndarray
    frame: np.ndarray
    fps: float | None
    identities: np.ndarray | None = None
    tracked: bool = True
    notes: tuple[str, ...] = ()


def person_of_rows(table: Table, labels: Sequence[str], used: Sequence[int]) -> tuple[int | None, np.ndarray]:
    """Return the column that names the person, and the (rows,) index of the person of each row by first appearance.

    A column with another text in every row counts rows, not people.
    """
    import pandas as pd

    column = column_named(labels, _PEOPLE, used)
    if column is not None:
        person, texts = pd.factorize(np.array(table.texts(column), dtype=object))
        if len(texts) < len(person) or len(person) < 3:
            return column, person
    return None, np.zeros(len(table.cells), np.int64)


def placed(
    table: Table,
    person: np.ndarray,
    frame: np.ndarray,
    point: np.ndarray | None,
    fps: float | None,
    notes: tuple[str, ...],
) -> Placement:
    """Return the placement after a check that no two rows are one; people beyond a few become detections."""
    point = np.zeros_like(person) if point is None else point
    keys = (frame * (int(person.max()) + 1) + person) * (int(point.max()) + 1) + point
    first = np.unique(keys, return_index=True)[1]
    if len(first) < len(keys):
        repeated = np.setdiff1d(np.arange(len(keys)), first)
        if not person.any() and not point.any() and (np.diff(frame) < 0).any():
            row = int(np.argmax(np.diff(frame) < 0)) + 1
            table.refuse(row, f"frame {frame[row]} again", "one recording: split the file where frames start again")
        is_one_person = person.any() or point.any() or (np.diff(frame) < 0).any()
        if is_one_person or len(repeated) < 0.05 * len(keys) or table.cells.duplicated().any():
            table.refuse(int(repeated[0]), "a frame, body or joint a second time", "one row for each")
        order = np.arange(len(frame)) - np.searchsorted(frame, frame)
        return Placement(order, frame, fps, tracked=False, notes=notes)
    if person.max() < _MOST_IDENTITIES:
        return Placement(person, frame, fps, notes=notes)
    pairs, position = np.unique(frame * (person.max() + 1) + person, return_inverse=True)
    frame_of_pair, number = pairs // (person.max() + 1), pairs % (person.max() + 1)
    order = np.arange(len(pairs)) - np.searchsorted(frame_of_pair, frame_of_pair)
    identities = np.full((int(order.max()) + 1, int(frame.max()) + 1), -1)
    identities[order, frame_of_pair] = number
    return Placement(order[position], frame, fps, identities, False, notes)


def people_of_names(names: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Return joint names, and the (people, joints) index of each among the names of columns.

    Names such as `person1_head` or `Ann:head`, with the same joints for each person, are joints of several people.
    """
    people: dict[str, dict[str, int]] = {}
    for index, name in enumerate(names):
        if match := _PERSON.fullmatch(name):
            people.setdefault(match[1] or match[2] or match[3], {})[match[4]] = index
    joints = next(iter(people.values()), {})
    if (
        not joints
        or len(people) * len(joints) != len(names)
        or any(set(indices) != set(joints) for indices in people.values())
    ):
        return list(names), np.arange(len(names))[None]
    return list(joints), np.array([[indices[joint] for joint in joints] for indices in people.values()])


def body_rows(table: Table, labels: Sequence[str]) -> Table:
    """Return the rows of the body where a column such as `model` names body, hands and face apart."""
    column = column_named(labels, ("model", "type", "part", "group"))
    if column is None:
        return table
    is_body = np.array([re.search("body|pose", text, re.IGNORECASE) is not None for text in table.texts(column)])
    if is_body.all() or not is_body.any():
        return table
    cells = table.cells[is_body].reset_index(drop=True)
    return replace(table, cells=cells, lines=table.lines[is_body], notes=(*table.notes, "hands and face left out"))

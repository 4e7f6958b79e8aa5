"""CSV of joints: a row a frame (wide) or a row a joint (long), with the column names of many tools.

Wide: columns such as `hand_left_x`, `HandLeftX`, `X_HandLeft`, `HandLeft (x)` or `x1`, and where wanted frame, time,
person and confidence. Long: columns `joint`, `x`, `y`, `z` with frame or time. An empty cell or "nan" is what was not
observed; columns of other kinds are left out. A frame number that is skipped is a frame in which nothing was observed.
"""

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zeroskel.core._files import atomic_path
from zeroskel.core._layout import Layout, available_layouts, canonical_joint, get_layout
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats._csv_columns import Coordinates, coordinates_of
from zeroskel.skeleton.formats._csv_header import header_of, labels_of
from zeroskel.skeleton.formats._csv_people import body_rows, people_of_names
from zeroskel.skeleton.formats._csv_rows import place_rows
from zeroskel.skeleton.formats._csv_table import Table, column_named, plain, read_table
from zeroskel.skeleton.formats._csv_text import decoded, numbered_lines, separator_of
from zeroskel.skeleton.formats._csv_unnamed import is_numbered, order_of_numbers, unnamed_points, zeros_as_missing
from zeroskel.skeleton.formats._parsing import LayoutChoice, refuse_line, unobserved
from zeroskel.skeleton.inference._points import FilePoints

_NAMES = (  # of the column that names the joint of a row, letters and digits only, the best first
    "jointname landmarkname keypointname bodypart joint landmark keypoint marker jointtype bodyjoint point part segment"
    " bone name jointid landmarkid landmarkindex landmarkidx keypointid keypointindex jointindex kp kpid label index"
    " idx id type"
).split()
_LEAST_LIKELIHOOD = 0.1  # of DeepLabCut, which places points that it does not see anywhere
_EXPECTED = "<joint>_x, <joint>_y, <joint>_z, or frame, joint, x, y, z"


@dataclass(frozen=True, eq=False)
class _Points:
    """Points of the rows of a table.

    Attributes:
        names: names of the points.
        values: (rows, points, channels), (rows, channels) where a row is a point.
        point_of_row: (rows,) index of the point of a row; None where a row has all points.
    """

    names: list[str]
    values: np.ndarray
    point_of_row: np.ndarray | None = None


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so has a header row with coordinates of joints."""
    text = decoded(head[: len(head) // 2 * 2] if head[:1] in b"\xff\xfe" else head)
    if text is None or text.lstrip()[:1] in ("{", "[", "<") or text.startswith("PathFileType"):
        return False
    lines = [line for _, line in numbered_lines(text)]
    lines = lines[:-1] if len(lines) > 1 and not text.endswith("\n") else lines
    if not lines:
        return False
    rows, _ = header_of(lines, separator_of(lines))
    labels = labels_of(rows)
    coordinates = coordinates_of(labels)
    return len(coordinates.columns) > 0 and ("" not in coordinates.columns or _name_column(labels) is not None)


def parse(
    content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None
) -> FilePoints | SkeletonSequence:
    """Parse a CSV of joints; the arguments are those of zeroskel.skeleton.formats.parse.

    The frame rate comes from the time stamps, whose unit the name of the column states, else their size.

    Returns:
        Points of people in order of first appearance; a sequence where the file is one that `write` wrote.

    Raises:
        SkeletonFormatError: not such a file; the message names the line and the column.
    """
    table = read_table(content, file)
    labels = labels_of(table.head)
    labels += [""] * (table.cells.shape[1] - len(labels))
    coordinates = coordinates_of(labels)
    name_column = _name_column(labels)
    if name_column is not None:
        table = body_rows(table, labels)
    if not coordinates.columns and (not table.head or is_numbered([label for label in labels if label])):
        values, labels = unnamed_points(table, layout)
        points = _Points([str(index) for index in range(values.shape[1])], values)
    elif "" in coordinates.columns and name_column is not None:
        points = _long(table, labels, coordinates, name_column)
    else:
        points, name_column = _wide(table, labels, coordinates), None
    rows = place_rows(table, labels, points.point_of_row, name_column, fps)
    names, columns = (points.names, None) if points.point_of_row is not None else people_of_names(points.names)
    people = 1 if columns is None else len(columns)
    shape = (int(rows.person.max()) + 1, int(rows.frame.max()) + 1, len(names), points.values.shape[-1])
    joints = unobserved((shape[0] * people, *shape[1:]), file)
    if columns is None:
        joints[rows.person, rows.frame, points.point_of_row] = points.values
    else:
        joints.reshape(shape[0], people, *shape[1:])[rows.person, :, rows.frame] = points.values[:, columns]
    if written := _written_layout(labels, joints.shape[-1]):
        return SkeletonSequence(joints, written, rows.fps or fps or 30.0)
    joints = zeros_as_missing(joints)
    numbers = order_of_numbers(names)
    unit = "pixel" if _is_deeplabcut(table) and shape[-1] == 2 else coordinates.unit
    return FilePoints(
        joints if numbers is None else joints[:, :, numbers],
        "DeepLabCut CSV" if _is_deeplabcut(table) else "CSV of joints",
        None if numbers is not None else tuple(names),
        fps=rows.fps,
        up="-y" if unit == "pixel" else None,
        unit=unit,
        identities=rows.identities if people == 1 else None,
        tracked=rows.tracked,
        notes=(*table.notes, *rows.notes),
    )


def write(sequence: SkeletonSequence, path: str | os.PathLike[str]) -> None:
    """Write a sequence as a wide CSV: frame, time_s, body, then `<joint>_x`, `<joint>_y`, `<joint>_z`.

    NaN is an empty cell. The frame rate is kept by the time stamps: a sequence of one frame loses it.
    """
    axes = "xyz"[: sequence.channels]
    text = sequence.joints.reshape(sequence.bodies, sequence.frames, -1).astype("U32")
    text[text == "nan"] = ""
    with atomic_path(Path(path)) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(_written_header(sequence.layout, axes))
        for frame in range(sequence.frames):
            for body in range(sequence.bodies):
                writer.writerow([frame, frame / sequence.fps, body, *text[body, frame]])


def _written_header(layout: Layout, axes: str) -> list[str]:
    return ["frame", "time_s", "body", *(f"{joint}_{axis}" for joint in layout.joints for axis in axes)]


def _written_layout(labels: list[str], channels: int) -> Layout | None:
    """Return the layout whose joints `write` would name so; None for the files of others."""
    known = (get_layout(name) for name in available_layouts() if labels[:3] == ["frame", "time_s", "body"])
    return next((layout for layout in known if labels == _written_header(layout, "xyz"[:channels])), None)


def _name_column(labels: Sequence[str]) -> int | None:
    return column_named(labels, _NAMES)


def _long(table: Table, labels: Sequence[str], coordinates: Coordinates, name_column: int) -> _Points:
    """Return the points of a table with a row a joint."""
    texts = table.texts(name_column)
    names = list(dict.fromkeys(texts))
    order = {name: index for index, name in enumerate(names)}
    columns = coordinates.columns[""]
    values = table.numbers([columns[axis] for axis in coordinates.axes], labels)
    values[_unseen(table, [columns.get("confidence")])[:, 0]] = np.nan
    return _Points(names, values, np.array([order[text] for text in texts]))


def _wide(table: Table, labels: Sequence[str], coordinates: Coordinates) -> _Points:
    """Return the points of a table with a row a frame."""
    points = {name: columns for name, columns in coordinates.columns.items() if name}
    if not points:
        refuse_line(table.file, 1, f"columns {', '.join(labels)[:200]}", _EXPECTED, "Rename the columns")
    for name, axes in coordinates.incomplete.items():
        if _is_joint(name) and "x" in axes:
            expected = f"{', '.join(coordinates.axes)} as for {next(iter(points))}"
            remedy = "Complete or remove its columns"
            refuse_line(table.file, 1, f"{name} with {', '.join(axes)}", expected, remedy)
    values = table.numbers([columns[axis] for columns in points.values() for axis in coordinates.axes], labels)
    values = values.reshape(len(values), len(points), len(coordinates.axes))
    least = _LEAST_LIKELIHOOD if _is_deeplabcut(table) else 0.0
    values[_unseen(table, [columns.get("confidence") for columns in points.values()], least)] = np.nan
    return _Points(list(points), values)


def _is_joint(name: str) -> bool:
    return any(canonical_joint(name, get_layout(known)) in get_layout(known).joints for known in available_layouts())


def _is_deeplabcut(table: Table) -> bool:
    return bool(table.head) and table.head[0][0].lower() == "scorer"


def _unseen(table: Table, columns: Sequence[int | None], least: float = 0.0) -> np.ndarray:
    """Return (rows, points), whether the confidence of a point is `least` at most or says "not tracked"."""
    unseen = np.zeros((len(table.cells), len(columns)), bool)
    for index, column in enumerate(columns):
        if column is None:
            continue
        cells = table.cells[column]
        if cells.dtype.kind in "fiub":
            unseen[:, index] = cells.to_numpy(np.float64) <= least
        else:
            unseen[:, index] = [plain(text) in ("nottracked", "none", "false", "0") for text in table.texts(column)]
    return np.zeros_like(unseen) if unseen.all() else unseen

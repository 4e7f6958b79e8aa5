"""Marker positions of Qualisys Track Manager as text (.tsv): a header of key and value, then a line a frame."""

from pathlib import Path

import numpy as np

from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats import _csv_joints
from zeroskel.skeleton.formats._opensim import number_rows, observed_points, positive_number
from zeroskel.skeleton.formats._parsing import LayoutChoice, lines_of, refuse, refuse_line
from zeroskel.skeleton.inference._markers import subjects_of_labels
from zeroskel.skeleton.inference._points import FilePoints

_HEAD_BYTES = 64
_EXPORT_AGAIN = "Export it again as TSV with 3D data and the header"


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so begins with the number of frames, as Qualisys writes it."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"NO_OF_FRAMES")


def parse(
    content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None
) -> FilePoints | SkeletonSequence:
    """Parse a .tsv file: that of Qualisys, or a table of joints as in a CSV, also without a header.

    The arguments are those of zeroskel.skeleton.formats.parse; for Qualisys, layout and fps are applied later.

    Returns:
        Points of each person, by the prefixes of names, in millimetres. NaN for empty cells and where all are 0.

    Raises:
        SkeletonFormatError: The file is cut short or altered, or holds other data than 3D positions.
    """
    if not looks_like(content[:_HEAD_BYTES]):
        return _csv_joints.parse(content, file, layout=layout, fps=fps)
    lines = lines_of(content, file)
    header: dict[str, list[str]] = {}
    first = next((row for row, line in enumerate(lines) if line[:1].isdigit() or line[:1] in "-."), len(lines))
    for line in lines[:first]:
        key, *values = (cell.strip() for cell in line.split("\t"))
        header.setdefault(key, values)
    names = [name for name in header.get("MARKER_NAMES", []) if name]
    if not names or first == len(lines):
        actual = f"{len(names)} names of markers and {len(lines) - first} frames"
        refuse(file, "", actual, "the line MARKER_NAMES and lines of numbers", _EXPORT_AGAIN)
    cells = len(lines[first].rstrip("\t").split("\t"))
    before = cells - 3 * len(names)  # the frame and its time, where they were exported
    if before not in (0, 1, 2):
        expected = f"x, y and z of {len(names)} markers, after the frame and the time or not"
        refuse_line(file, first + 1, f"{cells} numbers", expected, _EXPORT_AGAIN)
    table = number_rows(lines, first, cells, "\t", file)
    coordinates = observed_points(table[:, before:].reshape(len(table), len(names), 3), first, file)
    points, labels, notes = subjects_of_labels(coordinates, names)
    if not labels:
        refuse(file, "MARKER_NAMES", "no name of a marker", "a name for every three columns", _EXPORT_AGAIN)
    frames = positive_number((header.get("NO_OF_FRAMES") or [""])[0])
    if frames is not None and frames > len(table):
        notes = (*notes, f"{len(table)} of the {frames:.0f} frames that the header names are there")
    rate = positive_number((header.get("FREQUENCY") or [""])[0])
    return FilePoints(np.asarray(points), "Qualisys TSV", labels, fps=rate, unit="mm", notes=notes)

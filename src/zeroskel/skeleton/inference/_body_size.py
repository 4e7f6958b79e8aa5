"""Size of the people in a file, and the units in which people of this size are plausible."""

import numpy as np

from zeroskel.core._layout import Layout
from zeroskel.skeleton.inference._points import UNITS

METRES = UNITS | {"dm": 0.1, "asf": 0.0254 / 0.45}  # the unit of the CMU motion capture data and its conversions
_BONES = {  # ends of a bone -> its length in shares of the height of a standing person, as sensors place joints
    ("chest", "pelvis"): 0.25,
    ("hip", "knee"): 0.25,
    ("knee", "ankle"): 0.23,
    ("shoulder", "elbow"): 0.16,
    ("elbow", "wrist"): 0.14,
}
_STEM = {"ankle": ("ankle", "foot"), "wrist": ("wrist", "hand")}  # the joint, and its deputy where it is missing
_USUAL = (1.15, 2.0)  # metres; people of other height exist, but not two units at once make a person of this height
_POSSIBLE = (0.7, 2.4)
_ADULT = (1.4, 2.05)  # no children are among the people of the CMU motion capture data
_MOST_SPREAD = 1.35  # bones of one body, each as a height, differ by less
_LARGEST_CHANGE = 0.35  # of the length of a bone between frames, in space
_FEWEST_BONES = 2
_SPREADS_OF_HEIGHT = 3.0  # about a height to a spread of the joints
_ROUGHLY_POSSIBLE = (0.4, 4.5)
_IMAGE_MARGIN = 0.25
_TRUNK_DOWN = 0.12  # of the height, from the shoulders to the hips
_FEWEST_PIXELS = 20.0  # a person of fewer is not read
_DEPTH_OF_HIPS = 0.05  # the origin of the depth that comes with shares of a picture


def joint_of(joints: np.ndarray, layout: Layout, name: str) -> np.ndarray | None:
    """Return (..., C) positions of "chest", "pelvis" or a joint such as "knee_left"; None where there are none."""
    if name in ("chest", "pelvis"):
        members = layout.chest if name == "chest" else layout.pelvis
        return np.asarray(joints[..., layout.indices(members), :].mean(axis=-2))
    stem, _, side = name.partition("_")
    for deputy in _STEM.get(stem, (stem,)):
        if (joint := f"{deputy}_{side}" if side else deputy) in layout.joints:
            position = joints[..., layout.index(joint), :]
            if np.isfinite(position).any():
                return np.asarray(position)
    return None


def body_size(joints: np.ndarray, layout: Layout) -> float | None:
    """Return the height of the people in the unit of the file; None where the joints do not make a body.

    Each bone that keeps its length gives a height: its median length over all frames and people, divided by its usual
    share of the height.
    """
    heights, bones = [], 0
    flat = joints.shape[-1] == 2
    for (first, second), share in _BONES.items():
        sides = ("",) if first == "chest" else ("_left", "_right")
        lengths = [
            np.linalg.norm(start - end, axis=-1)
            for side in sides
            if (start := joint_of(joints, layout, first + side)) is not None
            and (end := joint_of(joints, layout, second + side)) is not None
        ]
        measured = np.concatenate([length[np.isfinite(length)].ravel() for length in lengths] or [np.empty(0)])
        if not len(measured):
            continue
        bones += 1
        shortest, median, longest = np.percentile(measured, [25, 50, 75])
        if median > 0 and (flat or longest - shortest < _LARGEST_CHANGE * median):
            heights.append(float(median) / share)
    if len(heights) < _FEWEST_BONES:
        return None
    middle = float(np.median(heights))
    spread = 1.0 + 2 * (_MOST_SPREAD - 1.0) if flat else _MOST_SPREAD
    agreeing = sum(1 / spread < height / middle < spread for height in heights)
    return middle if agreeing >= bones - (1 if bones > _FEWEST_BONES else 0) else None


def rough_size(joints: np.ndarray) -> float:
    """Return the height of the people to a factor of about two, from the spread of their joints; 0 without any."""
    spread = np.linalg.norm(np.nanstd(joints, axis=2), axis=-1)
    spread = spread[np.isfinite(spread)]
    return float(np.median(spread)) * _SPREADS_OF_HEIGHT if len(spread) else 0.0


def rough_unit(size: float) -> str | None:
    """Return the metric unit in which a height that is known to a factor of about two is plausible."""
    lowest, highest = _ROUGHLY_POSSIBLE
    units = [unit for unit in ("m", "cm", "mm") if lowest <= size * METRES[unit] <= highest]
    return units[0] if len(units) == 1 else None


def unit_of_size(size: float) -> list[str]:
    """Return the units in which a person of that height is plausible: the one of usual height, else all possible."""
    units: list[str] = []
    for usual in (_USUAL, _POSSIBLE):
        ranges = {unit: _ADULT if unit == "asf" else usual for unit in METRES if unit != "pixel"}
        units = [unit for unit, (lowest, highest) in ranges.items() if lowest <= size * METRES[unit] <= highest]
        if len(units) == 1:
            return units
    return units


def image_coordinates(joints: np.ndarray, layout: Layout) -> bool:
    """Return whether x, y and z are those of an image: z is constant, or about the hips while x and y are in a picture.

    Estimators such as MediaPipe give x and y in pixels or in shares of the picture, y down, and a depth from the hips.
    """
    depth = joints[..., 2][np.isfinite(joints[..., 2])]
    if not len(depth) or np.ptp(depth) == 0:
        return True
    pelvis, chest = joint_of(joints, layout, "pelvis"), joint_of(joints, layout, "chest")
    if pelvis is None or chest is None or not np.isfinite(pelvis).any():
        return False
    flat = joints[..., :2][np.isfinite(joints[..., :2]).all(axis=-1)]
    lowest, highest = np.percentile(flat, [2, 98], axis=0)
    shares = bool((lowest > -_IMAGE_MARGIN).all() and (highest < 1 + _IMAGE_MARGIN).all())
    scale = 1.0 if shares else rough_size(joints)
    if not (shares or scale > _FEWEST_PIXELS):
        return False
    hips = np.nanmedian(pelvis, axis=tuple(range(pelvis.ndim - 1)))
    head_down = np.nanmean(pelvis[..., 1] - chest[..., 1] > _TRUNK_DOWN * rough_size(joints)) > 0.5
    return bool(
        head_down
        and np.nanpercentile(np.abs(pelvis[..., 2]), 90) < _DEPTH_OF_HIPS * scale
        and (hips[:2] > 0.02 * scale).all()
        and (flat > -0.02 * scale).mean() > 0.97
    )

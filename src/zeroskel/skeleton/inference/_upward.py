"""Upward axis of a file, from how the people in it stand, lie and move."""

import warnings
from dataclasses import dataclass

import numpy as np

from zeroskel.core._layout import Layout
from zeroskel.skeleton.inference._body_size import body_size, joint_of, rough_size

DOUBT = "nobody surely stands in it, so the axis that points up is in doubt; --up decides"
_AXES = {"y": (1, 1.0), "-y": (1, -1.0), "z": (2, 1.0), "-z": (2, -1.0)}
_TRUNK_COSINE = 0.7  # a trunk within 45 degrees of an axis
_LEGS_COSINE = 0.5  # people who sit on a chair among them
_SITTING_UP = 0.9
_MOST = 0.5  # of the frames, where the joints make no body of plausible size
_SOME = 0.05  # share of the frames that is no accident
_RISING = 0.2
_CLEAR_RATIO = 3  # times as many
_START = 0.2  # share of the recording in which people who lie down later still stand
# Lengths are shares of the height of a person.
_BIAS = 0.03  # for y, which is up in most files
_FLOOR_MOVES = 0.1  # a floor is level
_FEET_MOVE = 0.18  # towards the hips, while the floor under the whole body keeps its level
_MOVES_MORE = 2.0  # than the level along the other axis
_CENTRED = 0.01  # the hips are at the origin
_STILL = 0.1  # a person who moves less may lie as well as stand
_QUIET = 0.15  # most of the time
_HIPS_MOVE = 0.035  # from the feet, when a standing person bows
_RESTING = {"elbow": 0.09, "wrist": 0.09, "ankle": 0.1}  # above the floor
_HIPS_RESTING = 0.07
_ALIGNED = float(np.cos(np.deg2rad(25.0)))
_FEWEST_FRAMES = 5
_PROPPED_STILL = 0.05  # hands from feet, in push-ups
_PROPPED_LEVEL = 0.12  # of hands above feet; the chest is higher
_ARMS_BEND = 0.08


@dataclass(frozen=True, eq=False)
class _Bodies:
    """Bodies of a recording: joints (M, T, V, C), and what tells their posture, (M, T, C) each.

    Attributes:
        joints: all joints.
        trunk: unit vectors from the hips to the shoulders.
        legs: unit vectors from the feet to the hips.
        hips: positions of the hips.
        feet: positions of the feet.
        chest: positions of the chest.
        ends: positions (2, M, T, C) of the left and right of each joint in _RESTING.
        size: height of a person.
        plausible: whether the bones of the people agree in that height.
        centred: whether the hips stay at the origin, so that the level of the floor is not known.
    """

    joints: np.ndarray
    trunk: np.ndarray
    legs: np.ndarray
    hips: np.ndarray
    feet: np.ndarray
    chest: np.ndarray
    ends: dict[str, np.ndarray]
    size: float
    plausible: bool
    centred: bool

    def along(self, axis: str, vectors: np.ndarray) -> np.ndarray:
        index, sign = _AXES[axis]
        return np.asarray(vectors[..., index] * sign)

    def sits(self, axis: str) -> np.ndarray:
        """Return where the trunk is upright, (M, T)."""
        return self.along(axis, self.trunk) > _TRUNK_COSINE

    def stands(self, axis: str) -> np.ndarray:
        """Return where the trunk is upright and the feet are not beside the hips, (M, T)."""
        return self.sits(axis) & ~(self.along(axis, self.legs) < _LEGS_COSINE)

    def floor_moves(self, axis: str) -> float:
        """Return how much the level of the lowest joint differs between frames: little over a floor."""
        lowest = np.nanmin(self.along(axis, self.joints), axis=-1)
        return float(np.nanmedian(np.nanpercentile(lowest, 90, axis=1) - np.nanpercentile(lowest, 10, axis=1)))


def upward_axis(joints: np.ndarray, layout: Layout) -> tuple[str, str]:
    """Return the axis that points up, and a note of doubt ("" without).

    People who stand or sit along one axis show it. Where that axis is z, a person who lies on the floor of a world with
    y up looks the same; `_lies` tells them apart. Where nobody stands, the floor is on the side on which the lowest
    joints keep their level.

    Args:
        joints: (M, T, V, C) joints, NaN where not observed.
        layout: the layout of the V joints.
    """
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # of means and medians of nothing
        return _upward_axis(_bodies(joints, layout), layout)


def _upward_axis(bodies: _Bodies, layout: Layout) -> tuple[str, str]:
    flat = bodies.joints.shape[-1] == 2
    from_a_camera = flat or (bodies.centred and layout.name == "mediapipe-33")
    usual = "-y" if from_a_camera else "y"
    count = int(np.isfinite(bodies.trunk).all(axis=-1).sum())
    if not count:
        return usual, DOUBT
    axes = [axis for axis in _AXES if not flat or axis in ("y", "-y")]
    if bodies.plausible and (propped := _propped(bodies, axes)):
        return propped, ""
    share = _SOME if bodies.plausible else _MOST
    likely = [axis for axis in axes if bodies.stands(axis).sum() >= share * count]
    if likely:
        best = likely[0] if len(likely) == 1 else _steadiest(bodies, likely)
        if best in ("y", "-y") or not _lies(bodies, best):
            return best, ""
    return _side_of_the_floor(bodies, usual, count) if bodies.plausible or flat else (usual, DOUBT)


def _bodies(joints: np.ndarray, layout: Layout) -> _Bodies:
    nothing = np.full((*joints.shape[:2], joints.shape[-1]), np.nan)

    def middle(*names: str) -> np.ndarray:
        points = [point for name in names if (point := joint_of(joints, layout, name)) is not None]
        return np.nanmean(points, axis=0) if points else nothing

    chest, hips = (
        _first_known(middle("chest"), middle("shoulder_left", "shoulder_right")),
        _first_known(middle("pelvis"), middle("hip_left", "hip_right")),
    )
    head = _first_known(middle("head"), middle("nose"))
    knees, feet = middle("knee_left", "knee_right"), middle("ankle_left", "ankle_right")
    known = hips[np.isfinite(hips).all(axis=-1)]
    measured = body_size(joints, layout)
    size = measured or rough_size(joints)
    from_origin = np.linalg.norm(known, axis=-1)
    centred = len(known) < _FEWEST_FRAMES or float(np.percentile(from_origin, 90)) < _CENTRED * size
    return _Bodies(
        joints,
        _unit_vector(_first_known(chest - hips, head - hips, head - chest, hips - feet)),
        _unit_vector(_first_known(hips - feet, hips - knees)),
        hips,
        feet,
        chest,
        {name: np.stack([middle(f"{name}_left"), middle(f"{name}_right")]) for name in _RESTING},
        size if size > 0 else 1.0,
        measured is not None,
        centred,
    )


def _first_known(*points: np.ndarray) -> np.ndarray:
    """Return the first of several positions that is known."""
    chosen = points[0]
    for point in points[1:]:
        chosen = np.where(np.isfinite(chosen), chosen, point)
    return np.asarray(chosen)


def _unit_vector(vector: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    return np.where(length > 0, vector / length, np.nan)


def _steadiest(bodies: _Bodies, likely: list[str]) -> str:
    """Return the axis with a level floor under people who stand and lie; that of the start where no floor is known."""
    if bodies.centred:
        start = max(int(_START * bodies.joints.shape[1]), 1)
        shares = {axis: (bodies.stands(axis)[:, :start].sum(), bodies.stands(axis).sum()) for axis in likely}
        return max(likely, key=lambda axis: shares[axis])
    levels = {axis: bodies.floor_moves(axis) / bodies.size - (_BIAS if axis == "y" else 0.0) for axis in likely}
    return min(likely, key=lambda axis: levels[axis])


def _propped(bodies: _Bodies, axes: list[str]) -> str:
    """Return the upward axis of people in push-ups: hands and feet rest on a floor, and arms bend; "" for others."""
    hands = np.nanmean(bodies.ends["wrist"], axis=0)
    reach, arms = (hands - bodies.feet) / bodies.size, (bodies.chest - hands) / bodies.size
    length = np.linalg.norm(arms, axis=-1)
    still = np.linalg.norm(np.nanstd(reach, axis=1), axis=-1).max() < _PROPPED_STILL
    if not still or np.nanpercentile(length, 95) - np.nanpercentile(length, 5) < _ARMS_BEND:
        return ""
    for axis in axes:
        level = abs(np.nanmedian(bodies.along(axis, reach))) < _PROPPED_LEVEL
        above = np.nanmedian(bodies.along(axis, arms)) > _PROPPED_LEVEL
        if level and above and not bodies.stands(axis).any():
            return axis
    return ""


def _lies(bodies: _Bodies, axis: str) -> bool:
    """Return whether people along z lie in a world with y or -y up, rather than stand in one with that axis up.

    The signs in their order: the level of the floor, the angle to z, sitting up over hips that stay, rest on the floor.
    A person who lies along z and does what people do who stand is taken to stand.
    """
    along_z = bodies.stands(axis)
    upward, level_y = min((("y", bodies.floor_moves("y")), ("-y", bodies.floor_moves("-y"))), key=lambda side: side[1])
    if not bodies.centred:
        level_y, level_z = level_y / bodies.size, bodies.floor_moves(axis) / bodies.size
        if level_y > _FLOOR_MOVES and level_y > _MOVES_MORE * level_z:
            return False
        if level_z > _FEET_MOVE and level_z > _CLEAR_RATIO * level_y:
            return True
    directions = np.concatenate([bodies.trunk[along_z], bodies.legs[along_z]])
    direction = np.nanmedian(directions, axis=0)
    if bodies.along(axis, direction) < _ALIGNED * np.linalg.norm(direction):
        return True  # in a world with z up people stand along z, and only by chance does one lie so
    legs = bodies.hips - bodies.feet
    rises = (bodies.along(upward, bodies.trunk) > _SITTING_UP) & ~(bodies.along(axis, bodies.legs) < _LEGS_COSINE)
    if rises.sum() > _RISING * along_z.sum():  # sits up, or bows and moves the hips
        shift = np.linalg.norm(np.nanmedian(legs[rises], axis=0) - np.nanmedian(legs[along_z], axis=0))
        return bool(shift < _HIPS_MOVE * bodies.size)
    return _moves(bodies, (0, 100)) < _STILL or (_moves(bodies, (25, 75)) < _QUIET and _rests(bodies, upward))


def _moves(bodies: _Bodies, percentiles: tuple[int, int]) -> float:
    """Return how far the joint that moves most goes about the hips between two percentiles of its positions."""
    lowest, highest = np.nanpercentile(bodies.joints - bodies.hips[:, :, None], percentiles, axis=1)
    return float(np.nanmedian(np.nanmax(np.linalg.norm(highest - lowest, axis=-1), axis=-1)) / bodies.size)


def _rests(bodies: _Bodies, upward: str) -> bool:
    """Return whether hips, elbows, wrists and ankles are at the level of the lowest joint in most frames."""
    lowest = np.nanmin(bodies.along(upward, bodies.joints), axis=-1)
    floor = np.nanpercentile(lowest, 10, axis=1, keepdims=True)
    heights = bodies.along(upward, bodies.hips) - floor
    return float(np.nanmedian(heights)) < _HIPS_RESTING * bodies.size and all(
        float(np.nanmedian(bodies.along(upward, part).max(axis=0) - floor)) < _RESTING[name] * bodies.size
        for name, part in bodies.ends.items()
    )


def _side_of_the_floor(bodies: _Bodies, usual: str, count: int) -> tuple[str, str]:
    """Return "y" or "-y" and the note of doubt, for people of whom none stands."""
    other = "-y" if usual == "y" else "y"
    upright_frames = {axis: int(bodies.sits(axis).sum()) for axis in (usual, other)}
    for axis, opposite in ((usual, other), (other, usual)):
        if upright_frames[axis] >= _SOME * count and upright_frames[axis] > _CLEAR_RATIO * upright_frames[opposite]:
            return axis, ""
    if bodies.centred:
        return usual, DOUBT
    levels = [bodies.floor_moves(axis) / bodies.size for axis in (usual, other)]
    turned = levels[0] > _FLOOR_MOVES and levels[0] > _MOVES_MORE * levels[1]
    return (other if turned else usual), DOUBT

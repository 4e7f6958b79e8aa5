"""Measures of moving bodies: poses, speeds, angles, distances, heights, rhythm and the relation of two bodies.

They are written once for NumPy arrays and torch tensors, as the functions of `_series` that they combine.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

from zeroskel.core import Layout
from zeroskel.encoders._series import (
    Array,
    angle,
    array_namespace,
    at_moments,
    autocorrelation,
    constant,
    deviation,
    direction,
    enclosed_area,
    length,
    low_frequencies,
    quantiles,
    reversals,
    select,
    sine_and_cosine_of_yaw,
    smooth,
    statistics,
)

SIDES = ("left", "right")
LIMBS = ("shoulder", "elbow", "wrist", "hand", "hip", "knee", "ankle", "foot")
STAND_INS = {"hand": "wrist", "wrist": "hand", "foot": "ankle", "ankle": "foot", "head": "nose"}
VECTORS = (  # (to, from)
    ("hand_right", "chest"),
    ("hand_left", "chest"),
    ("hand_right", "hip_right"),
    ("foot_right", "pelvis"),
    ("foot_left", "pelvis"),
    ("head", "pelvis"),
)
DISTANCES = (
    ("hand_right", "hand_left"),
    ("hand_right", "head"),
    ("hand_left", "head"),
    ("hand_right", "pelvis"),
    ("hand_left", "pelvis"),
    ("hand_right", "foot_right"),
    ("hand_right", "shoulder_right"),
    ("hand_left", "shoulder_left"),
    ("hand_right", "shoulder_left"),
    ("foot_right", "foot_left"),
    ("foot_right", "pelvis"),
    ("foot_left", "pelvis"),
    ("hand_right", "knee_right"),
)
ANGLES = (  # at the middle point
    ("shoulder_right", "elbow_right", "wrist_right"),
    ("shoulder_left", "elbow_left", "wrist_left"),
    ("hip_right", "knee_right", "ankle_right"),
    ("hip_left", "knee_left", "ankle_left"),
    ("chest", "pelvis", "knee_right"),
    ("chest", "pelvis", "knee_left"),
    ("elbow_right", "shoulder_right", "pelvis"),
    ("elbow_left", "shoulder_left", "pelvis"),
)
TURNS = (("shoulder_right", "shoulder_left"), ("hip_right", "hip_left"))
HEIGHTS = ("pelvis", "head", "hand_right")  # above the lower foot
FAST = 0.9  # quantile of a joint's speeds that represents its fast moments
LEAST_EXTENT = 0.2  # torso lengths: keeps the noise of a joint at rest from looking like a long path


class RolePoints:
    """Points of a body by their role, such as "pelvis", "head" or "hand_left".

    Args:
        joints: (N, T, V, 3) joints of one body.
        layout: layout of the V joints.

    Attributes:
        points: (N, T, R, 3) points of the R roles that the layout has.
    """

    def __init__(self, joints: Array, layout: Layout) -> None:
        self._roles, means = _role_matrix(layout)
        flat = array_namespace(joints).reshape(joints, (*joints.shape[:2], -1))
        points = flat @ constant(np.kron(means.T, np.eye(3)), joints)  # one product a recording instead of one a frame
        self.points = array_namespace(joints).reshape(points, (*joints.shape[:2], len(means), 3))

    def __contains__(self, role: str) -> bool:
        return role in self._roles

    def row(self, role: str) -> int:
        """Return the position of a role on the R axis."""
        return self._roles[role]

    def __getitem__(self, role: str) -> Array:
        """Return the points (N, T, 3) of a role."""
        return self.points[:, :, self._roles[role]]

    def columns(self, rows: Sequence[tuple[str, ...]]) -> list[Array]:
        """Return the points (N, T, rows, 3) of each column of a table of roles, without rows that lack a role."""
        complete = [row for row in rows if all(role in self._roles for role in row)]
        return [
            select(self.points, [self._roles[row[column]] for row in complete], axis=2)
            for column in range(len(rows[0]))
        ]


def role_joints(layout: Layout) -> dict[str, list[int]]:
    """Return the joints whose mean is the point of each role.

    A hand that the layout has neither as a joint nor as a derived joint is the wrist, a foot is the ankle (and the
    reverse), and a head is the nose.

    Args:
        layout: layout of the joints.

    Returns:
        Role, such as "pelvis", "head" or "hand_left", to indices on the V axis. A role without joints is absent.
    """
    roles = {"pelvis": layout.indices(layout.pelvis), "chest": layout.indices(layout.chest)}
    for role in ("head", *(f"{limb}_{side}" for limb in LIMBS for side in SIDES)):
        limb, _, side = role.partition("_")
        for joint in (role, f"{STAND_INS.get(limb, limb)}_{side}".rstrip("_")):
            joints = (joint,) if joint in layout.joints else layout.derived.get(joint)
            if joints:
                roles[role] = layout.indices(joints)
                break
    return roles


@cache
def _role_matrix(layout: Layout) -> tuple[dict[str, int], np.ndarray]:
    """Return the row of each role and the matrix (R, V) that computes the points of the roles from the joints."""
    roles = role_joints(layout)
    means = np.zeros((len(roles), len(layout.joints)), np.float32)
    for row, joints in zip(means, roles.values(), strict=True):
        row[joints] = 1 / len(joints)
    return {role: row for row, role in enumerate(roles)}, means


def body_measures(joints: Array, layout: Layout, *, moments: int, frequencies: int) -> dict[str, Array]:
    """Measure the motion of one body, in groups of numbers.

    Args:
        joints: (N, T, V, 3) in torso lengths, y up, the pelvis of the first frame at the origin.
        layout: layout of the V joints.
        moments: number of poses.
        frequencies: number of frequencies above 0.

    Returns:
        Group to (N, …) numbers; a group whose joints the layout lacks is absent.
    """
    xp = array_namespace(joints)
    if joints.shape[1] == 1:  # a still picture has speed 0; without a second frame it would have no speed
        joints = xp.concat([joints, joints], axis=1)
    joints = smooth(joints)
    roles = RolePoints(joints, layout)
    pelvis = roles["pelvis"]
    relative = joints - pelvis[:, :, None]
    speed = length(relative[:, 1:] - relative[:, :-1])
    path = xp.sum(speed, axis=1)
    extent = xp.max(relative, axis=1) - xp.min(relative, axis=1)
    series_statistics = _series_statistics({"pelvis": pelvis, **_series(roles)})
    groups = {
        "poses": [at_moments(relative, moments)],
        "spread": [deviation(relative)],
        "frequencies": [low_frequencies(relative, frequencies)],
        "speed": [xp.mean(speed, axis=1), xp.max(speed, axis=1), quantiles(speed, (FAST,))],
        "path": [path, extent, path / (length(extent) + LEAST_EXTENT)],
        "pelvis": [at_moments(pelvis, moments), series_statistics.pop("pelvis")],
        "rhythm": [autocorrelation(relative)],
        **{name: [values] for name, values in series_statistics.items()},
    }
    if "hand_right" in roles:
        hand = roles["hand_right"] - roles["chest"]
        groups["reversals"] = [reversals(hand)]
        groups["area"] = [enclosed_area(hand)]
    return {name: xp.concat([_flat(part) for part in parts], axis=1) for name, parts in groups.items()}


def _flat(values: Array) -> Array:
    """Return values (N, …) as rows (N, K)."""
    return array_namespace(values).reshape(values, (values.shape[0], -1))


def _series_statistics(series: dict[str, Array]) -> dict[str, Array]:
    """Return the statistics (N, 9, K) of each group of series (N, T, K), computed together because that is faster."""
    together = statistics(array_namespace(next(iter(series.values()))).concat([*series.values()], axis=2))
    ends = np.cumsum([values.shape[2] for values in series.values()])
    return {
        name: together[:, :, int(end) - values.shape[2] : int(end)]
        for end, (name, values) in zip(ends, series.items(), strict=True)
    }


def _series(roles: RolePoints) -> dict[str, Array]:
    """Return groups of series (N, T, K), K at least 1, that the roles of the layout allow."""
    xp = array_namespace(roles.points)
    to, start = roles.columns(VECTORS)
    one, other = roles.columns(DISTANCES)
    angles = [angle(*roles.columns(ANGLES)), direction(roles["chest"] - roles["pelvis"])]
    right, left = roles.columns(TURNS)
    if right.shape[2] == len(TURNS):
        sine, cosine = sine_and_cosine_of_yaw(right - left)
        twist = sine[..., :1] * cosine[..., 1:] - cosine[..., :1] * sine[..., 1:]  # sine of the difference
        angles += [twist, sine]
    vectors = to - start
    groups = {
        "vectors": xp.reshape(vectors, (*vectors.shape[:2], -1)),
        "distances": length(one - other),
        "angles": xp.concat(angles, axis=2),
    }
    if "foot_left" in roles and "foot_right" in roles:
        (points,) = roles.columns([(role,) for role in HEIGHTS])
        lower_foot = xp.minimum(roles["foot_left"][..., 1], roles["foot_right"][..., 1])
        groups["heights"] = points[..., 1] - lower_foot[..., None]
    return {name: series for name, series in groups.items() if series.shape[2]}


def relation_measures(joints: Array, layout: Layout) -> Array:
    """Measure how two bodies stand to each other, as statistics over time.

    The series are: distance of the pelvises; distance of each body's nearest hand to the other's head and chest;
    distance of their nearest hands; cosine of the direction that each body faces (at right angles to its shoulders or
    hips) with the horizontal direction to the other; cosine of the two directions.

    Args:
        joints: (N, 2, T, V, 3) in torso lengths, y up; the left side of a body that faces -z lies at negative x.
        layout: layout of the V joints.

    Returns:
        (N, …) numbers.
    """
    xp = array_namespace(joints)
    one, other = (RolePoints(smooth(joints[:, body]), layout) for body in (0, 1))
    hands = [(hand,) for hand in ("hand_left", "hand_right") if hand in one]
    between = other["pelvis"] - one["pelvis"]
    series = [length(between)]
    if hands:
        (hands_of_one,), (hands_of_other,) = one.columns(hands), other.columns(hands)
        for points, body in ((hands_of_one, other), (hands_of_other, one)):
            aims = [body[aim] for aim in ("head", "chest") if aim in body]
            series += [xp.min(length(points - aim[:, :, None]), axis=2) for aim in aims]
        distances = length(hands_of_one[:, :, :, None] - hands_of_other[:, :, None])
        series.append(xp.min(distances, axis=(2, 3)))
    limb = next((limb for limb in ("shoulder", "hip") if f"{limb}_left" in one and f"{limb}_right" in one), None)
    if limb:
        sides = [body[f"{limb}_right"] - body[f"{limb}_left"] for body in (one, other)]
        one_faces, other_faces = (direction(xp.stack([side[..., 2], -side[..., 0]], axis=-1)) for side in sides)
        to_other = direction(select(between, (0, 2), axis=2))
        pairs = ((one_faces, to_other), (other_faces, -to_other), (one_faces, other_faces))
        series += [xp.sum(u * v, axis=-1) for u, v in pairs]
    return _flat(statistics(xp.stack(series, axis=2)))

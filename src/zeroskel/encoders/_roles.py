"""Points of a body by their role, such as "pelvis", "head" or "hand_left", for any joint layout."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from zeroskel.core import Layout
from zeroskel.encoders._series import Array, constant, select

SIDES = ("left", "right")
LIMBS = ("shoulder", "elbow", "wrist", "hand", "hip", "knee", "ankle", "foot")
STAND_INS = {"hand": "wrist", "wrist": "hand", "foot": "ankle", "ankle": "foot", "head": "nose"}


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
        self.points = constant(means, joints) @ joints

    def __contains__(self, role: str) -> bool:
        return role in self._roles

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

"""The movement vocabulary measured by formula: values and what of them is known."""

from functools import lru_cache

import numpy as np

from zeroskel.core import Layout
from zeroskel.core._vocabulary import vocabulary
from zeroskel.encoders._movement_action import Action
from zeroskel.encoders._movement_arms import Arms, arm_quantities
from zeroskel.encoders._movement_body import Body
from zeroskel.encoders._movement_legs import Legs, leg_quantities
from zeroskel.encoders._movement_posture import (
    head_quantities,
    hip_quantities,
    posture_quantities,
    repetition_quantities,
    travel_quantities,
    trunk_quantities,
    vigour_quantities,
)
from zeroskel.encoders._movement_repetition import repetitions
from zeroskel.encoders._series import Array, array_namespace, constant

# What must have been observed to know the quantities of a group, and more for some of them.
_GROUP_NEEDS = {
    "arms": ("an arm",),
    "legs": ("legs",),
    "trunk": (),
    "head": ("head",),
    "posture": ("legs",),
    "whole": (),
}
_NEEDS = {
    **dict.fromkeys(("other_arm_moves", "other_hand_highest", "other_hand_mostly", "other_elbow_bent"), ("both arms",)),
    **dict.fromkeys(("arm_side", "arms_alike", "arms_in_turn"), ("both arms",)),
    **dict.fromkeys(("hands_together", "arms_crossed", "arms_spread"), ("both arms",)),
    **dict.fromkeys(("hand_forward", "hand_behind", "hand_to_front", "hand_depth"), ("depth",)),
    **dict.fromkeys(("leg_forward", "leg_backward"), ("depth",)),
    **dict.fromkeys(("trunk_bends", "trunk_back", "head_lowered", "head_raised"), ("depth",)),
    **dict.fromkeys(("travel_back", "turns", "turn_side"), ("depth",)),
    **dict.fromkeys(("hips_change", "sinks", "rises"), ("legs",)),
    **dict.fromkeys(("hand_at_leg", "hand_at_floor"), ("legs",)),
    "hand_at_head": ("head",),
    "hand_on_hip": ("hips",),
    "trunk_twists": ("hips", "depth"),
}
_FEWEST = 3  # frames that show a movement; fewer show a posture only


def movement_quantities(joints: Array, seconds: Array, layout: Layout) -> tuple[Array, Array]:
    """Measure the quantities of the movement vocabulary.

    Args:
        joints: (N, T, V, 3) of one body in torso lengths, y up, its left side at negative x when it faces -z; a joint
            that was not observed is 0 throughout.
        seconds: (N,) from one frame to the next.
        layout: layout of the V joints.

    Returns:
        (N, Q) values, 0 where they are not known; (N, Q) 1 where they are known, else 0.
    """
    xp = array_namespace(joints)
    frames = joints.shape[1]
    if frames == 1:
        joints = xp.concat([joints, joints], axis=1)
    body = Body(joints, seconds, layout)
    measured, seen = _measured(body), body.observed
    conditions = {
        **seen,
        "an arm": seen["left arm"] | seen["right arm"],
        "both arms": seen["left arm"] & seen["right arm"],
    }
    unmet = ~xp.stack([*conditions.values()], axis=1)
    needs, unknown = _needs(tuple(conditions), tuple(measured), frames < _FEWEST)
    lacking = xp.astype(unmet, joints.dtype) @ constant(needs, joints) + constant(unknown, joints)
    known = xp.astype(lacking == 0, joints.dtype)
    nothing = xp.zeros_like(body.torso[:, 0])
    values = xp.stack([measured.get(name, nothing) for name in vocabulary().names], axis=1)
    return values * known, known


@lru_cache(maxsize=8)
def _needs(conditions: tuple[str, ...], measured: tuple[str, ...], posture_only: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return 1 where a quantity needs a condition (conditions, Q), and 1 where a quantity is never known (Q,)."""
    needs = np.zeros((len(conditions), len(vocabulary())))
    unknown = np.ones(len(vocabulary()))
    for position, (group, name) in enumerate(
        (group, name) for group, meanings in vocabulary().groups.items() for name in meanings
    ):
        needed = {"trunk", *_GROUP_NEEDS[group], *_NEEDS.get(name, ())}
        needs[:, position] = [condition in needed for condition in conditions]
        unknown[position] = name not in measured or (posture_only and group != "posture")
    return needs, unknown


def _measured(body: Body) -> dict[str, Array]:
    """Return the quantities (N,) that have a formula."""
    action = Action(body)
    repeated = repetitions(body, action)
    arms, legs = Arms(body, action, repeated), Legs(body, repeated["feet"])
    return {
        **arm_quantities(arms),
        **leg_quantities(legs),
        **trunk_quantities(body, legs),
        **head_quantities(body),
        **posture_quantities(body, legs),
        **hip_quantities(body),
        **travel_quantities(body),
        **vigour_quantities(body),
        **repetition_quantities(repeated, arms.right_leads),
    }

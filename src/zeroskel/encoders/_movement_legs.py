"""The quantities of the movement vocabulary that describe the legs.

The lead leg is the more active one; its quantities are means of both legs, weighted by how clearly one leads.
"""

import numpy as np

from zeroskel.encoders._movement_body import (
    FRONT,
    LEFT,
    OUT,
    RIGHT,
    UP,
    Body,
    bend,
    between,
    clip,
    degrees,
    lead_and_other,
    log_ramp,
    mean,
    quantile,
    ramp,
    right_share,
    steps,
    weighted_deviation,
)
from zeroskel.encoders._movement_repetition import Repetition
from zeroskel.encoders._series import TINY, Array, array_namespace, constant, length

_TREMBLE = 0.004  # leg lengths a frame: slower movements of an ankle are noise


class Legs:
    """Both legs of a body.

    Attributes:
        knee: bend (N, T, S) of the knees in degrees.
        thigh: vectors (N, T, S, 3) from hip to knee in the body's own directions.
        thigh_drops: (N, T, S) cosine of the angle between thigh and the vertical, 1 in a body that stands.
        shank_drops: (N, T, S) the same for the shank.
        knee_height: height (N, T, S) of the knees above the floor in leg lengths.
        above_other: height (N, T, S) of each ankle above the other one in leg lengths.
        walks: (N,) how clearly the feet step again and again.
        steps: (N,) how clearly a foot steps at all.
    """

    def __init__(self, body: Body, repeated: Repetition) -> None:
        xp = array_namespace(body.joints)
        self.body, self.repeated = body, repeated
        hip, knee, self.ankle = (body.points[pair] for pair in ("hip", "knee", "ankle"))
        self.unit = body.leg[..., None]
        self.knee = bend(knee - hip, self.ankle - knee)
        self.thigh = body.components(knee - hip)
        self.thigh_drops = -self.thigh[..., UP] / (length(self.thigh) + TINY)
        self.shank_drops = (knee - self.ankle)[..., UP] / (length(self.ankle - knee) + TINY)
        self.knee_height = (knee[..., UP] - body.floor[..., None]) / self.unit
        self.above_other = (self.ankle - xp.flip(self.ankle, axis=2))[..., UP] / self.unit
        self.foot = body.components(self.ankle - body.pelvis[:, :, None]) / self.unit[..., None]
        self.range = length(between(self.foot))
        in_room = self.ankle / self.unit[..., None]
        self.way = xp.sum((length(steps(in_room)) - _TREMBLE).clip(0.0), axis=1)
        self.lifted = quantile(self.above_other, 0.95)
        activity = 0.7 * length(between(in_room)) + 0.15 * self.way + 0.8 * self.lifted.clip(0.0)
        left, right = activity[:, LEFT], activity[:, RIGHT]
        self.difference = (right - left) / (0.2 + 0.4 * (right + left))
        self.right_leads = right_share(self.difference)
        self.walks = self._walks()
        self.steps = self._steps()

    def _walks(self) -> Array:
        """Return how clearly (N,) the feet move against each other again and again, both over similar ways."""
        xp = array_namespace(self.way)
        left, right = self.way[:, LEFT], self.way[:, RIGHT]
        both = ramp(xp.minimum(left, right) / (xp.maximum(left, right) + 0.05), 0.35, 0.75)
        return xp.sqrt(self.repeated.strength * ramp(self.repeated.amplitude, 0.012, 0.06) * both)

    def _steps(self) -> Array:
        """Return how clearly (N,) the feet stand on the floor once with one of them in front and once otherwise."""
        xp = array_namespace(self.ankle)
        both_stand = 1 - ramp(xp.abs(self.above_other[..., LEFT]), 0.03, 0.1)
        apart = self.body.feet_apart * constant(np.array([1, 0, 1]), self.ankle)
        change = length(weighted_deviation(apart, both_stand[..., None] + 0 * apart))
        return xp.maximum(self.walks, ramp(2 * change, 0.15, 0.5))


def leg_quantities(legs: Legs) -> dict[str, Array]:
    """Return the quantities (N,) of the legs."""
    return _each_leg(legs) | _both_legs(legs)


def _each_leg(legs: Legs) -> dict[str, Array]:
    """Return the quantities (N,) of the lead leg and of the other one."""
    xp = array_namespace(legs.knee)
    body = legs.body
    from_hip = body.outward(legs.ankle - body.points["hip"]) / legs.unit[..., None]
    thigh_forward = degrees(xp.atan2(legs.thigh[..., FRONT], -legs.thigh[..., UP]))
    speed = length(steps(legs.foot)) / body.seconds[:, None, None]
    both = {
        # range of the ankle relative to the pelvis between its quantiles 5 and 95 %, in leg lengths, from 0.08 to 1,
        # and its mean speed in leg lengths a second, from 0.1 to 2, for half each
        "leg_moves": (ramp(legs.range, 0.08, 1.0) + log_ramp(mean(speed), 0.1, 2.0)) / 2,
        # quantile 95 % of the height above the other ankle, in leg lengths, from 0.05 to 0.95
        "foot_lift": ramp(legs.lifted, 0.05, 0.95),
        # the ankle before the hip by 0.2 to 0.7 leg lengths, or the thigh forward by 20 to 80 degrees (quantiles 95 %)
        "leg_forward": xp.maximum(
            ramp(quantile(from_hip[..., FRONT], 0.95), 0.2, 0.7), ramp(quantile(thigh_forward, 0.95), 20, 80)
        ),
        # distance of the ankle from its hip to its own side and to the back, in leg lengths
        "leg_outward": ramp(quantile(from_hip[..., OUT], 0.95), 0.2, 0.65),
        "leg_backward": ramp(-quantile(from_hip[..., FRONT], 0.05), 0.2, 0.6),
        # quantile 95 % of the speed of the ankle relative to the pelvis, in leg lengths a second, from 0.4 to 10
        "leg_speed": log_ramp(quantile(speed, 0.95), 0.4, 10.0),
        # quantile 95 % of the bend of the knee, from 15 to 140 degrees
        "knee_bent": ramp(quantile(legs.knee, 0.95), 15, 140),
    }
    lead, other = lead_and_other(both, legs.right_leads)
    lead["other_leg_moves"], lead["other_knee_bent"] = other["leg_moves"], other["knee_bent"]
    return lead


def _both_legs(legs: Legs) -> dict[str, Array]:
    """Return how the legs act together (N,)."""
    xp = array_namespace(legs.knee)
    walks = legs.walks
    bends = xp.min(between(legs.knee, 0.1, 0.95), axis=1)
    centred = legs.knee - mean(legs.knee)[:, None]
    left, right = centred[..., LEFT], centred[..., RIGHT]
    energy = xp.sqrt(xp.sum(left * left, axis=1) * xp.sum(right * right, axis=1))
    correlation = xp.sum(left * right, axis=1) / (energy + 100)
    one_leg = ramp(xp.abs(legs.above_other[..., LEFT]), 0.1, 0.25)
    apart = legs.body.feet_apart * constant(np.array([1, 0, 1]), legs.knee)
    return {
        # how much more active the right leg is than the left one; legs that step in turn have no side
        "leg_side": clip(1.6 * legs.difference, -1.0, 1.0) * (1 - 0.8 * walks),
        # the feet repeat their movement against each other, over similar ways
        "walks": walks,
        "legs_in_turn": walks,
        # both feet stand, but in different places relative to each other, by 0.15 to 0.5 leg lengths, or step in turn
        "steps": legs.steps,
        # two steps a repetition, in hertz, divided by 4, where the steps are clear
        "step_rate": clip(2 * legs.repeated.rate / 4) * ramp(walks, 0.2, 0.5),
        # both knees bend, by 15 to 60 degrees, and together
        "legs_alike": ramp(bends, 15, 60) * ramp(correlation, 0.0, 0.7),
        # one ankle above the other by 0.1 to 0.25 leg lengths in a quarter of the time; in 60 % of the time
        "one_leg": quantile(one_leg, 0.75) * (1 - 0.5 * walks),
        "leg_held": quantile(one_leg, 0.4),
        # quantile 90 % of the horizontal distance of the ankles, in leg lengths, from 0.4 to 1
        "feet_apart": ramp(quantile(length(apart), 0.9), 0.4, 1.0),
    }

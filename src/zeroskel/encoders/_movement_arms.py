"""The quantities of the movement vocabulary that describe arms and hands.

The lead arm is the more active or higher one. Quantities of the lead arm are means of both arms, weighted by how
clearly one leads. A moment counts for the action itself by how far the hand is raised or how fast it moves.
"""

import numpy as np

from zeroskel.encoders._movement_action import Action, highest_before, in_trunk, turns_and_area
from zeroskel.encoders._movement_body import (
    FRONT,
    LEFT,
    OUT,
    RIGHT,
    UP,
    Body,
    bend,
    clip,
    lead_and_other,
    mean,
    quantile,
    ramp,
    right_share,
    steps,
    weighted_deviation,
    weighted_mean,
)
from zeroskel.encoders._movement_repetition import Repetition
from zeroskel.encoders._series import Array, array_namespace, constant, length

_HANGING = 0.37  # height of a hanging hand


def arm_quantities(arms: "Arms") -> dict[str, Array]:
    """Return the quantities (N,) of arms and hands."""
    return arms.each_arm() | arms.contacts() | arms.both_arms()


class Arms:
    """Both arms of a body.

    Attributes:
        height: height (N, T, S) of the hands on the scale of hand_highest.
        speed: speed (N, T, S) of the hands relative to the neck, in arm lengths a second.
        fastest: quantile 95 % of the speed (N, S).
        raised: (N, T, S) 1 where the hand is clearly above the pelvis, 0 where it hangs.
        weight: (N, T, S) how much a moment belongs to the action itself.
        elbow: bend (N, T, S) of the elbows in degrees.
        activity: how much each arm acts (N, S).
        right_leads: (N,) from 0 (the left arm leads) over 0.5 (both act alike) to 1 (the right arm leads).
    """

    def __init__(self, body: Body, action: Action, repeated: dict[str, Repetition]) -> None:
        xp = array_namespace(body.joints)
        self.body, self.path, self.action = body, body.hands, action
        self.hand = body.points["hand"]
        self.height = _height_scale(body, self.hand[..., UP])
        self.velocity = steps(self.path) / body.seconds[:, None, None, None]
        speed = length(self.velocity)
        self.speed = xp.concat([speed[:, :1], speed], axis=1)
        self.fastest = quantile(self.speed * action.whole, 0.95)
        self.raised = clip((self.height - 0.43) / 0.15)
        self.weight = (self.raised + clip(self.speed / 2) + 0.02) * (action.weight + 0.01)
        shoulder, elbow, wrist = (body.points[pair] for pair in ("shoulder", "elbow", "wrist"))
        self.elbow = bend(elbow - shoulder, wrist - elbow)
        self.reach = body.outward(self.hand - shoulder) / body.arm[..., None, None]
        hands = [repeated[f"{side} hand"] for side in ("left", "right")]
        self.repeats, self.rate = (
            xp.stack([getattr(hand, name) for hand in hands], axis=1) for name in ("strength", "rate")
        )
        seen = xp.stack([body.observed["left arm"], body.observed["right arm"]], axis=1)
        self.activity = xp.where(seen, self._activity(), 0.0)
        left, right = self.activity[:, LEFT], self.activity[:, RIGHT]
        self.difference = (right - left) / (0.15 + 0.35 * (right + left))
        self.right_leads = right_share(self.difference)

    def _activity(self) -> Array:
        """Return how much each arm acts (N, S): how far and how fast the hand moves, and how long it is raised."""
        xp = array_namespace(self.path)
        whole = self.action.whole
        away = xp.abs(self.height - _HANGING) * whole
        trunk = in_trunk(self.body)
        ranges = [length(weighted_deviation(path, whole[..., None])) for path in (self.path, trunk)]
        in_trunk_speed = length(steps(trunk)) / self.body.seconds[:, None, None]
        speed = xp.minimum(self.speed[:, 1:], in_trunk_speed) * whole[:, 1:]
        raised = self.raised * whole * ramp(self.action.away, 0.3, 0.6)
        return (
            1.6 * xp.minimum(*ranges)
            + 0.12 * mean(speed)
            + 0.8 * mean(raised)
            + 0.4 * mean(away)
            + 0.6 * quantile(away, 0.95)
        )

    def each_arm(self) -> dict[str, Array]:
        """Return the quantities (N,) of the lead arm and of the other one."""
        raised, weight, reach = self.raised, self.weight, self.reach
        with_way = (raised + clip(self.speed / 2) + 0.02) * (self.action.whole + 0.01)
        far = weighted_mean(reach, weight[..., None]) + 0.7 * weighted_deviation(reach, weight[..., None])
        of_action, whole = self.action.weight**2 + 0.005, self.action.whole
        deviation = weighted_deviation(self.path, of_action[..., None])
        extent = ramp(deviation, 0.04, 0.4)
        still = 1 - ramp(self.speed, 0.3, 1.2)
        high = quantile(raised * whole, 0.9)
        held = mean(still * raised * whole) * self.path.shape[1] * self.body.seconds[:, None]
        from_neck = self.path[..., OUT] * constant(np.array([-1, 1]), self.path)
        curved, circle = self._roundness()
        both = {
            # deviation from the middle of the path of the action, in arm lengths, from 0.03 to 0.7
            "arm_moves": ramp(length(deviation), 0.03, 0.7),
            # quantile 95 % of the height; the mean over the action; the mean less 1.2 deviations, with the way there
            "hand_highest": clip(quantile(_HANGING + (self.height - _HANGING) * whole, 0.95)),
            "hand_mostly": clip(weighted_mean(self.height, weight)),
            "hand_lowest": clip(weighted_mean(self.height, with_way) - 1.2 * weighted_deviation(self.height, with_way)),
            **self._strokes(1 - curved),
            # distance of the hand from its shoulder to the front and to its own side, in arm lengths
            "hand_forward": ramp(far[..., FRONT], 0.1, 0.75),
            "hand_outward": ramp(far[..., OUT], 0.2, 0.75),
            # distance beyond the midline, and behind the shoulder, in arm lengths
            "hand_across": ramp(-quantile(0.4 + (from_neck - 0.4) * whole, 0.06), -0.15, 0.35),
            "hand_behind": ramp(-quantile(reach[..., FRONT] * whole, 0.05), 0.1, 0.5),
            # deviation of the hand along each direction during the action, in arm lengths, from 0.04 to 0.4
            "hand_lateral": extent[..., OUT],
            "hand_vertical": extent[..., UP],
            "hand_depth": extent[..., FRONT],
            "hand_curved": curved,
            "hand_circle": circle,
            # strength of the strongest repetition
            "hand_repeats": self.repeats,
            # quantile 95 % of the speed: 0.25 at 1 arm length a second, 0.7 at 5, 1 at 16
            "hand_speed": clip(1.25 * self.fastest / (self.fastest + 4)),
            # share of the time of the raised hand in which it is slower than about one arm length a second
            "hand_held": mean(still * raised * whole) / (mean(raised * whole) + 0.05) * high * ramp(held, 0.1, 0.5),
            # mean bend of the elbow during the action, 1 at 130 degrees; range of its bend, from 15 to 100 degrees
            "elbow_bent": clip(weighted_mean(self.elbow, weight) / 130),
            "elbow_changes": ramp(weighted_deviation(self.elbow, of_action), 5, 35),
        }
        lead, other = lead_and_other(both | {"rate": self.rate}, self.right_leads)
        # rate of the strongest repetition in hertz, divided by 4, where it is clear
        lead["hand_rate"] = clip(lead.pop("rate") * lead["hand_repeats"] / 4 * 1.3)
        of_other = {f"other_{name}": other[name] for name in ("arm_moves", "hand_highest", "hand_mostly", "elbow_bent")}
        return lead | of_other

    def _strokes(self, straight: Array) -> dict[str, Array]:
        """Return where the main stroke goes, for both hands (N, S).

        Along each direction, it is the longest way there less the longest way back, in arm lengths. Slow moments count
        less, the return of the arm to rest does not count, and round paths have no main stroke.

        Args:
            straight: how straight the paths are (N, S).
        """
        xp = array_namespace(self.path)
        fast = clip(self.speed[:, 1:] / (self.fastest[:, None] + 0.3))
        gone = steps(self.path) * (self.action.onward[:, 1:] * (0.4 + 0.6 * fast))[..., None]
        ways = constant(np.tril(np.ones((gone.shape[1],) * 2)), gone) @ xp.reshape(gone, (*gone.shape[:2], -1))
        there, back = (xp.max(way + highest_before(-way), axis=1) for way in (ways, -ways))
        stroke = clip(xp.reshape(there - back, (gone.shape[0], 2, 3)) * straight[..., None] / 0.45, -1.0, 1.0)
        return {"hand_to_side": stroke[..., OUT], "hand_to_top": stroke[..., UP], "hand_to_front": stroke[..., FRONT]}

    def _roundness(self) -> tuple[Array, Array]:
        """Return how round the paths of both hands are and which way they circle, both (N, S).

        A round path turns by full turns and encloses an area. The direction of circling is that of the turns in the
        plane across the body. Only the action itself counts.
        """
        xp = array_namespace(self.path)
        turns, quotient = turns_and_area(self.path, self.action.weight)
        round_ = xp.sqrt(ramp(xp.abs(turns), 0.5, 0.9) * ramp(quotient, 0.25, 0.65))
        across_body = turns[..., 0]
        return xp.max(round_, axis=2), -xp.sign(across_body) * ramp(xp.abs(across_body), 0.35, 0.85)

    def contacts(self) -> dict[str, Array]:
        """Return how near a hand comes to parts of the body (quantile 80 % over time), the head and the floor (95 %).

        The nearer hand counts. It is at a part up to the first distance, and away from the second one on, both in torso
        lengths (from the floor in leg lengths).
        """
        xp = array_namespace(self.hand)
        body = self.body
        torso = 0.75 * body.chest + 0.25 * body.pelvis

        def near(points: Array, at: float, away: float) -> Array:
            return 1 - ramp(length(self.hand - points) / body.torso[..., None], at, away)

        def near_either(pair: str, at: float, away: float) -> Array:
            left, right = (near(body.points[pair][:, :, side, None], at, away) for side in (LEFT, RIGHT))
            return xp.maximum(left, right)

        above_floor = (self.hand[..., UP] - body.floor[..., None]) / body.leg[..., None]
        series = {
            "hand_at_head": near(body.head[:, :, None], 0.35, 0.75),
            "hand_at_torso": near(torso[:, :, None], 0.35, 0.7),
            "hand_on_hip": near(body.points["hip"], 0.2, 0.5) * ramp(self.elbow, 35, 65),
            "hand_at_leg": near_either("knee", 0.25, 0.6),
            "hand_at_floor": xp.maximum(near_either("ankle", 0.3, 0.7), 1 - ramp(above_floor, 0.15, 0.4)),
        }
        nearer = xp.stack([xp.max(values, axis=2) for values in series.values()], axis=2)
        held, touched = (_columns(quantile(nearer, share)) for share in (0.8, 0.95))
        return {
            name: touched[column] if name in ("hand_at_head", "hand_at_floor") else held[column]
            for column, name in enumerate(series)
        }

    def both_arms(self) -> dict[str, Array]:
        """Return how the arms act together."""
        xp = array_namespace(self.hand)
        body, whole = self.body, self.action.whole[..., 0]
        left, right = self.activity[:, LEFT], self.activity[:, RIGHT]
        both_act = ramp(xp.minimum(left, right) / (xp.maximum(left, right) + 0.1), 0.3, 0.75)
        mirrored, path = self.path[:, :, LEFT] * constant(np.array([-1, 1, 1]), self.path), self.path[:, :, RIGHT]
        weight = xp.max(self.action.weight, axis=2)[..., None] + 0.01
        one, other = (some - weighted_mean(some, weight)[:, None] for some in (mirrored, path))
        energy = xp.sum(weight * one * one, axis=(1, 2)) * xp.sum(weight * other * other, axis=(1, 2))
        correlation = xp.sum(weight * one * other, axis=(1, 2)) / (xp.sqrt(energy) + 0.02 * xp.sum(weight, axis=(1, 2)))
        apart = length(self.hand[:, :, LEFT] - self.hand[:, :, RIGHT]) / body.torso
        raised = ramp(xp.max(self.height, axis=2) * whole, 0.42, 0.47)
        wrists = body.points["wrist"]
        sideways = body.components(wrists[:, :, RIGHT] - wrists[:, :, LEFT])[..., OUT]
        return {
            # how much more active the right arm is than the left one
            "arm_side": clip(1.6 * self.difference, -1.0, 1.0),
            # both act, and the mirrored left hand is within 0.3 (to 0.9) arm lengths of the right one
            "arms_alike": both_act * (1 - ramp(weighted_mean(length(mirrored - path), weight[..., 0]), 0.3, 0.9)),
            # both act, and the right hand moves against the mirrored left one
            "arms_in_turn": both_act * ramp(-correlation, -0.05, 0.5),
            # hands nearer than 0.25 (to 0.55) torso lengths in at least 5 % of the time, not both hanging
            "hands_together": quantile((1 - ramp(apart, 0.25, 0.55)) * raised, 0.95),
            # wrists on the other side of each other by up to 0.3 torso lengths in at least 15 % of the time
            "arms_crossed": quantile(ramp(-sideways / body.torso, 0.0, 0.3) * whole, 0.85),
            # wrists apart sideways by 1.3 to 2.6 arm lengths in at least 15 % of the time
            "arms_spread": quantile(ramp(sideways / body.arm, 1.3, 2.6) * whole, 0.85),
        }


def _height_scale(body: Body, heights: Array) -> Array:
    """Return heights (N, T, S) on the scale of hand_highest, from 0 (floor) over 0.42 (hips) and 0.65 (shoulders)."""
    xp = array_namespace(heights)
    pelvis, torso, floor = body.pelvis[..., UP, None], body.torso[..., None], body.floor[..., None]
    above_shoulders = 0.65 + 0.35 * (heights - pelvis - torso) / (0.75 * torso)
    above_hips = 0.42 + 0.23 * (heights - pelvis) / torso
    below_hips = 0.42 * (heights - floor) / xp.maximum(pelvis - floor, 0.25 * body.leg[..., None])
    upper = xp.where(heights >= pelvis + torso, above_shoulders, above_hips)
    return clip(xp.where(heights < pelvis, clip(below_hips, -10.0, 0.42), upper), 0.0, 1.1)


def _columns(values: Array) -> list[Array]:
    """Return the columns (N,) of values (N, K)."""
    return [values[:, index] for index in range(values.shape[1])]

"""The quantities of the movement vocabulary that describe trunk, head, posture and the whole body."""

import numpy as np

from zeroskel.encoders._movement_body import (
    FRONT,
    LEFT,
    OUT,
    RIGHT,
    UP,
    Body,
    clip,
    columns_at,
    degrees,
    log_ramp,
    mean,
    quantile,
    ramp,
    spread,
    steps,
    unwrapped,
)
from zeroskel.encoders._movement_camera import averaged_in_time
from zeroskel.encoders._movement_legs import Legs
from zeroskel.encoders._movement_repetition import Repetition
from zeroskel.encoders._series import TINY, Array, array_namespace, constant, farthest, length

POSTURES = ("stands", "sits", "crouches", "kneels", "lies")
_END = 0.08  # share of the frames that is the beginning, and the end
_JUMP = 0.4  # standard deviation in seconds of the Gaussian mean from which a jump stands out
_SHARPNESS = 1.5  # of the choice between the postures


def trunk_quantities(body: Body, legs: Legs) -> dict[str, Array]:
    """Return the quantities (N,) of the trunk: angles of the line from pelvis to neck, in degrees."""
    xp = array_namespace(body.trunk)
    axis = body.trunk / (length(body.trunk)[..., None] + TINY)
    trunk = body.components(axis)
    out, up, front = trunk[..., OUT], trunk[..., UP], trunk[..., FRONT]
    forward = degrees(xp.atan2(front, up))
    backward = -forward * ramp(up, 0.1, 0.4)  # a body that lies on its back does not lean
    # a trunk that bends forward shows a side if the direction of the front is inexact, but a small one
    sideways = degrees(xp.asin(clip(out, -1.0, 1.0))) * xp.abs(out) / (xp.sqrt(out * out + front * front) + TINY)
    across = body.points["shoulder"][:, :, RIGHT] - body.points["shoulder"][:, :, LEFT]
    hips = body.points["hip"][:, :, RIGHT] - body.points["hip"][:, :, LEFT]
    twist = degrees(_angle_about(axis, hips, across))
    turn = degrees(_angle_about(axis, mean(body.right)[:, None] + 0 * across, across))
    lows, highs = columns_at((0.05, 0.95), forward, sideways, twist, turn, backward)
    (_, most_left, *_), (most_forward, most_right, *_, most_back) = lows, highs
    twists, turns = (high - low for low, high in zip(lows[2:4], highs[2:4], strict=True))
    lean = xp.where(xp.abs(most_right) > xp.abs(most_left), most_right, most_left)
    return {
        # quantile 95 % of the angle to the front, from 12 to 80; to the back, from 8 to 35
        "trunk_bends": ramp(most_forward, 12, 80),
        "trunk_back": ramp(most_back, 8, 35),
        # the larger angle to a side, from 8 to 35; its direction, from 6 to 20
        "trunk_leans": ramp(xp.abs(lean), 8, 35),
        "lean_side": xp.sign(lean) * ramp(xp.abs(lean), 6, 20),
        # range of the angle about the trunk between shoulders and hips, from 15 to 70, or, if the feet stay, of the
        # shoulders in the room, from 25 to 100
        "trunk_twists": xp.maximum(ramp(twists, 15, 70), ramp(turns, 25, 100) * (1 - legs.steps)),
        # deviation of the direction of the trunk, as the length of a chord
        "trunk_moves": ramp(spread(trunk), 0.02, 0.35),
    }


def head_quantities(body: Body) -> dict[str, Array]:
    """Return the quantities (N,) of the head, from the line from neck to head."""
    xp = array_namespace(body.head)
    line = body.components(body.head - body.neck)
    nod = degrees(xp.atan2(line[..., FRONT], line[..., UP]))
    (back,), (front,) = columns_at((0.1, 0.9), nod)
    moves = ramp(spread((body.head - body.neck) / body.torso[..., None]), 0.02, 0.12)
    return {
        # angle to the front in degrees: quantile 90 % from 15 to 60; to the back: from 10 to 45
        "head_lowered": ramp(front, 15, 60),
        "head_raised": ramp(-back, 10, 45),
        # deviation of the head from the neck in torso lengths; the joints do not show turns of the head
        "head_moves": moves,
    }


def posture_quantities(body: Body, legs: Legs) -> dict[str, Array]:
    """Return how much the body stands, sits, crouches, kneels and lies, at the beginning, on average and at the end."""
    shares, end = posture_shares(body, legs), _end(body)
    moments = {"start": shares[:, :end], "held": shares, "end": shares[:, -end:]}
    return {
        f"{moment}_{posture}": mean(part)[:, index]
        for moment, part in moments.items()
        for index, posture in enumerate(POSTURES)
    }


def posture_shares(body: Body, legs: Legs) -> Array:
    """Return how much the body is in each of the five `POSTURES` (N, T, 5).

    The five values of a moment sum to 1: they are a softmax over scores of the frames.
    """
    xp = array_namespace(body.pelvis)
    lift, (knee, thigh, shank) = body.lift, (legs.knee, legs.thigh_drops, legs.shank_drops)
    upright = body.trunk[..., UP] / (length(body.trunk) + TINY)
    thigh = 0.5 * xp.min(thigh, axis=2) + 0.5 * xp.mean(thigh, axis=2)
    shank, bent = xp.mean(shank, axis=2), xp.mean(knee, axis=2)
    lower_knee = xp.min(legs.knee_height, axis=2)
    scores = [
        # stands: hips high, thighs vertical, trunk upright
        8 * (lift - 0.75) + 2 * ramp(thigh, 0.4, 0.8) - 1 + 1.5 * ramp(upright, 0.2, 0.6),
        # sits: hips at knee height, thighs horizontal, shanks vertical, trunk upright
        4 * (1 - ramp(thigh, 0.35, 0.8))
        + 3 * ramp(shank, 0.3, 0.8)
        - 12 * xp.abs(lift - 0.58)
        + 2 * ramp(upright, 0.3, 0.7)
        - 3.4,
        # crouches: hips low, knees bent, trunk not horizontal
        10 * (0.42 - lift) + 2 * ramp(bent, 70, 120) + 2 * ramp(upright, 0.1, 0.5) - 1.5,
        # kneels: a knee on the floor, hips not high, shanks horizontal
        6 * (1 - ramp(lower_knee, 0.1, 0.3))
        - 6 * ramp(lift, 0.6, 0.8)
        + 3 * ramp(-shank, -0.5, 0.0)
        + 1.5 * ramp(upright, 0.1, 0.5)
        - 5,
        # lies: trunk horizontal, hips low
        7 * (1 - ramp(xp.abs(upright), 0.3, 0.6)) + 8 * (0.35 - lift) - 3,
    ]
    stacked = _SHARPNESS * xp.stack(scores, axis=2)
    weights = xp.exp(stacked - xp.max(stacked, axis=2, keepdims=True))
    return weights / xp.sum(weights, axis=2, keepdims=True)


def hip_quantities(body: Body) -> dict[str, Array]:
    """Return how the hips rise and sink (N,), from their height with 1 in a body that stands."""
    xp = array_namespace(body.pelvis)
    end, lift = _end(body), body.lift
    lower_foot = xp.min(body.points["ankle"][..., UP], axis=2) / body.leg
    heights = xp.stack([lower_foot, body.pelvis[..., UP] / body.leg], axis=2)
    stands_out = xp.min(heights - averaged_in_time(heights, body.seconds, _JUMP), axis=2)
    above_usual = lift - quantile(lift, 0.6)[:, None] + 0.03
    risen = xp.minimum(stands_out, above_usual)
    (lowest, _), (usual, _), (_, highest) = columns_at((0.03, 0.8, 0.97), lift, risen)
    return {
        # height at the end less that at the beginning; 1 from 0.35 on
        "hips_change": clip((mean(lift[:, -end:]) - mean(lift[:, :end])) / 0.35, -1.0, 1.0),
        # the lowest height below the usual high one, from 0.08 to 0.35
        "sinks": ramp(usual - lowest, 0.08, 0.35),
        # both feet and the pelvis are for a moment above their heights before and after, by 0.03 to 0.15 leg lengths,
        # and the pelvis is not below its usual height
        "rises": ramp(highest, 0.03, 0.15),
    }


def travel_quantities(body: Body) -> dict[str, Array]:
    """Return where the body goes, in leg lengths, and how it turns about the vertical, in degrees (N,)."""
    xp = array_namespace(body.pelvis)
    floor_path = body.pelvis * constant(np.array([1, 0, 1]), body.pelvis)
    leg = body.leg[:, 0]
    way = length(floor_path[:, -1] - floor_path[:, 0]) / leg
    extent = length(xp.max(floor_path, axis=1) - xp.min(floor_path, axis=1)) / leg
    moved = steps(floor_path)
    forward, sideways = (xp.sum(moved * direction[:, 1:], axis=(1, 2)) / leg for direction in (body.front, body.right))
    yaw = degrees(unwrapped(_yaw(body.right)))
    return {
        # the way from the first frame to the last, or the extent of the path, from 0.25 to 2
        "travels": ramp(xp.maximum(extent, way), 0.25, 2.0),
        # ways to the own front (negative: to the back) from 0.2 to 1.2, and to a side from 0.3 to 1.2
        "travel_back": xp.sign(forward) * ramp(xp.abs(forward), 0.2, 1.2),
        "travel_sideways": ramp(xp.abs(sideways), 0.3, 1.2),
        # range of the direction that the body faces, from 30 to 300; the turn from the first frame to the last
        "turns": ramp(xp.max(yaw, axis=1) - xp.min(yaw, axis=1), 30, 300),
        "turn_side": clip(yaw[:, -1] / 120, -1.0, 1.0),
    }


def vigour_quantities(body: Body) -> dict[str, Array]:
    """Return how fast (N,) head, hands, knees, ankles and pelvis move, in torso lengths a second."""
    xp = array_namespace(body.pelvis)
    ends = [
        body.head,
        body.pelvis,
        *(body.points[pair][:, :, side] for pair in ("hand", "knee", "ankle") for side in (0, 1)),
    ]
    joints = xp.stack(ends, axis=2)
    observed = xp.astype(farthest(joints) > 0, joints.dtype)
    per_second = 1 / (body.seconds[:, None, None] * body.torso[..., None])
    speed = length(steps(joints)) * per_second
    in_body = length(steps(joints - body.pelvis[:, :, None])) * per_second * observed[:, None]
    squares = xp.sum(speed * speed * observed[:, None], axis=2) / xp.sum(observed, axis=1, keepdims=True).clip(1.0)
    return {
        # quantile 90 % over time of the point that is fastest relative to the pelvis, from 0.6 to 25
        "speed": log_ramp(quantile(xp.max(in_body, axis=2), 0.9), 0.6, 25.0),
        # mean over time, with the root mean square over all points from 2 down to 0.1
        "still": 1 - mean(log_ramp(xp.sqrt(squares), 0.1, 2.0)),
    }


def repetition_quantities(repeated: dict[str, Repetition], right_leads: Array) -> dict[str, Array]:
    """Return how the whole action repeats itself (N,): the strongest of the body's and the leading hand's repetition.

    Args:
        repeated: repetition of the paths "body", "left hand" and "right hand".
        right_leads: (N,) how clearly the right arm leads, from 0 to 1.
    """
    xp = array_namespace(right_leads)
    strength, rate = repeated["body"].strength, repeated["body"].rate
    for hand, leads in (("right hand", right_leads), ("left hand", 1 - right_leads)):
        of_hand = repeated[hand].strength * leads
        better = of_hand > strength
        strength, rate = xp.where(better, of_hand, strength), xp.where(better, repeated[hand].rate, rate)
    # the rate in hertz, divided by 4, where the repetition is clear
    return {"repeats": strength, "rate": clip(rate / 4) * ramp(strength, 0.2, 0.5)}


def _angle_about(axis: Array, first: Array, second: Array) -> Array:
    """Return the angle (N, T) in radians from one vector to another, seen along an axis of length 1 (N, T, 3)."""
    xp = array_namespace(axis)
    one, other = (v - axis * xp.sum(axis * v, axis=2, keepdims=True) for v in (first, second))
    cross = xp.linalg.cross(one, other)
    return xp.atan2(xp.sum(cross * axis, axis=2), xp.sum(one * other, axis=2))


def _yaw(vectors: Array) -> Array:
    """Return the direction (N, T) of vectors (N, T, 3) about the vertical in radians."""
    return array_namespace(vectors).atan2(vectors[..., 2], vectors[..., 0])


def _end(body: Body) -> int:
    """Return the number of frames that are the beginning, and the end."""
    return max(1, round(_END * body.joints.shape[1]))

"""The course of a movement: the series behind the movement vocabulary, for descriptions with durations."""

from dataclasses import dataclass

import numpy as np

from zeroskel.core import Layout
from zeroskel.encoders._measures import RolePoints
from zeroskel.encoders._movement_action import Action
from zeroskel.encoders._movement_body import FRONT, LEFT, OUT, RIGHT, UP, Body, bend, degrees, unwrapped
from zeroskel.encoders._movement_legs import Legs
from zeroskel.encoders._movement_posture import POSTURES, posture_shares
from zeroskel.encoders._movement_repetition import Repetition, repetitions
from zeroskel.encoders._series import TINY, length

_LOW_HIPS = 0.5  # height of the hips of a body that lies, at most; 1 where it stands


@dataclass(frozen=True, eq=False)
class Course:
    """Course of the movement of one body over T frames; NaN where a frame was not observed.

    The axis S is (left, right). Vectors have the components outward (or right), up and front, in the body's own
    directions.

    Args:
        seconds: from one frame to the next.
        observed: what was observed at all: "trunk", "head", "left arm", "right arm", "legs" and "depth".
        leg: length of a leg in the unit of the joints.
        arm: length of an arm in the unit of the joints.
        hand_above: height (T, S) of the hands above "head", "neck", "pelvis", the lower "knee" and the "floor", in
            torso lengths.
        hand_from: distance (T, S) of the hands from "head", "hip" and "knee" of the nearer side, in torso lengths.
        reach: (T, S, 3) from shoulder to hand, in arm lengths.
        hand: (T, S, 3) from neck to hand, in arm lengths.
        hand_speed: (T, S) in arm lengths a second.
        elbow: bend (T, S) of the elbows in degrees.
        hands_apart: (T,) distance of the hands in torso lengths.
        wrists_crossed: (T,) how far the wrists are past each other, in torso lengths; negative where they are not.
        postures: (T, 5) shares of the postures "stands", "sits", "crouches", "kneels" and "lies".
        knee: bend (T, S) of the knees in degrees.
        foot_above_other: height (T, S) of each ankle above the other one, in leg lengths.
        foot_from_hip: (T, S, 3) from hip to ankle, in leg lengths.
        lower_foot: height (T,) of the lower ankle above the floor, in leg lengths.
        upright: (T,) cosine of the angle of the trunk with the vertical.
        bend: (T,) angle of the trunk to the front in degrees.
        lean: (T,) angle of the trunk to the right in degrees.
        lift: (T,) height of the pelvis, 1 where it is when the body stands.
        way: (T, 2) way of the pelvis to the body's right and to its front so far, in leg lengths.
        turned: (T,) turn to the right about the vertical so far, in degrees.
        walks: how clearly the feet step again and again, 0 to 1.
        repeated: (strength, repetitions a second) of "left hand", "right hand", "feet" and "body".
    """

    seconds: float
    observed: dict[str, bool]
    leg: float
    arm: float
    hand_above: dict[str, np.ndarray]
    hand_from: dict[str, np.ndarray]
    reach: np.ndarray
    hand: np.ndarray
    hand_speed: np.ndarray
    elbow: np.ndarray
    hands_apart: np.ndarray
    wrists_crossed: np.ndarray
    postures: np.ndarray
    knee: np.ndarray
    foot_above_other: np.ndarray
    foot_from_hip: np.ndarray
    lower_foot: np.ndarray
    upright: np.ndarray
    bend: np.ndarray
    lean: np.ndarray
    lift: np.ndarray
    way: np.ndarray
    turned: np.ndarray
    walks: float
    repeated: dict[str, tuple[float, float]]

    @property
    def lies(self) -> np.ndarray:
        """Return the frames (T,) in which the body lies: its hips are low and not only its trunk is horizontal."""
        return np.asarray((self.postures[:, POSTURES.index("lies")] > 0.5) & (self.lift < _LOW_HIPS))


def movement_course(joints: np.ndarray, seconds: float, layout: Layout) -> Course:
    """Measure the course of a movement.

    Args:
        joints: (T, V, 3) with T at least 2, as in `movement_quantities`; 0 where a joint was not observed.
        seconds: from one frame to the next.
        layout: layout of the V joints.
    """
    batch = joints[None].astype(np.float64)
    body = Body(batch, np.array([seconds]), layout)
    repeated = repetitions(body, Action(body))
    legs = Legs(body, repeated["feet"])
    observed = {name: bool(flag[0]) for name, flag in body.observed.items()}
    seen = _Seen(RolePoints(batch, layout), observed)
    torso, leg = float(body.torso[0, 0]), float(body.leg[0, 0])
    hand, wrist = body.points["hand"][0], body.points["wrist"]
    shoulder, elbow = body.points["shoulder"], body.points["elbow"]
    path, arm = body.hands[0], float(body.arm[0, 0])
    knee_heights = body.points["knee"][0, ..., UP]
    levels = {
        "head": seen.head(body.head[0, :, UP]),
        "neck": body.neck[0, :, UP],
        "pelvis": body.pelvis[0, :, UP],
        "knee": seen.legs(knee_heights.min(axis=1)),
        "floor": seen.legs(np.full(len(hand), body.floor[0, 0])),
    }
    nearer = {
        name: np.minimum(*(length(hand - body.points[name][0, :, [side]].swapaxes(0, 1)) for side in (LEFT, RIGHT)))
        for name in ("hip", "knee")
    }
    from_head = length(hand - body.head[0, :, None])
    trunk = body.components(body.trunk)[0] / (length(body.trunk[0])[:, None] + TINY)
    right = body.right[0]
    moved = np.diff(body.pelvis[0], axis=0, prepend=body.pelvis[0, :1]) / leg
    way = np.stack([(moved * axis).sum(axis=1).cumsum() for axis in (right, body.front[0])], axis=1)
    yaw = unwrapped(np.arctan2(right[None, :, 2], right[None, :, 0]))[0]
    return Course(
        seconds=seconds,
        observed=observed,
        leg=leg,
        arm=arm,
        hand_above={name: seen.arms((hand[..., UP] - level[:, None]) / torso) for name, level in levels.items()},
        hand_from={
            "head": seen.arms(seen.head(from_head)) / torso,
            "hip": seen.arms(nearer["hip"]) / torso,
            "knee": seen.arms(seen.legs(nearer["knee"])) / torso,
        },
        reach=seen.arms(body.outward(hand[None] - shoulder)[0] / arm),
        hand=seen.arms(path),
        hand_speed=seen.arms(length(np.diff(path, axis=0, prepend=path[:1])) / seconds),
        elbow=seen.arms(bend(elbow - shoulder, wrist - elbow)[0]),
        hands_apart=seen.both_arms(length(hand[:, LEFT] - hand[:, RIGHT])) / torso,
        wrists_crossed=seen.both_arms(-body.components(wrist[:, :, RIGHT] - wrist[:, :, LEFT])[0, :, OUT]) / torso,
        postures=seen.legs(posture_shares(body, legs)[0]),
        knee=seen.legs(legs.knee[0]),
        foot_above_other=seen.legs(legs.above_other[0]),
        foot_from_hip=seen.legs(body.outward(legs.ankle - body.points["hip"])[0] / leg),
        lower_foot=seen.legs(legs.ankle[0, ..., UP].min(axis=1) - body.floor[0, 0]) / leg,
        upright=seen.trunk(trunk[:, UP]),
        bend=seen.trunk(degrees(np.arctan2(trunk[:, FRONT], trunk[:, UP]))),
        lean=seen.trunk(degrees(np.arctan2(trunk[:, OUT], np.maximum(trunk[:, UP], 0.2)))),
        lift=seen.legs(body.lift[0]),
        way=seen.trunk(way),
        turned=seen.trunk(degrees(yaw)),
        walks=float(legs.walks[0]) if observed["legs"] else 0.0,
        repeated={name: _of_one(repetition) for name, repetition in repeated.items()},
    )


def _of_one(repetition: Repetition) -> tuple[float, float]:
    return float(repetition.strength[0]), float(repetition.rate[0])


class _Seen:
    """Sets series to NaN in the frames in which their joints were not observed."""

    def __init__(self, roles: RolePoints, observed: dict[str, bool]) -> None:
        frames = roles.points.shape[1]

        def frames_of(*names: str) -> np.ndarray:
            present = np.ones(frames, dtype=bool)
            for name in names:
                present &= name in roles and np.abs(roles[name][0]).max(axis=1) > 0
            return _without_neighbours_of_gaps(present)

        hips = ("hip_left", "hip_right") if observed["hips"] else ()
        self._trunk = np.asarray(frames_of("shoulder_left", "shoulder_right", *hips) & observed["trunk"])
        self._head = np.asarray(frames_of("head") & observed["head"])
        sides = [
            frames_of(f"elbow_{side}", f"hand_{side}") & self._trunk & observed[f"{side} arm"]
            for side in ("left", "right")
        ]
        self._arms = np.stack(sides, axis=1)
        legs = frames_of("knee_left", "knee_right", "ankle_left", "ankle_right")
        self._legs = legs & self._trunk & observed["legs"]

    def trunk(self, series: np.ndarray) -> np.ndarray:
        """Return a series (T, …) with NaN where the trunk was not observed."""
        return _where(self._trunk, series)

    def head(self, series: np.ndarray) -> np.ndarray:
        """Return a series (T, …) with NaN where the head was not observed."""
        return _where(self._head, series)

    def legs(self, series: np.ndarray) -> np.ndarray:
        """Return a series (T, …) with NaN where one of the legs was not observed."""
        return _where(self._legs, series)

    def arms(self, series: np.ndarray) -> np.ndarray:
        """Return series (T, S, …) with NaN where the arm was not observed."""
        return _where(self._arms, series)

    def both_arms(self, series: np.ndarray) -> np.ndarray:
        """Return a series (T, …) with NaN where one of the arms was not observed."""
        return _where(self._arms[:, LEFT] & self._arms[:, RIGHT], series)


def _where(present: np.ndarray, series: np.ndarray) -> np.ndarray:
    mask = present.reshape(*present.shape, *[1] * (series.ndim - present.ndim))
    return np.asarray(np.where(mask, series, np.nan))


def _without_neighbours_of_gaps(present: np.ndarray) -> np.ndarray:
    """Return a mask (T,) that is also false beside false frames, which smoothing mixes with their neighbours."""
    result = present.copy()
    result[1:] &= present[:-1]
    result[:-1] &= present[1:]
    return result

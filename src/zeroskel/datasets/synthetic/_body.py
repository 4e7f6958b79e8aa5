"""Body: a human of rigid bones, posed by channels; arms and trunk by joint angles, legs by where the ankles are."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zeroskel.core import get_layout
from zeroskel.datasets.synthetic._moves import ARM_CHANNELS, CHANNEL, LEG_CHANNELS

LAYOUT = "ntu-25"
_UP = np.array([0.0, 1.0, 0.0])
_FORWARD = np.array([0.0, 0.0, 1.0])
_LEFT, _RIGHT = 1.0, -1.0  # the person's left is +x: x left, y up, z forward is right-handed
_STRAIGHTEST = 0.998  # of a leg's length: a knee never locks


@dataclass(frozen=True)
class Body:
    """Body of one person; `body["thigh"]` is the length of a segment in metres.

    Attributes:
        stature: metres.
        fractions: lengths of the segments as fractions of the stature.
    """

    stature: float
    fractions: Mapping[str, float]

    def __getitem__(self, segment: str) -> float:
        return self.fractions[segment] * self.stature

    @property
    def leg(self) -> float:
        """Thigh and shank, metres."""
        return self["thigh"] + self["shank"]


def pose_body(body: Body, channels: np.ndarray) -> np.ndarray:
    """Return joint positions (T, 25, 3) in metres of a body posed by channels (T, D), in the layout "ntu-25".

    The frame is the person's own at the start: x to the left, y up from the floor, z forward.
    """
    spin = _rotation(np.deg2rad(channels[:, [CHANNEL["pelvis.spin"]]]) * -_UP)
    points = {"hip_center": _pelvis(body, channels)}
    _add_trunk(points, body, channels)
    for side, sign in (("left", _LEFT), ("right", _RIGHT)):
        _add_leg(points, body, channels, side, sign)
    joints = np.stack([points[name] for name in get_layout(LAYOUT).joints], axis=1)
    return joints @ np.swapaxes(spin, 1, 2)


def _pelvis(body: Body, channels: np.ndarray) -> np.ndarray:
    """Return (T, 3) hip centre: as asked, but never so high that a foot on the floor is out of reach."""
    leg, ankle_height = body.leg, body["ankle_height"]
    ahead, aside, rise = (channels[:, CHANNEL[f"pelvis.{name}"]] * leg for name in ("ahead", "aside", "rise"))
    height = _STRAIGHTEST * leg + ankle_height + rise
    for side, sign in (("left", _LEFT), ("right", _RIGHT)):
        foot_ahead, foot_aside, lift = (channels[:, CHANNEL[f"{side}_leg.{name}"]] * leg for name in LEG_CHANNELS)
        away = (foot_ahead - ahead) ** 2 + (sign * foot_aside + aside) ** 2
        reach = np.sqrt(np.maximum((_STRAIGHTEST * leg) ** 2 - away, (0.3 * leg) ** 2))
        height = np.minimum(height, ankle_height + reach + 4 * lift)
    return np.stack([-aside, height, ahead], axis=1)


def _add_trunk(points: dict[str, np.ndarray], body: Body, channels: np.ndarray) -> None:
    bend = _angles(channels, "torso.bend", "torso.turn", "torso.lean") * [1, -1, 1]
    lower, chest = _rotation(bend / 2), _rotation(bend)
    points["spine"] = points["hip_center"] + lower @ (body["abdomen"] * _UP)
    points["shoulder_center"] = points["spine"] + chest @ (body["thorax"] * _UP)
    nod = _angles(channels, "head.nod", "head.turn", "head.tilt") * [1, -1, 1]
    skull = chest @ _rotation(nod)
    points["neck"] = points["shoulder_center"] + chest @ _rotation(nod / 2) @ (body["neck"] * _UP)
    points["head"] = points["neck"] + skull @ (body["head"] * np.array([0.0, 0.95, 0.312]))
    for side, sign in (("left", _LEFT), ("right", _RIGHT)):
        _add_arm(points, body, channels, chest, side, sign)


def _add_arm(
    points: dict[str, np.ndarray], body: Body, channels: np.ndarray, chest: np.ndarray, side: str, sign: float
) -> None:
    forward, out, twist, elbow, wrist = _angles(channels, *(f"{side}_arm.{name}" for name in ARM_CHANNELS)).T
    zero = np.zeros_like(forward)
    shrug = _rotation(np.stack([zero, zero, sign * 0.12 * np.hypot(forward, out)], axis=1))
    upper = chest @ _rotation(np.stack([-forward, zero, sign * out], axis=1))
    upper = upper @ _rotation(np.stack([zero, sign * twist, zero], axis=1))
    lower = upper @ _rotation(np.stack([-elbow, zero, zero], axis=1))
    hand = lower @ _rotation(np.stack([-wrist, zero, zero], axis=1))
    shoulder = points["shoulder_center"] + chest @ shrug @ (body["shoulder"] * np.array([sign, -0.15, 0.0]))
    points[f"shoulder_{side}"] = shoulder
    points[f"elbow_{side}"] = shoulder - upper @ (body["upper_arm"] * _UP)
    points[f"wrist_{side}"] = points[f"elbow_{side}"] - lower @ (body["forearm"] * _UP)
    points[f"hand_{side}"] = points[f"wrist_{side}"] - hand @ (body["palm"] * _UP)
    points[f"hand_tip_{side}"] = points[f"hand_{side}"] - hand @ (body["finger"] * _UP)
    points[f"thumb_{side}"] = points[f"hand_{side}"] + hand @ (body["thumb"] * np.array([-0.2 * sign, -0.6, 0.77]))


def _add_leg(points: dict[str, np.ndarray], body: Body, channels: np.ndarray, side: str, sign: float) -> None:
    """Add hip, knee, ankle and foot: thigh and shank meet at the knee, in front of the line from hip to ankle."""
    leg = body.leg
    ahead, aside, lift = (channels[:, CHANNEL[f"{side}_leg.{name}"]] * leg for name in LEG_CHANNELS)
    hip = points["hip_center"] + [sign * body["hip"], 0.0, 0.0]
    wish = np.stack([sign * (body["hip"] + aside), body["ankle_height"] + lift, ahead], axis=1)
    reach, line = _length_and_direction(wish - hip)
    reach = np.clip(reach, 0.35 * leg, _STRAIGHTEST * leg)
    ankle = hip + reach * line
    along = (reach**2 + body["thigh"] ** 2 - body["shank"] ** 2) / (2 * reach)
    out = np.sqrt(np.maximum(body["thigh"] ** 2 - along**2, 0.0))
    front = _across(_FORWARD + 0.25 * _UP + [0.12 * sign, 0.0, 0.0], line)
    knee = hip + along * line + out * front
    points[f"hip_{side}"], points[f"knee_{side}"], points[f"ankle_{side}"] = hip, knee, ankle
    points[f"foot_{side}"] = ankle + body["foot"] * _foot_direction(knee, ankle, lift / leg, body)


def _foot_direction(knee: np.ndarray, ankle: np.ndarray, lift: np.ndarray, body: Body) -> np.ndarray:
    """Return (T, 3): flat on the floor while the ankle is low, square to the shank once it is lifted."""
    drop = body["ankle_height"] / body["foot"] * 0.9
    flat = np.array([0.0, -drop, np.sqrt(1 - drop**2)])
    shank = _length_and_direction(ankle - knee)[1]
    lifted = 0.8 * _across(_FORWARD + 0.3 * _UP, shank) + 0.6 * shank
    free = np.clip(lift / 0.2, 0.0, 1.0)[:, None]
    return _length_and_direction(flat * (1 - free) + lifted * free)[1]


def _angles(channels: np.ndarray, *names: str) -> np.ndarray:
    return np.deg2rad(channels[:, [CHANNEL[name] for name in names]])


def _length_and_direction(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    length = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return length, vectors / length


def _across(direction: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Return (T, 3) unit vectors: the part of a direction (3,) that is square to unit vectors `line` (T, 3)."""
    return _length_and_direction(direction - (line @ direction)[:, None] * line)[1]


def _rotation(vectors: np.ndarray) -> np.ndarray:
    """Return (T, 3, 3) rotations about vectors (T, 3) by their lengths in radians (Rodrigues' formula)."""
    angle, axis = _length_and_direction(vectors)
    x, y, z = axis.T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)
    sine, cosine = np.sin(angle)[:, :, None], np.cos(angle)[:, :, None]
    return np.eye(3) + sine * cross + (1 - cosine) * (cross @ cross)

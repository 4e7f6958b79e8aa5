"""Measures of moving bodies: angles, distances, heights, rhythm and how two bodies stand to each other."""

from collections.abc import Sequence

import numpy as np

from zeroskel.core import Layout

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
ANGLES = (  # at the middle one
    ("shoulder_right", "elbow_right", "wrist_right"),
    ("shoulder_left", "elbow_left", "wrist_left"),
    ("hip_right", "knee_right", "ankle_right"),
    ("hip_left", "knee_left", "ankle_left"),
    ("chest", "pelvis", "knee_right"),
    ("chest", "pelvis", "knee_left"),
    ("elbow_right", "shoulder_right", "pelvis"),
    ("elbow_left", "shoulder_left", "pelvis"),
)
HEIGHTS = ("pelvis", "head", "hand_right")  # above the lower foot
PLANES = ((0, 1), (1, 2), (0, 2))  # x-y, y-z, x-z

START, MIDDLE, END = (0.0, 0.06), (0.44, 0.56), (0.94, 1.0)  # shares of the recording
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
LAGS = np.arange(1, 40, 2) / 50  # of the autocorrelation, as shares of the recording
FAST = 0.9  # the quantile of a joint's speeds that stands for its fast moments
LEAST_STEP = 0.02  # torso lengths a frame: slower is no movement that could reverse
LEAST_EXTENT = 0.2  # torso lengths, so that the noise of a joint at rest has no long path for its extent
TINY = 1e-6

Roles = dict[str, np.ndarray]


def role_joints(layout: Layout) -> dict[str, list[int]]:
    """Role, such as "pelvis", "head" or "hand_left" -> the joints on the V axis whose mean it is.

    A hand that the layout has neither as a joint nor as a derived one is the wrist, a foot the ankle, the other way
    round too, and a head the nose. A role that remains without joints is absent.
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


def smooth(joints: np.ndarray) -> np.ndarray:
    """(…, T, V, C) joints, each inner frame the weighted mean (1, 2, 1) of itself and its neighbours."""
    smoothed = joints.copy()
    smoothed[..., 1:-1, :, :] = (joints[..., :-2, :, :] + 2 * joints[..., 1:-1, :, :] + joints[..., 2:, :, :]) / 4
    return smoothed


def distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(…) distance of points (…, C)."""
    return np.linalg.norm(first - second, axis=-1)


def direction(vectors: np.ndarray) -> np.ndarray:
    """Vectors (…, C) of length 1; 0 stays 0."""
    return vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + TINY)


def angle(first: np.ndarray, middle: np.ndarray, last: np.ndarray) -> np.ndarray:
    """(…) radians, 0 to pi, between the rays from `middle` to `first` and to `last`, points (…, C)."""
    u, v = first - middle, last - middle
    lengths = np.linalg.norm(u, axis=-1) * np.linalg.norm(v, axis=-1)
    return np.arccos(np.clip((u * v).sum(axis=-1) / (lengths + TINY), -1, 1))


def yaw(vectors: np.ndarray) -> np.ndarray:
    """(…) radians about the vertical of vectors (…, 3); 0 along x."""
    return np.arctan2(vectors[..., 2], vectors[..., 0] + TINY)


def statistics(series: Sequence[np.ndarray]) -> np.ndarray:
    """(N, 9 K) statistics over time of K series (N, T): quantiles 5, 25, 50, 75, 95 %, deviation, start, end, middle.

    Start, end and middle are means over the first 6 %, the last 6 % and the 12 % in between, at least a frame each.
    """
    values = np.stack(series, axis=-1)
    found = [*np.quantile(values, QUANTILES, axis=1), values.std(axis=1)]
    found += [values[:, window].mean(axis=1) for window in windows(values.shape[1])]
    return np.concatenate(found, axis=1)


def windows(frames: int) -> list[slice]:
    """Start, end and middle of so many frames, at least a frame each."""
    found = []
    for begin, end in (START, END, MIDDLE):
        first = min(round(begin * frames), frames - 1)
        found.append(slice(first, max(round(end * frames), first + 1)))
    return found


def autocorrelation(relative: np.ndarray) -> np.ndarray:
    """(N, 20) of joints (N, T, V, C), all together, at lags of 2 % to 78 % of the recording; 1 at lag 0."""
    n, frames = relative.shape[:2]
    waves = np.fft.rfft((relative - relative.mean(axis=1, keepdims=True)).reshape(n, frames, -1), n=2 * frames, axis=1)
    products = np.fft.irfft((np.abs(waves) ** 2).sum(axis=2), n=2 * frames, axis=1)
    return products[:, lag_frames(frames)] / (products[:, :1] + TINY)


def lag_frames(frames: int) -> np.ndarray:
    """(20,) LAGS in frames of a recording."""
    return np.rint(LAGS * frames).astype(int)


def reversals(points: np.ndarray) -> np.ndarray:
    """(N, C) how often points (N, T, C) turn back or set out along each axis, to a step above LEAST_STEP."""
    steps = np.diff(points, axis=1)
    turned = np.sign(steps[:, 1:]) != np.sign(steps[:, :-1])
    return (turned & (np.abs(steps[:, 1:]) > LEAST_STEP)).sum(axis=1)


def enclosed_area(points: np.ndarray) -> np.ndarray:
    """(N, 6) twice the signed area that the path of points (N, T, 3) goes around in the planes x-y, y-z, x-z; its size.

    The sum of cross products of consecutive points about their mean (the shoelace formula without the closing edge).
    """
    p = points - points.mean(axis=1, keepdims=True)
    areas = [(p[:, :-1, a] * p[:, 1:, b] - p[:, 1:, a] * p[:, :-1, b]).sum(axis=1) for a, b in PLANES]
    return np.concatenate([np.stack(areas, axis=1), np.abs(np.stack(areas, axis=1))], axis=1)


def at_moments(values: np.ndarray, moments: int) -> np.ndarray:
    """(N, moments, …) of (N, T, …), at equal distances from the first frame to the last."""
    return values[:, moment_frames(values.shape[1], moments)]


def moment_frames(frames: int, moments: int) -> np.ndarray:
    """(moments,) the frames nearest to moments at equal distances from the first frame to the last."""
    return np.rint(np.linspace(0, frames - 1, moments)).astype(int)


def low_frequencies(relative: np.ndarray, frequencies: int) -> np.ndarray:
    """(N, frequencies, V, C) amplitudes over T of (N, T, V, C) at 1, 2, … cycles a recording; 0 if T is too short."""
    waves = np.fft.rfft(relative - relative.mean(axis=1, keepdims=True), axis=1)[:, 1 : frequencies + 1]
    result = np.zeros((len(relative), frequencies, *relative.shape[2:]), np.float32)
    result[:, : waves.shape[1]] = np.abs(waves) / relative.shape[1]
    return result


def body_measures(joints: np.ndarray, layout: Layout, *, moments: int, frequencies: int) -> dict[str, np.ndarray]:
    """What one body does, in groups of numbers.

    Args:
        joints: (N, T, V, 3) in torso lengths, y up, the pelvis of the first frame at the origin.
        layout: of the V joints.
        moments: how many poses.
        frequencies: how many frequencies above 0.

    Returns:
        Group -> (N, …) float32; a group whose joints the layout lacks is absent.
    """
    joints = smooth(
        np.repeat(joints, 2, axis=1) if joints.shape[1] == 1 else joints
    )  # a still has no speed, not no steps
    roles = {role: joints[:, :, found].mean(axis=2) for role, found in role_joints(layout).items()}
    relative = joints - roles["pelvis"][:, :, None]
    speed = np.linalg.norm(np.diff(relative, axis=1), axis=-1)
    path = speed.sum(axis=1)
    extent = np.ptp(relative, axis=1)
    groups = {
        "poses": [at_moments(relative, moments)],
        "spread": [relative.std(axis=1)],
        "frequencies": [low_frequencies(relative, frequencies)],
        "speed": [speed.mean(axis=1), speed.max(axis=1), np.quantile(speed, FAST, axis=1)],
        "path": [path, extent, path / (np.linalg.norm(extent, axis=-1) + LEAST_EXTENT)],
        "pelvis": [at_moments(roles["pelvis"], moments), statistics([*np.moveaxis(roles["pelvis"], -1, 0)])],
        "rhythm": [autocorrelation(relative)],
    }
    for name, series in _series(roles).items():
        if series:
            groups[name] = [statistics(series)]
    if "hand_right" in roles:
        hand = roles["hand_right"] - roles["chest"]
        groups |= {"reversals": [reversals(hand)], "area": [enclosed_area(hand)]}
    n = len(joints)
    return {
        name: np.concatenate([part.reshape(n, -1) for part in parts], axis=1, dtype=np.float32)
        for name, parts in groups.items()
    }


def _series(roles: Roles) -> dict[str, list[np.ndarray]]:
    """Group -> the series (N, T) of points (N, T, 3) that the roles at hand allow."""

    def at_hand(rows: Sequence[tuple[str, ...]]) -> list[list[np.ndarray]]:
        return [[roles[role] for role in row] for row in rows if roles.keys() >= set(row)]

    angles = [angle(*points) for points in at_hand(ANGLES)]
    angles.extend(np.moveaxis(direction(roles["chest"] - roles["pelvis"]), -1, 0))
    turns = [
        yaw(right - left) for right, left in at_hand([("shoulder_right", "shoulder_left"), ("hip_right", "hip_left")])
    ]
    if len(turns) == 2:
        angles += [np.sin(turns[0] - turns[1]), np.sin(turns[0]), np.sin(turns[1])]
    feet = [np.minimum(left[..., 1], right[..., 1]) for left, right in at_hand([("foot_left", "foot_right")])]
    return {
        "vectors": [axis for to, start in at_hand(VECTORS) for axis in np.moveaxis(to - start, -1, 0)],
        "distances": [distance(*pair) for pair in at_hand(DISTANCES)],
        "angles": angles,
        "heights": [point[..., 1] - foot for foot in feet for (point,) in at_hand([(role,) for role in HEIGHTS])],
    }


def relation_measures(joints: np.ndarray, layout: Layout) -> np.ndarray:
    """How two bodies stand to each other, as statistics over time.

    Distance of the pelvises; of each one's nearest hand to the other's head and chest; of their nearest hands; cosine
    of the direction that each one faces (at right angles to shoulders or hips) with the horizontal direction to the
    other; cosine of the two directions.

    Args:
        joints: (N, 2, T, V, 3) in torso lengths, y up; a body's left side lies at negative x where it faces -z.
        layout: of the V joints.

    Returns:
        (N, …) float32.
    """
    joints = smooth(joints)
    found = role_joints(layout)
    one, other = ({role: joints[:, m][:, :, at].mean(axis=2) for role, at in found.items()} for m in (0, 1))
    hands = [role for role in ("hand_left", "hand_right") if role in found]
    series = [distance(one["pelvis"], other["pelvis"])]
    for a, b in ((one, other), (other, one)):
        for aim in ("head", "chest"):
            if hands and aim in found:
                series.append(np.minimum.reduce([distance(a[hand], b[aim]) for hand in hands]))
    if hands:
        series.append(np.minimum.reduce([distance(one[a], other[b]) for a in hands for b in hands]))
    across = next((limb for limb in ("shoulder", "hip") if {f"{limb}_left", f"{limb}_right"} <= found.keys()), None)
    if across:
        faces = []
        for body in (one, other):
            side = body[f"{across}_right"] - body[f"{across}_left"]
            faces.append(direction(np.stack([side[..., 2], -side[..., 0]], axis=-1)))
        apart = direction((other["pelvis"] - one["pelvis"])[..., [0, 2]])
        series += [(u * v).sum(axis=-1) for u, v in ((faces[0], apart), (faces[1], -apart), (faces[0], faces[1]))]
    return statistics(series).astype(np.float32)

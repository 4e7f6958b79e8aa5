"""Depth of arms and legs from the lengths of their bones.

A pose estimator places joints well in the picture and badly along the line of sight. It draws raised arms forward,
takes an arm that points to the camera for a short one, and misses a hand that comes and goes along that line. A bone
that looks shorter than it is points to the camera or away from it, and its length tells by how much.
"""

import numpy as np

from zeroskel.core import get_layout

_LIMBS = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
_ENDS = {"wrist": ("pinky", "index", "thumb"), "ankle": ("heel", "foot")}  # joints that move with the end of a limb
# Standard deviations in bone lengths: of a bone's length in the picture, of its estimated depth, of the change of its
# depth in one second, and of a bend in an unlikely direction. docs/video.md names the measurement.
_LENGTH_ERROR = 0.05
_DEPTH_ERROR = 0.25
_CHANGE = 2.0
_BEND_ERROR = 0.2
_STRAIGHT = 0.2  # bone lengths by which a straight knee seems to bend forward
_LONGEST = 0.9  # quantile over time of the length in the picture that is taken for the bone's
_SHORTEST = 0.25  # quantile of the estimated length, for limbs that point to the camera throughout
_DEPTHS = np.linspace(-1.1, 1.1, 45)  # grid of the depth of a bone, in bone lengths
_SIDES = ("left", "right")


def correct_depth(joints: np.ndarray, rate: float) -> np.ndarray:
    """Return joints (T, 33, 3) of layout mediapipe-33 whose limbs have bones of constant length.

    Joints move along their lines of sight only. The depth of a bone is its expected value if its length, its estimated
    depth and the change of its depth between frames have Gaussian errors (forward-backward algorithm on a grid of
    depths). Knees that bend forward and hanging arms whose forearms point backward are unlikely.

    Args:
        joints: (T, 33, 3) metres from the camera: x to the right in the picture, y down, z away; NaN where not seen.
        rate: frames per second.

    Returns:
        (T, 33, 3), NaN where the joints were.
    """
    index = get_layout("mediapipe-33").joints.index

    def rows(name: str) -> list[int]:
        return [index(f"{name}_{side}") for side in _SIDES]

    corrected = joints.copy()
    shoulders, hips = joints[:, rows("shoulder")], joints[:, rows("hip")]
    up = _unit((shoulders - hips).mean(axis=1, keepdims=True))
    front = _unit(np.cross(up, (shoulders + hips)[:, 1:] - (shoulders + hips)[:, :1]))
    for root, middle, end in _LIMBS:
        bones = _Bones(corrected[:, rows(root)], joints[:, rows(root)], joints[:, rows(middle)])
        corrected[:, rows(middle)] = bones.moved(bones.penalty(), rate)
        first = _unit(corrected[:, rows(middle)] - corrected[:, rows(root)])
        hangs = (-2 * (first * up).sum(axis=2)).clip(0.0, 1.0)
        bones = _Bones(corrected[:, rows(middle)], joints[:, rows(middle)], joints[:, rows(end)])
        forward = (_unit(bones.candidates) * front[:, :, None]).sum(axis=3)
        if end == "wrist":  # a forearm whose elbow is not raised does not point backward
            wrong = -forward * hangs[..., None]
        else:  # a knee does not bend forward
            wrong = forward - (first * front).sum(axis=2)[..., None] - _STRAIGHT
        unlikely = np.nan_to_num(wrong.clip(0.0) / _BEND_ERROR) ** 2
        corrected[:, rows(end)] = bones.moved(bones.penalty() + unlikely, rate)
        for name in _ENDS[end]:
            change = np.nan_to_num(corrected[:, rows(end), 2] - joints[:, rows(end), 2])
            corrected[:, rows(name)] = _along_sight(joints[:, rows(name)], joints[:, rows(name), 2] + change)
    return corrected


class _Bones:
    """The bones of one kind on both sides S, with K candidates of their depth.

    Args:
        parent: (T, S, 3) corrected joints nearer to the trunk.
        estimated: (T, S, 3) the same joints as estimated.
        child: (T, S, 3) estimated joints farther from the trunk.

    Attributes:
        candidates: (T, S, K, 3) vectors from the parent to points on the child's line of sight.
    """

    def __init__(self, parent: np.ndarray, estimated: np.ndarray, child: np.ndarray) -> None:
        self.parent, self.child = parent, child
        self.known = ~np.isnan(parent + child).any(axis=2)
        self.estimate = child[..., 2] - estimated[..., 2]
        across = np.linalg.norm((child - estimated)[..., :2], axis=2)[self.known]
        solid = np.hypot(across, self.estimate[self.known])
        self.length = max(np.quantile(across, _LONGEST), np.quantile(solid, _SHORTEST)) if len(across) else 1.0
        away = parent[..., 2, None] + _DEPTHS * self.length
        points = (child[..., :2] / child[..., 2:])[..., None, :] * away[..., None]
        self.candidates = np.concatenate([points, away[..., None]], axis=3) - parent[..., None, :]

    def penalty(self) -> np.ndarray:
        """Return squared errors (T, S, K), in standard deviations, of the length and the depth of the candidates."""
        lengths = np.linalg.norm(self.candidates, axis=3) / self.length
        depth_errors = _DEPTHS - self.estimate[..., None] / self.length
        return ((lengths - 1) / _LENGTH_ERROR) ** 2 + (depth_errors / _DEPTH_ERROR) ** 2

    def moved(self, penalty: np.ndarray, rate: float) -> np.ndarray:
        """Return the child (T, S, 3) at its expected depth, from the squared errors (T, S, K) of the candidates."""
        penalty = np.where(self.known[..., None], penalty, 0.0)
        likelihood = np.exp(-0.5 * (penalty - penalty.min(axis=2, keepdims=True)))
        change = np.exp(-0.5 * ((_DEPTHS[:, None] - _DEPTHS) * rate / _CHANGE) ** 2)
        forward, backward = _passed_on(likelihood, change), _passed_on(likelihood[::-1], change)[::-1]
        belief = forward * backward / likelihood.clip(1e-300)
        depth = (belief * _DEPTHS).sum(axis=2) / belief.sum(axis=2) * self.length
        return np.where(self.known[..., None], _along_sight(self.child, self.parent[..., 2] + depth), self.child)


def _passed_on(likelihood: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Return the belief (T, S, K) in each depth after the frames up to each one."""
    belief = likelihood.copy()
    for frame in range(1, len(belief)):
        belief[frame] *= belief[frame - 1] @ change
        belief[frame] /= belief[frame].sum(axis=1, keepdims=True)
    return belief


def _along_sight(points: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Return points (T, S, 3) moved along their lines of sight to depths (T, S)."""
    return points * (depth / points[..., 2])[..., None]


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors (…, 3) of length 1."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)

"""Recordings that show people in a mirror: left-handed axes, such as those of Unity and Unreal, read as right-handed.

Toes, faces and bent knees point to the front. In a mirror they point to where left and right say that the back is.
"""

import warnings
from collections.abc import Iterable

import numpy as np

from zeroskel.core._layout import Layout
from zeroskel.skeleton.inference._body_size import body_size, joint_of

NOTE = "toes and faces point backward, so left-handed axes were mirrored"
STATED_NOTE = "mirrored, as stated"
_SIDES = ("left", "right")
_FEWEST_FRAMES = 5
_CLEARLY = 0.015  # of the height; no sound recording of six data sets of sensors has toes so far behind the ankles


def unmirrored(joints: np.ndarray, layout: Layout) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return joints (M, T, V, C) with y up that no mirror shows, and the note where they were mirrored.

    Toes (else the nose) decide where they are clearly behind, and knees or elbows bend to the wrong side as well.
    """
    if joints.shape[-1] == 2 or joints.shape[1] < _FEWEST_FRAMES:
        return joints, ()
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # of means and medians of nothing
        size = body_size(joints, layout)  # none: the joints make no body, such as random numbers
        mirrored = size is not None and _is_mirrored(np.asarray(joints, np.float64) / size, layout)
    return (joints * np.array([-1, 1, 1], joints.dtype), (NOTE,)) if mirrored else (joints, ())


def mirrored(joints: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return joints (M, T, V, C) with x of the other sign, and the note that says so."""
    return joints * np.array([-1, 1, 1][: joints.shape[-1]], joints.dtype), (STATED_NOTE,)


def _is_mirrored(joints: np.ndarray, layout: Layout) -> bool:
    def known(name: str) -> np.ndarray:
        position = joint_of(joints, layout, name)
        return np.full(joints[..., 0, :].shape, np.nan) if position is None else position

    def exact(name: str) -> np.ndarray:
        """Return a joint without its deputy, which lies elsewhere."""
        return known(name if name in layout.joints else "")

    trunk = known("chest") - known("pelvis")
    left = _unit(known("shoulder_left") - known("shoulder_right")) + _unit(known("hip_left") - known("hip_right"))
    front = _unit(np.cross(left, trunk))

    def before(pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        """Return how far the first points are in front of the second."""
        return np.array([((first - second) * front).sum(axis=-1) for first, second in pairs])

    sides = [f"_{side}" for side in _SIDES]
    toes = [(exact(toe + side), exact("ankle" + side)) for side in sides for toe in ("foot", "big_toe")]
    faces = [(exact("nose"), exact("ear" + side)) for side in sides]
    knees = [(known("knee" + side), (known("hip" + side) + known("ankle" + side)) / 2) for side in sides]
    elbows = [((known("shoulder" + side) + known("wrist" + side)) / 2, known("elbow" + side)) for side in sides]
    forward = np.array([np.nanmedian(before(pairs)) for pairs in (toes, faces)])
    forward = forward[np.isfinite(forward)]
    bends = [np.nanmean(before(pairs)) for pairs in (knees, elbows)]
    return bool(len(forward) and (forward < -_CLEARLY).all() and np.nanmin(bends) < 0)


def _unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / np.linalg.norm(vector, axis=-1, keepdims=True))

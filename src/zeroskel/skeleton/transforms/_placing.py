"""Joints of one layout placed in another: by name, else from the joints that they follow from."""

from collections import Counter
from collections.abc import Collection
from functools import lru_cache

import numpy as np

from zeroskel.core import Layout
from zeroskel.core._layout import joint_rules
from zeroskel.skeleton.transforms._arrays import observed_joints

# groups of joints of which a recording needs one each: without it, arms, legs or the head cannot be followed
MAIN_JOINTS = (
    ("head", "nose", "head_top", "ear_left", "ear_right", "eye_left", "eye_right"),
    *(
        (f"{limb}_{side}", *(f"{other}_{side}" for other in others))
        for limb, others in {
            "shoulder": (),
            "elbow": (),
            "wrist": ("hand",),
            "hip": (),
            "knee": (),
            "ankle": ("foot",),
        }.items()
        for side in ("left", "right")
    ),
)


@lru_cache(maxsize=256)
def joint_weights(source: Layout, observed: frozenset[str]) -> dict[str, dict[str, float]]:
    """Return every joint that a recording has or that follows, with the weights of the observed joints it comes from.

    The source layout's own means go before the rules of the package, which use joints that earlier rules placed.
    """
    known = {joint: {joint: 1.0} for joint in source.joints if joint in observed}
    for joint, parts in source.derived.items():
        if joint not in known and observed.issuperset(parts):
            known[joint] = {part: count / len(parts) for part, count in Counter(parts).items()}
    for _ in range(2):  # a rule may need a joint that a later one places
        for rule in joint_rules():
            if rule.joint in known or rule.guess or not all(part in known for part in rule.weights):
                continue
            total: Counter[str] = Counter()
            for part, weight in rule.weights.items():
                total.update({joint: weight * share for joint, share in known[part].items()})
            known[rule.joint] = dict(total)
    return known


def missing_main_joints(target: Layout, known: Collection[str]) -> list[str]:
    """Return the main joints of a layout that are not among the known ones, one name for each group."""
    groups = [[joint for joint in group if joint in target.joints] for group in MAIN_JOINTS]
    return [group[0] for group in groups if group and not any(joint in known for joint in group)]


def place_joints(joints: np.ndarray, source: Layout, target: Layout) -> np.ndarray:
    """Return joints (…, V', C) in the target layout; joints that were never observed follow from others, else NaN."""
    seen = observed_joints(joints).any(axis=tuple(range(joints.ndim - 2)))
    weights = joint_weights(source, frozenset(np.array(source.joints)[seen].tolist()))
    placed = np.full((*joints.shape[:-2], len(target.joints), joints.shape[-1]), np.nan, np.float32)
    shared = [joint for joint in target.joints if weights.get(joint) == {joint: 1.0}]
    placed[..., target.indices(shared), :] = joints[..., source.indices(shared), :]
    for joint in set(target.joints) & weights.keys() - set(shared):
        parts = weights[joint]
        shares = np.array([*parts.values()], np.float32)
        placed[..., target.index(joint), :] = np.einsum("...pc,p->...c", joints[..., source.indices(parts), :], shares)
    return placed


def fill_joints(joints: np.ndarray, layout: Layout, known: Collection[str]) -> np.ndarray:
    """Return joints (…, V, C) of a layout in which those that are not among the known ones follow from others."""
    if len(known) == len(layout.joints):
        return joints
    filled, columns = joints.copy(), [index for index, joint in enumerate(layout.joints) if joint not in known]
    filled[..., columns, :] = place_joints(joints, layout, layout)[..., columns, :]
    return filled

"""Conversion from one joint layout to another by joint name."""

import logging
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from zeroskel.core import Layout, SkeletonSequence, get_layout
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

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LayoutMapping:
    """Correspondence of the joints of two layouts.

    Attributes:
        source: name of the layout of the recording.
        target: name of the layout of the result.
        shared: target joints that the source has under the same name.
        derived: target joints that follow from other source joints, with these joints (such as the middle of the hips).
        missing: target joints that stay NaN.
        unused: source joints that no target joint uses.

    Example:
        >>> from zeroskel.skeleton.transforms import layout_mapping
        >>> layout_mapping("coco-17", "penn-13").derived
        (('head', ('ear_left', 'ear_right')),)
    """

    source: str
    target: str
    shared: tuple[str, ...]
    derived: tuple[tuple[str, tuple[str, ...]], ...]
    missing: tuple[str, ...]
    unused: tuple[str, ...]

    @property
    def known(self) -> set[str]:
        """Target joints that the source has, or that follow from its joints."""
        return {*self.shared, *dict(self.derived)}

    def __str__(self) -> str:
        text = f"{self.source} to {self.target}: {len(self.shared)} joints by name"
        if self.derived:
            text += "; from other joints: " + ", ".join(joint for joint, _ in self.derived)
        if self.missing:
            text += "; not observed (NaN): " + ", ".join(self.missing)
        return text


def layout_mapping(source: str | Layout, target: str | Layout) -> LayoutMapping:
    """Return how the joints of one layout correspond to those of another.

    Args:
        source: layout, or name of the layout, of a recording.
        target: layout, or name of the layout, to convert to.

    Returns:
        The correspondence; `str` of it is a sentence.

    Raises:
        LayoutError: a layout is unknown.

    Example:
        >>> from zeroskel.skeleton.transforms import layout_mapping
        >>> print(layout_mapping("coco-17", "penn-13"))
        coco-17 to penn-13: 12 joints by name; from other joints: head
    """
    source, target = get_layout(source), get_layout(target)
    shared = tuple(joint for joint in target.joints if joint in source.joints)
    weights = _weights(source, frozenset(source.joints))
    derived = tuple(
        (joint, tuple(weights[joint])) for joint in target.joints if joint not in shared and joint in weights
    )
    used = {*shared, *(part for _, parts in derived for part in parts)}
    return LayoutMapping(
        source.name,
        target.name,
        shared,
        derived,
        missing=tuple(joint for joint in target.joints if joint not in {*shared, *dict(derived)}),
        unused=tuple(joint for joint in source.joints if joint not in used),
    )


@lru_cache(maxsize=256)
def _weights(source: Layout, observed: frozenset[str]) -> dict[str, dict[str, float]]:
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


@cache
def _warn_once(mapping: LayoutMapping) -> None:
    _logger.warning("%s", mapping)


def convert_layout(sequence: SkeletonSequence, layout: str | Layout) -> SkeletonSequence:
    """Convert a recording to another layout.

    Each target joint is the source joint of the same name. Where the source has none, it follows from other joints
    (such as the middle of the hips), else it is NaN. A warning is logged once for each pair of layouts if main joints
    (head, shoulders, elbows, wrists, hips, knees, ankles) stay NaN.

    Args:
        sequence: recording with joints (M, T, V, C).
        layout: layout, or name of the layout, of the result.

    Returns:
        A recording (M, T, V', C) in that layout; the recording itself if it has that layout.

    Raises:
        LayoutError: the layout is unknown.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import SkeletonSequence
        >>> from zeroskel.skeleton.transforms import convert_layout
        >>> convert_layout(SkeletonSequence(np.zeros((9, 17, 2)), "coco-17"), "penn-13")
        SkeletonSequence(1 bodies, 9 frames, penn-13, 30 fps, 0.0% missing)
    """
    target = get_layout(layout)
    if target == sequence.layout:
        return sequence
    return sequence.replace(_convert(sequence.joints, sequence.layout, target), layout=target)


def _convert(joints: np.ndarray, source: Layout, target: Layout) -> np.ndarray:
    """Return joints (…, V', C) in the target layout of joints (…, V, C) in the source layout."""
    mapping = layout_mapping(source, target)
    if missing_main_joints(target, mapping.known):
        _warn_once(mapping)
    return place_joints(joints, source, target)


def place_joints(joints: np.ndarray, source: Layout, target: Layout) -> np.ndarray:
    """Return joints (…, V', C) in the target layout; joints that were never observed follow from others, else NaN."""
    seen = observed_joints(joints).any(axis=tuple(range(joints.ndim - 2)))
    weights = _weights(source, frozenset(np.array(source.joints)[seen].tolist()))
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

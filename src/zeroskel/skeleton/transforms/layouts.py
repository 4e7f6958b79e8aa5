"""Conversion from one joint layout to another by joint name."""

import logging
from dataclasses import dataclass
from functools import cache

import numpy as np

from zeroskel.core import Layout, SkeletonSequence, get_layout
from zeroskel.skeleton.transforms._placing import joint_weights, missing_main_joints, place_joints

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
    weights = joint_weights(source, frozenset(source.joints))
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

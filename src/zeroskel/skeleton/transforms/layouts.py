"""From one joint layout to another, by joint name."""

import logging
from dataclasses import dataclass
from functools import cache

import numpy as np

from zeroskel.core import Layout, SkeletonSequence, get_layout

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LayoutMapping:
    """What becomes of each joint of `target` when a sequence comes from `source`.

    Attributes:
        shared: target joints that the source has under the same name.
        derived: target joint -> source joints whose mean it is (the layout file says which).
        missing: target joints that stay NaN.
        unused: source joints that no target joint takes.
    """

    source: str
    target: str
    shared: tuple[str, ...]
    derived: tuple[tuple[str, tuple[str, ...]], ...]
    missing: tuple[str, ...]
    unused: tuple[str, ...]

    def __str__(self) -> str:
        text = f"{self.source} to {self.target}: {len(self.shared)} joints by name"
        if self.derived:
            text += "; as means of others: " + ", ".join(joint for joint, _ in self.derived)
        if self.missing:
            text += "; not observed (NaN): " + ", ".join(self.missing)
        return text


def layout_mapping(source: str | Layout, target: str | Layout) -> LayoutMapping:
    """Say how the joints of one layout are found in another. Raises LayoutError for an unknown layout."""
    source, target = get_layout(source), get_layout(target)
    shared = tuple(joint for joint in target.joints if joint in source.joints)
    derived = tuple(
        (joint, source.derived[joint]) for joint in target.joints if joint not in shared and joint in source.derived
    )
    taken = {*shared, *(part for _, parts in derived for part in parts)}
    return LayoutMapping(
        source.name,
        target.name,
        shared,
        derived,
        tuple(joint for joint in target.joints if joint not in {*shared, *dict(derived)}),
        tuple(joint for joint in source.joints if joint not in taken),
    )


@cache
def _say_once(mapping: LayoutMapping) -> None:
    logger.warning("%s", mapping)


def convert_layout(sequence: SkeletonSequence, layout: str | Layout) -> SkeletonSequence:
    """The same motion in another layout, joint by joint of the same name.

    A joint that the source lacks is the mean of the source joints that its layout file lists for it (the middle of the
    hips, say), else NaN; a warning is logged, once for each pair of layouts, that names the joints left NaN.

    Args:
        sequence: (M, T, V, C).
        layout: the layout wanted.

    Returns:
        (M, T, V', C) in the layout wanted.
    """
    target = get_layout(layout)
    if target == sequence.layout:
        return sequence
    mapping = layout_mapping(sequence.layout, target)
    if mapping.missing:
        _say_once(mapping)
    joints = np.full((*sequence.joints.shape[:2], len(target.joints), sequence.channels), np.nan, np.float32)
    joints[:, :, target.indices(mapping.shared)] = sequence.joints[:, :, sequence.layout.indices(mapping.shared)]
    for joint, parts in mapping.derived:
        joints[:, :, target.index(joint)] = sequence.joints[:, :, sequence.layout.indices(parts)].mean(axis=2)
    return sequence.replace(joints, layout=target)

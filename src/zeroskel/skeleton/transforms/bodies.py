"""Which bodies of a recording are the actors."""

import numpy as np

from zeroskel.core import InputError, SkeletonSequence


def choose_main_bodies(sequence: SkeletonSequence, count: int = 2) -> SkeletonSequence:
    """Keep the `count` bodies that are observed and move most, in falling order.

    A body's weight is its spread over time (variance of each joint coordinate, summed) times the share of the recording
    in which it was observed, so that neither a ghost of a few frames nor furniture taken for a person wins.

    Args:
        sequence: (M, T, V, C).
        count: how many bodies the result may have; fewer are kept when the recording has fewer.

    Returns:
        SkeletonSequence with min(M, count) bodies.
    """
    if count < 1:
        raise InputError(f"count is {count}; expected at least one body")
    if sequence.bodies <= 1:
        return sequence
    seen = sequence.observed
    weights = []
    for body, observed in zip(sequence.joints, seen, strict=True):
        frames = observed.any(axis=1)
        share = frames.mean()
        spread = 0.0
        if frames.sum() > 1:
            values = np.where(observed[..., None], body, np.nan)[frames]
            complete = observed[frames].sum(axis=0) > 1
            spread = float(np.nanvar(values[:, complete], axis=0).sum())
        weights.append(share * (spread + 1e-9))
    order = np.argsort(-np.asarray(weights), kind="stable")[:count]
    return sequence.replace(sequence.joints[order])

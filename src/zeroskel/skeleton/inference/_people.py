"""People of constant identity from detections of each frame."""

import numpy as np

MOST_PEOPLE = 4


def people(joints: np.ndarray, identities: np.ndarray | None, tracked: bool) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return joints (at most 4, T, V, C) of people of constant identity, and what to say of those left out.

    Args:
        joints: (M, T, V, C) detections.
        identities: (M, T) number of the person of each detection, -1 for none; None without.
        tracked: whether one index of the axis M is one person.
    """
    return joints, ()

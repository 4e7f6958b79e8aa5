"""The skeleton graph of a layout, partitioned in space as ST-GCN does."""

import numpy as np

from zeroskel.core import Layout, get_layout


def spatial_partition(layout: str | Layout) -> np.ndarray:
    """Return the adjacency of the joints in three parts.

    Part 0 holds each joint itself. Entry (v, w) with v != w is in part 2 if v is nearer to the centre than w, else in
    part 1 (Yan et al., "Spatial Temporal Graph Convolutional Networks", AAAI 2018, section 3.3, spatial configuration).
    Columns are normalised by the degree of the joint that is read (A D^-1 with self loops). As in the released code of
    ST-GCN and SMIE, distances of more than one bone from the centre count as equal, so part 2 holds only the two rings
    around the centre.

    Args:
        layout: Joint layout, or its name.

    Returns:
        Adjacency (3, V, V) float32.
    """
    layout = get_layout(layout)
    count = len(layout.joints)
    adjacency = np.eye(count)
    for child, parent in layout.bones:
        adjacency[layout.index(child), layout.index(parent)] = 1
        adjacency[layout.index(parent), layout.index(child)] = 1
    normalised = adjacency / adjacency.sum(axis=0)
    distance = np.where(adjacency[layout.index(layout.centre)] > 0, 1, 2)
    distance[layout.index(layout.centre)] = 0
    itself, farther = np.eye(count, dtype=bool), distance[:, None] < distance[None]
    parts = [np.where(mask, normalised, 0) for mask in (itself, ~itself & ~farther, farther)]
    return np.stack(parts).astype(np.float32)

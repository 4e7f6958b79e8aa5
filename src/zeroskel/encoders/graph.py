"""The skeleton graph of a layout, partitioned in space as ST-GCN does."""

import numpy as np

from zeroskel.core import Layout, get_layout


def hop_distance(layout: Layout) -> np.ndarray:
    """(V,) number of bones from each joint to the layout's centre (V for a joint that no path reaches)."""
    count = len(layout.joints)
    distance = np.full(count, count)
    frontier = [layout.index(layout.centre)]
    distance[frontier] = 0
    edges = [(layout.index(a), layout.index(b)) for a, b in layout.bones]
    while frontier:
        reached = []
        for a, b in edges:
            for here, there in ((a, b), (b, a)):
                if here in frontier and distance[there] > distance[here] + 1:
                    distance[there] = distance[here] + 1
                    reached.append(there)
        frontier = reached
    return distance


def spatial_partition(layout: str | Layout) -> np.ndarray:
    """Adjacency in three parts: as far from the centre as the neighbour, nearer, farther.

    Columns are normalised by the degree of the joint that is read (A D^-1 with self loops), then each entry (v, w) goes
    to part 0 if v and w are equally far from the centre, to part 1 if v is farther out than w, else to part 2
    (Yan et al., "Spatial Temporal Graph Convolutional Networks", AAAI 2018, section 3.3: spatial configuration).

    Returns:
        (3, V, V) float32.
    """
    layout = get_layout(layout)
    count = len(layout.joints)
    adjacency = np.eye(count)
    for child, parent in layout.bones:
        adjacency[layout.index(child), layout.index(parent)] = 1
        adjacency[layout.index(parent), layout.index(child)] = 1
    normalised = adjacency / adjacency.sum(axis=0)
    distance = hop_distance(layout)
    parts = np.zeros((3, count, count), np.float32)
    parts[0] = np.where(distance[:, None] == distance[None], normalised, 0)
    parts[1] = np.where(distance[:, None] > distance[None], normalised, 0)
    parts[2] = np.where(distance[:, None] < distance[None], normalised, 0)
    return parts

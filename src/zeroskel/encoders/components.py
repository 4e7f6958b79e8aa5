"""From hand-made measures to features: groups of numbers of a training part, and their principal components."""

from collections.abc import Callable

import numpy as np

from zeroskel.encoders.base import BatchSource

FIT_SEQUENCES = 8192  # the most training sequences that the components are fitted on, so that memory is bounded
READ_AT_ONCE = 256

Groups = dict[str, np.ndarray]


def read_groups(batches: BatchSource, measure: Callable[[np.ndarray], Groups], seed: int) -> Groups:
    """Group -> (N, …) numbers of the training part, or of FIT_SEQUENCES drawn from it, measured block by block."""
    rows = np.arange(len(batches))
    if len(rows) > FIT_SEQUENCES:
        rows = np.sort(np.random.default_rng(seed).choice(rows, FIT_SEQUENCES, replace=False))
    parts = [measure(batches[part]) for part in np.split(rows, range(READ_AT_ONCE, len(rows), READ_AT_ONCE))]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def principal_components(values: np.ndarray, embed_dim: int, whiten: float) -> np.ndarray:
    """(D, K) float32 of centred values (N, K): the directions of the largest deviation, over deviation ** whiten.

    D is `embed_dim`, or as many as there are; the largest entry of each is positive.
    """
    _, singular, directions = np.linalg.svd(values, full_matrices=False)
    deviations = singular / np.sqrt(len(values))
    kept = min(embed_dim, int((deviations > 1e-5 * deviations[0]).sum()))
    signs = np.sign(directions[np.arange(kept), np.abs(directions[:kept]).argmax(axis=1)])
    components: np.ndarray = (directions[:kept] * (signs / deviations[:kept] ** whiten)[:, None]).astype(np.float32)
    return components

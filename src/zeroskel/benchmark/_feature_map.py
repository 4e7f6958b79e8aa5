"""Maps of the feature space: test recordings of unseen classes, and where a linear map puts their texts."""

import numpy as np

from zeroskel.benchmark._cell import CellConfig
from zeroskel.core import FeatureMap, ZeroShotSplit
from zeroskel.core._files import content_key
from zeroskel.features._encoded_split import EncodedSplit

MOST_OF_A_CLASS = 25
NOTE = (
    "t-SNE of features of unseen classes' test recordings. A text stands where ridge regression, from texts to mean "
    "features of the seen classes, puts it (its distance from the mean scaled to that of the class means)."
)


def map_key(cell: CellConfig) -> str:
    """Return the key of the map of a cell; cells that differ in method, seed or selection share it."""
    return content_key(
        "map", cell.fingerprint, cell.protocol, cell.split, cell.encoder, cell.encoder_options, cell.texts
    )


def feature_map(
    cell: CellConfig, encoded: EncodedSplit, class_embeddings: np.ndarray, split: ZeroShotSplit
) -> FeatureMap | None:
    """Return two-dimensional positions by t-SNE (van der Maaten and Hinton, JMLR 2008). Nothing is measured on them.

    Args:
        cell: the configuration of the features.
        encoded: features of the split.
        class_embeddings: (K, D_text) of all classes.
        split: the split whose unseen classes are shown.

    Returns:
        Positions of at most 25 recordings a class, and of the texts of the classes; None for fewer than five
        recordings and texts together, of which there is nothing to see.
    """
    from sklearn.linear_model import Ridge
    from sklearn.manifold import TSNE

    unseen = np.asarray(split.unseen)
    rows = np.concatenate([np.flatnonzero(encoded.unseen.labels == c)[:MOST_OF_A_CLASS] for c in unseen])
    features, labels = encoded.unseen.features[rows], encoded.unseen.labels[rows]
    trained = np.unique(encoded.train.labels)
    means = np.stack([encoded.train.features[encoded.train.labels == c].mean(axis=0) for c in trained])
    mapped = Ridge(alpha=1.0).fit(class_embeddings[trained], means).predict(class_embeddings[unseen])
    centre = means.mean(axis=0)
    spread = np.linalg.norm(mapped - centre, axis=1).mean()
    mapped = centre + (mapped - centre) * np.linalg.norm(means - centre, axis=1).mean() / max(spread, 1e-12)
    everything = np.concatenate([features, mapped]).astype(np.float64)
    if len(everything) < 5:
        return None
    perplexity = min(30.0, (len(everything) - 1) / 3)
    embedded = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(everything)
    positions = tuple(map(tuple, np.round(embedded / np.abs(embedded).max(), 3).tolist()))
    column = {int(c): i for i, c in enumerate(unseen)}
    return FeatureMap(
        cell=map_key(cell),
        data=cell.data,
        split=cell.split,
        protocol=cell.protocol,
        encoder=cell.encoder,
        encoder_options=cell.encoder_options,
        classes=tuple(split.names(split.unseen)),
        seen=(False,) * len(unseen),
        points=positions[: len(rows)],
        labels=tuple(column[int(label)] for label in labels),
        texts=positions[len(rows) :],
        note=NOTE,
    )

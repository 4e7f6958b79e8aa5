"""Pictures of the feature space: test recordings of unseen classes and where a simple map puts their texts."""

from typing import Any

import numpy as np

from zeroskel.core import ZeroShotSplit
from zeroskel.features.encoded_split import EncodedSplit

MOST_OF_A_CLASS = 25
NOTE = (
    "t-SNE of features of unseen classes' test recordings. A text stands where ridge regression, from texts to mean "
    "features of the seen classes, puts it (its distance from the mean scaled to that of the class means)."
)


def feature_map(encoded: EncodedSplit, class_embeddings: np.ndarray, split: ZeroShotSplit) -> dict[str, Any] | None:
    """Two-dimensional positions by t-SNE (van der Maaten and Hinton, JMLR 2008); nothing is measured on them.

    Args:
        encoded: features of the split.
        class_embeddings: (K, D_text) of all classes.
        split: whose unseen classes are shown.

    Returns:
        points: [x, y] of at most 25 recordings a class; labels: which of `classes` each is; texts: [x, y] a class;
        classes: their names; seen: whether each is a seen class; note: how it was made. None for fewer than five
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
    found = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(everything)
    positions = np.round(found / np.abs(found).max(), 3).tolist()
    place = {int(c): i for i, c in enumerate(unseen)}
    return {
        "classes": split.names(split.unseen),
        "seen": [False] * len(unseen),
        "points": positions[: len(rows)],
        "labels": [place[int(label)] for label in labels],
        "texts": positions[len(rows) :],
        "note": NOTE,
    }

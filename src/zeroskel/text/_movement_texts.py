"""Class texts in the movement vocabulary: means and deviations of what names and sentences say."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from zeroskel.core import ClassText
from zeroskel.core._vocabulary import vocabulary
from zeroskel.text._descriptions import Description, published_descriptions
from zeroskel.text._movement_prior import certainty_of, complete, variance_of
from zeroskel.text._movement_reader import is_written, movements_without, read_movements

_READING_ERROR = 0.018  # variance of read against written values of actions that the reader had not met


def movement_texts(
    names: Sequence[str],
    descriptions: Mapping[str, Description],
    *,
    weights: Path | None = None,
    without: Collection[str] = (),
) -> list[ClassText]:
    """Return class texts of one block, whose numbers are what each class says in the movement vocabulary.

    Every text of a class is read by itself, and what the texts state is combined: a value stated by two texts becomes
    surer, one that only one of them states is not lost, and written values count more than read ones.

    Args:
        names: K class names.
        descriptions: class name -> sentences about it.
        weights: as in `read_movements`.
        without: as in `read_movements`.

    Returns:
        K class texts. The numbers are Q means, then Q deviations.
    """
    without = frozenset(without)
    blocks = [(name, *_further_texts(name, descriptions.get(name))) for name in names]
    values, certainties = read_movements([text for block in blocks for text in block], weights=weights, without=without)
    starts = np.cumsum([0, *map(len, blocks)])
    read = np.array([not is_written(text, without) for block in blocks for text in block])
    combined = [_combined(values[s:e], certainties[s:e], read[s:e]) for s, e in pairwise(starts)]
    means, deviations = complete(*(np.stack(rows) for rows in zip(*combined, strict=True)))
    return [
        ClassText(name, (block,), ((*row, *spread),))
        for name, block, row, spread in zip(names, blocks, means.tolist(), deviations.tolist(), strict=True)
    ]


def is_movement(numbers: tuple[float, ...] | None) -> bool:
    """Return whether the numbers of a block of a class text are those of `movement_texts`."""
    return numbers is not None and len(numbers) == 2 * len(vocabulary())


def movement_embeddings(numbers: Sequence[tuple[float, ...]]) -> np.ndarray:
    """Return embeddings (K, 2 Q) of the numbers of K class texts."""
    means, deviations = np.split(np.array(numbers), 2, axis=1)
    return vocabulary().standardised(means, deviations).astype(np.float32)


def various_actions(count: int, without: Collection[str]) -> list[str]:
    """Return the names of at most `count` written actions: those nearest to the centres of `count` clusters of all.

    Args:
        count: number of clusters.
        without: as in `read_movements`.
    """
    from sklearn.cluster import KMeans  # takes a second to import; predictions do not need it

    names = [movement.texts[0] for movement in movements_without(without)]
    numbers = [block for text in movement_texts(names, {}) for block in text.numbers if block is not None]
    embeddings = movement_embeddings(numbers)
    centres = KMeans(min(count, len(names)), n_init=1, max_iter=30, random_state=0).fit(embeddings).cluster_centers_
    nearest = {int(np.square(embeddings - centre).sum(axis=1).argmin()) for centre in centres}
    return [names[index] for index in sorted(nearest)]


def _further_texts(name: str, description: Description | None) -> tuple[str, ...]:
    """Return the sentences of a description; none of a published one whose action is written in numbers."""
    if description is None or (is_written(name) and description == published_descriptions().get(name)):
        return ()
    if isinstance(description, Mapping):
        return (description["sentence"],) if "sentence" in description else ()
    return tuple(description)


def _combined(values: np.ndarray, certainties: np.ndarray, read: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return values (Q,) and certainties (Q,) of what n texts say together: the product of their Gaussians.

    Args:
        values: (n, Q) values of each text.
        certainties: (n, Q) certainties of each text.
        read: (n,) mask of the texts whose values the network read; their noise has its error too.
    """
    stated = certainties > 0
    variances = variance_of(np.where(stated, certainties, 1)) + _READING_ERROR * read[:, None]
    precisions = np.where(stated, 1 / variances, 0)
    total = np.maximum(precisions.sum(axis=0), 1e-9)
    together = np.where(stated.any(axis=0), certainty_of(1 / total), 0)
    return (precisions * values).sum(axis=0) / total, np.maximum(together, certainties.max(axis=0))

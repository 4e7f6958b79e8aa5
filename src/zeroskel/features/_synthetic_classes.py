"""Actions of simulated people as additional training classes, so that a method learns more words."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zeroskel import __version__
from zeroskel.core import ClassText, FeatureSet, InputError
from zeroskel.core._files import atomic_path, content_key
from zeroskel.datasets.synthetic import action_names, generate_dataset
from zeroskel.encoders import SkeletonEncoder
from zeroskel.features._encoded_split import AddedClasses, in_parts
from zeroskel.skeleton import Preprocessing, make_batch
from zeroskel.text import SentenceEncoder, block_widths, class_embeddings, class_texts

SAME_MEANING = 0.9  # cosine of aspects above which a synthetic action means the same as a class


@dataclass(frozen=True)
class SyntheticMotion:
    """The actions of the synthetic grammar as classes to train on.

    The encoder is not fitted on them. An action that means the same as a class to be recognised is left out: one whose
    aspects have a cosine of more than 0.9 with those of the class. So no unseen class is seen as synthetic motion.

    Where a prompt makes several blocks and one of them holds aspects, the other blocks of a synthetic action are 0.
    Nobody has described these actions, and bare names next to descriptions of other classes would mislead the method.

    Args:
        people: number of simulated people; each performs every action once.
        cache: folder where prepared sequences are stored by content.

    Raises:
        InputError: if `people` is less than 1.
    """

    people: int
    cache: Path

    def __post_init__(self) -> None:
        if self.people < 1:
            raise InputError(f"synthetic motion of {self.people} people; expected at least 1, or 0 for none at all")

    def classes(
        self,
        encoder: SkeletonEncoder,
        preprocessing: Preprocessing,
        tested_names: Sequence[str],
        sentences: SentenceEncoder,
        prompt: str,
    ) -> AddedClasses:
        """Return features and class embeddings of the synthetic actions that mean none of the tested class names."""
        names = action_names()
        allowed = np.arange(len(names))
        if len(tested_names):
            allowed = np.flatnonzero(~means_the_same(names, tested_names, sentences))
        batches, labels = self._batches(preprocessing)
        rows = np.flatnonzero(np.isin(labels, allowed))
        features = np.concatenate([encoder.encode(batches[part]) for part in in_parts(rows)])
        texts = class_texts([names[i] for i in allowed], prompt)
        embeddings = class_embeddings(sentences, texts) * _column_weights(sentences, texts)
        return AddedClasses(FeatureSet(features, np.searchsorted(allowed, labels[rows])), embeddings)

    def _batches(self, preprocessing: Preprocessing) -> tuple[np.ndarray, np.ndarray]:
        """Return all recordings (n, C, T, V, M) and their labels (n,) among all actions."""
        file = self.cache / f"synthetic-{content_key(__version__, self.people, preprocessing.to_config())}.npz"
        if not file.is_file():
            sequences, labels, _, _ = generate_dataset(subjects=self.people, repetitions=1)
            with atomic_path(file) as temporary, temporary.open("wb") as stream:
                np.savez(stream, batches=make_batch(sequences, preprocessing), labels=labels)
        with np.load(file, allow_pickle=False) as stored:
            return stored["batches"], stored["labels"]


def means_the_same(names: Sequence[str], tested_names: Sequence[str], sentences: SentenceEncoder) -> np.ndarray:
    """Return an (S,) mask of the names whose aspects are nearly those of one of the tested names."""
    embeddings = class_embeddings(sentences, class_texts(names, "aspects", {}))
    tested = class_embeddings(sentences, class_texts(tested_names, "aspects", {}))
    return (embeddings @ tested.T > SAME_MEANING).any(axis=1)


def _column_weights(sentences: SentenceEncoder, texts: Sequence[ClassText]) -> np.ndarray:
    """Return (D_text,) weights of the columns of class embeddings, 0 for texts in blocks next to aspects."""
    first = texts[0]
    if len(first.texts) == 1 or not first.has_numbers:
        return np.ones(1, dtype=np.float32)
    weights = np.array([values is not None for values in first.numbers], dtype=np.float32)
    return np.repeat(weights, block_widths(sentences, texts))

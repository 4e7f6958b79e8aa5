"""Added motion: actions of a computed human that train beside the seen classes, so that a method learns more words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from zeroskel import __version__
from zeroskel.core import FeatureSet, InputError, ZeroShotSplit
from zeroskel.core.files import atomic_path, content_key
from zeroskel.datasets.synthetic import action_names, generate_dataset
from zeroskel.encoders import SkeletonEncoder
from zeroskel.features.encoded_split import ENCODE_AT_ONCE, AddedClasses, EncodedSplit, EncoderConfig
from zeroskel.features.store import FeatureStore
from zeroskel.skeleton import Preprocessing, make_batch
from zeroskel.text import (
    AspectText,
    BlockTexts,
    SentenceEncoder,
    aspect_embeddings,
    aspect_text,
    block_widths,
    class_embeddings,
    class_texts,
)

TWIN = 0.9  # cosine of aspects from which a synthetic action counts as a class of the same meaning


@dataclass(frozen=True)
class SyntheticMotion:
    """The actions of the synthetic grammar as classes to train on.

    The encoder is not fitted on them. An action that means what a class to be recognised means is left out: one whose
    aspects have a cosine of more than 0.9 with those of the class, so that no unseen class is seen as synthetic motion.
    Of a prompt of several texts with "aspects" among them they have only these, the rest of their embedding is 0:
    nobody has described them, and bare names beside descriptions of others would mislead.

    Attributes:
        people: how many computed people do each action once.
        cache: folder for prepared sequences by content.
    """

    people: int
    cache: Path

    def __post_init__(self) -> None:
        if self.people < 1:
            raise InputError(f"synthetic motion of {self.people} people; expected at least 1, or 0 for none at all")

    def add_to(
        self,
        encoded: EncodedSplit,
        store: FeatureStore,
        split: ZeroShotSplit,
        config: EncoderConfig,
        sentences: SentenceEncoder,
        prompt: str,
        *,
        withhold: bool,
    ) -> EncodedSplit:
        """The split with added classes to train on.

        Args:
            encoded: features of the split, as `store.encode_split` gave them for `config` and `withhold`.
            store: of its data set.
            split: whose unseen classes, and validation classes where withheld, no synthetic action may mean.
            config: the encoder.
            sentences, prompt: how class embeddings of the split are made.
            withhold: as in `encode_split`.
        """
        encoder = store.encoder(config, store.rows(split, withhold)["train"])
        new = split.names((*split.unseen, *split.validation_unseen) if withhold else split.unseen)
        return replace(encoded, added=self.classes(encoder, store.preprocessing, new, sentences, prompt))

    def classes(
        self,
        encoder: SkeletonEncoder,
        preprocessing: Preprocessing,
        new: Sequence[str],
        sentences: SentenceEncoder,
        prompt: str,
    ) -> AddedClasses:
        """Features and embeddings of all synthetic actions that mean none of the `new` class names."""
        names = action_names()
        kept = np.flatnonzero(~twins(names, new, sentences)) if len(new) else np.arange(len(names))
        batches, labels = self._batches(preprocessing)
        rows = np.flatnonzero(np.isin(labels, kept))
        features = np.concatenate(
            [encoder.encode(batches[part]) for part in np.split(rows, range(ENCODE_AT_ONCE, len(rows), ENCODE_AT_ONCE))]
        )
        texts = class_texts([names[i] for i in kept], prompt)
        embeddings = class_embeddings(sentences, texts) * _told(sentences, texts)
        compact = np.searchsorted(kept, labels[rows])
        return AddedClasses(FeatureSet(features, compact), embeddings)

    def _batches(self, preprocessing: Preprocessing) -> tuple[np.ndarray, np.ndarray]:
        """(n, C, T, V, M) of all recordings, and their labels among all actions."""
        file = self.cache / f"synthetic-{content_key(__version__, self.people, preprocessing.to_config())}.npz"
        if not file.is_file():
            sequences, labels, _, _ = generate_dataset(subjects=self.people, repetitions=1)
            with atomic_path(file) as temporary, temporary.open("wb") as stream:
                np.savez(stream, batches=make_batch(sequences, preprocessing), labels=labels)
        with np.load(file, allow_pickle=False) as stored:
            return stored["batches"], stored["labels"]


def _told(sentences: SentenceEncoder, texts: Sequence[Sequence[str]]) -> np.ndarray:
    """(D_text,) 1 where an embedding is used: of several texts the aspects only, if they are among them."""
    widths, first = block_widths(sentences, texts), texts[0]
    if not isinstance(first, BlockTexts):
        return np.ones(1, dtype=np.float32)
    numbers = [isinstance(block[0], AspectText) for block in first.blocks]
    used = numbers if any(numbers) else [True] * len(widths)
    return np.repeat(np.array(used, dtype=np.float32), widths)


def twins(names: Sequence[str], new: Sequence[str], sentences: SentenceEncoder) -> np.ndarray:
    """(S,) mask of names that mean what one of the `new` names means."""
    own, others = (aspect_embeddings(sentences, [aspect_text(name) for name in group]) for group in (names, new))
    mask: np.ndarray = (own @ others.T > TWIN).any(axis=1)
    return mask

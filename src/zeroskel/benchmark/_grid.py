"""The cells of a benchmark: data x splits x encoders x seeds x texts x prompts x selections x methods."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from pathlib import Path

from zeroskel import align
from zeroskel.align._variants import Variant, with_text_blocks
from zeroskel.benchmark._cell import CellConfig, CellInputs
from zeroskel.benchmark._config import BenchmarkConfig
from zeroskel.core import InputError, ZeroShotSplit
from zeroskel.core._files import content_key
from zeroskel.core._progress import Progress
from zeroskel.datasets import SkeletonDataset, resolve_split
from zeroskel.features._encoded_split import EncodedSplit, EncoderConfig
from zeroskel.features._ready_features import FeatureFolder
from zeroskel.features._store import FeatureStore
from zeroskel.features._synthetic_classes import SyntheticMotion
from zeroskel.text import SentenceEncoder, class_texts
from zeroskel.text._class_embeddings import ClassEmbeddings

log = logging.getLogger(__name__)

Source = SkeletonDataset | FeatureFolder
"""Data of a benchmark: sequences for an encoder, or ready features."""

_ENCODING = {"encoders": "encoder", "masked_views": "masked views", "synthetic": "synthetic motion"}


def make_groups(
    sources: Sequence[Source], config: BenchmarkConfig, cache: Path, progress: Progress
) -> list["CellGroup"]:
    """Return the cells of each dataset and split, after checking all that would stop one of them later.

    Raises:
        InputError: Two datasets of one name, an unknown split, options that a folder of features has no use for, a
            prompt without texts for a class, a split with an empty part, or an option that cannot be used.
    """
    names = [source.name for source in sources]
    if len(set(names)) != len(names):
        raise InputError(f"datasets are named {', '.join(names)}; expected different names. Run them one by one")
    sentences = {name: SentenceEncoder(name, cache=cache, download=config.download) for name in config.texts}
    groups = []
    for source in sources:
        splits = [resolve_split(name, source) for name in config.splits]
        if isinstance(source, FeatureFolder):
            _check_folder(source, config, splits)
        descriptions = config.class_descriptions(source.name)
        prompts = {name: class_texts(source.class_names, name, descriptions) for name in config.prompts}
        texts = ClassEmbeddings(sentences, prompts)
        groups += [CellGroup(source, split, config, texts, cache, progress) for split in splits]
    for group, selection in product(groups, config.selections):
        if isinstance(group.store, FeatureStore):
            group.store.rows(group.split, withhold=selection == "validation")
    for group, text, prompt in product(groups, config.texts, config.prompts):
        width = group.texts.embeddings(text, prompt).shape[1]
        for variant in group.variants(text, prompt):
            variant.create().check_text_dim(width)
    return groups


def _check_folder(folder: FeatureFolder, config: BenchmarkConfig, splits: Sequence[ZeroShotSplit]) -> None:
    """Refuse options that ready features would ignore, and warn of what validation classes are worth there."""
    for split in splits:
        folder.check_split(split)
    default = BenchmarkConfig(config.splits)
    unused = [words for name, words in _ENCODING.items() if getattr(config, name) != getattr(default, name)]
    if set(config.options) - {variant.method for variant in config.methods}:
        unused.append("options of other names than the methods'")
    if unused:
        raise InputError(
            f"{folder.path}: {', '.join(unused)} given with ready features, of which nothing is encoded; expected the "
            "defaults. Leave these out, or give the dataset instead of the folder"
        )
    if "validation" in config.selections:
        log.warning(
            "%s: the validation classes are withheld from the method only; the encoder of these features was trained "
            "with them",
            folder.path,
        )


@dataclass(eq=False)
class CellGroup:
    """The cells of one dataset and split, which share features for each encoder and seed.

    Args:
        source: The dataset, or ready features.
        split: The class split.
        config: The grid.
        texts: Class embeddings of the dataset.
        cache: Folder of features and text embeddings.
        progress: Called during long work.

    Attributes:
        features: Function of encoder, seed and withhold that returns features and keeps the last ones in memory.
    """

    source: Source
    split: ZeroShotSplit
    config: BenchmarkConfig
    texts: ClassEmbeddings
    cache: Path
    progress: Progress

    def __post_init__(self) -> None:
        source, synthetic = self.source, self.config.synthetic
        self.store = source if isinstance(source, FeatureFolder) else FeatureStore(source, self.cache, self.progress)
        self.motion = SyntheticMotion(synthetic, self.cache) if synthetic else None
        self.features = lru_cache(maxsize=2)(self._encode)  # with and without the validation classes

    def cells(self) -> Iterator[CellConfig]:
        """Yield the cells in the grid's order: cells that share features follow one another."""
        config, split = self.config, self.split
        axes = product(config.encoders, config.seeds, config.texts, config.prompts, config.selections)
        for encoder, seed, text, prompt, selection in axes:
            encoding = self._encoder_config(encoder, seed)
            for variant in self.variants(text, prompt):
                choices = dict(align.method_class(variant.method).choices)
                yield CellConfig(
                    data=self.source.name,
                    fingerprint=self.source.fingerprint,
                    split=split.name,
                    protocol=split.protocol or self.source.protocol,
                    unseen=split.unseen,
                    validation_unseen=split.validation_unseen,
                    encoder=encoding.name,
                    encoder_options=encoding.options,
                    masked_views=encoding.masked_views,
                    method=variant.method,
                    options=dict(variant.options),
                    text=text,
                    text_fingerprint=self.texts.encoders[text].fingerprint,
                    prompt=prompt,
                    texts=self.texts.texts_key(prompt, with_aspects=config.synthetic > 0),
                    seed=seed,
                    selection=selection,
                    synthetic=config.synthetic,
                    defaults=content_key(variant.create().options(), choices, encoding.all_options()),
                )

    def variants(self, text: str, prompt: str) -> list[Variant]:
        """Return the methods; those that ask for the blocks of the class embeddings get their widths."""
        widths = self.texts.block_widths(text, prompt)
        return [with_text_blocks(variant, widths) for variant in self.config.variants]

    def encode(self, encoder: str, seed: int) -> None:
        """Train an encoder and store the features that all cells of this seed need."""
        for withhold in sorted({selection == "validation" for selection in self.config.selections} | {False}):
            self._encode(encoder, seed, withhold)

    def inputs(self, cell: CellConfig) -> CellInputs:
        """Return a cell with its arrays."""
        return CellInputs(
            config=cell,
            split=self.split,
            class_embeddings=self.texts.embeddings(cell.text, cell.prompt),
            encoded=self._training(cell, withhold=False),
            withheld=self._training(cell, withhold=True) if cell.selection == "validation" else None,
            notice=self.source.notice,
        )

    def _encode(self, encoder: str, seed: int, withhold: bool) -> EncodedSplit:
        return self.store.encode_split(self.split, self._encoder_config(encoder, seed), withhold=withhold)

    def _training(self, cell: CellConfig, *, withhold: bool) -> EncodedSplit:
        """Return the features of a cell, with the simulated motion that is added to its training set."""
        encoded, split, store = self.features(cell.encoder, cell.seed, withhold), self.split, self.store
        if self.motion is None or isinstance(store, FeatureFolder):
            return encoded
        encoder = store.encoder(self._encoder_config(cell.encoder, cell.seed), store.rows(split, withhold)["train"])
        tested = split.names((*split.unseen, *split.validation_unseen) if withhold else split.unseen)
        sentences = self.texts.encoders[cell.text]
        added = self.motion.classes(encoder, store.preprocessing_of(encoder.encoder), tested, sentences, cell.prompt)
        return replace(encoded, added=added)

    def _encoder_config(self, encoder: str, seed: int) -> EncoderConfig:
        if isinstance(self.source, FeatureFolder):
            return self.source.encoder
        return EncoderConfig(encoder, dict(self.config.options.get(encoder, {})), self.config.masked_views, seed)

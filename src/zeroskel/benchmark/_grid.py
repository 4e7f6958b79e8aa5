"""The grid's cells: data x splits x encoders x seeds x texts x prompts x selections x methods."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from zeroskel import align
from zeroskel.align._variants import Variant, with_text_blocks
from zeroskel.benchmark._cell import CellConfig
from zeroskel.benchmark._feature_map import feature_map
from zeroskel.benchmark.config import BenchmarkConfig
from zeroskel.core import FeatureMap, InputError, ZeroShotSplit
from zeroskel.core._files import content_key
from zeroskel.core._progress import Progress
from zeroskel.datasets import SkeletonDataset
from zeroskel.features.encoded_split import EncodedSplit, EncoderConfig
from zeroskel.features.ready_features import FeatureFolder
from zeroskel.features.store import FeatureStore
from zeroskel.features.synthetic_classes import SyntheticMotion
from zeroskel.features.text_embeddings import ClassEmbeddings
from zeroskel.text import SentenceEncoder, class_texts, published_descriptions

log = logging.getLogger(__name__)

Inputs = tuple[CellConfig, ZeroShotSplit, np.ndarray, EncodedSplit, EncodedSplit | None]
"""What `run_cell` takes."""


def check_folder(folder: FeatureFolder, config: BenchmarkConfig, splits: Sequence[ZeroShotSplit]) -> None:
    """Refuse what would be ignored, and say what validation classes are worth."""
    for split in splits:
        folder.check_split(split)
    default = BenchmarkConfig(config.splits)
    encoding = {
        "encoder": (config.encoders, default.encoders),
        "masked views": (config.masked_views, default.masked_views),
        "synthetic motion": (config.synthetic, default.synthetic),
        "options of other names than the methods'": (
            tuple(set(config.options) - {variant.method for variant in config.variants}),
            (),
        ),
    }
    asked = [what for what, (value, unused) in encoding.items() if value != unused]
    if asked:
        raise InputError(
            f"{folder.path}: {', '.join(asked)} given with ready features, of which nothing is encoded; expected the "
            "defaults. Leave these out, or give the data set instead of the folder"
        )
    if "validation" in config.selections:
        log.warning(
            "%s: the validation classes are withheld from the method only; the encoder of these features was trained "
            "with them",
            folder.path,
        )


class Texts:
    """Sentence encoders, and the class texts and embeddings that all splits of a data set share."""

    def __init__(self, config: BenchmarkConfig, cache: Path) -> None:
        self.config = config
        self.encoders = {name: SentenceEncoder(name, cache=cache, download=config.download) for name in config.texts}

    def of(self, dataset: SkeletonDataset | FeatureFolder) -> ClassEmbeddings:
        """Of one data set. Raises InputError for a prompt that it has no texts for."""
        given = self.config.class_descriptions()
        descriptions = published_descriptions(dataset.name) if given is None else given
        prompts = {name: class_texts(dataset.class_names, name, descriptions) for name in self.config.prompts}
        return ClassEmbeddings(self.encoders, prompts)


class Group:
    """The cells of one data set and split, which share features for each encoder and seed."""

    def __init__(
        self,
        dataset: SkeletonDataset | FeatureFolder,
        split: ZeroShotSplit,
        config: BenchmarkConfig,
        texts: ClassEmbeddings,
        cache: Path,
        progress: Progress,
    ) -> None:
        self.dataset = dataset
        self.split = split
        self.config = config
        self.texts = texts
        self.cache = cache
        self.store = dataset if isinstance(dataset, FeatureFolder) else FeatureStore(dataset, cache, progress)
        self._encoded: dict[bool, tuple[EncoderConfig, EncodedSplit]] = {}

    def cells(self) -> Iterator[CellConfig]:
        """In the grid's order: those that share features follow one another."""
        config = self.config
        for encoder in config.encoders:
            for seed in config.seeds:
                for text in config.texts:
                    for prompt in config.prompts:
                        for selection in config.selections:
                            for variant in self._variants(text, prompt):
                                yield self._cell(encoder, seed, text, prompt, selection, variant)

    def check_parts(self) -> None:
        """Raise InputError for a part of the split without recordings."""
        if isinstance(self.store, FeatureStore):
            for withhold in {selection == "validation" for selection in self.config.selections}:
                self.store.rows(self.split, withhold)

    def wanted(self) -> Iterator[tuple[Variant, int]]:
        """Each method with the width of the class embeddings that it will see, for every text and prompt."""
        for text in self.config.texts:
            for prompt in self.config.prompts:
                width = self.texts.embeddings(text, prompt).shape[1]
                for variant in self._variants(text, prompt):
                    yield variant, width

    def encode(self, encoder: str, seed: int) -> None:
        """Train an encoder and put into the cache what all cells of this seed need."""
        for withhold in sorted({selection == "validation" for selection in self.config.selections} | {False}):
            self.store.encode_split(self.split, self._encoding(encoder, seed), withhold=withhold)

    def inputs(self, cell: CellConfig) -> Inputs:
        """What `run_cell` takes; features of the last encoder and seed are kept at hand."""
        withheld = self._training(cell, withhold=True) if cell.selection == "validation" else None
        embeddings = self.texts.embeddings(cell.text, cell.prompt)
        return cell, self.split, embeddings, self._training(cell, withhold=False), withheld

    def map(self, cell: CellConfig) -> FeatureMap | None:
        """Return a map of the features of a cell; None where there is nothing to see."""
        embeddings = self.texts.embeddings(cell.text, cell.prompt)
        return feature_map(cell, self._features(cell, withhold=False), embeddings, self.split)

    def forget(self) -> None:
        """Let go of the features at hand."""
        self._encoded.clear()

    def _training(self, cell: CellConfig, *, withhold: bool) -> EncodedSplit:
        """The features, with added classes where the grid wants some."""
        encoded = self._features(cell, withhold=withhold)
        if not self.config.synthetic or not isinstance(self.store, FeatureStore):
            return encoded
        return SyntheticMotion(self.config.synthetic, self.cache).add_to(
            *(encoded, self.store, self.split, self._encoding(cell.encoder, cell.seed)),
            *(self.texts.encoders[cell.text], cell.prompt),
            withhold=withhold,
        )

    def _features(self, cell: CellConfig, *, withhold: bool) -> EncodedSplit:
        wanted = self._encoding(cell.encoder, cell.seed)
        if withhold not in self._encoded or self._encoded[withhold][0] != wanted:
            self._encoded[withhold] = wanted, self.store.encode_split(self.split, wanted, withhold=withhold)
        return self._encoded[withhold][1]

    def _encoding(self, encoder: str, seed: int) -> EncoderConfig:
        """How features are made; those of a folder are there, whatever the encoder and the seed."""
        if isinstance(self.dataset, FeatureFolder):
            return self.dataset.encoder
        return EncoderConfig(encoder, dict(self.config.options.get(encoder, {})), self.config.masked_views, seed)

    def _variants(self, text: str, prompt: str) -> list[Variant]:
        """The methods, told of the blocks of the class embeddings that they will see."""
        widths = self.texts.block_widths(text, prompt)
        return [with_text_blocks(variant, widths) for variant in self.config.variants]

    def _cell(self, encoder: str, seed: int, text: str, prompt: str, selection: str, variant: Variant) -> CellConfig:
        encoding = self._encoding(encoder, seed)
        return CellConfig(
            data=self.dataset.name,
            fingerprint=self.dataset.fingerprint,
            split=self.split.name,
            protocol=self.split.protocol or self.dataset.protocol,
            unseen=self.split.unseen,
            validation_unseen=self.split.validation_unseen,
            encoder=encoding.name,
            encoder_options=encoding.options,
            masked_views=encoding.masked_views,
            method=variant.method,
            options=dict(variant.options),
            text=text,
            text_fingerprint=self.texts.encoders[text].fingerprint,
            prompt=prompt,
            texts=self.texts.texts_key(prompt, with_aspects=self.config.synthetic > 0),
            seed=seed,
            selection=selection,
            synthetic=self.config.synthetic,
            defaults=content_key(
                variant.create().options(),
                dict(align.method_class(variant.method).choices),
                encoding.all_options(),
            ),
        )

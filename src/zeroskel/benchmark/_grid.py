"""The cells of a benchmark: data x splits x encoders x seeds x texts x prompts x selections x methods."""

import logging
from collections.abc import Iterator, Sequence
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
from zeroskel.text import SentenceEncoder, class_texts, published_descriptions
from zeroskel.text._sentence_encoder import ClassEmbeddings

log = logging.getLogger(__name__)

Source = SkeletonDataset | FeatureFolder
"""Data of a benchmark: sequences for an encoder, or ready features."""


def make_groups(
    sources: Sequence[Source], config: BenchmarkConfig, cache: Path, progress: Progress
) -> list["CellGroup"]:
    """Return the cells of each dataset and split, after checking all that would stop one of them later.

    Args:
        sources: The data, with different names.
        config: The grid.
        cache: Folder of features and text embeddings.
        progress: Called during long work.

    Raises:
        InputError: Two datasets of one name, an unknown split, options that a folder of features has no use for, a
            prompt without texts for a class, a split with an empty part, or an option that cannot be used.
    """
    names = [source.name for source in sources]
    if len(set(names)) != len(names):
        raise InputError(f"datasets are named {', '.join(names)}; expected different names. Run them one by one")
    splits = {source.name: [resolve_split(name, source) for name in config.splits] for source in sources}
    for source in sources:
        if isinstance(source, FeatureFolder):
            _check_folder(source, config, splits[source.name])
    sentences = {name: SentenceEncoder(name, cache=cache, download=config.download) for name in config.texts}
    groups = []
    for source in sources:
        descriptions = config.class_descriptions()
        if descriptions is None:
            descriptions = published_descriptions(source.name)
        prompts = {name: class_texts(source.class_names, name, descriptions) for name in config.prompts}
        texts = ClassEmbeddings(sentences, prompts)
        groups += [CellGroup(source, split, config, texts, cache, progress) for split in splits[source.name]]
    _check_cells(groups, config)
    return groups


def _check_folder(folder: FeatureFolder, config: BenchmarkConfig, splits: Sequence[ZeroShotSplit]) -> None:
    """Refuse options that ready features would ignore, and warn of what validation classes are worth there."""
    for split in splits:
        folder.check_split(split)
    default = BenchmarkConfig(config.splits)
    unused = {
        "encoder": config.encoders != default.encoders,
        "masked views": config.masked_views != default.masked_views,
        "synthetic motion": config.synthetic != default.synthetic,
        "options of other names than the methods'": bool(
            set(config.options) - {variant.method for variant in config.methods}
        ),
    }
    if any(unused.values()):
        raise InputError(
            f"{folder.path}: {', '.join(name for name in unused if unused[name])} given with ready features, of which "
            "nothing is encoded; expected the defaults. Leave these out, or give the dataset instead of the folder"
        )
    if "validation" in config.selections:
        log.warning(
            "%s: the validation classes are withheld from the method only; the encoder of these features was trained "
            "with them",
            folder.path,
        )


def _check_cells(groups: Sequence["CellGroup"], config: BenchmarkConfig) -> None:
    """Raise InputError for a split with an empty part and for options that a method cannot use."""
    tried: list[tuple[Variant, int]] = []
    for group in groups:
        if isinstance(group.store, FeatureStore):
            for withhold in {selection == "validation" for selection in config.selections}:
                group.store.rows(group.split, withhold)
        for text, prompt in product(config.texts, config.prompts):
            width = group.texts.embeddings(text, prompt).shape[1]
            for variant in group.variants(text, prompt):
                if (variant, width) not in tried:  # splits, and most prompts, ask the same of a method
                    variant.create().check_text_dim(width)
                    tried.append((variant, width))


class CellGroup:
    """The cells of one dataset and split, which share features for each encoder and seed.

    Args:
        source: The dataset, or ready features.
        split: The class split.
        config: The grid.
        texts: Class embeddings of the dataset.
        cache: Folder of features and text embeddings.
        progress: Called during long work.
    """

    def __init__(
        self,
        source: Source,
        split: ZeroShotSplit,
        config: BenchmarkConfig,
        texts: ClassEmbeddings,
        cache: Path,
        progress: Progress,
    ) -> None:
        self.source = source
        self.split = split
        self.config = config
        self.texts = texts
        self.cache = cache
        self.store = source if isinstance(source, FeatureFolder) else FeatureStore(source, cache, progress)
        self._encoded: dict[bool, tuple[EncoderConfig, EncodedSplit]] = {}

    def cells(self) -> Iterator[CellConfig]:
        """Yield the cells in the grid's order: cells that share features follow one another."""
        config = self.config
        axes = product(config.encoders, config.seeds, config.texts, config.prompts, config.selections)
        for encoder, seed, text, prompt, selection in axes:
            for variant in self.variants(text, prompt):
                yield self._cell(encoder, seed, text, prompt, selection, variant)

    def variants(self, text: str, prompt: str) -> list[Variant]:
        """Return the methods; those that ask for the blocks of the class embeddings get their widths."""
        widths = self.texts.block_widths(text, prompt)
        return [with_text_blocks(variant, widths) for variant in self.config.variants]

    def encode(self, encoder: str, seed: int) -> None:
        """Train an encoder and store the features that all cells of this seed need."""
        for withhold in sorted({selection == "validation" for selection in self.config.selections} | {False}):
            self.store.encode_split(self.split, self._encoder_config(encoder, seed), withhold=withhold)

    def inputs(self, cell: CellConfig) -> CellInputs:
        """Return a cell with its arrays. The features of the last encoder and seed stay in memory."""
        return CellInputs(
            config=cell,
            split=self.split,
            class_embeddings=self.texts.embeddings(cell.text, cell.prompt),
            encoded=self._training(cell, withhold=False),
            withheld=self._training(cell, withhold=True) if cell.selection == "validation" else None,
            notice=self.source.notice,
        )

    def features(self, cell: CellConfig, *, withhold: bool = False) -> EncodedSplit:
        """Return the features of a cell, without the motion that is added to its training set."""
        wanted = self._encoder_config(cell.encoder, cell.seed)
        if withhold not in self._encoded or self._encoded[withhold][0] != wanted:
            self._encoded[withhold] = wanted, self.store.encode_split(self.split, wanted, withhold=withhold)
        return self._encoded[withhold][1]

    def release(self) -> None:
        """Release the features that are in memory."""
        self._encoded.clear()

    def _training(self, cell: CellConfig, *, withhold: bool) -> EncodedSplit:
        encoded = self.features(cell, withhold=withhold)
        if not self.config.synthetic or not isinstance(self.store, FeatureStore):
            return encoded
        return SyntheticMotion(self.config.synthetic, self.cache).add_to(
            encoded,
            self.store,
            self.split,
            self._encoder_config(cell.encoder, cell.seed),
            self.texts.encoders[cell.text],
            cell.prompt,
            withhold=withhold,
        )

    def _encoder_config(self, encoder: str, seed: int) -> EncoderConfig:
        if isinstance(self.source, FeatureFolder):
            return self.source.encoder
        return EncoderConfig(encoder, dict(self.config.options.get(encoder, {})), self.config.masked_views, seed)

    def _cell(self, encoder: str, seed: int, text: str, prompt: str, selection: str, variant: Variant) -> CellConfig:
        encoder_config = self._encoder_config(encoder, seed)
        return CellConfig(
            data=self.source.name,
            fingerprint=self.source.fingerprint,
            split=self.split.name,
            protocol=self.split.protocol or self.source.protocol,
            unseen=self.split.unseen,
            validation_unseen=self.split.validation_unseen,
            encoder=encoder_config.name,
            encoder_options=encoder_config.options,
            masked_views=encoder_config.masked_views,
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
                encoder_config.all_options(),
            ),
        )

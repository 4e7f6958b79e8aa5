"""From a data set to a bundle."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel import __version__, align
from zeroskel.datasets import SkeletonDataset, resolve_split
from zeroskel.datasets.synthetic import action_names
from zeroskel.pipeline.added_motion import SyntheticMotion
from zeroskel.pipeline.features import EncoderConfig, FeatureStore, Progress, quiet
from zeroskel.pipeline.methods import Variant, try_out, with_text_blocks
from zeroskel.pipeline.recognizer import ZeroShotRecognizer
from zeroskel.pipeline.selection import with_added
from zeroskel.pipeline.texts import ClassTexts
from zeroskel.text import SentenceEncoder, class_texts, published_descriptions


@dataclass(frozen=True)
class TrainingConfig:
    """How a bundle is trained.

    Attributes:
        split: leave out its unseen classes and the test subjects, so that the bundle can be judged on them; None
            trains on everything.
        encoder, method: by name; options: name -> options that differ from the defaults.
        text, prompt: as in the benchmark.
        masked_views: of each sequence, for the temporal term.
        seed: of everything.
        synthetic: people whose synthetic motion trains besides (`SyntheticMotion`); 0 for none.
    """

    split: str | None = None
    encoder: str = "kinematic"
    method: str = "smie"
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    text: str = "minilm"
    prompt: str = "name"
    masked_views: int = 4
    seed: int = 0
    synthetic: int = 0


def train_bundle(
    dataset: SkeletonDataset, config: TrainingConfig, *, cache: Path, progress: Progress = quiet
) -> ZeroShotRecognizer:
    """Fit encoder and aligner and join them to a recognizer; `save` writes it.

    Raises InputError for unknown names or options.
    """
    motion = SyntheticMotion(config.synthetic, cache) if config.synthetic else None
    if motion is not None:
        class_texts(action_names(), config.prompt)  # it has names only
    sentences = SentenceEncoder(config.text, cache=cache)
    prompts = {config.prompt: class_texts(dataset.class_names, config.prompt, published_descriptions(dataset.name))}
    texts = ClassTexts({config.text: sentences}, prompts)
    embeddings = texts.embeddings(config.text, config.prompt)
    variant = Variant(config.method, dict(config.options.get(config.method, {})))
    variant = with_text_blocks(variant, texts.blocks(config.text, config.prompt))
    try_out(variant, embeddings.shape[1])
    aligner = align.create(variant.method, **variant.options)
    rows = np.arange(len(dataset))
    unseen: list[str] = []
    if config.split is not None:
        split = resolve_split(config.split, dataset)
        rows = np.flatnonzero(dataset.train_mask_of(split) & ~np.isin(dataset.labels, split.unseen))
        unseen = split.names(split.unseen)
    store = FeatureStore(dataset, cache, progress)
    encoder_config = EncoderConfig(
        config.encoder, dict(config.options.get(config.encoder, {})), config.masked_views, config.seed
    )
    encoder, train = store.encode_rows(rows, encoder_config)
    known = embeddings
    if motion is not None:
        train, known = with_added(
            train, motion.classes(encoder, store.preprocessing, unseen, sentences, config.prompt), embeddings
        )
    epochs = aligner.options().get("epochs") or 0
    aligner.fit(
        train.features,
        train.labels,
        known,
        train.masked,
        config.seed,
        on_epoch=lambda _, epoch: progress(f"training {config.method}", epoch, epochs),
    )
    facts = {
        "data": dataset.name,
        "notice": dataset.notice,
        "sequences": len(rows),
        "seen_classes": [dataset.class_names[i] for i in np.unique(dataset.labels[rows])],
        "left_out": unseen,
        "seed": config.seed,
        "version": __version__,
    }
    return ZeroShotRecognizer(store.preprocessing, encoder, aligner, sentences, config.prompt, facts)

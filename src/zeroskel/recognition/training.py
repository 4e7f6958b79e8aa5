"""From a data set to a bundle."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel import __version__
from zeroskel.align import Aligner
from zeroskel.align._variants import Variant, with_text_blocks
from zeroskel.core import FeatureSet, InputError
from zeroskel.core._progress import Progress, quiet
from zeroskel.datasets import SkeletonDataset, resolve_split
from zeroskel.datasets.synthetic import action_names
from zeroskel.encoders import SkeletonEncoder
from zeroskel.features.altered_copies import Augmentation
from zeroskel.features.encoded_split import EncoderConfig, with_added, with_more
from zeroskel.features.store import FeatureStore
from zeroskel.features.synthetic_classes import SyntheticMotion
from zeroskel.features.text_embeddings import ClassEmbeddings
from zeroskel.recognition.calibration_fit import Withheld, fit_calibration
from zeroskel.recognition.recognizer import ZeroShotRecognizer
from zeroskel.text import SentenceEncoder, class_texts, published_descriptions

CLASS_FOLDS = (
    4  # groups of classes that are withheld in turn for the calibration, where there are no members to withhold
)
LEAST_CLASSES = 3  # withheld together


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
        augment: altered copies of each sequence that train besides (`Augmentation`); 0 for none.
        calibrate: train again with classes withheld, to learn how sure an answer is (`fit_calibration`). From a pool
            each member is withheld in turn with half of its classes, else a quarter of the classes.
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
    augment: int = 0
    calibrate: bool = False


def train_bundle(
    dataset: SkeletonDataset, config: TrainingConfig, *, cache: Path, progress: Progress = quiet
) -> ZeroShotRecognizer:
    """Fit encoder and aligner and join them to a recognizer; `save` writes it.

    Raises InputError for unknown names or options, or where nothing can be withheld to calibrate on.
    """
    rows = np.arange(len(dataset))
    unseen: list[str] = []
    if config.split is not None:
        split = resolve_split(config.split, dataset)
        rows = np.flatnonzero(dataset.train_mask_of(split) & ~np.isin(dataset.labels, split.unseen))
        unseen = split.names(split.unseen)
    return train_on_rows(dataset, rows, config, unseen=unseen, cache=cache, progress=progress)


def train_on_rows(
    dataset: SkeletonDataset,
    rows: np.ndarray,
    config: TrainingConfig,
    *,
    unseen: Sequence[str] = (),
    cache: Path,
    progress: Progress = quiet,
) -> ZeroShotRecognizer:
    """As `train_bundle`, on some recordings only.

    Args:
        dataset: labelled sequences.
        rows: (n,) which of them train.
        config: how; its split is not used.
        unseen: names that no synthetic action may mean.
        cache, progress: as in the benchmark.
    """
    trainer = _Trainer(dataset, config, cache, progress)
    calibration = None
    if config.calibrate:
        withheld = [trainer.withheld(train, asked, unseen) for train, asked in _folds(dataset, rows, config.seed)]
    encoder, aligner, train = trainer.fit(rows, unseen, f"training {config.method}")
    if config.calibrate:
        calibration = fit_calibration(withheld, train.features.mean(axis=0), config.seed)
    facts = {
        "data": dataset.name,
        "members": [] if dataset.members is None else sorted(set(dataset.members[rows].tolist())),
        "notice": dataset.notice,
        "sequences": len(rows),
        "seen_classes": [dataset.class_names[i] for i in np.unique(dataset.labels[rows])],
        "left_out": list(unseen),
        "seed": config.seed,
        "synthetic": config.synthetic,
        "augment": config.augment,
        "version": __version__,
    }
    return ZeroShotRecognizer(
        trainer.store.preprocessing, encoder, aligner, trainer.sentences, config.prompt, facts, calibration
    )


class _Trainer:
    """Fits encoder and aligner on some recordings of a data set."""

    def __init__(self, dataset: SkeletonDataset, config: TrainingConfig, cache: Path, progress: Progress) -> None:
        self.dataset, self.config, self.progress = dataset, config, progress
        self.motion = SyntheticMotion(config.synthetic, cache) if config.synthetic else None
        self.augmentation = Augmentation(config.augment, config.seed) if config.augment else None
        if self.motion is not None:
            class_texts(action_names(), config.prompt)  # it has names only
        self.sentences = SentenceEncoder(config.text, cache=cache)
        prompts = {config.prompt: class_texts(dataset.class_names, config.prompt, published_descriptions(dataset.name))}
        texts = ClassEmbeddings({config.text: self.sentences}, prompts)
        self.embeddings = texts.embeddings(config.text, config.prompt)
        variant = Variant(config.method, dict(config.options.get(config.method, {})))
        self.variant = with_text_blocks(variant, texts.block_widths(config.text, config.prompt))
        self.variant.create().check_text_dim(self.embeddings.shape[1])
        self.store = FeatureStore(dataset, cache, progress)
        self.encoder_config = EncoderConfig(
            config.encoder, dict(config.options.get(config.encoder, {})), config.masked_views, config.seed
        )

    def fit(self, rows: np.ndarray, unseen: Sequence[str], what: str) -> tuple[SkeletonEncoder, Aligner, FeatureSet]:
        """An encoder and an aligner that know these recordings only, and the features of these."""
        encoder, own = self.store.encode_rows(rows, self.encoder_config)
        train, known = own, self.embeddings
        if self.augmentation is not None:
            train = with_more(train, self.store.encode_altered(rows, encoder, self.augmentation))
        if self.motion is not None:
            added = self.motion.classes(encoder, self.store.preprocessing, unseen, self.sentences, self.config.prompt)
            train, known = with_added(train, added, known)
        aligner = self.variant.create()
        epochs = aligner.options().get("epochs") or 0
        aligner.fit(
            train.features,
            train.labels,
            known,
            train.masked,
            self.config.seed,
            on_epoch=lambda _, epoch: self.progress(what, epoch, epochs),
        )
        return encoder, aligner, own

    def withheld(self, rows: np.ndarray, asked: np.ndarray, unseen: Sequence[str]) -> Withheld:
        """Recordings `asked` of classes that none of the training `rows` has, as a model of these rows sees them."""
        labels = self.dataset.labels
        classes = np.unique(labels[asked])
        new = [*unseen, *(self.dataset.class_names[i] for i in classes)]
        encoder, aligner, train = self.fit(rows, new, f"training {self.config.method} with {len(classes)} classes less")
        features = self.store.encode_with(encoder, asked)
        aligner.fit_candidates(self.embeddings[classes], self.config.seed)
        return Withheld(
            scores=aligner.score_classes(features, self.embeddings[classes]),
            labels=np.searchsorted(classes, labels[asked]),
            features=features - train.features.mean(axis=0),
            subjects=self.dataset.subjects[asked],
        )


def _folds(dataset: SkeletonDataset, rows: np.ndarray, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Recordings that train and those of withheld classes, fold by fold."""
    rng, labels = np.random.default_rng(seed), dataset.labels[rows]
    members = np.full(len(rows), "") if dataset.members is None else dataset.members[rows]
    several = np.unique(members)
    folds = []
    if len(several) > 1:
        for member in several:
            own = np.unique(labels[members == member])
            chosen = rng.permutation(own)[: len(own) // 2]
            asked = (members == member) & np.isin(labels, chosen)
            folds.append(((members != member) & ~np.isin(labels, chosen), asked))
    else:
        groups = rng.permutation(np.unique(labels))
        for fold in range(CLASS_FOLDS):
            asked = np.isin(labels, groups[fold::CLASS_FOLDS])
            folds.append((~asked, asked))
    good = [
        (rows[train], rows[asked])
        for train, asked in folds
        if len(np.unique(labels[asked])) >= LEAST_CLASSES and len(np.unique(labels[train])) >= LEAST_CLASSES
    ]
    if not good:
        raise InputError(
            f"data set {dataset.name}: {len(np.unique(labels))} classes are too few to withhold {LEAST_CLASSES} and "
            "calibrate on them; train without --calibrate"
        )
    yield from good

"""Training of a bundle on a dataset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel import __version__
from zeroskel.align import Aligner
from zeroskel.align._variants import Variant, with_text_blocks
from zeroskel.core import InputError
from zeroskel.core._progress import Progress, quiet
from zeroskel.datasets import SkeletonDataset, resolve_split
from zeroskel.datasets.synthetic import action_names
from zeroskel.encoders import SkeletonEncoder
from zeroskel.features._encoded_split import EncoderConfig, with_added, with_more
from zeroskel.features._store import FeatureStore
from zeroskel.features._synthetic_classes import SyntheticMotion
from zeroskel.recognition._calibration import Withheld, fit_calibration
from zeroskel.recognition._recognizer import ZeroShotRecognizer
from zeroskel.text import SentenceEncoder, class_embeddings, class_texts, published_descriptions
from zeroskel.text._class_embeddings import ClassEmbeddings
from zeroskel.text._movement_texts import various_actions

CLASS_FOLDS = 4  # groups of classes that are withheld in turn to calibrate on a dataset without members
MIN_CLASSES = 3  # withheld together
BACKGROUND = 256  # texts of actions that stand for what else may happen; twice as many are hardly better and slower


@dataclass(frozen=True)
class TrainingConfig:
    """Configuration of the training of a bundle.

    Args:
        split: name of a split whose unseen classes and test subjects are left out, so that the bundle can be evaluated
            on them. None trains on everything.
        encoder: name of the skeleton encoder.
        method: name of the method.
        options: name of the encoder or method -> options that differ from its defaults.
        text: name of the sentence encoder, or folder of one.
        prompt: how a class name becomes texts; see `zeroskel.text.class_texts`.
        masked_views: number of masked views of each sequence, for methods with a temporal term.
        seed: seed of all random draws.
        synthetic: number of simulated people whose motion is added to the training set.
        augment: number of altered copies of each sequence that are added to the training set.
        calibrate: whether to train again with recordings withheld, to calibrate the probabilities. Of a pool of
            datasets each member is withheld in turn, otherwise a quarter of the classes.

    Example:
        >>> from zeroskel.recognition import TrainingConfig
        >>> TrainingConfig(split="purls-5", method="ridge").encoder
        'kinematic'
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


DEFAULT_BUNDLE = TrainingConfig(
    encoder="movement",
    method="evidence",
    prompt="movement",
    masked_views=0,  # evidence has no temporal term
    synthetic=6,
    augment=1,
    calibrate=True,
)
"""Configuration of the bundle that comes with the package."""


def train_bundle(
    dataset: SkeletonDataset, config: TrainingConfig, *, cache: Path, progress: Progress = quiet
) -> ZeroShotRecognizer:
    """Fit an encoder and an aligner on a dataset.

    Args:
        dataset: labelled sequences.
        config: configuration of the training.
        cache: folder where features and embeddings are stored by content.
        progress: called with the name of the current step, the amount of finished work and the total.

    Returns:
        A recognizer; its method `save` writes the bundle.

    Raises:
        InputError: if a name or option is unknown, or nothing can be withheld to calibrate on.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from zeroskel.datasets import SkeletonDataset
        >>> from zeroskel.datasets.synthetic import generate_dataset
        >>> from zeroskel.recognition import TrainingConfig, train_bundle
        >>> dataset = SkeletonDataset(*generate_dataset(["squat", "jump", "walk in place"], subjects=2, repetitions=1))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     recognizer = train_bundle(dataset, TrainingConfig(method="ridge"), cache=Path(folder))
        >>> recognizer.facts["seen_classes"]
        ['squat', 'jump', 'walk in place']
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
    """Train as `train_bundle` does, on some recordings of a dataset.

    Args:
        dataset: labelled sequences.
        rows: (n,) indices of the recordings to train on.
        config: configuration of the training; its split is not used.
        unseen: names of classes that no synthetic action may mean.
        cache: as in `train_bundle`.
        progress: as in `train_bundle`.
    """
    trainer = _Trainer(dataset, config, cache, progress)
    withheld, background = [], None
    if config.calibrate:
        background = trainer.background()
        folds = _folds(dataset, rows, config.seed)
        withheld = [trainer.withheld(*fold, unseen, background) for fold in folds]
    encoder, aligner, features = trainer.fit(rows, unseen, f"training {config.method}")
    calibration = None
    if config.calibrate:
        calibration = fit_calibration(withheld, features.mean(axis=0), config.seed)
    facts = {
        "data": dataset.name,
        "protocol": dataset.protocol,
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
        trainer.store.preprocessing_of(encoder.encoder),
        encoder,
        aligner,
        trainer.sentences,
        config.prompt,
        facts,
        calibration,
        background=background,
    )


class _Trainer:
    """Trainer that fits an encoder and an aligner on some recordings of a dataset."""

    def __init__(self, dataset: SkeletonDataset, config: TrainingConfig, cache: Path, progress: Progress) -> None:
        self.dataset, self.config, self.progress = dataset, config, progress
        self.motion = SyntheticMotion(config.synthetic, cache) if config.synthetic else None
        if self.motion is not None:
            class_texts(action_names(), config.prompt)  # raises InputError if the prompt needs their descriptions
        self.sentences = SentenceEncoder(config.text, cache=cache)
        texts = class_texts(dataset.class_names, config.prompt, published_descriptions(dataset.name))
        classes = ClassEmbeddings({config.text: self.sentences}, {config.prompt: texts})
        self.embeddings = classes.embeddings(config.text, config.prompt)
        variant = Variant(config.method, dict(config.options.get(config.method, {})))
        self.variant = with_text_blocks(variant, classes.block_widths(config.text, config.prompt))
        self.variant.create().check_text_dim(self.embeddings.shape[1])
        self.store = FeatureStore(dataset, cache, progress)
        self.encoder_config = EncoderConfig(
            config.encoder, dict(config.options.get(config.encoder, {})), config.masked_views, config.seed
        )

    def fit(
        self, rows: np.ndarray, unseen: Sequence[str], description: str
    ) -> tuple[SkeletonEncoder, Aligner, np.ndarray]:
        """Return an encoder and an aligner fitted on some recordings, and the features (n, D) of these."""
        encoder, recorded = self.store.encode_rows(rows, self.encoder_config)
        train, embeddings = recorded, self.embeddings
        if self.config.augment:
            copies = self.store.encode_altered(rows, encoder, self.config.augment, self.config.seed)
            train = with_more(train, copies)
        if self.motion is not None:
            added = self.motion.classes(
                encoder, self.store.preprocessing_of(encoder.encoder), unseen, self.sentences, self.config.prompt
            )
            train, embeddings = with_added(train, added, embeddings)
        aligner = self.variant.create()
        epochs = aligner.options().get("epochs") or 0
        aligner.fit(
            train.features,
            train.labels,
            embeddings,
            train.masked,
            self.config.seed,
            on_epoch=lambda _, epoch: self.progress(description, epoch, epochs),
        )
        return encoder, aligner, recorded.features

    def background(self) -> np.ndarray | None:
        """Return embeddings (B, D_text) of various actions other than the classes; None for prompts without any.

        A method whose scores depend on the other candidates gets none.
        """
        if self.config.prompt != "movement" or self.variant.create().knows_candidates:
            return None
        names = various_actions(BACKGROUND, self.dataset.class_names)
        return class_embeddings(self.sentences, class_texts(names, self.config.prompt))

    def withheld(
        self,
        rows: np.ndarray,
        tested: np.ndarray,
        withheld_classes: np.ndarray,
        unseen: Sequence[str],
        background: np.ndarray | None,
    ) -> Withheld:
        """Return the recordings `tested`, scored by a model that is fitted on `rows`.

        Args:
            rows: indices of the training recordings.
            tested: indices of the other recordings.
            withheld_classes: classes that no synthetic action may mean.
            unseen: names of further ones.
            background: embeddings (B, D_text) to score, too.
        """
        labels = self.dataset.labels
        classes = np.unique(labels[tested])
        names = [*unseen, *(self.dataset.class_names[i] for i in withheld_classes)]
        description = f"training {self.config.method} without {len(classes)} classes"
        encoder, aligner, training_features = self.fit(rows, names, description)
        features = self.store.encode_with(encoder, tested)
        aligner.fit_candidates(self.embeddings[classes], self.config.seed)
        return Withheld(
            scores=aligner.score_classes(features, self.embeddings[classes]),
            labels=np.searchsorted(classes, labels[tested]),
            features=features - training_features.mean(axis=0),
            subjects=self.dataset.subjects[tested],
            background=None if background is None else aligner.score_classes(features, background),
        )


def _folds(dataset: SkeletonDataset, rows: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return indices of training recordings, of withheld recordings, and withheld classes, for each fold.

    Of a pool, a member is withheld. Its classes stay in the training set where other members have them, because users
    ask for common actions on new sensors, too. Of a single dataset, classes are withheld.
    """
    rng, labels = np.random.default_rng(seed), dataset.labels[rows]
    members = np.full(len(rows), "") if dataset.members is None else dataset.members[rows]
    masks = []
    if len(np.unique(members)) > 1:
        for member in np.unique(members):
            masks.append((members != member, members == member, np.zeros(0, dtype=int)))
    else:
        classes = rng.permutation(np.unique(labels))
        for fold in range(CLASS_FOLDS):
            withheld = np.isin(labels, classes[fold::CLASS_FOLDS])
            masks.append((~withheld, withheld, classes[fold::CLASS_FOLDS]))
    folds = [
        (rows[training], rows[tested], withheld_classes)
        for training, tested, withheld_classes in masks
        if min(len(np.unique(labels[training])), len(np.unique(labels[tested]))) >= MIN_CLASSES
    ]
    if not folds:
        raise InputError(
            f"Dataset {dataset.name} has {len(np.unique(labels))} classes, too few to withhold {MIN_CLASSES} and "
            "calibrate on them. Train without --calibrate."
        )
    return folds

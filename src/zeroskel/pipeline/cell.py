"""One cell of the benchmark grid: a pure function of its configuration."""

import time
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from zeroskel import __version__, align
from zeroskel.align import Aligner
from zeroskel.core import FeatureSet, InputError, ZeroShotSplit
from zeroskel.core.files import content_key
from zeroskel.evaluate import GZSLResult, accuracy, evaluate_gzsl, evaluate_zsl, per_class_accuracy, predictions
from zeroskel.pipeline.features import OBSERVED_SHARES, EncodedSplit, Progress, quiet

SELECTIONS = ("last", "validation", "leaking-test")


@dataclass(frozen=True)
class CellConfig:
    """Everything that a result depends on.

    Attributes:
        data, fingerprint: name and content of the data set.
        split: name of the class split.
        protocol: which recordings train.
        unseen, validation_unseen: its class ids.
        encoder, encoder_options, masked_views: how features are made; "features" and their folder for ready ones.
        method, options: the aligner; only options that differ from its defaults.
        text, text_fingerprint, prompt: how class embeddings are made; `texts` are the texts themselves, by content.
        seed: of encoder, masks and method.
        selection: "last" epoch; the epoch best on "validation" classes, then refitted on all seen classes; or
            "leaking-test": the epoch best on the unseen test classes, as published, which leaks.
    """

    data: str
    fingerprint: str
    split: str
    protocol: str
    unseen: tuple[int, ...]
    validation_unseen: tuple[int, ...]
    encoder: str
    method: str
    seed: int
    text: str
    text_fingerprint: str
    prompt: str
    texts: str
    encoder_options: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    masked_views: int = 4
    selection: str = "last"

    @property
    def key(self) -> str:
        """Equal for equal configurations of the same version."""
        return content_key(__version__, asdict(self))


def run_cell(
    config: CellConfig,
    split: ZeroShotSplit,
    class_embeddings: np.ndarray,
    encoded: EncodedSplit,
    withheld: EncodedSplit | None = None,
    *,
    notice: str = "",
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Fit, score and evaluate.

    Args:
        config: the cell.
        split: the class split that the configuration names.
        class_embeddings: (K, D_text) of all classes.
        encoded: features of all seen classes and of the test recordings.
        withheld: the same with the validation classes left out of encoder and training; for selection "validation".
        notice: the data set's, kept with the result.
        progress: told about epochs.

    Returns:
        One line of results.jsonl.
    """
    started = time.perf_counter()
    aligner, selected = _fit(config, class_embeddings, encoded, withheld, np.asarray(split.unseen), progress)
    unseen = np.asarray(split.unseen)
    aligner.fit_candidates(class_embeddings[unseen], config.seed)
    zsl = evaluate_zsl(
        aligner.score_classes(encoded.unseen.features, class_embeddings[unseen]), encoded.unseen.labels, unseen
    )
    observed = _observed(aligner, encoded, class_embeddings, unseen, config.seed)
    gzsl = _gzsl(aligner, encoded, class_embeddings, unseen, config.seed)
    return {
        "cell": config.key,
        "data": config.data,
        "notice": notice,
        "split": config.split,
        "protocol": config.protocol,
        "encoder": config.encoder,
        "encoder_options": config.encoder_options,
        "method": config.method,
        "options": config.options,
        "text": config.text,
        "prompt": config.prompt,
        "seed": config.seed,
        "selection": config.selection,
        "selected_epoch": selected,
        "classes_seen": len(np.unique(encoded.train.labels)),
        "classes_unseen": split.names(split.unseen),
        "train_sequences": len(encoded.train),
        "test_sequences": len(encoded.unseen),
        "masked_views": 0 if encoded.train.masked is None else len(encoded.train.masked),
        "zsl_accuracy": zsl.accuracy,
        "zsl_per_class_accuracy": zsl.per_class_accuracy,
        "chance": zsl.chance,
        "majority": zsl.majority,
        "seen_class_accuracy": encoded.seen_class_accuracy,
        "gzsl_seen": None if gzsl is None else gzsl.seen,
        "gzsl_unseen": None if gzsl is None else gzsl.unseen,
        "gzsl_harmonic_mean": None if gzsl is None else gzsl.harmonic_mean,
        "confusion": zsl.confusion.tolist(),
        "observed": observed,
        "seconds": round(time.perf_counter() - started, 3),
        "version": __version__,
    }


def _fit(
    config: CellConfig,
    class_embeddings: np.ndarray,
    encoded: EncodedSplit,
    withheld: EncodedSplit | None,
    unseen: np.ndarray,
    progress: Progress,
) -> tuple[Aligner, int | None]:
    """The fitted aligner and the epoch it stopped at, for methods that have any."""
    aligner = align.create(config.method, **config.options)
    if not aligner.trained_by_epochs:
        return _fit_on(aligner, encoded.train, class_embeddings, config.seed, progress), None
    if config.selection == "last":
        _fit_on(aligner, encoded.train, class_embeddings, config.seed, progress)
        return aligner, aligner.options()["stop_epoch"] or aligner.options()["epochs"]
    if config.selection == "validation":
        if withheld is None or withheld.validation is None:
            raise InputError("selection 'validation' needs features with the validation classes withheld")
        trained, judged = withheld.train, withheld.validation
    elif config.selection == "leaking-test":
        trained, judged = encoded.train, encoded.unseen
    else:
        raise InputError(f"selection is {config.selection!r}; expected one of {', '.join(SELECTIONS)}")
    candidates = np.unique(judged.labels) if config.selection == "validation" else unseen
    curve: list[float] = []

    def judge(fitted: Aligner, _epoch: int) -> None:
        scores = fitted.score_classes(judged.features, class_embeddings[candidates])
        curve.append(per_class_accuracy(predictions(scores, candidates), judged.labels))

    _fit_on(align.create(config.method, **config.options), trained, class_embeddings, config.seed, progress, judge)
    best = int(np.argmax(curve)) + 1
    aligner = align.create(config.method, **{**config.options, "stop_epoch": best})
    return _fit_on(aligner, encoded.train, class_embeddings, config.seed, progress), best


def _fit_on(
    aligner: Aligner,
    train: FeatureSet,
    class_embeddings: np.ndarray,
    seed: int,
    progress: Progress,
    judge: align.OnEpoch | None = None,
) -> Aligner:
    """Fit with the embeddings of all other classes blanked out, so that nothing can learn from them."""
    known = np.full_like(class_embeddings, np.nan)
    trained = np.unique(train.labels)
    known[trained] = class_embeddings[trained]
    epochs = aligner.options().get("stop_epoch") or aligner.options().get("epochs") or 0

    def on_epoch(fitted: Aligner, epoch: int) -> None:
        progress(f"training {aligner.method}", epoch, epochs)
        if judge is not None:
            judge(fitted, epoch)

    return aligner.fit(train.features, train.labels, known, train.masked, seed, on_epoch=on_epoch)


def _gzsl(
    aligner: Aligner, encoded: EncodedSplit, class_embeddings: np.ndarray, unseen: np.ndarray, seed: int
) -> GZSLResult | None:
    """All classes as candidates; None without test recordings of seen classes."""
    if encoded.seen is None:
        return None
    aligner.fit_candidates(class_embeddings, seed)
    everything = np.concatenate((encoded.seen.features, encoded.unseen.features))
    labels = np.concatenate((encoded.seen.labels, encoded.unseen.labels))
    return evaluate_gzsl(aligner.score_classes(everything, class_embeddings), labels, unseen)


def _observed(
    aligner: Aligner, encoded: EncodedSplit, class_embeddings: np.ndarray, unseen: np.ndarray, seed: int
) -> dict[str, Any] | None:
    """Accuracy and, where the method estimates it, mutual information against the share of frames observed."""
    if encoded.observed is None:
        return None
    labels = encoded.unseen.labels
    order = np.random.default_rng(seed).permutation(len(labels))  # neighbours of one class would be false negatives
    texts = class_embeddings[labels][order]
    accuracies, information = [], []
    for features in encoded.observed:
        scores = aligner.score_classes(features, class_embeddings[unseen])
        accuracies.append(accuracy(predictions(scores, unseen), labels))
        if isinstance(aligner, align.SMIE):
            information.append(aligner.mutual_information(features[order], texts))
    return {"share": list(OBSERVED_SHARES), "accuracy": accuracies, "mutual_information": information or None}

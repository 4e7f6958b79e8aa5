"""One cell of the benchmark grid: a pure function of its configuration."""

import time
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from zeroskel import __version__, align
from zeroskel.align import Aligner
from zeroskel.align.prototypes import Prototypes
from zeroskel.benchmark._selection import fit_selected, tested
from zeroskel.core import CellRecord, ZeroShotSplit
from zeroskel.core._files import content_key
from zeroskel.core._progress import Progress, quiet
from zeroskel.core.records import CellIdentity, CurvePoints, ObservedFrames
from zeroskel.evaluate import accuracy, evaluate_gzsl, evaluate_zsl, per_class_accuracy, predictions
from zeroskel.evaluate.anytime import settling_share
from zeroskel.evaluate.gzsl import GZSLConstants, gzsl_result
from zeroskel.evaluate.stacking import SeenUnseenCurve, area_under_curve, seen_unseen_curve
from zeroskel.features.encoded_split import OBSERVED_SHARES, EncodedSplit
from zeroskel.features.threads import one_thread

CURVE_POINTS = 41


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
        selection: how constants and epochs are chosen, one of `SELECTIONS`.
        defaults: all options of method and encoder, and the method's choices, by content.
        synthetic: people whose synthetic motion trains besides; 0 for none.
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
    defaults: str = ""
    synthetic: int = 0

    def identity(self) -> CellIdentity:
        """Return what a line of results.jsonl says of the configuration."""
        names = ("data", "split", "protocol", "encoder", "encoder_options", "method", "options", "text", "prompt")
        values = {name: getattr(self, name) for name in (*names, "seed", "selection")}
        return CellIdentity(cell=self.key, **values, variant=f"synthetic={self.synthetic}" if self.synthetic else "")

    @property
    def key(self) -> str:
        """Equal for equal configurations of the same version."""
        parts = asdict(self)
        if not self.synthetic:
            del parts["synthetic"]  # results from before it was there keep their keys
        return content_key(__version__, parts)


def run_cell(
    config: CellConfig,
    split: ZeroShotSplit,
    class_embeddings: np.ndarray,
    encoded: EncodedSplit,
    withheld: EncodedSplit | None = None,
    *,
    notice: str = "",
    progress: Progress = quiet,
) -> CellRecord:
    """Fit, score and evaluate, on one thread, so that nothing depends on how many there are.

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
    with one_thread():
        figures = _figures(config, split, class_embeddings, encoded, withheld, progress)
    return CellRecord(
        **vars(config.identity()),
        notice=notice,
        classes_seen=len(np.unique(encoded.train.labels)),
        classes_unseen=tuple(split.names(split.unseen)),
        train_sequences=len(encoded.train),
        added_sequences=None if encoded.added is None else len(encoded.added.train),
        test_sequences=len(encoded.unseen),
        masked_views=0 if encoded.train.masked is None else len(encoded.train.masked),
        seen_class_accuracy=encoded.seen_class_accuracy,
        **figures,
        seconds=round(time.perf_counter() - started, 3),
        version=__version__,
    )


def _figures(
    config: CellConfig,
    split: ZeroShotSplit,
    class_embeddings: np.ndarray,
    encoded: EncodedSplit,
    withheld: EncodedSplit | None,
    progress: Progress,
) -> dict[str, Any]:
    fitted = fit_selected(
        config.method,
        config.options,
        config.selection,
        encoded,
        withheld,
        class_embeddings,
        config.seed,
        progress,
    )
    aligner, unseen = fitted.aligner, np.asarray(split.unseen)
    texts, new = class_embeddings[unseen], encoded.unseen
    aligner.fit_candidates(texts, config.seed)
    zsl = evaluate_zsl(aligner.score_classes(new.features, texts), new.labels, unseen)
    adapted = predictions(Prototypes(aligner).score_classes(new.features, texts), unseen)
    observed = _observed(aligner, encoded, class_embeddings, unseen, config.seed)
    return {
        "selected_epoch": fitted.epoch,
        "selected_options": fitted.options,
        "validation_accuracy": fitted.accuracy if config.selection == "validation" else None,
        "zsl_accuracy": zsl.accuracy,
        "zsl_per_class_accuracy": zsl.per_class_accuracy,
        "chance": zsl.chance,
        "majority": zsl.majority,
        "transductive_accuracy": accuracy(adapted, new.labels),
        "transductive_per_class_accuracy": per_class_accuracy(adapted, new.labels),
        **_gzsl(aligner, encoded, class_embeddings, unseen, fitted.constants, config.seed),
        "confusion": tuple(map(tuple, zsl.confusion.tolist())),
        "observed": observed,
    }


def _gzsl(
    aligner: Aligner,
    encoded: EncodedSplit,
    class_embeddings: np.ndarray,
    unseen: np.ndarray,
    constants: GZSLConstants | None,
    seed: int,
) -> dict[str, Any]:
    """All classes as candidates: plain, under each handicap of seen classes, and with constants from validation."""
    names = ("seen", "unseen", "harmonic_mean")
    figures: dict[str, Any] = {f"{rule}_{name}": None for rule in ("gzsl", "stacked", "gated") for name in names}
    figures |= {"gzsl_auc": None, "gzsl_curve": None}
    if encoded.seen is None:
        return figures
    features, labels = tested(encoded)
    aligner.fit_candidates(class_embeddings, seed)
    scores, everything = aligner.score_classes(features, class_embeddings), np.arange(len(class_embeddings))
    curve = seen_unseen_curve(scores, labels, everything, unseen)
    results = {"gzsl": evaluate_gzsl(scores, labels, unseen)}
    if constants is not None:
        results["stacked"] = curve.at(constants.gamma)
        results["gated"] = gzsl_result(constants.gate.apply(scores, everything, unseen), labels, unseen)
    for rule, result in results.items():
        figures |= {f"{rule}_{name}": getattr(result, name) for name in names}
    return figures | {"gzsl_auc": area_under_curve(curve), "gzsl_curve": _thinned(curve)}


def _thinned(curve: SeenUnseenCurve) -> CurvePoints:
    """A curve in few enough points to be kept."""
    points = np.unique(np.linspace(0, len(curve.seen) - 1, CURVE_POINTS).round().astype(int))
    return CurvePoints(tuple(curve.seen[points].round(4).tolist()), tuple(curve.unseen[points].round(4).tolist()))


def _observed(
    aligner: Aligner, encoded: EncodedSplit, class_embeddings: np.ndarray, unseen: np.ndarray, seed: int
) -> ObservedFrames | None:
    """Accuracy, settled answers and, where the method estimates it, information against the share of frames seen."""
    if encoded.observed is None:
        return None
    labels = encoded.unseen.labels
    order = np.random.default_rng(seed).permutation(len(labels))  # neighbours of one class would be false negatives
    texts = class_embeddings[labels][order]
    answers, information = [], []
    for features in encoded.observed:
        answers.append(predictions(aligner.score_classes(features, class_embeddings[unseen]), unseen))
        if isinstance(aligner, align.SMIE) and aligner.estimator == "jsd" and len(labels) > 1:  # one scale for all
            information.append(aligner.mutual_information(features[order], texts))
    shares = np.asarray(OBSERVED_SHARES)
    settling = settling_share(np.stack(answers), shares)
    return ObservedFrames(
        share=OBSERVED_SHARES,
        accuracy=tuple(accuracy(answer, labels) for answer in answers),
        mutual_information=tuple(information) or None,
        settled=tuple(float((settling <= share + 1e-9).mean()) for share in shares),
        settling=float(settling.mean()),
    )

"""One cell of the benchmark grid: a pure function of its configuration and of the features that it names."""

import time
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from zeroskel import __version__
from zeroskel.align import Aligner
from zeroskel.align._variants import Variant
from zeroskel.align.prototypes import Prototypes
from zeroskel.benchmark._selection import fit_selected, tested_recordings
from zeroskel.core import CellRecord, ZeroShotSplit
from zeroskel.core._files import content_key
from zeroskel.core._progress import Progress, quiet
from zeroskel.core._records import CellIdentity, CurvePoints, ObservedFrames
from zeroskel.evaluate import accuracy, evaluate_gzsl, evaluate_zsl, per_class_accuracy, predictions, settling_share
from zeroskel.evaluate._gate import GZSLConstants
from zeroskel.evaluate._metrics import gzsl_result
from zeroskel.evaluate._stacking import SeenUnseenCurve, area_under_curve, seen_unseen_curve
from zeroskel.features._encoded_split import OBSERVED_SHARES, EncodedSplit
from zeroskel.features._threads import one_thread

CURVE_POINTS = 41


@dataclass(frozen=True)
class CellConfig:
    """Everything that the result of a cell depends on.

    Attributes:
        data: Name of the dataset.
        fingerprint: Hash of its content.
        split: Name of the class split.
        protocol: Name of the choice of training recordings.
        unseen: Class ids that are unseen.
        validation_unseen: Class ids that stand for unseen ones when constants and epochs are chosen.
        encoder: Name of the skeleton encoder; "features" for ready features.
        method: Name of the aligner.
        seed: Seed of the encoder, of the masked views and of the method.
        text: Name of the sentence encoder.
        text_fingerprint: Hash of its weights.
        prompt: Name of the prompt, or a template.
        texts: Hash of the class texts.
        encoder_options: Options of the encoder that differ from the defaults.
        options: Options of the method that differ from the defaults.
        masked_views: Number of masked views of each training sequence.
        selection: How constants and epochs are chosen, one of `SELECTIONS`.
        defaults: Hash of all options of method and encoder, and of the method's choices.
        synthetic: Number of simulated people whose motion is added to the training set.
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
        """Hash that is equal for equal configurations of the same version."""
        parts = asdict(self)
        if not self.synthetic:
            del parts["synthetic"]  # results that are older than this option keep their keys
        return content_key(__version__, parts)


@dataclass(frozen=True, eq=False)
class CellInputs:
    """Configuration of a cell with the arrays that it names.

    Attributes:
        config: The configuration.
        split: The class split.
        class_embeddings: (K, D_text) embeddings of all classes.
        encoded: Features of all seen classes and of the test recordings.
        withheld: Features with the validation classes left out of encoder and training, for selection "validation".
        notice: Notice of the dataset, which its results repeat.
    """

    config: CellConfig
    split: ZeroShotSplit
    class_embeddings: np.ndarray
    encoded: EncodedSplit
    withheld: EncodedSplit | None = None
    notice: str = ""


def run_cell(inputs: CellInputs, progress: Progress = quiet) -> CellRecord:
    """Fit, score and evaluate on one thread, so that the result does not depend on the number of cores.

    Args:
        inputs: The cell and its arrays.
        progress: Called after each epoch.

    Returns:
        The record of the cell, one line of results.jsonl.
    """
    started = time.perf_counter()
    encoded, split = inputs.encoded, inputs.split
    with one_thread():
        measures = _measures(inputs, progress)
    return CellRecord(
        **vars(inputs.config.identity()),
        notice=inputs.notice,
        classes_seen=len(np.unique(encoded.train.labels)),
        classes_unseen=tuple(split.names(split.unseen)),
        train_sequences=len(encoded.train),
        added_sequences=None if encoded.added is None else len(encoded.added.train),
        test_sequences=len(encoded.unseen),
        masked_views=0 if encoded.train.masked is None else len(encoded.train.masked),
        seen_class_accuracy=encoded.seen_class_accuracy,
        **measures,
        seconds=round(time.perf_counter() - started, 3),
        version=__version__,
    )


def _measures(inputs: CellInputs, progress: Progress) -> dict[str, Any]:
    config, encoded = inputs.config, inputs.encoded
    fitted = fit_selected(
        Variant(config.method, config.options),
        config.selection,
        encoded,
        inputs.withheld,
        inputs.class_embeddings,
        config.seed,
        progress,
    )
    aligner, unseen, labels = fitted.aligner, np.asarray(inputs.split.unseen), encoded.unseen.labels
    candidates = inputs.class_embeddings[unseen]
    aligner.fit_candidates(candidates, config.seed)
    zsl = evaluate_zsl(aligner.score_classes(encoded.unseen.features, candidates), labels, unseen)
    adapted = predictions(Prototypes(aligner).score_classes(encoded.unseen.features, candidates), unseen)
    observed = _observed_frames(aligner, encoded, inputs.class_embeddings, unseen, config.seed)
    return {
        "selected_epoch": fitted.epoch,
        "selected_options": fitted.options,
        "validation_accuracy": fitted.accuracy if config.selection == "validation" else None,
        "zsl_accuracy": zsl.accuracy,
        "zsl_per_class_accuracy": zsl.per_class_accuracy,
        "chance": zsl.chance,
        "majority": zsl.majority,
        "transductive_accuracy": accuracy(adapted, labels),
        "transductive_per_class_accuracy": per_class_accuracy(adapted, labels),
        **_gzsl_measures(aligner, encoded, inputs.class_embeddings, unseen, fitted.constants, config.seed),
        "confusion": tuple(map(tuple, zsl.confusion.tolist())),
        "observed": observed,
    }


def _gzsl_measures(
    aligner: Aligner,
    encoded: EncodedSplit,
    class_embeddings: np.ndarray,
    unseen: np.ndarray,
    constants: GZSLConstants | None,
    seed: int,
) -> dict[str, Any]:
    """Return the measures with all classes as candidates; none where no test recording is of a seen class.

    The rules are: plain, calibrated stacking and the gate. The last two need constants.
    """
    if encoded.seen is None:
        return {}
    features, labels = tested_recordings(encoded)
    aligner.fit_candidates(class_embeddings, seed)
    scores, all_classes = aligner.score_classes(features, class_embeddings), np.arange(len(class_embeddings))
    curve = seen_unseen_curve(scores, labels, all_classes, unseen)
    results = {"gzsl": evaluate_gzsl(scores, labels, unseen)}
    if constants is not None:
        results["stacked"] = curve.at(constants.gamma)
        results["gated"] = gzsl_result(constants.gate.apply(scores, all_classes, unseen), labels, unseen)
    measures = {f"{rule}_{name}": value for rule, result in results.items() for name, value in vars(result).items()}
    return {**measures, "gzsl_auc": area_under_curve(curve), "gzsl_curve": _curve_points(curve)}


def _curve_points(curve: SeenUnseenCurve) -> CurvePoints:
    """Return at most `CURVE_POINTS` points of a curve."""
    points = np.unique(np.linspace(0, len(curve.seen) - 1, CURVE_POINTS).round().astype(int))
    return CurvePoints(tuple(curve.seen[points].round(4).tolist()), tuple(curve.unseen[points].round(4).tolist()))


def _observed_frames(
    aligner: Aligner, encoded: EncodedSplit, class_embeddings: np.ndarray, unseen: np.ndarray, seed: int
) -> ObservedFrames | None:
    """Return accuracy, settled predictions and mutual information at growing shares of the observed frames."""
    if encoded.observed is None:
        return None
    labels = encoded.unseen.labels
    order = np.random.default_rng(seed).permutation(len(labels))  # neighbours of one class would be false negatives
    texts = class_embeddings[labels][order]
    predicted, information = [], []
    for features in encoded.observed:
        predicted.append(predictions(aligner.score_classes(features, class_embeddings[unseen]), unseen))
        information.append(aligner.information(features[order], texts))
    shares = np.asarray(OBSERVED_SHARES)
    settling = settling_share(np.stack(predicted), shares)
    return ObservedFrames(
        share=OBSERVED_SHARES,
        accuracy=tuple(accuracy(answer, labels) for answer in predicted),
        mutual_information=tuple(value for value in information if value is not None) or None,
        settled=tuple(float((settling <= share + 1e-9).mean()) for share in shares),
        settling=float(settling.mean()),
    )

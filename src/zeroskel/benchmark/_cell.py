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
from zeroskel.evaluate._stacking import area_under_curve, seen_unseen_curve
from zeroskel.features._encoded_split import OBSERVED_SHARES, EncodedSplit
from zeroskel.features._threads import one_thread

CURVE_POINTS = 41  # at most


@dataclass(frozen=True)
class CellConfig:
    """Everything that the result of a cell depends on.

    Attributes:
        data, split, protocol, encoder, encoder_options, method, options, text, prompt, seed, selection: As in the
            `CellIdentity` of its results.
        fingerprint: Hash of the content of the dataset.
        unseen: Class ids that are unseen.
        validation_unseen: Class ids that stand for unseen ones when constants and epochs are chosen.
        text_fingerprint: Hash of the weights of the sentence encoder.
        texts: Hash of the class texts.
        masked_views: Number of masked views of each training sequence.
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
    """Fit, score and evaluate on one thread, so that the result does not depend on the number of cores."""
    started = time.perf_counter()
    config, encoded, embeddings = inputs.config, inputs.encoded, inputs.class_embeddings
    unseen, test = np.asarray(config.unseen), encoded.unseen
    variant, seed = Variant(config.method, config.options), config.seed
    with one_thread():
        fitted = fit_selected(variant, config.selection, encoded, inputs.withheld, embeddings, seed, progress)
        aligner, candidates = fitted.aligner, embeddings[unseen]
        aligner.fit_candidates(candidates, seed)
        zsl = evaluate_zsl(aligner.score_classes(test.features, candidates), test.labels, unseen)
        adapted = predictions(Prototypes(aligner).score_classes(test.features, candidates), unseen)
        observed = _observed_frames(aligner, encoded, embeddings, unseen, seed)
        gzsl = _gzsl_measures(aligner, encoded, embeddings, unseen, fitted.constants, seed)
    return CellRecord(
        **vars(config.identity()),
        notice=inputs.notice,
        classes_seen=len(np.unique(encoded.train.labels)),
        classes_unseen=tuple(inputs.split.names(unseen)),
        train_sequences=len(encoded.train),
        added_sequences=None if encoded.added is None else len(encoded.added.train),
        test_sequences=len(test),
        masked_views=0 if encoded.train.masked is None else len(encoded.train.masked),
        seen_class_accuracy=encoded.seen_class_accuracy,
        selected_epoch=fitted.epoch,
        selected_options=fitted.options,
        validation_accuracy=fitted.accuracy if config.selection == "validation" else None,
        zsl_accuracy=zsl.accuracy,
        zsl_per_class_accuracy=zsl.per_class_accuracy,
        chance=zsl.chance,
        majority=zsl.majority,
        transductive_accuracy=accuracy(adapted, test.labels),
        transductive_per_class_accuracy=per_class_accuracy(adapted, test.labels),
        **gzsl,
        confusion=tuple(map(tuple, zsl.confusion.tolist())),
        observed=observed,
        seconds=round(time.perf_counter() - started, 3),
        version=__version__,
    )


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
    points = np.unique(np.linspace(0, len(curve.seen) - 1, CURVE_POINTS).round().astype(int))
    drawn = CurvePoints(*(tuple(values[points].round(4).tolist()) for values in (curve.seen, curve.unseen)))
    return {**measures, "gzsl_auc": area_under_curve(curve), "gzsl_curve": drawn}


def _observed_frames(
    aligner: Aligner, encoded: EncodedSplit, class_embeddings: np.ndarray, unseen: np.ndarray, seed: int
) -> ObservedFrames | None:
    """Return accuracy, settled predictions and mutual information at growing shares of the observed frames."""
    if encoded.observed is None:
        return None
    labels = encoded.unseen.labels
    order = np.random.default_rng(seed).permutation(len(labels))  # neighbours of one class would be false negatives
    texts, candidates, shares = class_embeddings[labels[order]], class_embeddings[unseen], np.asarray(OBSERVED_SHARES)
    predicted = [predictions(aligner.score_classes(features, candidates), unseen) for features in encoded.observed]
    information = [aligner.information(features[order], texts) for features in encoded.observed]
    settling = settling_share(np.stack(predicted), shares)
    return ObservedFrames(
        share=OBSERVED_SHARES,
        accuracy=tuple(accuracy(answer, labels) for answer in predicted),
        mutual_information=tuple(value for value in information if value is not None) or None,
        settled=tuple(float((settling <= share + 1e-9).mean()) for share in shares),
        settling=float(settling.mean()),
    )

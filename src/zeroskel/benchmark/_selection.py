"""Selection of constants and epoch: fixed beforehand, on validation classes or, as a leak, on the test set."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from zeroskel import align
from zeroskel.align import Aligner
from zeroskel.align._variants import Variant
from zeroskel.core import DivergedError, InputError
from zeroskel.core._progress import Progress, quiet
from zeroskel.evaluate import per_class_accuracy, predictions
from zeroskel.evaluate._gate import GZSLConstants, choose_constants
from zeroskel.features._encoded_split import EncodedSplit, with_added

SELECTIONS = ("last", "validation", "leaking-test")
MOST_JUDGED = 20  # epochs of a training run that are judged, spread evenly, the last one always


@dataclass(frozen=True, eq=False)
class Fitted:
    """A method fitted on all seen classes, and what was chosen for it.

    Attributes:
        aligner: The fitted method.
        options: Options chosen among the method's `choices`; empty where nothing was chosen.
        epoch: The epoch at which training stopped; None for methods without epochs.
        accuracy: Accuracy by class of the best candidate where the choice was made; None without a choice.
        constants: Constants of generalised recognition from validation classes; None where none were withheld.
    """

    aligner: Aligner
    options: dict[str, Any]
    epoch: int | None
    accuracy: float | None = None
    constants: GZSLConstants | None = None


def fit_selected(
    variant: Variant,
    selection: str,
    encoded: EncodedSplit,
    withheld: EncodedSplit | None,
    class_embeddings: np.ndarray,
    seed: int,
    progress: Progress = quiet,
) -> Fitted:
    """Choose constants and epoch, then fit on all seen classes.

    "last" uses the method's defaults and its last epoch. "validation" tries every combination of the method's
    `choices`, up to 20 epochs of each, on features from which validation classes were withheld; the best by class is
    fitted again on all seen classes. "leaking-test" does the same on the unseen classes of the test set, as published
    code does; it exists to show what the leak adds. Of equal candidates the first is chosen.

    Args:
        variant: The method; an option that is set here is not chosen.
        selection: One of `SELECTIONS`.
        encoded: Features of the split.
        withheld: Features with validation classes withheld, for "validation".
        class_embeddings: (K, D_text) embeddings of all classes.
        seed: Seed of every fit.
        progress: Called after each epoch.

    Raises:
        InputError: An unknown method, option or selection, or no withheld features for "validation".
    """
    if selection not in SELECTIONS:
        raise InputError(f"selection is {selection!r}; expected one of {', '.join(SELECTIONS)}")
    if selection == "last":
        aligner = _fit(variant.create(), encoded, class_embeddings, seed, progress)
        return Fitted(aligner, {}, _last_epoch(aligner))
    if selection == "validation" and withheld is None:
        raise InputError("selection 'validation' needs features with the validation classes withheld")
    inner = withheld if selection == "validation" and withheld is not None else encoded
    search = _Search(inner, class_embeddings, seed, constants=selection == "validation")
    for choice in combinations(variant):
        search.run(Variant(variant.method, {**variant.options, **choice}), choice, progress)
    stop = {} if search.epoch is None or "stop_epoch" in variant.options else {"stop_epoch": search.epoch}
    aligner = Variant(variant.method, {**variant.options, **search.options, **stop}).create()
    _fit(aligner, encoded, class_embeddings, seed, progress)
    return Fitted(aligner, search.options, search.epoch, search.accuracy, search.constants)


def combinations(variant: Variant) -> list[dict[str, Any]]:
    """Return all combinations of the values that a method may choose among, without options that are set."""
    all_choices = align.method_class(variant.method).choices
    choices = {name: values for name, values in all_choices.items() if name not in variant.options}
    return [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]


class _Search:
    """The best candidate so far, judged by class among the unseen classes of some features."""

    def __init__(self, encoded: EncodedSplit, class_embeddings: np.ndarray, seed: int, *, constants: bool) -> None:
        self.encoded = encoded
        self.class_embeddings = class_embeddings
        self.seed = seed
        self.wants_constants = (
            constants and encoded.seen is not None and min(len(encoded.seen), len(encoded.unseen)) > 1
        )
        self.candidates = np.unique(encoded.unseen.labels)
        self.accuracy = -1.0
        self.options: dict[str, Any] = {}
        self.epoch: int | None = None
        self.constants: GZSLConstants | None = None

    def run(self, variant: Variant, choice: dict[str, Any], progress: Progress) -> None:
        aligner = variant.create()
        last = _last_epoch(aligner)
        if last is None:
            self._judge(_fit(aligner, self.encoded, self.class_embeddings, self.seed, progress), choice, None)
            return
        epochs = {last} if "stop_epoch" in variant.options else set(judged_epochs(last))

        def judge(fitted: Aligner, epoch: int) -> None:
            if epoch in epochs:
                self._judge(fitted, choice, epoch)

        _fit(aligner, self.encoded, self.class_embeddings, self.seed, progress, judge)

    def _judge(self, fitted: Aligner, choice: dict[str, Any], epoch: int | None) -> None:
        test, candidates = self.encoded.unseen, self.class_embeddings[self.candidates]
        try:
            fitted.fit_candidates(candidates, self.seed)
            predicted = predictions(fitted.score_classes(test.features, candidates), self.candidates)
            accuracy = per_class_accuracy(predicted, test.labels)
            if accuracy > self.accuracy:
                self.constants = self._choose_constants(fitted) if self.wants_constants else None
                self.accuracy, self.options, self.epoch = accuracy, choice, epoch
        except DivergedError:
            return  # scores that are not finite are never chosen

    def _choose_constants(self, fitted: Aligner) -> GZSLConstants:
        features, labels = tested_recordings(self.encoded)
        classes = np.union1d(self.encoded.train.labels, self.candidates)
        fitted.fit_candidates(self.class_embeddings[classes], self.seed)
        scores = fitted.score_classes(features, self.class_embeddings[classes])
        return choose_constants(scores, labels, classes, self.candidates, seed=self.seed)


def judged_epochs(epochs: int) -> list[int]:
    """Return at most `MOST_JUDGED` epochs, 1-based, spread evenly up to the last."""
    count = min(epochs, MOST_JUDGED)
    return [round(epochs * step / count) for step in range(1, count + 1)]


def tested_recordings(encoded: EncodedSplit) -> tuple[np.ndarray, np.ndarray]:
    """Return features (N, D) and labels (N,) of test recordings of seen classes, then of unseen classes."""
    parts = [part for part in (encoded.seen, encoded.unseen) if part is not None]
    return np.concatenate([part.features for part in parts]), np.concatenate([part.labels for part in parts])


def _last_epoch(aligner: Aligner) -> int | None:
    """Return the number of the last epoch, None for a method without epochs."""
    if not aligner.trained_by_epochs:
        return None
    options = aligner.options()
    return int(options["epochs"] if options["stop_epoch"] is None else options["stop_epoch"])


def _fit(
    aligner: Aligner,
    encoded: EncodedSplit,
    class_embeddings: np.ndarray,
    seed: int,
    progress: Progress,
    judge: Callable[[Aligner, int], None] | None = None,
) -> Aligner:
    """Fit with NaN for the embeddings of all other classes, so that no method can learn from them."""
    train, visible = encoded.train, np.full_like(class_embeddings, np.nan)
    trained = np.unique(train.labels)
    visible[trained] = class_embeddings[trained]
    if encoded.added is not None:
        train, visible = with_added(train, encoded.added, visible)
    epochs = _last_epoch(aligner) or 0

    def on_epoch(fitted: Aligner, epoch: int) -> None:
        progress(f"training {aligner.method}", epoch, epochs)
        if judge is not None:
            judge(fitted, epoch)

    return aligner.fit(train.features, train.labels, visible, train.masked, seed, on_epoch=on_epoch)

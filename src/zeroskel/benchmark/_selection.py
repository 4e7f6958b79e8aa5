"""Selection of constants and epoch: fixed beforehand, on validation classes or, as a leak, on the test set."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
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
    fitting = _Fitting(encoded, class_embeddings, seed, progress)
    if selection == "last":
        aligner = fitting.fit(variant)
        return Fitted(aligner, {}, _last_epoch(aligner))
    inner = withheld if selection == "validation" else encoded
    if inner is None:
        raise InputError("selection 'validation' needs features with the validation classes withheld")
    best = replace(fitting, encoded=inner).best(variant, with_constants=selection == "validation")
    stop = {} if best.epoch is None or "stop_epoch" in variant.options else {"stop_epoch": best.epoch}
    chosen = Variant(variant.method, {**variant.options, **best.options, **stop})
    return replace(best, aligner=fitting.fit(chosen))


def combinations(variant: Variant) -> list[dict[str, Any]]:
    """Return all combinations of the values that a method may choose among, without options that are set."""
    all_choices = align.method_class(variant.method).choices
    choices = {name: values for name, values in all_choices.items() if name not in variant.options}
    return [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]


@dataclass(frozen=True, eq=False)
class _Fitting:
    """Features, class embeddings and seed that every fit of a method shares."""

    encoded: EncodedSplit
    class_embeddings: np.ndarray
    seed: int
    progress: Progress

    def fit(self, variant: Variant, judge: Callable[[Aligner, int], None] | None = None) -> Aligner:
        """Fit with NaN for the embeddings of all other classes, so that no method can learn from them."""
        aligner, train, visible = variant.create(), self.encoded.train, np.full_like(self.class_embeddings, np.nan)
        trained = np.unique(train.labels)
        visible[trained] = self.class_embeddings[trained]
        if self.encoded.added is not None:
            train, visible = with_added(train, self.encoded.added, visible)
        epochs = _last_epoch(aligner) or 0

        def on_epoch(fitted: Aligner, epoch: int) -> None:
            self.progress(f"training {aligner.method}", epoch, epochs)
            if judge is not None:
                judge(fitted, epoch)

        return aligner.fit(train.features, train.labels, visible, train.masked, self.seed, on_epoch=on_epoch)

    def best(self, variant: Variant, *, with_constants: bool) -> Fitted:
        """Return the best combination of choices and epoch, judged by class among the unseen classes."""
        best = Fitted(variant.create(), {}, None, accuracy=-1.0)
        test, classes = self.encoded.unseen, np.unique(self.encoded.unseen.labels)
        candidates = self.class_embeddings[classes]

        def judge(fitted: Aligner, epoch: int | None) -> None:
            nonlocal best
            if epoch not in epochs:
                return
            with suppress(DivergedError):  # scores that are not finite are never chosen
                fitted.fit_candidates(candidates, self.seed)
                predicted = predictions(fitted.score_classes(test.features, candidates), classes)
                accuracy = per_class_accuracy(predicted, test.labels)
                if best.accuracy is None or accuracy > best.accuracy:
                    constants = self._constants(fitted, classes) if with_constants else None
                    best = Fitted(fitted, choice, epoch, accuracy, constants)

        for choice in combinations(variant):
            tried = Variant(variant.method, {**variant.options, **choice})
            last = _last_epoch(tried.create())
            epochs = judged_epochs(last) if last and "stop_epoch" not in variant.options else [last]
            fitted = self.fit(tried, judge)
            if last is None:
                judge(fitted, None)
        return best

    def _constants(self, fitted: Aligner, unseen: np.ndarray) -> GZSLConstants | None:
        """Return the constants of generalised recognition; None for less than two recordings of one kind."""
        if self.encoded.seen is None or min(len(self.encoded.seen), len(self.encoded.unseen)) < 2:
            return None
        features, labels = tested_recordings(self.encoded)
        classes = np.union1d(self.encoded.train.labels, unseen)
        fitted.fit_candidates(self.class_embeddings[classes], self.seed)
        scores = fitted.score_classes(features, self.class_embeddings[classes])
        return choose_constants(scores, labels, classes, unseen, seed=self.seed)


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

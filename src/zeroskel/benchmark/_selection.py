"""How a method's constants and epoch are chosen: fixed beforehand, on validation classes, or (leaking) on the test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from zeroskel import align
from zeroskel.align import Aligner
from zeroskel.core import DivergedError, InputError
from zeroskel.core._progress import Progress, quiet
from zeroskel.evaluate import per_class_accuracy, predictions
from zeroskel.evaluate.gzsl import GZSLConstants, choose_constants
from zeroskel.features.encoded_split import EncodedSplit, with_added

SELECTIONS = ("last", "validation", "leaking-test")
MOST_JUDGED = 20  # epochs of a training run that are judged, spread evenly, the last one always


@dataclass(frozen=True, eq=False)
class Fitted:
    """A method fitted on all seen classes, and what was chosen for it.

    Attributes:
        aligner: fitted.
        options: chosen among the method's `choices`; empty where nothing was.
        epoch: the one it was stopped at; None for methods without epochs.
        accuracy: by class, of the best candidate where the choice was made; None where none was.
        constants: of generalised recognition, from validation classes; None where none were withheld.
    """

    aligner: Aligner
    options: dict[str, Any]
    epoch: int | None
    accuracy: float | None
    constants: GZSLConstants | None


def fit_selected(
    method: str,
    options: dict[str, Any],
    selection: str,
    encoded: EncodedSplit,
    withheld: EncodedSplit | None,
    class_embeddings: np.ndarray,
    seed: int,
    progress: Progress = quiet,
) -> Fitted:
    """Choose, then fit on all seen classes.

    "last" takes the method's defaults and its last epoch. "validation" tries every combination of the method's
    `choices`, up to 20 epochs of each, on features from which validation classes were withheld; the best by class is
    fitted again on all seen classes. "leaking-test" does the same on the unseen classes of the test set, as published
    code does; it exists to show what that adds. Of equal ones the first is taken.

    Args:
        method, options: the aligner; options given here are not tried.
        selection: one of `SELECTIONS`.
        encoded: features of the split.
        withheld: the same with validation classes withheld, for "validation".
        class_embeddings: (K, D_text) of all classes.
        seed: of every fit.
        progress: told about epochs.

    Raises:
        InputError: unknown method, option or selection, or no withheld features for "validation".
    """
    if selection == "last":
        aligner = _fit(align.create(method, **options), encoded, class_embeddings, seed, progress)
        return Fitted(aligner, {}, _last_epoch(aligner), None, None)
    if selection not in SELECTIONS:
        raise InputError(f"selection is {selection!r}; expected one of {', '.join(SELECTIONS)}")
    if selection == "validation" and withheld is None:
        raise InputError("selection 'validation' needs features with the validation classes withheld")
    inner = withheld if selection == "validation" and withheld is not None else encoded
    search = _Search(inner, class_embeddings, seed, constants=selection == "validation")
    for tried in combinations(method, options):
        search.run(method, {**options, **tried}, tried, progress)
    stop = {} if search.epoch is None or "stop_epoch" in options else {"stop_epoch": search.epoch}
    aligner = align.create(method, **{**options, **search.options, **stop})
    _fit(aligner, encoded, class_embeddings, seed, progress)
    return Fitted(aligner, search.options, search.epoch, search.accuracy, search.constants)


def combinations(method: str, options: dict[str, Any]) -> list[dict[str, Any]]:
    """All combinations of the values that a method may choose among, without options that are set."""
    choices = {name: values for name, values in align.method_class(method).choices.items() if name not in options}
    return [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]


class _Search:
    """The best of what was tried so far, judged by class among the unseen classes of some features."""

    def __init__(self, encoded: EncodedSplit, class_embeddings: np.ndarray, seed: int, *, constants: bool) -> None:
        self.encoded = encoded
        self.class_embeddings = class_embeddings
        self.seed = seed
        self.wants_constants = (
            constants and encoded.seen is not None and min(map(len, (encoded.seen, encoded.unseen))) > 1
        )
        self.candidates = np.unique(encoded.unseen.labels)
        self.accuracy = -1.0
        self.options: dict[str, Any] = {}
        self.epoch: int | None = None
        self.constants: GZSLConstants | None = None

    def run(self, method: str, options: dict[str, Any], tried: dict[str, Any], progress: Progress) -> None:
        aligner = align.create(method, **options)
        if not aligner.trained_by_epochs:
            self._judge(_fit(aligner, self.encoded, self.class_embeddings, self.seed, progress), tried, None)
            return
        last = _last_epoch(aligner) or 1
        judged = {last} if "stop_epoch" in options else set(judged_epochs(last))

        def judge(fitted: Aligner, epoch: int) -> None:
            if epoch in judged:
                self._judge(fitted, tried, epoch)

        _fit(aligner, self.encoded, self.class_embeddings, self.seed, progress, judge)

    def _judge(self, fitted: Aligner, tried: dict[str, Any], epoch: int | None) -> None:
        new = self.encoded.unseen
        try:
            fitted.fit_candidates(self.class_embeddings[self.candidates], self.seed)
            scores = fitted.score_classes(new.features, self.class_embeddings[self.candidates])
            accuracy = per_class_accuracy(predictions(scores, self.candidates), new.labels)
            if accuracy > self.accuracy:
                self.constants = self._constants(fitted) if self.wants_constants else None
                self.accuracy, self.options, self.epoch = accuracy, tried, epoch
        except DivergedError:
            return  # as bad as can be: never chosen

    def _constants(self, fitted: Aligner) -> GZSLConstants:
        features, labels = tested(self.encoded)
        candidates = np.union1d(self.encoded.train.labels, self.candidates)
        fitted.fit_candidates(self.class_embeddings[candidates], self.seed)
        scores = fitted.score_classes(features, self.class_embeddings[candidates])
        return choose_constants(scores, labels, candidates, self.candidates, seed=self.seed)


def judged_epochs(epochs: int) -> Iterator[int]:
    """At most `MOST_JUDGED` epochs, 1-based, spread evenly up to the last."""
    count = min(epochs, MOST_JUDGED)
    return (round(epochs * place / count) for place in range(1, count + 1))


def tested(encoded: EncodedSplit) -> tuple[np.ndarray, np.ndarray]:
    """Features (N, D) and labels (N,) of test recordings of seen classes, then of unseen ones."""
    parts = [part for part in (encoded.seen, encoded.unseen) if part is not None]
    return np.concatenate([part.features for part in parts]), np.concatenate([part.labels for part in parts])


def _last_epoch(aligner: Aligner) -> int | None:
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
    """Fit with the embeddings of all other classes blanked out, so that nothing can learn from them."""
    known = np.full_like(class_embeddings, np.nan)
    trained = np.unique(encoded.train.labels)
    known[trained] = class_embeddings[trained]
    train = encoded.train
    if encoded.added is not None:
        train, known = with_added(train, encoded.added, known)
    epochs = _last_epoch(aligner) or 0

    def on_epoch(fitted: Aligner, epoch: int) -> None:
        progress(f"training {aligner.method}", epoch, epochs)
        if judge is not None:
            judge(fitted, epoch)

    return aligner.fit(train.features, train.labels, known, train.masked, seed, on_epoch=on_epoch)

"""ZeroShotRecognizer: a saved bundle that names actions from words."""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from importlib import resources
from os import PathLike
from pathlib import Path
from typing import Any, overload

import numpy as np

from zeroskel import __version__, align, encoders
from zeroskel.align import Aligner
from zeroskel.core import InputError, MissingFileError, SkeletonSequence
from zeroskel.core._files import atomic_folder, read_json_object
from zeroskel.core._rows import softmax
from zeroskel.encoders import SkeletonEncoder
from zeroskel.features.encoded_split import ENCODE_AT_ONCE
from zeroskel.features.threads import loaded_pools, one_thread
from zeroskel.recognition.calibration import Calibration
from zeroskel.recognition.examples import Examples
from zeroskel.recognition.explanation import Explanation, explain
from zeroskel.recognition.prediction import THRESHOLD, Candidates, Prediction
from zeroskel.recognition.stream import Stream
from zeroskel.skeleton import Preprocessing, make_batch
from zeroskel.text import SentenceEncoder, class_embeddings, class_texts, published_descriptions

BUNDLE, EXAMPLES = "bundle.json", "examples.safetensors"
DEFAULT = "default"  # the bundle that comes with the package
LONGEST_TEXT = 1000  # characters of an action's name or text
FEW = 32  # sequences, for fewer of which more threads than one do harm

Actions = Sequence[str] | Mapping[str, str | Sequence[str]] | Candidates
"""Names; or name -> one or more texts that say the same in other words, or describe the movement."""


@dataclass(frozen=True, eq=False)
class ZeroShotRecognizer:
    """Pre-processing, encoder, aligner and text encoder that were fitted together.

    Attributes:
        facts: what the bundle was trained on: data, seen_classes, notice, seed, version.
        calibration: of probabilities, on withheld classes; None where the bundle was trained without.
        examples: of actions, that `adapt` took.
    """

    preprocessing: Preprocessing
    encoder: SkeletonEncoder
    aligner: Aligner
    sentences: SentenceEncoder
    prompt: str = "name"
    facts: dict[str, Any] = field(default_factory=dict)
    calibration: Calibration | None = None
    examples: Examples | None = None

    @overload
    def predict(
        self, sequences: SkeletonSequence, actions: Actions, *, threshold: float | None = None
    ) -> Prediction: ...

    @overload
    def predict(
        self, sequences: Sequence[SkeletonSequence], actions: Actions, *, threshold: float | None = None
    ) -> list[Prediction]: ...

    def predict(
        self,
        sequences: SkeletonSequence | Sequence[SkeletonSequence],
        actions: Actions,
        *,
        threshold: float | None = None,
    ) -> Prediction | list[Prediction]:
        """Score actions for one sequence or several.

        Args:
            sequences: one, of any layout that shares joints with the bundle's, or a sequence of them.
            actions: one or more, none twice: names, or name -> further texts, or `candidates`.
            threshold: presence from which on one of the actions counts as happening, 0 to 1; 0.5 where None.

        Returns:
            A Prediction for one sequence, a list of them for several.

        Raises:
            InputError: no actions, an action twice, empty or too long, no sequences, one without any observed joint, or
                a threshold for a bundle that is not calibrated.
        """
        candidates = self.candidates(actions)
        several = [sequences] if isinstance(sequences, SkeletonSequence) else list(sequences)
        found = self.score(self.encode(several), candidates, threshold=threshold)
        return found[0] if isinstance(sequences, SkeletonSequence) else found

    def candidates(self, actions: Actions) -> Candidates:
        """Embed the texts of actions, to use them again and again; arguments and errors as `predict`."""
        if isinstance(actions, Candidates):
            return actions
        if isinstance(actions, str) or not actions or len(set(actions)) != len(actions):
            raise InputError(f"actions are {actions!r}; expected a list of one or more texts, none of them twice")
        names = list(actions)
        own = _texts_of(actions) if isinstance(actions, Mapping) else {}
        for text in (*names, *(text for texts in own.values() for text in texts)):
            if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
                shown = text if not isinstance(text, str) or len(text) <= LONGEST_TEXT else f"{text[:40]}…"
                raise InputError(f"action {shown!r}; expected a text of 1 to {LONGEST_TEXT} characters")
        descriptions = {**published_descriptions(), **{name: texts for name, texts in own.items() if texts}}
        embeddings = class_embeddings(self.sentences, class_texts(names, self.prompt, descriptions))
        return Candidates(tuple(names), embeddings)

    def encode(self, sequences: Sequence[SkeletonSequence]) -> np.ndarray:
        """(N, D) features of sequences; errors as `predict`."""
        if not len(sequences):
            raise InputError("no sequences; expected one or more")
        for place, sequence in enumerate(sequences):
            if not sequence.observed.any():
                raise InputError(f"sequence {place} has no observed joint in {sequence.frames} frames; nothing to name")
        parts = [sequences[start : start + ENCODE_AT_ONCE] for start in range(0, len(sequences), ENCODE_AT_ONCE)]
        with _threads_for(len(sequences)):
            return np.concatenate([self.encoder.encode(make_batch(part, self.preprocessing)) for part in parts])

    def score(
        self, features: np.ndarray, candidates: Candidates, *, threshold: float | None = None
    ) -> list[Prediction]:
        """Predictions for features (N, D) of `encode`; arguments and errors as `predict`."""
        with _threads_for(len(features)):
            self.aligner.fit_candidates(candidates.embeddings)
            scores = self.aligner.score_classes(features, candidates.embeddings)
        return self._predictions(features, scores, candidates, threshold)

    def score_each(
        self, features: np.ndarray, candidates: Sequence[Candidates], thresholds: Sequence[float | None]
    ) -> list[Prediction]:
        """A prediction for each row of features (N, D) with candidates and a threshold of its own; errors as `predict`.

        The same as `score` row by row, and much faster where many lists are asked about few motions.
        """
        lists = list({id(own): own for own in candidates}.values())
        if self.aligner.knows_candidates:
            rows = zip(features, candidates, thresholds, strict=True)
            return [self.score(row[None], own, threshold=threshold)[0] for row, own, threshold in rows]
        starts = dict(zip(map(id, lists), np.cumsum([0, *(len(own.actions) for own in lists)]).tolist(), strict=False))
        scores = self.aligner.score_classes(features, np.concatenate([own.embeddings for own in lists]))
        found: list[Prediction] = []
        for place, (own, threshold) in enumerate(zip(candidates, thresholds, strict=True)):
            start = starts[id(own)]
            row = slice(place, place + 1)
            columns = slice(start, start + len(own.actions))
            found += self._predictions(features[row], scores[row, columns], own, threshold)
        return found

    def _predictions(
        self, features: np.ndarray, scores: np.ndarray, candidates: Candidates, threshold: float | None
    ) -> list[Prediction]:
        if threshold is not None and self.calibration is None:
            raise InputError(
                "a threshold was given, but this bundle is not calibrated; train it with --calibrate, or leave it out"
            )
        threshold = THRESHOLD if threshold is None else threshold
        if not 0 <= threshold <= 1:
            raise InputError(f"threshold is {threshold}; expected a probability from 0 to 1")
        if self.calibration is None:
            shares = softmax(scores)
            return [Prediction(candidates.actions, *row) for row in zip(scores, shares, strict=True)]
        evidence = None
        if self.examples is not None:
            own = self.examples.of(candidates.actions)
            evidence = self.calibration.evidence_of(features, own, len(candidates.actions))
        logits = self.calibration.logits(scores, evidence)
        scores = (logits * self.calibration.temperature).astype(np.float32)
        rows = zip(scores, softmax(logits), self.calibration.presences(logits), strict=True)
        return [Prediction(candidates.actions, s, p, float(there), threshold) for s, p, there in rows]

    def adapt(self, sequences: Sequence[SkeletonSequence], labels: Sequence[str]) -> "ZeroShotRecognizer":
        """A recognizer that knows examples too; words go on to count, for actions with examples and without.

        Args:
            sequences: a few for each action; more can be added by another call.
            labels: the action of each sequence, spelt as it will be asked for.

        Raises:
            InputError: no sequences, one without any observed joint, other numbers of labels, or a bundle that is not
                calibrated and so cannot weigh examples against words.
        """
        if self.calibration is None:
            raise InputError("this bundle is not calibrated and cannot weigh examples; train it with --calibrate")
        if len(sequences) != len(labels) or not all(isinstance(label, str) and label.strip() for label in labels):
            raise InputError(f"{len(sequences)} sequences and {len(labels)} labels; expected a text for each sequence")
        new = Examples(self.encode(list(sequences)), tuple(labels))
        return replace(self, examples=new if self.examples is None else self.examples.and_also(new))

    def explain(self, sequence: SkeletonSequence, actions: Actions, *, action: str | None = None) -> Explanation:
        """When and by which parts of the body an action was known.

        Args:
            sequence: as `predict`.
            actions: as `predict`, two or more.
            action: which of them is explained; the best where None.

        Raises:
            InputError: as `predict`; fewer than two actions; an action that is not among them.
        """
        return explain(self, sequence, self.candidates(actions), action)

    def stream(
        self,
        actions: Actions,
        *,
        layout: str = "kinect-20",
        seconds: float = 3.0,
        threshold: float | None = None,
    ) -> Stream:
        """An object that takes frames as they come and says which action is happening; errors as `predict`.

        Args:
            actions: as `predict`.
            layout: joints of the frames.
            seconds: how far back it looks.
            threshold: as `predict`.
        """
        return Stream(self, self.candidates(actions), layout=layout, seconds=seconds, threshold=threshold)

    @property
    def layout(self) -> str:
        """The joint layout that sequences are converted to."""
        return self.preprocessing.layout

    def save(self, folder: str | PathLike[str]) -> None:
        """Write the bundle: JSON and safetensors. A folder that was there is replaced in one step."""
        with atomic_folder(Path(folder)) as temporary:
            self.encoder.save(temporary / "encoder")
            self.aligner.save(temporary / "aligner")
            config = {
                "bundle": 1,
                "version": __version__,
                "preprocessing": self.preprocessing.to_config(),
                "text": self.sentences.name,
                "text_fingerprint": self.sentences.fingerprint,
                "prompt": self.prompt,
                "calibration": None if self.calibration is None else self.calibration.to_config(),
                "examples": None if self.examples is None else self.examples.save(temporary / EXAMPLES),
                "facts": self.facts,
            }
            (temporary / BUNDLE).write_text(json.dumps(config, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, bundle: str | PathLike[str] = DEFAULT, *, cache: Path | None = None) -> "ZeroShotRecognizer":
        """Open the bundle that comes with the package ("default"), or one that `save` or `zeroskel train` wrote.

        Raises:
            MissingFileError: no bundle there; InputError: broken, or made with another sentence encoder.
        """
        folder = Path(str(resources.files("zeroskel.resources") / "bundle")) if bundle == DEFAULT else Path(bundle)
        if not (folder / BUNDLE).is_file():
            raise MissingFileError(
                f"{folder / BUNDLE}: not there; make a bundle with `zeroskel train` or `zeroskel demo` and name its "
                "folder, or take the one of the package, default"
            )
        config = read_json_object(folder / BUNDLE, "a bundle")
        try:
            preprocessing = Preprocessing(**config["preprocessing"])
            sentences = SentenceEncoder(config["text"], cache=cache)
            prompt, facts, expected = config["prompt"], dict(config["facts"]), config["text_fingerprint"]
            calibration = None if config.get("calibration") is None else Calibration.from_config(config["calibration"])
            examples = None if config.get("examples") is None else Examples.load(folder / EXAMPLES, config["examples"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{folder / BUNDLE}: not a bundle of this version ({error})") from error
        if sentences.fingerprint != expected:
            raise InputError(
                f"{folder / BUNDLE}: made with sentence encoder {expected}, here is {sentences.fingerprint}; install "
                "that one or train the bundle again"
            )
        encoder, aligner = encoders.load(folder / "encoder"), align.load(folder / "aligner")
        return cls(preprocessing, encoder, aligner, sentences, prompt, facts, calibration, examples)


def _texts_of(actions: Mapping[str, str | Sequence[str]]) -> dict[str, list[str]]:
    """Name -> its texts; a name without any stays alone."""
    return {name: [texts] if isinstance(texts, str) else list(texts) for name, texts in actions.items()}


def _threads_for(count: int) -> AbstractContextManager[None]:
    """One for few sequences, as many as there are for more."""
    return one_thread(loaded_pools()) if count < FEW else nullcontext()

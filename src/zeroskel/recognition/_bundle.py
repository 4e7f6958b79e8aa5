"""Bundle: everything that was fitted together, with examples, and the path from sequences to predictions."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib import resources
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import Any, Self
from weakref import WeakKeyDictionary

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from scipy.special import softmax

from zeroskel import __version__, align, encoders
from zeroskel.align import Aligner
from zeroskel.core import InputError, MissingFileError, SkeletonSequence
from zeroskel.core._files import atomic_folder, read_json_object
from zeroskel.encoders import SkeletonEncoder
from zeroskel.features._encoded_split import ENCODE_AT_ONCE
from zeroskel.features._threads import loaded_pools, one_thread
from zeroskel.recognition._action_texts import ActionTexts
from zeroskel.recognition._calibration import Calibration
from zeroskel.recognition._examples import Examples
from zeroskel.recognition._motion_check import motion_faults
from zeroskel.recognition._prediction import THRESHOLD, Candidates, Prediction
from zeroskel.recognition._taught import Taught
from zeroskel.skeleton import Preprocessing, make_batch
from zeroskel.text import SentenceEncoder

BUNDLE_FILE, EXAMPLES_FILE, BACKGROUND_FILE = "bundle.json", "examples.safetensors", "background.safetensors"
DEFAULT = "default"  # the bundle that comes with the package
LONGEST_TEXT = 1000  # characters of an action's name or text
_LISTS_REMEMBERED = 128  # lists of actions whose embeddings stay in memory
SMALL_BATCH = 32  # sequences; for fewer, more than one thread is slower

Actions = Sequence[str] | Mapping[str, str | Sequence[str]] | Candidates
"""Names; or name -> one or more texts that rephrase it or describe the movement; or embedded candidates."""


@dataclass(frozen=True, eq=False)
class Bundle:
    """Pre-processing, encoder, aligner and sentence encoder that were fitted together.

    `ZeroShotRecognizer` documents the arguments; it is the class that people use.
    """

    preprocessing: Preprocessing
    encoder: SkeletonEncoder
    aligner: Aligner
    sentences: SentenceEncoder
    prompt: str = "name"
    facts: dict[str, Any] = field(default_factory=dict)
    calibration: Calibration | None = None
    examples: Examples | None = None
    background: np.ndarray | None = None

    @property
    def layout(self) -> str:
        """Return the joint layout that sequences are converted to."""
        return self.preprocessing.layout

    def candidates(self, actions: Actions) -> Candidates:
        """Return actions with embedded texts. The last 128 lists, and the last 4096 actions and texts, stay in memory.

        Args:
            actions: one or more names without duplicates; or name -> further texts; or candidates, returned unchanged.

        Raises:
            InputError: if there are no actions, an action occurs twice, or a text is empty or too long.
        """
        if isinstance(actions, Candidates):
            return actions
        if isinstance(actions, str) or not actions or len(set(actions)) != len(actions):
            raise InputError(f"Actions are {actions!r}. Expected a list of one or more different texts.")
        texts: dict[str, list[str]] = {}
        if isinstance(actions, Mapping):
            texts = {name: [given] if isinstance(given, str) else list(given) for name, given in actions.items()}
        for text in (*actions, *(text for of_action in texts.values() for text in of_action)):
            if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
                shown = text if not isinstance(text, str) or len(text) <= LONGEST_TEXT else f"{text[:40]}…"
                raise InputError(f"Text of an action is {shown!r}. Expected 1 to {LONGEST_TEXT} characters.")
        return self._embedded(tuple((name, tuple(texts.get(name, ()))) for name in actions))

    @cached_property
    def action_texts(self) -> ActionTexts:
        """Return the memory of embedded actions and of texts that were read."""
        return ActionTexts(self.sentences, self.prompt)

    @cached_property
    def _embedded(self) -> Callable[[tuple[tuple[str, tuple[str, ...]], ...]], Candidates]:
        """Return a function of actions and their texts that remembers its results."""

        @lru_cache(_LISTS_REMEMBERED)
        def embedded(actions: tuple[tuple[str, tuple[str, ...]], ...]) -> Candidates:
            rows = [self.action_texts.embedding(name, texts) for name, texts in actions]
            return Candidates(tuple(name for name, _ in actions), np.stack(rows))

        return embedded

    def encode(self, sequences: Sequence[SkeletonSequence]) -> np.ndarray:
        """Return the features (N, D) of N sequences.

        Raises:
            InputError: if there is no sequence, or one whose motion cannot be judged: it has fewer than two frames per
                second, fewer than a third of its joints were ever observed, or no person can have the size or the
                position of its bodies.
        """
        if not len(sequences):
            raise InputError("There are no sequences. Pass one or more.")
        for index, fault in enumerate(motion_faults(sequences)):
            if fault:
                raise InputError(f"Sequence {index} {fault}")
        parts = [sequences[start : start + ENCODE_AT_ONCE] for start in range(0, len(sequences), ENCODE_AT_ONCE)]
        with _threads_for(len(sequences)):
            return np.concatenate([self.encoder.encode(make_batch(part, self.preprocessing)) for part in parts])

    def score(
        self, features: np.ndarray, candidates: Candidates, *, threshold: float | None = None
    ) -> list[Prediction]:
        """Return a prediction for each row of features.

        Args:
            features: (N, D), from `encode`.
            candidates: actions to choose among.
            threshold: presence from which on one of the actions counts as happening, from 0 to 1. None is 0.5.

        Raises:
            InputError: if a threshold is given for a bundle that is not calibrated, or is no probability.
        """
        with _threads_for(len(features)):
            self.aligner.fit_candidates(candidates.embeddings)
            scores = self._scores(features, candidates.embeddings)
        return self._predictions(features, scores, [candidates] * len(features), [threshold] * len(features))

    def score_each(
        self, features: np.ndarray, candidates: Sequence[Candidates], thresholds: Sequence[float | None]
    ) -> list[Prediction]:
        """Return a prediction for each row of features (N, D), each with its own candidates and threshold.

        The result is that of `score` row by row. Many short lists of candidates are scored at once, which is much
        faster than one call for each.
        """
        if self.aligner.knows_candidates:
            return [
                self.score(features[row : row + 1], listed, threshold=threshold)[0]
                for row, (listed, threshold) in enumerate(zip(candidates, thresholds, strict=True))
            ]
        rows_of: dict[Candidates, list[int]] = {}
        for row, listed in enumerate(candidates):
            rows_of.setdefault(listed, []).append(row)
        ends = np.cumsum([len(listed.actions) for listed in rows_of])
        texts = [*(listed.embeddings for listed in rows_of), *([] if self.background is None else [self.background])]
        background = np.arange(ends[-1], sum(map(len, texts)))
        groups = [
            (np.array(rows), np.concatenate([np.arange(end - len(listed.actions), end), background]))
            for (listed, rows), end in zip(rows_of.items(), ends, strict=True)
        ]
        scores = self.aligner.score_groups(features, np.concatenate(texts), groups)
        by_length: dict[int, list[int]] = {}  # groups of as many actions become probabilities together
        for group, listed in enumerate(rows_of):
            by_length.setdefault(len(listed.actions), []).append(group)
        predictions: dict[int, Prediction] = {}
        for chosen in by_length.values():
            rows = np.concatenate([groups[group][0] for group in chosen])
            together = np.concatenate([scores[group] for group in chosen])
            lists, limits = zip(*((candidates[row], thresholds[row]) for row in rows), strict=True)
            predictions |= zip(rows.tolist(), self._predictions(features[rows], together, lists, limits), strict=True)
        return [predictions[row] for row in range(len(features))]

    def save(self, folder: str | PathLike[str]) -> None:
        """Write the bundle as JSON and safetensors files; an existing folder is replaced in one step.

        Args:
            folder: path of the folder.
        """
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
                "background": None if self.background is None else len(self.background),
                "examples": None if self.examples is None else self.examples.save(temporary / EXAMPLES_FILE),
                "facts": self.facts,
            }
            if self.background is not None:
                save_file({"embeddings": self.background.astype(np.float32)}, temporary / BACKGROUND_FILE)
            (temporary / BUNDLE_FILE).write_text(json.dumps(config, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, bundle: str | PathLike[str] = DEFAULT, *, cache: Path | None = None) -> Self:
        """Open a bundle.

        Args:
            bundle: "default" for the bundle that comes with the package, or a folder that `save` or `zeroskel train`
                wrote.
            cache: folder where embeddings of texts are stored; None stores nothing.

        Raises:
            MissingFileError: if the folder holds no bundle.
            InputError: if the bundle is broken, or was trained with another sentence encoder.
        """
        folder = Path(str(resources.files("zeroskel.resources") / "bundle")) if bundle == DEFAULT else Path(bundle)
        file = folder / BUNDLE_FILE
        if not file.is_file():
            raise MissingFileError(
                f"{file}: no such file. Pass the folder of a bundle that `zeroskel train` or `zeroskel demo` wrote, or "
                "default for the bundle of the package."
            )
        config = read_json_object(file, "a bundle")
        try:
            preprocessing = Preprocessing(**config["preprocessing"])
            sentences = SentenceEncoder(config["text"], cache=cache)
            prompt, facts, expected = config["prompt"], dict(config["facts"]), config["text_fingerprint"]
            calibration = None if config.get("calibration") is None else Calibration.from_config(config["calibration"])
            labels = config.get("examples")
            examples = None if labels is None else Examples.load(folder / EXAMPLES_FILE, labels)
            count = config.get("background")
            background = None if count is None else load_file(folder / BACKGROUND_FILE)["embeddings"]
        except (KeyError, TypeError, ValueError, SafetensorError, FileNotFoundError) as error:
            raise InputError(f"{file}: not a bundle of this version ({error})") from error
        if sentences.fingerprint != expected:
            raise InputError(
                f"{file}: trained with sentence encoder {expected}, but {sentences.fingerprint} is installed. Install "
                "the former, or train the bundle again."
            )
        encoder, aligner = encoders.load(folder / "encoder"), align.load(folder / "aligner")
        return cls(preprocessing, encoder, aligner, sentences, prompt, facts, calibration, examples, background)

    def _scores(self, features: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
        """Return scores (N, A + B) of A texts and of the B texts of the background."""
        if self.background is not None:
            embeddings = np.concatenate([embeddings, self.background])
        return self.aligner.score_classes(features, embeddings)

    def _taught(self, candidates: Candidates) -> Taught:
        """Return the examples of a list of actions; they stay in memory with the list."""
        assert self.examples is not None and self.calibration is not None
        if candidates not in self._taught_lists:
            features, count = self.examples.by_index(candidates.actions), len(candidates.actions)
            self._taught_lists[candidates] = Taught.of(
                self.calibration, features, count, lambda rows: self._scores(rows, candidates.embeddings)[:, :count]
            )
        return self._taught_lists[candidates]

    @cached_property
    def _taught_lists(self) -> WeakKeyDictionary[Candidates, Taught]:
        """Return the memory of `_taught`."""
        return WeakKeyDictionary()

    def _predictions(
        self,
        features: np.ndarray,
        scores: np.ndarray,
        listed: Sequence[Candidates],
        thresholds: Sequence[float | None],
    ) -> list[Prediction]:
        """Return a prediction for each row of scores (N, A + B) of the A actions of each list and of the background."""
        if self.calibration is None and any(threshold is not None for threshold in thresholds):
            raise InputError(
                "This bundle is not calibrated and cannot use a threshold. Train it with --calibrate, or leave the "
                "threshold out."
            )
        count = len(listed[0].actions)
        background = None if self.background is None else scores[:, count:]
        logits = scores = scores[:, :count]
        presences: list[float | None] = [None] * len(scores)
        if self.calibration is not None:
            logits = self.calibration.logits(scores)
            if self.examples is not None:
                rows = [[row] for row in range(len(scores))]
                logits = np.concatenate(
                    [
                        self._taught(candidates).logits(features[row], scores[row])
                        for row, candidates in zip(rows, listed, strict=True)
                    ]
                )
            scores = (logits * self.calibration.temperature).astype(np.float32)
            presences = self.calibration.presences(logits, background).tolist()
        return [
            Prediction(candidates.actions, row, probabilities, presence, checked_threshold(threshold))
            for candidates, threshold, row, probabilities, presence in zip(
                listed, thresholds, scores, softmax(logits, axis=1), presences, strict=True
            )
        ]


def checked_threshold(threshold: float | None) -> float:
    """Return a threshold of the presence, 0.5 for None. Raise InputError unless it is a probability."""
    threshold = THRESHOLD if threshold is None else threshold
    if not isinstance(threshold, Real) or not 0 <= threshold <= 1:
        raise InputError(f"The threshold is {threshold!r}. Expected a probability from 0 to 1.")
    return float(threshold)


def check_calibrated(bundle: Bundle) -> None:
    """Raise InputError if a bundle is not calibrated, which timelines need."""
    if bundle.calibration is None:
        raise InputError(
            "This bundle is not calibrated and cannot tell when nothing happens. Train it with --calibrate."
        )


def _threads_for(sequences: int) -> AbstractContextManager[None]:
    """Return a context with one thread for a small batch, and with all threads for a larger one."""
    return one_thread(loaded_pools()) if sequences < SMALL_BATCH else nullcontext()

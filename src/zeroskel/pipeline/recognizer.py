"""ZeroShotRecognizer: a saved bundle that names actions from words."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, overload

import numpy as np

from zeroskel import __version__, align, encoders
from zeroskel.align import Aligner
from zeroskel.core import InputError, MissingFileError, SkeletonSequence
from zeroskel.core.files import atomic_folder, read_json_object
from zeroskel.encoders import SkeletonEncoder
from zeroskel.pipeline.features import ENCODE_AT_ONCE
from zeroskel.skeleton import Preprocessing, make_batch
from zeroskel.text import SentenceEncoder, class_embeddings, class_texts

BUNDLE = "bundle.json"


@dataclass(frozen=True, eq=False)
class Prediction:
    """How well one sequence fits each action.

    Attributes:
        actions: the candidates, as given.
        scores: (A,) float32; higher is better.
        probabilities: (A,) softmax of the scores: a ranking made readable, not yet calibrated.
    """

    actions: tuple[str, ...]
    scores: np.ndarray
    probabilities: np.ndarray

    @property
    def best(self) -> str:
        """The action of the highest score."""
        return self.actions[int(self.scores.argmax())]

    def __repr__(self) -> str:
        return f"Prediction(best={self.best!r}, probability={self.probabilities.max():.2f}, of {len(self.actions)})"


@dataclass(frozen=True, eq=False)
class ZeroShotRecognizer:
    """Pre-processing, encoder, aligner and text encoder that were fitted together.

    Attributes:
        facts: what the bundle was trained on: data, seen_classes, notice, seed, version.
    """

    preprocessing: Preprocessing
    encoder: SkeletonEncoder
    aligner: Aligner
    sentences: SentenceEncoder
    prompt: str = "name"
    facts: dict[str, Any] = field(default_factory=dict)

    @overload
    def predict(self, sequences: SkeletonSequence, actions: Sequence[str]) -> Prediction: ...

    @overload
    def predict(self, sequences: Sequence[SkeletonSequence], actions: Sequence[str]) -> list[Prediction]: ...

    def predict(
        self, sequences: SkeletonSequence | Sequence[SkeletonSequence], actions: Sequence[str]
    ) -> Prediction | list[Prediction]:
        """Score action names for one sequence or several.

        Args:
            sequences: one, of any layout that shares joints with the bundle's, or a sequence of them.
            actions: one or more texts, none twice.

        Returns:
            A Prediction for one sequence, a list of them for several.

        Raises:
            InputError: no actions, an action twice or empty, no sequences, or one without any observed joint.
        """
        if isinstance(actions, str) or not actions or len(set(actions)) != len(actions):
            raise InputError(f"actions are {actions!r}; expected a list of one or more texts, none of them twice")
        several = [sequences] if isinstance(sequences, SkeletonSequence) else list(sequences)
        if not several:
            raise InputError("no sequences; expected one or more")
        for place, sequence in enumerate(several):
            if not sequence.observed.any():
                raise InputError(f"sequence {place} has no observed joint in {sequence.frames} frames; nothing to name")
        texts = class_embeddings(self.sentences, class_texts(actions, self.prompt))
        self.aligner.fit_candidates(texts)
        parts = [several[start : start + ENCODE_AT_ONCE] for start in range(0, len(several), ENCODE_AT_ONCE)]
        features = np.concatenate([self.encoder.encode(make_batch(part, self.preprocessing)) for part in parts])
        scores = self.aligner.score_classes(features, texts)
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        found = [Prediction(tuple(actions), s, p) for s, p in zip(scores, shares, strict=True)]
        return found[0] if isinstance(sequences, SkeletonSequence) else found

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
                "facts": self.facts,
            }
            (temporary / BUNDLE).write_text(json.dumps(config, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, bundle: str | PathLike[str], *, cache: Path | None = None) -> "ZeroShotRecognizer":
        """Open a bundle that `save`, `zeroskel train` or `zeroskel demo` wrote.

        Raises:
            MissingFileError: no bundle there; InputError: broken, or made with another sentence encoder.
        """
        folder = Path(bundle)
        if not (folder / BUNDLE).is_file():
            hint = "no bundle comes with the package yet; " if str(bundle) == "default" else ""
            raise MissingFileError(
                f"{folder / BUNDLE}: not there; {hint}make a bundle with `zeroskel train` or `zeroskel demo` and name "
                "its folder"
            )
        config = read_json_object(folder / BUNDLE, "a bundle")
        try:
            preprocessing = Preprocessing(**config["preprocessing"])
            sentences = SentenceEncoder(config["text"], cache=cache)
            prompt, facts, expected = config["prompt"], dict(config["facts"]), config["text_fingerprint"]
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{folder / BUNDLE}: not a bundle of this version ({error})") from error
        if sentences.fingerprint != expected:
            raise InputError(
                f"{folder / BUNDLE}: made with sentence encoder {expected}, here is {sentences.fingerprint}; install "
                "that one or train the bundle again"
            )
        encoder, aligner = encoders.load(folder / "encoder"), align.load(folder / "aligner")
        return cls(preprocessing, encoder, aligner, sentences, prompt, facts)

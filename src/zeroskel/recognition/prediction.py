"""What a recognizer answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from zeroskel.core import SkeletonSequence
from zeroskel.encoders import SkeletonEncoder
from zeroskel.skeleton import Preprocessing

THRESHOLD = 0.5


@dataclass(frozen=True, eq=False)
class Candidates:
    """Actions to choose among, their texts embedded once (`ZeroShotRecognizer.candidates`).

    Attributes:
        actions: A names.
        embeddings: (A, D_text) class embeddings.
    """

    actions: tuple[str, ...]
    embeddings: np.ndarray


@dataclass(frozen=True, eq=False)
class Prediction:
    """How well one sequence fits each action.

    Attributes:
        actions: the A candidates, as given.
        scores: (A,) float32; higher is better.
        probabilities: (A,) of each action, given that one of them happens. Calibrated on withheld classes where the
            bundle is; else a softmax of the scores: a ranking made readable.
        presence: probability that one of the actions happens at all, where as many clips show one as do not; None
            where the bundle is not calibrated.
        threshold: the presence from which on an answer is given.
    """

    actions: tuple[str, ...]
    scores: np.ndarray
    probabilities: np.ndarray
    presence: float | None = None
    threshold: float = THRESHOLD

    @property
    def best(self) -> str:
        """The action of the highest score, also where `none_of_these` holds."""
        return self.actions[int(self.scores.argmax())]

    @property
    def none_of_these(self) -> bool:
        """Whether the motion is more likely none of the actions; False where the bundle is not calibrated."""
        return self.presence is not None and self.presence < self.threshold

    def __repr__(self) -> str:
        presence = "" if self.presence is None else f", presence={self.presence:.2f}"
        return (
            f"Prediction(best={self.best!r}, probability={self.probabilities.max():.2f}, "
            f"of {len(self.actions)}{presence})"
        )


class Scorer(Protocol):
    """The part of a recognizer that explanations and streams call."""

    @property
    def preprocessing(self) -> Preprocessing: ...

    @property
    def encoder(self) -> SkeletonEncoder: ...

    def encode(self, sequences: Sequence[SkeletonSequence]) -> np.ndarray: ...

    def score(
        self, features: np.ndarray, candidates: Candidates, *, threshold: float | None = None
    ) -> list[Prediction]: ...

"""What a recognizer answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

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

    def to_dict(self, *, decimals: int | None = None) -> dict[str, Any]:
        """Return the prediction as a dictionary that `json.dumps` accepts.

        Args:
            decimals: Number of decimals of all numbers; None keeps them as they are.

        Returns:
            The keys "actions", "scores", "probabilities", "presence", "none_of_these" and "best"; "presence" is None
            where the bundle is not calibrated.

        Example:
            >>> Prediction(("sit down", "jump"), np.array([2.0, 1.0]), np.array([0.75, 0.25])).to_dict()["best"]
            'sit down'
        """

        def number(value: Any) -> float:
            return float(value) if decimals is None else round(float(value), decimals)

        return {
            "actions": list(self.actions),
            "scores": [number(score) for score in self.scores],
            "probabilities": [number(probability) for probability in self.probabilities],
            "presence": None if self.presence is None else number(self.presence),
            "none_of_these": bool(self.none_of_these),
            "best": self.best,
        }

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

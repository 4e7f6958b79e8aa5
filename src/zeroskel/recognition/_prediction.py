"""Candidates to choose among, the prediction for one sequence, and the smoothed predictions of a stream."""

from dataclasses import dataclass
from typing import Any

import numpy as np

THRESHOLD = 0.5
MIN_PROBABILITY = 1e-12


@dataclass(frozen=True, eq=False)
class Candidates:
    """Actions to choose among, whose texts are embedded once (see `ZeroShotRecognizer.candidates`).

    Args:
        actions: A names.
        embeddings: (A, D_text) float32 class embeddings.

    Example:
        >>> from zeroskel import ZeroShotRecognizer
        >>> candidates = ZeroShotRecognizer.load("default").candidates(["squat", "clap hands"])
        >>> candidates.actions, len(candidates.embeddings)
        (('squat', 'clap hands'), 2)
    """

    actions: tuple[str, ...]
    embeddings: np.ndarray


@dataclass(frozen=True, eq=False)
class Prediction:
    """Scores and probabilities of the candidate actions for one sequence.

    Args:
        actions: A candidates, in the order they were given.
        scores: (A,) float32; higher is better.
        probabilities: (A,) probability of each action, given that one of them happens. A calibrated bundle calibrates
            them on withheld classes; otherwise they are a softmax of the scores and only show the ranking.
        presence: probability that one of the actions happens at all, assuming that half of all clips show one. None
            where the bundle is not calibrated.
        threshold: presence from which on one of the actions counts as happening.
        note: reason for a presence that does not follow from the scores, such as "the person hardly moves"; empty
            without one.

    Example:
        >>> import numpy as np
        >>> from zeroskel.recognition import Prediction
        >>> Prediction(("sit down", "jump"), np.array([2.0, 1.0]), np.array([0.75, 0.25]), presence=0.9)
        Prediction(best='sit down', probability=0.75, of 2, presence=0.90)
    """

    actions: tuple[str, ...]
    scores: np.ndarray
    probabilities: np.ndarray
    presence: float | None = None
    threshold: float = THRESHOLD
    note: str = ""

    @property
    def best(self) -> str:
        """Return the action with the highest score, even if `none_of_these` is true."""
        return self.actions[int(self.scores.argmax())]

    @property
    def none_of_these(self) -> bool:
        """Return whether the presence is below the threshold; False where the bundle is not calibrated."""
        return self.presence is not None and self.presence < self.threshold

    def to_dict(self, *, decimals: int | None = None) -> dict[str, Any]:
        """Return the prediction as a dictionary that `json.dumps` accepts.

        Args:
            decimals: number of decimals of all numbers; None keeps them as they are.

        Returns:
            The keys "actions", "scores", "probabilities", "presence", "none_of_these", "best" and "note"; "presence" is
            None where the bundle is not calibrated.
        """
        return {
            "actions": list(self.actions),
            "scores": [rounded_number(score, decimals) for score in self.scores],
            "probabilities": [rounded_number(probability, decimals) for probability in self.probabilities],
            "presence": None if self.presence is None else rounded_number(self.presence, decimals),
            "none_of_these": bool(self.none_of_these),
            "best": self.best,
            "note": self.note,
        }

    def __repr__(self) -> str:
        presence = "" if self.presence is None else f", presence={self.presence:.2f}"
        return (
            f"Prediction(best={self.best!r}, probability={self.probabilities.max():.2f}, "
            f"of {len(self.actions)}{presence})"
        )


@dataclass(frozen=True, eq=False, repr=False)
class StreamPrediction(Prediction):
    """Prediction for the last seconds of a stream: that of the main person, with those of all people.

    Args:
        actions: as in `Prediction`.
        scores: (A,) float32, the logarithms of the probabilities.
        probabilities: (A,) as in `Prediction`, averaged over windows of several lengths that end now.
        presence: as in `Prediction`, averaged over the same windows.
        threshold: as in `Prediction`.
        note: as in `Prediction`.
        time: timestamp of the latest frame, in seconds.
        answer: action that is settled; it stays until the person rests or another action is settled. None while no
            action is.
        settled_at: timestamp at which the answer was settled, or at which rest was; None while neither is.
        rests: whether the person has been at rest for half a second.
        person: number of the person, from 0 in the order in which there were predictions for them.
        body: index of the person's body in the latest frame; None while the person is not in it.
        people: predictions for all people, this one among them, in the order of their numbers. Empty for those within.

    Example:
        >>> import numpy as np
        >>> from zeroskel.recognition import StreamPrediction
        >>> scores, probabilities = np.array([-0.3, -1.4]), np.array([0.75, 0.25])
        >>> now = StreamPrediction(("sit down", "jump"), scores, probabilities, time=2.5, answer="jump", settled_at=2.0)
        >>> now.best, now.settled
        ('jump', True)
    """

    time: float = 0.0
    answer: str | None = None
    settled_at: float | None = None
    rests: bool = False
    person: int = 0
    body: int | None = None
    people: tuple["StreamPrediction", ...] = ()

    @property
    def settled(self) -> bool:
        """Return whether it is settled what the person does: one of the actions, or nothing while at rest."""
        return self.settled_at is not None

    @property
    def best(self) -> str:
        """Return the settled action; while none is settled, the action with the highest score."""
        return super().best if self.answer is None else self.answer

    @property
    def none_of_these(self) -> bool:
        """Return whether the person rests, or no action is settled and the presence is below the threshold."""
        return self.answer is None and (self.rests or super().none_of_these)


def rounded_number(value: Any, decimals: int | None) -> float:
    """Return a number as a float with that many decimals; None keeps all."""
    return float(value) if decimals is None else round(float(value), decimals)

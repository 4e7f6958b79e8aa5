"""Predictions for each person of a recording."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zeroskel.core import SkeletonSequence
from zeroskel.recognition._bundle import Bundle
from zeroskel.recognition._motion_check import check_coordinates
from zeroskel.recognition._prediction import Candidates, Prediction, rounded_number
from zeroskel.recognition._stillness import main_body, predicted
from zeroskel.skeleton._people import people_of


@dataclass(frozen=True, eq=False, repr=False)
class PersonPrediction(Prediction):
    """Prediction for one person of a recording.

    Args:
        actions: as in `Prediction`.
        scores: as in `Prediction`.
        probabilities: as in `Prediction`.
        presence: as in `Prediction`.
        threshold: as in `Prediction`.
        note: as in `Prediction`.
        person: number of the person, from 0 in the order in which people appear.
        start: seconds from the start of the recording until the person is there.
        end: seconds from the start of the recording until the person is gone.
        bodies: indices of the bodies of the recording that are this person, several where a tracking id changed.

    Example:
        >>> import numpy as np
        >>> from zeroskel.recognition._people import PersonPrediction
        >>> actions = ("sit down", "jump")
        >>> PersonPrediction(actions, np.array([2.0, 1.0]), np.array([0.75, 0.25]), person=1, end=2.5).to_dict()["end"]
        2.5
    """

    person: int = 0
    start: float = 0.0
    end: float = 0.0
    bodies: tuple[int, ...] = (0,)

    def to_dict(self, *, decimals: int | None = None) -> dict[str, Any]:
        """Return the prediction as a dictionary that `json.dumps` accepts.

        Args:
            decimals: number of decimals of all numbers; None keeps them as they are.

        Returns:
            The keys "person", "start", "end" and "bodies", and those of `Prediction.to_dict`.
        """
        return {
            "person": self.person,
            "start": rounded_number(self.start, decimals),
            "end": rounded_number(self.end, decimals),
            "bodies": list(self.bodies),
            **super().to_dict(decimals=decimals),
        }


def predicted_people(
    bundle: Bundle, sequence: SkeletonSequence, candidates: Candidates, threshold: float | None
) -> list[PersonPrediction]:
    """Return the predictions that `ZeroShotRecognizer.predict_people` promises."""
    check_coordinates(sequence, "The recording")
    people = people_of(sequence)
    predictions = predicted(bundle, [person.while_there() for person in people], candidates, threshold)
    return [
        PersonPrediction(
            **vars(prediction), person=person.number, start=person.start, end=person.end, bodies=person.bodies
        )
        for person, prediction in zip(people, predictions, strict=True)
    ]


def main_person(sequence: SkeletonSequence, people: Sequence[PersonPrediction]) -> int | None:
    """Return the number of the person whom `ZeroShotRecognizer.predict` judges; None where that body is no person."""
    body = main_body(sequence)
    return next((person.person for person in people if body in person.bodies), None)

"""The JSON that the server sends. docs/serve.md shows examples; `wire` has what clients send."""

from typing import Any

from pydantic import BaseModel

from zeroskel.recognition import Explanation, Prediction, StreamPrediction
from zeroskel.recognition._timeline import Timeline

DECIMALS = 5  # of all numbers in answers
TIMELINE_DECIMALS = 4  # of timelines, as in their files


class NameProblemAnswer(BaseModel):
    """Fault of the action `index` of a request, whose other actions are answered.

    `reason` is "unusable" for a name that is left out, "duplicate" for one that is the same action as an earlier one,
    and "text" where one of the action's further texts is left out.
    """

    index: int
    name: str
    reason: str
    detail: str


class ScoredActions(BaseModel):
    """A prediction. `presence` is null without a calibrated bundle. `note` says why it is low, or is empty."""

    actions: list[str]
    scores: list[float]
    probabilities: list[float]
    presence: float | None
    none_of_these: bool
    best: str
    note: str


class PersonAnswer(ScoredActions):
    """A prediction for one person, who is there from `start` to `end` (seconds) as these `bodies` of the recording."""

    person: int
    start: float
    end: float
    bodies: list[int]


class PredictAnswer(ScoredActions):
    """A prediction for the `person` who moves most, and for all `people`.

    `person` is null where the body that moves most is nobody. `seconds` is the duration of the computation.
    """

    person: int | None
    people: list[PersonAnswer]
    seconds: float
    name_problems: list[NameProblemAnswer]


class ExplainAnswer(ScoredActions):
    """A prediction with its explanation, for the person who moves most. Information is in nats; 0 is chance.

    `shown` says in words what the motion shows. `speaks_for` says what of it speaks for the action, `speaks_against`
    what speaks for the best other action, the `rival`. All three are empty without the encoder `movement`, and the last
    two without the method `evidence`.
    """

    seconds: float
    action: str
    observed_seconds: list[float]
    information: list[list[float]]
    moments: list[list[float]]
    moment_information: list[float]
    parts: dict[str, float]
    quantities: dict[str, float]
    rival: str
    shown: list[str]
    speaks_for: list[str]
    speaks_against: list[str]
    name_problems: list[NameProblemAnswer]


class SegmentAnswer(BaseModel):
    """A person does an action from `start` to `end` (seconds of the recording)."""

    person: int
    start: float
    end: float
    action: str
    probability: float


class LaneAnswer(BaseModel):
    """Probabilities of one person: a row every `step` seconds from `start` on, its last column for none of these."""

    person: int
    start: float
    step: float
    probabilities: list[list[float]]


class TimelineAnswer(BaseModel):
    """Segments of all people in temporal order. `seconds` is the duration of the recording.

    `lanes` is null unless the request asked for them.
    """

    segments: list[SegmentAnswer]
    actions: list[str]
    people: list[int]
    seconds: float
    lanes: list[LaneAnswer] | None
    computation_seconds: float
    name_problems: list[NameProblemAnswer]


class ExampleAnswer(BaseModel):
    """An example of a teaching session."""

    id: int
    name: str
    seconds: float


class TeachingAnswer(BaseModel):
    """A teaching session: its id, its examples and how many there are of each action."""

    teaching: str
    examples: list[ExampleAnswer]
    counts: dict[str, int]
    forgotten_after_seconds: float
    name_problems: list[NameProblemAnswer]


class ReadingAnswer(BaseModel):
    """Account of how a file was read. `text` is one line for people; `inferred` names what nobody stated."""

    format: str
    layout: str
    points: int
    up: str
    unit: str
    fps: float
    people: int
    inferred: list[str]
    notes: list[str]
    text: str


class RecordingAnswer(BaseModel):
    """A recording that can be drawn and sent to /api/v1/predict. `reading` is null for a built-in clip."""

    layout: str
    joints: list[str]
    bones: list[list[int]]
    fps: float
    frames: int
    bodies: int
    positions: list[list[list[list[float] | None]]]
    notice: str
    reading: ReadingAnswer | None


class HealthAnswer(BaseModel):
    """Status and version of the server."""

    status: str
    version: str


class ClipAnswer(BaseModel):
    """A built-in clip."""

    id: str
    title: str
    synthetic: bool
    notice: str


class LayoutAnswer(BaseModel):
    """Names of a layout's joints, and its bones as pairs of indices (child, parent)."""

    joints: list[str]
    bones: list[list[int]]


class ModelAnswer(BaseModel):
    """Training data of the bundle, whether it is calibrated and can be taught, and the limits of the server."""

    name: str
    data: str
    notice: str
    seen_classes: list[str]
    figures: list[Any]
    calibrated: bool
    teaching: bool
    layouts: dict[str, LayoutAnswer]
    limits: dict[str, float]


def result_to_dict(result: Prediction | Explanation) -> dict[str, Any]:
    """Return a prediction, or an explanation with its prediction, as JSON; the numbers are rounded to save bytes."""
    return result.to_dict(decimals=DECIMALS)


def timeline_to_dict(timeline: Timeline, *, lanes: bool) -> dict[str, Any]:
    """Return a timeline as JSON, with the probabilities over time where `lanes` is true."""
    rows = [
        {
            "person": lane.person,
            "start": lane.start,
            "step": lane.step,
            "probabilities": lane.probabilities.astype(float).round(TIMELINE_DECIMALS).tolist(),
        }
        for lane in timeline.lanes
    ]
    return {**timeline.to_dict(decimals=TIMELINE_DECIMALS), "lanes": rows if lanes else None}


def stream_answer(prediction: StreamPrediction) -> dict[str, Any]:
    """Return a prediction of a stream as JSON, with those for all people, whose actions are not repeated."""
    people = [{"body": person.body, **_settled_to_dict(person)} for person in prediction.people]
    for person in people:
        del person["actions"]
    return {**_settled_to_dict(prediction), "people": people}


def _settled_to_dict(prediction: StreamPrediction) -> dict[str, Any]:
    answer = result_to_dict(prediction)
    del answer["scores"], answer["note"]
    settled = {"settled": prediction.settled, "settled_at": prediction.settled_at}
    return {"person": prediction.person, **settled, **answer}

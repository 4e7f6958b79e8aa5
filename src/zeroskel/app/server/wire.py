"""The wire format: the JSON that clients and the server exchange. docs/serve.md shows examples."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from zeroskel.app.server.settings import Limits
from zeroskel.core import InputError
from zeroskel.recognition import Explanation, Prediction, StreamPrediction

DECIMALS = 5  # of all numbers in answers

Actions = Mapping[str, Sequence[str]]  # name -> further texts
Model = TypeVar("Model", bound=BaseModel)
ActionText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Strict(BaseModel, extra="forbid", strict=True):
    """Model that accepts no unknown field and does not convert texts to numbers."""


class Action(Strict):
    """An action with further texts that describe it in other words."""

    name: ActionText
    texts: list[ActionText] = []


class Recording(BaseModel):
    """A recording. `positions` is [bodies][frames][joints][3] in metres, y up; null where a joint was not observed."""

    layout: str | None = None
    joints: list[str] | None = None
    fps: float = Field(default=30.0, gt=0, le=1000)
    positions: Any = Field(json_schema_extra={"type": "array"})


class PredictRequest(Strict):
    """A recording and the actions to choose among."""

    recording: Recording
    actions: list[ActionText | Action]
    threshold: float | None = Field(default=None, ge=0, le=1)


class ExplainRequest(PredictRequest):
    """A PredictRequest with the `action` to explain; the best action where it is absent."""

    action: str | None = None


class ScoredActions(BaseModel):
    """A prediction. `presence` is null without a calibrated bundle."""

    actions: list[str]
    scores: list[float]
    probabilities: list[float]
    presence: float | None
    none_of_these: bool
    best: str


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
    """A recording that can be drawn and sent to /api/predict. `reading` is null for a built-in clip."""

    layout: str
    joints: list[str]
    bones: list[list[int]]
    fps: float
    frames: int
    bodies: int
    positions: list[list[list[list[float] | None]]]
    notice: str
    reading: ReadingAnswer | None


class Problem(BaseModel):
    """The reason of a refusal, in one line."""

    detail: str


class Malformed(InputError):
    """A message or a body is not of the wire format."""


def one_line(error: Exception, length: int = 500) -> str:
    """Return an error's message as one line of at most `length` characters."""
    return " ".join(str(error).split())[:length]


def parse_model(model: type[Model], body: bytes) -> Model:
    """Return a request's body as a model.

    Raises:
        Malformed: The body does not fit the model. The message names the field and never its content.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise Malformed(describe_validation_error(first)) from None


def describe_validation_error(error: Mapping[str, Any]) -> str:
    """Return one line that names the field of a pydantic error and the reason, never the content."""
    field = ".".join(str(part) for part in error["loc"])[:100]
    return f"{field or 'body'}: {error['msg'][:200]}"


def parse_actions(actions: object, limits: Limits) -> Actions:
    """Return the further texts of each action by the action's name.

    Args:
        actions: List of names, of {"name", "texts"} objects, or of both; as JSON or as `Action`.
        limits: Largest number of actions and texts, and their largest length.

    Raises:
        InputError: The list is empty or too long, or an action is repeated, empty, too long or not text.
    """
    if not isinstance(actions, list) or not 1 <= len(actions) <= limits.actions:
        received = f"has {len(actions)} actions" if isinstance(actions, list) else "is not a list"
        raise InputError(f"The field actions {received}; expected a list of 1 to {limits.actions} actions.")
    texts_by_name: dict[str, list[str]] = {}
    remaining_texts = limits.texts
    for action in actions:
        if isinstance(action, Action):
            action = action.model_dump()
        name, texts = (action.get("name"), action.get("texts", [])) if isinstance(action, dict) else (action, [])
        remaining_texts -= 1 + len(texts) if isinstance(texts, list) else 1
        if not isinstance(texts, list) or remaining_texts < 0:
            raise InputError(f"The texts of an action are not a list, or there are more than {limits.texts} in total.")
        name = _parse_text(name, limits.action_length)
        if name in texts_by_name:
            raise InputError(f"The action {name[:60]!r} is listed twice; expected each action once.")
        texts_by_name[name] = [_parse_text(text, limits.action_length) for text in texts]
    return texts_by_name


def _parse_text(text: object, max_length: int) -> str:
    if not isinstance(text, str) or not text.strip() or len(text) > max_length or not text.isprintable():
        raise InputError(f"An action is not a text of 1 to {max_length} printable characters.")
    return text.strip()


def result_to_dict(result: Prediction | Explanation) -> dict[str, Any]:
    """Return a prediction, or an explanation with its prediction, as JSON; the numbers are rounded to save bytes."""
    return result.to_dict(decimals=DECIMALS)


def stream_answer(prediction: StreamPrediction) -> dict[str, Any]:
    """Return a prediction of a stream as JSON, with those for all people, whose actions are not repeated."""
    people = [{"body": person.body, **_settled_to_dict(person)} for person in prediction.people]
    for person in people:
        del person["actions"]
    return {**_settled_to_dict(prediction), "people": people}


def _settled_to_dict(prediction: StreamPrediction) -> dict[str, Any]:
    answer = result_to_dict(prediction)
    del answer["scores"]
    settled = {"settled": prediction.settled, "settled_at": prediction.settled_at}
    return {"person": prediction.person, **settled, **answer}

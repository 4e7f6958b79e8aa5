"""What clients and server send each other; docs/serve.md shows it by example."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from zeroskel.app.server.recordings import sequence_of
from zeroskel.app.server.settings import Limits
from zeroskel.core import InputError, SkeletonSequence
from zeroskel.recognition import Explanation, Prediction

Actions = Sequence[str] | Mapping[str, Sequence[str]]
Model = TypeVar("Model", bound=BaseModel)
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Strict(BaseModel):
    """No field but those named, nothing turned from text into numbers."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Action(Strict):
    """An action with further texts that say the same in other words."""

    name: Text
    texts: list[Text] = []


class Recording(BaseModel):
    """A recording; `positions` [bodies][frames][joints][3], metres, y up, null where not observed."""

    layout: str | None = None
    joints: list[str] | None = None
    fps: float = Field(default=30.0, gt=0, le=1000)
    positions: Any = Field(json_schema_extra={"type": "array"})


class PredictRequest(Strict):
    """A recording and the actions to choose among."""

    recording: Recording
    actions: list[Text | Action]
    threshold: float | None = Field(default=None, ge=0, le=1)


class ExplainRequest(PredictRequest):
    """As PredictRequest; `action` is explained, the best where it is absent."""

    action: str | None = None


class PredictAnswer(BaseModel):
    """`seconds` is what the answer took; `presence` null where the bundle is not calibrated."""

    actions: list[str]
    scores: list[float]
    probabilities: list[float]
    presence: float | None
    none_of_these: bool
    best: str
    seconds: float


class ExplainAnswer(PredictAnswer):
    """Information in nats; 0 is chance."""

    action: str
    observed_seconds: list[float]
    information: list[list[float]]
    moments: list[list[float]]
    moment_information: list[float]
    parts: dict[str, float]


class RecordingAnswer(BaseModel):
    """A recording, ready to be drawn and to be sent to predict."""

    layout: str
    joints: list[str]
    bones: list[list[int]]
    fps: float
    frames: int
    bodies: int
    positions: list[list[list[list[float] | None]]]
    notice: str


class Problem(BaseModel):
    """What was wrong, in one line."""

    detail: str


class Malformed(InputError):
    """A message or body is not of the wire format."""


def model_of(kind: type[Model], body: bytes) -> Model:
    """The body as that model. Raises Malformed with one line that names the place, never the content."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:100]
        raise Malformed(f"{place or 'body'}: {first['msg'][:200]}") from None


def actions_of(actions: object, limits: Limits) -> Actions:
    """Actions as the recognizer takes them.

    Args:
        actions: names, or {"name", "texts"}, mixed as one likes; as JSON or as Action.
        limits: how many, and how long.

    Raises:
        InputError: none, too many, one twice, empty, too long, or not text.
    """
    if not isinstance(actions, list) or not 1 <= len(actions) <= limits.actions:
        found = f"{len(actions)} actions" if isinstance(actions, list) else "actions that are no list"
        raise InputError(f"found {found}; expected a list of 1 to {limits.actions}")
    known: dict[str, list[str]] = {}
    texts_left = limits.texts
    for action in actions:
        if isinstance(action, Action):
            action = action.model_dump()
        name, texts = (action.get("name"), action.get("texts", [])) if isinstance(action, dict) else (action, [])
        texts_left -= 1 + len(texts) if isinstance(texts, list) else 1
        if not isinstance(texts, list) or texts_left < 0:
            raise InputError(f"texts of an action are no list, or more than {limits.texts} in all")
        plain = [_text(text, limits.action_length) for text in (name, *texts)]
        if plain[0] in known:
            raise InputError(f"action {plain[0][:60]!r} is there twice; expected each once")
        known[plain[0]] = plain[1:]
    return known if any(known.values()) else list(known)


def _text(text: object, longest: int) -> str:
    if not isinstance(text, str) or not text.strip() or len(text) > longest or not text.isprintable():
        raise InputError(f"an action is not a text of 1 to {longest} printable characters")
    return text.strip()


def sequence_from(recording: Recording, limits: Limits) -> SkeletonSequence:
    """The recording as a sequence. Raises InputError."""
    if recording.joints is not None and len(recording.joints) > limits.joints:
        raise InputError(f"found {len(recording.joints)} joints; expected at most {limits.joints}")
    return sequence_of(
        recording.positions,
        layout=recording.layout,
        joints=recording.joints,
        fps=recording.fps,
        frames=limits.frames,
        bodies=limits.bodies,
        seconds=limits.seconds,
    )


def prediction_as(prediction: Prediction) -> dict[str, Any]:
    """A prediction as JSON."""
    return {
        "actions": list(prediction.actions),
        "scores": _numbers(prediction.scores),
        "probabilities": _numbers(prediction.probabilities),
        "presence": None if prediction.presence is None else round(float(prediction.presence), 5),
        "none_of_these": bool(prediction.none_of_these),
        "best": prediction.best,
    }


def explanation_as(explanation: Explanation) -> dict[str, Any]:
    """An explanation as JSON, with its prediction."""
    return {
        **prediction_as(explanation.prediction),
        "action": explanation.action,
        "observed_seconds": _numbers(explanation.seconds),
        "information": _numbers(explanation.information),
        "moments": _numbers(explanation.moments),
        "moment_information": _numbers(explanation.moment_information),
        "parts": {part: round(float(lost), 5) for part, lost in explanation.parts.items()},
    }


def _numbers(array: Any) -> list[Any]:
    rounded: list[Any] = array.astype(float).round(5).tolist()
    return rounded

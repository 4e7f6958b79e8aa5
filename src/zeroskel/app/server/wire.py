"""The JSON that clients send. docs/serve.md shows examples; `answers` has what the server sends."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, Field, ValidationError

from zeroskel.app.server.clips import CLIPS
from zeroskel.app.server.names import NameProblem, UnusableName, comparison_key, normalised_name, shown_name
from zeroskel.app.server.problem_codes import ProblemCode, Refusal
from zeroskel.app.server.settings import Limits

Actions = Mapping[str, Sequence[str]]  # name -> further texts
Model = TypeVar("Model", bound=BaseModel)
Coordinate = Annotated[float, Field(allow_inf_nan=False)]
Joint = Annotated[list[Coordinate | None], Field(description="x, y and z in metres, y up.")]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
TeachingId = Annotated[str, Field(max_length=100, description="Id of a teaching session, whose examples count.")]


class Strict(BaseModel, extra="forbid", strict=True):
    """Model that accepts no unknown field and does not convert texts to numbers."""


class Action(Strict):
    """An action with further texts that describe it in other words."""

    name: str
    texts: list[str] = []


class Recording(BaseModel, strict=True):
    """A recording. `positions` is [bodies][frames][joints][3] in metres, y up; null where a joint was not observed.

    Either `layout` or `joints`, the names of the joints in their order, is required. Further fields are ignored.
    """

    layout: str | None = None
    joints: list[str] | None = None
    fps: float = Field(default=30.0, gt=0, le=1000, allow_inf_nan=False)
    positions: list[list[list[Joint | None]]]


ClipId = Annotated[
    str, Field(max_length=100, description="Id of a clip from /api/v1/clips.", json_schema_extra={"enum": [*CLIPS]})
]


class RecordingsRequest(Strict):
    """A request with recordings."""

    def recordings(self) -> list[Recording]:
        """Return the recordings, without the clips."""
        raise NotImplementedError


class ActionsRequest(RecordingsRequest):
    """A recording, or the id of a clip, and the actions to choose among."""

    recording: Recording | ClipId
    actions: list[str | Action]
    teaching: TeachingId | None = None

    def recordings(self) -> list[Recording]:
        """Return the recording, or nothing for a clip."""
        return [self.recording] if isinstance(self.recording, Recording) else []


class PredictRequest(ActionsRequest):
    """A recording, the actions to choose among, and from which presence on one of them counts as happening."""

    threshold: float | None = Field(default=None, ge=0, le=1)


class ExplainRequest(PredictRequest):
    """A PredictRequest with the `action` to explain; the best action where it is absent."""

    action: str | None = None


class TimelineRequest(PredictRequest):
    """A PredictRequest whose answer is a timeline. `format` goes before the header Accept."""

    lanes: bool = Field(default=False, description="Also return the probabilities over time.")
    format: Literal["json", "csv", "vtt", "eaf", "ndjson"] | None = None


class Example(Strict):
    """An example of the action `name`: a recording or the id of a clip, from `start` to `end` (seconds)."""

    recording: Recording | ClipId
    name: str
    start: Seconds | None = None
    end: Seconds | None = None
    person: int | None = Field(default=None, ge=0, le=1000, description="Number of the person; null is everybody.")


class AdaptRequest(RecordingsRequest):
    """Examples of actions. Without `teaching` a new session begins."""

    teaching: TeachingId | None = None
    examples: list[Example] = Field(min_length=1, max_length=20)

    def recordings(self) -> list[Recording]:
        """Return the recordings of the examples, without the clips."""
        return [example.recording for example in self.examples if isinstance(example.recording, Recording)]


class StreamActions(Strict):
    """Message of a stream: the actions to choose among from now on. Without `teaching` the session stays the same."""

    type: Literal["actions"]
    actions: list[str | Action]
    teaching: TeachingId | None = None


class StreamStart(StreamActions):
    """First message of a stream."""

    type: Literal["start"]  # type: ignore[assignment]
    layout: str = Field(default="kinect-20", max_length=40)
    threshold: float | None = Field(default=None, ge=0, le=1)
    token: str | None = None


class Malformed(Refusal):
    """A message or a body is not of the wire format."""

    code = ProblemCode.MALFORMED


class ParsedActions(NamedTuple):
    """Actions that can be used, and the faults of the others.

    Attributes:
        actions: name -> further texts.
        problems: faults, in the order of the actions.
    """

    actions: Actions
    problems: list[NameProblem]


def one_line(error: Exception, length: int = 500) -> str:
    """Return an error's message as one line of at most `length` characters."""
    return " ".join(str(error).split())[:length]


def parse_model(model: type[Model], content: bytes | dict[str, Any]) -> Model:
    """Return a request's body, or a decoded message of a stream, as a model.

    Raises:
        Malformed: The content does not fit the model. The message names the field and never its content.
    """
    try:
        if isinstance(content, dict):
            return model.model_validate(content)
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise Malformed(describe_validation_error(first)) from None


def describe_validation_error(error: Mapping[str, Any]) -> str:
    """Return one line that names the field of a pydantic error and the reason, never the content."""
    branches = ("Recording", "Action", "str")  # of unions; they are no fields
    field = ".".join(str(part) for part in error["loc"] if part not in branches and "[" not in str(part))[:100]
    return f"{field or 'body'}: {error['msg'][:200]}"


def parse_actions(actions: Sequence[str | Action], limits: Limits) -> ParsedActions:
    """Return the further texts of each action by the action's normalised name, and the faults of single names.

    A name that cannot be used is left out. Two spellings of one name are one action: the first spelling is used, and
    the texts of both.

    Args:
        actions: Names, actions with further texts, or both.
        limits: Largest number of actions and texts, and their largest length.

    Raises:
        Refusal: The list is empty or too long, has too many texts, or no action can be used.
    """
    if not 1 <= len(actions) <= limits.actions:
        message = f"The field actions has {len(actions)} actions; expected a list of 1 to {limits.actions} actions."
        raise Refusal(message, ProblemCode.UNUSABLE_ACTIONS)
    texts_by_name: dict[str, list[str]] = {}
    spelt: dict[str, str] = {}  # comparison key -> name
    problems: list[NameProblem] = []
    remaining_texts = limits.texts
    for index, action in enumerate(actions):
        sent, texts = (action, []) if isinstance(action, str) else (action.name, action.texts)
        remaining_texts -= 1 + len(texts)
        if remaining_texts < 0:
            message = f"The actions have more than {limits.texts} names and further texts in total."
            raise Refusal(message, ProblemCode.UNUSABLE_ACTIONS)
        try:
            name = normalised_name(sent, limits.action_length)
        except UnusableName as error:
            problems.append(NameProblem(index, shown_name(sent), "unusable", f"This name is left out. {error}"))
            continue
        first = spelt.setdefault(comparison_key(name), name)
        if first in texts_by_name:
            detail = f'This is the same action as "{shown_name(first)}". It counts once, with the texts of both.'
            problems.append(NameProblem(index, shown_name(sent), "duplicate", detail))
        known = texts_by_name.setdefault(first, [])
        for text in texts:
            try:
                known.append(normalised_name(text, limits.action_length))
            except UnusableName as error:
                detail = f"One of the texts of this action is left out. {error}"
                problems.append(NameProblem(index, shown_name(sent), "text", detail))
    if not texts_by_name:
        message = f"No action can be used. The first one: {problems[0].detail}"
        raise Malformed(message, ProblemCode.NO_USABLE_ACTION)
    return ParsedActions(texts_by_name, problems)

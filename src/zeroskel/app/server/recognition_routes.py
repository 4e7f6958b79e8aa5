"""Routes that recognise actions in a recording: predict, explain and timeline."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from zeroskel.app.server.answers import (
    ExplainAnswer,
    PredictAnswer,
    TimelineAnswer,
    result_to_dict,
    timeline_to_dict,
)
from zeroskel.app.server.bodies import Bodies
from zeroskel.app.server.clips import clip_sequence
from zeroskel.app.server.disconnection import while_connected
from zeroskel.app.server.engine import Engine
from zeroskel.app.server.errors import problems
from zeroskel.app.server.problem_codes import ProblemCode, Refusal
from zeroskel.app.server.progress_lines import MEDIA_TYPE, progress_response
from zeroskel.app.server.recordings import parse_positions
from zeroskel.app.server.settings import Limits
from zeroskel.app.server.teaching import Teachings
from zeroskel.app.server.turns import ticket_of
from zeroskel.app.server.wire import (
    ActionsRequest,
    ExplainRequest,
    PredictRequest,
    Recording,
    TimelineRequest,
    parse_actions,
)
from zeroskel.core import SkeletonSequence
from zeroskel.recognition import Candidates, ZeroShotRecognizer
from zeroskel.recognition._people import main_person
from zeroskel.recognition._timeline import Timeline
from zeroskel.recognition._timeline_files import timeline_content
from zeroskel.skeleton._people import people_of

FORMATS = {  # of timelines -> media type
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "eaf": "application/xml",
    "ndjson": MEDIA_TYPE,
}
DESCRIPTIONS = {"ndjson": "Lines of JSON, of the form of TimelineLine: progress from time to time, then the timeline."}


def recognition_routes(engine: Engine, teachings: Teachings, bodies: Bodies, limits: Limits) -> APIRouter:
    """Return a router for predict, explain and timeline."""
    router = APIRouter(responses=problems(400, 401, 403, 404, 408, 413, 421, 422, 500, 503))

    async def respond(
        request: Request, model: type[ActionsRequest], method: Callable[..., Any], option: str
    ) -> Response:
        started = time.perf_counter()
        content = await bodies.decode(request, model)
        actions, faults = parse_actions(content.actions, limits)
        sequence = await sequence_of(content.recording, limits)
        recognizer = recognizer_for(content, actions)
        options = {option: getattr(content, option)}
        work = engine.answer(partial(method, recognizer), sequence, actions, ticket_of(request), **options)
        answer = await while_connected(request, work)
        seconds = round(time.perf_counter() - started, 4)
        return JSONResponse({**answer, "seconds": seconds, "name_problems": [fault.to_dict() for fault in faults]})

    def recognizer_for(content: ActionsRequest, actions: Any) -> ZeroShotRecognizer:
        if content.teaching is None:
            return engine.recognizer
        return teachings.get(content.teaching).recognizer(tuple(actions))

    @router.post("/predict", response_model=PredictAnswer, openapi_extra=json_body(PredictRequest))
    async def predict(request: Request) -> Response:
        """Return how well each action fits a recording, and each person in it."""
        return await respond(request, PredictRequest, predicted, "threshold")

    @router.post("/explain", response_model=ExplainAnswer, openapi_extra=json_body(ExplainRequest))
    async def explain(request: Request) -> Response:
        """Return when an action became recognisable, and by which parts of the body."""
        return await respond(request, ExplainRequest, explained, "action")

    @router.post(
        "/timeline",
        response_model=TimelineAnswer,
        responses={
            200: {
                "content": {
                    media.split(";")[0]: {
                        "schema": {"type": "string", "description": DESCRIPTIONS.get(name, "A file.")}
                    }
                    for name, media in FORMATS.items()
                    if name != "json"
                }
            }
        },
        openapi_extra=json_body(TimelineRequest),
    )
    async def timeline(request: Request) -> Response:
        """Return when each person of a recording does which of the actions, and when none of them.

        With `Accept: application/x-ndjson` the answer is lines of JSON with the progress, and the timeline in the last.
        """
        started = time.perf_counter()
        content = await bodies.decode(request, TimelineRequest)
        actions, faults = parse_actions(content.actions, limits)
        sequence = await sequence_of(content.recording, limits)
        recognizer, ticket = recognizer_for(content, actions), ticket_of(request)
        if recognizer.calibration is None:
            message = "The bundle of this server is not calibrated and cannot tell when nothing happens."
            raise Refusal(message, ProblemCode.NOT_CALIBRATED)

        async def find(note: Callable[[float], None] = lambda _: None) -> Timeline:
            candidates = await engine.candidates(actions, ticket)
            find_in = partial(timeline_with_progress, sequence, candidates, content.threshold, note)
            return await engine.run_long(recognizer, find_in, ticket)

        def to_dict(result: Timeline) -> dict[str, Any]:
            answer = timeline_to_dict(result, lanes=content.lanes)
            seconds = round(time.perf_counter() - started, 4)
            return {**answer, "computation_seconds": seconds, "name_problems": [fault.to_dict() for fault in faults]}

        async def find_as_dict(note: Callable[[float], None]) -> dict[str, Any]:
            return to_dict(await find(note))

        name = content.format or accepted_format(request.headers.get("accept", ""))
        if name == "ndjson":
            return progress_response(request, "timeline", find_as_dict)
        result = await while_connected(request, find())
        if name == "json":
            return JSONResponse(to_dict(result))
        file = f"timeline.{name}"
        headers = {"Content-Disposition": f'attachment; filename="{file}"'}
        return Response(timeline_content(result, Path(file)), media_type=FORMATS[name], headers=headers)

    return router


def predicted(
    recognizer: ZeroShotRecognizer, sequence: SkeletonSequence, candidates: Candidates, *, threshold: float | None
) -> dict[str, Any]:
    """Return the predictions for a recording and for each person in it as JSON."""
    people = recognizer.predict_people(sequence, candidates, threshold=threshold)
    prediction = recognizer.predict(sequence, candidates, threshold=threshold)
    every = [result_to_dict(person) for person in people]
    return {**result_to_dict(prediction), "person": main_person(sequence, people), "people": every}


def explained(
    recognizer: ZeroShotRecognizer, sequence: SkeletonSequence, candidates: Candidates, *, action: str | None
) -> dict[str, Any]:
    """Return the explanation of a prediction as JSON."""
    return result_to_dict(recognizer.explain(sequence, candidates, action=action))


def timeline_with_progress(
    sequence: SkeletonSequence,
    candidates: Candidates,
    threshold: float | None,
    note: Callable[[float], None],
    recognizer: ZeroShotRecognizer,
) -> Timeline:
    """Return the timeline of a recording. `note` is called with the finished share of the work."""
    people, begun = max(1, len(people_of(sequence))), 0

    def progress(_: str, finished: int, total: int) -> None:
        nonlocal begun
        begun += finished == 0
        note(min(1.0, (max(0, begun - 1) + finished / max(1, total)) / people))

    return recognizer.timeline(sequence, candidates, threshold=threshold, progress=progress)


async def sequence_of(recording: Recording | str, limits: Limits) -> SkeletonSequence:
    """Return the sequence of a recording, or of the built-in clip with that id.

    Raises:
        InputError: There is no such clip, or the recording cannot be used.
    """
    if isinstance(recording, str):
        return await asyncio.to_thread(clip_sequence, recording)
    return await asyncio.to_thread(
        parse_positions, recording.positions, recording.layout, recording.joints, recording.fps, limits
    )


def accepted_format(accept: str) -> str:
    """Return the format of timelines that a header Accept names first; "json" where it names none."""
    for entry in accept.lower().split(","):
        media = entry.split(";")[0].strip()
        for name, known in FORMATS.items():
            if media == known.split(";")[0]:
                return name
    return "json"


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """Return the description of a JSON body that the route reads itself, for OpenAPI."""
    return body_description("application/json", {"$ref": f"#/components/schemas/{model.__name__}"})


def body_description(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a body that the route reads itself, for OpenAPI."""
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}

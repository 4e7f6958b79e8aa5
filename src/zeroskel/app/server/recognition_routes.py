"""Routes that recognise actions in a recording: predict and explain."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from zeroskel.app.server.answers import (
    ExplainAnswer,
    PredictAnswer,
    result_to_dict,
)
from zeroskel.app.server.bodies import Bodies
from zeroskel.app.server.clips import clip_sequence
from zeroskel.app.server.disconnection import while_connected
from zeroskel.app.server.engine import Engine
from zeroskel.app.server.errors import problems
from zeroskel.app.server.recordings import parse_positions
from zeroskel.app.server.settings import Limits
from zeroskel.app.server.teaching import Teachings
from zeroskel.app.server.turns import ticket_of
from zeroskel.app.server.wire import (
    ActionsRequest,
    ExplainRequest,
    PredictRequest,
    Recording,
    parse_actions,
)
from zeroskel.core import SkeletonSequence
from zeroskel.recognition import Candidates, ZeroShotRecognizer
from zeroskel.recognition._people import main_person

QUESTION = {"recording": "wave-both-hands", "actions": ["wave both hands", "squat twice"]}  # example for OpenAPI


def recognition_routes(engine: Engine, teachings: Teachings, bodies: Bodies, limits: Limits) -> APIRouter:
    """Return a router for predict and explain."""
    router = APIRouter(responses=problems(400, 401, 403, 404, 408, 413, 421, 422, 500, 503))

    async def respond(
        request: Request, model: type[ActionsRequest], method: Callable[..., Any], option: str
    ) -> Response:
        started = time.perf_counter()
        content = await bodies.decode(request, model)
        actions, faults = parse_actions(content.actions, limits)
        sequence = await sequence_of(content.recording, limits)
        recognizer = recognizer_for(content, actions, engine, teachings)
        options = {option: getattr(content, option)}
        work = engine.answer(partial(method, recognizer), sequence, actions, ticket_of(request), **options)
        answer = await while_connected(request, work)
        seconds = round(time.perf_counter() - started, 4)
        return JSONResponse({**answer, "seconds": seconds, "name_problems": [fault.to_dict() for fault in faults]})

    @router.post("/predict", response_model=PredictAnswer, openapi_extra=json_body(PredictRequest, QUESTION))
    async def predict(request: Request) -> Response:
        """Return how well each action fits a recording, and each person in it."""
        return await respond(request, PredictRequest, predicted, "threshold")

    @router.post("/explain", response_model=ExplainAnswer, openapi_extra=json_body(ExplainRequest, QUESTION))
    async def explain(request: Request) -> Response:
        """Return when an action became recognisable, and by which parts of the body."""
        return await respond(request, ExplainRequest, explained, "action")

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


def recognizer_for(
    content: ActionsRequest, actions: Iterable[str], engine: Engine, teachings: Teachings
) -> ZeroShotRecognizer:
    """Return the recognizer of the server, with the examples of the teaching session that a request names."""
    if content.teaching is None:
        return engine.recognizer
    return teachings.get(content.teaching).recognizer(tuple(actions))


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


def json_body(model: type[BaseModel], example: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a JSON body that the route reads itself, with an example, for OpenAPI."""
    description = body_description("application/json", {"$ref": f"#/components/schemas/{model.__name__}"})
    description["requestBody"]["content"]["application/json"]["example"] = example
    return description


def body_description(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a body that the route reads itself, for OpenAPI."""
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}

"""The REST routes."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from zeroskel import __version__
from zeroskel.app.server.clips import CLIPS, generate_clip, list_clips
from zeroskel.app.server.engine import Engine
from zeroskel.app.server.reading import Reader
from zeroskel.app.server.recordings import layout_to_dict
from zeroskel.app.server.settings import Limits, Settings
from zeroskel.app.server.streams import Streams
from zeroskel.app.server.wire import (
    Actions,
    ExplainAnswer,
    ExplainRequest,
    PredictAnswer,
    PredictRequest,
    Problem,
    RecordingAnswer,
    explanation_to_dict,
    parse_actions,
    parse_model,
    parse_recording,
    prediction_to_dict,
)
from zeroskel.core import SkeletonSequence, available_layouts, get_layout

Compute = Callable[[Any, SkeletonSequence, Actions], Awaitable[dict[str, Any]]]
PARALLEL_DECODING = 2  # request bodies that are decoded at the same time


def rest_routes(engine: Engine, reader: Reader, streams: Streams, settings: Settings) -> APIRouter:
    """Return a router for all routes below /api, and for /metrics.

    Args:
        engine: Engine that computes predictions and explanations.
        reader: Reader of uploaded files.
        streams: All open streams, for their number and the metrics.
        settings: Limits for clients.
    """
    router = APIRouter(responses=_problems(400, 401, 403, 421))
    limits = settings.limits
    _add_information_routes(router, engine, streams, limits)

    @router.post(
        "/api/recordings",
        response_model=RecordingAnswer,
        responses=_problems(408, 413, 415, 503),
        openapi_extra=_request_body("application/octet-stream", {"type": "string", "format": "binary"}),
    )
    async def recordings(
        request: Request,
        name: Annotated[str, Query(max_length=255, description="Name of the file; its suffix selects the format.")],
        layout: Annotated[
            str | None, Query(max_length=40, description="Joint layout, where the file does not state it.")
        ] = None,
    ) -> Response:
        """Read a skeleton file, sent unchanged as the body. The server stores nothing of it."""
        recording = await reader.read(name, layout, await _read_body(request, limits))
        return Response(recording, media_type="application/json")

    _add_prediction_routes(router, engine, limits)
    return router


def _add_information_routes(router: APIRouter, engine: Engine, streams: Streams, limits: Limits) -> None:
    @router.get("/api/health")
    async def health() -> dict[str, str]:
        """Return the status and the version of the server."""
        return {"status": "ok", "version": __version__}

    @router.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Return the metrics in Prometheus's text format."""
        return Response(streams.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @router.get("/api/model")
    async def model() -> dict[str, Any]:
        """Return the recognizer's training data, the joint layouts that it accepts and the limits of this server."""
        facts = engine.recognizer.facts
        return {
            "name": facts.get("name", "zeroskel"),
            "data": facts.get("data", ""),
            "notice": facts.get("notice", ""),
            "seen_classes": facts.get("seen_classes", []),
            "figures": facts.get("figures", []),
            "calibrated": engine.recognizer.calibration is not None,
            "layouts": {name: layout_to_dict(get_layout(name)) for name in available_layouts()},
            "limits": limits.for_clients(streams.capacity),
        }

    @router.get("/api/clips")
    async def clips() -> list[dict[str, Any]]:
        """Return the list of synthetic clips to try the server with."""
        return list_clips()

    @router.get("/api/clips/{clip}", response_model=RecordingAnswer, responses=_problems(404))
    async def clip(clip: str) -> Response:
        """Return the recording of one clip."""
        if clip not in CLIPS:
            raise HTTPException(404, "There is no such clip. GET /api/clips lists them.")
        return JSONResponse(await engine.run_for_request(generate_clip, clip))


def _add_prediction_routes(router: APIRouter, engine: Engine, limits: Limits) -> None:
    decoding = asyncio.Semaphore(PARALLEL_DECODING)

    async def respond(request: Request, model: type[PredictRequest], compute: Compute) -> Response:
        started = time.perf_counter()
        body = await _read_body(request, limits)
        async with decoding:
            content, sequence, actions = await asyncio.to_thread(_decode, model, body, limits)
        answer = await compute(content, sequence, actions)
        answer["seconds"] = round(time.perf_counter() - started, 4)
        return Response(json.dumps(answer, allow_nan=False), media_type="application/json")

    def options(request_model: type[BaseModel], answer_model: type[BaseModel]) -> dict[str, Any]:
        schema = {"$ref": f"#/components/schemas/{request_model.__name__}"}
        return {
            "response_model": answer_model,
            "responses": _problems(408, 413, 422, 503),
            "openapi_extra": _request_body("application/json", schema),
        }

    async def compute_prediction(content: Any, sequence: SkeletonSequence, actions: Actions) -> dict[str, Any]:
        return prediction_to_dict(await engine.predict(sequence, actions, content.threshold))

    async def compute_explanation(content: Any, sequence: SkeletonSequence, actions: Actions) -> dict[str, Any]:
        return explanation_to_dict(await engine.explain(sequence, actions, content.action))

    @router.post("/api/predict", **options(PredictRequest, PredictAnswer))
    async def predict(request: Request) -> Response:
        """Return how well each action fits a recording."""
        return await respond(request, PredictRequest, compute_prediction)

    @router.post("/api/explain", **options(ExplainRequest, ExplainAnswer))
    async def explain(request: Request) -> Response:
        """Return when an action became recognisable, and by which parts of the body."""
        return await respond(request, ExplainRequest, compute_explanation)


def _decode(kind: type[PredictRequest], body: bytes, limits: Limits) -> tuple[Any, SkeletonSequence, Actions]:
    request = parse_model(kind, body)
    return request, parse_recording(request.recording, limits), parse_actions(request.actions, limits)


async def _read_body(request: Request, limits: Limits) -> bytes:
    """Return the whole body. Raises HTTPException where it is too large or takes too long to arrive."""
    too_large = HTTPException(413, f"The body has more than {limits.bytes} bytes. Send a shorter recording.")
    content_length = request.headers.get("content-length", "0")
    if content_length.isdecimal() and int(content_length[:20]) > limits.bytes:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for part in request.stream():
                body += part
                if len(body) > limits.bytes:
                    raise too_large
    except TimeoutError:
        raise HTTPException(408, f"The body took more than {limits.body_seconds:g} seconds to arrive.") from None
    except ClientDisconnect:
        raise HTTPException(400, "The client disconnected.") from None
    return bytes(body)


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of error answers for OpenAPI."""
    return {status: {"model": Problem} for status in statuses}


def _request_body(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a body that the route reads itself, for OpenAPI."""
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}

"""The REST routes."""

import asyncio
import json
import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from zeroskel import __version__
from zeroskel.app.server.clips import CLIPS, clip_list, clip_recording
from zeroskel.app.server.engine import Engine
from zeroskel.app.server.reading import Reader
from zeroskel.app.server.recordings import bones_of
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
    actions_of,
    explanation_as,
    model_of,
    prediction_as,
    sequence_from,
)
from zeroskel.core import SkeletonSequence, available_layouts, get_layout

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (400, 401, 403, 404, 408, 413, 415, 421, 422, 503)
}
DECODING = 2  # bodies decoded at a time


def rest_routes(engine: Engine, reader: Reader, streams: Streams, settings: Settings) -> APIRouter:
    """All routes below /api, and /metrics."""
    router = APIRouter(responses={status: PROBLEMS[status] for status in (400, 401, 403, 421)})
    limits = settings.limits
    decoding = asyncio.Semaphore(DECODING)

    async def decoded(kind: type[PredictRequest], body: bytes) -> tuple[Any, SkeletonSequence, Actions]:
        async with decoding:
            return await asyncio.to_thread(_decode, kind, body, limits)

    @router.get("/api/health")
    async def health() -> dict[str, str]:
        """Whether the server is there."""
        return {"status": "ok", "version": __version__}

    @router.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Counters, in Prometheus's text format."""
        return Response(streams.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @router.get("/api/model")
    async def model() -> dict[str, Any]:
        """What the recognizer was trained on, the joint layouts it takes, and the limits of this server."""
        facts = engine.recognizer.facts
        return {
            "name": facts.get("name", "zeroskel"),
            "data": facts.get("data", ""),
            "notice": facts.get("notice", ""),
            "seen_classes": facts.get("seen_classes", []),
            "figures": facts.get("figures", []),
            "calibrated": engine.recognizer.calibration is not None,
            "layouts": {name: bones_of(get_layout(name)) for name in available_layouts()},
            "limits": limits.shown(streams.capacity),
        }

    @router.get("/api/clips")
    async def clips() -> list[dict[str, Any]]:
        """Synthetic clips to try the server with."""
        return clip_list()

    @router.get("/api/clips/{clip}", response_model=RecordingAnswer, responses={404: PROBLEMS[404]})
    async def clip(clip: str) -> Response:
        """The recording of one clip."""
        if clip not in CLIPS:
            raise HTTPException(404, "there is no such clip; GET /api/clips lists them")
        return JSONResponse(await engine.ask(clip_recording, clip))

    @router.post(
        "/api/recordings",
        response_model=RecordingAnswer,
        responses={status: PROBLEMS[status] for status in (408, 413, 415, 503)},
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
    )
    async def recordings(
        request: Request,
        name: Annotated[str, Query(max_length=255, description="The file's name; its suffix tells the format.")],
        layout: Annotated[
            str | None, Query(max_length=40, description="Joint layout, where the file does not tell.")
        ] = None,
    ) -> Response:
        """Read a skeleton file, sent as it is; nothing of it is kept."""
        found = await reader.read(name, layout, await _body_of(request, limits))
        return Response(found, media_type="application/json")

    @router.post(
        "/api/predict",
        response_model=PredictAnswer,
        responses={status: PROBLEMS[status] for status in (408, 413, 422, 503)},
        openapi_extra=_json_body("PredictRequest"),
    )
    async def predict(request: Request) -> Response:
        """Say which of the actions a recording shows."""
        started = time.perf_counter()
        asked, sequence, actions = await decoded(PredictRequest, await _body_of(request, limits))
        found = await engine.predict(sequence, actions, asked.threshold)
        return _timed(prediction_as(found), started)

    @router.post(
        "/api/explain",
        response_model=ExplainAnswer,
        responses={status: PROBLEMS[status] for status in (408, 413, 422, 503)},
        openapi_extra=_json_body("ExplainRequest"),
    )
    async def explain(request: Request) -> Response:
        """Say when, and by which parts of the body, an action was known."""
        started = time.perf_counter()
        asked, sequence, actions = await decoded(ExplainRequest, await _body_of(request, limits))
        found = await engine.explain(sequence, actions, asked.action)
        return _timed(explanation_as(found), started)

    return router


def _decode(kind: type[PredictRequest], body: bytes, limits: Limits) -> tuple[Any, SkeletonSequence, Actions]:
    asked = model_of(kind, body)
    return asked, sequence_from(asked.recording, limits), actions_of(asked.actions, limits)


async def _body_of(request: Request, limits: Limits) -> bytes:
    """The whole body, which may be no larger, and take no longer, than allowed."""
    too_large = HTTPException(413, f"the body has more than {limits.bytes} bytes; send a shorter recording")
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > limits.bytes:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for part in request.stream():
                body += part
                if len(body) > limits.bytes:
                    raise too_large
    except TimeoutError:
        raise HTTPException(408, f"the body took more than {limits.body_seconds:g} seconds to arrive") from None
    except ClientDisconnect:
        raise HTTPException(400, "the client went away") from None
    return bytes(body)


def _timed(content: dict[str, Any], started: float) -> Response:
    content["seconds"] = round(time.perf_counter() - started, 4)
    return Response(json.dumps(content, allow_nan=False), media_type="application/json")


def _json_body(model: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}

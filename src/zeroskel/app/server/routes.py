"""The routes: REST, the web page and its files."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse, JSONResponse, Response

from zeroskel import __version__
from zeroskel.app.server.engine import Engine
from zeroskel.app.server.reading import Reader
from zeroskel.app.server.recordings import layout_to_dict, parse_positions, recording_to_dict
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
    parse_actions,
    parse_model,
    result_to_dict,
)
from zeroskel.core import SkeletonSequence, available_layouts, get_layout
from zeroskel.datasets.synthetic import DEMO_UNSEEN, NOTICE, generate_sequence
from zeroskel.recognition import Candidates
from zeroskel.recognition._people import main_person

BODY_SECONDS = 30.0  # in which a request's body must arrive
PARALLEL_DECODING = 2  # request bodies that are decoded at the same time
CLIPS = {title.replace(" ", "-"): title for title in DEMO_UNSEEN}  # identifier -> title of the synthetic clips
CLIP_SEED = 7
PAGE_FOLDER = Path(__file__).resolve().parent.parent / "page"
CLIENT_LIMITS = ("bytes", "frames", "joints", "bodies", "seconds", "actions", "action_length", "texts", "message_bytes")
SCRIPT_SUFFIXES = (".js", ".mjs")  # the table of media types of the operating system may miss them


def rest_routes(engine: Engine, reader: Reader, streams: Streams, settings: Settings) -> APIRouter:
    """Return a router for all routes below /api, and for /metrics."""
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
        fps: Annotated[float | None, Query(gt=0, le=1000, description="Frames per second of the file.")] = None,
        up: Annotated[str | None, Query(pattern="^-?[yz]$", description="Axis of the file that points up.")] = None,
        unit: Annotated[
            str | None, Query(pattern="^(m|cm|mm|inch|pixel)$", description="Unit of the file's coordinates.")
        ] = None,
        joints: Annotated[
            str | None, Query(max_length=10_000, description="Names of the file's points in their order, with commas.")
        ] = None,
    ) -> Response:
        """Read a skeleton file, sent unchanged as the body. The server stores nothing of it.

        What is not stated and the file does not tell is inferred; `reading` of the answer says what.
        """
        names = None if joints is None else [joint.strip() for joint in joints.split(",")]
        stated = {"layout": layout, "fps": fps, "up": up, "unit": unit, "joints": names}
        facts = {option: fact for option, fact in stated.items() if fact is not None}
        recording = await reader.read(name, facts, await _read_body(request, limits))
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
            "limits": {**{name: getattr(limits, name) for name in CLIENT_LIMITS}, "streams": streams.capacity},
        }

    @router.get("/api/clips")
    async def clips() -> list[dict[str, Any]]:
        """Return the list of synthetic clips to try the server with."""
        return [{"id": clip, "title": title, "synthetic": True, "notice": NOTICE} for clip, title in CLIPS.items()]

    @router.get("/api/clips/{clip}", response_model=RecordingAnswer, responses=_problems(404))
    async def clip(clip: str) -> Response:
        """Return the recording of one clip."""
        if clip not in CLIPS:
            raise HTTPException(404, "There is no such clip. GET /api/clips lists them.")
        recording = await engine.run_for_request(
            lambda: recording_to_dict(generate_sequence(CLIPS[clip], CLIP_SEED), NOTICE)
        )
        return JSONResponse(recording)


def _add_prediction_routes(router: APIRouter, engine: Engine, limits: Limits) -> None:
    decoding = asyncio.Semaphore(PARALLEL_DECODING)

    def decode(model: type[PredictRequest], body: bytes) -> tuple[Any, SkeletonSequence, Actions]:
        content = parse_model(model, body)
        recording = content.recording
        sequence = parse_positions(recording.positions, recording.layout, recording.joints, recording.fps, limits)
        return content, sequence, parse_actions(content.actions, limits)

    async def respond(
        request: Request, model: type[PredictRequest], method: Callable[..., dict[str, Any]], option: str
    ) -> Response:
        started = time.perf_counter()
        body = await _read_body(request, limits)
        async with decoding:
            content, sequence, actions = await asyncio.to_thread(decode, model, body)
        answer = await engine.answer(method, sequence, actions, **{option: getattr(content, option)})
        return JSONResponse({**answer, "seconds": round(time.perf_counter() - started, 4)})

    def predicted(sequence: SkeletonSequence, candidates: Candidates, *, threshold: float | None) -> dict[str, Any]:
        people = engine.recognizer.predict_people(sequence, candidates, threshold=threshold)
        prediction = engine.recognizer.predict(sequence, candidates, threshold=threshold)
        every = [result_to_dict(person) for person in people]
        return {**result_to_dict(prediction), "person": main_person(sequence, people), "people": every}

    def explained(sequence: SkeletonSequence, candidates: Candidates, *, action: str | None) -> dict[str, Any]:
        return result_to_dict(engine.recognizer.explain(sequence, candidates, action=action))

    def options(request_model: type[BaseModel], answer_model: type[BaseModel]) -> dict[str, Any]:
        schema = {"$ref": f"#/components/schemas/{request_model.__name__}"}
        return {
            "response_model": answer_model,
            "responses": _problems(408, 413, 422, 503),
            "openapi_extra": _request_body("application/json", schema),
        }

    @router.post("/api/predict", **options(PredictRequest, PredictAnswer))
    async def predict(request: Request) -> Response:
        """Return how well each action fits a recording, and each person in it."""
        return await respond(request, PredictRequest, predicted, "threshold")

    @router.post("/api/explain", **options(ExplainRequest, ExplainAnswer))
    async def explain(request: Request) -> Response:
        """Return when an action became recognisable, and by which parts of the body."""
        return await respond(request, ExplainRequest, explained, "action")


def page_routes() -> APIRouter:
    """Return a router for GET / and everything below /page/.

    The files are listed once, so no path that a client sends is opened.
    """
    router = APIRouter(include_in_schema=False)
    files = {
        path.relative_to(PAGE_FOLDER).as_posix(): path
        for path in PAGE_FOLDER.rglob("*")
        if path.is_file() and not path.is_symlink() and not path.name.startswith(".") and path.suffix != ".py"
    }

    @router.get("/")
    async def index() -> Response:
        return await file("index.html")

    @router.get("/page/{path:path}")
    async def file(path: str) -> Response:
        if path not in files:
            raise HTTPException(404, "The page has no such file.")
        media_type = "text/javascript" if files[path].suffix in SCRIPT_SUFFIXES else None  # None: by the suffix
        return FileResponse(files[path], media_type=media_type, headers={"Cache-Control": "no-cache"})

    return router


async def _read_body(request: Request, limits: Limits) -> bytes:
    """Return the whole body. Raises HTTPException where it is too large or takes too long to arrive."""
    too_large = HTTPException(413, f"The body has more than {limits.bytes} bytes. Send a shorter recording.")
    content_length = request.headers.get("content-length", "0")
    if content_length.isdecimal() and int(content_length[:20]) > limits.bytes:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > limits.bytes:
                    raise too_large
    except TimeoutError:
        raise HTTPException(408, f"The body took more than {BODY_SECONDS:g} seconds to arrive.") from None
    except ClientDisconnect:
        raise HTTPException(400, "The client disconnected.") from None
    return bytes(body)


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of error answers for OpenAPI."""
    return {status: {"model": Problem} for status in statuses}


def _request_body(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a body that the route reads itself, for OpenAPI."""
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}

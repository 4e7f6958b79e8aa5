"""The REST routes below /api/v1: information and files here, recognition and teaching in modules of their own."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import JSONResponse, Response

from zeroskel import __version__
from zeroskel.app.server.answers import ClipAnswer, HealthAnswer, ModelAnswer, RecordingAnswer
from zeroskel.app.server.bodies import Bodies
from zeroskel.app.server.clips import CLIPS, clip_sequence
from zeroskel.app.server.engine import Engine
from zeroskel.app.server.errors import problems
from zeroskel.app.server.reading import KNOWN_SUFFIXES, Reader
from zeroskel.app.server.recognition_routes import body_description, recognition_routes
from zeroskel.app.server.recordings import layout_to_dict, recording_to_dict
from zeroskel.app.server.settings import Limits, Settings
from zeroskel.app.server.streams import Streams
from zeroskel.app.server.teaching import Teachings
from zeroskel.app.server.teaching_routes import teaching_routes
from zeroskel.app.server.timeline_route import timeline_route
from zeroskel.app.server.turns import ticket_of
from zeroskel.core import available_layouts, get_layout
from zeroskel.datasets.synthetic import NOTICE

CLIENT_LIMITS = ("bytes", "frames", "joints", "bodies", "seconds", "actions", "action_length", "texts", "message_bytes")
SUFFIX_PATTERN = rf"\.({'|'.join(suffix.removeprefix('.') for suffix in KNOWN_SUFFIXES)})$"


def rest_routes(
    engine: Engine, reader: Reader, streams: Streams, teachings: Teachings, settings: Settings
) -> APIRouter:
    """Return a router for all routes below /api/v1 and, as other names of the same, below /api."""
    limits = settings.limits
    bodies = Bodies(reader)
    parts = (
        information_routes(engine, streams, limits),
        file_routes(reader),
        recognition_routes(engine, teachings, bodies, limits),
        timeline_route(engine, teachings, bodies, limits),
        teaching_routes(engine, teachings, bodies, limits),
    )
    router = APIRouter()
    for part in parts:
        router.include_router(part, prefix="/api/v1")
        router.include_router(part, prefix="/api", include_in_schema=False)
    router.include_router(metrics_route(streams))
    return router


def information_routes(engine: Engine, streams: Streams, limits: Limits) -> APIRouter:
    """Return a router for what the server says about itself, and for the clips."""
    router = APIRouter(responses=problems(400, 401, 403, 421, 500))

    @router.get("/health", response_model=HealthAnswer)
    async def health() -> Any:
        """Return the status and the version of the server."""
        return {"status": "ok", "version": __version__}

    @router.get("/model", response_model=ModelAnswer)
    async def model() -> Response:
        """Return the recognizer's training data, the joint layouts that it accepts and the limits of this server."""
        facts = engine.recognizer.facts
        calibrated = engine.recognizer.calibration is not None
        answer = {
            "name": facts.get("name", "zeroskel"),
            "data": facts.get("data", ""),
            "notice": facts.get("notice", ""),
            "seen_classes": facts.get("seen_classes", []),
            "figures": facts.get("figures", []),
            "calibrated": calibrated,
            "teaching": calibrated,
            "layouts": {name: layout_to_dict(get_layout(name)) for name in available_layouts()},
            "limits": {**{name: getattr(limits, name) for name in CLIENT_LIMITS}, "streams": streams.capacity},
        }
        return JSONResponse(answer)

    @router.get("/clips", response_model=list[ClipAnswer])
    async def clips() -> Any:
        """Return the list of synthetic clips to try the server with."""
        return [{"id": clip, "title": title, "synthetic": True, "notice": NOTICE} for clip, title in CLIPS.items()]

    @router.get("/clips/{clip}", response_model=RecordingAnswer, responses=problems(404, 422, 503))
    async def clip(request: Request, clip: Annotated[str, Path(json_schema_extra={"enum": [*CLIPS]})]) -> Response:
        """Return the recording of one clip."""
        recording = await engine.run_for_request(
            lambda: recording_to_dict(clip_sequence(clip), NOTICE), ticket=ticket_of(request)
        )
        return JSONResponse(recording)

    return router


def file_routes(reader: Reader) -> APIRouter:
    """Return a router for the upload of files."""
    router = APIRouter(responses=problems(400, 401, 403, 408, 413, 415, 421, 422, 500, 503))

    @router.post(
        "/recordings",
        response_model=RecordingAnswer,
        openapi_extra=body_description("application/octet-stream", {"type": "string", "format": "binary"}),
    )
    async def recordings(
        request: Request,
        name: Annotated[
            str,
            Query(
                max_length=255,
                description="Name of the file; its suffix selects the format.",
                json_schema_extra={"pattern": SUFFIX_PATTERN},
            ),
        ],
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
        mirror: Annotated[
            bool | None, Query(description="Whether the file shows people in a mirror, as left-handed axes do.")
        ] = None,
    ) -> Response:
        """Read a skeleton file, sent unchanged as the body. The server stores nothing of it.

        What is not stated and the file does not tell is inferred; `reading` of the answer says what.
        """
        names = None if joints is None else [joint.strip() for joint in joints.split(",")]
        stated = {"layout": layout, "fps": fps, "up": up, "unit": unit, "joints": names, "mirror": mirror}
        facts = {option: fact for option, fact in stated.items() if fact is not None}
        recording = await reader.read(name, facts, await request.body())
        return Response(recording, media_type="application/json")

    return router


def metrics_route(streams: Streams) -> APIRouter:
    """Return a router for /metrics."""
    router = APIRouter(responses=problems(400, 401, 403, 421))

    @router.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    async def metrics() -> Response:
        """Return the metrics in Prometheus's text format."""
        return Response(streams.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router

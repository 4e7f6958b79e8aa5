"""The application: REST, the stream and the page around one recognizer."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from zeroskel import __version__
from zeroskel.app.server.connection import Connection, seconds_a_frame
from zeroskel.app.server.engine import Busy, Engine
from zeroskel.app.server.guard import Guard
from zeroskel.app.server.metrics import Metrics
from zeroskel.app.server.page import page_routes
from zeroskel.app.server.reading import Reader, UnknownFormat
from zeroskel.app.server.routes import rest_routes
from zeroskel.app.server.settings import Settings
from zeroskel.app.server.streams import Streams, measured_capacity
from zeroskel.app.server.wire import ExplainRequest, Malformed, PredictRequest
from zeroskel.core import InputError
from zeroskel.recognition import ZeroShotRecognizer

log = logging.getLogger(__name__)

STATUS: dict[type[Exception], int] = {Malformed: 422, UnknownFormat: 415, InputError: 400}


class Application(FastAPI):
    """Describes in OpenAPI also the request models that the routes read themselves."""

    def openapi(self) -> dict[str, Any]:
        described: dict[str, Any] = super().openapi()
        _, schema = models_json_schema(
            [(PredictRequest, "validation"), (ExplainRequest, "validation")],
            ref_template="#/components/schemas/{model}",
        )
        described.setdefault("components", {}).setdefault("schemas", {}).update(schema["$defs"])
        return described


def _capacity(engine: Engine) -> int:
    return measured_capacity(engine.seconds_a_window(), seconds_a_frame())


def create_app(recognizer: ZeroShotRecognizer, settings: Settings | None = None) -> FastAPI:
    """The server's application; `app.state.streams` are its streams.

    Args:
        recognizer: answers everything.
        settings: whom it trusts, and limits.
    """
    settings = settings or Settings()
    metrics, limits = Metrics(), settings.limits
    engine = Engine(recognizer, waiting=limits.waiting)
    recognizer.candidates({"warm up": ["someone gets warm"]})  # loads the sentence encoder, which takes seconds
    streams = Streams(engine, metrics, limits.streams or _capacity(engine))
    reader = Reader(limits)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        answering = asyncio.create_task(streams.answer_all())
        await reader.start()
        yield
        streams.say_goodbye()
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        await reader.close()
        engine.close()

    app = Application(
        title="zeroskel",
        version=__version__,
        summary="Name human actions in skeleton sequences from words alone.",
        docs_url=None,  # its scripts would come from elsewhere
        redoc_url=None,
        root_path=settings.root_path,
        lifespan=lifespan,
    )
    app.state.streams, app.state.metrics = streams, metrics
    app.include_router(rest_routes(engine, reader, streams, settings))
    app.include_router(page_routes())

    @app.websocket("/api/stream")
    async def stream(socket: WebSocket) -> None:
        await Connection(socket, engine, streams, settings).run()

    for kind, status in STATUS.items():
        app.add_exception_handler(kind, _answer_with(status))
    app.add_exception_handler(Busy, _busy)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
        )
    app.add_middleware(Guard, settings=settings, metrics=metrics)
    return app


def _answer_with(status: int) -> Any:
    async def answer(_: Request, error: Exception) -> Response:
        return JSONResponse({"detail": " ".join(str(error).split())[:500]}, status)

    return answer


async def _busy(request: Request, error: Exception) -> Response:
    request.app.state.metrics.refused.labels("capacity").inc()
    retry_after = str(error.retry_after) if isinstance(error, Busy) else "2"
    return JSONResponse({"detail": str(error)}, 503, {"Retry-After": retry_after})


async def _invalid(_: Request, error: Exception) -> Response:
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {"loc": (), "msg": "not as described"}
    place = ".".join(str(part) for part in first["loc"])[:100]
    return JSONResponse({"detail": f"{place}: {first['msg'][:200]}"}, 422)


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": str(error.detail)}, error.status_code, error.headers)


async def _fault(_: Request, error: Exception) -> Response:
    log.error("a request failed: %s", type(error).__name__)  # never its message, which may quote the client
    return JSONResponse({"detail": "the server failed at this request"}, 500)

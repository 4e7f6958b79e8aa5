"""The application: REST routes, the WebSocket and the page around one recognizer."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from pydantic.json_schema import models_json_schema
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from zeroskel import __version__
from zeroskel.app.server.connection import Connection, measure_frame_seconds
from zeroskel.app.server.engine import Busy, Engine
from zeroskel.app.server.guard import Guard
from zeroskel.app.server.reading import Reader, UnknownFormat
from zeroskel.app.server.routes import page_routes, rest_routes
from zeroskel.app.server.settings import Settings
from zeroskel.app.server.streams import Metrics, Streams, stream_capacity
from zeroskel.app.server.wire import ExplainRequest, Malformed, PredictRequest, describe_validation_error, one_line
from zeroskel.core import InputError
from zeroskel.recognition import ZeroShotRecognizer

log = logging.getLogger(__name__)


class Application(FastAPI):
    """FastAPI application whose OpenAPI description includes the models of bodies that the routes read themselves."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI description."""
        description: dict[str, Any] = super().openapi()
        _, schema = models_json_schema(
            [(PredictRequest, "validation"), (ExplainRequest, "validation")],
            ref_template="#/components/schemas/{model}",
        )
        description.setdefault("components", {}).setdefault("schemas", {}).update(schema["$defs"])
        return description


def create_app(recognizer: ZeroShotRecognizer, settings: Settings | None = None) -> FastAPI:
    """Return the application that serves a recognizer. Its streams are `app.state.streams`."""
    settings = settings or Settings()
    metrics, limits = Metrics(), settings.limits
    engine = Engine(recognizer)
    recognizer.candidates({"warm up": ["someone gets warm"]})  # loads the sentence encoder, which takes seconds
    capacity = limits.streams or stream_capacity(engine.measure_window_seconds(), measure_frame_seconds())
    streams = Streams(engine, metrics, capacity)
    reader = Reader(limits)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        answering = asyncio.create_task(streams.answer_all())
        await reader.start()
        yield
        streams.announce_shutdown()
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        await reader.close()
        engine.close()

    app = Application(
        title="zeroskel",
        version=__version__,
        summary="Name human actions in skeleton sequences from words alone.",
        docs_url=None,  # the documentation pages would load scripts from another server
        redoc_url=None,
        root_path=settings.root_path,
        lifespan=lifespan,
        exception_handlers={
            Malformed: partial(_answer_error, 422, one_line),
            UnknownFormat: partial(_answer_error, 415, one_line),
            InputError: partial(_answer_error, 400, one_line),
            RequestValidationError: partial(_answer_error, 422, lambda e: describe_validation_error(e.errors()[0])),
            Busy: _answer_busy,
            Exception: _answer_unexpected_error,
        },
    )
    app.state.streams, app.state.metrics = streams, metrics
    app.include_router(rest_routes(engine, reader, streams, settings))
    app.include_router(page_routes())

    @app.websocket("/api/stream")
    async def stream(socket: WebSocket) -> None:
        await Connection(socket, engine, streams, settings).run()

    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
        )
    app.add_middleware(Guard, settings=settings, metrics=metrics)
    return app


async def _answer_error(status: int, describe: Callable[[Any], str], _: Request, error: Exception) -> Response:
    return JSONResponse({"detail": describe(error)}, status)


async def _answer_busy(request: Request, error: Any) -> Response:
    request.app.state.metrics.refused.labels("capacity").inc()
    return JSONResponse({"detail": str(error)}, 503, {"Retry-After": str(error.retry_after)})


async def _answer_unexpected_error(_: Request, error: Exception) -> Response:
    log.error("A request failed with %s.", type(error).__name__)  # the message of the error may quote the client
    return JSONResponse({"detail": "The server failed to answer this request."}, 500)

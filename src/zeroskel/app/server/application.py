"""The application: REST routes, the WebSocket and the page around one recognizer."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.websockets import WebSocket

from zeroskel import __version__
from zeroskel.app.server.body_limits import BodyLimits
from zeroskel.app.server.clips import FIRST_ACTIONS
from zeroskel.app.server.connection import Connection, measure_frame_seconds
from zeroskel.app.server.documentation import documentation_routes
from zeroskel.app.server.engine import Engine
from zeroskel.app.server.errors import FailureAnswers, exception_handlers
from zeroskel.app.server.guard import Guard
from zeroskel.app.server.head_requests import HeadRequests
from zeroskel.app.server.openapi import Application
from zeroskel.app.server.page_files import page_routes
from zeroskel.app.server.reading import Reader
from zeroskel.app.server.routes import rest_routes
from zeroskel.app.server.settings import Settings
from zeroskel.app.server.start_deadlines import StartDeadlines
from zeroskel.app.server.streams import Metrics, Streams, stream_capacity
from zeroskel.app.server.teaching import Teachings
from zeroskel.recognition import ZeroShotRecognizer

log = logging.getLogger(__name__)


def create_app(recognizer: ZeroShotRecognizer, settings: Settings | None = None) -> FastAPI:
    """Return the application that serves a recognizer. Its streams are `app.state.streams`."""
    settings = settings or Settings()
    metrics, limits = Metrics(), settings.limits
    engine = Engine(recognizer)
    recognizer.candidates({"warm up": ["someone gets warm"]})  # loads the sentence encoder, which takes seconds
    capacity = limits.streams or stream_capacity(engine.measure_answer_seconds(), measure_frame_seconds())
    streams = Streams(engine, metrics, capacity)
    reader, teachings, starting = Reader(limits), Teachings(recognizer), StartDeadlines(limits)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        first_visit = engine.candidates(dict.fromkeys(FIRST_ACTIONS, ()))  # its texts are read before it comes
        tasks = [asyncio.create_task(work) for work in (streams.answer_all(), first_visit)]
        tasks[1].add_done_callback(_log_failure_of_first_visit)
        await reader.start()
        yield
        streams.announce_shutdown()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await reader.close()
        engine.close()

    app = Application(
        needs_token=settings.token is not None,
        title="zeroskel",
        version=__version__,
        summary="Name human actions in skeleton sequences from words alone.",
        docs_url=None,  # FastAPI's page would load scripts from another server
        redoc_url=None,
        lifespan=lifespan,
        exception_handlers=exception_handlers(),
    )
    app.state.streams, app.state.metrics = streams, metrics
    app.include_router(rest_routes(engine, reader, streams, teachings, settings))
    app.include_router(page_routes())
    app.include_router(documentation_routes(app.openapi))

    @app.websocket("/api/v1/stream")
    @app.websocket("/api/stream")
    async def stream(socket: WebSocket) -> None:
        await Connection(socket, engine, streams, teachings, starting, settings).run()

    app.add_middleware(BodyLimits, limits=limits, metrics=metrics)
    app.add_middleware(FailureAnswers)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["authorization", "content-type"],
        )
    app.add_middleware(Guard, settings=settings, metrics=metrics)
    app.add_middleware(HeadRequests)
    return app


def _log_failure_of_first_visit(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("The texts of the page's first visit could not be read: %s: %s", type(error).__name__, error)

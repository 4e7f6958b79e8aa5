"""Routes that teach actions by examples."""

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from zeroskel.app.server.answers import TeachingAnswer
from zeroskel.app.server.bodies import Bodies
from zeroskel.app.server.engine import Engine
from zeroskel.app.server.errors import problems
from zeroskel.app.server.names import NameProblem, UnusableName, normalised_name, shown_name
from zeroskel.app.server.recognition_routes import json_body, sequence_of
from zeroskel.app.server.settings import Limits
from zeroskel.app.server.teaching import BUNDLE_NAME, Teaching, Teachings, cut_example
from zeroskel.app.server.turns import ticket_of
from zeroskel.app.server.wire import AdaptRequest, Malformed


def teaching_routes(engine: Engine, teachings: Teachings, bodies: Bodies, limits: Limits) -> APIRouter:
    """Return a router for everything below /adapt."""
    router = APIRouter(prefix="/adapt", responses=problems(400, 401, 403, 404, 421, 422, 500, 503))
    packing = asyncio.Semaphore(1)

    @router.post(
        "",
        response_model=TeachingAnswer,
        responses=problems(408, 413),
        openapi_extra=json_body(AdaptRequest, {"examples": [{"recording": "wave-both-hands", "name": "greet"}]}),
    )
    async def adapt(request: Request) -> Response:
        """Add examples to a teaching session, or to a new one. They count at once."""
        content = await bodies.decode(request, AdaptRequest)
        session = None if content.teaching is None else teachings.get(content.teaching)
        ticket = ticket_of(request)
        names, parts, faults = [], [], []
        for index, example in enumerate(content.examples):
            try:
                names.append(normalised_name(example.name, limits.action_length))
            except UnusableName as error:
                detail = f"This example is left out. {error}"
                faults.append(NameProblem(index, shown_name(example.name), "unusable", detail))
                continue
            sequence = await sequence_of(example.recording, limits)
            parts.append(await asyncio.to_thread(cut_example, sequence, example.start, example.end, example.person))
        if not parts:
            raise Malformed(f"No example can be used. The first one: {faults[0].detail}")
        session = session or teachings.begin(ticket.host)
        try:
            features = await engine.run_for_request(engine.recognizer.encode, parts, ticket=ticket)
            session.add(names, [part.frames / part.fps for part in parts], features)
        finally:
            teachings.forget_empty(session)
        return _state(session, faults)

    @router.get("/{teaching}", response_model=TeachingAnswer)
    async def state(teaching: str) -> Response:
        """Return the examples of a teaching session."""
        return _state(teachings.get(teaching))

    @router.delete("/{teaching}", status_code=204, response_class=Response)
    async def end(teaching: str) -> Response:
        """Forget a teaching session."""
        teachings.end(teaching)
        return Response(status_code=204)

    @router.delete("/{teaching}/examples/{example}", response_model=TeachingAnswer)
    async def undo(teaching: str, example: int) -> Response:
        """Remove an example from a teaching session."""
        session = teachings.get(teaching)
        session.remove(example)
        return _state(session)

    @router.get(
        "/{teaching}/bundle",
        response_class=Response,
        responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
    )
    async def bundle(teaching: str) -> Response:
        """Return the bundle with the examples as a ZIP file, which `zeroskel serve --model` takes after unpacking."""
        session = teachings.get(teaching)
        async with packing:
            content = await asyncio.to_thread(session.zipped_bundle)
        headers = {"Content-Disposition": f'attachment; filename="{BUNDLE_NAME}.zip"'}
        return Response(content, media_type="application/zip", headers=headers)

    return router


def _state(session: Teaching, faults: list[NameProblem] | None = None) -> Response:
    return JSONResponse({**session.to_dict(), "name_problems": [fault.to_dict() for fault in faults or []]})

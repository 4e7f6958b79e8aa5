"""The route of timelines: when each person of a recording does which action."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from zeroskel.app.server.answers import TimelineAnswer, timeline_to_dict
from zeroskel.app.server.bodies import Bodies
from zeroskel.app.server.disconnection import while_connected
from zeroskel.app.server.engine import Engine
from zeroskel.app.server.errors import problems
from zeroskel.app.server.problem_codes import ProblemCode, Refusal
from zeroskel.app.server.progress_lines import MEDIA_TYPE, progress_response
from zeroskel.app.server.recognition_routes import QUESTION, json_body, recognizer_for, sequence_of
from zeroskel.app.server.settings import Limits
from zeroskel.app.server.teaching import Teachings
from zeroskel.app.server.turns import ticket_of
from zeroskel.app.server.wire import TimelineRequest, parse_actions
from zeroskel.core import SkeletonSequence
from zeroskel.recognition import Candidates, ZeroShotRecognizer
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


def timeline_route(engine: Engine, teachings: Teachings, bodies: Bodies, limits: Limits) -> APIRouter:
    """Return a router for timelines."""
    router = APIRouter(responses=problems(400, 401, 403, 404, 408, 413, 421, 422, 500, 503))

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
        openapi_extra=json_body(TimelineRequest, QUESTION),
    )
    async def timeline(request: Request) -> Response:
        """Return when each person of a recording does which of the actions, and when none of them.

        With `Accept: application/x-ndjson` the answer is lines of JSON with the progress, and the timeline in the last.
        """
        started = time.perf_counter()
        content = await bodies.decode(request, TimelineRequest)
        actions, faults = parse_actions(content.actions, limits)
        sequence = await sequence_of(content.recording, limits)
        recognizer, ticket = recognizer_for(content, actions, engine, teachings), ticket_of(request)
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


def accepted_format(accept: str) -> str:
    """Return the format of timelines that a header Accept names first; "json" where it names none."""
    for entry in accept.lower().split(","):
        media = entry.split(";")[0].strip()
        for name, known in FORMATS.items():
            if media == known.split(";")[0]:
                return name
    return "json"

"""Answers as lines of JSON: the progress of long work, and at the end its result."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from zeroskel.app.server.answers import TimelineAnswer
from zeroskel.app.server.disconnection import while_connected
from zeroskel.app.server.engine import Stopped
from zeroskel.app.server.errors import Problem
from zeroskel.app.server.problem_codes import ProblemCode, code_of
from zeroskel.app.server.turns import Busy
from zeroskel.app.server.wire import one_line
from zeroskel.core import InputError

MEDIA_TYPE = "application/x-ndjson"
INTERVAL = 0.25  # seconds between two lines
DECIMALS = 3  # of the share of the work

log = logging.getLogger(__name__)


class TimelineLine(BaseModel):
    """Line of a timeline as application/x-ndjson: one of the fields. The last line has `timeline` or `problem`."""

    progress: float | None = Field(default=None, ge=0, le=1, description="Finished share of the work.")
    timeline: TimelineAnswer | None = None
    problem: Problem | None = None


def progress_response(
    request: Request, name: str, work: Callable[[Callable[[float], None]], Coroutine[Any, Any, dict[str, Any]]]
) -> StreamingResponse:
    """Return a response of lines: `{"progress": 0.3}` from time to time, then the result or `{"problem": …}`.

    The work is cancelled when the client disconnects.

    Args:
        request: request whose body has been read.
        name: key of the result in the last line.
        work: function that starts the work. Any thread may call its argument with the finished share.
    """
    return StreamingResponse(_lines(request, name, work), media_type=MEDIA_TYPE)


async def _lines(
    request: Request, name: str, work: Callable[[Callable[[float], None]], Coroutine[Any, Any, dict[str, Any]]]
) -> AsyncIterator[str]:
    share = sent = 0.0

    def note(finished: float) -> None:
        nonlocal share
        share = round(finished, DECIMALS)

    task = asyncio.ensure_future(while_connected(request, work(note)))
    try:
        yield _line("progress", sent)
        while not task.done():
            await asyncio.wait({task}, timeout=INTERVAL)
            if share != sent:
                sent = share
                yield _line("progress", sent)
        try:
            yield _line(name, task.result())
        except HTTPException:  # the client has gone
            return
        except Exception as error:  # noqa: BLE001  (the status has been sent already)
            yield _line("problem", _problem_of(error).model_dump())
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _line(key: str, value: object) -> str:
    return json.dumps({key: value}) + "\n"


def _problem_of(error: Exception) -> Problem:
    if isinstance(error, InputError | Busy):
        return Problem.of(code_of(error), one_line(error))
    if isinstance(error, Stopped):
        return Problem.of(ProblemCode.STOPPING, "The server is stopping. Try again in a moment.")
    log.error("A request failed with %s.", type(error).__name__)  # the error's message may quote the client
    return Problem.of(ProblemCode.FAILED, "The server failed to answer this request.")

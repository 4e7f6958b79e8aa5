"""Answers to requests that fail: RFC 9457 problems, made in one place."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zeroskel.app.server.reading import UnknownFormat
from zeroskel.app.server.teaching import UnknownTeaching
from zeroskel.app.server.turns import Busy
from zeroskel.app.server.wire import Malformed, describe_validation_error, one_line
from zeroskel.core import InputError

MEDIA_TYPE = "application/problem+json"
DESCRIPTIONS = {
    400: "The request cannot be used; `detail` says why.",
    401: "The server requires a token.",
    403: "Pages of this origin may not use the server.",
    404: "There is no such thing.",
    405: "The route has another method.",
    408: "The body took too long to arrive.",
    413: "The body is too large.",
    415: "The server does not read files of this format.",
    421: "The server does not serve this host.",
    422: "The body or a parameter is not of the expected form.",
    500: "The server failed.",
    503: "The server has no capacity left; try again after the seconds of the header Retry-After.",
}

log = logging.getLogger(__name__)


class Problem(BaseModel):
    """Reason of a refusal (RFC 9457). `detail` is one line for people."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer that a request failed.

    Args:
        status: HTTP status.
        detail: One line for people.
        headers: Further headers.
    """
    content = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail).model_dump()
    return JSONResponse(content, status, headers, media_type=MEDIA_TYPE)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of error answers for OpenAPI."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {status: {"description": DESCRIPTIONS[status], "content": {MEDIA_TYPE: schema}} for status in statuses}


def exception_handlers() -> dict[Any, Any]:
    """Return the handlers of all exceptions that a route may raise."""
    return {
        Malformed: partial(_answer_error, 422, one_line),
        UnknownFormat: partial(_answer_error, 415, one_line),
        UnknownTeaching: partial(_answer_error, 404, one_line),
        InputError: partial(_answer_error, 400, one_line),
        RequestValidationError: partial(_answer_error, 422, lambda e: describe_validation_error(e.errors()[0])),
        HTTPException: _answer_http_error,
        Busy: _answer_busy,
    }


async def _answer_error(status: int, describe: Callable[[Any], str], _: Request, error: Exception) -> Response:
    return problem(status, describe(error))


async def _answer_http_error(_: Request, error: Any) -> Response:
    detail = str(error.detail)
    if error.status_code == 404 and detail == HTTPStatus.NOT_FOUND.phrase:
        detail = "There is nothing at this path. GET /openapi.json lists the routes."
    if error.status_code == 405:
        detail = f"This route has another method: {(error.headers or {}).get('Allow', 'see /openapi.json')}."
    return problem(error.status_code, detail, error.headers)


async def _answer_busy(request: Request, error: Any) -> Response:
    request.app.state.metrics.refused.labels("capacity").inc()
    return problem(503, str(error), {"Retry-After": str(error.retry_after)})


class FailureAnswers:
    """Middleware that answers 500 where a route fails, so that such answers also have the security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except Exception as error:
            log.error("A request failed with %s.", type(error).__name__)  # the error's message may quote the client
            if started:
                raise
            await problem(500, "The server failed to answer this request.")(scope, receive, send)

"""Answers to requests that fail: RFC 9457 problems, made in one place."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zeroskel.app.server.problem_codes import ProblemCode, code_of
from zeroskel.app.server.turns import Busy
from zeroskel.app.server.wire import describe_validation_error, one_line
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
CODES = {  # of the exceptions of FastAPI and Starlette, and of body_limits: HTTP status -> code
    400: ProblemCode.DISCONNECTED,
    404: ProblemCode.NOT_FOUND,
    405: ProblemCode.METHOD_NOT_ALLOWED,
    408: ProblemCode.TOO_SLOW,
    413: ProblemCode.BODY_TOO_LARGE,
    503: ProblemCode.TOO_MANY_BYTES,
}

log = logging.getLogger(__name__)


class Problem(BaseModel):
    """Reason of a refusal (RFC 9457): a stable `code` for programs; `title` and `detail`, one line each, for people.

    `type` is the code as a URI.
    """

    type: str
    code: ProblemCode
    title: str
    status: int
    detail: str

    @classmethod
    def of(cls, code: ProblemCode, detail: str) -> "Problem":
        """Return the problem with that code."""
        return cls(
            type=f"urn:zeroskel:problem:{code}", code=code, title=code.summary, status=code.status, detail=detail
        )


def problem(code: ProblemCode, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer that a request failed.

    Args:
        code: Reason of the refusal, which has the HTTP status.
        detail: One line for people.
        headers: Further headers.
    """
    return JSONResponse(Problem.of(code, detail).model_dump(), code.status, headers, media_type=MEDIA_TYPE)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of error answers for OpenAPI."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {status: {"description": DESCRIPTIONS[status], "content": {MEDIA_TYPE: schema}} for status in statuses}


def exception_handlers() -> dict[Any, Any]:
    """Return the handlers of all exceptions that a route may raise."""
    return {
        InputError: _answer_input_error,
        RequestValidationError: _answer_validation_error,
        HTTPException: _answer_http_error,
        Busy: _answer_busy,
    }


async def _answer_input_error(_: Request, error: Exception) -> Response:
    return problem(code_of(error), one_line(error))


async def _answer_validation_error(_: Request, error: Any) -> Response:
    return problem(ProblemCode.MALFORMED, describe_validation_error(error.errors()[0]))


async def _answer_http_error(_: Request, error: Any) -> Response:
    detail = str(error.detail)
    if error.status_code == 404 and detail == HTTPStatus.NOT_FOUND.phrase:
        detail = "There is nothing at this path. GET /openapi.json lists the routes."
    if error.status_code == 405:
        detail = f"This route has another method: {(error.headers or {}).get('Allow', 'see /openapi.json')}."
    return problem(CODES.get(error.status_code, ProblemCode.UNUSABLE), detail, error.headers)


async def _answer_busy(request: Request, error: Any) -> Response:
    request.app.state.metrics.refused.labels("capacity").inc()
    return problem(error.code, str(error), {"Retry-After": str(error.retry_after)})


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
            await problem(ProblemCode.FAILED, "The server failed to answer this request.")(scope, receive, send)

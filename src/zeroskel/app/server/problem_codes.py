"""Stable codes of everything that the server refuses, so that programs need not read the messages."""

from enum import StrEnum

from zeroskel.core import InputError


class ProblemCode(StrEnum):
    """Reason of a refusal. The code stays the same when the message for people changes."""

    UNUSABLE = "unusable"
    RECORDING_TOO_LARGE = "recording-too-large"
    UNREADABLE_FILE = "unreadable-file"
    UNUSABLE_ACTIONS = "unusable-actions"
    NOT_CALIBRATED = "not-calibrated"
    BAD_HEADERS = "bad-headers"
    DISCONNECTED = "disconnected"
    TOKEN_REQUIRED = "token-required"
    ORIGIN_NOT_ALLOWED = "origin-not-allowed"
    NOT_FOUND = "not-found"
    UNKNOWN_CLIP = "unknown-clip"
    UNKNOWN_TEACHING = "unknown-teaching"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    TOO_SLOW = "too-slow"
    BODY_TOO_LARGE = "body-too-large"
    UNKNOWN_FORMAT = "unknown-format"
    HOST_NOT_SERVED = "host-not-served"
    MALFORMED = "malformed"
    NO_USABLE_ACTION = "no-usable-action"
    FAILED = "failed"
    BUSY = "busy"
    STREAMS_IN_USE = "streams-in-use"
    TOO_MANY_BYTES = "too-many-bytes"
    STOPPING = "stopping"

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return _STATUSES_AND_SUMMARIES[self][0]

    @property
    def summary(self) -> str:
        """Return one line for people that is the same for all problems with this code."""
        return _STATUSES_AND_SUMMARIES[self][1]


_STATUSES_AND_SUMMARIES = {
    ProblemCode.UNUSABLE: (400, "The content of the request cannot be used"),
    ProblemCode.RECORDING_TOO_LARGE: (400, "The recording is too large"),
    ProblemCode.UNREADABLE_FILE: (400, "The file cannot be read"),
    ProblemCode.UNUSABLE_ACTIONS: (400, "The list of actions cannot be used"),
    ProblemCode.NOT_CALIBRATED: (400, "The bundle is not calibrated"),
    ProblemCode.BAD_HEADERS: (400, "The headers of the request cannot be used"),
    ProblemCode.DISCONNECTED: (400, "The client disconnected"),
    ProblemCode.TOKEN_REQUIRED: (401, "The server requires its token"),
    ProblemCode.ORIGIN_NOT_ALLOWED: (403, "Pages of this origin may not use the server"),
    ProblemCode.NOT_FOUND: (404, "There is nothing at this path"),
    ProblemCode.UNKNOWN_CLIP: (404, "There is no such clip"),
    ProblemCode.UNKNOWN_TEACHING: (404, "There is no such teaching session or example"),
    ProblemCode.METHOD_NOT_ALLOWED: (405, "The route has another method"),
    ProblemCode.TOO_SLOW: (408, "The client sends too slowly"),
    ProblemCode.BODY_TOO_LARGE: (413, "The body is too large"),
    ProblemCode.UNKNOWN_FORMAT: (415, "The server does not read files of this format"),
    ProblemCode.HOST_NOT_SERVED: (421, "The server does not serve this host"),
    ProblemCode.MALFORMED: (422, "The body, a parameter or a message is not of the expected form"),
    ProblemCode.NO_USABLE_ACTION: (422, "None of the actions can be used"),
    ProblemCode.FAILED: (500, "The server failed"),
    ProblemCode.BUSY: (503, "The server has too much work"),
    ProblemCode.STREAMS_IN_USE: (503, "All streams of the server are in use"),
    ProblemCode.TOO_MANY_BYTES: (503, "The server holds too many large requests and answers"),
    ProblemCode.STOPPING: (503, "The server is stopping"),
}


class Refusal(InputError):
    """Input that the server refuses, for a reason that has a code."""

    code = ProblemCode.UNUSABLE

    def __init__(self, message: str, code: ProblemCode | None = None) -> None:
        super().__init__(message)
        self.code = code or type(self).code


def code_of(error: Exception) -> ProblemCode:
    """Return the code of an error; the general one where the error has none."""
    code = getattr(error, "code", None)
    return code if isinstance(code, ProblemCode) else ProblemCode.UNUSABLE

"""Bodies of requests: how they are received and decoded."""

import asyncio
from typing import TypeVar

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from zeroskel.app.server.settings import Limits
from zeroskel.app.server.wire import parse_model

BODY_SECONDS = 30.0  # in which a request's body must arrive
PARALLEL_DECODING = 2  # request bodies that are decoded at the same time

Model = TypeVar("Model", bound=BaseModel)


class Bodies:
    """Receives and decodes the bodies of requests, within the limits of the server."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._decoding = asyncio.Semaphore(PARALLEL_DECODING)

    async def read(self, request: Request) -> bytes:
        """Return the whole body. Raises HTTPException where it is too large or takes too long to arrive."""
        limits = self.limits
        too_large = HTTPException(413, f"The body has more than {limits.bytes} bytes. Send a shorter recording.")
        content_length = request.headers.get("content-length", "0")
        if content_length.isdecimal() and int(content_length[:20]) > limits.bytes:
            raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for part in request.stream():
                    body += part
                    if len(body) > limits.bytes:
                        raise too_large
        except TimeoutError:
            raise HTTPException(408, f"The body took more than {BODY_SECONDS:g} seconds to arrive.") from None
        except ClientDisconnect:
            raise HTTPException(400, "The client disconnected.") from None
        return bytes(body)

    async def decode(self, request: Request, model: type[Model]) -> Model:
        """Return the body of a request as a model.

        Raises:
            HTTPException: The body is too large or takes too long to arrive.
            Malformed: The body does not fit the model.
        """
        body = await self.read(request)
        async with self._decoding:
            return await asyncio.to_thread(parse_model, model, body)

"""Decoding of the bodies of requests."""

import asyncio
from typing import TypeVar

from starlette.requests import Request

from zeroskel.app.server.body_limits import SMALL_BODY
from zeroskel.app.server.reading import Reader
from zeroskel.app.server.wire import RecordingsRequest, parse_model

PARALLEL_DECODING = 2  # request bodies that are decoded at the same time

Model = TypeVar("Model", bound=RecordingsRequest)


class Bodies:
    """Decodes the bodies of requests: small ones in a thread, which takes milliseconds, large ones in a process."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._decoding = asyncio.Semaphore(PARALLEL_DECODING)

    async def decode(self, request: Request, model: type[Model]) -> Model:
        """Return the body of a request as a model.

        Raises:
            HTTPException: The body exceeds a limit of `BodyLimits`.
            Malformed: The body does not fit the model.
            InputError: The body has a recording that is too large, or takes too long to decode.
        """
        body = await request.body()
        if len(body) > SMALL_BODY:
            return await self.reader.decode(model, body)
        async with self._decoding:
            return await asyncio.to_thread(parse_model, model, body)

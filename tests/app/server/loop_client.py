"""A client of an application in the event loop of this thread, which is quicker than one that wakes threads."""

import asyncio
import json
from contextlib import AbstractAsyncContextManager

import httpx2
from fastapi import FastAPI

HOST = "127.0.0.1"


class LoopClient:
    """Sends requests one after the other; `with` starts and stops the application."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.loop = asyncio.new_event_loop()
        self._lifespan: AbstractAsyncContextManager = app.router.lifespan_context(app)
        self._client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app, raise_app_exceptions=False), base_url=f"http://{HOST}"
        )

    def __enter__(self) -> "LoopClient":
        self.run(self._lifespan.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._client.aclose())
        self.run(self._lifespan.__aexit__(None, None, None))
        self.loop.close()

    def run(self, coroutine):
        """Return the result of a coroutine."""
        return self.loop.run_until_complete(coroutine)

    def request(self, method: str, url: str, **options) -> httpx2.Response:
        """Return the answer to a request."""
        return self.run(self._client.request(method, url, **options))

    def post(self, url: str, **options) -> httpx2.Response:
        """Return the answer to a POST request."""
        return self.request("POST", url, **options)


class LoopStream:
    """The client's side of one stream; `async with` opens it."""

    def __init__(self, app: FastAPI, path: str = "/api/v1/stream") -> None:
        self.scope = {
            "type": "websocket",
            "path": path,
            "root_path": "",
            "query_string": b"",
            "headers": [(b"host", HOST.encode())],
            "client": (HOST, 1),
            "server": (HOST, 80),
            "subprotocols": [],
            "scheme": "ws",
        }
        self.app = app
        self._sent: asyncio.Queue[dict] = asyncio.Queue()
        self._received: asyncio.Queue[dict] = asyncio.Queue()

    async def __aenter__(self) -> "LoopStream":
        self._sent.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.create_task(self.app(self.scope, self._sent.get, self._received.put))
        assert (await self._received.get())["type"] == "websocket.accept"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._sent.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self._task

    def send(self, content: str | bytes) -> None:
        """Send a message."""
        key = "text" if isinstance(content, str) else "bytes"
        self._sent.put_nowait({"type": "websocket.receive", key: content})

    async def receive(self) -> dict:
        """Return the next message of the server. Raises EOFError where it has closed the stream."""
        message = await self._received.get()
        if message["type"] == "websocket.close":
            raise EOFError(f"closed with {message['code']}")
        return json.loads(message["text"])

"""Running of the server until SIGINT or SIGTERM."""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from functools import partial

import uvicorn

from zeroskel.app.server.application import create_app
from zeroskel.app.server.protocols import HttpProtocol, StreamProtocol
from zeroskel.app.server.settings import Settings
from zeroskel.app.server.streams import Streams
from zeroskel.core import InputError
from zeroskel.features._threads import one_thread
from zeroskel.recognition import ZeroShotRecognizer

SHUTDOWN_SECONDS = 1  # in which open requests may end
GOODBYE_SECONDS = 0.3  # in which the last messages to streams are sent
SWITCH_SECONDS = 0.001  # after which a thread yields, so that frames do not wait for the recognizer's thread
FREQUENT_MESSAGES = (
    "without completing handshake",  # for each refused stream
    "Exceeded concurrency limit",
    "Invalid HTTP request",
    "timeout graceful shutdown exceeded",  # for requests that the server gave up when it stopped
    "CancelledError",  # for each of them
)


class PrivacyFilter(logging.Filter):
    """Filter that removes messages and traces of errors from the log, since they may quote what clients sent."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the record of an error to the error's type, and drop the records that clients can cause at will."""
        if record.exc_info and record.exc_info[0] is not None:
            record.msg, record.args = f"{record.exc_info[0].__name__} in the application", ()
            record.exc_info, record.exc_text = None, None
        return not any(message in str(record.msg) for message in FREQUENT_MESSAGES)


class StreamServer(uvicorn.Server):
    """Server that tells streams that it is stopping before it closes them."""

    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self.streams = streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell the streams, then stop and end the process with exit code 0.

        Python and asyncio would wait for threads that compute answers for clients that are gone.
        """
        self.streams.announce_shutdown()
        await asyncio.sleep(GOODBYE_SECONDS)
        await super().shutdown(sockets)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def serve(recognizer: ZeroShotRecognizer, settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, in one process. Then the process ends with exit code 0.

    Raises:
        InputError: The server cannot listen on the address.
    """
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listening = socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        raise InputError(
            f"--host {settings.host} --port {settings.port}: {error.strerror or error}. Choose another address, or "
            "stop the program that listens there."
        ) from error
    sys.setswitchinterval(SWITCH_SECONDS)
    with listening, one_thread():  # the other cores receive frames
        app = create_app(recognizer, settings)
        streams = app.state.streams
        gc.freeze()  # else the collector visits the objects of all libraries from time to time, which takes 0.3 s
        config = uvicorn.Config(
            app,
            loop="asyncio",  # uvloop, where it is installed, has no limit on the size of a read
            log_level=logging.WARNING,
            access_log=False,  # the server stores nothing about the requests of clients
            server_header=False,
            proxy_headers=bool(settings.proxies),
            forwarded_allow_ips=list(settings.proxies),
            root_path=settings.root_path,
            http=partial(HttpProtocol, header_seconds=settings.limits.header_seconds),  # type: ignore[arg-type]
            ws=StreamProtocol,
            ws_max_size=4 * settings.limits.message_bytes,
            ws_per_message_deflate=False,  # a small message could decompress to a large one
            limit_concurrency=streams.capacity + settings.limits.starting + settings.limits.connections,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        logging.getLogger("uvicorn.error").addFilter(PrivacyFilter())
        shown_host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{shown_host}:{listening.getsockname()[1]}"
        print(f"zeroskel serves on {address} (up to {streams.capacity} streams). Press Ctrl+C to stop.", flush=True)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: os._exit(0))  # until uvicorn handles it
        StreamServer(config, streams).run(sockets=[listening])

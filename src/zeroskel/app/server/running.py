"""Running the server until it is told to stop."""

import asyncio
import gc
import logging
import signal
import socket
import sys

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from zeroskel.app.server.application import create_app
from zeroskel.app.server.settings import Settings
from zeroskel.app.server.streams import Streams
from zeroskel.core import InputError
from zeroskel.features.threads import one_thread
from zeroskel.recognition import ZeroShotRecognizer

STOP_SECONDS = 10
GOODBYE_SECONDS = 0.3  # for what is said to streams to leave
SWITCH_SECONDS = 0.001  # after which a thread gives way: frames are not to wait for the recognizer's thread
UNREAD = 32  # messages of a client
OTHERS = 200  # connections beside the streams


class Discreet(logging.Filter):
    """Keeps from the log what clients sent, which the messages and traces of errors may quote."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0] is not None:
            record.msg, record.args = f"{record.exc_info[0].__name__} in the application", ()
            record.exc_info, record.exc_text = None, None
        return "without completing handshake" not in str(record.msg)  # said of each stream that is refused


class Protocol(WebSocketsSansIOProtocol):
    """Stops reading from a client when UNREAD messages wait, not after each: the two system calls cost more than that.

    Each message is still taken in its order, and a client that sends faster than it is read is held up by its socket.
    """

    def send_receive_event_to_app(self) -> None:
        paused, self.read_paused = self.read_paused, True  # so that the base class leaves it to us
        super().send_receive_event_to_app()
        self.read_paused = paused
        if not paused and self.queue.qsize() >= UNREAD:
            self.read_paused = True
            self.transport.pause_reading()


class Server(uvicorn.Server):
    """Tells streams that it stops before it closes them."""

    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self.streams = streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.streams.say_goodbye()
        await asyncio.sleep(GOODBYE_SECONDS)
        await super().shutdown(sockets)


def serve(recognizer: ZeroShotRecognizer, settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; one process, for the recognizer's memory and the streams' order are in it.

    Raises InputError when the address is not to be had.
    """
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listening = socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        raise InputError(
            f"--host {settings.host} --port {settings.port}: {error.strerror or error}; take another, or stop what "
            "listens there"
        ) from error
    sys.setswitchinterval(SWITCH_SECONDS)
    with listening, one_thread():  # the other cores take frames in
        app = create_app(recognizer, settings)
        gc.freeze()  # else the collector looks through all libraries now and then, which takes a third of a second
        _run(app, settings, listening)


def _run(app: FastAPI, settings: Settings, listening: socket.socket) -> None:
    config = uvicorn.Config(
        app,
        log_level=logging.WARNING,
        access_log=False,  # nothing of what clients ask for is kept
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        root_path=settings.root_path,
        ws=Protocol,
        ws_max_size=4 * settings.limits.message_bytes,
        ws_per_message_deflate=False,  # a small message could unfold to a large one
        limit_concurrency=app.state.streams.capacity + OTHERS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    logging.getLogger("uvicorn.error").addFilter(Discreet())
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    port = listening.getsockname()[1]
    print(
        f"zeroskel serves on http://{shown}:{port} ({app.state.streams.capacity} streams); Ctrl+C stops it", flush=True
    )
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, lambda *_: None)  # uvicorn raises it once more after it has stopped in good order
    Server(config, app.state.streams).run(sockets=[listening])

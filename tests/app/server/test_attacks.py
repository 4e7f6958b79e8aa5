"""Attacks on the server: while they last, it serves other clients, and its memory stays bounded.

The server is a process with small limits, and the attacks come from the loopback. The full-size attacks need minutes.
"""

import base64
import contextlib
import json
import os
import select
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection

import anyio
import pytest
from starlette.exceptions import HTTPException
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from websockets.sync.client import connect

from zeroskel.app.server.body_limits import PART, SMALL_BODY, BodyLimits
from zeroskel.app.server.settings import Limits
from zeroskel.app.server.start_deadlines import StartDeadlines
from zeroskel.app.server.streams import Metrics

from .conftest import ACTIONS

MAX_WAIT = 2.0  # seconds that another client may wait for an answer about actions that the server knows
MAX_MEMORY = 2**30  # bytes of the server
MAX_STOP = 3.0  # seconds from SIGTERM to the end
LIMITS = {"streams": 2, "connections": 20, "starting": 6, "header_seconds": 3.0}
SERVE = """
import sys
from zeroskel import ZeroShotRecognizer
from zeroskel.app.server.running import serve
from zeroskel.app.server.settings import Limits, Settings
serve(ZeroShotRecognizer.load(sys.argv[1]), Settings(port=0, limits=Limits(**{limits})))
"""
HEAD = b"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
HELD = 16 * 2**20 - 1  # bytes of a body that is one byte short of complete


class Server:
    """A server process and the clients that attack it."""

    def __init__(self, bundle: str, body: bytes) -> None:
        command = [sys.executable, "-c", SERVE.format(limits=LIMITS), bundle]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert "http://" in line, self.process.stderr.read()
        self.port = int(line.split("http://")[1].split()[0].rpartition(":")[2])
        self.body = body
        self.predict()  # from now on the server knows the actions of the body

    def predict(self) -> float:
        """Return the seconds of a request from a new connection."""
        started = time.monotonic()
        with contextlib.closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request("POST", "/api/predict", self.body)
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
        return time.monotonic() - started

    @contextlib.contextmanager
    def connections(self, count: int, sent: bytes = b"") -> Iterator[list[socket.socket]]:
        """Open connections that send something; close them at the end."""
        with contextlib.ExitStack() as stack:
            opened = [
                stack.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=60))
                for _ in range(count)
            ]
            for each in opened:
                with contextlib.suppress(OSError):  # the server may have made room already
                    each.sendall(sent)
            yield opened

    def check_others_are_served(self) -> None:
        waits = [self.predict() for _ in range(5)]
        assert statistics.median(waits) < MAX_WAIT, waits
        (peak,) = (line for line in open(f"/proc/{self.process.pid}/status") if line.startswith("VmHWM"))
        assert int(peak.split()[1]) * 1024 < MAX_MEMORY, peak


@pytest.fixture(scope="module")
def running(bundle, request_body):
    """running() returns a server; a new one where the last one was stopped."""
    servers: list[Server] = []

    def get() -> Server:
        if not servers or servers[-1].process.poll() is not None:
            servers.append(Server(str(bundle), json.dumps(request_body).encode()))
        return servers[-1]

    yield get
    for server in servers:
        server.process.kill()
        server.process.communicate()


@pytest.fixture
def server(running):
    return running()


def upgrade() -> bytes:
    """Return the request that opens a stream."""
    return (
        b"GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + base64.b64encode(os.urandom(16)) + b"\r\n\r\n"
    )


def send_until_answered(connection: socket.socket, content: bytes) -> None:
    with contextlib.suppress(OSError):
        for start in range(0, len(content), 2**18):
            if select.select([connection], [], [], 0)[0]:
                return
            connection.sendall(content[start : start + 2**18])


def read_to_end(connection: socket.socket) -> bytes:
    """Return what the server sends until it closes the connection."""
    content = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(2**16):
            content += part
    return content


@pytest.mark.slow("a server in a process of its own is attacked for seconds")
@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: ",
        HEAD % 1000 + b"{",
        b"GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    ],
    ids=["idle", "half-sent headers", "half-sent body", "kept alive"],
)
def test_idle_and_half_sent_connections_make_room_for_a_new_client(server, sent):
    with server.connections(3 * sum((LIMITS["streams"], LIMITS["starting"], LIMITS["connections"])), sent) as opened:
        server.check_others_are_served()
        read_to_end(opened[-1])  # the newest ends at a deadline


@pytest.mark.slow("a server in a process of its own is attacked for seconds")
def test_silent_streams_take_no_place(server):
    with server.connections(40, upgrade()) as silent, connect(f"ws://127.0.0.1:{server.port}/api/stream") as stream:
        stream.send(json.dumps({"type": "start", "actions": ACTIONS[:3]}))
        assert json.loads(stream.recv(60)) == {"type": "ready"}
        server.check_others_are_served()
        ends = [read_to_end(each) for each in silent]  # all end, those that had to make room without a message
        assert any(b"No start message arrived in time" in end for end in ends)


@pytest.mark.slow("a server in a process of its own is attacked for seconds")
def test_large_bodies_that_are_held_share_a_bounded_memory(server):
    with server.connections(25, HEAD % (HELD + 1)) as opened:
        threads = [threading.Thread(target=send_until_answered, args=(each, b" " * HELD)) for each in opened]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        server.check_others_are_served()
        answers = [each.recv(2**16) for each in opened if select.select([each], [], [], 0)[0]]
        assert any(b" 503 " in answer and b"retry-after" in answer.lower() for answer in answers), answers


@pytest.mark.slow("a server in a process of its own is attacked for seconds")
@pytest.mark.parametrize("positions", ["[[[[]]]]", "[" * 150 + "]" * 150])
def test_nested_json_is_refused_before_it_takes_memory(server, positions):
    lists = ",".join([positions] * (HELD // 2 // len(positions)))
    body = f'{{"actions": ["jump"], "recording": {{"layout": "kinect-20", "positions": [{lists}]}}}}'.encode()
    with server.connections(2, HEAD % len(body)) as opened:
        for each in opened:
            each.sendall(body)
        server.check_others_are_served()
        assert all(b" 400 Bad Request" in each.recv(2**16) for each in opened)


@pytest.mark.slow("a server in a process of its own is attacked for seconds")
def test_large_recordings_do_not_stop_the_others(server):
    frame = "[" + ",".join([json.dumps([round(0.1 * joint, 3), 1.2345, 2.3456]) for joint in range(20)]) + "]"
    bodies = ",".join(["[" + ",".join([frame] * 4000) + "]"] * 4)
    body = f'{{"actions": ["jump"], "recording": {{"layout": "kinect-20", "positions": [{bodies}]}}}}'.encode()
    with server.connections(4, HEAD % len(body)) as opened:
        threads = [threading.Thread(target=send_until_answered, args=(each, body)) for each in opened]
        for thread in threads:
            thread.start()
        server.check_others_are_served()
        for thread in threads:
            thread.join()


@pytest.mark.slow("a server in a process of its own is attacked for seconds")
def test_tiny_chunks_are_read_slowly(server):
    head = b"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server.connections(4, head) as opened:
        for each in opened:
            each.settimeout(2.0)
            with contextlib.suppress(TimeoutError):  # the server reads the rest later
                each.sendall(b"1\r\n \r\n" * 2**18)
        server.check_others_are_served()


@pytest.mark.slow("a server in a process of its own is attacked for seconds")
def test_a_request_of_two_lengths_ends_the_connection(server):
    head = b"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    smuggled = b"GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with server.connections(1, head + b"0\r\n\r\n" + smuggled) as (connection,):
        answers = read_to_end(connection)
    assert answers.count(b"HTTP/1.1 ") == answers.count(b"HTTP/1.1 400 ") == 1


@pytest.mark.slow("a server in a process of its own is attacked for seconds")
def test_sigterm_during_work_on_texts_ends_with_0(server):
    with server.connections(6) as opened:
        for number, each in enumerate(opened):
            texts = [
                [f"{number} {action} {text} " + "moves and turns " * 10 for text in range(2)] for action in range(60)
            ]
            actions = [{"name": f"{number} {action}", "texts": texts[action]} for action in range(60)]
            body = json.dumps({**json.loads(server.body), "actions": actions}).encode()
            each.sendall(HEAD % len(body) + body)
        time.sleep(1.0)
        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0
        assert time.monotonic() - started < MAX_STOP


class Request:
    """Request to `BodyLimits` of one client, which stays open until `answer` is set."""

    def __init__(self, bodies: BodyLimits, client: str, size: int, answer_size: int = 0) -> None:
        self.bodies, self.size, self.answer_size, self.refusal = bodies, size, answer_size, 0
        self.scope = {"type": "http", "client": (client, 1), "headers": [], "request": self}
        self.received, self.answer = anyio.Event(), anyio.Event()
        self.status, self.parts = 0, []

    async def run(self) -> None:
        try:
            await self.bodies(self.scope, self.receive, self.send)
        except HTTPException as error:
            self.refusal = error.status_code
            self.received.set()

    async def receive(self) -> dict:
        return {"type": "http.request", "body": b" " * self.size, "more_body": False}

    async def send(self, message: dict) -> None:
        self.status = message.get("status", self.status)
        self.parts.append(message.get("body", b""))


async def hold(scope, receive, send) -> None:
    """Receive the body of a `Request`, hold it and answer."""
    request = scope["request"]
    await receive()
    request.received.set()
    await request.answer.wait()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": bytes(request.answer_size)})


def test_bytes_in_flight_are_shared_fairly_and_given_back():
    anyio.run(_share_bytes_in_flight)


async def _share_bytes_in_flight() -> None:
    large = 10 * SMALL_BODY
    bodies = BodyLimits(hold, Limits(bytes_in_flight=4 * large), Metrics())

    async def start(client: str, size: int) -> Request:
        request = Request(bodies, client, size)
        group.start_soon(request.run)
        await request.received.wait()
        return request

    async with anyio.create_task_group() as group:
        first = [await start("first", large) for _ in range(3)]
        assert [request.refusal for request in first] == [0, 0, 503], "one client may use half"
        second = [await start("second", large) for _ in range(2)]
        assert [request.refusal for request in second] == [0, 0], "the other half is for others"
        assert (await start("third", large)).refusal == 503
        assert (await start("third", SMALL_BODY)).refusal == 0, "small bodies pass"
        first[0].answer.set()
        await anyio.wait_all_tasks_blocked()
        assert (await start("third", SMALL_BODY + large // 2)).refusal == 0
        group.cancel_scope.cancel()
    assert not bodies._held


def test_clients_behind_a_trusted_proxy_have_shares_of_their_own():
    anyio.run(_share_bytes_behind_a_proxy)


async def _share_bytes_behind_a_proxy() -> None:
    large, proxy = 10 * SMALL_BODY, "10.0.0.1"
    bodies = BodyLimits(hold, Limits(bytes_in_flight=4 * large), Metrics())
    refusals = []
    async with anyio.create_task_group() as group:
        for forwarded in (b"198.51.100.7",) * 3 + (b"198.51.100.8",) * 2:
            request = Request(ProxyHeadersMiddleware(bodies, trusted_hosts=[proxy]), proxy, large)
            request.scope["headers"] = [(b"x-forwarded-for", forwarded)]
            group.start_soon(request.run)
            await request.received.wait()
            refusals.append(request.refusal)
        group.cancel_scope.cancel()
    assert refusals == [0, 0, 503, 0, 0]


def test_an_answer_in_parts_counts_as_a_whole():
    async def answer_in_parts(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(10):
            await send({"type": "http.response.body", "body": bytes(SMALL_BODY), "more_body": True})

    bodies = BodyLimits(answer_in_parts, Limits(bytes_in_flight=10 * SMALL_BODY), Metrics())
    request = Request(bodies, "client", 1)
    with pytest.raises(ConnectionAbortedError):
        anyio.run(request.run)
    assert sum(map(len, request.parts)) == 6 * SMALL_BODY, "the first part is free, and one client may use half"
    assert not bodies._held


@pytest.mark.parametrize(("answer_size", "status"), [(0, 200), (4 * SMALL_BODY + 1, 200), (9 * SMALL_BODY, 503)])
def test_a_large_answer_is_sent_in_parts_or_refused(answer_size, status):
    request = Request(BodyLimits(hold, Limits(bytes_in_flight=12 * SMALL_BODY), Metrics()), "client", 1, answer_size)
    request.answer.set()
    anyio.run(request.run)
    assert request.status == status
    assert max(map(len, request.parts)) <= PART
    if status == 200:
        assert sum(map(len, request.parts)) == answer_size


def test_a_body_that_pauses_ends():
    request = Request(BodyLimits(hold, Limits(pause_seconds=0.01), Metrics()), "client", 1)
    request.receive = anyio.sleep_forever
    anyio.run(request.run)
    assert request.refusal == 408


def test_of_too_many_silent_streams_the_one_that_waited_longest_ends():
    starting, ended = StartDeadlines(Limits(starting=2, start_seconds=60)), []

    async def wait(number: int) -> None:
        try:
            with starting.wait():
                await anyio.sleep_forever()
        except TimeoutError:
            ended.append(number)

    async def wait_together() -> None:
        async with anyio.create_task_group() as group:
            for number in range(5):
                group.start_soon(wait, number)
                await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()

    anyio.run(wait_together)
    assert ended == [0, 1, 2]

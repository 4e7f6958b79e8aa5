"""Load test of the server: many streams at 30 frames a second, with every answer checked against its client.

    python benchmarks/serve_load.py --model my-bundle --clients 100 --seconds 120 --json load.json

The script starts `zeroskel serve` in a separate process on the loopback interface and drives it from this process.
Every client streams its individual synthetic motion with individual timestamps and asks for individual actions. So the
script detects an answer that went to another client, that came twice, or that is missing. Latency is measured from
sending a frame to the answer about it. Half way through, more clients ask for a connection than the server allows.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from zeroskel.datasets.synthetic import action_names, generate_sequence
from zeroskel.skeleton.transforms import convert_layout

LAYOUT = "kinect-20"
FIRST_ANSWER = 1.5  # seconds that a stream may take until its first answer
STARTING = 32  # clients that connect at the same time; the server closes some of more than 64 without a start message
OVER = 10  # clients that ask for a connection when the server is full


@dataclass
class Client:
    """The frames that one client sent and the answers that it received."""

    number: int
    actions: list[str]
    frames: list[str]
    sent: dict[float, float] = field(default_factory=dict)
    got: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    swapped: int = 0
    repeated: int = 0
    errors: list[str] = field(default_factory=list)
    right: int = 0
    late: float = 0.0
    last: float = -1.0
    began: float = 0.0
    ended: float = 0.0

    def take(self, message: dict[str, Any], now: float) -> None:
        """Check one message of the server."""
        if message["type"] == "error":
            self.errors.append(message["message"])
        if message["type"] != "scores":
            return
        moment = message["time"]
        if message["actions"] != self.actions or moment not in self.sent:
            self.swapped += 1
            return
        self.repeated += moment <= self.last
        self.last = moment
        self.got.append(now)
        self.latencies.append(now - self.sent[moment])
        self.right += message["best"] == self.actions[0]

    def silent_seconds(self) -> int:
        """Count the periods of more than a second without an answer, except before the first answer."""
        moments = [self.began + FIRST_ANSWER, *(t for t in self.got if t > self.began + FIRST_ANSWER), self.ended]
        return int((np.diff(moments) > 1.0).sum())


def make_clients(count: int, lists: int) -> list[Client]:
    """Return clients that each show one synthetic action and ask for four, in `lists` different lists."""
    names = action_names()
    clients = []
    for number in range(count):
        kind = number % lists
        actions = [names[(kind + step * (1 + kind // len(names))) % len(names)] for step in (0, 7, 19, 31)]
        sequence = convert_layout(generate_sequence(actions[0], seed=number), LAYOUT)
        frames = [
            json.dumps([None if np.isnan(joint).any() else joint.tolist() for joint in frame])
            for frame in np.round(sequence.joints[0].astype(float), 4)
        ]
        clients.append(Client(number, actions, frames))
    return clients


async def start_stream(client: Client, url: str) -> ClientConnection:
    """Open the stream of one client."""
    socket = await connect(url, compression=None, open_timeout=120, ping_interval=None)
    await socket.send(json.dumps({"type": "start", "layout": LAYOUT, "actions": client.actions}))
    first = json.loads(await asyncio.wait_for(socket.recv(), 600))
    if first["type"] != "ready":
        raise SystemExit(f"the server answered a start with {first}")
    return socket


@dataclass
class Moments:
    """Moments that the clients wait for: their turn to start, the start of all, and the refusal of further clients."""

    starting: asyncio.Semaphore
    ready: asyncio.Barrier
    refused: asyncio.Event


async def drive(client: Client, url: str, seconds: float, rate: float, moments: Moments) -> None:
    """Stream the frames of one client for a number of seconds."""
    async with moments.starting:
        socket = await start_stream(client, url)
    async with socket:
        await moments.ready.wait()
        listening = asyncio.create_task(listen(client, socket))
        client.began = start = time.perf_counter() + (client.number * 0.618 % 1) / rate
        for number in range(int(seconds * rate)):
            due = start + number / rate
            pause = due - time.perf_counter()
            if pause > 0:
                await asyncio.sleep(pause)
            else:
                client.late = max(client.late, -pause)
            moment = round(1000.0 * client.number + number / rate, 6)
            joints = client.frames[number % len(client.frames)]
            client.sent[moment] = time.perf_counter()
            await socket.send(f'{{"type": "frame", "time": {moment}, "joints": {joints}}}')
        client.ended = time.perf_counter()
        await asyncio.sleep(0.5)
        listening.cancel()
        await moments.refused.wait()  # else there would be room for the further clients


async def listen(client: Client, socket: ClientConnection) -> None:
    """Check the messages of the server as they arrive."""
    async for message in socket:
        client.take(json.loads(message), time.perf_counter())


async def ask_for_too_much(url: str) -> list[tuple[int, str | None]]:
    """Return status and Retry-After of each client that asks for a connection when the server is full."""
    answers: list[tuple[int, str | None]] = []
    for _ in range(OVER):
        try:
            async with connect(url, compression=None, open_timeout=120):
                answers.append((101, None))
        except InvalidStatus as refusal:
            answers.append((refusal.response.status_code, refusal.response.headers.get("Retry-After")))
    return answers


@dataclass
class Server:
    """The process of the server."""

    process: subprocess.Popen[str]
    url: str

    @classmethod
    def start(cls, model: str, streams: int) -> "Server":
        """Start the server and wait for its address."""
        program = "from zeroskel.app.cli import main; main()"
        arguments = ("serve", "--port", "0", "--model", model, "--streams", str(streams))
        process = subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline()
        if "http://" not in line:
            raise SystemExit(f"the server did not start: {line}")
        return cls(process, f"ws://{line.split('http://')[1].split()[0]}/api/stream")

    def megabytes(self) -> float:
        """Return the resident memory in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def cpu_seconds(self) -> float:
        """Return the CPU time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> int:
        """Terminate the process and return its exit code."""
        self.process.terminate()
        return self.process.wait(60)


async def measure(server: Server, clients: list[Client], seconds: float, rate: float) -> dict[str, Any]:
    """Drive all clients and watch the memory of the server."""
    ready = asyncio.Barrier(len(clients) + 1)
    moments = Moments(asyncio.Semaphore(STARTING), ready, asyncio.Event())
    driving = [asyncio.create_task(drive(client, server.url, seconds, rate, moments)) for client in clients]
    memory, began = [], 0.0
    opened = asyncio.create_task(ready.wait())
    await asyncio.wait([opened, *driving], return_when=asyncio.FIRST_COMPLETED)
    if not opened.done():
        await asyncio.gather(*driving)  # raises what went wrong
    began, used = time.perf_counter(), server.cpu_seconds()
    refused: list[tuple[int, str | None]] = []
    for share in (0.1, 0.5, 0.95):  # the first after all windows are full
        await asyncio.sleep(max(0.0, began + share * seconds - time.perf_counter()))
        memory.append(server.megabytes())
        if share == 0.5:
            refused = await ask_for_too_much(server.url)
            moments.refused.set()
    await asyncio.gather(*driving)
    cores = (server.cpu_seconds() - used) / (time.perf_counter() - began)
    latencies = np.concatenate([client.latencies for client in clients])
    answers = np.array([len(client.got) for client in clients])
    return {
        "clients": len(clients),
        "seconds": seconds,
        "frames a second": rate,
        "answers": int(answers.sum()),
        "answers a second a client": float(answers.mean() / seconds),
        "fewest answers of a client": int(answers.min()),
        "latency p50 (ms)": float(np.quantile(latencies, 0.5) * 1000),
        "latency p99 (ms)": float(np.quantile(latencies, 0.99) * 1000),
        "latency most (ms)": float(latencies.max() * 1000),
        "seconds without an answer": sum(client.silent_seconds() for client in clients),
        "swapped": sum(client.swapped for client in clients),
        "repeated": sum(client.repeated for client in clients),
        "errors": sum(len(client.errors) for client in clients),
        "answers that name the shown action": float(sum(client.right for client in clients) / answers.sum()),
        "over capacity: refused with 503 and Retry-After": sum(s == 503 and r is not None for s, r in refused),
        "over capacity: asked": len(refused),
        "memory at the start (MiB)": memory[0],
        "memory half way (MiB)": memory[1],
        "memory at the end (MiB)": memory[2],
        "CPU of the server (cores)": cores,
        "the driver was late by at most (ms)": max(client.late for client in clients) * 1000,
        "load average before": None,
    }


def main() -> None:
    """Run the load test and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="default", help="folder of a bundle")
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--rate", type=float, default=30, help="frames a second")
    parser.add_argument("--lists", type=int, help="number of different lists of actions (default: one for each client)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    clients = make_clients(options.clients, options.lists or options.clients)
    load = os.getloadavg()[0]
    server = Server.start(options.model, options.clients)
    try:
        figures = asyncio.run(measure(server, clients, options.seconds, options.rate))
    finally:
        code = server.stop()
    figures.update(
        {"load average before": load, "cores of the machine": os.cpu_count(), "exit code of the server": code}
    )
    width = max(len(name) for name in figures)
    for name, value in figures.items():
        print(f"{name:{width}}  {value:.1f}" if isinstance(value, float) else f"{name:{width}}  {value}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

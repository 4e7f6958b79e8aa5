"""20,000 mutated messages, bodies and files: each gets an answer or an error, and the server survives."""

import copy
import json
import random

import pytest

from zeroskel.app.server import connection
from zeroskel.app.server.application import create_app
from zeroskel.app.server.settings import Limits, Settings
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.formats import write

from .conftest import ACTIONS
from .loop_client import LoopClient, LoopStream

MESSAGES, BODIES, FILES = 12_000, 5_000, 3_000
STREAMS = 30  # that send the messages, one after the other
MARK, MARKED = "[]", "The message is not a JSON object."
HARMLESS = '{"type": "frame", "joints": null}'  # resets the number of consecutive malformed messages
START = {"type": "start", "layout": "ntu-25", "actions": ACTIONS[:2]}
ODD = (None, True, -1, 0, 1e308, -0.0, 10**40, "", "x", "\ud800", "\0", [], {}, [[]], [None], {"a": 1}, "NaN", 1e-320)


def odd_value(value: object, rng: random.Random) -> object:
    """Return the value with one part of it replaced, removed or repeated."""
    if not isinstance(value, dict | list) or not value or rng.random() >= 0.9:
        return rng.choice(ODD)
    changed = copy.copy(value)
    key = rng.choice(list(changed) if isinstance(changed, dict) else range(len(changed)))
    choice = rng.random()
    if choice < 0.12:
        del changed[key]
    elif choice >= 0.22:
        changed[key] = odd_value(changed[key], rng)
    elif isinstance(changed, dict):
        changed[str(rng.choice(ODD))] = changed.pop(key)
    else:
        changed.insert(key, changed[key])
    return changed


def odd_bytes(content: bytes, rng: random.Random) -> bytes:
    """Return the content with a few bytes changed, removed or repeated."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        choice, position = rng.random(), rng.randrange(max(len(changed), 1))
        if choice < 0.5 and changed:
            changed[position % len(changed)] = rng.randrange(256)
        elif choice < 0.7:
            del changed[position:]
        elif choice < 0.85:
            del changed[position : position + rng.randrange(20)]
        else:
            changed[position:position] = changed[max(0, position - rng.randrange(40)) : position]
    return bytes(changed)


@pytest.fixture(scope="module")
def fuzzed(recognizer):
    """A client of one server for all tests of this file: each of them shows that it survived the others."""
    with LoopClient(create_app(recognizer, Settings(limits=Limits(streams=8)))) as client:
        yield client


@pytest.mark.slow("thousands of generated requests")
def test_messages_of_streams(fuzzed, stream_frames, monkeypatch):
    monkeypatch.setattr(connection, "MAX_MESSAGE_RATE", 10**6)  # else the server waits most of the time
    rng = random.Random(0)
    models = [
        *(json.loads(frame) for frame in stream_frames(count=5)),
        {"type": "actions", "actions": [ACTIONS[0], {"name": "hop", "texts": ["jump"]}]},
        START,
    ]
    errors = sum(fuzzed.run(send_mutated(fuzzed.app, models, MESSAGES // STREAMS, rng)) for _ in range(STREAMS))
    assert errors > MESSAGES / 4
    assert fuzzed.request("GET", "/api/health").json()["status"] == "ok"
    assert fuzzed.run(send_mutated(fuzzed.app, models, 0, rng)) == 0


async def send_mutated(app, models: list, count: int, rng: random.Random) -> int:
    """Send mutated messages in one stream. Returns the number of errors that answer them."""
    errors = 0
    async with LoopStream(app, "/api/stream") as stream:
        stream.send(json.dumps(START))
        assert await stream.receive() == {"type": "ready"}
        for _ in range(count):
            text = json.dumps(odd_value(rng.choice(models), rng))
            if rng.random() < 0.3:
                text = odd_bytes(text.encode(), rng).decode(errors="replace")
            stream.send(odd_bytes(text.encode(), rng) if rng.random() < 0.1 else text)
            stream.send(MARK)  # the server answers it in any case, after the message before it
            try:
                while (message := await stream.receive()).get("message") != MARKED:
                    assert message["type"] in ("scores", "error", "actions"), message
                    errors += message["type"] == "error"
            except EOFError as closed:
                raise AssertionError(f"{closed} after {text[:300]!r}") from closed
            stream.send(HARMLESS)
    return errors


@pytest.mark.slow("thousands of generated requests")
def test_bodies(fuzzed, request_body):
    rng = random.Random(1)
    short = {**request_body["recording"], "positions": [request_body["recording"]["positions"][0][:8]]}
    models = [
        ("/api/predict", {"recording": short, "actions": ACTIONS[:2]}),
        (
            "/api/predict",
            {
                "recording": {"joints": short["joints"], "fps": 30, "positions": short["positions"]},
                "actions": [ACTIONS[0], {"name": "hop", "texts": ["jump"]}],
            },
        ),
        ("/api/explain", {"recording": short, "actions": ACTIONS[:2], "action": ACTIONS[1]}),
    ]
    seen = set()
    for _ in range(BODIES):
        path, body = rng.choice(models)
        content = json.dumps(odd_value(body, rng)).encode()
        if rng.random() < 0.4:
            content = odd_bytes(content, rng)
        answer = fuzzed.post(path, content=content)
        seen.add(answer.status_code)
        assert answer.status_code in (200, 400, 404, 422), content[-300:]
        if answer.status_code != 200:
            assert answer.json()["detail"] and "\n" not in answer.json()["detail"]
    assert {400, 422} <= seen


@pytest.mark.slow("thousands of generated requests")
def test_files(fuzzed, tmp_path):
    rng = random.Random(2)
    sequence = generate_sequence("squat", seed=1, frames=12)
    originals = []
    for suffix in (".skeleton", ".csv", ".json", ".npz"):
        file = tmp_path / f"clip{suffix}"
        write(sequence, file)
        originals.append((suffix, file.read_bytes()))
    seen = set()
    for _ in range(FILES):
        suffix, content = rng.choice(originals)
        if rng.random() < 0.1:
            suffix = rng.choice([".mat", ".bvh", ".c3d", ".txt", ".pkl", "", ".amc"])
        answer = fuzzed.post("/api/recordings", params={"name": f"clip{suffix}"}, content=odd_bytes(content, rng))
        seen.add(answer.status_code)
        assert answer.status_code in (200, 400, 415)
        if answer.status_code != 200:
            assert answer.json()["detail"] and "\n" not in answer.json()["detail"]
    assert {200, 400, 415} <= seen
    assert fuzzed.request("GET", "/api/health").status_code == 200

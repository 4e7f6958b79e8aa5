"""20,000 mutated messages, bodies and files: each gets an answer or an error, and the server survives."""

import copy
import json
import random

import pytest
from starlette.websockets import WebSocketDisconnect

from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.formats import write

from .conftest import ACTIONS

MESSAGES, BODIES, FILES = 12_000, 5_000, 3_000
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


@pytest.mark.slow
def test_messages_of_streams(client, stream_frames):
    rng = random.Random(0)
    models = [
        *(json.loads(frame) for frame in stream_frames(count=5)),
        {"type": "actions", "actions": [ACTIONS[0], {"name": "hop", "texts": ["jump"]}]},
        START,
    ]
    sent = errors = 0
    while sent < MESSAGES:
        with client.websocket_connect("/api/stream", headers={"Host": "127.0.0.1"}) as socket:
            try:
                socket.send_json(START)
                assert socket.receive_json() == {"type": "ready"}
                for _ in range(400):
                    mutated = odd_value(rng.choice(models), rng)
                    text = json.dumps(mutated)
                    if rng.random() < 0.3:
                        text = odd_bytes(text.encode(), rng).decode(errors="replace")
                    sent += 1
                    if rng.random() < 0.1:
                        socket.send_bytes(odd_bytes(text.encode(), rng))
                    else:
                        socket.send_text(text)
                    socket.send_text(MARK)  # the server answers it in any case, after the message before it
                    while (message := socket.receive_json()).get("message") != MARKED:
                        assert message["type"] in ("scores", "error", "actions"), message
                        errors += message["type"] == "error"
                    socket.send_text(HARMLESS)
            except WebSocketDisconnect as closed:
                raise AssertionError(f"closed with {closed.code} after {text[:300]!r}") from closed
    assert errors > MESSAGES / 4
    assert client.get("/api/health").json()["status"] == "ok"
    with client.websocket_connect("/api/stream", headers={"Host": "127.0.0.1"}) as socket:
        socket.send_json(START)
        assert socket.receive_json() == {"type": "ready"}


@pytest.mark.slow
def test_bodies(client, request_body):
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
        answer = client.post(path, content=content)
        seen.add(answer.status_code)
        assert answer.status_code in (200, 400, 404, 422), content[-300:]
        if answer.status_code != 200:
            assert answer.json()["detail"] and "\n" not in answer.json()["detail"]
    assert {400, 422} <= seen


@pytest.mark.slow
def test_files(client, tmp_path):
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
        answer = client.post("/api/recordings", params={"name": f"clip{suffix}"}, content=odd_bytes(content, rng))
        seen.add(answer.status_code)
        assert answer.status_code in (200, 400, 415)
        if answer.status_code != 200:
            assert answer.json()["detail"] and "\n" not in answer.json()["detail"]
    assert {200, 400, 415} <= seen
    assert client.get("/api/health").status_code == 200

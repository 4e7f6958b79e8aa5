"""20,000 mutated messages, bodies and files, seeds fixed: each gets an answer or an error, and the server lives."""

import json
import random

import pytest
from starlette.websockets import WebSocketDisconnect

from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.formats import write_csv_joints, write_json_joints, write_npz, write_ntu

from .conftest import ACTIONS

MESSAGES, BODIES, FILES = 12_000, 5_000, 3_000
MARK, MARKED = "[]", "The message is not a JSON object."
HARMLESS = '{"type": "frame", "joints": null}'  # so that malformed ones are not too many in a row
ODD = (None, True, -1, 0, 1e308, -0.0, 10**40, "", "x", "\ud800", "\0", [], {}, [[]], [None], {"a": 1}, "NaN", 1e-320)


def odd_value(value: object, dice: random.Random) -> object:
    """The value with one part of it exchanged, gone, or there twice."""
    if isinstance(value, dict) and value and dice.random() < 0.9:
        changed = dict(value)
        key = dice.choice(list(changed))
        choice = dice.random()
        if choice < 0.15:
            del changed[key]
        elif choice < 0.25:
            changed[str(dice.choice(ODD))] = changed.pop(key)
        else:
            changed[key] = odd_value(changed[key], dice)
        return changed
    if isinstance(value, list) and value and dice.random() < 0.9:
        changed_list = list(value)
        place = dice.randrange(len(changed_list))
        choice = dice.random()
        if choice < 0.1:
            del changed_list[place]
        elif choice < 0.2:
            changed_list.insert(place, changed_list[place])
        else:
            changed_list[place] = odd_value(changed_list[place], dice)
        return changed_list
    return dice.choice(ODD)


def odd_bytes(content: bytes, dice: random.Random) -> bytes:
    """The content with a few bytes changed, cut, or repeated."""
    changed = bytearray(content)
    for _ in range(dice.randint(1, 4)):
        choice, place = dice.random(), dice.randrange(max(len(changed), 1))
        if choice < 0.5 and changed:
            changed[place % len(changed)] = dice.randrange(256)
        elif choice < 0.7:
            del changed[place:]
        elif choice < 0.85:
            del changed[place : place + dice.randrange(20)]
        else:
            changed[place:place] = changed[max(0, place - dice.randrange(40)) : place]
    return bytes(changed)


@pytest.mark.slow
def test_messages_of_streams(client, stream_frames):
    dice = random.Random(0)
    start = {"type": "start", "layout": "ntu-25", "actions": ACTIONS[:2]}
    models = [
        *(json.loads(frame) for frame in stream_frames(count=5)),
        {"type": "actions", "actions": [ACTIONS[0], {"name": "hop", "texts": ["jump"]}]},
        start,
    ]
    sent = errors = 0
    while sent < MESSAGES:
        with client.websocket_connect("/api/stream", headers={"Host": "127.0.0.1"}) as socket:
            try:
                socket.send_json(start)
                assert socket.receive_json() == {"type": "ready"}
                for _ in range(400):
                    mutated = odd_value(dice.choice(models), dice)
                    text = json.dumps(mutated)
                    if dice.random() < 0.3:
                        text = odd_bytes(text.encode(), dice).decode(errors="replace")
                    sent += 1
                    if dice.random() < 0.1:
                        socket.send_bytes(odd_bytes(text.encode(), dice))
                    else:
                        socket.send_text(text)
                    socket.send_text(MARK)  # answered in any case, and after what came before it
                    while (message := socket.receive_json()).get("message") != MARKED:
                        assert message["type"] in ("scores", "error"), message
                        errors += message["type"] == "error"
                    socket.send_text(HARMLESS)
            except WebSocketDisconnect as closed:
                raise AssertionError(f"closed with {closed.code} after {text[:300]!r}") from closed
    assert errors > MESSAGES / 4
    assert client.get("/api/health").json()["status"] == "ok"
    with client.websocket_connect("/api/stream", headers={"Host": "127.0.0.1"}) as socket:
        socket.send_json(start)
        assert socket.receive_json() == {"type": "ready"}


@pytest.mark.slow
def test_bodies(client, request_body):
    dice = random.Random(1)
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
        path, body = dice.choice(models)
        content = json.dumps(odd_value(body, dice)).encode()
        if dice.random() < 0.4:
            content = odd_bytes(content, dice)
        answer = client.post(path, content=content)
        seen.add(answer.status_code)
        assert answer.status_code in (200, 400, 422), content[-300:]
        if answer.status_code != 200:
            assert answer.json()["detail"] and "\n" not in answer.json()["detail"]
    assert {400, 422} <= seen


@pytest.mark.slow
def test_files(client, tmp_path):
    dice = random.Random(2)
    sequence = generate_sequence("squat", seed=1, frames=12)
    writers = {
        ".skeleton": write_ntu,
        ".csv": write_csv_joints,
        ".json": write_json_joints,
        ".npz": write_npz,
    }
    originals = []
    for suffix, write in writers.items():
        file = tmp_path / f"clip{suffix}"
        write(sequence, file)
        originals.append((suffix, file.read_bytes()))
    seen = set()
    for _ in range(FILES):
        suffix, content = dice.choice(originals)
        if dice.random() < 0.1:
            suffix = dice.choice([".mat", ".bvh", ".c3d", ".txt", ".pkl", "", ".amc"])
        answer = client.post("/api/recordings", params={"name": f"clip{suffix}"}, content=odd_bytes(content, dice))
        seen.add(answer.status_code)
        assert answer.status_code in (200, 400, 415)
        if answer.status_code != 200:
            assert answer.json()["detail"] and "\n" not in answer.json()["detail"]
    assert {200, 400, 415} <= seen
    assert client.get("/api/health").status_code == 200

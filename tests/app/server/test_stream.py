"""Streams: each client gets the answers to its frames, and no message stops the server."""

import asyncio
import json
import time

import numpy as np
import pytest
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from zeroskel.app.server.connection import measure_frame_seconds
from zeroskel.app.server.engine import Engine, Person
from zeroskel.app.server.streams import BATCH_SIZE, LiveStream, Metrics, Streams, stream_capacity
from zeroskel.recognition import Stream, ZeroShotRecognizer
from zeroskel.skeleton.transforms import convert_layout

from .conftest import ACTIONS

HOST = {"Host": "127.0.0.1"}
START = {"type": "start", "layout": "ntu-25", "actions": ACTIONS[:3]}


def connect(client):
    return client.websocket_connect("/api/stream", headers=HOST)


def begin(socket, **changes):
    socket.send_json({**START, **changes})
    assert socket.receive_json() == {"type": "ready"}


def until(socket, kind: str) -> dict:
    """Return the next message of a kind."""
    for _ in range(100):
        message = socket.receive_json()
        if message["type"] == kind:
            return message
    raise AssertionError(f"no {kind} among 100 messages")


def test_frames_are_answered_with_probabilities_of_the_actions(client, stream_frames, recognizer):
    with connect(client) as socket:
        begin(socket)
        frames = stream_frames()
        for frame in frames:
            socket.send_text(frame)
        answer = until(socket, "scores")
        while answer["time"] < json.loads(frames[-1])["time"]:
            answer = until(socket, "scores")
    assert answer["actions"] == ACTIONS[:3] and answer["best"] in ACTIONS[:3]
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-3)
    assert answer["presence"] is None and answer["none_of_these"] is False and answer["settled"] in (True, False)


def test_the_answer_about_a_whole_window_equals_that_of_a_stream(client, stream_frames, recognizer):
    stream = Stream(recognizer, recognizer.candidates(ACTIONS[:3]), layout="ntu-25")
    frames = stream_frames(count=16)  # just enough for one answer
    with connect(client) as socket:
        begin(socket)
        for frame in frames:
            content = json.loads(frame)
            stream.push(np.array([joint or [np.nan] * 3 for joint in content["joints"]]), content["time"])
            socket.send_text(frame)
        answer = until(socket, "scores")
    expected = stream.predict()
    assert expected is not None and answer["time"] == expected.time
    np.testing.assert_allclose(answer["probabilities"], expected.probabilities, atol=1e-3)


def test_new_actions_are_answered_from_then_on(client, stream_frames):
    with connect(client) as socket:
        begin(socket)
        for frame in stream_frames(count=40):
            socket.send_text(frame)
        until(socket, "scores")
        socket.send_json({"type": "actions", "actions": [ACTIONS[4], {"name": "hop", "texts": ["jump"]}]})
        for frame in stream_frames(first=1.4, count=60):
            socket.send_text(frame)
        answers = [until(socket, "scores")["actions"]]
        while answers[-1] == ACTIONS[:3]:
            answers.append(until(socket, "scores")["actions"])
    assert answers[-1] == [ACTIONS[4], "hop"]


def test_bodies_may_appear_and_disappear(client, stream_frames):
    with connect(client) as socket:
        begin(socket)
        for number, frame in enumerate(stream_frames(count=60)):
            content = json.loads(frame)
            if number % 3 == 1:
                content["joints"] = [content["joints"], [None] * 25]
            if number % 3 == 2:
                content["joints"] = None
            socket.send_json(content)
        assert until(socket, "scores")["best"] in ACTIONS[:3]


def test_each_person_is_answered_for_and_the_client_learns_that_everybody_has_left(client, stream_frames):
    with connect(client) as socket:
        begin(socket)
        for number, text in enumerate(stream_frames(count=90)):
            content = json.loads(text)
            beside = [[joint[0] + 1.5, *joint[1:]] if joint else None for joint in content["joints"]]
            bodies = [content["joints"], beside]
            socket.send_json({**content, "joints": bodies[::-1] if number % 2 else bodies})
        answer = until(socket, "scores")
        while len(answer["people"]) < 2 or answer["time"] < 2.5:
            answer = until(socket, "scores")
        first, second = answer["people"]
        assert (first["person"], second["person"]) == (0, 1)
        assert {first["body"], second["body"]} == {0, 1}
        np.testing.assert_allclose(first["probabilities"], second["probabilities"], atol=1e-3)
        main = answer["people"][answer["person"]]
        fields = ("probabilities", "presence", "none_of_these", "best", "settled")
        assert {name: answer[name] for name in fields} == {name: main[name] for name in fields}
        assert "actions" not in first and len(answer["actions"]) == len(first["probabilities"])
        for number in range(90):
            socket.send_json({"type": "frame", "time": 3 + number / 30, "joints": None})
        assert until(socket, "nobody")["time"] > 4


def test_a_batch_takes_all_people_of_a_stream_and_no_more_streams_than_fit(recognizer, squat):
    engine = Engine(recognizer)
    streams = Streams(engine, Metrics(), 100)
    candidates = recognizer.candidates(ACTIONS)
    lives = [LiveStream(Stream(recognizer, candidates, layout="ntu-25"), now=float(i)) for i in range(20)]
    for live in lives:
        for index in range(30):
            bodies = [squat.joints[0, index] + np.array([2.0 * person, 0, 0]) for person in range(4)]
            live.stream.push(np.stack(bodies), index / 30)
        live.arrived = time.monotonic()
        streams.open(live)
    asyncio.run(streams._answer(lives))
    answered = [live for live in lives if live.outbox.qsize()]
    assert answered == lives[:7]  # of 12 windows each
    assert [live.arrived is None for live in lives] == [live in answered for live in lives]
    assert len(answered[0].outbox.get_nowait()["people"]) == 4
    engine.close()


MALFORMED = [
    "",
    "{",
    "[]",
    "7",
    '"frame"',
    "{}",
    '{"type": null}',
    '{"type": "frame"',
    '{"type": "start", "actions": ["squat"]}',
    '{"type": "frame", "time": "1", "joints": null}',
    '{"type": "frame", "time": true, "joints": null}',
    '{"type": "frame", "time": 1e400, "joints": null}',
    '{"type": "frame", "time": 1' + "0" * 500 + ', "joints": null}',
    '{"type": "frame", "time": NaN, "joints": null}',
    '{"type": "frame", "joints": 7}',
    '{"type": "frame", "joints": "x"}',
    '{"type": "frame", "joints": {}}',
    '{"type": "frame", "joints": [[1, 2, 3]]}',
    '{"type": "frame", "joints": [' + ", ".join(["[0, 0, 1e300]"] * 25) + "]}",
    '{"type": "frame", "joints": [' + ", ".join(["[0, 0, 1" + "0" * 400 + "]"] * 25) + "]}",
    '{"type": "frame", "joints": [' + ", ".join(["[0, 0, {}]"] * 25) + "]}",
    '{"type": "frame", "joints": [' + ", ".join(["[0, 0, []]"] * 25) + "]}",
    '{"type": "frame", "joints": [' + ", ".join(["[0]"] * 25) + "]}",
    '{"type": "frame", "joints": [[' + ", ".join(["[0, 0, 0]"] * 24) + "]]}",
    '{"type": "frame", "joints": ' + "[" * 100 + "]" * 100 + "}",
    '{"type": "frame", "joints": ' + "[" * 20000 + "]" * 20000 + "}",
    '{"type": "actions"}',
    '{"type": "actions", "actions": "squat"}',
    '{"type": "actions", "actions": [7]}',
    '{"type": "actions", "actions": [""]}',
    '{"type": "actions", "actions": ["\\ud800"]}',
    '{"type": "actions", "actions": ["a\\u0007b"]}',
    '{"type": "actions", "actions": ["\\u0000"]}',
    '{"type": "actions", "actions": [{"texts": ["x"]}]}',
    '{"type": "actions", "actions": [{"name": "x", "texts": "y"}]}',
    '{"type": "actions", "actions": ["squat"], "model": "/etc/passwd"}',
    "x" * 70000,
]


def test_each_malformed_message_gets_one_line_and_the_stream_continues(client, stream_frames):
    with connect(client) as socket:
        begin(socket)
        frames = stream_frames(count=len(MALFORMED))
        for message, frame in zip(MALFORMED, frames, strict=True):
            socket.send_text(message)
            error = until(socket, "error")
            assert 0 < len(error["message"]) <= 300 and "\n" not in error["message"], message[:60]
            socket.send_text(frame)
        assert until(socket, "scores")["actions"] == ACTIONS[:3]


@pytest.mark.parametrize(
    "start",
    [
        "{",
        "{}",
        '{"type": "frame"}',
        json.dumps({**START, "layout": "none"}),
        json.dumps({**START, "layout": 7}),
        json.dumps({**START, "actions": []}),
        json.dumps({**START, "threshold": "x"}),
        json.dumps({**START, "threshold": 0.5}),
        json.dumps({**START, "threshold": True}),
        json.dumps({**START, "model": "x"}),
    ],
)
def test_a_start_that_cannot_be_used_may_be_sent_again(client, start):
    with connect(client) as socket:
        socket.send_text(start)
        assert socket.receive_json()["type"] == "error"
        begin(socket)


@pytest.mark.parametrize("started", [False, True])
def test_only_repeated_malformed_messages_end_the_connection(client, started):
    with connect(client) as socket:
        if started:
            begin(socket)
        for _ in range(20):
            socket.send_text("{")
            assert socket.receive_json()["message"] == "The message is not JSON."
        assert "Too many" in socket.receive_json()["message"]
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 1008


def test_beyond_the_capacity_a_client_learns_when_to_retry_and_is_accepted_later(open_client):
    with open_client({"streams": 2}) as client:
        with connect(client) as first, connect(client) as second:
            begin(first)
            begin(second)
            with pytest.raises(WebSocketDenialResponse) as refused, connect(client):
                pass
            assert refused.value.status_code == 503 and int(refused.value.headers["retry-after"]) > 0
            assert "All 2 streams" in refused.value.json()["detail"]
        deadline = time.monotonic() + 10
        while client.app.state.streams._reserved and time.monotonic() < deadline:
            time.sleep(0.01)
        with connect(client) as third:
            begin(third)
        assert 'zeroskel_refused_total{reason="capacity"} 1.0' in client.get("/metrics").text


def test_a_silent_client_is_disconnected(open_client):
    with open_client({"start_seconds": 0.05}) as client, connect(client) as socket:
        assert "No start message" in socket.receive_json()["message"]
    with open_client({"silent_seconds": 0.05}) as client, connect(client) as socket:
        begin(socket)
        assert "No message arrived" in socket.receive_json()["message"]


def test_streams_get_a_message_when_the_server_stops(open_client):
    client = open_client()
    with client:
        with connect(client) as socket:
            begin(socket)
            client.portal.call(client.app.state.streams.announce_shutdown)
            assert socket.receive_json()["message"] == "The server is stopping."
            with pytest.raises(WebSocketDisconnect) as closed:
                socket.receive_json()
            assert closed.value.code == 1013
        with pytest.raises(WebSocketDenialResponse) as refused, connect(client):
            pass
        assert refused.value.status_code == 503


@pytest.mark.parametrize("gap", [False, True])
def test_a_batch_answers_as_a_stream_alone_does(gap):
    """People of several lengths, layouts and actions in one batch get the predictions that each stream gets alone."""
    from zeroskel.datasets.synthetic import generate_sequence

    recognizer = ZeroShotRecognizer.load("default")
    engine = Engine(recognizer)
    pairs = []
    for number in range(9):
        layout, candidates = ("ntu-25", "kinect-20")[number % 2], recognizer.candidates(ACTIONS[number % 4 :])
        streams = [Stream(recognizer, candidates, layout=layout) for _ in range(2)]
        motion = convert_layout(generate_sequence(ACTIONS[number % 5], seed=number), layout).joints[0].copy()
        if gap:
            motion[20 : 24 + number, 3] = np.nan
        pairs.append((motion, 30 + 7 * number, streams))
    for further in (0, 5, 9):  # an answer depends on those before it
        for motion, count, streams in pairs:
            first = 0 if streams[0].time is None else round(30 * streams[0].time) + 1
            for moment in range(first, count + further):
                for stream in streams:
                    stream.push(motion[moment % len(motion)], moment / 30)
        people = [Person(one.windows()[0], one.candidates, None, recognizer) for _, _, (one, _) in pairs]
        for (_, _, (one, alone)), scored in zip(pairs, engine.score_people(people), strict=True):
            together, apart = one.settle({0: scored.predictions}, {0: scored.motion}), alone.predict()
            assert together.actions == apart.actions
            assert (together.settled_at, together.answer) == (apart.settled_at, apart.answer)
            np.testing.assert_allclose(together.probabilities, apart.probabilities, atol=1e-5)
            np.testing.assert_allclose(together.presence, apart.presence, atol=1e-5)
    engine.close()


def test_the_stream_that_waited_longest_is_answered_first(recognizer):
    engine = Engine(recognizer)
    streams = Streams(engine, Metrics(), 100)
    candidates = recognizer.candidates(ACTIONS)
    lives = [LiveStream(Stream(recognizer, candidates), now=float(i)) for i in range(2 * BATCH_SIZE)]
    for live in lives[::-1]:
        live.arrived = 100.0
        streams._open.add(live)
    assert streams._due(100.0) == lives[:BATCH_SIZE]
    lives[0].arrived = None  # no new frame: no new answer
    lives[1].answered = 99.95  # answered a moment ago
    assert streams._due(100.0) == lives[2 : BATCH_SIZE + 2]
    engine.close()


def test_capacity_follows_the_cost_of_windows_and_frames():
    assert stream_capacity(0.0045, 0.0001) == 100
    assert stream_capacity(0.0045, 0.0) == 160
    assert stream_capacity(10.0, 0.0001) == 1
    assert stream_capacity(1e-6, 1e-6) == 200
    assert 0 < measure_frame_seconds() < 0.01

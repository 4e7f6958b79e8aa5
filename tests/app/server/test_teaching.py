"""Teaching by examples over REST and in streams, and what the server forgets."""

import io
import json
import zipfile

import numpy as np
import pytest

import zeroskel
from zeroskel.app.server import teaching
from zeroskel.app.server.recordings import recording_to_dict
from zeroskel.app.server.teaching import MAX_SESSIONS_OF_CLIENT, Teachings, UnknownTeaching
from zeroskel.core import InputError
from zeroskel.datasets.synthetic import generate_sequence

WORDS = ["do the secret sign", "clap hands"]  # nobody knows the first one
SIGN = "circle both arms"


def example(seed: int, **fields) -> dict:
    return {"recording": recording_to_dict(generate_sequence(SIGN, seed=seed)), "name": "Do the secret sign.", **fields}


def test_examples_count_at_once_and_can_be_undone(default_client, default):
    motion = generate_sequence(SIGN, seed=50)
    body = {"recording": recording_to_dict(motion), "actions": WORDS}
    by_words = default_client.post("/api/v1/predict", json=body).json()["probabilities"]
    state = default_client.post("/api/v1/adapt", json={"examples": [example(1), example(2, start=0.1, end=1.6)]}).json()
    session = {"teaching": state["teaching"]}
    assert state["counts"] == {"Do the secret sign.": 2} and state["examples"][1]["seconds"] == pytest.approx(
        1.5, abs=0.1
    )
    state = default_client.post("/api/v1/adapt", json={**session, "examples": [example(3)]}).json()
    assert [each["id"] for each in state["examples"]] == [0, 1, 2]
    taught = default_client.post("/api/v1/predict", json={**body, **session}).json()
    assert taught["probabilities"][0] > 1.5 * by_words[0]
    cut = generate_sequence(SIGN, seed=2)
    examples = [generate_sequence(SIGN, seed=1), cut.replace(cut.joints[:, 3:48]), generate_sequence(SIGN, seed=3)]
    direct = default.adapt(examples, [WORDS[0]] * 3).predict(motion, WORDS)
    np.testing.assert_allclose(taught["probabilities"], direct.probabilities, atol=0.02)
    for path in ("timeline", "explain"):
        assert default_client.post(f"/api/v1/{path}", json={**body, **session}).status_code == 200
    assert default_client.post("/api/v1/predict", json=body).json()["probabilities"] == by_words
    for number in (0, 1, 2):
        state = default_client.delete(f"/api/v1/adapt/{state['teaching']}/examples/{number}").json()
    assert (
        state["examples"] == []
        and default_client.post("/api/v1/predict", json={**body, **session}).json()["probabilities"] == by_words
    )
    assert default_client.delete(f"/api/v1/adapt/{state['teaching']}/examples/0").status_code == 404


def test_the_bundle_with_the_examples_can_be_opened(default_client, tmp_path):
    state = default_client.post("/api/v1/adapt", json={"examples": [example(1)]}).json()
    answer = default_client.get(f"/api/v1/adapt/{state['teaching']}/bundle")
    assert answer.headers["content-type"] == "application/zip"
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path)
    opened = zeroskel.ZeroShotRecognizer.load(tmp_path / "taught-bundle")
    assert opened.examples.labels == ("Do the secret sign.",)
    path = f"/api/v1/adapt/{state['teaching']}"
    assert default_client.get(path).json()["counts"] == state["counts"]
    assert default_client.delete(path).status_code == 204
    answer = default_client.get(path)
    assert answer.status_code == 404 and "without use" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"start": 1.0, "end": 0.5}, 400, "expected a range"),
        ({"start": 900.0}, 400, "expected a range"),
        ({"person": 3}, 400, "has 1 people"),
        ({"name": "\u200b"}, 422, "no letter"),
        ({"start": -1}, 422, "start"),
        ({"path": "x"}, 422, "path"),
    ],
)
def test_examples_that_cannot_be_used_are_refused_and_begin_no_session(default_client, changes, status, words):
    answer = default_client.post("/api/v1/adapt", json={"examples": [example(1, **changes)]})
    assert answer.status_code == status and words in answer.json()["detail"]


def test_an_example_without_a_name_does_not_block_the_others(default_client):
    state = default_client.post("/api/v1/adapt", json={"examples": [example(1, name="\u00ad"), example(2)]}).json()
    assert len(state["examples"]) == 1 and [fault["index"] for fault in state["name_problems"]] == [0]


def test_a_stream_uses_examples_that_are_given_while_it_runs(default_client):
    state = default_client.post("/api/v1/adapt", json={"examples": [example(1)]}).json()
    frames = recording_to_dict(generate_sequence(SIGN, seed=50))["positions"][0]
    start = {"type": "start", "layout": "ntu-25", "actions": WORDS, "teaching": state["teaching"]}

    def answer(first: float) -> list[float]:
        for number, joints in enumerate(frames):
            socket.send_text(json.dumps({"type": "frame", "time": first + number / 30, "joints": joints}))
        message: dict = {}
        while message.get("time", -1.0) < first + (len(frames) - 1) / 30:
            message = socket.receive_json()
        return message["probabilities"]

    with default_client.websocket_connect("/api/v1/stream", headers={"Host": "127.0.0.1"}) as socket:
        socket.send_json(start)
        assert socket.receive_json() == {"type": "ready"}
        one = answer(0.0)
        default_client.post("/api/v1/adapt", json={"teaching": state["teaching"], "examples": [example(2), example(3)]})
        assert answer(100.0)[0] > one[0]
        socket.send_json({"type": "actions", "actions": [*WORDS, "\u200b"], "teaching": "gone"})
        message = socket.receive_json()
        while message["type"] != "error":
            message = socket.receive_json()
        assert "no such teaching session" in message["message"]
        socket.send_json({"type": "actions", "actions": [*WORDS, "\u200b"], "teaching": None})
        while message["type"] != "actions":
            message = socket.receive_json()
        assert message["actions"] == WORDS and message["name_problems"][0]["index"] == 2


def test_sessions_are_bounded_per_client_and_forgotten_after_a_while(default, monkeypatch):
    teachings = Teachings(default)
    mine = teachings.begin("a")
    theirs = [teachings.begin("b") for _ in range(MAX_SESSIONS_OF_CLIENT + 1)]
    assert teachings.get(mine.id) is mine
    with pytest.raises(UnknownTeaching):
        teachings.get(theirs[0].id)
    assert teachings.get(theirs[1].id) is theirs[1]
    monkeypatch.setattr(teaching, "UNUSED_SECONDS", -1.0)
    with pytest.raises(UnknownTeaching):
        teachings.get(mine.id)


def test_a_session_holds_a_bounded_number_of_examples(default):
    session = Teachings(default).begin("a")
    features = np.zeros((teaching.MAX_EXAMPLES + 1, 3))
    with pytest.raises(InputError, match="at most"):
        session.add(["x"] * len(features), [1.0] * len(features), features)
    assert session.examples == []


def test_a_bundle_without_calibration_cannot_be_taught(client, request_body):
    assert client.get("/api/v1/model").json()["teaching"] is False
    body = {"examples": [{"recording": request_body["recording"], "name": "squat"}]}
    answer = client.post("/api/v1/adapt", json=body)
    assert answer.status_code == 400 and "not calibrated" in answer.json()["detail"]

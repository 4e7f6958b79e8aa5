"""Answers and refusals of the REST interface."""

import asyncio
import json
import threading

import numpy as np
import pytest

import zeroskel
from zeroskel.app.server.engine import Engine
from zeroskel.app.server.recordings import parse_positions, recording_to_dict
from zeroskel.app.server.settings import Limits
from zeroskel.app.server.turns import Busy
from zeroskel.core import InputError, SkeletonSequence
from zeroskel.skeleton.formats import write

from .conftest import ACTIONS

LIMITS = Limits(frames=500, bodies=2, seconds=60)


def test_health_says_the_version(client):
    assert client.get("/api/health").json() == {"status": "ok", "version": zeroskel.__version__}


def test_the_model_lists_its_training_classes_and_the_limits(client):
    model = client.get("/api/model").json()
    assert model["data"] == "small" and model["notice"] == "Synthetic."
    assert set(model["seen_classes"]) == set(ACTIONS)
    assert model["limits"]["streams"] == 8
    kinect = model["layouts"]["kinect-20"]
    assert len(kinect["joints"]) == 20
    assert all(0 <= child < 20 and 0 <= parent < 20 for child, parent in kinect["bones"])


def test_predict_returns_the_recognizers_prediction(client, recognizer, squat, request_body):
    answer = client.post("/api/predict", json=request_body).json()
    direct = recognizer.predict(squat, ACTIONS[:3])
    assert answer["actions"] == ACTIONS[:3] and answer["best"] == direct.best
    np.testing.assert_allclose(answer["probabilities"], direct.probabilities, atol=0.01)
    assert answer["presence"] is None and answer["none_of_these"] is False


def test_predict_answers_for_each_person(client, recognizer, squat, request_body):
    (only,) = client.post("/api/predict", json=request_body).json()["people"]
    assert (only["person"], only["start"], only["bodies"]) == (0, 0.0, [0])
    two = squat.replace(np.concatenate([squat.joints, squat.joints + 1.5]))
    two.joints[1, :15] = np.nan
    answer = client.post("/api/predict", json={**request_body, "recording": recording_to_dict(two)}).json()
    direct = recognizer.predict_people(two, ACTIONS[:3])
    assert [person["start"] for person in answer["people"]] == [0.0, 0.5]
    main = recognizer.predict(two, ACTIONS[:3])
    assert answer["person"] == 0 and answer["best"] == main.best
    for person, expected in zip(answer["people"], direct, strict=True):
        assert person["best"] == expected.best and person["bodies"] == list(expected.bodies)
        np.testing.assert_allclose(person["probabilities"], expected.probabilities, atol=0.01)


def test_actions_may_have_further_texts(client, recognizer, squat, request_body):
    actions = [{"name": "hop", "texts": ["jump", "a person jumps"]}, "squat"]
    answer = client.post("/api/predict", json={**request_body, "actions": actions}).json()
    direct = recognizer.predict(squat, {"hop": ["jump", "a person jumps"], "squat": []})
    assert answer["actions"] == ["hop", "squat"]
    np.testing.assert_allclose(answer["probabilities"], direct.probabilities, atol=0.01)


def test_explain_returns_the_recognizers_explanation(client, recognizer, squat, request_body):
    answer = client.post("/api/explain", json={**request_body, "action": "jump"}).json()
    direct = recognizer.explain(squat, ACTIONS[:3], action="jump")
    assert answer["action"] == "jump" and answer["best"] == direct.prediction.best
    np.testing.assert_allclose(answer["information"], direct.information, atol=0.05)
    assert np.shape(answer["moments"]) == (len(answer["moment_information"]), 2)
    assert set(answer["parts"]) == set(direct.parts)
    assert answer["rival"] == direct.rival
    assert (answer["shown"], answer["speaks_for"], answer["speaks_against"]) == ([], [], [])


def test_the_default_bundle_explains_in_words(default, default_client, squat, request_body):
    answer = default_client.post("/api/explain", json=request_body).json()
    direct = default.explain(squat, ACTIONS[:3])
    assert answer["shown"] == list(direct.shown)
    assert answer["shown"][0].startswith("standing, then ")
    assert answer["speaks_for"] == list(direct.speaks_for) != []
    assert answer["speaks_against"] == list(direct.speaks_against)


def test_clips_are_recordings_and_say_that_they_are_synthetic(client, request_body):
    clips = client.get("/api/clips").json()
    assert clips and all(clip["synthetic"] and "not evidence" in clip["notice"] for clip in clips)
    recording = client.get(f"/api/clips/{clips[0]['id']}").json()
    assert np.shape(recording["positions"])[:2] == (recording["bodies"], recording["frames"])
    assert client.post("/api/predict", json={**request_body, "recording": recording}).status_code == 200
    assert client.get("/api/clips/none").status_code == 404


def test_an_uploaded_file_is_read_as_by_the_library(client, squat, tmp_path):
    file = tmp_path / "clip.skeleton"
    write(squat, file)
    answer = client.post("/api/recordings?name=C:\\films\\clip.skeleton", content=file.read_bytes())
    assert answer.status_code == 200, answer.text
    read = zeroskel.read(file)
    recording = answer.json()
    assert recording["layout"] == read.layout.name and recording["fps"] == read.fps
    positions = [[[j or [np.nan] * 3 for j in frame] for frame in body] for body in recording["positions"]]
    np.testing.assert_allclose(positions, read.joints, atol=1e-4)


def test_facts_that_a_client_states_go_before_the_file(client, squat, tmp_path):
    file = tmp_path / "clip.csv"
    write(squat.replace(squat.joints[..., [0, 2, 1]] * np.float32([1, -1, 1]) * 1000), file)
    facts = {"up": "z", "unit": "mm", "fps": 15}
    recording = client.post("/api/recordings", params={"name": "clip.csv", **facts}, content=file.read_bytes()).json()
    assert {key: recording["reading"][key] for key in facts} == facts
    assert recording["reading"]["text"].endswith("z up turned to y, millimetres turned to metres, 15 frames a second")
    heights = np.array([frame[squat.layout.index("head")][1] for frame in recording["positions"][0]])
    np.testing.assert_allclose(heights, squat.joints[0, :, squat.layout.index("head"), 1], atol=1e-3)
    for wrong in ({"up": "x"}, {"unit": "km"}, {"fps": "0"}, {"fps": "nan"}):
        answer = client.post("/api/recordings", params={"name": "clip.csv", **wrong}, content=file.read_bytes())
        assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    ("name", "content", "status", "words"),
    [
        ("clip.mp4", b"x", 415, "zeroskel pose"),
        ("clip.skeleton", b"", 400, "expected"),
        ("clip.skeleton", b"1\n2\n", 400, "recording.skeleton"),
        ("clip.docx", b"x", 415, "expected one of"),
        ("clip.amc", b"x", 415, "an upload is one file"),
        ("../../etc/passwd", b"x", 415, "expected one of"),
        ("clip", b"x", 415, "expected one of"),
    ],
)
def test_files_that_cannot_be_read_are_refused_in_one_line(client, name, content, status, words):
    answer = client.post("/api/recordings", params={"name": name}, content=content)
    assert answer.status_code == status
    assert words in answer.json()["detail"] and "\n" not in answer.json()["detail"]


def changed(body: dict, **changes) -> dict:
    return {**body, "recording": {**body["recording"], **changes}}


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        (lambda b: [], 422, "body"),
        (lambda b: {}, 422, "recording"),
        (lambda b: {**b, "actions": []}, 400, "has 0 actions"),
        (lambda b: {**b, "actions": [" ", "\u200b"]}, 422, "no letter"),
        (lambda b: {**b, "actions": ["x" * 201]}, 422, "1 to 200"),
        (lambda b: {**b, "actions": [f"a{i}" for i in range(61)]}, 400, "1 to 60"),
        (lambda b: {**b, "actions": [7]}, 422, "actions"),
        (lambda b: {**b, "threshold": 2}, 422, "threshold"),
        (lambda b: {**b, "threshold": 0.5}, 400, "not calibrated"),
        (lambda b: {**b, "path": "/etc/passwd"}, 422, "path"),
        (lambda b: changed(b, fps=0), 422, "fps"),
        (lambda b: changed(b, fps="30"), 422, "fps"),
        (lambda b: changed(b, fps=True), 422, "fps"),
        (lambda b: changed(b, fps=float("nan")), 422, "fps"),
        (lambda b: changed(b, positions=[[[[True, 0, 0]] * 25]]), 422, "positions"),
        (lambda b: changed(b, positions=[[[["1", 0, 0]] * 25]]), 422, "positions"),
        (lambda b: changed(b, positions=[[[[float("nan"), 0, 0]] * 25]]), 422, "positions"),
        (lambda b: changed(b, layout="none"), 400, "unknown layout"),
        (lambda b: changed(b, layout=None, joints=None), 400, "neither"),
        (lambda b: changed(b, positions=7), 422, "positions"),
        (lambda b: changed(b, positions=[[[[1, 2], [1, 2, 3]]]]), 400, "rows of equal length"),
        (lambda b: changed(b, positions=[[[[1e9, 0, 0]] * 25]]), 400, "beyond"),
        (lambda b: changed(b, positions=[[[None] * 25] * 5]), 400, "no observed joint"),
        (lambda b: changed(b, positions=[[[[0, 0, 1]] * 25] * 5001]), 400, "5000 frames"),
        (lambda b: changed(b, positions=[[[[0, 0, 1]] * 25] * 5] * 5), 400, "at most 4 bodies"),
        (lambda b: changed(b, joints=["head"] * 65), 400, "at most 64"),
    ],
)
def test_bodies_that_cannot_be_used_are_refused_in_one_line(client, request_body, change, status, words):
    answer = client.post("/api/predict", content=json.dumps(change(request_body)))
    assert answer.status_code == status, answer.text
    assert words in answer.json()["detail"] and "\n" not in answer.json()["detail"]


def test_a_body_that_is_too_large_is_refused_before_it_is_read(open_client, request_body):
    with open_client({"bytes": 2000}) as client:
        assert client.post("/api/predict", json=request_body).status_code == 413
        chunks = (b"x" * 1000 for _ in range(5))  # without a Content-Length header
        assert client.post("/api/recordings?name=a.csv", content=chunks).status_code == 413


def test_a_file_that_takes_too_long_ends_the_reader_process_and_not_the_server(open_client, squat, tmp_path):
    file = tmp_path / "clip.skeleton"
    write(squat, file)
    with open_client({"parse_seconds": 0.001}) as client:
        for _ in range(2):
            answer = client.post("/api/recordings?name=clip.skeleton", content=file.read_bytes())
            assert answer.status_code == 400 and "took more than 0.001 seconds" in answer.json()["detail"]
        assert client.get("/api/health").status_code == 200


def test_requests_beyond_the_queue_learn_when_to_retry(recognizer):
    engine, gate = Engine(recognizer, waiting=2), threading.Event()

    async def ask_together() -> list:
        first = [asyncio.create_task(engine.run_for_request(gate.wait)) for _ in range(2)]
        await asyncio.sleep(0.01)
        with pytest.raises(Busy) as busy:
            await engine.run_for_request(gate.wait)
        gate.set()
        assert busy.value.retry_after > 0
        return await asyncio.gather(*first)

    assert asyncio.run(ask_together()) == [True, True]
    engine.close()


def test_streams_go_before_requests(recognizer):
    engine, gate, order = Engine(recognizer), threading.Event(), []

    async def ask_together() -> None:
        tasks = [asyncio.create_task(engine.run_for_request(gate.wait))]
        await asyncio.sleep(0.01)
        tasks += [asyncio.create_task(engine.run_for_request(order.append, "request"))]
        tasks += [asyncio.create_task(engine.motion.run_for_stream(order.append, "stream"))]
        await asyncio.sleep(0.01)
        gate.set()
        await asyncio.gather(*tasks)

    asyncio.run(ask_together())
    engine.close()
    assert order == ["stream", "request"]


def test_metrics_count_requests_by_route_and_hold_nothing_of_a_client(client):
    client.get("/api/secret-path-of-mine")
    text = client.get("/metrics").text
    assert 'zeroskel_requests_total{path="/api/health",status="200"}' in text
    assert "secret" not in text


def test_the_openapi_description_is_complete_and_no_page_of_another_server_is_used(client):
    description = client.get("/openapi.json").json()
    routes = ("predict", "explain", "timeline", "adapt", "recordings", "model", "clips", "health")
    assert {f"/api/v1/{route}" for route in routes} <= set(description["paths"])
    text = json.dumps(description)
    for name in set(part.split('"')[0] for part in text.split("#/components/schemas/")[1:]):
        assert name in description["components"]["schemas"]
    assert client.get("/redoc").status_code == 404


def test_no_path_of_a_client_leads_out_of_the_page(client):
    assert client.get("/").status_code == 200
    for path in ("/page/..%2f__init__.py", "/page/%2e%2e/cli.py", "/page//etc/passwd", "/page/../server/routes.py"):
        assert client.get(path).status_code == 404


def test_a_recording_survives_the_round_trip_through_json(squat):
    recording = recording_to_dict(squat)
    back = parse_positions(recording["positions"], "ntu-25", None, 30, LIMITS)
    np.testing.assert_allclose(back.joints, squat.joints, atol=1e-4)
    reordered = [[frame[::-1] for frame in body] for body in recording["positions"]]
    named = parse_positions(reordered, None, recording["joints"][::-1], 30, LIMITS)
    np.testing.assert_allclose(named.joints, squat.joints, atol=1e-4)


def test_a_flat_recording_stays_flat(squat):
    flat = SkeletonSequence(squat.joints[..., :2], squat.layout)
    recording = recording_to_dict(flat)
    assert "Flat" in recording["notice"]
    back = parse_positions(recording["positions"], "ntu-25", None, 30, LIMITS)
    np.testing.assert_allclose(back.joints, flat.joints, atol=1e-4)
    with pytest.raises(InputError, match="at most 2 bodies"):
        parse_positions(recording["positions"] * 3, "ntu-25", None, 30, LIMITS)

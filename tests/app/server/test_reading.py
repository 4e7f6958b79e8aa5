"""Large JSON bodies, which a separate process parses, are answered as small ones are."""

import json

import pytest

from zeroskel.app.server.body_limits import SMALL_BODY

LARGE = " " * SMALL_BODY  # JSON may end in spaces


@pytest.mark.parametrize("route", ["predict", "explain"])
def test_a_large_body_gets_the_answer_of_a_small_one(client, request_body, route):
    recording = json.loads(json.dumps(request_body["recording"]))
    recording["positions"][0][3][5] = None  # a joint that was not observed
    small = json.dumps({**request_body, "recording": recording})
    answers = [client.post(f"/api/{route}", content=body).json() for body in (small, small + LARGE)]
    for answer in answers:
        assert 0 < answer.pop("seconds")
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        '{"actions": ["jump"]}',
        '{"actions": ["jump"], "recording": {"layout": "kinect-20"}}',
        '{"actions": ["jump"], "recording": {"layout": "kinect-20", "positions": 0}}',
        '{"actions": ["jump"], "recording": {"layout": "kinect-20", "positions": [[[[1, 2], [3]]]]}}',
        '{"actions": ["jump"], "recording": {"layout": "kinect-20", "positions": [[[[1, 2, 1e300]]]]}}',
        '{"actions": ["jump"], "recording": {"layout": "kinect-20", "positions": [[[[1, 2, 3]]], [], [], [], []]}}',
        '{"actions": [7], "recording": {"layout": "kinect-20", "fps": "x", "positions": [[[[1, 2, 3]]]]}}',
    ],
)
def test_a_large_body_gets_the_refusal_of_a_small_one(client, body):
    small, large = (client.post("/api/predict", content=content) for content in (body, body + LARGE))
    assert large.status_code == small.status_code in (400, 422)
    start = 20 if "positions" in body else 12  # the position within a body that is not JSON differs
    assert large.json()["detail"][:start] == small.json()["detail"][:start]

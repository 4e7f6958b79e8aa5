"""Timelines over REST, in all formats, and the work that they share with others."""

import asyncio
import json
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from zeroskel.app.server.engine import Engine, Stopped
from zeroskel.app.server.progress_lines import INTERVAL, TimelineLine, progress_response
from zeroskel.app.server.recordings import recording_to_dict
from zeroskel.app.server.turns import Busy, Ticket
from zeroskel.core import InputError
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition import Timeline

WORDS = ["squat", "clap the hands", "jump"]


@pytest.fixture(scope="module")
def two_actions():
    parts = [generate_sequence(name, seed=3) for name in ("squat", "clap the hands")]
    return parts[0].replace(np.concatenate([part.joints for part in parts], axis=1))


def test_the_json_is_the_timeline_of_the_library(default_client, default, two_actions, tmp_path):
    body = {"recording": recording_to_dict(two_actions), "actions": [*WORDS, "Squat."], "lanes": True}
    answer = default_client.post("/api/v1/timeline", json=body)
    assert answer.status_code == 200, answer.text
    timeline, expected = answer.json(), default.timeline(two_actions, WORDS)
    assert timeline["actions"] == WORDS and timeline["people"] == [0]
    assert [each["action"] for each in timeline["segments"]] == [each.action for each in expected] != []
    lane, direct = timeline["lanes"][0], expected.lanes[0]
    assert lane["step"] == direct.step and np.shape(lane["probabilities"]) == direct.probabilities.shape
    np.testing.assert_allclose(lane["probabilities"], direct.probabilities, atol=0.02)
    assert [fault["reason"] for fault in timeline["name_problems"]] == ["duplicate"]
    file = tmp_path / "timeline.json"
    file.write_bytes(answer.content)
    assert len(Timeline.read(file)) == len(expected)
    assert default_client.post("/api/timeline", json={**body, "lanes": False}).json()["lanes"] is None


def test_other_formats_are_files_chosen_by_a_field_or_by_accept(default_client, two_actions):
    body = {"recording": recording_to_dict(two_actions), "actions": WORDS}
    for name, start in (("csv", "person,start,end"), ("vtt", "WEBVTT"), ("eaf", "<?xml")):
        answer = default_client.post("/api/v1/timeline", json={**body, "format": name})
        assert answer.text.startswith(start)
        assert answer.headers["content-disposition"] == f'attachment; filename="timeline.{name}"'
    accept = {"accept": "image/png, text/vtt;q=0.9, */*;q=0.1"}
    assert default_client.post("/api/v1/timeline", json=body, headers=accept).text.startswith("WEBVTT")
    assert default_client.post("/api/v1/timeline", json={**body, "format": "png"}).status_code == 422


def test_a_clip_may_be_named_instead_of_sent(default_client):
    body = {"recording": "wave-both-hands", "actions": ["wave both hands", "squat"]}
    assert default_client.post("/api/v1/timeline", json=body).json()["segments"][0]["action"] == "wave both hands"
    assert default_client.post("/api/v1/predict", json=body).json()["best"] == "wave both hands"
    answer = default_client.post("/api/v1/predict", json={**body, "recording": "none"})
    assert answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json"


def test_progress_comes_as_lines_before_the_timeline(default_client, two_actions):
    body = {"recording": recording_to_dict(two_actions), "actions": WORDS}
    answer = default_client.post("/api/v1/timeline", json=body, headers={"accept": "application/x-ndjson"})
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/x-ndjson"
    *before, last = [TimelineLine.model_validate_json(line) for line in answer.text.splitlines()]
    shares = [line.progress for line in before]
    assert shares[0] == 0 and shares == sorted(shares) and shares[-1] <= 1
    assert [each.action for each in last.timeline.segments] == WORDS[:2]


def lines_of(work, receive) -> list[dict]:
    """Return the lines of an answer whose work is the coroutine function `work`."""

    async def collect() -> list[dict]:
        response = progress_response(SimpleNamespace(receive=receive), "result", work)
        return [json.loads(line) async for line in response.body_iterator]

    return asyncio.run(collect())


async def stay() -> dict:
    await asyncio.sleep(60)
    return {"type": "http.disconnect"}


def test_the_share_of_the_work_is_told_while_it_lasts():
    async def work(note) -> dict:
        for share in (0.25, 0.75):
            await asyncio.to_thread(note, share)
            await asyncio.sleep(1.5 * INTERVAL)
        return {"seconds": 3}

    assert lines_of(work, stay) == [*({"progress": share} for share in (0, 0.25, 0.75)), {"result": {"seconds": 3}}]


@pytest.mark.parametrize(
    ("error", "code"), [(InputError("odd"), "unusable"), (Busy("later"), "busy"), (OSError("secret"), "failed")]
)
def test_a_fault_after_the_status_is_the_last_line(error, code):
    async def work(_) -> dict:
        raise error

    first, last = lines_of(work, stay)
    assert first == {"progress": 0} and last["problem"]["code"] == code and "secret" not in last["problem"]["detail"]


def test_work_with_progress_ends_when_the_client_leaves():
    ended = []

    async def work(_) -> dict:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def leave() -> dict:
        await asyncio.sleep(0.05)
        return {"type": "http.disconnect"}

    assert lines_of(work, leave) == [{"progress": 0}]
    assert ended == [True]


def test_a_bundle_without_calibration_has_no_timelines(client, request_body):
    answer = client.post("/api/v1/timeline", json=request_body)
    assert answer.status_code == 400 and answer.json()["code"] == "not-calibrated"


def test_other_requests_have_their_turn_during_a_timeline_which_stops_when_nobody_waits(default, squat):
    """A long recording is encoded in parts; between them another request is answered."""
    engine = Engine(default)
    recording = squat.replace(np.tile(squat.joints, (1, 40, 1, 1)))
    candidates = default.candidates(WORDS)
    stopped = threading.Event()

    def find(recognizer):
        try:
            return recognizer.timeline(recording, candidates)
        except Stopped:
            stopped.set()
            raise

    async def ask() -> float:
        long = asyncio.create_task(engine.run_long(default, find, Ticket("a")))
        await asyncio.sleep(0.5)
        started = time.monotonic()
        await engine.run_for_request(default.predict, squat, candidates, ticket=Ticket("b"))
        seconds = time.monotonic() - started
        assert not long.done()
        long.cancel()
        await asyncio.gather(long, return_exceptions=True)
        return seconds

    seconds = asyncio.run(ask())
    engine.close()
    assert stopped.wait(10)
    assert seconds < 5  # the whole timeline takes several times as long

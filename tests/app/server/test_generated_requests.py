"""Requests that schemathesis generates from the OpenAPI description; the server answers as the description says."""

import dataclasses
import functools
import tempfile
from collections import Counter
from pathlib import Path

import httpx2
import numpy as np
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from zeroskel.app.server.application import create_app
from zeroskel.app.server.recordings import recording_to_dict
from zeroskel.app.server.settings import Limits, Settings
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition._calibration import Calibration
from zeroskel.skeleton.formats import write

from .conftest import ACTIONS
from .loop_client import LoopClient

REQUESTS = 3344  # generated ones of all tests of this file
ANSWERED = 0.2  # share of the requests with a recording that must get an answer
EACH = 155  # generated requests of a route, of each kind
VALID = 270  # of a route that takes recordings
LONGEST_URL = 2**16  # that the client can send
NOT_CHECKED = {
    "positive_data_acceptance",  # a schema cannot say that the rows of positions have equal lengths
    "ignored_auth",  # sends a request over the network; test_guard.py has its own tests of tokens
}
SUFFIXES = (".csv", ".json", ".skeleton", ".npz")
counts: Counter[str] = Counter()


@pytest.fixture(scope="module")
def running(recognizer):
    """A client of a server in this process; its bundle is calibrated by hand, since timelines need a calibration."""
    weights = {"presence": (0.0, 1.0, 0.0, 0.0), "evidence": (0.0,) * 6, "evidence_share": 1.0}
    width = recognizer.encode([generate_sequence("squat", seed=5)]).shape[1]
    calibration = Calibration(temperature=1.0, **weights, centre=(0.0,) * width, recordings=1, classes=1)
    recognizer = dataclasses.replace(recognizer, calibration=calibration)
    with LoopClient(create_app(recognizer, Settings(limits=Limits(streams=2)))) as client:
        yield client


@pytest.fixture(scope="module")
def operations(running):
    """The routes of the description, with simpler positions: deep random lists take most of the time.

    test_fuzz.py mutates positions, and the strategy of valid recordings below has real ones.
    """
    description = running.request("GET", "/openapi.json").json()
    recording = description["components"]["schemas"]["Recording"]
    recording["properties"]["positions"] = {"type": "array", "items": {"type": "array"}, "maxItems": 2}
    described = schemathesis.openapi.from_dict(description)
    return [result.ok() for result in described.get_all_operations()]


@functools.cache
def motion() -> dict:
    return recording_to_dict(generate_sequence("squat", seed=5))


@st.composite
def recordings(draw) -> dict:
    """A recording: a part of a motion, scaled and moved, with unobserved joints."""
    positions = np.array(motion()["positions"][0])
    start, frames = draw(st.integers(0, 40)), draw(st.integers(4, 12))
    part = draw(st.floats(0.2, 5)) * positions[start : start + frames] + draw(st.floats(-10, 10))
    bodies = [part.round(4).tolist() for _ in range(draw(st.integers(1, 2)))]
    for joint in draw(st.lists(st.integers(0, len(part[0]) - 1), max_size=3)):
        bodies[0][draw(st.integers(0, len(part) - 1))][joint] = None
    names = draw(st.sampled_from([{"layout": motion()["layout"]}, {"joints": motion()["joints"]}]))
    return {**names, "fps": draw(st.floats(5, 120)), "positions": bodies}


names = st.sampled_from(ACTIONS)
actions = st.lists(
    names | st.fixed_dictionaries({"name": names, "texts": st.lists(names, max_size=2)}), min_size=1, max_size=4
)
two_or_more = st.lists(names, min_size=2, max_size=4, unique=True)
threshold = {"threshold": st.floats(0, 1)}
examples = st.lists(st.fixed_dictionaries({"name": names, "recording": recordings()}), min_size=1, max_size=2)
timeline_options = {"lanes": st.booleans(), "format": st.sampled_from(["json", "csv", "vtt", "eaf"])}
question = {"recording": recordings(), "actions": actions}
BODIES = {  # that can be used
    "/api/v1/predict": st.fixed_dictionaries(question, optional=threshold),
    "/api/v1/explain": st.fixed_dictionaries(question | {"actions": two_or_more}, optional=threshold),
    "/api/v1/timeline": st.fixed_dictionaries(question, optional=threshold | timeline_options),
    "/api/v1/adapt": st.fixed_dictionaries({"examples": examples}),
}


@functools.cache
def files() -> list[tuple[str, bytes]]:
    """Return names and contents of files that can be read."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{number}{suffix}") for suffix in SUFFIXES for number in range(3)]
        for number, path in enumerate(paths):
            write(generate_sequence("squat", seed=number, frames=5 + number), path)
        return [(path.name, path.read_bytes()) for path in paths]


def usable_cases(operation) -> st.SearchStrategy:
    """Return requests to a route whose recordings can be used."""
    if operation.path == "/api/v1/recordings":
        return st.sampled_from(files()).map(
            lambda file: operation.Case(query={"name": file[0]}, body=file[1], media_type="application/octet-stream")
        )
    return BODIES[operation.path].map(lambda body: operation.Case(body=body, media_type="application/json"))


def send(client: LoopClient, case) -> httpx2.Response:
    """Send a generated request and check the answer against the description. Returns the answer."""
    sent = requests.Request(**case.as_transport_kwargs(base_url="http://127.0.0.1")).prepare()
    assume(len(sent.url) < LONGEST_URL)
    answer = client.request(sent.method, sent.url, content=sent.body, headers=dict(sent.headers))
    case.validate_response(answer, [check for check in CHECKS.get_all() if check.__name__ not in NOT_CHECKED])
    counts["all"] += 1
    if case.operation.method == "post":
        counts["with recording"] += 1
        counts["answered"] += answer.status_code == 200
    return answer


def check_each(cases: st.SearchStrategy, number: int, check) -> None:
    """Call `check` with generated cases."""

    @settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def check_one(case):
        check(case)

    check_one()


@pytest.mark.slow("thousands of generated requests")
@pytest.mark.parametrize("mode", [*GenerationMode])
def test_generated_requests_get_the_answers_that_the_description_promises(running, operations, mode):
    for operation in operations:
        if mode == GenerationMode.NEGATIVE and "examples" not in operation.label and operation.method != "post":
            continue  # any text is an id
        check_each(operation.as_strategy(generation_mode=mode), EACH, lambda case: send(running, case))
    counts["tests"] += 1


@pytest.mark.slow("thousands of generated requests")
def test_recordings_that_can_be_used_get_an_answer(running, operations):
    def check(case) -> None:
        answer = send(running, case)
        assert answer.status_code == 200, answer.text

    for operation in operations:
        if operation.method == "post":
            check_each(usable_cases(operation), VALID, check)
    counts["tests"] += 1


@pytest.mark.slow("thousands of generated requests")
def test_so_many_requests_were_generated_and_so_many_recordings_answered():
    """Count the requests of the tests above; where only one of them is selected, there is nothing to count."""
    if counts["tests"] < 3:
        pytest.skip("counts the requests of all tests of this file")
    assert counts["all"] >= REQUESTS
    assert counts["answered"] >= ANSWERED * counts["with recording"]
    print(counts)

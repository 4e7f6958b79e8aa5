"""The OpenAPI description, and thousands of requests that schemathesis generates from it."""

import json
import threading
import time
import urllib.request

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from zeroskel.app.server.application import create_app
from zeroskel.app.server.settings import Limits, Settings

REQUESTS = {GenerationMode.POSITIVE: 150, GenerationMode.NEGATIVE: 60}  # of each route
NOT_CHECKED = {"positive_data_acceptance"}  # a schema cannot say that the rows of positions have equal lengths


@pytest.fixture(scope="module")
def address(recognizer):
    """The address of a running server."""
    app = create_app(recognizer, Settings(limits=Limits(streams=2)))
    config = uvicorn.Config(app, port=0, log_level="error", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def api_schema(address):
    """The description with simpler positions: deep random lists take most of the time, and test_fuzz mutates those."""
    with urllib.request.urlopen(f"{address}/openapi.json") as answer:
        description = json.load(answer)
    recording = description["components"]["schemas"]["Recording"]
    recording["properties"]["positions"] = {"type": "array", "items": {"type": "array"}, "maxItems": 2}
    described = schemathesis.openapi.from_dict(description)
    described.config.update(base_url=address)
    return described


@pytest.mark.slow
@pytest.mark.parametrize("mode", [*GenerationMode])
def test_generated_requests_get_the_answers_that_the_description_promises(api_schema, mode):
    checks = [check for check in CHECKS.get_all() if check.__name__ not in NOT_CHECKED]
    for result in api_schema.get_all_operations():
        operation = result.ok()
        if mode == GenerationMode.NEGATIVE and "examples" not in operation.label and operation.method != "post":
            continue  # any text is an id

        @settings(
            max_examples=REQUESTS[mode],
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def check_one(case):
            case.call_and_validate(checks=checks)

        check_one()


def test_every_route_describes_its_answers_and_problems(client):
    description = client.get("/openapi.json").json()
    for path, operations in description["paths"].items():
        assert path.startswith("/api/v1/") or path == "/metrics"
        for operation in operations.values():
            responses = operation["responses"]
            assert {"401", "403", "405", "500", "503"} <= set(responses)
            for status, answer in responses.items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"]
                elif status == "200":
                    assert all(content["schema"] for content in answer["content"].values()), path
            assert path == "/api/v1/health" or operation["security"] == [{}, {"bearer": []}]
    text = json.dumps(description)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in description["components"]["schemas"]


def test_a_server_with_a_token_says_that_it_is_required(open_client):
    with open_client(token="correct-horse-battery") as client:
        paths = client.get("/openapi.json").json()["paths"]
        assert paths["/api/v1/predict"]["post"]["security"] == [{"bearer": []}]
        assert "security" not in paths["/api/v1/health"]["get"]

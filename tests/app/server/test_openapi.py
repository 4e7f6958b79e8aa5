"""The OpenAPI description. test_generated_requests.py sends requests that are generated from it."""

import json

import pytest

from zeroskel.app.server.errors import problem
from zeroskel.app.server.problem_codes import ProblemCode
from zeroskel.app.server.wire import StreamActions, StreamStart


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


def test_the_descriptions_list_all_codes_of_problems(client):
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert schemas["ProblemCode"]["enum"] == [code.value for code in ProblemCode]
    assert {"code", "type"} <= set(schemas["Problem"]["required"])


@pytest.mark.parametrize("code", ProblemCode)
def test_a_problem_has_its_code_as_type_and_its_status(code):
    answer = problem(code, "One line.")
    content = json.loads(answer.body)
    assert content == {
        "type": f"urn:zeroskel:problem:{code.value}",
        "code": code.value,
        "title": code.summary,
        "status": answer.status_code,
        "detail": "One line.",
    }
    assert answer.status_code == code.status >= 400


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("GET", "/api/v1/nothing", None, "not-found"),
        ("PUT", "/api/v1/model", None, "method-not-allowed"),
        ("GET", "/api/v1/clips/nothing", None, "unknown-clip"),
        ("GET", "/api/v1/adapt/nothing", None, "unknown-teaching"),
        ("POST", "/api/v1/recordings?name=a.mp4", "x", "unknown-format"),
        ("POST", "/api/v1/recordings?name=a.csv", "x", "unreadable-file"),
        ("POST", "/api/v1/recordings", "x", "malformed"),
        ("POST", "/api/v1/predict", "{", "malformed"),
        ("POST", "/api/v1/predict", {"actions": []}, "unusable-actions"),
        ("POST", "/api/v1/predict", {"actions": ["..."]}, "no-usable-action"),
        ("POST", "/api/v1/predict", {"positions": [[[[0, 0, 0]]] * 5001]}, "recording-too-large"),
        ("POST", "/api/v1/predict", {"positions": [[[[0, 0, 0]]]]}, "unusable"),
        ("POST", "/api/v1/timeline", {}, "not-calibrated"),
    ],
)
def test_refusals_have_codes(client, request_body, method, path, body, code):
    if isinstance(body, dict):
        recording = {**request_body["recording"], **{k: v for k, v in body.items() if k == "positions"}}
        body = json.dumps(
            {**request_body, **body, "recording": recording}
            if "positions" not in body
            else {**request_body, "recording": recording}
        )
    answer = client.request(method, path, content=body)
    assert answer.json()["code"] == code, answer.text
    assert answer.status_code == answer.json()["status"] == ProblemCode(code).status


@pytest.mark.parametrize(("name", "model"), [("start", StreamStart), ("actions", StreamActions)])
def test_the_stream_is_described_as_its_messages_are_checked(client, name, model):
    described = client.get("/asyncapi.json").json()["components"]["messages"][name]["payload"]
    checked = model.model_json_schema()
    assert set(described["properties"]) == set(checked["properties"])
    assert set(described["required"]) == set(checked["required"])


def test_the_examples_of_the_description_are_answered(default_client):
    paths = default_client.get("/openapi.json").json()["paths"]
    bodies = {
        path: operations["post"]["requestBody"]["content"]["application/json"]["example"]
        for path, operations in paths.items()
        if "application/json" in operations.get("post", {}).get("requestBody", {}).get("content", {})
    }
    assert len(bodies) == 4
    for path, body in bodies.items():
        assert default_client.post(path, json=body).status_code == 200, path

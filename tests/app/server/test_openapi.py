"""The OpenAPI description. test_generated_requests.py sends requests that are generated from it."""

import json


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

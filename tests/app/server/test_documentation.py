"""The documentation page, and the AsyncAPI description against the messages of a real stream."""

import json
import re

import jsonschema_rs
import pytest

from .conftest import ACTIONS

HOST = {"Host": "127.0.0.1"}


@pytest.fixture(scope="module")
def stream_description(client):
    return client.get("/asyncapi.json").json()


def test_the_page_names_every_route_and_message_and_needs_no_script(client, stream_description):
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html") and "<script" not in page.text
    description = client.get("/openapi.json").json()
    for text in (*description["paths"], *description["components"]["schemas"]):
        assert text in page.text
    for message in stream_description["components"]["messages"].values():
        assert message["summary"] in page.text
    links = re.findall(r'(?:href|src)="([^"#]+)"', page.text)
    assert links and all(client.get(f"/{link}").status_code == 200 for link in links)


def test_a_server_with_a_token_shows_the_page_without_it(open_client):
    with open_client(token="correct-horse-battery") as client:
        assert client.get("/docs").status_code == 200


def test_references_of_the_description_lead_somewhere(stream_description):
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(stream_description)):
        part = stream_description
        for key in reference.split("/"):
            part = part[key]
        assert part


def test_the_messages_of_a_stream_are_as_described(client, stream_frames, stream_description):
    validators = {
        name: jsonschema_rs.validator_for({**message["payload"], "additionalProperties": False})
        for name, message in stream_description["components"]["messages"].items()
    }
    seen = set()
    with client.websocket_connect("/api/v1/stream", headers=HOST) as socket:

        def send(message: dict) -> None:
            validators[message["type"]].validate(message)
            socket.send_json(message)

        def receive() -> dict:
            message = socket.receive_json()
            validators[{"actions": "actions-answer"}.get(message["type"], message["type"])].validate(message)
            seen.add(message["type"])
            return message

        send({"type": "start", "layout": "ntu-25", "actions": [*ACTIONS[:2], "\u200b"]})
        assert receive()["name_problems"][0]["index"] == 2
        for frame in stream_frames(count=60):
            send(json.loads(frame))
        while receive()["type"] != "scores":
            pass
        send({"type": "actions", "actions": [{"name": "hop", "texts": ["jump"]}, "Hop"]})
        while receive()["type"] != "actions":
            pass
        socket.send_text("{")
        for number in range(100):
            send({"type": "frame", "time": 3 + number / 30, "joints": None})
        while receive()["type"] != "nobody":
            pass
    assert seen == {"ready", "scores", "actions", "error", "nobody"}

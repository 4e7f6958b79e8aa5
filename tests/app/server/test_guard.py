"""The guard: hosts, origins, tokens and security headers."""

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from zeroskel.app.server.settings import Settings
from zeroskel.core import InputError

from .conftest import ACTIONS, TOKEN

START = {"type": "start", "layout": "ntu-25", "actions": ACTIONS[:2]}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:1"])
def test_names_of_the_loopback_are_answered(client, host):
    assert client.get("/api/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "192.168.0.7", "", "localhost.evil.example", "testserver"]
)
def test_a_foreign_name_is_refused(client, host):
    assert client.get("/api/health", headers={"Host": host}).status_code == 421
    assert client.get("/", headers={"Host": host}).status_code == 421
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect("/api/stream", headers={"Host": host}),
    ):
        pass
    assert refused.value.status_code == 421


def test_a_name_that_was_allowed_is_answered(open_client):
    with open_client(hosts=("motion.example.org",)) as client:
        assert client.get("/api/health", headers={"Host": "motion.example.org"}).status_code == 200
        assert client.get("/api/health", headers={"Host": "other.example.org"}).status_code == 421


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:9999", "file://", "http://[", "http://127.0.0.1.evil.example"],
)
def test_other_origins_may_not_use_the_server(client, request_body, origin):
    assert client.post("/api/predict", json=request_body, headers={"Origin": origin}).status_code == 403
    headers = {"Host": "127.0.0.1", "Origin": origin}
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect("/api/stream", headers=headers):
        pass
    assert refused.value.status_code == 403


def test_the_page_of_the_server_may_use_it(client, request_body):
    headers = {"Origin": "http://127.0.0.1"}
    assert client.post("/api/predict", json=request_body, headers=headers).status_code == 200
    with client.websocket_connect("/api/stream", headers={**headers, "Host": "127.0.0.1"}) as socket:
        socket.send_json(START)
        assert socket.receive_json() == {"type": "ready"}


def test_an_origin_that_was_allowed_gets_cors_headers_and_no_other_does(open_client, request_body):
    with open_client(origins=("https://lab.example.org",)) as client:
        headers = {"Origin": "https://lab.example.org"}
        preflight = client.options("/api/predict", headers={**headers, "Access-Control-Request-Method": "POST"})
        assert preflight.headers["access-control-allow-origin"] == "https://lab.example.org"
        answer = client.post("/api/predict", json=request_body, headers=headers)
        assert answer.headers["access-control-allow-origin"] == "https://lab.example.org"
        refused = client.get("/api/model", headers={"Origin": "https://evil.example"})
        assert refused.status_code == 403 and "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize("path", ["/", "/api/health", "/api/nothing", "/page/nothing", "/metrics"])
def test_every_answer_has_the_security_headers(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe-inline" not in policy and "'unsafe-eval'" not in policy
    assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"


def test_a_refusal_has_the_security_headers_too(client):
    assert "content-security-policy" in client.get("/", headers={"Host": "evil.example"}).headers


def test_with_a_token_requests_without_it_are_refused(open_client, request_body):
    with open_client(token=TOKEN) as client:
        assert client.get("/api/health").status_code == 200
        for headers in ({}, {"Authorization": "Bearer wrong-horse-battery"}, {"Authorization": f"Basic {TOKEN}"}):
            for path in ("/api/model", "/api/clips", "/metrics"):
                assert client.get(path, headers=headers).status_code == 401
            assert client.post("/api/predict", json=request_body, headers=headers).status_code == 401
        right = {"Authorization": f"Bearer {TOKEN}"}
        assert client.get("/api/model", headers=right).status_code == 200
        assert client.post("/api/predict", json=request_body, headers=right).status_code == 200


def test_a_stream_needs_the_token_in_its_start_message(open_client):
    with open_client(token=TOKEN) as client:
        for token in ({}, {"token": "wrong-horse-battery"}, {"token": 7}):
            with client.websocket_connect("/api/stream", headers={"Host": "127.0.0.1"}) as socket:
                socket.send_json({**START, **token})
                assert "token" in socket.receive_json()["message"]
                with pytest.raises(WebSocketDisconnect) as closed:
                    socket.receive_json()
                assert closed.value.code == 1008
        with client.websocket_connect("/api/stream", headers={"Host": "127.0.0.1"}) as socket:
            socket.send_json({**START, "token": TOKEN})
            assert socket.receive_json() == {"type": "ready"}


def test_a_stream_may_send_the_token_in_a_header(open_client):
    with open_client(token=TOKEN) as client:
        headers = {"Host": "127.0.0.1", "Authorization": f"Bearer {TOKEN}"}
        with client.websocket_connect("/api/stream", headers=headers) as socket:
            socket.send_json(START)
            assert socket.receive_json() == {"type": "ready"}
        headers["Authorization"] = "Bearer wrong-horse-battery"
        with (
            pytest.raises(WebSocketDenialResponse) as refused,
            client.websocket_connect("/api/stream", headers=headers),
        ):
            pass
        assert refused.value.status_code == 401


@pytest.mark.parametrize("path", ["/api/model", "/api/v1/clips", "/metrics"])
def test_behind_a_path_prefix_the_token_is_required_too(open_client, path):
    with open_client(token=TOKEN) as client:
        client = TestClient(client.app, base_url="http://127.0.0.1", root_path="/motion")
        path, headers = f"/motion{path}", {"Authorization": f"Bearer {TOKEN}"}  # uvicorn adds what the proxy strips
        assert client.get(path).status_code == 401
        assert client.get(path, headers=headers).status_code == 200
        assert client.get("/motion/api/health").status_code == 200


def test_a_request_of_two_lengths_is_refused(client):
    headers = {"Content-Length": "2", "Transfer-Encoding": "chunked"}
    answer = client.post("/api/predict", content=b"{}", headers=headers)
    assert answer.status_code == 400 and answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"host": "0.0.0.0"}, "--token"),
        ({"host": "192.168.0.7"}, "--token"),
        ({"token": "short"}, "16 or more"),
        ({"origins": ("https://lab.example.org/page",)}, "scheme and host"),
        ({"origins": ("*",)}, "scheme and host"),
        ({"hosts": ("*",)}, "host name alone"),
        ({"root_path": "motion/"}, "path such as"),
    ],
)
def test_unsafe_or_malformed_settings_are_refused(options, words):
    with pytest.raises(InputError, match=words):
        Settings(**options)


def test_a_server_beyond_the_loopback_may_have_a_token():
    assert Settings(host="0.0.0.0", token=TOKEN).token == TOKEN

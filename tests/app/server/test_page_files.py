"""Files of the page: loaded once, compressed, and answered to HEAD."""

import gzip
import os

import pytest
from starlette.requests import Request

from zeroskel.app.server.page_files import PageFiles


def test_a_file_that_the_browser_has_is_not_sent_again(client):
    first = client.get("/page/main.js")
    assert first.status_code == 200 and first.headers["content-encoding"] == "gzip"
    assert first.headers["cache-control"] == "no-cache" and first.headers["vary"] == "Accept-Encoding"
    again = client.get("/page/main.js", headers={"if-none-match": f'"other", {first.headers["etag"]}'})
    assert again.status_code == 304 and again.content == b"" and again.headers["etag"] == first.headers["etag"]
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
    assert client.get("/page/main.js", headers={"if-none-match": '"other"'}).status_code == 200
    assert client.get("/", headers={"if-none-match": client.get("/").headers["etag"]}).status_code == 304


def test_a_reload_of_the_page_sends_less_than_a_third_of_its_text(client):
    plain = compressed = 0
    for name in ("index.html", "page.css", "main.js", "vendor/three.module.min.js"):
        answer = client.get(f"/page/{name}")
        if answer.status_code == 200:
            compressed += int(answer.headers["content-length"])
            plain += len(answer.content)
    assert plain > 20_000 and compressed < plain / 3


def test_clients_without_compression_get_the_same_content(client):
    plain = client.get("/page/main.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.text == client.get("/page/main.js").text
    assert plain.headers["etag"] != client.get("/page/main.js").headers["etag"]
    part = client.get("/page/main.js", headers={"range": "bytes=0-9"})
    assert part.status_code == 206 and part.content == plain.content[:10]


@pytest.mark.parametrize("path", ["/", "/page/main.js", "/api/v1/health", "/api/model", "/openapi.json"])
def test_head_has_the_headers_of_get_and_no_body(client, path):
    head, get = client.head(path), client.get(path)
    assert head.status_code == 200 and head.content == b""
    assert head.headers == get.headers


def test_head_of_what_has_no_get_is_refused(client):
    assert client.head("/api/v1/predict").status_code == 405
    assert client.head("/page/none.js").status_code == 404


def request(**headers: str) -> Request:
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "headers": encoded})


@pytest.mark.anyio
async def test_a_changed_file_is_read_again_and_large_files_are_cached_for_a_day(tmp_path):
    (tmp_path / "web").mkdir()
    large, script = tmp_path / "web" / "network.bin", tmp_path / "main.js"
    large.write_bytes(os.urandom(1000))
    script.write_text("let a = 1;\n" * 100)
    files = PageFiles(tmp_path)
    answer = await files.answer("web/network.bin", request())
    assert answer.headers["cache-control"] == "public, max-age=86400"
    first = await files.answer("main.js", request(**{"accept-encoding": "gzip, br"}))
    assert gzip.decompress(first.body) == script.read_bytes()
    script.write_text("let b = 2;\n")
    changed = await files.answer("main.js", request())
    assert changed.headers["etag"] != first.headers["etag"]


@pytest.fixture
def anyio_backend():
    return "asyncio"

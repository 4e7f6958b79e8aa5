"""The server as a process: it starts, serves a small load without errors, and stops cleanly."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from websockets.sync.client import connect

from ..conftest import ZEROSKEL, assert_refused, run_zeroskel
from .conftest import ACTIONS

pytestmark = pytest.mark.slow("servers start in processes of their own")

PROJECT = Path(__file__).resolve().parents[3]


def start(*arguments: str, **environment: str) -> subprocess.Popen:
    return subprocess.Popen(
        [*ZEROSKEL, "serve", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def address_of(process: subprocess.Popen) -> str:
    line = process.stdout.readline()
    assert "http://" in line, process.stderr.read()
    return line.split("http://")[1].split()[0]


def test_it_answers_and_on_sigterm_informs_its_streams_and_exits_with_0(bundle, tmp_path):
    (tmp_path / "uvloop.py").write_text(
        "raise RuntimeError('asyncio is the event loop, even where uvloop is installed')"
    )
    search = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    process = start("--model", str(bundle), "--streams", "2", PYTHONPATH=search)
    try:
        address = address_of(process)
        with urllib.request.urlopen(f"http://{address}/api/health", timeout=30) as answer:
            assert json.load(answer)["status"] == "ok" and "server" not in answer.headers
        with connect(f"ws://{address}/api/stream", open_timeout=60) as socket:
            socket.send(json.dumps({"type": "start", "layout": "ntu-25", "actions": ACTIONS}))
            assert json.loads(socket.recv(60)) == {"type": "ready"}
            process.send_signal(signal.SIGTERM)
            goodbye = json.loads(socket.recv(60))
            assert goodbye["message"] == "The server is stopping." and goodbye["retry_after"] > 0
        assert process.wait(60) == 0
        assert process.stderr.read().strip().count("\n") == 0, "the server logged more than one line"
    finally:
        process.kill()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--host", "0.0.0.0"), "Give a token"),
        (("--host", "203.0.113.9", "--token", "correct-horse-battery"), "Choose another address"),
        (("--allow-origin", "*"), "scheme and host"),
        (("--streams", "0"), "streams"),
        (("--max-bytes", "80_000_000"), "--max-bytes-in-flight"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(bundle, arguments, words):
    assert_refused(run_zeroskel("serve", "--port", "0", "--model", bundle, *arguments), words)


def test_under_load_no_answer_is_lost_or_swapped(bundle, tmp_path):
    file = tmp_path / "load.json"
    script = PROJECT / "benchmarks" / "serve_load.py"
    arguments = ("--model", str(bundle), "--clients", "10", "--seconds", "5", "--json", str(file))
    done = subprocess.run([sys.executable, str(script), *arguments], capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 0, done.stderr
    results = json.loads(file.read_text())
    assert results["swapped"] == results["repeated"] == results["errors"] == 0
    assert results["fewest answers of a client"] >= 1
    assert results["over capacity: refused with 503 and Retry-After"] == results["over capacity: asked"] > 0
    assert results["exit code of the server"] == 0

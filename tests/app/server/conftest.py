"""A small bundle and clients of a server that serves it."""

import json

import pytest
from starlette.testclient import TestClient

from zeroskel.app.server.application import create_app
from zeroskel.app.server.recordings import recording_to_dict
from zeroskel.app.server.settings import Limits, Settings
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition import TrainingConfig, ZeroShotRecognizer, train_bundle

from ..conftest import small_dataset

ACTIONS = ["wave the right hand", "squat", "jump", "run in place", "raise the left arm sideways"]
TOKEN = "correct-horse-battery"


@pytest.fixture(scope="session")
def recognizer(tmp_path_factory):
    """A recognizer that was trained on synthetic motion."""
    options = {"smie": {"epochs": 30, "learning_rate": 1e-3, "warmup_epochs": 2, "hidden": (32, 16)}}
    return train_bundle(small_dataset(ACTIONS), TrainingConfig(options=options), cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def bundle(recognizer, tmp_path_factory):
    """The folder of that recognizer's bundle."""
    folder = tmp_path_factory.mktemp("bundles") / "small"
    recognizer.save(folder)
    return folder


@pytest.fixture(scope="session")
def open_client(recognizer):
    """open_client(limits, **settings) returns a client; `with` starts and stops its server."""

    def make(limits: dict | None = None, base_url: str = "http://127.0.0.1", **settings) -> TestClient:
        server_settings = Settings(limits=Limits(**{"streams": 8, **(limits or {})}), **settings)
        return TestClient(create_app(recognizer, server_settings), base_url=base_url, raise_server_exceptions=False)

    return make


@pytest.fixture(scope="session")
def default():
    """The bundle of the package."""
    return ZeroShotRecognizer.load("default")


@pytest.fixture(scope="module")
def default_client(default):
    """A client of a server with that bundle."""
    with TestClient(create_app(default, Settings(limits=Limits(streams=2))), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture(scope="module")
def client(open_client):
    with open_client() as client:
        yield client


@pytest.fixture(scope="session")
def squat():
    return generate_sequence("squat", seed=5)


@pytest.fixture(scope="session")
def request_body(squat):
    """The body of a request to /api/predict."""
    return {"recording": recording_to_dict(squat), "actions": ACTIONS[:3]}


@pytest.fixture(scope="session")
def stream_frames(squat):
    """stream_frames(first, count) returns the messages of frames from a timestamp on."""

    def make(first: float = 0.0, count: int = 70) -> list[str]:
        joints = recording_to_dict(squat)["positions"][0]
        return [
            json.dumps({"type": "frame", "time": first + i / 30, "joints": joints[i % len(joints)]})
            for i in range(count)
        ]

    return make

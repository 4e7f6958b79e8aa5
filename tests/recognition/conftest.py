"""Recognizers and a stream that more than one file tests."""

import pytest

from zeroskel.recognition import TrainingConfig, train_bundle


@pytest.fixture(scope="session")
def simple_recognizer(small, cache):
    """A recognizer that is not calibrated, which takes little time."""
    return train_bundle(small, TrainingConfig(method="ridge"), cache=cache)


@pytest.fixture
def stream(simple_recognizer):
    """A stream of two seconds with three actions."""
    return simple_recognizer.stream(["wave the right hand", "squat", "run in place"], layout="ntu-25", seconds=2.0)


@pytest.fixture(scope="session")
def calibrated_config():
    return TrainingConfig(
        encoder="biomechanics",
        method="kite",
        prompt="aspects+best",
        options={"kite": {"networks": 1, "epochs": 8}},
        masked_views=0,
        calibrate=True,
    )


@pytest.fixture(scope="session")
def calibrated(small, cache, calibrated_config):
    return train_bundle(small, calibrated_config, cache=cache)


@pytest.fixture(scope="session")
def with_background(small, cache):
    """A calibrated recognizer with the recipe of the default bundle, trained on little."""
    config = TrainingConfig(encoder="movement", method="evidence", prompt="movement", masked_views=0, calibrate=True)
    return train_bundle(small, config, cache=cache)

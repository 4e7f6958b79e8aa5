"""Calibrated recognizer that more than one file tests."""

import pytest

from zeroskel.recognition import TrainingConfig, train_bundle


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

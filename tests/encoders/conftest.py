"""Fixtures that tests of several measures share."""

import numpy as np
import pytest


def make_swaying(*shape, seed=0):
    """Return (…, T, V, 3) random poses that sway, some frames at rest."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=shape) * (rng.random(shape[-3])[:, None, None] > 0.2)
    return (rng.normal(size=(*shape[:-3], 1, *shape[-2:])) + steps.cumsum(axis=-3) * 0.05).astype(np.float32)


@pytest.fixture
def swaying():
    return make_swaying

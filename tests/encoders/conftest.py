"""Fixtures that tests of several measures share."""

import numpy as np
import pytest
import torch


def make_swaying(*shape, seed=0):
    """Return (…, T, V, 3) random poses that sway, some frames at rest."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=shape) * (rng.random(shape[-3])[:, None, None] > 0.2)
    return (rng.normal(size=(*shape[:-3], 1, *shape[-2:])) + steps.cumsum(axis=-3) * 0.05).astype(np.float32)


@pytest.fixture(autouse=True)
def two_threads():
    """Let torch use two threads, as it does for users: some of its convolutions were wrong only in several threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def swaying():
    return make_swaying

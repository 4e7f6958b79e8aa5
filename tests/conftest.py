"""Where the real data are, and fixtures that several folders use."""

import os
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import SkeletonSequence, get_layout

PROJECT = Path(__file__).resolve().parent.parent


def find_shared() -> Path:
    return Path(os.environ.get("ZEROSKEL_SHARED") or PROJECT.parent / "shared")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and reference numbers; tests that need it skip where it is absent, but never in CI."""
    folder = find_shared()
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{folder} is absent, and CI must not skip the tests on real data")
        pytest.skip(f"no shared data at {folder}; set ZEROSKEL_SHARED to its folder")
    return folder


@pytest.fixture
def reference(shared: Path):
    """Load an .npz of shared/reference by name."""

    def load(name: str) -> dict[str, np.ndarray]:
        with np.load(shared / "reference" / f"{name}.npz", allow_pickle=False) as content:
            return {key: content[key] for key in content.files}

    return load


def make_sequence(
    layout: str = "kinect-20", frames: int = 12, bodies: int = 1, seed: int = 0, channels: int = 3
) -> SkeletonSequence:
    """A random but smooth motion, for tests of invariances."""
    rng = np.random.default_rng(seed)
    rest = rng.normal(size=(bodies, 1, len(get_layout(layout).joints), channels))
    sway = rng.normal(size=(bodies, frames, len(get_layout(layout).joints), channels)).cumsum(axis=1) * 0.02
    return SkeletonSequence(rest + sway, layout)


@pytest.fixture
def sequence_maker():
    return make_sequence

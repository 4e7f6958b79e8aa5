"""The location of the real data, and fixtures that several folders use."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zeroskel.core import SkeletonSequence, get_layout
from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets.synthetic import generate_dataset

PROJECT = Path(__file__).resolve().parent.parent


def find_shared() -> Path:
    return Path(os.environ.get("ZEROSKEL_SHARED") or PROJECT.parent / "shared")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a slow test that does not say why it is slow."""
    for item in items:
        if any(not mark.args for mark in item.iter_markers("slow")):
            raise pytest.UsageError(f"{item.nodeid}: say why it is slow, as in pytest.mark.slow('real recordings')")


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


@pytest.fixture(scope="session")
def recordings() -> dict[str, Path]:
    """A man who lifts his right arm and leg, at 60 frames a second, filmed at the same time from "front" and "behind".

    "two" shows a woman with him. Tests that need the recordings skip where they are not installed, but never in CI.
    """
    package = find_spec("Pose2Sim")
    if package is None or not package.submodule_search_locations:
        if os.environ.get("CI"):
            pytest.fail("the package pose2sim is absent, and CI must not skip the tests on videos")
        pytest.skip("no package pose2sim; `make test` installs it")
    folder = Path(package.submodule_search_locations[0])
    one, two = folder / "Demo_SinglePerson" / "videos", folder / "Demo_MultiPerson" / "videos"
    return {"front": one / "cam01.mp4", "behind": one / "cam03.mp4", "two": two / "cam02.mp4"}


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory):
    """Make a video: film("name.mp4", recording, frame …), with the arguments of film.py; film.scene makes a scene."""
    from .film import film, scene

    folder = tmp_path_factory.mktemp("films")

    def make(name: str, *arguments: Any, **options: Any) -> Path:
        return film(folder / name, *arguments, **options)

    make.scene = lambda name, *arguments, **options: scene(folder / name, *arguments, **options)
    return make


ACTIONS = [
    "wave the right hand",
    "wave the left hand",
    "wave both hands",
    "squat",
    "jump",
    "raise the right arm sideways",
    "raise the left arm sideways",
    "walk in place",
    "run in place",
]


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def small():
    """Nine synthetic actions of four people, with a split of its own."""
    sequences, labels, subjects, names = generate_dataset(ACTIONS, subjects=4, repetitions=3, seed=0)
    split = {"small": {"unseen": ACTIONS[2:5], "validation_unseen": ACTIONS[7:9]}}
    return SkeletonDataset(sequences, labels, subjects, names, name="small", splits=split, notice="Synthetic.")


@pytest.fixture
def feature_folder(tmp_path):
    """A folder of ready features under the file names of SynSE, with labels that count from 1."""
    unseen = [10, 11, 19, 26, 56]
    seen = [i for i in range(60) if i not in unseen]
    folder = tmp_path / "shift_5_r"
    folder.mkdir()
    rng = np.random.default_rng(0)
    parts = (("train", "train_label", seen * 2), ("ztest", "z_label", unseen * 2), ("gtest", "g_label", range(60)))
    for data, label, ids in parts:
        np.save(folder / f"{data}.npy", rng.normal(size=(len(ids), 16)).astype(np.float32))
        np.save(folder / f"{label}.npy", np.array(ids) + 1)
    return folder

import pytest

from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets.synthetic import generate_dataset

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

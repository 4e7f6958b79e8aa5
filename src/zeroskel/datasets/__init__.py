"""Named collections of labelled sequences, class splits and synthetic motion."""

from zeroskel.datasets.catalog import catalog
from zeroskel.datasets.dataset import SkeletonDataset
from zeroskel.datasets.opening import open_datasets, synthetic_dataset
from zeroskel.datasets.pool import read_pool
from zeroskel.datasets.splits import published_splits, resolve_split, split_names

__all__ = [
    "SkeletonDataset",
    "catalog",
    "open_datasets",
    "published_splits",
    "read_pool",
    "resolve_split",
    "split_names",
    "synthetic_dataset",
]

"""Named collections of labelled sequences, class splits and synthetic motion."""

from zeroskel.datasets.catalog import catalog
from zeroskel.datasets.class_names import published_class_names
from zeroskel.datasets.container import Container
from zeroskel.datasets.dataset import SkeletonDataset
from zeroskel.datasets.opening import open_dataset, open_datasets, synthetic_dataset
from zeroskel.datasets.pool import read_pool
from zeroskel.datasets.splits import published_splits, resolve_split, split_names
from zeroskel.datasets.writing import write_container

__all__ = [
    "Container",
    "SkeletonDataset",
    "catalog",
    "open_dataset",
    "open_datasets",
    "published_class_names",
    "published_splits",
    "read_pool",
    "resolve_split",
    "split_names",
    "synthetic_dataset",
    "write_container",
]

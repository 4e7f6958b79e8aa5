"""Named collections of labelled sequences, class splits and synthetic motion."""

from zeroskel.datasets._classes import published_class_names, published_splits, resolve_split, split_names
from zeroskel.datasets._container import Container
from zeroskel.datasets._container_writing import write_container
from zeroskel.datasets._dataset import SkeletonDataset
from zeroskel.datasets._opening import open_dataset, open_datasets, read_pool, synthetic_dataset
from zeroskel.datasets.catalog import catalog

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

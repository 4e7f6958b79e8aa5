"""The data sets known by name: a module each, with `find` (what a source holds) and `read` (one task's recordings)."""

from zeroskel.datasets.catalog._known_datasets import catalog

__all__ = ["catalog"]

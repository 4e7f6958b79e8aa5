"""Skeleton files, transforms and batches."""

from zeroskel.skeleton.batches import Preprocessing, SequenceBatches, make_batch
from zeroskel.skeleton.formats import read

__all__ = ["Preprocessing", "SequenceBatches", "make_batch", "read"]

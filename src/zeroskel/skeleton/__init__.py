"""Skeleton files, transforms and batches."""

from zeroskel.skeleton.batches import Preprocessing, SequenceBatches, Sequences, make_batch
from zeroskel.skeleton.formats import read

__all__ = ["Preprocessing", "SequenceBatches", "Sequences", "make_batch", "read"]

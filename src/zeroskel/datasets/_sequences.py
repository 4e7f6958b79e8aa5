"""Sequences of one layout, in memory or on disk."""

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from zeroskel.core import InputError, Layout, LayoutError, SkeletonSequence
from zeroskel.core._files import content_key


class StoredSequences(Protocol):
    """Sequences of one layout, whose facts are known without reading all of them."""

    @property
    def layout(self) -> Layout:
        """The layout of every sequence."""
        ...

    @property
    def bodies(self) -> int:
        """The largest number of bodies in a sequence."""
        ...

    @property
    def frames(self) -> np.ndarray:
        """(N,) lengths."""
        ...

    @property
    def missing(self) -> np.ndarray:
        """(N,) share of joints not observed."""
        ...

    @property
    def fingerprint(self) -> str:
        """A hash of joints and frame rates."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> SkeletonSequence: ...


class ListedSequences:
    """Sequences in memory.

    Args:
        sequences: One or more sequences of one layout.

    Raises:
        InputError: The list is empty.
        LayoutError: The layouts differ.
    """

    def __init__(self, sequences: Sequence[SkeletonSequence]) -> None:
        self._sequences = list(sequences)
        if not self._sequences:
            raise InputError("there are no sequences; expected at least one")
        if any(sequence.layout != self.layout for sequence in self._sequences):
            raise LayoutError("the data set mixes layouts; convert its sequences to one first")

    @property
    def layout(self) -> Layout:
        """The layout of every sequence."""
        return self._sequences[0].layout

    @property
    def bodies(self) -> int:
        """The largest number of bodies in a sequence."""
        return max(sequence.bodies for sequence in self._sequences)

    @property
    def frames(self) -> np.ndarray:
        """(N,) lengths."""
        return np.array([sequence.frames for sequence in self._sequences])

    @property
    def missing(self) -> np.ndarray:
        """(N,) share of joints not observed."""
        return np.array([1.0 - float(sequence.observed.mean()) for sequence in self._sequences])

    @cached_property
    def fingerprint(self) -> str:
        """A hash of joints and frame rates."""
        rates = np.array([sequence.fps for sequence in self._sequences])
        return content_key([content_key(sequence.joints) for sequence in self._sequences], rates)

    def __len__(self) -> int:
        return len(self._sequences)

    def __getitem__(self, index: int) -> SkeletonSequence:
        return self._sequences[index]
